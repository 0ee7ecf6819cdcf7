/* test_destroy.c - delete, revoke, drop: order, preemption, REVOKED slots. */
#include "pair.h"
#include "unit.h"

TEST(DELETE0001, "children take the place of what is deleted; the record says what went")
{
    uint64_t ep = make(CAP_ENDPOINT, 0), s = slot_new(4);
    OKAY(OP(axiom, OP_MINT, in(GS_CNODE, s), ep, RIGHT_WRITE, 5, 0));
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, s + 1), s, RIGHTS_ALL));
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, s + 2), s, RIGHTS_ALL));
    OKAY(OP(axiom, OP_DELETE, in(GS_CNODE, s), 0));
    EXPECT(ax_slot(ep)->child == ax_slot(s + 2));
    EXPECT(ax_slot(ep)->last == ax_slot(s + 1));
    const struct commit *c = last_commit();
    EXPECT_EQ(c->op, COMMIT_DELETE);
    EXPECT_EQ(c->type, CAP_ENDPOINT);
    EXPECT_EQ(c->badge, 5);
    EXPECT_EQ(c->rights, RIGHT_WRITE);
    EXPECT_EQ(c->flags, 0);
    EXPECT_EQ(c->obj, ax_slot(ep)->obj);
    REFUSED(ERR_CAP_EMPTY, OP(axiom, OP_DELETE, in(GS_CNODE, s), 0));
}

TEST(DELETE0002, "an object ends with its last capability, and not before")
{
    uint64_t ep = make(CAP_ENDPOINT, 0), copy = slot_new(1);
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, copy), ep, RIGHTS_ALL));
    OKAY(OP(axiom, OP_DELETE, in(GS_CNODE, ep), 0));
    EXPECT_EQ(last_commit()->op, COMMIT_DELETE);
    OKAY(OP(axiom, OP_DELETE, in(GS_CNODE, copy), 0));
    EXPECT_EQ(last_commit()->op, COMMIT_DESTROY);
    EXPECT_EQ(last_commit()->type, CAP_ENDPOINT);
}

TEST(DELETE0008,
     "copies outlive their original: the object ends with the last of them, in any order")
{
    for (uint32_t first = 0; first < 3; first++) {
        uint64_t ep = make(CAP_ENDPOINT, 0), s = slot_new(3);
        for (uint32_t i = 0; i < 3; i++) {
            OKAY(OP(axiom, OP_COPY, in(GS_CNODE, s + i), ep, RIGHTS_ALL));
        }
        OKAY(OP(axiom, OP_DELETE, in(GS_CNODE, ep), 0));
        for (uint32_t i = 0; i < 3; i++) {
            OKAY(OP(axiom, OP_DELETE, in(GS_CNODE, s + (first + i) % 3), 0));
            EXPECT_EQ(last_commit()->op, i < 2 ? COMMIT_DELETE : COMMIT_DESTROY);
        }
    }
}

TEST(DELETE0003, "a CNode is emptied from the top before it goes, a bounded part in each step")
{
    uint64_t ep = make(CAP_ENDPOINT, 0), cnode = make(CAP_CNODE, 12), late = slot_new(1);
    for (uint32_t i = 1; i <= 40; i++) {
        OKAY(OP(axiom, OP_COPY, in(cnode, i), ep, RIGHTS_ALL));
    }
    EXPECT_EQ(OP(axiom, OP_DELETE, in(GS_CNODE, cnode), 0), ERR_PARTIAL);
    struct container *c = object_at(cnode);
    EXPECT_EQ(slot_at(c, 40)->type, CAP_EMPTY);
    EXPECT_EQ(slot_at(c, 1)->type, CAP_ENDPOINT);
    REFUSED(ERR_BUSY, OP(axiom, OP_COPY, in(cnode, 41), ep, RIGHTS_ALL)); /* frozen */
    OKAY(OP(axiom, OP_MOVE, in(GS_CNODE, late), in(cnode, 1)));
    EXPECT_EQ(OP(axiom, OP_DELETE, in(GS_CNODE, cnode), 0), ERR_PARTIAL);
    OKAY(OP(axiom, OP_DELETE, in(GS_CNODE, cnode), 0));
    EXPECT_EQ(last_commit()->type, CAP_CNODE);
    EXPECT_EQ(ax_slot(late)->type, CAP_ENDPOINT);
}

TEST(DELETE0004, "scanning an empty CNode is work too")
{
    uint64_t ep = make(CAP_ENDPOINT, 0), cnode = make(CAP_CNODE, 17);
    OKAY(OP(axiom, OP_COPY, in(cnode, 1), ep, RIGHTS_ALL));
    OKAY(OP(axiom, OP_COPY, in(cnode, 2000), ep, RIGHTS_ALL));
    OKAY(OP(axiom, OP_DELETE, in(cnode, 2000), 0));
    uint32_t calls = 1;
    while (OP(axiom, OP_DELETE, in(GS_CNODE, cnode), 0) == ERR_PARTIAL) {
        calls++;
    }
    EXPECT(calls > 1);
    EXPECT_EQ(ax_slot(cnode)->type, CAP_EMPTY);
}

TEST(DELETE0005, "CNodes within CNodes end inside out; nine deep is refused")
{
    enum { DEEP = 9 };
    uint64_t ep = make(CAP_ENDPOINT, 0), cnode[DEEP];
    for (uint32_t i = 0; i < DEEP; i++) {
        cnode[i] = make(CAP_CNODE, 8);
    }
    OKAY(OP(axiom, OP_COPY, in(cnode[0], 1), ep, RIGHTS_ALL));
    for (uint32_t i = 1; i < DEEP; i++) {
        OKAY(OP(axiom, OP_MOVE, in(cnode[i], 1), cnode[i - 1]));
    }
    EXPECT_EQ(OP(axiom, OP_DELETE, in(GS_CNODE, cnode[DEEP - 1]), 0), ERR_BUSY);
    uint64_t out = slot_new(1);
    OKAY(OP(axiom, OP_MOVE, in(GS_CNODE, out), in(cnode[DEEP - 1], 1)));
    OKAY(op_all(axiom, OP_DELETE, in(GS_CNODE, cnode[DEEP - 1])));
    OKAY(OP(axiom, OP_MOVE, in(GS_CNODE, cnode[DEEP - 1]), in(out, 1)));
    OKAY(op_all(axiom, OP_DELETE, in(GS_CNODE, cnode[DEEP - 1])));
    EXPECT(ax_slot(ep)->child == NULL);
}

/* The thread of `p` looks up its names in the CNode of `of`. */
static void share_cspace(const struct proc *p, const struct proc *of)
{
    OKAY(OP(axiom, OP_DELETE, in(p->tcb, TS_CSPACE), 0));
    OKAY(OP(axiom, OP_COPY, in(p->tcb, TS_CSPACE), of->cnode, RIGHTS_ALL));
}

TEST(DELETE0006, "an endpoint with many waiters takes several steps, all of which are told")
{
    enum { WAITERS = 40 };
    uint64_t ep = make(CAP_ENDPOINT, 0);
    struct proc w[WAITERS];
    for (uint32_t i = 0; i < WAITERS; i++) {
        w[i] = make_proc(3);
        if (i == 0) OKAY(OP(axiom, OP_MOVE, in(w[0].cnode, S_EP), ep));
        share_cspace(&w[i], &w[0]);
        EXPECT_EQ(sys_recv(w[i].thread, S_EP, 0), BLOCKED);
    }
    EXPECT_EQ(OP(axiom, OP_DELETE, in(w[0].cnode, S_EP), 0), ERR_PARTIAL);
    EXPECT_EQ(w[0].thread->state, T_READY);
    EXPECT_EQ(w[WAITERS - 1].thread->state, T_RECEIVING);
    OKAY(op_all(axiom, OP_DELETE, in(w[0].cnode, S_EP)));
    for (uint32_t i = 0; i < WAITERS; i++) {
        EXPECT_EQ(result_of(w[i].thread), ERR_CANCELLED);
    }
    EXPECT_EQ(last_commit()->op, COMMIT_DESTROY);
}

TEST(DELETE0007, "a thread that deletes itself is gone with its step")
{
    struct pair p = pair_make();
    uint64_t own = slot_new(1);
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, own), p.client.cnode, RIGHTS_ALL));
    give(&p.client, S_FREE, p.client.cnode, RIGHTS_ALL, 0);
    OKAY(OP(axiom, OP_MOVE, in(p.client.cnode, S_FREE + 1), p.client.tcb));
    EXPECT_EQ(OP(p.c, OP_DELETE, in(S_FREE, S_FREE + 1), 0), BLOCKED);
    EXPECT(cpu()->current != p.c);
    EXPECT_EQ(last_commit()->op, COMMIT_DESTROY);
    EXPECT_EQ(last_commit()->actor, last_event()->thread);
}

TEST(REVOKE0001, "revoke takes every descendant, wherever it is, and marks other processes' slots")
{
    struct pair p = pair_make();
    uint64_t ep = make(CAP_ENDPOINT, 0), s = slot_new(1);
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, s), ep, RIGHTS_ALL));
    OKAY(OP(axiom, OP_MINT, in(p.client.cnode, S_FREE), s, RIGHTS_ALL, 3, 0));
    OKAY(OP(axiom, OP_COPY, in(p.client.tcb, TS_FAULT), ep, RIGHTS_ALL));
    pair_serve(&p, 1);
    put_cap(p.c, 0, S_FREE, RIGHTS_ALL, 0);
    OKAY(sys_send(p.c, S_EP, msg_info(0, 0, 1, 0)));
    OKAY(op_all(axiom, OP_REVOKE, in(GS_CNODE, ep)));
    EXPECT(ax_slot(ep)->child == NULL);
    EXPECT_EQ(ax_slot(s)->type, CAP_EMPTY); /* the revoker's own */
    EXPECT_EQ(slot_at(p.client.cspace, S_FREE)->type, CAP_REVOKED);
    EXPECT_EQ(slot_at(p.server.cspace, S_FREE)->type, CAP_REVOKED);
    EXPECT_EQ(thread_slot(p.c, TS_FAULT)->type, CAP_EMPTY);
    EXPECT_EQ(last_commit()->op, COMMIT_REVOKED);
    EXPECT_EQ(last_commit()->dst, ptr_to_phys(ax_slot(ep)));
}

TEST(REVOKE0002, "a REVOKED slot says so, and takes nothing until its owner drops it")
{
    struct pair p = pair_make();
    uint64_t anchor = slot_new(1);
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, anchor), p.ep, RIGHTS_ALL));
    OKAY(OP(axiom, OP_COPY, in(p.client.cnode, S_FREE), anchor, RIGHTS_ALL));
    OKAY(op_all(axiom, OP_REVOKE, in(GS_CNODE, anchor)));
    bool marked = false;
    for (uint64_t i = commits() - 3; i < commits(); i++) {
        if (commit_at(i)->op == COMMIT_DELETE) marked = commit_at(i)->flags == DELETE_MARKS;
    }
    EXPECT(marked);
    REFUSED(ERR_REVOKED, sys_send(p.c, S_FREE, 0));
    REFUSED(ERR_REVOKED, sys(p.c, SYS_WAIT, S_FREE, 0, 0));
    REFUSED(ERR_REVOKED, OP(p.c, OP_IRQ_ACK, S_FREE, 0));
    REFUSED(ERR_REVOKED, OP(axiom, OP_COPY, in(p.client.cnode, S_FREE), p.ep, RIGHTS_ALL));
    REFUSED(ERR_REVOKED, OP(axiom, OP_MOVE, in(p.client.cnode, S_FREE), anchor));
    REFUSED(ERR_REVOKED, OP(axiom, OP_REVOKE, in(p.client.cnode, S_FREE), 0));
    REFUSED(ERR_REVOKED, sys(p.c, SYS_CALL, S_EP, msg_info(0, 0, 0, 1), receive_slots(0, S_FREE)));
    OKAY(sys_drop(p.c, S_FREE));
    EXPECT_EQ(last_commit()->op, COMMIT_DROP);
    EXPECT_EQ(last_commit()->type, CAP_REVOKED);
    EXPECT_EQ(slot_at(p.client.cspace, S_FREE)->type, CAP_EMPTY);
    REFUSED(ERR_CAP_EMPTY, sys_drop(p.c, S_FREE));
}

TEST(REVOKE0003, "the owner of the CNode may clear a mark too")
{
    struct pair p = pair_make();
    uint64_t anchor = slot_new(1);
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, anchor), p.ep, RIGHTS_ALL));
    OKAY(OP(axiom, OP_COPY, in(p.client.cnode, S_FREE), anchor, RIGHTS_ALL));
    OKAY(op_all(axiom, OP_REVOKE, in(GS_CNODE, anchor)));
    OKAY(OP(axiom, OP_DELETE, in(p.client.cnode, S_FREE), 0));
    EXPECT_EQ(last_commit()->op, COMMIT_DROP);
    REFUSED(ERR_CAP_EMPTY, OP(axiom, OP_DELETE, in(p.client.cnode, S_FREE), 0));
}

TEST(REVOKE0004, "a long revoke stops between two slots; the deletes name it as their cause")
{
    uint64_t ep = make(CAP_ENDPOINT, 0), cnode = make(CAP_CNODE, 12);
    for (uint32_t i = 1; i <= 50; i++) {
        OKAY(OP(axiom, OP_COPY, in(cnode, i), ep, RIGHTS_ALL));
    }
    uint64_t before = commits();
    EXPECT_EQ(OP(axiom, OP_REVOKE, in(GS_CNODE, ep), 0), ERR_PARTIAL);
    EXPECT_EQ(last_event()->result, ERR_PARTIAL);
    EXPECT_EQ(commits(), before + 16);
    for (uint64_t i = before; i < commits(); i++) {
        EXPECT_EQ(commit_at(i)->op, COMMIT_DELETE);
        EXPECT_EQ(commit_at(i)->arg0, ptr_to_phys(ax_slot(ep)));
    }
    uint32_t calls = 1;
    while (OP(axiom, OP_REVOKE, in(GS_CNODE, ep), 0) == ERR_PARTIAL) {
        calls++;
    }
    EXPECT_EQ(calls, 3);
    EXPECT_EQ(ax_slot(ep)->flags & SLOT_FROZEN, 0);
}

TEST(REVOKE0005, "revoking a process's memory ends all of it: threads, queues, mappings")
{
    struct pair p = pair_make();
    uint64_t ut = memory_untyped(18), t, ep;
    struct proc q = {.priority = 9};
    q.tcb = t = make_from(ut, CAP_THREAD, 0);
    q.thread = object_at(t);
    q.cnode = make_from(ut, CAP_CNODE, 10);
    q.aspace = make_from(ut, CAP_ASPACE, 0);
    q.sched = make_from(ut, CAP_SCHED, 0);
    ep = make_from(ut, CAP_ENDPOINT, 0);
    OKAY(OP(axiom, OP_COPY, in(t, TS_CSPACE), q.cnode, RIGHTS_ALL));
    OKAY(OP(axiom, OP_COPY, in(t, TS_ASPACE), q.aspace, RIGHTS_ALL));
    OKAY(OP(axiom, OP_COPY, in(t, TS_SCHED), q.sched, RIGHTS_ALL));
    OKAY(OP(axiom, OP_SCHED_CONFIG, q.sched, TEST_BUDGET, TEST_BUDGET));
    OKAY(OP(axiom, OP_THREAD_START, t, 0x1000, 0, 0, 0));
    give(&q, 8, ep, RIGHT_READ, 0);
    give(&p.client, S_FREE, ep, RIGHT_WRITE, 1);
    EXPECT_EQ(sys_send(p.c, S_FREE, 0), BLOCKED);
    EXPECT_EQ(sys_recv(q.thread, 8, 0), OK);
    EXPECT_EQ(sys_recv(q.thread, 8, 0), BLOCKED);
    OKAY(op_all(axiom, OP_REVOKE, in(GS_CNODE, ut)));
    EXPECT_EQ(ax_slot(ut)->badge, 0);
    EXPECT_EQ(slot_at(p.client.cspace, S_FREE)->type, CAP_REVOKED);
}

TEST(REVOKE0006, "no error of revoke changes anything; a childless revoke only has its record")
{
    uint64_t ep = make(CAP_ENDPOINT, 0);
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_REVOKE, ep, 0));
    REFUSED(ERR_CAP_EMPTY, OP(axiom, OP_REVOKE, in(GS_CNODE, 999), 0));
    REFUSED(ERR_CAP_EMPTY, OP(axiom, OP_REVOKE, in(GS_CNODE, 4096), 0));
    REFUSED(ERR_CAP_EMPTY, OP(axiom, OP_REVOKE, in(GS_CNODE, 0), 0));
    uint64_t before = commits();
    OKAY(OP(axiom, OP_REVOKE, in(GS_CNODE, ep), 0));
    EXPECT_EQ(commits(), before + 1);
}

TEST(REVOKE0007, "a table that still has entries stops a revoke; once they are gone it goes on")
{
    uint64_t ut = memory_untyped(16), space = make(CAP_ASPACE, 0), frame = make(CAP_FRAME, 12);
    uint64_t tables = slot_new(3);
    OKAY(OP(axiom, OP_RETYPE, ut, CAP_PTABLE, 0, 3, tables));
    for (uint64_t i = 0; i < 3; i++) {
        OKAY(OP(axiom, OP_MAP, tables + i, space, 0x400000));
    }
    OKAY(OP(axiom, OP_MAP, frame, space, 0x400000, RIGHT_READ));
    EXPECT_EQ(OP(axiom, OP_REVOKE, in(GS_CNODE, ut), 0), ERR_BUSY);
    OKAY(OP(axiom, OP_UNMAP, frame, 0));
    OKAY(op_all(axiom, OP_REVOKE, in(GS_CNODE, ut)));
    EXPECT_EQ(ax_slot(ut)->badge, 0);
}

TEST(DROP0001, "a process drops its use capabilities, never authority")
{
    struct pair p = pair_make();
    give(&p.client, S_FREE, p.client.tcb, RIGHTS_ALL, 0);
    give(&p.client, S_FREE + 1, p.client.cnode, RIGHTS_ALL, 0);
    give(&p.client, S_FREE + 2, make(CAP_FRAME, PAGE_BITS), RIGHT_READ, 0);
    REFUSED(ERR_CAP_TYPE, sys_drop(p.c, S_FREE));
    REFUSED(ERR_CAP_TYPE, sys_drop(p.c, S_FREE + 1));
    REFUSED(ERR_CAP_EMPTY, sys_drop(p.c, S_FREE + 9));
    REFUSED(ERR_CAP_EMPTY, sys_drop(p.c, 0));
    REFUSED(ERR_CAP_EMPTY, sys_drop(p.c, in(S_FREE + 1, S_CAP)));
    OKAY(sys_drop(p.c, S_FREE + 2));
    EXPECT_EQ(last_commit()->op, COMMIT_DROP);
    EXPECT_EQ(last_commit()->type, CAP_FRAME);
    OKAY(sys_drop(p.c, S_CAP));
    OKAY(sys_drop(p.c, S_REPLY));
    EXPECT_EQ(last_commit()->op, COMMIT_DESTROY);
    EXPECT_EQ(commit_at(commits() - 2)->op, COMMIT_DROP);
}

TEST(DROP0002, "a drop that has many to tell goes on by itself")
{
    enum { WAITERS = 20 };
    struct pair p = pair_make();
    uint64_t ep = make(CAP_ENDPOINT, 0);
    struct proc w[WAITERS];
    OKAY(OP(axiom, OP_MOVE, in(p.client.cnode, S_FREE), ep));
    for (uint32_t i = 0; i < WAITERS; i++) {
        w[i] = make_proc(3);
        share_cspace(&w[i], &p.client);
        EXPECT_EQ(sys_recv(w[i].thread, S_FREE, 0), BLOCKED);
    }
    run_as(p.c);
    p.c->regs.rip = 0x1000;
    EXPECT_EQ(sys_drop(p.c, S_FREE), SYS_DROP);
    EXPECT_EQ(p.c->regs.rip, 0x1000 - SYSCALL_BYTES);
    EXPECT_EQ(step_syscall(p.c), OK);
    EXPECT_EQ(p.c->regs.rip, 0x1000 - SYSCALL_BYTES);
}
