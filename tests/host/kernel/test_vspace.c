/* test_vspace.c - mapping frames and page tables. */
#include "pair.h"
#include "unit.h"

#define VADDR 0x400000ull
static uint64_t space, frame, large, tables[3];

static void fixture(void)
{
    space = make(CAP_ASPACE, 0);
    frame = make(CAP_FRAME, PAGE_BITS);
    for (int i = 0; i < 3; i++) {
        tables[i] = make(CAP_PTABLE, 0);
    }
}

static void map_tables(uint32_t count, uint64_t vaddr)
{
    for (uint32_t i = 0; i < count; i++) {
        OKAY(OP(axiom, OP_MAP, tables[i], space, vaddr));
    }
}

TEST(MAP0001, "a frame is mapped once all its tables are there")
{
    fixture();
    for (uint32_t i = 0; i < 3; i++) {
        REFUSED(ERR_NO_TABLE, OP(axiom, OP_MAP, frame, space, VADDR, RIGHT_READ));
        OKAY(OP(axiom, OP_MAP, tables[i], space, VADDR));
        EXPECT_EQ(last_commit()->op, COMMIT_MAP);
    }
    OKAY(OP(axiom, OP_MAP, frame, space, VADDR, RIGHT_READ | RIGHT_WRITE));
    EXPECT_EQ(last_commit()->op, COMMIT_MAP);
    EXPECT_EQ(last_commit()->arg0, VADDR);
    EXPECT_EQ(last_commit()->obj, ax_slot(space)->obj);
    EXPECT_EQ(last_commit()->rights, RIGHT_READ | RIGHT_WRITE);
    const uint64_t *lowest = object_at(tables[2]);
    EXPECT_EQ(lowest[0], ax_slot(frame)->obj | PTE_PRESENT | PTE_USER | PTE_WRITE | PTE_NX);
    REFUSED(ERR_MAPPED, OP(axiom, OP_MAP, frame, space, VADDR + 0x1000, RIGHT_READ));
    uint64_t other = make(CAP_FRAME, PAGE_BITS);
    REFUSED(ERR_MAPPED, OP(axiom, OP_MAP, other, space, VADDR, RIGHT_READ));
}

TEST(MAP0002, "no error of a frame's map changes anything")
{
    fixture();
    map_tables(3, VADDR);
    REFUSED(ERR_RANGE, OP(axiom, OP_MAP, frame, space, VADDR + 8, RIGHT_READ));
    REFUSED(ERR_RANGE, OP(axiom, OP_MAP, frame, space, 0, RIGHT_READ));
    REFUSED(ERR_RANGE, OP(axiom, OP_MAP, frame, space, USER_MAX, RIGHT_READ));
    REFUSED(ERR_RANGE, OP(axiom, OP_MAP, frame, space, 0xffff800000000000ull, RIGHT_READ));
    REFUSED(ERR_RANGE, OP(axiom, OP_MAP, frame, space, 0 - 0x1000ull, RIGHT_READ));
    REFUSED(ERR_RANGE, OP(axiom, OP_MAP, frame, space, VADDR, 0));
    REFUSED(ERR_RANGE, OP(axiom, OP_MAP, frame, space, VADDR, RIGHT_WRITE));
    REFUSED(ERR_RANGE, OP(axiom, OP_MAP, frame, space, VADDR, RIGHT_READ | RIGHT_WRITE | MAP_EXEC));
    REFUSED(ERR_RANGE, OP(axiom, OP_MAP, frame, space, VADDR, RIGHT_READ | RIGHT_GRANT));
    REFUSED(ERR_RANGE, OP(axiom, OP_MAP, frame, space, VADDR, RIGHT_READ | 1ull << 40));
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_MAP, frame, frame, VADDR, RIGHT_READ));
    REFUSED(ERR_CAP_EMPTY, OP(axiom, OP_MAP, frame, 999, VADDR, RIGHT_READ));
    uint64_t weak = slot_new(3);
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, weak), frame, RIGHT_READ));
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, weak + 1), space, RIGHT_READ));
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, weak + 2), frame, RIGHT_WRITE));
    REFUSED(ERR_RIGHTS, OP(axiom, OP_MAP, weak, space, VADDR, RIGHT_READ | RIGHT_WRITE));
    REFUSED(ERR_RIGHTS, OP(axiom, OP_MAP, weak + 2, space, VADDR, RIGHT_READ));
    REFUSED(ERR_RIGHTS, OP(axiom, OP_MAP, frame, weak + 1, VADDR, RIGHT_READ));
    OKAY(OP(axiom, OP_MAP, weak, space, VADDR, RIGHT_READ | MAP_EXEC | MAP_UNCACHED));
}

TEST(MAP0003, "no error of a table's map changes anything")
{
    fixture();
    REFUSED(ERR_RANGE, OP(axiom, OP_MAP, tables[0], space, VADDR + 1));
    REFUSED(ERR_RANGE, OP(axiom, OP_MAP, tables[0], space, USER_MAX));
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_MAP, tables[0], tables[1], VADDR));
    map_tables(3, VADDR);
    REFUSED(ERR_MAPPED, OP(axiom, OP_MAP, tables[0], space, VADDR + (1ull << 40)));
    uint64_t fourth = make(CAP_PTABLE, 0);
    REFUSED(ERR_MAPPED, OP(axiom, OP_MAP, fourth, space, VADDR));
    OKAY(OP(axiom, OP_MAP, fourth, space, VADDR + (1ull << 30)));
    EXPECT_EQ(last_commit()->arg0, (VADDR + (1ull << 30)) & ~((1ull << 30) - 1));
}

TEST(MAP0004, "a large page takes the place of a lowest table, and stays out of the hole")
{
    fixture();
    map_tables(2, VADDR);
    large = make(CAP_FRAME, LARGE_PAGE_BITS);
    REFUSED(ERR_RANGE, OP(axiom, OP_MAP, large, space, VADDR + 0x1000, RIGHT_READ));
    REFUSED(ERR_RANGE, OP(axiom, OP_MAP, large, space, 0, RIGHT_READ));
    REFUSED(ERR_RANGE, OP(axiom, OP_MAP, large, space, 0x7fffffe00000, RIGHT_READ));
    REFUSED(ERR_NO_TABLE, OP(axiom, OP_MAP, large, space, 0x7fffffc00000, RIGHT_READ));
    OKAY(OP(axiom, OP_MAP, large, space, VADDR, RIGHT_READ | RIGHT_WRITE));
    REFUSED(ERR_MAPPED, OP(axiom, OP_MAP, frame, space, VADDR, RIGHT_READ));
    REFUSED(ERR_MAPPED, OP(axiom, OP_MAP, tables[2], space, VADDR));
    REFUSED(ERR_BUSY, OP(axiom, OP_UNMAP, tables[1], 0));
    OKAY(OP(axiom, OP_UNMAP, large, 0));
    OKAY(OP(axiom, OP_MAP, tables[2], space, VADDR));
    REFUSED(ERR_MAPPED, OP(axiom, OP_MAP, large, space, VADDR, RIGHT_READ));
}

TEST(UNMAP0001, "unmap clears the entry and flushes; tables go only when empty")
{
    fixture();
    map_tables(3, VADDR);
    OKAY(OP(axiom, OP_MAP, frame, space, VADDR, RIGHT_READ));
    REFUSED(ERR_BUSY, OP(axiom, OP_UNMAP, tables[2], 0));
    REFUSED(ERR_BUSY, OP(axiom, OP_DELETE, in(GS_CNODE, tables[2]), 0));
    REFUSED(ERR_BUSY, OP(axiom, OP_DELETE, in(GS_CNODE, space), 0));
    uint64_t flushes = fake.flushes;
    OKAY(OP(axiom, OP_UNMAP, frame, 0));
    EXPECT_EQ(fake.flushes, flushes + 1);
    EXPECT_EQ(fake.flush_vaddr, VADDR);
    EXPECT_EQ(last_commit()->op, COMMIT_UNMAP);
    REFUSED(ERR_NOT_MAPPED, OP(axiom, OP_UNMAP, frame, 0));
    for (int i = 3; i-- > 0;) {
        OKAY(OP(axiom, OP_UNMAP, tables[i], 0));
        REFUSED(ERR_NOT_MAPPED, OP(axiom, OP_UNMAP, tables[i], 0));
    }
    OKAY(OP(axiom, OP_DELETE, in(GS_CNODE, space), 0));
    EXPECT_EQ(last_commit()->op, COMMIT_DESTROY);
    EXPECT_EQ(fake.flush_vaddr, ~0ull); /* all of it */
}

TEST(UNMAP0002, "a deleted frame leaves no entry behind")
{
    fixture();
    map_tables(3, VADDR);
    uint64_t copy = slot_new(1);
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, copy), frame, RIGHT_READ));
    EXPECT_EQ(ax_slot(copy)->extra, 0);
    OKAY(OP(axiom, OP_MAP, frame, space, VADDR, RIGHT_READ));
    OKAY(OP(axiom, OP_MAP, copy, space, VADDR + 0x1000, RIGHT_READ | MAP_EXEC));
    const uint64_t *lowest = object_at(tables[2]);
    OKAY(OP(axiom, OP_DELETE, in(GS_CNODE, frame), 0));
    EXPECT_EQ(lowest[0], 0);
    EXPECT(lowest[1] != 0);
    OKAY(OP(axiom, OP_DELETE, in(GS_CNODE, copy), 0));
    EXPECT_EQ(lowest[1], 0);
    OKAY(OP(axiom, OP_DELETE, in(GS_CNODE, tables[2]), 0));
    OKAY(OP(axiom, OP_DELETE, in(GS_CNODE, tables[1]), 0));
    OKAY(OP(axiom, OP_DELETE, in(GS_CNODE, tables[0]), 0));
}

TEST(PADDR0001, "a frame with GRANT tells its physical address")
{
    fixture();
    OKAY(OP(axiom, OP_PADDR, frame, 0));
    EXPECT_EQ(axiom->regs.w[0], ax_slot(frame)->obj);
    uint64_t weak = slot_new(1);
    OKAY(OP(axiom, OP_COPY, in(GS_CNODE, weak), frame, RIGHT_READ | RIGHT_WRITE));
    REFUSED(ERR_RIGHTS, OP(axiom, OP_PADDR, weak, 0));
    REFUSED(ERR_CAP_TYPE, OP(axiom, OP_PADDR, tables[0], 0));
}
