/* test_fast.c - the fast path: what it does, and each reason to go the long way (I17). */
#include "commit.h"
#include "pair.h"
#include "sched.h"
#include "unit.h"

enum { LABEL = 5, WORDS = 3, SERVER = 30, CLIENT = 20 };

/* The server waits, and axiom is less urgent than all others. */
static struct pair fast_pair(uint32_t slots)
{
    struct pair p = pair_make();
    OKAY(OP(axiom, OP_THREAD_CONFIG, GS_THREAD, 1, 0));
    pair_serve(&p, slots);
    return p;
}

static bool call_is_fast(const struct pair *p, uint64_t info)
{
    run_as(p->c);
    for (uint32_t i = 0; i < MSG_REGISTERS; i++) {
        p->c->regs.w[i] = 100 + i;
    }
    EXPECT_EQ(sys_call(p->c, S_EP, info), BLOCKED);
    EXPECT_EQ(p->c->state, T_AWAIT_REPLY);
    return fake_was_fast;
}

static bool answer_is_fast(const struct pair *p, uint64_t info)
{
    run_as(p->s);
    (void)sys(p->s, SYS_REPLY_RECV, S_EP, info, receive_slots(S_REPLY, S_FREE));
    EXPECT(p->c->state == T_RUNNING || p->c->state == T_READY);
    return fake_was_fast;
}

TEST(FAST0001, "a call, its answer and the next wait are two switches")
{
    struct pair p = fast_pair(0);
    run_as(p.c);
    uint64_t info = msg_info(LABEL, WORDS, 0, 0), events = log_header()->event_head;
    EXPECT(call_is_fast(&p, info));
    EXPECT(cpu()->current == p.s);
    EXPECT_EQ(p.s->regs.rax, OK);
    EXPECT_EQ(p.s->regs.rdi, BADGE_CLIENT);
    EXPECT_EQ(p.s->regs.rsi, info | MSG_CALL);
    EXPECT_EQ(p.s->regs.w[2], 102);
    EXPECT_EQ(p.s->regs.w[3], 0);
    EXPECT(p.s->lender == p.c && p.s->lend_depth == 1);
    EXPECT_EQ(last_event()->kind, EVENT_SYSCALL);
    EXPECT_EQ(last_event()->op, SYS_CALL - SYS_BASE);
    EXPECT_EQ(last_event()->slot, S_EP);
    EXPECT_EQ(last_event()->info, info);
    EXPECT_EQ(last_event()->result, EVENT_BLOCKED);
    EXPECT_EQ(last_event()->thread, p.c->id);
    EXPECT_EQ(last_event()->time, now);
    EXPECT(answer_is_fast(&p, info | msg_info(0, 0, 0, 2)));
    EXPECT(cpu()->current == p.c);
    EXPECT_EQ(p.c->regs.rax, OK);
    EXPECT_EQ(p.c->regs.rdi, 0);
    EXPECT_EQ(p.c->regs.rsi, info);
    EXPECT_EQ(p.s->state, T_RECEIVING);
    EXPECT_EQ(msg_slots(p.s->regs.rsi), 2);
    EXPECT(p.s->lender == NULL && p.c->borrower == NULL);
    EXPECT_EQ(last_event()->op, SYS_REPLY_RECV - SYS_BASE);
    EXPECT_EQ(last_event()->arg, receive_slots(S_REPLY, S_FREE));
    EXPECT_EQ(log_header()->event_head, events + 2);
}

TEST(FAST0002, "capabilities, and slots that are not free")
{
    struct pair p = fast_pair(1);
    put_cap(p.c, 0, S_CAP, RIGHTS_ALL, 0);
    EXPECT(!call_is_fast(&p, msg_info(0, 0, 1, 0)));
    uint64_t info = msg_info(0, 0, 0, 1);
    /* its slot S_EP is in use */
    EXPECT_EQ(sys(p.s, SYS_REPLY_RECV, S_EP, info, receive_slots(S_REPLY, S_EP)), ERR_SLOT_USED);
    EXPECT_EQ(p.c->state, T_AWAIT_REPLY);
    EXPECT(answer_is_fast(&p, 0));
}

TEST(FAST0012, "words in the buffer pages, more than there are, and no page to put them")
{
    struct pair p = fast_pair(0);
    thread_buffer(p.c)->words[0] = 77;
    thread_buffer(p.c)->words[MSG_WORDS_MAX - MSG_REGISTERS - 1] = 78;
    EXPECT(call_is_fast(&p, msg_info(0, MSG_WORDS_MAX, 0, 0)));
    EXPECT_EQ(msg_words(p.s->regs.rsi), MSG_WORDS_MAX);
    EXPECT_EQ(p.s->regs.w[MSG_REGISTERS - 1], 100 + MSG_REGISTERS - 1);
    EXPECT_EQ(thread_buffer(p.s)->words[0], 77);
    EXPECT_EQ(thread_buffer(p.s)->words[MSG_WORDS_MAX - MSG_REGISTERS - 1], 78);
    thread_buffer(p.s)->words[0] = 79;
    EXPECT(answer_is_fast(&p, msg_info(0, MSG_REGISTERS + 1, 0, 0)));
    EXPECT_EQ(thread_buffer(p.c)->words[0], 79);
    EXPECT_EQ(thread_buffer(p.c)->words[MSG_WORDS_MAX - MSG_REGISTERS - 1], 78); /* beyond it */
    REFUSED(ERR_MESSAGE, sys_call(p.c, S_EP, msg_info(0, MSG_WORDS_MAX + 1, 0, 0)));
    OKAY(OP(axiom, OP_DELETE, in(p.server.tcb, TS_BUFFER), 0));
    REFUSED(ERR_MESSAGE, sys_call(p.c, S_EP, msg_info(0, MSG_REGISTERS + 1, 0, 0)));
    EXPECT(call_is_fast(&p, msg_info(0, MSG_REGISTERS, 0, 0)));
    OKAY(OP(axiom, OP_DELETE, in(p.client.tcb, TS_BUFFER), 0));
    EXPECT(answer_is_fast(&p, 0));
    REFUSED(ERR_MESSAGE, sys_call(p.c, S_EP, msg_info(0, MSG_REGISTERS + 1, 0, 0)));
}

TEST(FAST0003, "names of something else, and rights that are missing")
{
    struct pair p = fast_pair(0);
    REFUSED(ERR_CAP_EMPTY, sys_call(p.c, S_FREE, 0));
    REFUSED(ERR_CAP_EMPTY, sys_call(p.c, PROC_SLOTS, 0));
    REFUSED(ERR_CAP_TYPE, sys_call(p.c, S_REPLY, 0));
    give(&p.client, S_FREE, p.ep, RIGHT_READ, 0);
    REFUSED(ERR_RIGHTS, sys_call(p.c, S_FREE, 0));
    /* The first member of a notification is whom it belongs to: no queue of an endpoint. */
    OKAY(OP(axiom, OP_COPY, in(p.server.tcb, TS_NOTIFY), p.ntfn, RIGHT_READ));
    give(&p.client, S_FREE + 1, p.ntfn, RIGHT_WRITE, 4);
    REFUSED(ERR_CAP_TYPE, sys_call(p.c, S_FREE + 1, 0));
    EXPECT(call_is_fast(&p, 0));
    give(&p.server, S_FREE, p.ep, RIGHT_WRITE, 0);
    REFUSED(ERR_RIGHTS, sys_reply_recv(p.s, S_FREE, S_REPLY, 0));
    REFUSED(ERR_CAP_EMPTY, sys_reply_recv(p.s, S_EP, S_FREE + 1, 0));
    REFUSED(ERR_CAP_EMPTY, sys_reply_recv(p.s, S_EP, PROC_SLOTS, 0));
    REFUSED(ERR_CAP_EMPTY, sys_reply_recv(p.s, S_FREE + 1, S_REPLY, 0));
    REFUSED(ERR_CAP_TYPE, sys_reply_recv(p.s, S_EP, S_NTFN, 0));
    EXPECT_EQ(sys_reply_recv(p.s, S_EP, S_REPLY2, 0), BLOCKED); /* free: it answers nobody */
    EXPECT_EQ(p.c->state, T_AWAIT_REPLY);
    OKAY(OP(axiom, OP_DELETE, in(p.other.tcb, TS_CSPACE), 0));
    REFUSED(ERR_CAP_EMPTY, sys_call(p.o, S_EP, 0));
}

TEST(FAST0011, "a receiver without a Reply, and a chain that cannot lend further")
{
    enum { CHAIN = LEND_DEPTH_MAX + 1 };
    struct pair p = pair_make();
    struct proc c[CHAIN + 1];
    EXPECT_EQ(sys_recv(p.s, S_EP, 0), BLOCKED);
    OKAY(OP(axiom, OP_THREAD_CONFIG, GS_THREAD, 1, 0));
    REFUSED(ERR_BUSY, sys_call(p.c, S_EP, 0));
    for (uint32_t i = 0; i <= CHAIN; i++) {
        c[i] = make_proc((uint8_t)(40 + i));
        give_reply(&c[i], S_REPLY);
    }
    for (uint32_t i = 0; i < CHAIN; i++) {
        uint64_t ep = make(CAP_ENDPOINT, 0);
        give(&c[i], S_FREE, ep, RIGHT_WRITE, 1);
        give(&c[i + 1], S_EP, ep, RIGHT_READ, 0);
        EXPECT_EQ(sys_recv(c[i + 1].thread, S_EP, S_REPLY), BLOCKED);
    }
    OKAY(OP(axiom, OP_THREAD_CONFIG, GS_THREAD, 1, 0));
    for (uint32_t i = 0; i < CHAIN; i++) {
        run_as(c[i].thread);
        EXPECT_EQ(sys_call(c[i].thread, S_FREE, 0), BLOCKED);
        EXPECT(fake_was_fast == (i < LEND_DEPTH_MAX));
    }
}

TEST(FAST0004, "somebody as urgent is ready, or waits to send")
{
    struct pair p = fast_pair(0);
    OKAY(OP(axiom, OP_THREAD_CONFIG, p.other.tcb, SERVER, 0));
    EXPECT_EQ(sys_call(p.c, S_EP, 0), BLOCKED);
    EXPECT(cpu()->current == p.o); /* which was ready before the server */
    EXPECT_EQ(sys_reply_recv(p.s, S_EP, S_REPLY, 0), BLOCKED);
    OKAY(OP(axiom, OP_THREAD_CONFIG, p.other.tcb, 10, 0));
    EXPECT(call_is_fast(&p, 0));
    EXPECT_EQ(sys_call(p.o, S_EP, 0), BLOCKED);
    EXPECT(!answer_is_fast(&p, 0)); /* and has the next call */
    EXPECT(cpu()->current == p.s);
    EXPECT_EQ(p.s->regs.rdi, BADGE_OTHER);
    EXPECT_EQ(sys_reply_recv(p.s, S_EP, S_REPLY, 0), BLOCKED);
    EXPECT_EQ(sys_recv(p.o, S_EP, S_REPLY), ERR_RIGHTS);
}

TEST(FAST0005, "other receivers wait behind: the answer is fast all the same")
{
    struct pair p = fast_pair(0);
    EXPECT(call_is_fast(&p, 0));
    give(&p.other, S_FREE, p.ep, RIGHT_READ, 0);
    EXPECT_EQ(sys_recv(p.o, S_FREE, S_REPLY), BLOCKED);
    EXPECT(answer_is_fast(&p, 0));
    EXPECT_EQ(sys_call(p.c, S_EP, 0), BLOCKED);
    EXPECT(cpu()->current == p.o && fake_was_fast);
}

TEST(FAST0006, "a signal is there")
{
    struct pair p = fast_pair(0);
    OKAY(OP(axiom, OP_COPY, in(p.server.tcb, TS_NOTIFY), p.ntfn, RIGHT_READ));
    uint64_t signal = slot_new(1);
    OKAY(OP(axiom, OP_MINT, in(GS_CNODE, signal), p.ntfn, RIGHT_WRITE, 4));
    EXPECT(call_is_fast(&p, 0));
    EXPECT(answer_is_fast(&p, 0));
    EXPECT(call_is_fast(&p, 0));
    OKAY(sys(axiom, SYS_SIGNAL, signal, 0, 0));
    EXPECT(!answer_is_fast(&p, 0));
    EXPECT_EQ(p.s->regs.rdi, 4);
}

TEST(FAST0007, "a budget or a period ends")
{
    struct pair p = fast_pair(0);
    const struct sched *s = object_at(p.client.sched);
    run_as(p.c);
    now = s->refill_at;
    EXPECT(!call_is_fast(&p, 0));
    EXPECT(answer_is_fast(&p, 0));
    OKAY(OP(axiom, OP_SCHED_CONFIG, p.client.sched, 2 * BUDGET_TICKS_MIN, TEST_BUDGET));
    step_tick(s->refill_at);
    run_as(p.c);
    now = cpu()->timer;
    EXPECT(now < s->refill_at);
    EXPECT_EQ(sys_call(p.c, S_EP, 0), BLOCKED);
    EXPECT(!fake_was_fast);
}

TEST(FAST0008, "rings: half full, somebody stopped, something dropped")
{
    struct pair p = fast_pair(0);
    ack_all();
    while (log_header()->event_head - log_header()->event_tail < LOG_EVENTS / 2 - 2) {
        sys(p.c, SYS_YIELD, 0, 0, 0);
    }
    EXPECT(call_is_fast(&p, 0));
    EXPECT(!answer_is_fast(&p, 0));
    ack_all();
    uint64_t ep = make(CAP_ENDPOINT, 0);
    while (log_header()->commit_head - log_header()->commit_tail < LOG_COMMITS / 2) {
        OKAY(OP(axiom, OP_REVOKE, in(GS_CNODE, ep), 0));
    }
    EXPECT(!call_is_fast(&p, 0));
    ack_all();
    EXPECT(answer_is_fast(&p, 0));
}

TEST(FAST0009, "who was stopped is still to be let go on")
{
    enum { MORE = 20 }; /* than one acknowledgement wakes */
    struct pair p = fast_pair(0);
    struct thread *idle[MORE];
    for (uint32_t i = 0; i < MORE; i++) {
        idle[i] = make_proc(5).thread;
    }
    check_each_step = false;
    while (p.c->state != T_STOPPED) {
        sys(p.c, SYS_YIELD, 0, 0, 0);
    }
    for (uint32_t i = 0; i < MORE; i++) {
        sys(idle[i], SYS_YIELD, 0, 0, 0);
        EXPECT_EQ(idle[i]->state, T_STOPPED);
    }
    check_each_step = true;
    uint64_t commits = log_header()->commit_head, events = log_header()->event_head;
    OKAY(OP(axiom, OP_LOG_ACK, GS_LOG, commits, events));
    EXPECT_EQ(idle[MORE - 1]->state, T_STOPPED);
    EXPECT(!call_is_fast(&p, 0));
    ack_all();
    EXPECT(answer_is_fast(&p, 0));
}

TEST(FAST0010, "both on one CPU, with a context that no other CPU has taken")
{
    struct pair p = fast_pair(0);
    OKAY(OP(axiom, OP_CPU_START, GS_IRQ_CONTROL, 1));
    fake_cpu = &cpus[1];
    step_tick(now + STEP_TICKS);
    OKAY(OP(axiom, OP_SCHED_CONFIG, p.client.sched, TEST_BUDGET, TEST_BUDGET, 1));
    EXPECT_EQ(sys_call(p.c, S_EP, 0), BLOCKED);
    EXPECT(cpu()->current == NULL && p.s->cpu == cpus); /* the server is on the first */
    OKAY(OP(axiom, OP_SCHED_CONFIG, p.server.sched, TEST_BUDGET, TEST_BUDGET, 1));
    (void)answer_is_fast(&p, 0);
    EXPECT(call_is_fast(&p, 0));
    EXPECT(cpu() == &cpus[1] && cpu()->current == p.s);
    EXPECT(answer_is_fast(&p, 0));
    OKAY(OP(axiom, OP_DELETE, in(p.client.tcb, TS_SCHED), 0)); /* the CPU has not had its tick */
    EXPECT_EQ(sys_call(p.c, S_EP, 0), BLOCKED);
    EXPECT(!fake_was_fast);
}
