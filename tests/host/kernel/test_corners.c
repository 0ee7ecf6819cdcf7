/* test_corners.c - sides of branches that no other test takes: see tests/host/coverage. */
#include "pair.h"
#include "unit.h"

TEST(CORNER0001, "no size makes an object of a type that is none")
{
    uint64_t ut = memory_untyped(14), to = slot_new(1);
    REFUSED(ERR_RANGE, OP(axiom, OP_RETYPE, ut, CAP_EMPTY, PAGE_BITS, 1, to));
    REFUSED(ERR_RANGE, OP(axiom, OP_RETYPE, ut, CAP_REVOKED, PAGE_BITS, 1, to));
    REFUSED(ERR_RANGE, OP(axiom, OP_RETYPE, ut, CAP_IRQ_CONTROL, PAGE_BITS, 1, to));
    REFUSED(ERR_RANGE, OP(axiom, OP_RETYPE, ut, CAP_LOG, PAGE_BITS, 1, to));
}

TEST(CORNER0002, "a line, ports and the cursor are dropped by who holds them")
{
    struct proc p = make_proc(9);
    uint64_t line = slot_new(1), ports = slot_new(1);
    OKAY(OP(axiom, OP_IRQ_GET, GS_IRQ_CONTROL, 7, line));
    OKAY(OP(axiom, OP_PORTS_GET, GS_PORT_CONTROL, 0x60, 0x64, ports));
    give(&p, 10, line, RIGHTS_ALL, 0);
    give(&p, 11, ports, RIGHT_READ, 0);
    give(&p, 12, GS_LOG, RIGHT_READ, 0);
    for (uint64_t slot = 10; slot <= 12; slot++) {
        OKAY(sys_drop(p.thread, slot));
        EXPECT_EQ(slot_at(p.cspace, slot)->type, CAP_EMPTY);
    }
}

TEST(CORNER0003, "a context is configured before it has a user, and goes without ever having been")
{
    uint64_t s = make(CAP_SCHED, 0), never = make(CAP_SCHED, 0);
    OKAY(OP(axiom, OP_SCHED_CONFIG, s, TEST_BUDGET, TEST_BUDGET));
    struct proc p = {0};
    make_thread(&p, 9);
    OKAY(OP(axiom, OP_COPY, in(p.tcb, TS_SCHED), never, RIGHTS_ALL));
    OKAY(op_all(axiom, OP_DELETE, in(p.tcb, TS_SCHED)));
    EXPECT_EQ(((const struct sched *)object_at(never))->budget, 0);
}

TEST(CORNER0004, "the caller is stopped before the server's CPU has heard of the call")
{
    struct pair p = pair_make();
    pair_serve(&p, 0);
    OKAY(OP(axiom, OP_CPU_START, GS_IRQ_CONTROL, 1));
    fake_cpu = &cpus[1];
    step_tick(now + STEP_TICKS);
    fake_cpu = &cpus[0];
    OKAY(OP(axiom, OP_SCHED_CONFIG, p.server.sched, TEST_BUDGET, TEST_BUDGET, 1));
    EXPECT_EQ(sys_call(p.c, S_EP, 0), BLOCKED);
    EXPECT_EQ(p.s->state, T_READY);
    OKAY(OP(axiom, OP_THREAD_STOP, p.client.tcb, 0));
    EXPECT(p.s->lender == NULL);
    EXPECT_EQ(p.s->state, T_READY);
}
