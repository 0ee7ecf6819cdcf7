/*
 * worst.h - a program in axiom's place: it holds all authority and makes the kernel's worst cases,
 * which no process of a real system is let near. interrupts_off.c counts what they cost.
 */
#pragma once
#include <stdbool.h>

#include "../operate.h"

/* Slots of our own CNode: threads, then their contexts, from 1,000 up. */
enum { THREAD = 1000, THREADS = 900, POOL = 3000, BIG = 3001, SCRATCH = 3010, OWN_UNTYPED = 3100 };
enum { TABLES = 3150, BUFFERS = 3200, REPLIES = 3300, ENDPOINT = 3400, BIG_BITS = 23 };
#define BUDGET (1ull << 30) /* ticks: enough for all */

#define NEED(fact)                                                                                 \
    do {                                                                                           \
        if (!(fact)) finish(__LINE__ % 100 + 28);                                                  \
    } while (0)

static inline uint64_t in(uint64_t container, uint64_t index)
{
    return container << 32 | index;
}

/* `count` objects of the pool, into the big CNode from `index` up. */
void make(enum cap_type type, uint32_t bits, uint32_t count, uint64_t index);
/* The same from an untyped, into slots of our own CNode. */
void make_own(uint64_t untyped, enum cap_type type, uint32_t bits, uint64_t slot);
/* An untyped that nothing but what comes from it lies in; its slot. */
uint64_t room(uint32_t bits);
/* A thread in our address space whose CSpace is the big CNode. It and its context are in our own
 * CNode: slot, and slot + THREADS. */
struct thread_wish {
    uint64_t slot;
    void (*entry)(void);
    uint64_t argument;
    uint64_t budget, period; /* ticks; 0: it has no context */
    uint64_t buffer;         /* a frame; 0 none */
    uint8_t priority;
};
void thread_make(const struct thread_wish *wish);
void thread_end(uint64_t slot);
/* Lets all others run until they wait or have no time left. */
void let_run(void);

/* threads.S */
void thread_spins(void);
void thread_sends(void);   /* argument: the endpoint */
void thread_calls(void);   /* argument: struct ask */
void thread_signals(void); /* argument: the notification; then it waits for ever */
struct ask {
    uint64_t endpoint, info, receive;
};

/* One worst case each. */
void worst_retype(void);
void worst_tables(void);
void worst_chain(void);
void worst_crowd(uint64_t crowd);
void worst_sparse(void);
void worst_nested(void);
void worst_message(void);
void worst_senders(void);
void worst_idle(void);
void worst_refill(void);
