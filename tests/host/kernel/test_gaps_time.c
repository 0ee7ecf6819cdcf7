/* test_gaps_time.c - the same for time: budgets, turns, loans, the timer. */
#include "pair.h"
#include "sched.h"
#include "unit.h"

enum { BUDGET = 20000, PERIOD = 100000 };

static const struct sched *context(const struct proc *p)
{
    return object_at(p->sched);
}

static struct proc limited(uint8_t priority)
{
    struct proc p = make_proc(priority);
    OKAY(OP(axiom, OP_SCHED_CONFIG, p.sched, BUDGET, PERIOD));
    return p;
}

/* It waits where nobody signals, until axiom starts it again. */
static void rests(struct thread *t, uint64_t ntfn)
{
    EXPECT_EQ(sys(t, SYS_WAIT, ntfn, 0, 0), BLOCKED);
}

static void axiom_rests(void)
{
    rests(axiom, make(CAP_NOTIFICATION, 0));
}

/* p uses a quarter of its budget, rests until `after` its period began, and runs on. */
static struct proc used_and_woken(uint64_t after)
{
    struct proc p = limited(5), waker = make_proc(4);
    uint64_t ntfn = make(CAP_NOTIFICATION, 0);
    give(&p, S_NTFN, ntfn, RIGHTS_ALL, 1);
    give(&waker, S_NTFN, ntfn, RIGHTS_ALL, 1);
    axiom_rests();
    uint64_t start = now;
    EXPECT(cpu()->current == p.thread);
    now = start + BUDGET / 4;
    EXPECT_EQ(sys(p.thread, SYS_WAIT, S_NTFN, 0, 0), BLOCKED);
    now = start + after;
    OKAY(sys(waker.thread, SYS_SIGNAL, S_NTFN, 0, 0));
    EXPECT(cpu()->current == p.thread);
    return p;
}

TEST(GAP0020, "what is left of a budget is not saved for the next")
{
    struct proc p = used_and_woken(2 * PERIOD);
    EXPECT_EQ(context(&p)->remaining, BUDGET);
}

TEST(GAP0021, "there is no refill before it is due")
{
    struct proc p = used_and_woken(PERIOD - BUDGET / 2);
    EXPECT(context(&p)->remaining < BUDGET);
}

TEST(GAP0022, "who is preempted runs on before its equals; who yields does not")
{
    struct proc a = make_proc(5), b = make_proc(5), high = make_proc(9);
    uint64_t ntfn = make(CAP_NOTIFICATION, 0);
    give(&high, S_NTFN, ntfn, RIGHTS_ALL, 1);
    give(&a, S_NTFN, ntfn, RIGHTS_ALL, 1);
    rests(high.thread, S_NTFN);
    axiom_rests();
    EXPECT(cpu()->current == a.thread && b.thread->state == T_READY);
    OKAY(sys(a.thread, SYS_SIGNAL, S_NTFN, 0, 0));
    EXPECT(cpu()->current == high.thread);
    rests(high.thread, S_NTFN);
    EXPECT(cpu()->current == a.thread);
    OKAY(sys(a.thread, SYS_YIELD, 0, 0, 0));
    EXPECT(cpu()->current == b.thread);
}

TEST(GAP0023, "a loan that is over counts no more for the next")
{
    struct pair p = pair_make();
    for (uint32_t i = 0; i < 2 * LEND_DEPTH_MAX; i++) {
        pair_call(&p);
        EXPECT(p.s->lender == p.c);
        OKAY(sys_reply(p.s, S_REPLY, 0));
        EXPECT_EQ(p.s->lend_depth, 0);
    }
}

TEST(GAP0024, "one tick makes all ready whose refill is due")
{
    struct proc p[3];
    for (uint32_t i = 0; i < 3; i++) {
        p[i] = limited(5);
    }
    axiom_rests();
    uint64_t start = now;
    for (uint32_t i = 1; i <= 3; i++) {
        step_tick(start + i * BUDGET);
    }
    step_tick(start + 2 * PERIOD);
    for (uint32_t i = 0; i < 3; i++) {
        EXPECT(p[i].thread->state == T_READY || p[i].thread->state == T_RUNNING);
    }
}

TEST(GAP0025, "a tick that comes early sets the timer again, though to the same time")
{
    struct proc p = limited(5);
    axiom_rests();
    uint64_t end = fake.timer, sets = fake.timer_sets;
    EXPECT(cpu()->current == p.thread);
    step_tick(now + 100);
    EXPECT_EQ(fake.timer, end);
    EXPECT_EQ(fake.timer_sets, sets + 1);
}
