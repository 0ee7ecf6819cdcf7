/*
 * cpus.pml - what CPUs do to each other: the ticket lock around the core, holding a CPU whose thread
 * or tables are to go, pokes, idle, start. Names are those of trap.c, apic.c, sched.c and paging.c.
 *
 *   entry       registers are saved, then a ticket is taken; interrupts are off
 *   lock_take   not served at once: the user's tables are given up, then `waits`, until it is served
 *   hold        by the lock's holder: a poke, and a wait until the other waits for the lock itself
 *   core        a step; whose thread was taken from it treats its entry as a tick
 *   exit        entry.S: tables of whoever runs next, the kernel's for idle; then the lock goes
 *   idle        interrupts on and halt, one after the other: an interrupt between wakes it at once
 *
 *   exclusion   one CPU in the core
 *   stale       no access through a translation after the step that took it has ended
 *   one place   no thread on two CPUs; registers are not written while their thread is elsewhere
 *   progress    no deadlock: no two CPUs hold each other, no CPU sleeps while its thread is ready
 */
#ifndef CPUS
#define CPUS 2
#endif
#ifndef FAULT
#define FAULT 0
#endif
#define THREADS 2
#define NONE 255

byte lock_next, lock_serving; /* modulo CPUS: so many tickets are out at most */
byte in_core;
bool waits[CPUS], poke[CPUS];
bool root[CPUS]; /* what arch_tlb_flush() looks at: the user's tables are loaded, not the kernel's */
bool tlb[CPUS];  /* holds the translation of the page */
byte cpu_last;   /* the highest that has had its first step */
byte current[CPUS] = NONE; /* whose turn it is there; changed in the core alone */
byte running[CPUS] = NONE; /* in user mode; NONE in the kernel and in idle */
bool pte = true;           /* the page is mapped */
bool gone;                 /* it was unmapped, by a step that has ended */
bool ready[THREADS];       /* in the ready queue of CPU at[] */
byte at[THREADS], goes[THREADS];
byte saving[THREADS] = NONE; /* the CPU that writes its registers at entry */

inline lock_take()
{
#if FAULT != 2 /* who waits keeps its tables */
    root[_pid] = false;
    tlb[_pid] = false;
#endif
    waits[_pid] = true;
    lock_serving == ticket;
#if FAULT != 5 /* it goes on saying that it waits */
    waits[_pid] = false
#endif
}

inline lock()
{
    d_step { ticket = lock_next; lock_next = (lock_next + 1) % CPUS }
    if
    :: lock_serving == ticket
    :: lock_serving != ticket -> lock_take()
    fi;
    in_core++;
    assert(in_core == 1) /* exclusion */
}

inline hold(c)
{
    if
    :: waits[c]
    :: !waits[c] -> poke[c] = true
    fi;
#if FAULT != 1 /* no wait */
    waits[c]
#endif
}

/* Whom it runs: off that CPU; not to run again before somebody makes it ready. */
inline thread_stop(t)
{
    other = 0;
    do
    :: other == CPUS -> break
    :: other < CPUS && current[other] == t ->
        if
        :: other == _pid
        :: other != _pid ->
            hold(other);
            assert(saving[t] == NONE) /* its registers are all there */
        fi;
        current[other] = NONE;
        other++
    :: other < CPUS && current[other] != t -> other++
    od;
    ready[t] = false
}

inline page_unmap()
{
    pte = false;
    other = 0;
    do
    :: other > cpu_last -> break
    :: other <= cpu_last && other == _pid -> tlb[_pid] = false; other++
    :: other <= cpu_last && other != _pid && root[other] -> hold(other); other++
    :: other <= cpu_last && other != _pid && !root[other] -> other++
    od;
    gone = true /* the page may be used for something else from here on */
}

inline sched_ready(t)
{
    at[t] = goes[t];
    ready[t] = true;
    if
    :: at[t] == _pid
    :: at[t] != _pid && current[at[t]] != NONE /* who runs there has a higher priority */
    :: at[t] != _pid ->
#if FAULT == 3 /* nobody tells the other CPU */
        skip
#else
        poke[at[t]] = true
#endif
    fi
}

/* Any step. The core decides by its own state; here everything that it may decide is tried. */
inline step()
{
    if
    :: skip
    :: true -> page_unmap()
    :: !pte -> gone = false; pte = true
    :: true -> who = 0
    :: true -> who = 1
    fi;
    if
    :: who == NONE
    :: who != NONE ->
        if
        :: true -> thread_stop(who)
        :: true -> /* its home names another CPU: sched_place() */
            goes[who] = (goes[who] + 1) % (cpu_last + 1);
            if
            :: ready[who] && at[who] != goes[who] -> sched_ready(who)
            :: else
            fi
        :: true ->
            placed = ready[who];
            other = 0;
            do
            :: other == CPUS -> break
            :: other < CPUS -> placed = placed || current[other] == who; other++
            od;
            if
            :: placed
            :: !placed -> sched_ready(who)
            fi
        fi
    fi
}

/* sched_finish(): whose turn it is. One that is preempted goes where its home says. */
inline pick()
{
    if
    :: current[_pid] != NONE -> who = current[_pid]; current[_pid] = NONE; sched_ready(who)
    :: true
    fi;
    if
    :: current[_pid] == NONE && ready[0] && at[0] == _pid -> current[_pid] = 0; ready[0] = false
    :: current[_pid] == NONE && ready[1] && at[1] == _pid -> current[_pid] = 1; ready[1] = false
    :: current[_pid] != NONE
    :: current[_pid] == NONE && !(ready[0] && at[0] == _pid) && !(ready[1] && at[1] == _pid)
    fi
}

inline entry()
{
    /* interrupts are off from here to the exit; the CPU saves what it interrupted */
    was = running[_pid];
    running[_pid] = NONE;
#if FAULT == 4 /* it says that it waits before the registers are saved */
    waits[_pid] = true;
#endif
    if
    :: was != NONE -> saving[was] = _pid; saving[was] = NONE
    :: else
    fi;
    lock()
}

inline leave()
{
    atomic { pick() };
    if
    :: root[_pid] != (current[_pid] != NONE) -> root[_pid] = !root[_pid]; tlb[_pid] = false
    :: else
    fi;
    next = current[_pid];
    d_step { in_core--; lock_serving = (lock_serving + 1) % CPUS }
#if FAULT == 5 || FAULT == 4
    waits[_pid] = false;
#endif
    atomic { running[_pid] = next; next = NONE; who = NONE; was = NONE; other = 0; ticket = 0;
             placed = false }
}

active [CPUS] proctype processor()
{
    byte ticket, other, was = NONE, next = NONE, who = NONE;
    bool placed;

    /* The first CPU starts the others, whose first step is a tick. */
    if
    :: _pid == 0 -> ready[0] = true; ready[1] = true
    :: else
    fi;
    lock();
    if
    :: _pid > cpu_last -> cpu_last = _pid
    :: else
    fi;
    leave();

    do
    :: running[_pid] != NONE -> /* user mode */
        if
        :: atomic { tlb[_pid] -> assert(!gone) } /* an access through the translation */
        :: atomic { !tlb[_pid] && pte -> tlb[_pid] = true } /* the walk */
        :: true
        fi;
        assert(running[0] != running[1] || running[0] == NONE);
#if CPUS > 2
        assert(running[2] == NONE || (running[0] != running[2] && running[1] != running[2]));
#endif
        if
        :: poke[_pid] -> poke[_pid] = false /* an interrupt; it stays pending if it comes later */
        :: true -> skip                     /* a system call, a fault, a tick */
        fi;
        entry();
        if
        :: current[_pid] == was -> step()
        :: else -> assert(current[_pid] == NONE) /* it was taken: a tick */
        fi;
        leave()
    :: running[_pid] == NONE && poke[_pid] -> /* idle, until an interrupt of another CPU */
        poke[_pid] = false;
        entry();
        leave()
    /* or of a device, where all have come to rest */
    :: atomic { _pid == 0 && running[0] == NONE && lock_next == lock_serving && !ready[0] &&
                !ready[1] && current[0] == NONE && current[1] == NONE && current[CPUS - 1] == NONE ->
                skip };
        entry();
        if
        :: !ready[0] && current[0] != 0 && current[1] != 0 && current[CPUS - 1] != 0 -> sched_ready(0)
        :: else
        fi;
        leave()
    od
}
