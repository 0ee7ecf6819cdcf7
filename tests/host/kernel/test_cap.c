/* test_cap.c - copy, mint, move, credit, and how names are resolved. */
#include "pair.h"
#include "unit.h"

static uint64_t ep, cnode;

static void fixture(void)
{
    ep = make(CAP_ENDPOINT, 0);
    cnode = make(CAP_CNODE, CNODE_BITS_MIN); /* slots 1 to 3 */
}

TEST(COPY0001, "a copy is a child with the rights that the mask leaves")
{
    fixture();
    OKAY(OP(axiom, OP_COPY, in(cnode, 1), ep, RIGHT_READ | RIGHT_GRANT));
    const struct slot *s = slot_at(object_at(cnode), 1);
    EXPECT_EQ(s->type, CAP_ENDPOINT);
    EXPECT_EQ(s->rights, RIGHT_READ | RIGHT_GRANT);
    EXPECT(ax_slot(ep)->child == s);
    const struct commit *c = last_commit();
    EXPECT_EQ(c->op, COMMIT_COPY);
    EXPECT_EQ(c->dst, ptr_to_phys(s));
    EXPECT_EQ(c->src, ptr_to_phys(ax_slot(ep)));
    EXPECT_EQ(c->rights, RIGHT_READ | RIGHT_GRANT);
    EXPECT_EQ(c->depth, s->depth);
    EXPECT_EQ(c->actor, axiom->id);
    EXPECT_EQ(c->time, now);
}

TEST(COPY0002, "no error of copy changes anything")
{
    fixture();
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_COPY, 900, ep, RIGHTS_ALL)); /* a short name */
    REFUSED(ERR_CAP_EMPTY, OP(axiom, OP_COPY, in(999, 1), ep, RIGHTS_ALL));
    REFUSED(ERR_CAP_EMPTY, OP(axiom, OP_COPY, in(1 << 20, 1), ep, RIGHTS_ALL));
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_COPY, in(ep, 1), ep, RIGHTS_ALL));
    REFUSED(ERR_CAP_EMPTY, OP(axiom, OP_COPY, in(cnode, 1), 999, RIGHTS_ALL));
    REFUSED(ERR_CAP_EMPTY, OP(axiom, OP_COPY, in(cnode, 1), 0, RIGHTS_ALL));
    REFUSED(ERR_CAP_EMPTY, OP(axiom, OP_COPY, in(cnode, 1), in(cnode, 2), RIGHTS_ALL));
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_COPY, in(cnode, 1), in(ep, 2), RIGHTS_ALL));
    REFUSED(ERR_RANGE, OP(axiom, OP_COPY, in(cnode, 1), ep, RIGHTS_ALL + 1));
    REFUSED(ERR_RANGE, OP(axiom, OP_COPY, in(cnode, 4), ep, RIGHTS_ALL));
    REFUSED(ERR_RANGE, OP(axiom, OP_COPY, in(cnode, 0), ep, RIGHTS_ALL));
    OKAY(OP(axiom, OP_COPY, in(cnode, 1), ep, RIGHTS_ALL));
    REFUSED(ERR_SLOT_USED, OP(axiom, OP_COPY, in(cnode, 1), ep, RIGHTS_ALL));
}

TEST(COPY0003, "untyped memory, page tables and Replies name one holder: never copied")
{
    fixture();
    uint64_t ut = memory_untyped(12), table = make(CAP_PTABLE, 0), reply = make(CAP_REPLY, 0);
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_COPY, in(cnode, 1), ut, RIGHTS_ALL));
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_COPY, in(cnode, 1), table, RIGHTS_ALL));
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_COPY, in(cnode, 1), reply, RIGHTS_ALL));
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_MINT, in(cnode, 1), reply, RIGHTS_ALL, 0, 0));
}

TEST(COPY0004, "a container without WRITE takes nothing, and gives nothing")
{
    fixture();
    uint64_t weak = slot_new(1), to = slot_new(1);
    OKAY(OP(axiom, OP_COPY, in(cnode, 1), ep, RIGHTS_ALL));
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, weak), cnode, RIGHT_READ));
    REFUSED(ERR_RIGHTS, OP(axiom, OP_COPY, in(weak, 2), ep, RIGHTS_ALL));
    REFUSED(ERR_RIGHTS, OP(axiom, OP_COPY, in(GS_CNODE, to), in(weak, 1), RIGHTS_ALL));
    REFUSED(ERR_RIGHTS, OP(axiom, OP_DELETE, in(weak, 1), 0));
}

TEST(COPY0005, "derivation ends at depth 255")
{
    fixture();
    uint64_t big = make(CAP_CNODE, 15), from = ep;
    check_each_step = false;
    for (uint32_t i = 1; ax_slot(ep)->depth + i <= 255; i++) {
        OKAY(OP(axiom, OP_COPY, in(big, i), from, RIGHTS_ALL));
        from = in(big, i);
    }
    check_each_step = true;
    check_all();
    REFUSED(ERR_DEPTH, OP(axiom, OP_COPY, in(cnode, 1), from, RIGHTS_ALL));
    OKAY(op_all(axiom, OP_REVOKE, in(GS_CNODE, ep)));
    EXPECT(ax_slot(ep)->child == NULL);
}

TEST(COPY0006, "nothing is derived from what is being revoked")
{
    fixture();
    uint64_t big = make(CAP_CNODE, 12), first = slot_new(1);
    for (uint32_t i = 1; i <= 20; i++) {
        OKAY(OP(axiom, OP_COPY, in(big, i), ep, RIGHTS_ALL));
    }
    EXPECT_EQ(OP(axiom, OP_REVOKE, in(GS_CNODE, ep), 0), ERR_PARTIAL);
    REFUSED(ERR_BUSY, OP(axiom, OP_COPY, in(GS_CNODE, first), ep, RIGHTS_ALL));
    REFUSED(ERR_BUSY, OP(axiom, OP_MOVE, in(GS_CNODE, first), ep));
    OKAY(OP(axiom, OP_REVOKE, in(GS_CNODE, ep), 0));
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, first), ep, RIGHTS_ALL));
}

TEST(MINT0001, "mint sets a badge once, and the bound flag")
{
    fixture();
    OKAY(OP(axiom, OP_MINT, in(cnode, 1), ep, RIGHTS_ALL, 77 | BADGE_TRUSTED, CAP_FLAG_BOUND));
    const struct slot *s = slot_at(object_at(cnode), 1);
    EXPECT_EQ(s->badge, 77 | BADGE_TRUSTED);
    EXPECT_EQ(s->flags, CAP_FLAG_BOUND);
    EXPECT_EQ(last_commit()->op, COMMIT_MINT);
    EXPECT_EQ(last_commit()->badge, 77 | BADGE_TRUSTED);
    EXPECT_EQ(last_commit()->flags, CAP_FLAG_BOUND);
    OKAY(OP(axiom, OP_MINT, in(cnode, 2), in(cnode, 1), RIGHTS_ALL, 77 | BADGE_TRUSTED, 0));
    EXPECT_EQ(slot_at(object_at(cnode), 2)->flags, CAP_FLAG_BOUND); /* it stays with copies */
    REFUSED(ERR_RANGE, OP(axiom, OP_MINT, in(cnode, 3), in(cnode, 1), RIGHTS_ALL, 78, 0));
}

TEST(MINT0002, "a badge for what carries none, or unknown flags, are refused")
{
    fixture();
    REFUSED(ERR_RANGE, OP(axiom, OP_MINT, in(cnode, 1), cnode, RIGHTS_ALL, 1, 0));
    REFUSED(ERR_RANGE, OP(axiom, OP_MINT, in(cnode, 1), ep, RIGHTS_ALL, 1, CAP_FLAG_DEVICE));
    REFUSED(ERR_RANGE, OP(axiom, OP_MINT, in(cnode, 1), ep, RIGHTS_ALL, 1, 4));
    REFUSED(ERR_RANGE, OP(axiom, OP_MINT, in(cnode, 1), ep, 8, 1, 0));
    OKAY(OP(axiom, OP_MINT, in(cnode, 1), make(CAP_NOTIFICATION, 0), RIGHTS_ALL, 1, 0));
    OKAY(OP(axiom, OP_MINT, in(cnode, 2), cnode, RIGHTS_ALL, 0, 0));
}

TEST(MOVE0001, "a moved capability keeps its place between parent and children")
{
    fixture();
    OKAY(OP(axiom, OP_COPY, in(cnode, 1), ep, RIGHTS_ALL));
    OKAY(OP(axiom, OP_COPY, in(cnode, 2), in(cnode, 1), RIGHTS_ALL));
    OKAY(OP(axiom, OP_MOVE, in(cnode, 3), in(cnode, 1)));
    struct container *c = object_at(cnode);
    EXPECT_EQ(slot_at(c, 1)->type, CAP_EMPTY);
    EXPECT(slot_at(c, 3)->child == slot_at(c, 2));
    EXPECT(ax_slot(ep)->child == slot_at(c, 3));
    EXPECT_EQ(last_commit()->op, COMMIT_MOVE);
    EXPECT_EQ(last_commit()->src, ptr_to_phys(slot_at(c, 1)));
}

TEST(MOVE0002, "no error of move changes anything")
{
    fixture();
    struct pair p = pair_make();
    REFUSED(ERR_CAP_EMPTY, OP(axiom, OP_MOVE, in(cnode, 1), 999));
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_MOVE, 5, ep));
    REFUSED(ERR_SLOT_USED, OP(axiom, OP_MOVE, in(GS_CNODE, ep), cnode));
    REFUSED(ERR_RANGE, OP(axiom, OP_MOVE, in(cnode, 4), ep));
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_MOVE, in(cnode, 1), in(p.client.tcb, TS_CSPACE)));
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_MOVE, in(p.client.tcb, TS_FAULT), ep));
}

TEST(MOVE0004, "who sends through a capability that moves is told, and asks again by its new name")
{
    fixture();
    struct pair p = pair_make();
    EXPECT_EQ(sys_send(p.c, S_EP, 0), BLOCKED);
    EXPECT_EQ(sys_send(p.o, S_EP, 0), BLOCKED);
    OKAY(OP(axiom, OP_MOVE, in(cnode, 1), in(p.client.cnode, S_EP)));
    EXPECT_EQ(p.c->state, T_READY);
    EXPECT_EQ(result_of(p.c), ERR_CANCELLED);
    EXPECT_EQ(p.o->state, T_SENDING);
}

TEST(MOVE0003, "untyped memory moves with its watermark and children")
{
    fixture();
    uint64_t ut = memory_untyped(14), child = make_from(ut, CAP_ENDPOINT, 0), to = slot_new(1);
    OKAY(OP(axiom, OP_MOVE, in(GS_CNODE, to), ut));
    EXPECT(ax_slot(to)->child == ax_slot(child));
    EXPECT_EQ(ax_slot(to)->badge, 64);
}

TEST(CREDIT0001, "credits replace the present ones")
{
    struct pair p = pair_make();
    OKAY(OP(axiom, OP_CREDIT, p.client.cnode, 5));
    EXPECT_EQ(p.client.cspace->credits, 5);
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_CREDIT, p.client.tcb, 5));
    REFUSED(ERR_CAP_EMPTY, OP(axiom, OP_CREDIT, 999, 5));
    uint64_t weak = slot_new(1);
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, weak), p.client.cnode, RIGHT_READ));
    REFUSED(ERR_RIGHTS, OP(axiom, OP_CREDIT, weak, 6));
}

TEST(CREDIT0002, "a transfer costs its sender one credit, a drop its holder")
{
    struct pair p = pair_make();
    OKAY(OP(axiom, OP_CREDIT, p.client.cnode, 2));
    for (int i = 0; i < 2; i++) {
        pair_serve(&p, 1);
        put_cap(p.c, 0, S_CAP, RIGHTS_ALL, 0);
        OKAY(sys_send(p.c, S_EP, msg_info(0, 0, 1, 0)));
        OKAY(sys_drop(p.s, S_FREE));
    }
    EXPECT_EQ(p.client.cspace->credits, 0);
    EXPECT_EQ(p.server.cspace->credits, ~0ull);
    pair_serve(&p, 1);
    REFUSED(ERR_LOG_QUOTA, sys_send(p.c, S_EP, msg_info(0, 0, 1, 0)));
    REFUSED(ERR_LOG_QUOTA, sys_drop(p.c, S_CAP));
    EXPECT_EQ(p.s->state, T_RECEIVING);
    OKAY(sys_send(p.c, S_EP, msg_info(0, 1, 0, 0))); /* without capabilities it goes on */
    OKAY(OP(axiom, OP_CREDIT, p.client.cnode, 1));
    OKAY(sys_drop(p.c, S_CAP));
    EXPECT_EQ(p.client.cspace->credits, 0);
}

TEST(INVOKE0001, "an operation that the type lacks is refused, whatever the name")
{
    fixture();
    for (uint64_t op = 0; op < 128; op++) {
        if (op >= OP_COPY && op <= OP_REVOKE) continue;
        REFUSED(ERR_CAP_TYPE, OP(axiom, (enum operation)op, ep, 0));
    }
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_REVOKE, in(GS_THREAD, 1), 0));
    REFUSED(ERR_CAP_TYPE, OP(axiom, 6, ep, 0));
    REFUSED(ERR_CAP_EMPTY, OP(axiom, OP_CREDIT, 0, 0));
    REFUSED(ERR_CAP_EMPTY, OP(axiom, OP_CREDIT, 4096, 0));
    REFUSED(ERR_CAP_EMPTY, OP(axiom, OP_CREDIT, 0xffffffff, 0));
    REFUSED(ERR_CAP_EMPTY, OP(axiom, OP_CREDIT, in(cnode, 4), 0));
}

TEST(INVOKE0002, "a process cannot operate on its own slots")
{
    struct pair p = pair_make();
    REFUSED(ERR_CAP_TYPE, OP(p.c, OP_COPY, S_FREE, S_CAP, RIGHTS_ALL));
    REFUSED(ERR_CAP_TYPE, OP(p.c, OP_DELETE, S_CAP, 0));
    REFUSED(ERR_CAP_TYPE, OP(p.c, OP_MOVE, S_FREE, S_CAP));
    REFUSED(ERR_CAP_TYPE, OP(p.c, OP_MINT, S_FREE, S_CAP, RIGHTS_ALL, 1));
    REFUSED(ERR_CAP_TYPE, OP(p.c, OP_REVOKE, S_CAP, 0));
    REFUSED(ERR_CAP_TYPE, OP(p.c, OP_COPY, in(S_EP, 1), S_CAP, RIGHTS_ALL));
    REFUSED(ERR_CAP_EMPTY, OP(p.c, OP_COPY, in(3, 1), S_CAP, RIGHTS_ALL));
}
