/* config_caps.c - the derivation tree, untyped memory, and page tables, by axiom's hand alone. */
#include <stdio.h>

#include "configs.h"

static const char *said(const char *what, uint32_t a, uint32_t b)
{
    static char text[OPS_MAX][48];
    static uint32_t n;
    char *at = text[n++ % OPS_MAX];
    if (b == UINT32_MAX) {
        snprintf(at, sizeof(text[0]), "%s %u", what, a);
    } else {
        snprintf(at, sizeof(text[0]), "%s %u to %u", what, a, b);
    }
    return at;
}

/* All trees that copies, moves and deletions can make of one endpoint in five slots, with a
 * process that drops. */
void config_caps(void)
{
    enum { SLOTS = 5 };
    world_begin("caps");
    uint64_t ep = world_make(CAP_ENDPOINT, 0);
    uint32_t owner = world_thread("owner", 9, false);
    uint64_t c = world.cnode[owner];
    world_give(owner, 1, ep, RIGHTS_ALL, 0);
    for (uint32_t a = 1; a <= SLOTS; a++) {
        for (uint32_t b = 1; b <= SLOTS; b++) {
            if (a == b) continue;
            INVOKE(said("copies", a, b), OP_COPY, in(c, b), in(c, a), RIGHTS_ALL);
            if (b == a % SLOTS + 1) INVOKE(said("moves", a, b), OP_MOVE, in(c, b), in(c, a));
        }
        if (a % 2 == 0)
            INVOKE(said("mints, badge 5,", a, 1), OP_MINT, in(c, 1), in(c, a), RIGHT_WRITE, 5,
                   CAP_FLAG_BOUND);
        INVOKE(said("deletes", a, UINT32_MAX), OP_DELETE, in(c, a), 0);
        if (a != 1) INVOKE(said("revokes", a, UINT32_MAX), OP_REVOKE, in(c, a), 0);
    }
    world_sys(owner, "drops 1", SYS_DROP, 1);
    world_sys(owner, "drops 3", SYS_DROP, 3);
    world_sys(owner, "receives through 2", SYS_RECV, 2);
    INVOKE("revokes all", OP_REVOKE, in(world.cnode[0], ep), 0);
    world_end();
}

void config_retype(void)
{
    static const struct {
        const char *text;
        uint8_t type, bits, count;
    } kinds[] = {{"an endpoint", CAP_ENDPOINT, 0, 1},    {"two replies", CAP_REPLY, 0, 2},
                 {"a page", CAP_FRAME, PAGE_BITS, 1},    {"a small untyped", CAP_UNTYPED, 12, 1},
                 {"a CNode", CAP_CNODE, 8, 1},           {"a context", CAP_SCHED, 0, 1},
                 {"a table", CAP_PTABLE, TABLE_BITS, 1}, {"three pages", CAP_FRAME, PAGE_BITS, 3}};
    enum { A = 1, B, C, D };
    world_begin("retype");
    uint64_t ut = world_make(CAP_UNTYPED, 14), small = world_slot(),
             hold = world_make(CAP_CNODE, 9);
    uint64_t own = world.cnode[0];
    for (uint32_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        for (uint32_t to = A; to <= D; to += 2) {
            INVOKE(said(kinds[i].text, to, UINT32_MAX), OP_RETYPE, ut, kinds[i].type, kinds[i].bits,
                   kinds[i].count, in(hold, to));
        }
    }
    INVOKE("a small untyped to itself", OP_RETYPE, ut, CAP_UNTYPED, 13, 1, small);
    INVOKE("an endpoint of the small untyped", OP_RETYPE, small, CAP_ENDPOINT, 0, 1, in(hold, B));
    INVOKE("a page of the small untyped", OP_RETYPE, small, CAP_FRAME, PAGE_BITS, 1, in(hold, D));
    for (uint32_t i = A; i <= D; i++) {
        INVOKE(said("deletes", i, UINT32_MAX), OP_DELETE, in(hold, i), 0);
    }
    INVOKE("copies 1 to 4", OP_COPY, in(hold, D), in(hold, A), RIGHT_READ);
    INVOKE("revokes the untyped", OP_REVOKE, in(own, ut), 0);
    INVOKE("revokes the small untyped", OP_REVOKE, in(own, small), 0);
    INVOKE("deletes the small untyped", OP_DELETE, in(own, small), 0);
    world_end();
}

void config_vspace(void)
{
    enum { TABLES = 4, FRAMES = 2 };
    static const uint64_t at[] = {0x400000, 0x401000, 0x40000000};
    static const char *const where[] = {"at A", "behind A", "far from A"};
    world_begin("vspace");
    uint64_t space = world_make(CAP_ASPACE, 0), own = world.cnode[0], copy = world_slot();
    for (uint32_t i = 0; i < TABLES; i++) {
        uint64_t t = world_make(CAP_PTABLE, 0);
        for (uint32_t k = 0; k < 3; k += 2) {
            INVOKE(said(where[k], i, UINT32_MAX), OP_MAP, t, space, at[k], 0);
        }
        INVOKE(said("unmaps table", i, UINT32_MAX), OP_UNMAP, t, 0);
    }
    for (uint32_t i = 0; i < FRAMES; i++) {
        uint64_t f = world_make(CAP_FRAME, PAGE_BITS);
        for (uint32_t k = 0; k < 3; k++) {
            INVOKE(said(where[k], 100 + i, UINT32_MAX), OP_MAP, f, space, at[k],
                   RIGHT_READ | (k == 1 ? MAP_EXEC : RIGHT_WRITE));
        }
        INVOKE(said("unmaps page", i, UINT32_MAX), OP_UNMAP, f, 0);
        if (i != 0) continue;
        INVOKE("copies page 0", OP_COPY, in(own, copy), f, RIGHT_READ);
        INVOKE("maps the copy", OP_MAP, copy, space, at[1], RIGHT_READ);
        INVOKE("maps the copy, too many rights", OP_MAP, copy, space, at[0],
               RIGHT_READ | RIGHT_WRITE);
        INVOKE("revokes page 0", OP_REVOKE, in(own, f), 0);
        INVOKE("deletes the copy", OP_DELETE, in(own, copy), 0);
    }
    INVOKE("deletes the address space", OP_DELETE, in(own, space), 0);
    world_end();
}
