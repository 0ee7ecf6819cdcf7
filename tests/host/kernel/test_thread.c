/* test_thread.c - operations on threads, what configures them, and their faults. */
#include "pair.h"
#include "unit.h"

TEST(THREAD0001, "a started thread begins with the registers it was given, and zeros")
{
    struct proc p = make_proc(10);
    EXPECT_EQ(p.thread->state, T_READY);
    OKAY(OP(axiom, OP_THREAD_STOP, p.tcb, 0));
    EXPECT_EQ(p.thread->state, T_INACTIVE);
    OKAY(OP(axiom, OP_THREAD_START, p.tcb, 0x1000, 0x2000, 3, 0x4000));
    EXPECT_EQ(p.thread->regs.rip, 0x1000);
    EXPECT_EQ(p.thread->regs.rsp, 0x2000);
    EXPECT_EQ(p.thread->regs.rdi, 3);
    EXPECT_EQ(p.thread->regs.fs_base, 0x4000);
    EXPECT_EQ(p.thread->regs.rflags, RFLAGS_USER);
    EXPECT_EQ(p.thread->regs.rax, 0);
}

TEST(THREAD0002, "no error of the thread operations changes anything")
{
    struct proc p = make_proc(10);
    REFUSED(ERR_BUSY, OP(axiom, OP_THREAD_START, p.tcb, 0x1000, 0, 0, 0));
    REFUSED(ERR_BUSY, OP(axiom, OP_THREAD_START, GS_THREAD, 0x1000, 0, 0, 0));
    OKAY(OP(axiom, OP_THREAD_STOP, p.tcb, 0));
    REFUSED(ERR_RANGE, OP(axiom, OP_THREAD_START, p.tcb, 0xfff, 0, 0, 0));
    REFUSED(ERR_RANGE, OP(axiom, OP_THREAD_START, p.tcb, USER_MAX, 0, 0, 0));
    REFUSED(ERR_RANGE, OP(axiom, OP_THREAD_START, p.tcb, 0xffff800000000000ull, 0, 0, 0));
    REFUSED(ERR_RANGE, OP(axiom, OP_THREAD_START, p.tcb, 0x1000, USER_MAX, 0, 0));
    REFUSED(ERR_RANGE, OP(axiom, OP_THREAD_START, p.tcb, 0x1000, 0, 0, 1ull << 63));
    REFUSED(ERR_RANGE, OP(axiom, OP_THREAD_CONFIG, p.tcb, 256, 0));
    REFUSED(ERR_RANGE, OP(axiom, OP_THREAD_CONFIG, p.tcb, 1, THREAD_DRAIN));
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_THREAD_STOP, p.cnode, 0));
    uint64_t weak = slot_new(1);
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, weak), p.tcb, RIGHT_READ));
    REFUSED(ERR_RIGHTS, OP(axiom, OP_THREAD_START, weak, 0x1000, 0, 0, 0));
    REFUSED(ERR_RIGHTS, OP(axiom, OP_THREAD_CONFIG, weak, 1, 0));
    REFUSED(ERR_RIGHTS, OP(axiom, OP_THREAD_STOP, weak, 0));
    OKAY(OP(axiom, OP_DELETE, in(p.tcb, TS_ASPACE), 0));
    REFUSED(ERR_BUSY, OP(axiom, OP_THREAD_START, p.tcb, 0x1000, 0, 0, 0));
}

TEST(THREAD0003, "priority and flags are authority: they have a record")
{
    struct proc p = make_proc(10);
    OKAY(OP(axiom, OP_THREAD_CONFIG, p.tcb, 99, THREAD_FPU));
    EXPECT_EQ(p.thread->priority, 99);
    EXPECT_EQ(p.thread->flags, THREAD_FPU);
    EXPECT_EQ(last_commit()->op, COMMIT_CONFIGURE);
    EXPECT_EQ(last_commit()->obj, ax_slot(p.tcb)->obj);
    EXPECT_EQ(last_commit()->arg0, 99);
    EXPECT_EQ(last_commit()->arg1, THREAD_FPU);
    OKAY(OP(axiom, OP_THREAD_CONFIG, GS_THREAD, 254, 0));
    EXPECT_EQ(axiom->flags, THREAD_DRAIN); /* it stays */
}

TEST(THREAD0004, "a thread may stop itself; another starts it again")
{
    struct pair p = pair_make();
    give(&p.client, S_FREE, p.client.tcb, RIGHTS_ALL, 0);
    EXPECT_EQ(OP(p.c, OP_THREAD_STOP, S_FREE, 0), BLOCKED);
    EXPECT_EQ(p.c->state, T_INACTIVE);
    EXPECT_EQ(last_event()->result, EVENT_BLOCKED);
    OKAY(OP(axiom, OP_THREAD_START, p.client.tcb, 0x1000, 0, 0, 0));
    EXPECT_EQ(p.c->state, T_READY);
}

TEST(THREAD0005, "stop ends every kind of waiting")
{
    struct pair p = pair_make();
    pair_call(&p);
    OKAY(OP(axiom, OP_THREAD_STOP, p.client.tcb, 0));
    EXPECT_EQ(p.c->state, T_INACTIVE);
    EXPECT_EQ(sys_send(p.o, S_EP, 0), BLOCKED);
    OKAY(OP(axiom, OP_THREAD_STOP, p.other.tcb, 0));
    EXPECT_EQ(p.o->state, T_INACTIVE);
    pair_serve(&p, 0);
    OKAY(OP(axiom, OP_THREAD_STOP, p.server.tcb, 0));
    EXPECT_EQ(((const struct reply *)cap_object(slot_at(p.server.cspace, S_REPLY)))->state,
              REPLY_FREE);
    OKAY(OP(axiom, OP_THREAD_START, p.server.tcb, 0x1000, 0, 0, 0));
    EXPECT_EQ(sys(p.s, SYS_WAIT, S_NTFN, 0, 0), BLOCKED);
    OKAY(OP(axiom, OP_THREAD_STOP, p.server.tcb, 0));
    EXPECT_EQ(p.s->state, T_INACTIVE);
}

TEST(THREAD0006, "deleting the last capability to a thread ends it")
{
    struct pair p = pair_make();
    pair_call(&p);
    uint64_t gone = fake.threads_gone;
    OKAY(op_all(axiom, OP_DELETE, in(GS_CNODE, p.client.tcb)));
    EXPECT_EQ(fake.threads_gone, gone + 1);
    EXPECT_EQ(last_commit()->op, COMMIT_DESTROY);
    EXPECT_EQ(last_commit()->type, CAP_THREAD);
    REFUSED(ERR_BUSY, sys_reply(p.s, S_REPLY, 0));
    EXPECT(((const struct sched *)object_at(p.client.sched))->user == NULL);
}

TEST(THREAD0007, "thread ids are never used twice")
{
    uint64_t ut = memory_untyped(12);
    uint64_t a = make_from(ut, CAP_THREAD, 0);
    uint32_t id = ((const struct thread *)object_at(a))->id;
    EXPECT_EQ(last_commit()->arg1, id);
    OKAY(op_all(axiom, OP_DELETE, in(GS_CNODE, a)));
    uint64_t b = make_from(ut, CAP_THREAD, 0);
    EXPECT_EQ(ax_slot(b)->obj, ax_slot(ut)->obj);
    EXPECT_EQ(((const struct thread *)object_at(b))->id, id + 1);
}

TEST(CONFIG0001, "each slot of a thread takes its own kind of capability")
{
    struct proc p = make_proc(10);
    uint64_t ep = make(CAP_ENDPOINT, 0), ntfn = make(CAP_NOTIFICATION, 0), t = p.tcb;
    uint64_t large = make(CAP_FRAME, LARGE_PAGE_BITS);
    for (uint32_t i = 1; i < TS_COUNT; i++) {
        if (i != TS_FAULT && i != TS_NOTIFY) OKAY(OP(axiom, OP_DELETE, in(t, i), 0));
    }
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_COPY, in(t, TS_CSPACE), ep, RIGHTS_ALL));
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_COPY, in(t, TS_ASPACE), ep, RIGHTS_ALL));
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_COPY, in(t, TS_BUFFER), ep, RIGHTS_ALL));
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_COPY, in(t, TS_FAULT), ntfn, RIGHTS_ALL));
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_COPY, in(t, TS_SCHED), ep, RIGHTS_ALL));
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_COPY, in(t, TS_NOTIFY), ep, RIGHTS_ALL));
    REFUSED(ERR_RIGHTS, OP(axiom, OP_COPY, in(t, TS_BUFFER), p.buffer, RIGHT_READ));
    REFUSED(ERR_RIGHTS, OP(axiom, OP_COPY, in(t, TS_FAULT), ep, RIGHT_READ));
    REFUSED(ERR_RIGHTS, OP(axiom, OP_COPY, in(t, TS_NOTIFY), ntfn, RIGHT_WRITE));
    REFUSED(ERR_RANGE, OP(axiom, OP_COPY, in(t, TS_BUFFER), large, RIGHTS_ALL));
    REFUSED(ERR_RANGE, OP(axiom, OP_COPY, in(t, TS_COUNT), ep, RIGHTS_ALL));
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_RETYPE, GS_UNTYPED, CAP_ENDPOINT, 0, 1, in(t, TS_FAULT)));
    OKAY(OP(axiom, OP_MINT, in(t, TS_FAULT), ep, RIGHT_WRITE | RIGHT_GRANT, 12, 0));
    OKAY(OP(axiom, OP_COPY, in(t, TS_NOTIFY), ntfn, RIGHT_READ));
}

TEST(CONFIG0002, "a context serves one thread; without it the thread does not run")
{
    struct proc p = make_proc(10), q = make_proc(10);
    OKAY(OP(axiom, OP_DELETE, in(q.tcb, TS_SCHED), 0));
    REFUSED(ERR_BUSY, OP(axiom, OP_COPY, in(q.tcb, TS_SCHED), p.sched, RIGHTS_ALL));
    OKAY(OP(axiom, OP_THREAD_STOP, GS_THREAD, 0) == BLOCKED ? OK : ERR_BUSY);
    step_tick(now + 10);
    EXPECT(cpu()->current == p.thread);
    EXPECT_EQ(q.thread->state, T_READY); /* found out when its turn comes */
}

TEST(CONFIG0003, "a thread that loses its address space stops")
{
    struct pair p = pair_make();
    pair_serve(&p, 0);
    OKAY(OP(axiom, OP_DELETE, in(p.server.tcb, TS_ASPACE), 0));
    EXPECT_EQ(p.s->state, T_INACTIVE);
}

static struct pair fault_pair(void)
{
    struct pair p = pair_make();
    OKAY(OP(axiom, OP_MINT, in(p.client.tcb, TS_FAULT), p.ep, RIGHT_WRITE | RIGHT_GRANT, 66, 0));
    return p;
}

TEST(FAULT0001, "a fault is a message; any answer lets the thread run again as it was")
{
    struct pair p = fault_pair();
    pair_serve(&p, 0);
    run_as(p.c);
    p.c->regs.rip = 0x1234;
    p.c->regs.rsp = 0x5678;
    p.c->regs.rbp = 0x9abc;
    p.c->regs.rax = 17;
    step_fault(p.c, FAULT_MEMORY, 0xdead000);
    EXPECT_EQ(p.c->state, T_AWAIT_REPLY);
    EXPECT_EQ(p.s->regs.rdi, 66);
    EXPECT_EQ(p.s->regs.rsi, msg_info(FAULT_MEMORY, 8, 0, 0) | MSG_FAULT | MSG_CALL);
    const uint64_t words[8] = {14, 6, 0xdead000, 0x1234, 0x5678, RFLAGS_USER, 0x9abc, p.c->id};
    for (uint32_t i = 0; i < 8; i++) {
        EXPECT_EQ(p.s->regs.w[i], words[i]);
    }
    EXPECT_EQ(last_event()->kind, EVENT_FAULT);
    EXPECT_EQ(last_event()->thread, p.c->id);
    EXPECT_EQ(last_event()->arg, 0xdead000);
    EXPECT(p.c->borrower == NULL); /* a fault lends no time */
    OKAY(sys_reply(p.s, S_REPLY, msg_info(9, 8, 0, 0)));
    EXPECT_EQ(p.c->state, T_READY);
    EXPECT_EQ(p.c->regs.rip, 0x1234);
    EXPECT_EQ(p.c->regs.rax, 17);
}

TEST(FAULT0002, "a system call number that is none of ours is a fault that names it")
{
    struct pair p = fault_pair();
    pair_serve(&p, 0);
    EXPECT_EQ(sys(p.c, 60, 1, 2, 3), BLOCKED);
    EXPECT_EQ(p.s->regs.rsi, msg_info(FAULT_SYSCALL, 8, 0, 0) | MSG_FAULT | MSG_CALL);
    EXPECT_EQ(p.s->regs.w[0], 60);
    OKAY(sys_reply(p.s, S_REPLY, 0));
    EXPECT_EQ(p.c->regs.rax, 60);
}

TEST(FAULT0003, "a fault waits for its handler, like a sender")
{
    struct pair p = fault_pair();
    step_fault(p.c, FAULT_EXCEPTION, 0);
    EXPECT_EQ(p.c->state, T_SENDING);
    OKAY(sys_recv(p.s, S_EP, S_REPLY));
    EXPECT_EQ(p.s->regs.rdi, 66);
    EXPECT_EQ(p.c->state, T_AWAIT_REPLY);
}

TEST(FAULT0004, "a fault that nobody can answer stops the thread")
{
    struct pair p = fault_pair();
    step_fault(p.o, FAULT_MEMORY, 1); /* no handler */
    EXPECT_EQ(p.o->state, T_INACTIVE);
    EXPECT_EQ(sys_recv(p.s, S_EP, 0), BLOCKED); /* a handler without a Reply */
    step_fault(p.c, FAULT_MEMORY, 1);
    EXPECT_EQ(p.c->state, T_INACTIVE);
    EXPECT_EQ(p.s->state, T_RECEIVING);
}

TEST(FAULT0005, "when the handler dies with a fault in hand, the thread stops")
{
    struct pair p = fault_pair();
    pair_serve(&p, 0);
    step_fault(p.c, FAULT_MEMORY, 1);
    OKAY(sys_drop(p.s, S_REPLY));
    EXPECT_EQ(p.c->state, T_INACTIVE);
    step_fault(p.o, FAULT_MEMORY, 1);
}

TEST(FAULT0006,
     "a queued fault ends with its endpoint, its handler's name, or by a receiver without Reply")
{
    struct pair p = fault_pair();
    step_fault(p.c, FAULT_MEMORY, 1);
    OKAY(OP(axiom, OP_DELETE, in(p.client.tcb, TS_FAULT), 0));
    EXPECT_EQ(p.c->state, T_INACTIVE);
    OKAY(OP(axiom, OP_THREAD_START, p.client.tcb, 0x1000, 0, 0, 0));
    OKAY(OP(axiom, OP_COPY, in(p.client.tcb, TS_FAULT), p.ep, RIGHTS_ALL));
    step_fault(p.c, FAULT_MEMORY, 1);
    EXPECT_EQ(sys_recv(p.s, S_EP, 0), BLOCKED);
    EXPECT_EQ(p.c->state, T_INACTIVE);
}

TEST(FAULT0007, "axiom's own fault ends the machine")
{
    run_as(axiom);
    CATCH_PANIC(core_fault(FAULT_MEMORY, 14, 0, 0, now + 10));
    EXPECT(fake.panic != NULL);
    CATCH_PANIC((axiom->regs.rax = 1, fake_syscall(now + 20)));
    EXPECT(fake.panic != NULL);
}
