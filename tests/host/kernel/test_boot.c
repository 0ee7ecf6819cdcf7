/* test_boot.c - genesis, and what core_boot() refuses. */
#include <string.h>

#include "unit.h"

TEST(BOOT0001, "genesis runs axiom at its entry with everything in its CNode")
{
    EXPECT_EQ(axiom->id, GENESIS_THREAD);
    EXPECT_EQ(axiom->state, T_RUNNING);
    EXPECT_EQ(axiom->regs.rip, 0x400000);
    EXPECT_EQ(axiom->regs.rsp, BOOT_STACK_TOP);
    EXPECT_EQ(axiom->regs.rdi, BOOT_INFO_ADDR);
    EXPECT(axiom->flags & THREAD_DRAIN);
    EXPECT_EQ(ax_slot(GS_LOG)->type, CAP_LOG);
    EXPECT_EQ(commit_at(0)->op, COMMIT_BOOT);
}
