/* cases.c - the worst cases of memory and of capabilities. */
#include "worst.h"

enum { MANY = 64, DEEP = 250, FIRST = 1000 };

static void revoke(uint64_t name)
{
    NEED(op(OP_REVOKE, name, 0, 0, 0, 0) == OK);
}

static void walk(void)
{
    struct message m = {.w = {1}};
    do {
        NEED(sys_invoke(GS_LOG, OP_LOG_WALK, 1, &m) == OK);
        m.w[0] = 0;
    } while (m.w[2] == 0);
}

/* The most objects in one step, of memory that was never used. */
void worst_retype(void)
{
    static const struct {
        uint8_t type, bits;
    } kinds[] = {{CAP_UNTYPED, 12},     {CAP_CNODE, 8},  {CAP_CNODE, 12},   {CAP_THREAD, 0},
                 {CAP_SCHED, 0},        {CAP_ASPACE, 0}, {CAP_ENDPOINT, 0}, {CAP_REPLY, 0},
                 {CAP_NOTIFICATION, 0}, {CAP_PTABLE, 0}, {CAP_FRAME, 12}};
    for (uint32_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        uint64_t untyped = in(GS_CNODE, room(19));
        for (uint32_t times = 0; times < 2; times++) { /* new memory, then memory to be reused */
            NEED(op(OP_RETYPE, untyped, kinds[i].type, kinds[i].bits, MANY, in(BIG, FIRST)) == OK);
            revoke(untyped);
            for (uint32_t s = 0; s < MANY; s++) {
                NEED(op(OP_DELETE, in(BIG, FIRST + s), 0, 0, 0, 0) == OK);
            }
        }
    }
}

/* Whether a table is empty takes a look at each of its entries. */
void worst_tables(void)
{
    uint64_t untyped = in(GS_CNODE, room(20)), aspace = in(BIG, FIRST + MANY);
    make(CAP_ASPACE, 0, 1, FIRST + MANY);
    NEED(op(OP_RETYPE, untyped, CAP_PTABLE, 0, MANY, in(BIG, FIRST)) == OK);
    NEED(op(OP_MAP, in(BIG, FIRST), aspace, 1ull << 39, 0, 0) == OK);
    for (uint32_t i = 1; i < MANY; i++) {
        uint64_t at = (1ull << 39) + ((uint64_t)i << 30);
        NEED(op(OP_MAP, in(BIG, FIRST + i), aspace, at, 0, 0) == OK);
    }
    for (uint32_t i = 1; i < MANY; i++) {
        NEED(op(OP_UNMAP, in(BIG, FIRST + i), 0, 0, 0, 0) == OK);
    }
    revoke(untyped);
}

/* The longest way down to a leaf. */
void worst_chain(void)
{
    uint64_t first = FIRST + 200;
    make(CAP_ENDPOINT, 0, 1, first);
    for (uint64_t i = 0; i < DEEP; i++) {
        NEED(op(OP_COPY, in(BIG, first + i + 1), in(BIG, first + i), RIGHTS_ALL, 0, 0) == OK);
    }
    walk();
    revoke(in(BIG, first));
}

/* The number of descendants must not matter. */
void worst_crowd(uint64_t crowd)
{
    uint64_t first = FIRST + 600;
    make(CAP_ENDPOINT, 0, 1, first);
    for (uint64_t i = 1; i <= crowd; i++) {
        uint64_t parent = i % 3 == 0 ? first + i - 1 : first;
        NEED(op(OP_COPY, in(BIG, first + i), in(BIG, parent), RIGHTS_ALL, 0, 0) == OK);
    }
    walk();
    revoke(in(BIG, first));
}

/* Large CNodes with little in them. */
void worst_sparse(void)
{
    uint64_t untyped = in(GS_CNODE, room(24));
    for (uint64_t i = 0; i < 16; i++) {
        uint64_t cnode = SCRATCH + i;
        NEED(op(OP_RETYPE, untyped, CAP_CNODE, 20, 1, cnode) == OK);
        for (uint64_t s = 1; s < 1 << 14; s += 63) {
            NEED(op(OP_COPY, in(cnode, s), GS_IRQ_CONTROL, RIGHTS_ALL, 0, 0) == OK);
        }
    }
    revoke(untyped);
}

/* CNodes in CNodes, the inner one named by the outer one alone, with room below each. */
void worst_nested(void)
{
    uint64_t untyped = in(GS_CNODE, room(22)), outer = SCRATCH + 30, inner = SCRATCH + 31;
    NEED(op(OP_RETYPE, untyped, CAP_CNODE, 16, 1, inner) == OK);
    for (uint32_t level = 0; level < 6; level++) {
        NEED(op(OP_RETYPE, untyped, CAP_CNODE, 16, 1, outer) == OK);
        for (uint64_t s = 1; s < 1000; s += 60) {
            NEED(op(OP_COPY, in(outer, s), GS_IRQ_CONTROL, RIGHTS_ALL, 0, 0) == OK);
        }
        NEED(op(OP_MOVE, in(outer, 1001), inner, 0, 0, 0) == OK);
        NEED(op(OP_MOVE, in(GS_CNODE, inner), outer, 0, 0, 0) == OK);
    }
    NEED(op(OP_DELETE, in(GS_CNODE, inner), 0, 0, 0, 0) == OK);
}
