/* test_review.c - what a reading of the kernel as an adversary found: bounds, memory, queues. */
#include <string.h>

#include "endpoint.h"
#include "pair.h"
#include "unit.h"

/* 16 capabilities, a gap that takes work to scan, and 96 below it. */
static uint64_t gapped_cnode(void)
{
    uint64_t ep = make(CAP_ENDPOINT, 0), cnode = make(CAP_CNODE, 16);
    for (uint32_t i = 0; i < 112; i++) {
        OKAY(OP(axiom, OP_COPY, in(cnode, i < 16 ? 900 + i : i), ep, RIGHTS_ALL));
    }
    return cnode;
}

TEST(REVIEW0001, "a gap behind the last slot of a step's share does not make the step endless")
{
    uint64_t cnode = gapped_cnode(), before = commits();
    EXPECT_EQ(OP(axiom, OP_DELETE, in(GS_CNODE, cnode), 0), ERR_PARTIAL);
    EXPECT(commits() - before <= 16);
    OKAY(op_all(axiom, OP_DELETE, in(GS_CNODE, cnode)));
}
