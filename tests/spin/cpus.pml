/*
 * cpus.pml - what CPUs do to each other: one ticket lock around the core, a flag `inside` of each,
 * a stall of a CPU whose thread or translation is to go, reschedule interrupts, idle, start.
 *
 *   entry   registers are saved, inside = true, then the ticket; interrupts are off
 *   stall   only the lock's holder: an IPI, and a wait until the other is inside; then it is stale
 *   core    a step; whose thread was taken from it treats its entry as a tick
 *   exit    stale: translations and FPU state are dropped; inside = false, then the lock goes
 *   idle    interrupts on and halt, one after the other: an interrupt between wakes it at once
 *
 *   exclusion   one CPU in the core
 *   stale       no access through a translation after the step that took it has ended
 *   one place   no thread on two CPUs; its saved registers are not written while it is elsewhere
 *   progress    no deadlock: no two CPUs stall each other, no CPU sleeps while its thread is ready
 */
#ifndef CPUS
#define CPUS 2
#endif
#ifndef FAULT
#define FAULT 0
#endif
#define THREADS 2
#define NONE 255

byte next_ticket, serving; /* of the lock, modulo 4 */
byte in_core;
bool inside[CPUS], stale[CPUS], ipi[CPUS], started[CPUS];
byte current[CPUS] = NONE; /* the core's: whose turn it is there */
byte running[CPUS] = NONE; /* in user mode; NONE in the kernel and in idle */
bool tlb[CPUS];            /* holds the translation of the page */
bool pte = true;           /* the page is mapped */
bool gone;                 /* it was unmapped, by a step that has ended */
bool ready[THREADS];       /* waits for its turn on its CPU */
byte home[THREADS];        /* the CPU of its context; changed by the core alone */
byte saving[THREADS] = NONE; /* the CPU that writes its registers at entry */

inline lock()
{
    d_step { ticket = next_ticket; next_ticket = (next_ticket + 1) % 4 }
    serving == ticket;
    in_core++;
    assert(in_core == 1) /* exclusion */
}

inline unlock()
{
    d_step { in_core--; serving = (serving + 1) % 4 }
}

/* The holder makes sure that `other` is in the kernel. */
inline stall(other)
{
    ipi[other] = true;
#if FAULT != 1 /* no wait */
    inside[other];
#endif
    stale[other] = true
}

/* Off whichever CPU it runs on; not to run again before somebody makes it ready. */
inline thread_take(t)
{
    other = 0;
    do
    :: other == CPUS -> break
    :: other < CPUS && current[other] == t && other != _pid ->
        stall(other);
        current[other] = NONE;
        assert(saving[t] == NONE); /* its registers are all there */
        other++
    :: else -> other++
    od;
    if
    :: current[_pid] == t -> current[_pid] = NONE
    :: else
    fi;
    ready[t] = false
}

inline page_unmap()
{
    pte = false;
    tlb[_pid] = false;
    other = 0;
    do
    :: other == CPUS -> break
#if FAULT == 2 /* who is inside already needs no flush */
    :: other < CPUS && other != _pid && started[other] && inside[other] -> other++
#endif
    :: other < CPUS && other != _pid && started[other] -> stall(other); other++
    :: else -> other++
    od;
    gone = true /* the page may be used for something else from here on */
}

inline thread_ready(t)
{
    ready[t] = true;
    if
    :: home[t] != _pid ->
#if FAULT != 3 /* no reschedule interrupt */
        ipi[home[t]] = true
#endif
    :: else
    fi
}

/* Any step. The core decides by its own state; here everything that it may decide is tried. */
inline step()
{
    if
    :: skip
    :: true -> who = 0
    :: true -> who = 1
    fi;
    if
    :: who == NONE
    :: who != NONE ->
        placed = false;
        other = 0;
        do
        :: other == CPUS -> break
        :: other < CPUS && current[other] == who -> placed = true; other++
        :: else -> other++
        od;
        if
        :: true -> thread_take(who); thread_ready(who) /* stopped and started again */
        :: true -> /* moved */
            thread_take(who);
            home[who] = (home[who] + 1) % CPUS;
            thread_ready(who)
        :: !placed && !ready[who] -> thread_ready(who)
        fi
    :: true -> page_unmap()
    :: !pte -> gone = false; pte = true
    fi
}

/* The end of every step: whose turn it is. */
inline pick()
{
    if
    :: current[_pid] == NONE && ready[0] && home[0] == _pid -> current[_pid] = 0; ready[0] = false
    :: current[_pid] == NONE && ready[1] && home[1] == _pid -> current[_pid] = 1; ready[1] = false
    :: current[_pid] != NONE && ready[0] && home[0] == _pid -> /* round robin */
        ready[current[_pid]] = true; current[_pid] = 0; ready[0] = false
    :: current[_pid] != NONE && ready[1] && home[1] == _pid ->
        ready[current[_pid]] = true; current[_pid] = 1; ready[1] = false
    :: current[_pid] != NONE /* goes on: preemption is not certain */
    :: current[_pid] == NONE && !(ready[0] && home[0] == _pid) && !(ready[1] && home[1] == _pid)
    fi
}

inline entry()
{
    /* interrupts are off from here to the exit; the CPU saves what it interrupted */
    was = running[_pid];
    running[_pid] = NONE;
#if FAULT == 4 /* inside before the registers are saved */
    inside[_pid] = true;
#endif
    if
    :: was != NONE -> saving[was] = _pid; saving[was] = NONE
    :: else
    fi;
    inside[_pid] = true;
    ipi[_pid] = false;
    lock()
}

inline leave()
{
    atomic { pick() };
    if
    :: stale[_pid] -> tlb[_pid] = false; stale[_pid] = false
    :: else
    fi;
#if FAULT == 5 /* the lock goes first */
    goes = current[_pid];
    unlock();
    inside[_pid] = false;
#else
    inside[_pid] = false;
    goes = current[_pid];
    unlock();
#endif
    atomic { running[_pid] = goes; goes = NONE; who = NONE; was = NONE; other = 0; ticket = 0;
             placed = false }
}

active [CPUS] proctype processor()
{
    byte ticket, other, was = NONE, goes, who = NONE;
    bool placed;

    /* The first CPU starts the others; each announces itself, then waits for the lock. */
    if
    :: _pid == 0 -> home[1] = CPUS - 1; ready[0] = true; ready[1] = true
    :: else -> started[0]
    fi;
    inside[_pid] = true;
    started[_pid] = true;
    lock();
    leave();

    do
    :: running[_pid] != NONE -> /* user mode */
        if
        :: atomic { tlb[_pid] -> assert(!gone) } /* an access through the translation */
        :: atomic { !tlb[_pid] && pte -> tlb[_pid] = true } /* the walk */
        :: true
        fi;
        /* any two CPUs */
        assert(CPUS < 2 || running[0] != running[1] || running[0] == NONE);
        if
        :: ipi[_pid] -> skip
        :: true -> skip /* a system call, a fault, a tick, an interrupt */
        fi;
        entry();
        if
        :: current[_pid] == was && was != NONE -> who = NONE; step()
        :: else -> skip /* it was taken: a tick */
        fi;
        leave()
    :: running[_pid] == NONE -> /* idle, until an interrupt; here only those of other CPUs */
        ipi[_pid];
        entry();
        leave()
    od
}
