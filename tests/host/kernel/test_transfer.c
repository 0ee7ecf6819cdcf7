/* test_transfer.c - capabilities in messages. */
#include "pair.h"
#include "unit.h"

TEST(XFER0001, "a capability arrives in the named slot, narrowed, as a child of the sender's")
{
    struct pair p = pair_make();
    pair_serve(&p, 2);
    put_cap(p.c, 0, S_CAP, RIGHT_WRITE | RIGHT_GRANT, 99);
    OKAY(sys_send(p.c, S_EP, msg_info(0, 0, 1, 0)));
    const struct slot *s = slot_at(p.server.cspace, S_FREE);
    EXPECT_EQ(s->type, CAP_ENDPOINT);
    EXPECT_EQ(s->rights, RIGHT_WRITE | RIGHT_GRANT);
    EXPECT_EQ(s->badge, 99);
    EXPECT(slot_at(p.client.cspace, S_CAP)->child == s);
    EXPECT_EQ(got_cap(p.s, 0)->slot, S_FREE);
    EXPECT_EQ(got_cap(p.s, 0)->rights, (RIGHT_WRITE | RIGHT_GRANT) | CAP_ENDPOINT << 8);
    EXPECT_EQ(got_cap(p.s, 0)->badge, 0);
    EXPECT_EQ(msg_caps(p.s->regs.rsi), 1);
    const struct commit *c = last_commit();
    EXPECT_EQ(c->op, COMMIT_TRANSFER);
    EXPECT_EQ(c->arg0, p.c->id);
    EXPECT_EQ(c->arg1, ax_slot(p.ep)->obj);
    EXPECT_EQ(c->src, ptr_to_phys(slot_at(p.client.cspace, S_CAP)));
}

TEST(XFER0002, "four at once go into consecutive slots")
{
    struct pair p = pair_make();
    pair_serve(&p, 4);
    for (uint32_t i = 0; i < 4; i++) {
        put_cap(p.c, i, S_CAP, RIGHTS_ALL, i);
    }
    OKAY(sys_send(p.c, S_EP, msg_info(0, 0, 4, 0)));
    for (uint32_t i = 0; i < 4; i++) {
        EXPECT_EQ(slot_at(p.server.cspace, S_FREE + i)->badge, i);
        EXPECT_EQ(got_cap(p.s, i)->slot, S_FREE + i);
    }
}

TEST(XFER0003, "a capability to the very endpoint is not stored: its badge arrives")
{
    struct pair p = pair_make();
    give_bound(&p.client, S_FREE, p.ep, RIGHT_WRITE, 0xabc | BADGE_TRUSTED);
    pair_serve(&p, 1);
    put_cap(p.c, 0, S_FREE, RIGHTS_ALL, 0);
    put_cap(p.c, 1, S_CAP, RIGHTS_ALL, 0);
    uint64_t before = commits();
    OKAY(sys_send(p.c, S_EP, msg_info(0, 0, 2, 0)));
    EXPECT_EQ(got_cap(p.s, 0)->slot, 0);
    EXPECT_EQ(got_cap(p.s, 0)->badge, 0xabc | BADGE_TRUSTED);
    EXPECT_EQ(got_cap(p.s, 0)->rights, RIGHT_WRITE | CAP_ENDPOINT << 8);
    EXPECT_EQ(got_cap(p.s, 1)->slot, S_FREE);
    EXPECT_EQ(commits(), before + 1);
}

TEST(XFER0004, "a transfer that is impossible fails at the sender; the receiver waits on")
{
    struct pair p = pair_make();
    give_bound(&p.client, S_FREE, p.cap, RIGHTS_ALL, 0);
    give(&p.client, S_FREE + 1, p.cap, RIGHTS_ALL, 5);
    give(&p.client, S_FREE + 2, p.client.tcb, RIGHTS_ALL, 0);
    give(&p.client, S_FREE + 3, p.ntfn, RIGHTS_ALL, 0);
    pair_serve(&p, 1);
    uint64_t one = msg_info(0, 0, 1, 0);
    put_cap(p.c, 0, S_FREE + 9, RIGHTS_ALL, 0);
    REFUSED(ERR_CAP_EMPTY, sys_send(p.c, S_EP, one));
    put_cap(p.c, 0, 0xffffffff, RIGHTS_ALL, 0);
    REFUSED(ERR_CAP_EMPTY, sys_send(p.c, S_EP, one));
    put_cap(p.c, 0, S_FREE, RIGHTS_ALL, 0);
    REFUSED(ERR_RIGHTS, sys_send(p.c, S_EP, one)); /* bound */
    put_cap(p.c, 0, S_FREE + 2, RIGHTS_ALL, 0);
    REFUSED(ERR_CAP_TYPE, sys_send(p.c, S_EP, one)); /* authority */
    put_cap(p.c, 0, S_REPLY, RIGHTS_ALL, 0);
    REFUSED(ERR_CAP_TYPE, sys_send(p.c, S_EP, one));
    put_cap(p.c, 0, S_FREE + 1, RIGHTS_ALL, 6);
    REFUSED(ERR_RANGE, sys_send(p.c, S_EP, one)); /* badged already */
    put_cap(p.c, 0, S_CAP, RIGHTS_ALL, BADGE_TRUSTED);
    REFUSED(ERR_RANGE, sys_send(p.c, S_EP, one));
    put_cap(p.c, 0, S_FREE + 3, RIGHTS_ALL, 1);
    REFUSED(ERR_RANGE, sys_send(p.c, S_EP, one)); /* not an endpoint */
    put_cap(p.c, 0, S_CAP, RIGHTS_ALL, 0);
    put_cap(p.c, 1, S_CAP, RIGHTS_ALL, 0);
    REFUSED(ERR_MESSAGE, sys_send(p.c, S_EP, msg_info(0, 0, 2, 0))); /* one slot only */
    EXPECT_EQ(p.s->state, T_RECEIVING);
    OKAY(sys_send(p.c, S_EP, one));
}

TEST(XFER0005, "receive slots that filled up meanwhile fail the sender")
{
    struct pair p = pair_make();
    pair_serve(&p, 1);
    give(&p.server, S_FREE, p.cap, RIGHTS_ALL, 0);
    put_cap(p.c, 0, S_CAP, RIGHTS_ALL, 0);
    REFUSED(ERR_SLOT_USED, sys_send(p.c, S_EP, msg_info(0, 0, 1, 0)));
    REFUSED(ERR_SLOT_USED, sys_call(p.c, S_EP, msg_info(0, 0, 1, 0)));
    OKAY(OP(axiom, OP_DELETE, in(p.server.cnode, S_FREE), 0));
    OKAY(sys_send(p.c, S_EP, msg_info(0, 0, 1, 0)));
}

TEST(XFER0006, "a revoked receive slot, a frozen source and depth 255 fail the sender")
{
    struct pair p = pair_make();
    uint64_t anchor = make(CAP_ENDPOINT, 0), chain = make(CAP_CNODE, 15);
    pair_serve(&p, 1);
    give(&p.server, S_FREE, anchor, RIGHTS_ALL, 0);
    OKAY(op_all(axiom, OP_REVOKE, in(GS_CNODE, anchor)));
    put_cap(p.c, 0, S_CAP, RIGHTS_ALL, 0);
    REFUSED(ERR_REVOKED, sys_send(p.c, S_EP, msg_info(0, 0, 1, 0)));
    OKAY(OP(axiom, OP_DELETE, in(p.server.cnode, S_FREE), 0));

    check_each_step = false;
    give(&p.client, S_FREE, anchor, RIGHTS_ALL, 0);
    uint64_t from = in(p.client.cnode, S_FREE);
    for (uint32_t i = 1; ax_slot(anchor)->depth + i < 254; i++) {
        OKAY(OP(axiom, OP_COPY, in(chain, i), from, RIGHTS_ALL));
        from = in(chain, i);
    }
    OKAY(OP(axiom, OP_COPY, in(p.client.cnode, S_FREE + 1), from, RIGHTS_ALL));
    check_each_step = true;
    put_cap(p.c, 0, S_FREE + 1, RIGHTS_ALL, 0);
    REFUSED(ERR_DEPTH, sys_send(p.c, S_EP, msg_info(0, 0, 1, 0)));
    EXPECT_EQ(OP(axiom, OP_REVOKE, in(p.client.cnode, S_FREE), 0), ERR_PARTIAL);
    put_cap(p.c, 0, S_FREE, RIGHTS_ALL, 0);
    REFUSED(ERR_BUSY, sys_send(p.c, S_EP, msg_info(0, 0, 1, 0)));
}

TEST(XFER0007, "a queued sender's capabilities are checked when its turn comes")
{
    struct pair p = pair_make();
    put_cap(p.c, 0, S_CAP, RIGHTS_ALL, 0);
    EXPECT_EQ(sys_send(p.c, S_EP, msg_info(0, 0, 1, 0)), BLOCKED);
    EXPECT_EQ(sys(p.s, SYS_RECV, S_EP, 0, S_REPLY), BLOCKED); /* no slot: the sender fails */
    EXPECT_EQ(result_of(p.c), ERR_MESSAGE);
    OKAY(OP(axiom, OP_THREAD_STOP, p.server.tcb, 0));
    OKAY(OP(axiom, OP_THREAD_START, p.server.tcb, 0x400000, 0, 0, 0));
    put_cap(p.c, 0, S_CAP, RIGHTS_ALL, 0);
    EXPECT_EQ(sys_send(p.c, S_EP, msg_info(0, 0, 1, 0)), BLOCKED);
    OKAY(sys(p.s, SYS_RECV, S_EP, msg_info(0, 0, 0, 1), receive_slots(0, S_FREE)));
    EXPECT_EQ(slot_at(p.server.cspace, S_FREE)->type, CAP_ENDPOINT);
    EXPECT_EQ(last_commit()->actor, p.s->id);
    EXPECT_EQ(last_commit()->arg0, p.c->id);
}

TEST(XFER0008,
     "a frame travels without its mapping, a notification without a chance to set a badge")
{
    struct pair p = pair_make();
    uint64_t frame = make(CAP_FRAME, PAGE_BITS);
    give(&p.client, S_FREE, frame, RIGHT_READ, 0);
    pair_serve(&p, 1);
    put_cap(p.c, 0, S_FREE, RIGHTS_ALL, 0);
    OKAY(sys_send(p.c, S_EP, msg_info(0, 0, 1, 0)));
    const struct slot *s = slot_at(p.server.cspace, S_FREE);
    EXPECT_EQ(s->type, CAP_FRAME);
    EXPECT_EQ(s->rights, RIGHT_READ);
    EXPECT_EQ(s->extra, 0);
}

TEST(XFER0009, "an answer carries capabilities into the caller's slots")
{
    struct pair p = pair_make();
    pair_serve(&p, 0);
    EXPECT_EQ(sys(p.c, SYS_CALL, S_EP, msg_info(0, 0, 0, 1), receive_slots(0, S_FREE)), BLOCKED);
    give(&p.server, S_FREE, p.ep, RIGHT_WRITE | RIGHT_GRANT, 0);
    put_cap(p.s, 0, S_FREE, RIGHT_WRITE, 1234); /* an object of its own, named in the answer */
    OKAY(sys_reply(p.s, S_REPLY, msg_info(0, 1, 1, 0)));
    EXPECT_EQ(result_of(p.c), OK);
    EXPECT_EQ(slot_at(p.client.cspace, S_FREE)->badge, 1234);
    EXPECT_EQ(slot_at(p.client.cspace, S_FREE)->rights, RIGHT_WRITE);
    EXPECT_EQ(last_commit()->arg1, 0);
}

TEST(XFER0010, "an answer whose capability is impossible arrives without it")
{
    struct pair p = pair_make();
    give(&p.server, S_FREE, p.cap, RIGHTS_ALL, 0);
    pair_call(&p); /* no receive slot */
    put_cap(p.s, 0, S_FREE, RIGHTS_ALL, 0);
    p.s->regs.w[0] = 77;
    uint64_t before = commits();
    OKAY(sys_reply(p.s, S_REPLY, msg_info(5, 1, 1, 0)));
    EXPECT_EQ(result_of(p.c), ERR_CAP_LOST);
    EXPECT_EQ(p.c->regs.rsi, msg_info(5, 1, 0, 0));
    EXPECT_EQ(p.c->regs.w[0], 77);
    EXPECT_EQ(commits(), before);
}

TEST(XFER0011, "an answer to a caller without a buffer page brings its first words")
{
    struct pair p = pair_make();
    give(&p.server, S_FREE, p.cap, RIGHTS_ALL, 0);
    pair_call(&p);
    OKAY(OP(axiom, OP_DELETE, in(p.client.tcb, TS_BUFFER), 0));
    put_cap(p.s, 0, S_FREE, RIGHTS_ALL, 0);
    p.s->regs.w[0] = 77;
    OKAY(sys_reply(p.s, S_REPLY, msg_info(5, 1, 1, 0)));
    EXPECT_EQ(result_of(p.c), ERR_CAP_LOST);
    EXPECT_EQ(p.c->regs.w[0], 77);
    EXPECT_EQ(p.c->regs.rsi, msg_info(5, 1, 0, 0));
}

TEST(XFER0012, "a Reply without GRANT carries no capabilities")
{
    struct pair p = pair_make();
    pair_call(&p);
    struct slot *reply = slot_at(p.server.cspace, S_REPLY);
    reply->rights = RIGHT_READ | RIGHT_WRITE; /* nothing in the ABI makes such a one yet */
    REFUSED(ERR_RIGHTS, sys_reply(p.s, S_REPLY, msg_info(0, 0, 1, 0)));
    OKAY(sys_reply(p.s, S_REPLY, 0));
}
