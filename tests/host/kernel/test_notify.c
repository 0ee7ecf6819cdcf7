/* test_notify.c - signal, wait, poll, and notifications bound to a thread. */
#include "pair.h"
#include "unit.h"

static struct pair p;

/* The client signals in S_FREE with badge 1, in S_FREE + 1 with badge 4, + 2 unbadged. */
static void fixture(void)
{
    p = pair_make();
    give(&p.client, S_FREE, p.ntfn, RIGHT_WRITE, 1);
    give(&p.client, S_FREE + 1, p.ntfn, RIGHT_WRITE, 4);
    give(&p.client, S_FREE + 2, p.ntfn, RIGHT_WRITE, 0);
}

static int signal_by(uint64_t slot)
{
    return sys(p.c, SYS_SIGNAL, slot, 0, 0);
}

TEST(NTFN0001, "signals gather in the word; a wait takes all of them")
{
    fixture();
    OKAY(signal_by(S_FREE));
    OKAY(signal_by(S_FREE + 1));
    OKAY(signal_by(S_FREE));
    OKAY(sys(p.s, SYS_WAIT, S_NTFN, 0, 0));
    EXPECT_EQ(p.s->regs.rdi, 5);
    EXPECT_EQ(p.s->regs.rsi, MSG_SIGNAL);
    EXPECT_EQ(sys(p.s, SYS_WAIT, S_NTFN, 0, 0), BLOCKED);
    OKAY(signal_by(S_FREE + 2)); /* unbadged: no bits, wakes nobody */
    EXPECT_EQ(p.s->state, T_WAITING);
    OKAY(signal_by(S_FREE + 1));
    EXPECT_EQ(p.s->state, T_READY);
    EXPECT_EQ(p.s->regs.rdi, 4);
    EXPECT_EQ(result_of(p.s), OK);
}

TEST(NTFN0002, "poll takes the word or says that it would block")
{
    fixture();
    REFUSED(ERR_WOULD_BLOCK, sys(p.s, SYS_POLL, S_NTFN, 0, 0));
    OKAY(signal_by(S_FREE));
    OKAY(sys(p.s, SYS_POLL, S_NTFN, 0, 0));
    EXPECT_EQ(p.s->regs.rdi, 1);
    REFUSED(ERR_WOULD_BLOCK, sys(p.s, SYS_POLL, S_NTFN, 0, 0));
}

TEST(NTFN0003, "no error of signal, wait and poll changes anything")
{
    fixture();
    REFUSED(ERR_RIGHTS, sys(p.s, SYS_SIGNAL, S_NTFN, 0, 0));
    REFUSED(ERR_RIGHTS, sys(p.c, SYS_WAIT, S_FREE, 0, 0));
    REFUSED(ERR_RIGHTS, sys(p.c, SYS_POLL, S_FREE, 0, 0));
    REFUSED(ERR_CAP_TYPE, sys(p.c, SYS_SIGNAL, S_EP, 0, 0));
    REFUSED(ERR_CAP_TYPE, sys(p.c, SYS_WAIT, S_EP, 0, 0));
    REFUSED(ERR_CAP_EMPTY, sys(p.c, SYS_POLL, S_FREE + 9, 0, 0));
}

TEST(NTFN0004, "one signal wakes the first who waits")
{
    fixture();
    give(&p.other, S_NTFN, p.ntfn, RIGHT_READ, 0);
    EXPECT_EQ(sys(p.o, SYS_WAIT, S_NTFN, 0, 0), BLOCKED);
    EXPECT_EQ(sys(p.s, SYS_WAIT, S_NTFN, 0, 0), BLOCKED);
    OKAY(signal_by(S_FREE));
    EXPECT_EQ(p.o->state, T_READY);
    EXPECT_EQ(p.s->state, T_WAITING);
}

TEST(NTFN0005,
     "a bound notification reaches its thread while it receives, and its Reply is free again")
{
    fixture();
    OKAY(OP(axiom, OP_COPY, in(p.server.tcb, TS_NOTIFY), p.ntfn, RIGHTS_ALL));
    pair_serve(&p, 0);
    OKAY(signal_by(S_FREE + 1));
    EXPECT_EQ(p.s->state, T_READY);
    EXPECT_EQ(p.s->regs.rsi, MSG_SIGNAL);
    EXPECT_EQ(p.s->regs.rdi, 4);
    OKAY(signal_by(S_FREE)); /* kept for the next receive */
    OKAY(sys_recv(p.s, S_EP, S_REPLY));
    EXPECT_EQ(p.s->regs.rsi, MSG_SIGNAL);
    EXPECT_EQ(p.s->regs.rdi, 1);
    pair_serve(&p, 0);
}

TEST(NTFN0006, "a notification serves one thread at most")
{
    fixture();
    OKAY(OP(axiom, OP_COPY, in(p.server.tcb, TS_NOTIFY), p.ntfn, RIGHTS_ALL));
    REFUSED(ERR_BUSY, OP(axiom, OP_COPY, in(p.client.tcb, TS_NOTIFY), p.ntfn, RIGHTS_ALL));
    uint64_t second = make(CAP_NOTIFICATION, 0);
    REFUSED(ERR_SLOT_USED, OP(axiom, OP_COPY, in(p.server.tcb, TS_NOTIFY), second, RIGHTS_ALL));
    OKAY(OP(axiom, OP_DELETE, in(p.server.tcb, TS_NOTIFY), 0));
    OKAY(OP(axiom, OP_COPY, in(p.client.tcb, TS_NOTIFY), p.ntfn, RIGHTS_ALL));
    OKAY(op_all(axiom, OP_DELETE, in(GS_CNODE, p.client.tcb)));
    EXPECT(((const struct notification *)object_at(p.ntfn))->user == NULL);
}

TEST(NTFN0007, "a waiter is told when its capability goes")
{
    fixture();
    EXPECT_EQ(sys(p.s, SYS_WAIT, S_NTFN, 0, 0), BLOCKED);
    OKAY(op_all(axiom, OP_REVOKE, in(GS_CNODE, p.ntfn)));
    EXPECT_EQ(result_of(p.s), ERR_CANCELLED); /* though the object lives */
    OKAY(op_all(axiom, OP_DELETE, in(GS_CNODE, p.ntfn)));
    EXPECT_EQ(last_commit()->op, COMMIT_DESTROY);
}
