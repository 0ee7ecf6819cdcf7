/* test_review.c - what a reading of the kernel as an adversary found: bounds, memory, queues. */
#include <string.h>

#include "endpoint.h"
#include "pair.h"
#include "unit.h"

/* 16 capabilities, a gap that takes work to scan, and 96 below it. */
static uint64_t gapped_cnode(void)
{
    uint64_t ep = make(CAP_ENDPOINT, 0), cnode = make(CAP_CNODE, 16);
    for (uint32_t i = 0; i < 112; i++) {
        OKAY(OP(axiom, OP_COPY, in(cnode, i < 16 ? 900 + i : i), ep, RIGHTS_ALL));
    }
    return cnode;
}

TEST(REVIEW0001, "a gap behind the last slot of a step's share does not make the step endless")
{
    uint64_t cnode = gapped_cnode(), before = commits();
    EXPECT_EQ(OP(axiom, OP_DELETE, in(GS_CNODE, cnode), 0), ERR_PARTIAL);
    EXPECT(commits() - before <= 16);
    OKAY(op_all(axiom, OP_DELETE, in(GS_CNODE, cnode)));
}

TEST(REVIEW0002, "memory skipped by an unfinished retype is cleared before it is given out")
{
    uint64_t ut = memory_untyped(23), frame = slot_new(1), large = slot_new(1), small = slot_new(1);
    memset(phys_to_ptr(ax_slot(ut)->obj), 0xa5, 1u << 23);
    OKAY(op_words(axiom, OP_RETYPE, ut, (const uint64_t[8]){CAP_FRAME, PAGE_BITS, 1, frame}));
    EXPECT_EQ(OP(axiom, OP_RETYPE, ut, CAP_FRAME, LARGE_PAGE_BITS, 1, large), ERR_PARTIAL);
    OKAY(OP(axiom, OP_RETYPE, ut, CAP_FRAME, PAGE_BITS, 1, small));
    const uint8_t *at = object_at(small);
    for (uint32_t i = 0; i < PAGE_BYTES; i++) {
        EXPECT_EQ(at[i], 0);
    }
}

TEST(REVIEW0003, "a server that takes a signal gives a lent context back, as with a message")
{
    struct pair p = pair_make();
    OKAY(OP(axiom, OP_COPY, in(p.server.tcb, TS_NOTIFY), p.ntfn, RIGHT_READ));
    pair_call(&p);
    EXPECT(p.s->lender == p.c);
    notification_signal(object_at(p.ntfn), 1);
    OKAY(sys_recv(p.s, S_EP, S_REPLY2));
    EXPECT_EQ(p.s->regs.rsi, MSG_SIGNAL);
    EXPECT(p.s->lender == NULL);
}

TEST(REVIEW0004, "axiom's fault ends the machine, and tells its registers")
{
    run_as(axiom);
    axiom->regs.rip = 0x1234;
    CATCH_PANIC(core_fault(FAULT_MEMORY, 14, 4, 0x7000, now + STEP_TICKS));
    EXPECT(fake.panic != NULL);
    EXPECT_EQ(fake.known[0], 14);
    EXPECT_EQ(fake.known[2], 0x7000);
    EXPECT_EQ(fake.known[3], 0x1234);
    EXPECT_EQ(fake.known[4], axiom->regs.rsp);
}

static void assert_cancelled(const struct thread *t)
{
    EXPECT_EQ(t->state, T_READY);
    EXPECT_EQ(result_of(t), ERR_CANCELLED);
}

TEST(REVIEW0005, "who receives through a capability that is revoked receives nothing any more")
{
    struct pair p = pair_make();
    pair_serve(&p, 1);
    OKAY(op_all(axiom, OP_REVOKE, in(GS_CNODE, p.ep)));
    assert_cancelled(p.s);
    EXPECT(cap_object(slot_at(p.server.cspace, S_REPLY)) != NULL);
    EXPECT_EQ(((const struct reply *)cap_object(slot_at(p.server.cspace, S_REPLY)))->state,
              REPLY_FREE);
    give(&p.client, S_FREE, p.ep, RIGHT_WRITE, 1);
    EXPECT_EQ(sys(p.c, SYS_NB_SEND, S_FREE, 0, 0), ERR_WOULD_BLOCK);
}

TEST(REVIEW0006, "who waits through a capability that is deleted waits no more; others go on")
{
    struct pair p = pair_make();
    give(&p.client, S_FREE, p.ntfn, RIGHT_READ, 0);
    EXPECT_EQ(sys(p.c, SYS_WAIT, S_FREE, 0, 0), BLOCKED);
    EXPECT_EQ(sys(p.s, SYS_WAIT, S_NTFN, 0, 0), BLOCKED);
    OKAY(OP(axiom, OP_DELETE, in(p.client.cnode, S_FREE), 0));
    assert_cancelled(p.c);
    EXPECT_EQ(p.s->state, T_WAITING);
    notification_signal(object_at(p.ntfn), 1);
    EXPECT_EQ(p.s->state, T_READY);
}

TEST(REVIEW0007, "a notification bound to a thread that already receives delivers what it holds")
{
    struct pair p = pair_make();
    notification_signal(object_at(p.ntfn), 4);
    pair_serve(&p, 0);
    OKAY(OP(axiom, OP_COPY, in(p.server.tcb, TS_NOTIFY), p.ntfn, RIGHT_READ));
    EXPECT_EQ(p.s->state, T_READY);
    EXPECT_EQ(p.s->regs.rdi, 4);
    EXPECT_EQ(p.s->regs.rsi, MSG_SIGNAL);
}

TEST(REVIEW0008, "the log is told again as long as threads are stopped, however empty the rings")
{
    enum { THREADS = 20 };
    struct proc t[THREADS];
    struct pair p = pair_make();
    uint64_t badged = slot_new(1);
    OKAY(OP(axiom, OP_MINT, in(GS_CNODE, badged), p.ntfn, RIGHTS_ALL, 8, 0));
    OKAY(OP(axiom, OP_LOG_BIND, GS_LOG, badged));
    for (uint32_t i = 0; i < THREADS; i++) {
        t[i] = make_proc(9);
    }
    check_each_step = false;
    while (p.c->state != T_STOPPED) {
        sys(p.c, SYS_YIELD, 0, 0, 0);
    }
    check_each_step = true;
    for (uint32_t i = 0; i < THREADS; i++) {
        EXPECT_EQ(sys(t[i].thread, SYS_YIELD, 0, 0, 0), BLOCKED);
    }
    OKAY(sys(axiom, SYS_POLL, badged, 0, 0));
    ack_all();
    EXPECT_EQ(t[THREADS - 1].thread->state, T_STOPPED);
    OKAY(sys(axiom, SYS_POLL, badged, 0, 0));
    ack_all();
    EXPECT_EQ(t[THREADS - 1].thread->state, T_READY);
    EXPECT_EQ(sys(axiom, SYS_POLL, badged, 0, 0), ERR_WOULD_BLOCK);
}

TEST(REVIEW0009, "a thread that is started again has no floating-point state of its life before")
{
    struct pair p = pair_make();
    OKAY(OP(axiom, OP_THREAD_STOP, p.client.tcb, 0));
    memset(p.c->fpu, 0x5a, sizeof(p.c->fpu));
    uint64_t inits = fake.fpu_inits;
    OKAY(OP(axiom, OP_THREAD_START, p.client.tcb, USER_MIN, 0, 0, 0));
    EXPECT_EQ(fake.fpu_inits, inits + 1);
    EXPECT_EQ(p.c->fpu[160], 0xf0); /* what the fake machine calls the first state */
}
