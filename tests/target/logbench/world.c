/* world.c - the chain's hash and the fold, as tests/host/store/bench.c on the host. */
#include "chain.h"
#include "heap.h"
#include "logbench.h"
#include "panic.h"
#include "reduce.h"

enum { COMMITS = 16384, SLOTS_USED = 1024, NODES = 2048, FIRST_FREE = 8, CNODE_BITS = 17 };
enum { CNODE = 0x10000000, UNTYPED = 0x20000000, UNTYPED_BITS = 20, ROOTS = 3 };

static struct commit *commits;

static uint64_t slot(uint32_t number)
{
    return CNODE + 64ull * number;
}

static struct commit genesis(uint32_t at, uint8_t type, uint64_t obj, uint8_t bits)
{
    return (struct commit){.op = COMMIT_GENESIS,
                           .dst = slot(at),
                           .type = type,
                           .rights = RIGHTS_ALL,
                           .obj = obj,
                           .bits = bits,
                           .depth = 1};
}

/* An untyped that is copied into a thousand slots, which are then deleted, and again. */
static struct commit next(uint32_t i)
{
    uint32_t number = (i - ROOTS) % SLOTS_USED;
    struct commit c = genesis(FIRST_FREE + number, CAP_NOTIFICATION, UNTYPED, 0);
    if (i == 0) return (struct commit){.op = COMMIT_BOOT};
    if (i == 1) return genesis(1, CAP_CNODE, CNODE, CNODE_BITS);
    if (i == 2) return genesis(2, CAP_NOTIFICATION, UNTYPED, 0);
    bool there = (i - ROOTS) / SLOTS_USED % 2 != 0;
    c.op = there ? COMMIT_DELETE : COMMIT_COPY;
    c.depth = 2;
    c.src = slot(2);
    return c;
}

static void make(void)
{
    commits = heap_alloc_zeroed(COMMITS * sizeof(*commits));
    CHECK(commits != NULL);
    for (uint32_t i = 0; i < COMMITS; i++) {
        commits[i] = next(i);
        commits[i].seq = i;
        commits[i].time = i * 1000ull;
        commits[i].cause = i * 2ull;
        commits[i].actor = i > 0;
    }
}

static void hash_all(void)
{
    struct chain chain = {0};
    mark_begin(KIND_HASH);
    for (uint32_t i = 0; i < COMMITS; i++) {
        chain_append(&chain, &commits[i]);
    }
    mark_end();
}

static void fold_all(struct reduce *fold, void *memory)
{
    reduce_init(fold, memory, NODES);
    mark_begin(KIND_REDUCE);
    for (uint32_t i = 0; i < COMMITS; i++) {
        if (reduce_apply(fold, &commits[i]) != REDUCE_OK) PANIC("no sound commit");
    }
    mark_end();
}

void measure_world(void)
{
    static struct reduce fold;
    void *memory = heap_alloc(reduce_bytes(NODES));
    CHECK(memory != NULL);
    make();
    for (uint32_t i = 0; i < STRETCHES; i++) {
        hash_all();
        fold_all(&fold, memory);
    }
    figure(KIND_HASH, COMMITS);
    figure(KIND_REDUCE, COMMITS);
}
