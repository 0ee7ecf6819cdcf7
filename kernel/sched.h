/*
 * sched.h - who runs: 256 priorities, round robin within one, and scheduling contexts.
 *
 * A thread runs on its home context (TS_SCHED) or on one lent by a caller: `lender` links lead to
 * the thread whose home it is. Nothing else names the context, so cutting a link is all that is
 * needed when a lender dies, is answered, or its context is used up.
 */
#pragma once
#include "thread.h"

enum { BUDGET_TICKS_MIN = 10000 }; /* so that ticks stay rare against the work between them */
#define PERIOD_TICKS_MAX (1ull << 48)

/* The context that `c` runs on pays until `now`: before anybody asks for its budget or takes it. */
void sched_pay(struct cpu *c, uint64_t now);
/* A slot of `t` was filled. If with a context, or one that names a new CPU, it goes there: one that
 * runs or waits, when it is next made ready. */
void sched_place(struct thread *t);
/* Makes a thread ready, on the CPU that its home names; leaves whatever queue it was in. To the
 * front: it was preempted and has budget left. */
void sched_ready(struct thread *t, bool front);
/* The current thread lets its equals run; with a budget below its period, all until the next. */
void sched_rest(struct thread *t);
/* `t` has left its ready queue. */
void sched_unready(const struct thread *t);
/* The context of `caller`, at a depth below LEND_DEPTH_MAX, is lent to `server`; the way back. */
void sched_lend(struct thread *caller, struct thread *server);
void sched_take_back(struct thread *caller);
/* A slot TS_SCHED of `t` is about to go: its context runs nothing any more. */
void sched_home_gone(struct thread *t);
/* Chooses cpu()->current and sets the timer. Last act of every step. */
void sched_finish(void);
