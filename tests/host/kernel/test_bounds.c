/* test_bounds.c - one step does a bounded part of work that has no bound: tests/bench counts it. */
#include <string.h>

#include "invariants.h"
#include "invoke.h"
#include "pair.h"
#include "sched.h"
#include "unit.h"

enum { CROWD = 40, PERIOD = 100000 };

/* Axiom leaves the CPU to the others. */
static void axiom_rests(void)
{
    EXPECT_EQ(sys(axiom, SYS_WAIT, make(CAP_NOTIFICATION, 0), 0, 0), BLOCKED);
}

static uint32_t in_state(const struct proc *p, uint32_t count, enum thread_state state)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++) {
        n += p[i].thread->state == state;
    }
    return n;
}

TEST(BOUND0001, "of many that are ready without a context a step puts a few to rest")
{
    struct proc crowd[CROWD], last = make_proc(1);
    for (uint32_t i = 0; i < CROWD; i++) {
        crowd[i] = make_proc(9);
        OKAY(OP(axiom, OP_DELETE, in(crowd[i].tcb, TS_SCHED)));
    }
    axiom_rests();
    uint32_t ready = in_state(crowd, CROWD, T_READY), steps = 1;
    EXPECT(ready > 0 && ready < CROWD);
    for (; in_state(crowd, CROWD, T_READY) != 0; steps++) {
        EXPECT(cpu()->current == NULL); /* idle, but not for long */
        EXPECT_EQ(fake.timer, now);
        step_tick(now + 1);
    }
    EXPECT(steps > 1 && steps < CROWD);
    EXPECT(cpu()->current == last.thread);
    EXPECT(fake.timer > now);
}

TEST(BOUND0002, "of many whose refill is due a tick wakes a few, and the next follows at once")
{
    struct proc crowd[CROWD];
    for (uint32_t i = 0; i < CROWD; i++) {
        crowd[i] = make_proc(9);
        OKAY(OP(axiom, OP_SCHED_CONFIG, crowd[i].sched, BUDGET_TICKS_MIN, PERIOD * CROWD));
    }
    axiom_rests();
    while (in_state(crowd, CROWD, T_PARKED) < CROWD) {
        step_tick(now + BUDGET_TICKS_MIN);
    }
    step_tick(now + (uint64_t)PERIOD * CROWD);
    uint32_t parked = in_state(crowd, CROWD, T_PARKED);
    EXPECT(parked > 0 && parked < CROWD);
    EXPECT(fake.timer <= now);
    for (uint32_t steps = 0; in_state(crowd, CROWD, T_PARKED) > 0; steps++) {
        EXPECT(steps < CROWD);
        step_tick(now + 1);
    }
}

TEST(INVSCHED0008, "a refill that is due, and no timer that says so")
{
    struct proc p = make_proc(5);
    OKAY(OP(axiom, OP_SCHED_CONFIG, p.sched, 10000, 50000));
    EXPECT_EQ(sys(axiom, SYS_WAIT, make(CAP_NOTIFICATION, 0), 0, 0), BLOCKED);
    step_tick(fake.timer);
    EXPECT_EQ(p.thread->state, T_PARKED);
    ((struct sched *)object_at(p.sched))->refill_at = now;
    const char *broken = invariants_broken();
    EXPECT(broken != NULL && strncmp(broken, "INV-SCHED-8", 11) == 0);
    boot();
}

TEST(BOUND0003, "a revoke counts its way down a chain")
{
    enum { DEEP = 200 };
    uint64_t first = make(CAP_ENDPOINT, 0), s = slot_new(DEEP);
    for (uint64_t i = 0; i < DEEP; i++) {
        OKAY(OP(axiom, OP_COPY, in(GS_CNODE, s + i), i == 0 ? first : s + i - 1, RIGHTS_ALL));
    }
    uint64_t before = commits();
    EXPECT_EQ(OP(axiom, OP_REVOKE, in(GS_CNODE, first)), ERR_PARTIAL);
    EXPECT(commits() > before && commits() < before + WORK_PER_STEP / 2);
    OKAY(op_all(axiom, OP_REVOKE, in(GS_CNODE, first)));
    EXPECT_EQ(commits(), before + DEEP + 1);
}

TEST(BOUND0004, "tables count double: each entry is looked at")
{
    enum { TABLES = 16 };
    uint64_t ut = memory_untyped(17), s = slot_new(TABLES);
    EXPECT_EQ(OP(axiom, OP_RETYPE, ut, CAP_PTABLE, 0, TABLES, s), ERR_PARTIAL);
    OKAY(OP(axiom, OP_RETYPE, ut, CAP_PTABLE, 0, TABLES, s));
    make_from(ut, CAP_FRAME, PAGE_BITS); /* goes first, and leaves an odd number */
    uint64_t before = commits();
    EXPECT_EQ(OP(axiom, OP_REVOKE, in(GS_CNODE, ut)), ERR_PARTIAL);
    EXPECT_EQ(commits(), before + 1 + WORK_PER_STEP / 2);
    OKAY(op_all(axiom, OP_REVOKE, in(GS_CNODE, ut)));
}

TEST(BOUND0005, "a walk past senders of another capability is counted, and comes to its end")
{
    enum { MANY = 4 * CROWD, FEW = 5 };
    struct pair p = pair_make();
    static struct proc crowd[MANY];
    uint64_t few = slot_new(FEW + 1), before;
    for (uint32_t i = 0; i <= FEW; i++) {
        OKAY(OP(axiom, OP_COPY, in(GS_CNODE, few + i), i == 0 ? p.ep : few, RIGHTS_ALL));
    }
    for (uint32_t i = 0; i < MANY; i++) {
        crowd[i] = make_proc(9);
        bool other = i >= MANY - FEW;
        give(&crowd[i], S_EP, other ? few + 1 + i % FEW : p.ep, RIGHT_WRITE, 0);
        EXPECT_EQ(sys_send(crowd[i].thread, S_EP, 0), BLOCKED);
        if (i % 32 == 0) ack_all();
    }
    before = commits();
    EXPECT_EQ(OP(axiom, OP_REVOKE, in(GS_CNODE, few)), ERR_PARTIAL);
    EXPECT(commits() > before && commits() < before + FEW);
    OKAY(op_all(axiom, OP_REVOKE, in(GS_CNODE, few)));
    EXPECT_EQ(in_state(crowd, MANY, T_SENDING), MANY - FEW);
    for (uint32_t i = MANY - FEW; i < MANY; i++) {
        EXPECT_EQ(result_of(crowd[i].thread), ERR_CANCELLED);
    }
}
