/* test_ipc.c - send, call, receive, reply: words, states and every error. */
#include "pair.h"
#include "unit.h"

TEST(SEND0001, "a send to a waiting receiver delivers words, badge and label at once")
{
    struct pair p = pair_make();
    pair_serve(&p, 0);
    for (uint32_t i = 0; i < 8; i++) {
        p.c->regs.w[i] = 100 + i;
    }
    OKAY(sys_send(p.c, S_EP, msg_info(55, 8, 0, 0)));
    EXPECT_EQ(p.s->state, T_READY);
    EXPECT_EQ(result_of(p.s), OK);
    EXPECT_EQ(p.s->regs.rdi, BADGE_CLIENT);
    EXPECT_EQ(p.s->regs.rsi, msg_info(55, 8, 0, 0));
    for (uint32_t i = 0; i < 8; i++) {
        EXPECT_EQ(p.s->regs.w[i], 100 + i);
    }
}

TEST(SEND0002, "senders wait in order; a receiver takes one and lets it go on")
{
    struct pair p = pair_make();
    p.c->regs.w[0] = 1;
    EXPECT_EQ(sys_send(p.c, S_EP, msg_info(1, 1, 0, 0)), BLOCKED);
    p.o->regs.w[0] = 2;
    EXPECT_EQ(sys_send(p.o, S_EP, msg_info(2, 1, 0, 0)), BLOCKED);
    EXPECT_EQ(last_event()->result, EVENT_BLOCKED);
    OKAY(sys_recv(p.s, S_EP, 0));
    EXPECT_EQ(p.s->regs.w[0], 1);
    EXPECT_EQ(p.s->regs.rdi, BADGE_CLIENT);
    EXPECT_EQ(p.c->state, T_READY);
    EXPECT_EQ(result_of(p.c), OK);
    EXPECT_EQ(p.o->state, T_SENDING);
    OKAY(sys_recv(p.s, S_EP, 0));
    EXPECT_EQ(p.s->regs.rdi, BADGE_OTHER);
}

TEST(SEND0003, "no words beyond the message's length arrive")
{
    struct pair p = pair_make();
    pair_serve(&p, 0);
    for (uint32_t i = 0; i < 8; i++) {
        p.c->regs.w[i] = ~0ull;
        p.s->regs.w[i] = 5;
    }
    OKAY(sys_send(p.c, S_EP, msg_info(0, 2, 0, 0)));
    EXPECT_EQ(p.s->regs.w[1], ~0ull);
    for (uint32_t i = 2; i < 8; i++) {
        EXPECT_EQ(p.s->regs.w[i], 0);
    }
}

TEST(SEND0004, "words beyond the eighth travel in the buffer pages")
{
    struct pair p = pair_make();
    pair_serve(&p, 0);
    for (uint32_t i = 0; i < MSG_WORDS_MAX - MSG_REGISTERS; i++) {
        thread_buffer(p.c)->words[i] = 1000 + i;
        thread_buffer(p.s)->words[i] = 7;
    }
    OKAY(sys_send(p.c, S_EP, msg_info(0, 20, 0, 0)));
    EXPECT_EQ(thread_buffer(p.s)->words[11], 1011);
    EXPECT_EQ(thread_buffer(p.s)->words[12], 7);
    pair_serve(&p, 0);
    OKAY(sys_send(p.c, S_EP, msg_info(0, MSG_WORDS_MAX, 0, 0)));
    EXPECT_EQ(thread_buffer(p.s)->words[503], 1503);
}

TEST(SEND0005, "no error of send changes anything")
{
    struct pair p = pair_make();
    give(&p.client, S_FREE, p.ep, RIGHT_READ, 1);
    give(&p.client, S_FREE + 1, p.ep, RIGHT_WRITE, 1);
    REFUSED(ERR_CAP_EMPTY, sys_send(p.c, S_FREE + 9, 0));
    REFUSED(ERR_CAP_EMPTY, sys_send(p.c, 0, 0));
    REFUSED(ERR_CAP_EMPTY, sys_send(p.c, PROC_SLOTS, 0));
    REFUSED(ERR_CAP_EMPTY, sys_send(p.c, in(1, S_EP), 0));
    REFUSED(ERR_CAP_TYPE, sys_send(p.c, S_REPLY, 0));
    REFUSED(ERR_RIGHTS, sys_send(p.c, S_FREE, 0));
    REFUSED(ERR_RIGHTS, sys_send(p.c, S_FREE + 1, msg_info(0, 0, 1, 0)));
    REFUSED(ERR_MESSAGE, sys_send(p.c, S_EP, msg_info(0, MSG_WORDS_MAX + 1, 0, 0)));
    REFUSED(ERR_MESSAGE, sys_send(p.c, S_EP, msg_info(0, 0, MSG_CAPS_MAX + 1, 0)));
    REFUSED(ERR_WOULD_BLOCK, sys(p.c, SYS_NB_SEND, S_EP, 0, 0));
    REFUSED(ERR_SYSCALL, sys(p.c, SYS_END, S_EP, 0, 0));
    REFUSED(ERR_SYSCALL, sys(p.c, ~0ull, S_EP, 0, 0));
}

TEST(SEND0006, "without a buffer page there are no long words and no capabilities")
{
    struct pair p = pair_make();
    OKAY(OP(axiom, OP_DELETE, in(p.client.tcb, TS_BUFFER), 0));
    pair_serve(&p, 1);
    REFUSED(ERR_MESSAGE, sys_send(p.c, S_EP, msg_info(0, 9, 0, 0)));
    REFUSED(ERR_MESSAGE, sys_send(p.c, S_EP, msg_info(0, 0, 1, 0)));
    REFUSED(ERR_MESSAGE, sys_call(p.c, S_EP, msg_info(0, 0, 0, 1)));
    OKAY(sys_send(p.c, S_EP, msg_info(0, 8, 0, 0)));
}

TEST(SEND0007, "a receiver without a buffer page: the sender fails, the receiver goes on waiting")
{
    struct pair p = pair_make();
    OKAY(OP(axiom, OP_DELETE, in(p.server.tcb, TS_BUFFER), 0));
    pair_serve(&p, 0);
    REFUSED(ERR_MESSAGE, sys_send(p.c, S_EP, msg_info(0, 9, 0, 0)));
    REFUSED(ERR_MESSAGE, sys_send(p.c, S_EP, msg_info(0, 0, 1, 0)));
    EXPECT_EQ(p.s->state, T_RECEIVING);
    REFUSED(ERR_MESSAGE, sys(p.o, SYS_CALL, S_EP, msg_info(0, 9, 0, 0), 0));
    OKAY(sys_send(p.c, S_EP, msg_info(0, 8, 0, 0)));
    REFUSED(ERR_MESSAGE, sys(p.s, SYS_RECV, S_EP, msg_info(0, 0, 0, 1), receive_slots(0, S_FREE)));
}

TEST(SEND0008, "a queued sender whose buffer page went fails when its turn comes")
{
    struct pair p = pair_make();
    EXPECT_EQ(sys_send(p.c, S_EP, msg_info(0, 9, 0, 0)), BLOCKED);
    EXPECT_EQ(sys_send(p.o, S_EP, msg_info(0, 1, 0, 0)), BLOCKED);
    OKAY(OP(axiom, OP_DELETE, in(p.client.tcb, TS_BUFFER), 0));
    OKAY(sys_recv(p.s, S_EP, 0));
    EXPECT_EQ(p.s->regs.rdi, BADGE_OTHER);
    EXPECT_EQ(result_of(p.c), ERR_MESSAGE);
    EXPECT_EQ(p.c->state, T_READY);
}

TEST(SEND0009, "non-blocking send reaches a receiver that waits")
{
    struct pair p = pair_make();
    pair_serve(&p, 0);
    OKAY(sys(p.c, SYS_NB_SEND, S_EP, msg_info(4, 0, 0, 0), 0));
    EXPECT_EQ(p.s->regs.rsi, msg_info(4, 0, 0, 0));
}

TEST(SEND0010, "a thread without a CNode has no names")
{
    struct pair p = pair_make();
    OKAY(OP(axiom, OP_DELETE, in(p.client.tcb, TS_CSPACE), 0));
    REFUSED(ERR_CAP_EMPTY, sys_send(p.c, S_EP, 0));
    REFUSED(ERR_CAP_EMPTY, sys_drop(p.c, S_EP));
    REFUSED(ERR_CAP_EMPTY, sys_reply(p.c, S_REPLY, 0));
    REFUSED(ERR_CAP_EMPTY, OP(p.c, OP_CREDIT, S_EP, 0));
    REFUSED(ERR_CAP_EMPTY, OP(p.c, OP_COPY, in(S_EP, 1), S_EP, 7));
}

TEST(CALL0001, "a caller waits for the answer, which reaches it by the Reply, once")
{
    struct pair p = pair_make();
    p.c->regs.w[0] = 42;
    pair_call(&p);
    EXPECT_EQ(p.s->regs.rsi, msg_info(3, 2, 0, 0) | MSG_CALL);
    EXPECT_EQ(p.s->regs.w[0], 42);
    p.s->regs.w[0] = 43;
    OKAY(sys_reply(p.s, S_REPLY, msg_info(9, 1, 0, 0)));
    EXPECT_EQ(p.c->state, T_READY);
    EXPECT_EQ(result_of(p.c), OK);
    EXPECT_EQ(p.c->regs.rsi, msg_info(9, 1, 0, 0));
    EXPECT_EQ(p.c->regs.rdi, 0);
    EXPECT_EQ(p.c->regs.w[0], 43);
    REFUSED(ERR_BUSY, sys_reply(p.s, S_REPLY, msg_info(9, 1, 0, 0)));
}

TEST(CALL0002, "a call to a receiver that named no Reply fails at the caller")
{
    struct pair p = pair_make();
    EXPECT_EQ(sys_recv(p.s, S_EP, 0), BLOCKED);
    REFUSED(ERR_BUSY, sys_call(p.c, S_EP, 0));
    EXPECT_EQ(p.s->state, T_RECEIVING);
    OKAY(sys_send(p.c, S_EP, 0));
    EXPECT_EQ(sys_call(p.c, S_EP, 0), BLOCKED);
    EXPECT_EQ(sys_recv(p.s, S_EP, 0), BLOCKED); /* it waits on: the call failed */
    EXPECT_EQ(result_of(p.c), ERR_BUSY);
}

TEST(CALL0003, "receive slots of a call are checked before it leaves")
{
    struct pair p = pair_make();
    pair_serve(&p, 0);
    REFUSED(ERR_MESSAGE, sys_call(p.c, S_EP, msg_info(0, 0, 0, MSG_CAPS_MAX + 1)));
    REFUSED(ERR_SLOT_USED, sys(p.c, SYS_CALL, S_EP, msg_info(0, 0, 0, 1), receive_slots(0, S_EP)));
    REFUSED(ERR_RANGE, sys(p.c, SYS_CALL, S_EP, msg_info(0, 0, 0, 2), receive_slots(0, 63)));
    REFUSED(ERR_RANGE, sys(p.c, SYS_CALL, S_EP, msg_info(0, 0, 0, 1), receive_slots(0, 0)));
    REFUSED(ERR_RANGE,
            sys(p.c, SYS_CALL, S_EP, msg_info(0, 0, 0, 1), receive_slots(0, 0xffffffff)));
    EXPECT_EQ(sys(p.c, SYS_CALL, S_EP, msg_info(0, 0, 0, 4), receive_slots(0, S_FREE)), BLOCKED);
}

TEST(CALL0004, "a server with two Replies holds two calls and answers in any order")
{
    struct pair p = pair_make();
    pair_call(&p);
    EXPECT_EQ(sys_call(p.o, S_EP, msg_info(4, 0, 0, 0)), BLOCKED);
    OKAY(sys_recv(p.s, S_EP, S_REPLY2));
    EXPECT_EQ(p.s->regs.rdi, BADGE_OTHER);
    OKAY(sys_reply(p.s, S_REPLY2, 0));
    EXPECT_EQ(p.o->state, T_READY);
    EXPECT_EQ(p.c->state, T_AWAIT_REPLY);
    OKAY(sys_reply(p.s, S_REPLY, 0));
    EXPECT_EQ(p.c->state, T_READY);
}

TEST(RECV0001, "no error of receive changes anything")
{
    struct pair p = pair_make();
    REFUSED(ERR_CAP_EMPTY, sys_recv(p.s, S_FREE, S_REPLY));
    REFUSED(ERR_CAP_TYPE, sys_recv(p.s, S_REPLY, S_REPLY));
    REFUSED(ERR_RIGHTS, sys_recv(p.c, S_EP, S_REPLY));
    REFUSED(ERR_CAP_EMPTY, sys_recv(p.s, S_EP, S_FREE));
    REFUSED(ERR_CAP_TYPE, sys_recv(p.s, S_EP, S_EP));
    REFUSED(ERR_MESSAGE, sys(p.s, SYS_RECV, S_EP, msg_info(0, 0, 0, 5), receive_slots(0, S_FREE)));
    REFUSED(ERR_SLOT_USED, sys(p.s, SYS_RECV, S_EP, msg_info(0, 0, 0, 1), receive_slots(0, S_EP)));
    REFUSED(ERR_RANGE, sys(p.s, SYS_RECV, S_EP, msg_info(0, 0, 0, 1), receive_slots(0, 64)));
    REFUSED(ERR_WOULD_BLOCK, sys(p.s, SYS_NB_RECV, S_EP, 0, S_REPLY));
    pair_call(&p);
    REFUSED(ERR_BUSY, sys_recv(p.s, S_EP, S_REPLY));
}

TEST(RECV0002, "a Reply named by one receiver is busy for another")
{
    struct pair p = pair_make();
    struct proc second = make_proc(25);
    OKAY(OP(axiom, OP_DELETE, in(second.tcb, TS_CSPACE), 0));
    OKAY(OP(axiom, OP_COPY, in(second.tcb, TS_CSPACE), p.server.cnode, RIGHTS_ALL));
    pair_serve(&p, 0);
    REFUSED(ERR_BUSY, sys_recv(second.thread, S_EP, S_REPLY));
    REFUSED(ERR_BUSY, sys_reply(second.thread, S_REPLY, 0));
    REFUSED(ERR_BUSY, sys_reply_recv(second.thread, S_EP, S_REPLY, 0));
    EXPECT_EQ(sys_recv(second.thread, S_EP, S_REPLY2), BLOCKED);
    EXPECT_EQ(sys_call(p.c, S_EP, 0), BLOCKED); /* receivers stand in order too */
    EXPECT_EQ(p.s->state, T_READY);
    EXPECT_EQ(second.thread->state, T_RECEIVING);
}

TEST(RECV0003,
     "senders that fail do not use up a receive; after many it answers PARTIAL and runs again")
{
    enum { SENDERS = 20 };
    struct pair p = pair_make();
    struct proc senders[SENDERS];
    for (uint32_t i = 0; i < SENDERS; i++) {
        senders[i] = make_proc(5);
        give(&senders[i], S_EP, p.ep, RIGHT_WRITE, 0);
        EXPECT_EQ(sys_call(senders[i].thread, S_EP, 0), BLOCKED);
    }
    run_as(p.s);
    p.s->regs.rip = 0x1000;
    OKAY(sys_recv(p.s, S_EP, 0) == SYS_RECV ? OK : ERR_BUSY); /* the number stands in rax again */
    EXPECT_EQ(p.s->regs.rip, 0x1000 - SYSCALL_BYTES);
    EXPECT_EQ(last_event()->result, ERR_PARTIAL);
    EXPECT_EQ(senders[7].thread->state, T_READY);
    EXPECT_EQ(result_of(senders[7].thread), ERR_BUSY);
    EXPECT_EQ(senders[8].thread->state, T_SENDING);
    EXPECT_EQ(step_syscall(p.s), SYS_RECV);
    p.s->regs.rax = SYS_RECV;
    EXPECT_EQ(step_syscall(p.s), BLOCKED);
    EXPECT_EQ(result_of(senders[19].thread), ERR_BUSY);
}

TEST(REPLY0001, "no error of reply changes anything")
{
    struct pair p = pair_make();
    pair_call(&p);
    REFUSED(ERR_CAP_EMPTY, sys_reply(p.s, 0, 0));
    REFUSED(ERR_CAP_EMPTY, sys_reply(p.s, S_FREE, 0));
    REFUSED(ERR_CAP_TYPE, sys_reply(p.s, S_EP, 0));
    REFUSED(ERR_BUSY, sys_reply(p.s, S_REPLY2, 0));
    REFUSED(ERR_MESSAGE, sys_reply(p.s, S_REPLY, msg_info(0, MSG_WORDS_MAX + 1, 0, 0)));
    REFUSED(ERR_MESSAGE, sys_reply(p.s, S_REPLY, msg_info(0, 0, MSG_CAPS_MAX + 1, 0)));
    EXPECT_EQ(p.c->state, T_AWAIT_REPLY);
    OKAY(OP(axiom, OP_DELETE, in(p.server.tcb, TS_BUFFER), 0));
    REFUSED(ERR_MESSAGE, sys_reply(p.s, S_REPLY, msg_info(0, 9, 0, 0)));
}

TEST(REPLY0002, "reply and receive: the answer leaves only when the receive can follow")
{
    struct pair p = pair_make();
    pair_call(&p);
    REFUSED(ERR_CAP_TYPE, sys_reply_recv(p.s, S_REPLY, S_REPLY, 0));
    REFUSED(ERR_SLOT_USED,
            sys(p.s, SYS_REPLY_RECV, S_EP, msg_info(0, 0, 0, 1), receive_slots(S_REPLY, S_EP)));
    REFUSED(ERR_MESSAGE, sys_reply_recv(p.s, S_EP, S_REPLY, msg_info(0, MSG_WORDS_MAX + 1, 0, 0)));
    REFUSED(ERR_CAP_TYPE, sys_reply_recv(p.s, S_EP, S_EP, 0));
    REFUSED(ERR_CAP_EMPTY, sys_reply_recv(p.s, S_EP, S_FREE, 0));
    EXPECT_EQ(p.c->state, T_AWAIT_REPLY);
    EXPECT_EQ(sys_reply_recv(p.s, S_EP, S_REPLY, msg_info(6, 1, 0, 0)), BLOCKED);
    EXPECT_EQ(p.c->regs.rsi, msg_info(6, 1, 0, 0));
    EXPECT_EQ(sys_call(p.c, S_EP, 0), BLOCKED);
    EXPECT_EQ(p.s->state, T_READY);
    EXPECT_EQ(sys_reply_recv(p.s, S_EP, S_REPLY, 0), BLOCKED);
    EXPECT_EQ(p.s->state, T_RECEIVING);
}

TEST(REPLY0003, "reply and receive with a Reply that is free only receives")
{
    struct pair p = pair_make();
    EXPECT_EQ(sys_reply_recv(p.s, S_EP, S_REPLY, msg_info(6, 1, 0, 0)), BLOCKED);
    EXPECT_EQ(((const struct reply *)cap_object(slot_at(p.server.cspace, S_REPLY)))->state,
              REPLY_NAMED);
}

TEST(REPLY0004, "a killed caller leaves a free Reply; the answer to it is refused")
{
    struct pair p = pair_make();
    pair_call(&p);
    OKAY(OP(axiom, OP_THREAD_STOP, p.client.tcb, 0));
    EXPECT_EQ(p.c->state, T_INACTIVE);
    REFUSED(ERR_BUSY, sys_reply(p.s, S_REPLY, 0));
    pair_serve(&p, 0);
}

TEST(REPLY0005, "a Reply that its server drops tells the caller that the peer died")
{
    struct pair p = pair_make();
    pair_call(&p);
    OKAY(sys_drop(p.s, S_REPLY));
    EXPECT_EQ(p.c->state, T_READY);
    EXPECT_EQ(result_of(p.c), ERR_PEER_DIED);
}

TEST(REPLY0006, "a Reply that goes while a receiver has named it ends the receive")
{
    struct pair p = pair_make();
    pair_serve(&p, 0);
    OKAY(OP(axiom, OP_DELETE, in(p.server.cnode, S_REPLY), 0));
    EXPECT_EQ(p.s->state, T_READY);
    EXPECT_EQ(result_of(p.s), ERR_PEER_DIED);
}

TEST(DEATH0001, "a server's death tells its callers; queued senders stay")
{
    struct pair p = pair_make();
    pair_call(&p);
    EXPECT_EQ(sys_send(p.o, S_EP, 0), BLOCKED);
    OKAY(op_all(axiom, OP_DELETE, in(GS_CNODE, p.server.tcb)));
    EXPECT_EQ(p.c->state, T_AWAIT_REPLY); /* its Reply lives in the CNode */
    OKAY(op_all(axiom, OP_DELETE, in(GS_CNODE, p.server.cnode)));
    EXPECT_EQ(p.c->state, T_READY);
    EXPECT_EQ(result_of(p.c), ERR_PEER_DIED);
    EXPECT_EQ(p.o->state, T_SENDING);
    OKAY(op_all(axiom, OP_DELETE, in(GS_CNODE, p.ep)));
    EXPECT_EQ(p.o->state, T_SENDING); /* the clients' own copies are left */
    OKAY(op_all(axiom, OP_DELETE, in(p.client.cnode, S_EP)));
    OKAY(op_all(axiom, OP_DELETE, in(p.other.cnode, S_EP)));
    EXPECT_EQ(result_of(p.o), ERR_CANCELLED);
}

TEST(DEATH0002, "whoever waits on an endpoint that is revoked is told")
{
    struct pair p = pair_make();
    pair_serve(&p, 0);
    OKAY(op_all(axiom, OP_REVOKE, in(GS_CNODE, p.ep)));
    EXPECT_EQ(result_of(p.s), ERR_CANCELLED); /* though the object is there still */
    OKAY(op_all(axiom, OP_DELETE, in(GS_CNODE, p.ep)));
    EXPECT_EQ(((const struct reply *)cap_object(slot_at(p.server.cspace, S_REPLY)))->state,
              REPLY_FREE);
}

TEST(CANCEL0001, "deleting the capability that a send waits through cancels that send alone")
{
    struct pair p = pair_make();
    EXPECT_EQ(sys_call(p.c, S_EP, 0), BLOCKED);
    EXPECT_EQ(sys_send(p.o, S_EP, 0), BLOCKED);
    OKAY(OP(axiom, OP_DELETE, in(p.client.cnode, S_EP), 0));
    EXPECT_EQ(result_of(p.c), ERR_CANCELLED);
    EXPECT_EQ(p.o->state, T_SENDING);
    OKAY(sys_recv(p.s, S_EP, S_REPLY));
    EXPECT_EQ(p.s->regs.rdi, BADGE_OTHER);
}
