/* test_untyped.c - retype: what is made, where, and that memory is zero. */
#include <string.h>

#include "pair.h"
#include "unit.h"

TEST(RETYPE0001, "objects stand one after another, naturally aligned, below the watermark")
{
    uint64_t ut = memory_untyped(16), first = slot_new(3);
    OKAY(OP(axiom, OP_RETYPE, ut, CAP_ENDPOINT, 0, 3, first));
    for (uint32_t i = 0; i < 3; i++) {
        EXPECT_EQ(ax_slot(first + i)->obj, ax_slot(ut)->obj + i * 64);
    }
    EXPECT_EQ(ax_slot(ut)->badge, 192);
    const struct commit *c = last_commit();
    EXPECT_EQ(c->op, COMMIT_RETYPE);
    EXPECT_EQ(c->arg0, 192);
    EXPECT_EQ(c->src, ptr_to_phys(ax_slot(ut)));
    uint64_t frame = make_from(ut, CAP_FRAME, PAGE_BITS);
    EXPECT_EQ(ax_slot(frame)->obj, ax_slot(ut)->obj + 4096);
    EXPECT_EQ(ax_slot(ut)->badge, 8192);
}

TEST(RETYPE0002, "no error of retype changes anything")
{
    uint64_t ut = memory_untyped(16), to = slot_new(64), cnode = make(CAP_CNODE, CNODE_BITS_MIN);
    REFUSED(ERR_RANGE, OP(axiom, OP_RETYPE, ut, CAP_ENDPOINT, 0, 0, to));
    REFUSED(ERR_RANGE, OP(axiom, OP_RETYPE, ut, CAP_ENDPOINT, 0, 65, to));
    REFUSED(ERR_RANGE, OP(axiom, OP_RETYPE, ut, CAP_EMPTY, 0, 1, to));
    REFUSED(ERR_RANGE, OP(axiom, OP_RETYPE, ut, CAP_IRQ, 0, 1, to));
    REFUSED(ERR_RANGE, OP(axiom, OP_RETYPE, ut, CAP_LOG, 0, 1, to));
    REFUSED(ERR_RANGE, OP(axiom, OP_RETYPE, ut, ~0ull, 0, 1, to));
    REFUSED(ERR_RANGE, OP(axiom, OP_RETYPE, ut, CAP_UNTYPED, 11, 1, to));
    REFUSED(ERR_RANGE, OP(axiom, OP_RETYPE, ut, CAP_UNTYPED, 47, 1, to));
    REFUSED(ERR_RANGE, OP(axiom, OP_RETYPE, ut, CAP_CNODE, 7, 1, to));
    REFUSED(ERR_RANGE, OP(axiom, OP_RETYPE, ut, CAP_CNODE, 25, 1, to));
    REFUSED(ERR_RANGE, OP(axiom, OP_RETYPE, ut, CAP_FRAME, 13, 1, to));
    REFUSED(ERR_NO_MEMORY, OP(axiom, OP_RETYPE, ut, CAP_FRAME, PAGE_BITS, 17, to));
    REFUSED(ERR_NO_MEMORY, OP(axiom, OP_RETYPE, ut, CAP_FRAME, LARGE_PAGE_BITS, 1, to));
    REFUSED(ERR_NO_MEMORY, OP(axiom, OP_RETYPE, ut, CAP_UNTYPED, 46, 64, to));
    REFUSED(ERR_SLOT_USED, OP(axiom, OP_RETYPE, ut, CAP_ENDPOINT, 0, 1, ut));
    REFUSED(ERR_RANGE, OP(axiom, OP_RETYPE, ut, CAP_ENDPOINT, 0, 4, in(cnode, 1)));
    REFUSED(ERR_RANGE, OP(axiom, OP_RETYPE, ut, CAP_ENDPOINT, 0, 1, in(cnode, 0)));
    REFUSED(ERR_CAP_EMPTY, OP(axiom, OP_RETYPE, ut, CAP_ENDPOINT, 0, 1, in(999, 1)));
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_RETYPE, ut, CAP_ENDPOINT, 0, 1, in(ut, 1)));
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_RETYPE, cnode, CAP_ENDPOINT, 0, 1, to));
    OKAY(OP(axiom, OP_RETYPE, ut, CAP_ENDPOINT, 0, 1, to + 5));
    REFUSED(ERR_SLOT_USED,
            OP(axiom, OP_RETYPE, ut, CAP_ENDPOINT, 0, 8, to)); /* one in the middle */
    OKAY(OP(axiom, OP_RETYPE, ut, CAP_ENDPOINT, 0, 58, to + 6));
    OKAY(OP(axiom, OP_RETYPE, ut, CAP_ENDPOINT, 0, 3, in(cnode, 1)));
}

TEST(RETYPE0003, "each type has its size, its rights and its first state")
{
    static const struct {
        uint8_t type, bits, size_bits;
    } rows[] = {{CAP_UNTYPED, 12, 12}, {CAP_CNODE, 8, 8},    {CAP_THREAD, 0, THREAD_BITS},
                {CAP_SCHED, 0, 6},     {CAP_ENDPOINT, 0, 6}, {CAP_NOTIFICATION, 0, 6},
                {CAP_REPLY, 0, 6},     {CAP_ASPACE, 0, 12},  {CAP_PTABLE, 0, 12},
                {CAP_FRAME, 12, 12},   {CAP_FRAME, 21, 21}};
    for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t ut = memory_untyped(21), made = make_from(ut, rows[i].type, rows[i].bits);
        EXPECT_EQ(ax_slot(ut)->badge, 1ull << rows[i].size_bits);
        EXPECT_EQ(ax_slot(made)->rights, RIGHTS_ALL);
        EXPECT_EQ(ax_slot(made)->bits, rows[i].size_bits);
        EXPECT_EQ(ax_slot(made)->badge, 0);
        EXPECT_EQ(ax_slot(made)->depth, ax_slot(ut)->depth + 1);
        OKAY(op_all(axiom, OP_REVOKE, in(GS_CNODE, ut)));
        EXPECT_EQ(ax_slot(ut)->badge, 0);
        OKAY(op_all(axiom, OP_DELETE, in(GS_CNODE, ut)));
    }
}

TEST(RETYPE0004,
     "clearing more than one step's share answers PARTIAL, and goes on where it stopped")
{
    uint64_t ut = memory_untyped(LARGE_PAGE_BITS), to = slot_new(1);
    uint32_t calls = 0;
    uint64_t before = commits();
    while (OP(axiom, OP_RETYPE, ut, CAP_FRAME, LARGE_PAGE_BITS, 1, to) == ERR_PARTIAL) {
        EXPECT_EQ(commits(), before);
        calls++;
    }
    EXPECT_EQ(calls, 31); /* 512 pages, 16 a step */
    EXPECT_EQ(ax_slot(to)->type, CAP_FRAME);
}

TEST(RETYPE0005, "memory is zero when it is used again")
{
    uint64_t ut = memory_untyped(14);
    for (uint32_t round = 0; round < 3; round++) {
        uint64_t frame = make_from(ut, CAP_FRAME, PAGE_BITS);
        char *page = object_at(frame);
        for (uint32_t i = 0; i < PAGE_BYTES; i++) {
            EXPECT_EQ(page[i], 0);
        }
        memset(page, 0xa5, PAGE_BYTES);
        uint64_t child = make_from(ut, CAP_UNTYPED, 12);
        memset(object_at(make_from(child, CAP_FRAME, PAGE_BITS)), 0x5a, PAGE_BYTES);
        OKAY(op_all(axiom, OP_REVOKE, in(GS_CNODE, ut)));
    }
    uint64_t table = make_from(ut, CAP_PTABLE, 0), endpoint = make_from(ut, CAP_ENDPOINT, 0);
    for (uint32_t i = 0; i < 512; i++) {
        EXPECT_EQ(((const uint64_t *)object_at(table))[i], 0);
    }
    EXPECT(((const struct endpoint *)object_at(endpoint))->queue.head == NULL);
}

TEST(RETYPE0006, "an untyped is whole again only when its last child is gone")
{
    uint64_t ut = memory_untyped(12), a = make_from(ut, CAP_FRAME, PAGE_BITS), b = slot_new(1);
    REFUSED(ERR_NO_MEMORY, OP(axiom, OP_RETYPE, ut, CAP_ENDPOINT, 0, 1, b));
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, b), a, RIGHT_READ));
    OKAY(OP(axiom, OP_DELETE, in(GS_CNODE, a), 0));
    REFUSED(ERR_NO_MEMORY, OP(axiom, OP_RETYPE, ut, CAP_ENDPOINT, 0, 1, a));
    OKAY(OP(axiom, OP_DELETE, in(GS_CNODE, b), 0));
    OKAY(OP(axiom, OP_RETYPE, ut, CAP_ENDPOINT, 0, 1, a));
}

TEST(RETYPE0007, "deleting an untyped leaves its children to its parent")
{
    uint64_t outer = memory_untyped(16), inner = make_from(outer, CAP_UNTYPED, 14);
    uint64_t ep = make_from(inner, CAP_ENDPOINT, 0);
    OKAY(OP(axiom, OP_DELETE, in(GS_CNODE, inner), 0));
    EXPECT(ax_slot(outer)->child == ax_slot(ep));
    EXPECT_EQ(ax_slot(outer)->badge, 1 << 14);
    OKAY(op_all(axiom, OP_REVOKE, in(GS_CNODE, outer)));
    EXPECT_EQ(ax_slot(ep)->type, CAP_EMPTY); /* axiom's own CNode: no mark */
    EXPECT_EQ(ax_slot(outer)->badge, 0);
}

TEST(RETYPE0008, "device memory becomes frames and untypeds only, and is never cleared")
{
    uint64_t image = GS_UNTYPED; /* the rest of the boot image */
    EXPECT_EQ(boot_info->untypeds[0].kind, UNTYPED_IMAGE);
    EXPECT(ax_slot(image)->flags & CAP_FLAG_DEVICE);
    uint64_t to = slot_new(1);
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_RETYPE, image, CAP_ENDPOINT, 0, 1, to));
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_RETYPE, image, CAP_CNODE, 12, 1, to));
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_RETYPE, image, CAP_PTABLE, 0, 1, to));
    memset(object_at(image), 0x77, PAGE_BYTES);
    OKAY(OP(axiom, OP_RETYPE, image, CAP_FRAME, PAGE_BITS, 1, to));
    EXPECT_EQ(*(const char *)object_at(to), 0x77);
    EXPECT_EQ(ax_slot(to)->flags, CAP_FLAG_DEVICE);
    struct proc p = make_proc(1);
    OKAY(OP(axiom, OP_DELETE, in(p.tcb, TS_BUFFER), 0));
    REFUSED(ERR_RANGE, OP(axiom, OP_COPY, in(p.tcb, TS_BUFFER), to, RIGHTS_ALL));
}

TEST(RETYPE0009, "nothing is made from what is being revoked")
{
    uint64_t ut = memory_untyped(16), to = slot_new(33);
    OKAY(OP(axiom, OP_RETYPE, ut, CAP_ENDPOINT, 0, 32, to));
    EXPECT_EQ(OP(axiom, OP_REVOKE, in(GS_CNODE, ut), 0), ERR_PARTIAL);
    REFUSED(ERR_BUSY, OP(axiom, OP_RETYPE, ut, CAP_ENDPOINT, 0, 1, to + 32));
    OKAY(op_all(axiom, OP_REVOKE, in(GS_CNODE, ut)));
    OKAY(OP(axiom, OP_RETYPE, ut, CAP_ENDPOINT, 0, 1, to + 32));
}
