/*
 * commit.h - the two rings that leave the kernel: commits and events.
 *
 * A step is admitted before decode: only if both rings have room for all that it may write above a
 * reserve (INV-LOG-1). So emission itself cannot fail. The reserve is for threads that drain the
 * rings, for a record of each interrupt line, which stays masked until acknowledged, for ticks, and
 * for one record of each thread that is stopped.
 */
#pragma once
#include "abi/log.h"
#include "thread.h"

enum {
    COMMITS_PER_STEP = 72, /* most that one step writes: a retype of 64 */
    EVENTS_PER_STEP = 5,   /* a gap, itself, and ARGS of four capabilities */
    COMMIT_RESERVE = 1024, /* only for drain threads */
    EVENT_RESERVE = 2048   /* only for drain threads, interrupts, ticks, and who is stopped */
};

/* The second word of struct event, without thread and CPU; of system calls that block. */
#define EVENT(kind, op, result) ((uint64_t)(kind) << 32 | (op) << 40 | (uint64_t)(result) << 56)
#define EVENT_STAMP EVENT(EVENT_SYSCALL, 0ull, EVENT_BLOCKED)

void log_init(struct log_rings *memory); /* zeroed */
/* May this thread's system call run now? If not, it waits until the rings are acknowledged. */
bool log_admits(struct thread *t);
/* Room for the commits of one step; a drain thread finds out here. */
bool log_has_room(void);

/* The record of this step, at its end: the words of struct event after time. Time, thread and CPU
 * are filled in. */
void event_record(uint64_t what, uint64_t place, uint64_t arg);
/* The record of a call or REPLY_RECV of `t`, if the rings ask for no more than that. */
bool event_fast(const struct thread *t, uint64_t now, uint64_t name, uint64_t info, uint8_t op);
/* Three words that belong to the record just made, if it was not dropped. Zeros need no record. */
void event_arg(uint64_t index, uint64_t a, uint64_t b, uint64_t c);
void event_args(const uint64_t *from, uint32_t count); /* two zeros stand behind them */
/* The record of a change. seq, time, cause, actor and cpu are filled in. */
void commit_emit(const struct commit *c);
/* As above, about the capability in `dst` as it stands there. */
void commit_slot(enum commit_op op, const struct slot *dst, const struct slot *src, uint64_t arg0,
                 uint64_t arg1);
