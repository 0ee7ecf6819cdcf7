/*
 * bulk.pml - the rings of libsys/ring.h: one client, one server, a submission and a completion ring,
 * notifications only for who sleeps. Names are those of libsys/ring.c.
 *
 * Each access to shared memory is a step of its own; what is private takes none. A notification
 * keeps a signal until somebody waits. The client submits for ever, in batches of any size; the
 * server completes what it holds in any order, at any time.
 *
 *   no overwrite     an entry is written only where its consumer has read the one before
 *   nothing lost     what is taken, or polled, is what was put there, in order
 *   no lost wake-up  who waits has nothing to do (no invalid end state); and a request is answered
 *                    (LTL, weak fairness)
 *   few signals      one at most for each time that somebody said that he sleeps
 */
#ifndef ENTRIES
#define ENTRIES 2
#endif
#ifndef FAULT
#define FAULT 0
#endif
#ifndef EAGER
#define EAGER 0 /* 1: the server completes all that it holds before it takes more */
#endif
#define NUMBERS (4 * ENTRIES) /* tails, modulo */

/* Shared: word by word. */
byte submit_tail, complete_tail;
bool submit_asleep, complete_asleep; /* the server, the client */
byte submission[ENTRIES], completion[ENTRIES];
/* Notifications. */
bool server_word, client_word;
byte server_owed, client_owed; /* times that it slept, and no signal yet */

/* For the assertions only: what its consumer has read. */
byte taken, polled;
bool waiting; /* request 0 is in flight */

#if FAULT == 1 /* in flight is not counted */
#define FULL false
#else
#define FULL (in_flight == ENTRIES)
#endif

#define room(produced, consumed) ((produced + NUMBERS - consumed) % NUMBERS < ENTRIES)

inline say_asleep(flag, owed)
{
    atomic {
        if
        :: !flag -> owed++
        :: else
        fi;
        flag = true
    }
}

inline say_awake(flag, owed)
{
    atomic {
        if
        :: flag -> owed--
        :: else
        fi;
        flag = false
    }
}

/* end_publish() of the submission ring, and the signal */
inline client_publish()
{
#if FAULT == 2 /* looks at the flag before it publishes */
    seen = submit_asleep;
    submit_tail = submitted;
#else
    submit_tail = submitted;
    seen = submit_asleep;
#endif
    if
    :: seen ->
#if FAULT == 3 /* the flag stays */
        skip
#else
        atomic { seen = submit_asleep; submit_asleep = false }
#endif
    :: else
    fi;
    if
    :: seen -> atomic { assert(server_owed > 0); server_owed--; server_word = true }
    :: else
    fi
}

inline server_publish()
{
    complete_tail = completed;
    seen = complete_asleep;
    if
    :: seen -> atomic { seen = complete_asleep; complete_asleep = false }
    :: else
    fi;
    if
    :: seen -> atomic { assert(client_owed > 0); client_owed--; client_word = true }
    :: else
    fi
}

active proctype client()
{
    byte submitted, in_flight, at, tail, id, n;
    bool flight[ENTRIES];
    bool seen;
    do
    :: true ->
        /* ring_submit(), some */
        n = 0;
        do
        :: n < ENTRIES && !FULL ->
            d_step {
                id = 0;
                do
                :: id < ENTRIES && flight[id] -> id++
                :: else -> break
                od
            };
#if FAULT == 1
            if
            :: id == ENTRIES -> id = 0
            :: else
            fi;
#endif
            atomic {
                assert(room(submitted, taken)); /* no overwrite */
                submission[submitted % ENTRIES] = id
            };
            d_step {
                submitted = (submitted + 1) % NUMBERS;
                flight[id] = true;
                in_flight++;
                n++;
                if
                :: id == 0 -> waiting = true
                :: else
                fi
            }
        :: n > 0 || FULL -> break
        od;
        if
        :: n > 0 -> client_publish()
        :: else
        fi;
        /* ring_poll(), until nothing comes; then sleep, or submit more */
        do
        :: true ->
            tail = complete_tail;
            do
            :: tail != at ->
                id = completion[at % ENTRIES];
                d_step {
                    assert(id < ENTRIES && flight[id]); /* once, and nothing else */
                    at = (at + 1) % NUMBERS;
                    polled = at;
                    flight[id] = false;
                    in_flight--;
                    if
                    :: id == 0 -> waiting = false
                    :: else
                    fi
                }
            :: else -> break
            od;
            if
            :: in_flight < ENTRIES -> break
            :: in_flight > 0 ->
                /* ring_client_sleep() */
#if FAULT == 4 /* looks before it says that it sleeps */
                tail = complete_tail;
                say_asleep(complete_asleep, client_owed);
#else
                say_asleep(complete_asleep, client_owed);
                tail = complete_tail;
#endif
                if
                :: tail == at ->
#if FAULT != 6
                    atomic { client_word -> client_word = false }
#else /* a signal before the wait is forgotten */
                    client_word = false; atomic { client_word -> client_word = false }
#endif
                :: else -> say_awake(complete_asleep, client_owed)
                fi
            fi
        od
    od
}

active proctype server()
{
    byte completed, in_flight, at, tail, id, i;
    bool held[ENTRIES];
    bool seen;
    do
    :: true ->
        tail = submit_tail;
        /* never more than has room, whatever a client says */
        assert((tail + NUMBERS - at) % NUMBERS <= ENTRIES - in_flight);
        do
        :: tail != at ->
            id = submission[at % ENTRIES];
            d_step {
                assert(id < ENTRIES && !held[id]);
                at = (at + 1) % NUMBERS;
                taken = at;
                held[id] = true;
                in_flight++
            }
        :: else -> break
        od;
        /* ring_complete() of some, in any order; all of them in the end */
        if
        :: in_flight > 0 ->
            do
            :: in_flight > 0 ->
                if
                :: held[0] -> id = 0
                :: held[1] -> id = 1
                :: held[ENTRIES - 1] -> id = ENTRIES - 1
                fi;
                atomic {
                    assert(room(completed, polled)); /* no overwrite */
#if FAULT == 5 /* the entry is written after the tail */
                    skip
#else
                    completion[completed % ENTRIES] = id
#endif
                };
                d_step {
                    held[id] = false;
                    in_flight--;
                    completed = (completed + 1) % NUMBERS
                };
#if FAULT == 5
                complete_tail = completed;
                completion[(completed + NUMBERS - 1) % ENTRIES] = id;
#endif
#if !EAGER
                if
                :: true -> break
                :: true
                fi
#endif
            :: else -> break
            od;
            server_publish()
        :: else ->
            /* ring_server_sleep() */
            say_asleep(submit_asleep, server_owed);
            tail = submit_tail;
            if
            :: tail == at -> atomic { server_word -> server_word = false }
            :: else -> say_awake(submit_asleep, server_owed)
            fi
        fi
    od
}

ltl answered { [] (waiting -> <> !waiting) }
