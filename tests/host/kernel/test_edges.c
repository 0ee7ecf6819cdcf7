/* test_edges.c - what happens at the ends of ranges and in rare orders. */
#include "fold.h"
#include "pair.h"
#include "sched.h"
#include "unit.h"
#include "view.h"

enum { CROWD = 20 };

/* CROWD threads that share the client's CNode and send through its S_EP. */
static void crowd_sends(const struct pair *p, struct proc *crowd)
{
    for (uint32_t i = 0; i < CROWD; i++) {
        crowd[i] = make_proc(4);
        OKAY(OP(axiom, OP_DELETE, in(crowd[i].tcb, TS_CSPACE), 0));
        OKAY(OP(axiom, OP_COPY, in(crowd[i].tcb, TS_CSPACE), p->client.cnode, RIGHTS_ALL));
        EXPECT_EQ(sys_send(crowd[i].thread, S_EP, 0), BLOCKED);
    }
}

TEST(CANCEL0002, "cancelling many sends takes several steps, each whole")
{
    struct pair p = pair_make();
    struct proc crowd[CROWD];
    crowd_sends(&p, crowd);
    EXPECT_EQ(OP(axiom, OP_DELETE, in(p.client.cnode, S_EP), 0), ERR_PARTIAL);
    EXPECT_EQ(result_of(crowd[0].thread), ERR_CANCELLED);
    EXPECT_EQ(crowd[CROWD - 1].thread->state, T_SENDING);
    OKAY(OP(axiom, OP_DELETE, in(p.client.cnode, S_EP), 0));
    EXPECT_EQ(result_of(crowd[CROWD - 1].thread), ERR_CANCELLED);
}

TEST(MOVE0005, "a move that has many senders to tell answers PARTIAL first")
{
    struct pair p = pair_make();
    struct proc crowd[CROWD];
    crowd_sends(&p, crowd);
    uint64_t to = slot_new(1);
    EXPECT_EQ(OP(axiom, OP_MOVE, in(GS_CNODE, to), in(p.client.cnode, S_EP)), ERR_PARTIAL);
    EXPECT_EQ(ax_slot(to)->type, CAP_EMPTY);
    OKAY(OP(axiom, OP_MOVE, in(GS_CNODE, to), in(p.client.cnode, S_EP)));
    EXPECT_EQ(ax_slot(to)->type, CAP_ENDPOINT);
    EXPECT_EQ(result_of(crowd[CROWD - 1].thread), ERR_CANCELLED);
}

TEST(MOVE0006, "what is 255 deep can still be moved")
{
    uint64_t ep = make(CAP_ENDPOINT, 0), chain = make(CAP_CNODE, 15), from = ep, to = slot_new(1);
    check_each_step = false;
    for (uint32_t i = 1; ax_slot(ep)->depth + i <= 255; i++) {
        OKAY(OP(axiom, OP_COPY, in(chain, i), from, RIGHTS_ALL));
        from = in(chain, i);
    }
    check_each_step = true;
    OKAY(OP(axiom, OP_MOVE, in(GS_CNODE, to), from));
    EXPECT_EQ(ax_slot(to)->depth, 255);
}

TEST(WALK0004, "the cursor shows what lines and the log are bound to")
{
    uint64_t irq = slot_new(1), ntfn = make(CAP_NOTIFICATION, 0), badged = slot_new(1);
    OKAY(OP(axiom, OP_MINT, in(GS_CNODE, badged), ntfn, RIGHTS_ALL, 5, 0));
    OKAY(OP(axiom, OP_IRQ_GET, GS_IRQ_CONTROL, 4, irq));
    OKAY(OP(axiom, OP_IRQ_BIND, irq, badged));
    OKAY(OP(axiom, OP_LOG_BIND, GS_LOG, badged));
    uint32_t seen = 0;
    for (uint64_t first = 1;; first = 0) {
        OKAY(OP(axiom, OP_LOG_WALK, GS_LOG, first));
        const struct walk_item *items = (const void *)thread_buffer(axiom);
        for (uint64_t i = 0; i < axiom->regs.w[1]; i++) {
            if (items[i].type != CAP_IRQ && items[i].type != CAP_LOG) continue;
            EXPECT_EQ(items[i].badge, 5);
            EXPECT_EQ(items[i].extra, ax_slot(ntfn)->obj);
            seen++;
        }
        if (axiom->regs.w[2] != 0) break;
    }
    EXPECT_EQ(seen, 2);
}

TEST(XFER0013, "a long answer to a caller without a buffer page brings the words in registers")
{
    struct pair p = pair_make();
    pair_call(&p);
    OKAY(OP(axiom, OP_DELETE, in(p.client.tcb, TS_BUFFER), 0));
    p.s->regs.w[7] = 70;
    OKAY(sys_reply(p.s, S_REPLY, msg_info(5, 100, 0, 0)));
    EXPECT_EQ(result_of(p.c), ERR_CAP_LOST);
    EXPECT_EQ(p.c->regs.rsi, msg_info(5, 8, 0, 0));
    EXPECT_EQ(p.c->regs.w[7], 70);
}

TEST(REPLY0007, "reply and receive without a Reply only receives, and takes no calls")
{
    struct pair p = pair_make();
    EXPECT_EQ(sys_reply_recv(p.s, S_EP, 0, 0), BLOCKED);
    REFUSED(ERR_BUSY, sys_call(p.c, S_EP, 0));
    OKAY(sys_send(p.c, S_EP, 0));
}

TEST(THREAD0008, "the registers of a thread that does not run can be read")
{
    struct proc p = make_proc(10);
    OKAY(OP(axiom, OP_THREAD_STOP, p.tcb, 0));
    OKAY(OP(axiom, OP_THREAD_START, p.tcb, 0x1234, 0x5678, 9, 0xabc));
    OKAY(OP(axiom, OP_THREAD_READ, p.tcb, THREAD_REGS - MSG_REGISTERS));
    const uint64_t *regs = (const uint64_t *)&p.thread->regs;
    for (uint32_t i = 0; i < MSG_REGISTERS; i++) {
        EXPECT_EQ(axiom->regs.w[i], regs[THREAD_REGS - MSG_REGISTERS + i]);
    }
    OKAY(OP(axiom, OP_THREAD_READ, p.tcb, 0));
    EXPECT_EQ(axiom->regs.w[1], 9);
    REFUSED(ERR_RANGE, OP(axiom, OP_THREAD_READ, p.tcb, THREAD_REGS - MSG_REGISTERS + 1));
    REFUSED(ERR_RANGE, OP(axiom, OP_THREAD_READ, p.tcb, ~0ull));
    REFUSED(ERR_BUSY, OP(axiom, OP_THREAD_READ, GS_THREAD, 0));
    uint64_t weak = slot_new(1);
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, weak), p.tcb, RIGHT_WRITE));
    REFUSED(ERR_RIGHTS, OP(axiom, OP_THREAD_READ, weak, 0));
}

TEST(SCHED0010, "a context tells what it consumed; a budget in use changes at its refill")
{
    struct proc p = make_proc(10);
    const struct sched *s = object_at(p.sched);
    run_as(p.thread);
    step_tick(now + 5000);
    OKAY(OP(axiom, OP_SCHED_READ, p.sched, 0));
    EXPECT_EQ(axiom->regs.w[0], s->consumed);
    EXPECT(s->consumed >= 5000);
    int64_t before = s->remaining;
    OKAY(OP(axiom, OP_SCHED_CONFIG, p.sched, 20000, 40000));
    EXPECT_EQ(s->remaining, before);
    uint64_t weak = slot_new(1);
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, weak), p.sched, RIGHT_WRITE));
    REFUSED(ERR_RIGHTS, OP(axiom, OP_SCHED_READ, weak, 0));
}

static void axiom_waits(uint64_t ntfn)
{
    EXPECT_EQ(sys(axiom, SYS_WAIT, ntfn, 0, 0), BLOCKED);
}

TEST(SCHED0011, "a debt greater than a budget takes more than one refill")
{
    struct proc p = make_proc(10);
    const struct sched *s = object_at(p.sched);
    OKAY(OP(axiom, OP_SCHED_CONFIG, p.sched, 10000, 50000));
    axiom_waits(make(CAP_NOTIFICATION, 0));
    uint64_t start = now;
    step_tick(start + 35000); /* interrupts were off for long */
    EXPECT_EQ(s->remaining, -25000);
    step_tick(start + 50000);
    EXPECT_EQ(p.thread->state, T_PARKED);
    EXPECT_EQ(s->remaining, -15000);
    step_tick(start + 100000);
    EXPECT_EQ(s->remaining, -5000);
    step_tick(start + 150000);
    EXPECT_EQ(p.thread->state, T_RUNNING);
    EXPECT_EQ(s->remaining, 5000);
}

TEST(SCHED0012, "a thread that loses its context while it runs, or is parked, stops")
{
    struct proc p = make_proc(10), own = make_proc(20);
    give(&own, 8, own.tcb, RIGHTS_ALL, 0);
    uint64_t ntfn = make(CAP_NOTIFICATION, 0), irq = slot_new(2);
    OKAY(OP(axiom, OP_IRQ_GET, GS_IRQ_CONTROL, 4, irq));
    OKAY(OP(axiom, OP_MINT, in(GS_CNODE, irq + 1), ntfn, RIGHTS_ALL, 1, 0));
    OKAY(OP(axiom, OP_IRQ_BIND, irq, irq + 1));
    OKAY(OP(axiom, OP_SCHED_CONFIG, p.sched, 10000, 50000));
    axiom_waits(ntfn);
    EXPECT(cpu()->current == own.thread);
    EXPECT_EQ(OP(own.thread, OP_DELETE, in(8, TS_SCHED), 0), BLOCKED);
    EXPECT_EQ(own.thread->state, T_INACTIVE);
    step_tick(fake.timer);
    EXPECT_EQ(p.thread->state, T_PARKED);
    step_irq(4);
    EXPECT(cpu()->current == axiom);
    OKAY(OP(axiom, OP_DELETE, in(p.tcb, TS_SCHED), 0));
    EXPECT_EQ(p.thread->state, T_INACTIVE);
}

TEST(QUEUE0001, "a thread leaves the middle of a queue without a trace")
{
    struct pair p = pair_make();
    struct proc third = make_proc(5);
    give(&third, S_EP, p.ep, RIGHT_WRITE, 3);
    EXPECT_EQ(sys_send(p.c, S_EP, 0), BLOCKED);
    EXPECT_EQ(sys_send(p.o, S_EP, 0), BLOCKED);
    EXPECT_EQ(sys_send(third.thread, S_EP, 0), BLOCKED);
    OKAY(OP(axiom, OP_THREAD_STOP, p.other.tcb, 0));
    OKAY(sys_recv(p.s, S_EP, 0));
    OKAY(sys_recv(p.s, S_EP, 0));
    EXPECT_EQ(p.s->regs.rdi, 3);
}

TEST(RETYPE0010, "a new untyped behind memory that is clean already leaves what is known of it")
{
    uint64_t ut = memory_untyped(16), to = slot_new(1);
    EXPECT_EQ(OP(axiom, OP_RETYPE, ut, CAP_CNODE, 16, 1, to), OK); /* 16 pages: just one step */
    OKAY(op_all(axiom, OP_DELETE, in(GS_CNODE, to)));
    uint64_t large = memory_untyped(21);
    EXPECT_EQ(OP(axiom, OP_RETYPE, large, CAP_FRAME, LARGE_PAGE_BITS, 1, to), ERR_PARTIAL);
    uint64_t known = ax_slot(large)->extra;
    uint64_t small = make_from(large, CAP_UNTYPED, 12);
    EXPECT_EQ(ax_slot(large)->extra, known);
    EXPECT_EQ(ax_slot(small)->extra, 0);
}

TEST(CONTAIN0001,
     "a CNode that holds the only capability to itself is refused, not followed for ever")
{
    uint64_t ut = memory_untyped(14), cnode = make_from(ut, CAP_CNODE, 12);
    OKAY(OP(axiom, OP_COPY, in(cnode, 1), cnode, RIGHTS_ALL));
    OKAY(op_all(axiom, OP_DELETE, in(GS_CNODE, cnode))); /* it lives on, out of reach */
    EXPECT_EQ(OP(axiom, OP_REVOKE, in(GS_CNODE, ut), 0), ERR_BUSY);
    EXPECT(ax_slot(ut)->child != NULL);
}

TEST(RETYPE0011, "untyped memory within untyped memory ends at depth 255")
{
    uint64_t chain = make(CAP_CNODE, 15), ut = memory_untyped(12), from = ut;
    check_each_step = false;
    for (uint32_t i = 1; ax_slot(ut)->depth + i <= 255; i++) {
        OKAY(OP(axiom, OP_RETYPE, from, CAP_UNTYPED, 12, 1, in(chain, i)));
        from = in(chain, i);
    }
    check_each_step = true;
    REFUSED(ERR_DEPTH, OP(axiom, OP_RETYPE, from, CAP_ENDPOINT, 0, 1, in(chain, 400)));
    OKAY(op_all(axiom, OP_REVOKE, in(GS_CNODE, ut)));
}

TEST(XFER0014, "receive slots of a CNode that is being destroyed, or was changed for a smaller one")
{
    struct pair p = pair_make();
    uint64_t small = make(CAP_CNODE, CNODE_BITS_MIN), frozen = make(CAP_CNODE, 12);
    put_cap(p.c, 0, S_CAP, RIGHTS_ALL, 0);
    pair_serve(&p, 1);
    OKAY(OP(axiom, OP_DELETE, in(p.server.tcb, TS_CSPACE), 0));
    REFUSED(ERR_RANGE, sys_send(p.c, S_EP, msg_info(0, 0, 1, 0)));
    OKAY(OP(axiom, OP_COPY, in(p.server.tcb, TS_CSPACE), small, RIGHTS_ALL));
    REFUSED(ERR_RANGE, sys_send(p.c, S_EP, msg_info(0, 0, 1, 0)));
    for (uint32_t i = 20; i < 40; i++) {
        OKAY(OP(axiom, OP_COPY, in(frozen, i), p.cap, RIGHTS_ALL));
    }
    uint64_t holder = slot_new(1);
    OKAY(OP(axiom, OP_MOVE, in(GS_CNODE, holder), frozen));
    EXPECT_EQ(OP(axiom, OP_DELETE, in(GS_CNODE, holder), 0), ERR_PARTIAL);
    OKAY(OP(axiom, OP_DELETE, in(p.server.tcb, TS_CSPACE), 0));
    OKAY(OP(axiom, OP_COPY, in(p.server.tcb, TS_CSPACE), holder, RIGHTS_ALL));
    REFUSED(ERR_BUSY, sys_send(p.c, S_EP, msg_info(0, 0, 1, 0)));
    EXPECT_EQ(p.s->state, T_RECEIVING);
    OKAY(op_all(axiom, OP_DELETE, in(GS_CNODE, holder)));
}

TEST(REVOKE0008, "a slot that was revoked refuses a retype, an interrupt and ports too")
{
    struct pair p = pair_make();
    uint64_t anchor = slot_new(1), ut = memory_untyped(12), to = in(p.client.cnode, S_FREE);
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, anchor), p.ep, RIGHTS_ALL));
    OKAY(OP(axiom, OP_COPY, to, anchor, RIGHTS_ALL));
    OKAY(op_all(axiom, OP_REVOKE, in(GS_CNODE, anchor)));
    REFUSED(ERR_REVOKED, OP(axiom, OP_RETYPE, ut, CAP_ENDPOINT, 0, 1, to));
    REFUSED(ERR_REVOKED, OP(axiom, OP_RETYPE, ut, CAP_ENDPOINT, 0, 2, to - 1));
    REFUSED(ERR_REVOKED, OP(axiom, OP_IRQ_GET, GS_IRQ_CONTROL, 3, to));
    REFUSED(ERR_REVOKED, OP(axiom, OP_PORTS_GET, GS_PORT_CONTROL, 1, 2, to));
}

TEST(REVOKE0009,
     "revoking memory that holds its own capability ends it, without a record about nothing")
{
    uint64_t ut = memory_untyped(14), cnode = make_from(ut, CAP_CNODE, 12);
    fold_begin();
    OKAY(OP(axiom, OP_MOVE, in(cnode, 1), ut));
    OKAY(OP(axiom, OP_REVOKE, in(cnode, 1), 0));
    EXPECT_EQ(ax_slot(cnode)->type, CAP_EMPTY);
    view_take();
    if (!fold_agrees()) fail_msg("%s", fold_message);
}
