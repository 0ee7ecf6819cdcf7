/* caps.c - rows of operations on capabilities and memory, by main, as axiom does them. */
#include "micro.h"

enum { ANCHOR_ROUNDS = 8, CHILD = 64, PAGES = 512 };

/* Registers are loaded and the call is made; nothing else is between the time stamps. */
static void measure(enum operation operation, uint64_t name, uint64_t w0, uint64_t w1, uint64_t w2,
                    uint64_t w3)
{
    make_room_in_rings();
    struct message m = {.w = {w0, w1, w2, w3}};
    uint32_t start = stamp();
    enum err e = sys_invoke(name, operation, 4, &m);
    uint32_t end = stamp();
    NEED(e == OK);
    sample(end - start);
}

static void delete (uint64_t slot)
{
    NEED(op(OP_DELETE, in(GS_CNODE, slot), 0, 0, 0, 0) == OK);
}

/* a: the type, b: its bits. What was made before keeps the untyped from being whole again. */
static void run_retype(const struct row *row)
{
    uint64_t memory = make(CAP_UNTYPED, 21), slot = slot_new();
    NEED(op(OP_RETYPE, memory, CAP_ENDPOINT, 0, 1, slot_new()) == OK);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        if (i % 32 != 0) {
            measure(OP_RETYPE, memory, row->a, row->b, 1, slot);
        } else { /* a page is cleared now and then: not in the least, and so not at all */
            NEED(op(OP_RETYPE, memory, row->a, row->b, 1, slot) == OK);
        }
        delete (slot);
    }
}

/* a: the operation; OP_DELETE: of a copy. */
static void run_slot(const struct row *row)
{
    uint64_t endpoint = make(CAP_ENDPOINT, 0), from = slot_new(), to = slot_new();
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint64_t source = row->a == OP_MOVE ? from : endpoint;
        if (row->a == OP_MOVE)
            NEED(op(OP_COPY, in(GS_CNODE, from), endpoint, RIGHTS_ALL, 0, 0) == OK);
        if (row->a != OP_DELETE) {
            measure(row->a, in(GS_CNODE, to), source, RIGHTS_ALL, row->a == OP_MINT ? 5 : 0, 0);
            delete (to);
        } else {
            NEED(op(OP_COPY, in(GS_CNODE, to), source, RIGHTS_ALL, 0, 0) == OK);
            measure(OP_DELETE, in(GS_CNODE, to), 0, 0, 0, 0);
        }
    }
}

/* The last capability of an endpoint goes, and with it the object. */
static void run_destroy(const struct row *row)
{
    (void)row;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint64_t slot = slot_new();
        NEED(op(OP_RETYPE, row_memory(), CAP_ENDPOINT, 0, 1, slot) == OK);
        measure(OP_DELETE, in(GS_CNODE, slot), 0, 0, 0, 0);
        NEED(slot_give_back() == slot);
    }
}

/* a: children, in another process. Repeated while the kernel says PARTIAL. */
static void run_revoke(const struct row *row)
{
    uint64_t endpoint = make(CAP_ENDPOINT, 0), cnode = processes[LEFT].cnode;
    for (uint32_t round = 0; round < ANCHOR_ROUNDS; round++) {
        for (uint32_t i = 0; i < row->a; i++) {
            NEED(op(OP_COPY, in(cnode, CHILD + i), endpoint, RIGHTS_ALL, 0, 0) == OK);
        }
        revoke_sampled(endpoint);
        for (uint32_t i = 0; i < row->a; i++) {
            NEED(op(OP_DELETE, in(cnode, CHILD + i), 0, 0, 0, 0) == OK);
        }
    }
}

/* They lie in the process's CNode, from CHILD up. */
static void frames_make(uint32_t count)
{
    uint64_t cnode = processes[LEFT].cnode;
    for (uint32_t done = 0; done < count; done += 64) {
        uint32_t more = count - done < 64 ? count - done : 64;
        NEED(op(OP_RETYPE, row_memory(), CAP_FRAME, PAGE_BITS, more, in(cnode, CHILD + done)) ==
             OK);
    }
    processes[LEFT].next = CHILD + count;
}

static uint32_t pages_do(enum operation operation, uint32_t count)
{
    uint64_t cnode = processes[LEFT].cnode, at = PAGES_ADDR;
    enum err e = OK;
    make_room_in_rings();
    uint32_t start = stamp();
    for (uint32_t i = 0; i < count && e == OK; i++, at += 4096) {
        struct message m = {.w = {processes[LEFT].aspace, at, RIGHT_READ | RIGHT_WRITE}};
        e = sys_invoke(in(cnode, CHILD + i), operation, 3, &m);
    }
    uint32_t end = stamp();
    NEED(e == OK);
    return end - start;
}

/* a: pages. b: nonzero, unmap. */
static void run_map(const struct row *row)
{
    frames_make(row->a);
    for (uint32_t i = 0; i < ROUNDS / row->a + ANCHOR_ROUNDS; i++) {
        for (uint32_t unmap = 0; unmap < 2; unmap++) {
            uint32_t cost = pages_do(unmap != 0 ? OP_UNMAP : OP_MAP, row->a);
            if (unmap == row->b) sample(cost);
        }
    }
}

/* In the address space that is loaded: what the processor knows of the page has to go, too. */
static void run_unmap_loaded(const struct row *row)
{
    uint64_t frame = make(CAP_FRAME, PAGE_BITS), at = (uint64_t)buffer(BUFFERS);
    (void)row;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        NEED(op(OP_MAP, frame, GS_ASPACE, at, RIGHT_READ, 0) == OK);
        measure(OP_UNMAP, frame, 0, 0, 0, 0);
    }
}

const struct row rows_caps[] = {
    {"retype", run_retype, CAP_ENDPOINT, 0, 0},
    {"retype_frame", run_retype, CAP_FRAME, PAGE_BITS, 0},
    {"copy", run_slot, OP_COPY, 0, 0},
    {"mint", run_slot, OP_MINT, 0, 0},
    {"move", run_slot, OP_MOVE, 0, 0},
    {"delete", run_slot, OP_DELETE, 0, 0},
    {"delete_last", run_destroy, 0, 0, 0},
    {"revoke_0", run_revoke, 0, 0, 0},
    {"revoke_1", run_revoke, 1, 0, 0},
    {"revoke_10", run_revoke, 10, 0, 10},
    {"revoke_1000", run_revoke, 1000, 0, 1000},
    {"map", run_map, 1, 0, 0},
    {"unmap", run_map, 1, 1, 0},
    {"unmap_loaded", run_unmap_loaded, 0, 0, 0},
    {"map_512", run_map, PAGES, 0, PAGES},
    {"unmap_512", run_map, PAGES, 1, PAGES},
    {0},
};
