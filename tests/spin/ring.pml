/*
 * ring.pml - the kernel writes events and commits, one thread drains them: admission with reserve,
 * acknowledgement, stopped threads woken in batches, one signal an acknowledgement.
 *
 * A step of the kernel is one `atomic`, since the core runs under one lock. Names are those of
 * kernel/commit.c. Sizes are small: what matters is that each limit is reached. The consumer is
 * slow and late: between any two of its steps the others do what they like.
 *
 *   no overwrite     a record is written only where there is room
 *   no silent loss   what the consumer read and what gaps count are all events, in order
 *   no loss          without ticks, in production, nothing is dropped: the reserve is enough
 *   no lost wakeup   a stopped thread goes on (LTL, weak fairness; and no invalid end state)
 *   signals          at most one between two acknowledgements
 */
#ifndef THREADS
#define THREADS 3
#endif
#ifndef TICKS
#define TICKS 0 /* 1: interrupts and ticks write records too, without end */
#endif
#ifndef FAULT
#define FAULT 0
#endif

#ifndef EVENTS
#define EVENTS 10
#define NUMBERS 16 /* event numbers, modulo */
#endif
#define COMMITS 4
#define EVENTS_PER_STEP 2 /* a gap, and itself */
#define COMMITS_PER_STEP 1
#define EVENT_RESERVE (THREADS + 3) /* who is stopped; a WAIT, an ACK and a step of the consumer */
#define COMMIT_RESERVE 1
#define WORK_PER_STEP 1

mtype = { READY, STOPPED };

mtype state[THREADS] = READY;
chan stopped = [THREADS] of { byte }; /* in order */
byte left;                            /* how many those are */
byte event_ring[EVENTS];              /* how many events a record stands for */
byte event_head, event_tail, event_used, commit_used;
byte event_number, dropped_run;
bool dropped; /* dropped_run is not 0, whatever it is modulo NUMBERS */
bool signalled, word;
byte signals;                         /* since the last acknowledgement */
bool waits;                           /* thread 0, a client of thread 1 */
byte read_number;                     /* the consumer's count of what it was told */

#define event_room (EVENTS - event_used)
#define commit_room (COMMITS - commit_used)

inline event_write(gap)
{
    assert(event_used < EVENTS); /* no overwrite */
    event_ring[event_head] = gap;
    event_head = (event_head + 1) % EVENTS;
    event_used++;
}

#if FAULT == 1 /* a thread left stopped is no reason to signal */
#define LEFT false
#else
#define LEFT (left > 0)
#endif

inline event_record()
{
    event_number = (event_number + 1) % NUMBERS;
    if
#if FAULT == 2 /* what has no room is written all the same */
    :: false ->
#else
    :: event_room < EVENTS_PER_STEP ->
#endif
        assert(TICKS); /* no loss */
        dropped = true;
        dropped_run = (dropped_run + 1) % NUMBERS
    :: else ->
        if
        :: dropped ->
            event_write(dropped_run);
            dropped = false;
            dropped_run = 0
        :: else
        fi;
        event_write(1);
        if
        :: (event_room <= EVENTS / 2 || commit_room <= COMMITS / 2 || LEFT) ->
            if
            :: !signalled ->
                word = true;
                signals++;
                assert(signals <= 1)
            :: else
            fi;
            signalled = true
        :: else
        fi
    fi
}

#if FAULT == 3 /* the reserve is not kept */
#define admits (event_room >= EVENTS_PER_STEP && commit_room >= COMMITS_PER_STEP)
#else
#define admits (event_room >= EVENT_RESERVE + EVENTS_PER_STEP && \
                commit_room >= COMMIT_RESERVE + COMMITS_PER_STEP)
#endif

/* A thread that makes system calls for ever, some with a commit. */
active [THREADS] proctype caller()
{
    do
    :: atomic {
        state[_pid] == READY && (_pid != 0 || !waits) ->
        if
        :: admits ->
            if
            :: skip
            :: commit_used++
            :: _pid == 0 && THREADS > 1 -> waits = true /* for an answer of thread 1 */
            fi;
            if
            :: _pid == 1 -> waits = false
            :: else
            fi;
            event_record()
        :: else ->
            state[_pid] = STOPPED;
            stopped ! _pid;
            left++;
            event_record()
        fi
    }
    od
}

#if TICKS
active proctype tick()
{
    do
    :: atomic { event_record() }
    od
}
#endif

inline read_to(head)
{
    do
    :: event_tail_read != head ->
        read_number = (read_number + event_ring[event_tail_read]) % NUMBERS;
        event_tail_read = (event_tail_read + 1) % EVENTS;
        read++
    :: else -> break
    od
}

/* The drain thread: WAIT, read both rings up to heads that it looks at once, ACK. */
active proctype consumer()
{
    byte event_tail_read, head, used, read, commits, woken, who;
    do
    :: atomic { /* WAIT: a system call, so an event */
        event_record();
        if
        :: word -> word = false; goto drain
        :: else
        fi
       };
       atomic { word -> word = false };
drain:
       atomic { head = event_head; used = event_used; commits = commit_used }
       /* a full ring has equal head and tail */
       read = 0;
       atomic {
        if
        :: used == EVENTS ->
            read_number = (read_number + event_ring[event_tail_read]) % NUMBERS;
            event_tail_read = (event_tail_read + 1) % EVENTS;
            read++
        :: else
        fi;
        read_to(head);
        /* no silent loss: told of all events but those after `head` and those not yet in a gap */
        assert(used != event_used || dropped || read_number == event_number)
       }
       atomic { /* ACK */
#if FAULT == 4 /* what is acknowledged is not what was read */
        read = event_used;
        event_tail_read = event_head;
#endif
        assert(read <= event_used && commits <= commit_used); /* never beyond the heads */
        event_used = event_used - read;
        event_tail = event_tail_read;
        commit_used = commit_used - commits;
#if FAULT != 5
        signalled = false;
#endif
        signals = 0;
        woken = 0;
        do
        :: woken < WORK_PER_STEP && left > 0 ->
            stopped ? who;
            left--;
            state[who] = READY;
            woken++
        :: else -> break
        od;
        event_record()
       }
    od
}

ltl goes_on { [] ((state[0] == STOPPED) -> <> (state[0] == READY)) }
