/* chunks_test.c - axiom's account of memory: what is taken is given back, all of it. */
#include "chunks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { BLOCKS = 3 };

static struct pool pool;
static struct block blocks[BLOCKS];
static struct chunk lists[BLOCKS][CHUNKS];

static void cut(uint32_t b)
{
    blocks[b].state = BLOCK_CHUNKS;
    blocks[b].list = lists[b];
    blocks[b].free = CHUNKS - 1;
}

static int setup(void **state)
{
    (void)state;
    for (uint32_t b = 0; b < BLOCKS; b++) {
        blocks[b] = (struct block){.base = 0x10000000ull + ((uint64_t)b << BLOCK_BITS)};
        for (uint32_t i = 0; i < CHUNKS; i++) {
            lists[b][i] = (struct chunk){0};
        }
    }
    pool = (struct pool){.blocks = blocks, .count = BLOCKS};
    return 0;
}

/* AX0001 */
static void nothing_is_cut(void **state)
{
    (void)state;
    assert_int_equal(pool_take(&pool, 7, CHUNK_DATA), 0);
    assert_ptr_equal(pool_uncut(&pool), &blocks[0]);
    assert_int_equal(pool_free_pages(&pool), BLOCKS * CHUNKS * CHUNK_PAGES);
}

/* AX0002: each chunk once, never chunk 0 of a block; the next block is asked for at the end. */
static void all_chunks(void **state)
{
    (void)state;
    cut(0);
    cut(1);
    for (uint32_t i = 0; i < 2 * (CHUNKS - 1); i++) {
        chunk_id id = pool_take(&pool, 7, CHUNK_DATA);
        assert_int_not_equal(id, 0);
        assert_int_not_equal(id % CHUNKS, 0);
        assert_int_equal(pool_chunk(&pool, id)->owner, 7);
    }
    assert_int_equal(pool_take(&pool, 7, CHUNK_DATA), 0);
    assert_ptr_equal(pool_uncut(&pool), &blocks[2]);
    assert_int_equal(pool_free_pages(&pool), CHUNKS * CHUNK_PAGES);
}

/* AX0003: an owner's chunks are found, and nobody else's. */
static void owners(void **state)
{
    (void)state;
    cut(0);
    cut(2); /* the block between is not cut */
    for (uint32_t i = 0; i < CHUNKS + 20; i++) {
        assert_int_not_equal(pool_take(&pool, i % 3, CHUNK_OBJECTS), 0);
    }
    uint32_t found = 0;
    for (chunk_id id = pool_next(&pool, 1, 0); id != 0; id = pool_next(&pool, 1, id)) {
        assert_int_equal(pool_chunk(&pool, id)->owner, 1);
        found++;
        pool_give(&pool, id);
    }
    assert_int_equal(found, (CHUNKS + 20 + 1) / 3);
    assert_int_equal(pool_next(&pool, 1, 0), 0);
    assert_int_not_equal(pool_next(&pool, 2, 0), 0);
}

/* AX0004: given back, it is taken again, the lowest first. */
static void again(void **state)
{
    (void)state;
    cut(0);
    cut(1);
    chunk_id first = pool_take(&pool, 1, CHUNK_DATA);
    for (uint32_t i = 0; i < CHUNKS; i++) {
        (void)pool_take(&pool, 1, CHUNK_DATA);
    }
    uint64_t before = pool_free_pages(&pool);
    pool_give(&pool, first);
    assert_int_equal(pool_free_pages(&pool), before + CHUNK_PAGES);
    assert_int_equal(pool_take(&pool, 2, CHUNK_DATA), first);
}

/* AX0005 */
static void addresses(void **state)
{
    (void)state;
    cut(1);
    uint64_t base = blocks[1].base;
    assert_int_equal(pool_find(&pool, base + (5 << CHUNK_BITS) + 100), CHUNKS + 5);
    assert_int_equal(pool_find(&pool, base + 100), 0); /* chunk 0 */
    assert_int_equal(pool_find(&pool, blocks[0].base + (5 << CHUNK_BITS)), 0);
    assert_int_equal(pool_find(&pool, 0x1000), 0);
    assert_int_equal(pool_find(&pool, blocks[2].base + (1ull << BLOCK_BITS)), 0);
}

/* AX0006: room follows the kernel's rule: each object aligned to its size. */
static void room(void **state)
{
    (void)state;
    struct chunk c = {.kind = CHUNK_OBJECTS};
    assert_int_equal(chunk_room(&c, 12), CHUNK_PAGES);
    chunk_use(&c, 6, 1);
    assert_int_equal(c.used, 64);
    assert_int_equal(chunk_room(&c, 12), CHUNK_PAGES - 1);
    assert_int_equal(chunk_room(&c, 16), 0);
    assert_int_equal(chunk_room(&c, 17), 0);
    chunk_use(&c, 12, 1);
    assert_int_equal(c.used, 8192);
    chunk_use(&c, 12, CHUNK_PAGES - 2);
    assert_int_equal(chunk_room(&c, 6), 0);
}

/* AX0007: only the last object gone makes it empty, and then it starts from 0. */
static void release(void **state)
{
    (void)state;
    struct chunk c = {.kind = CHUNK_DATA};
    chunk_use(&c, 12, 3);
    assert_false(chunk_release(&c));
    assert_false(chunk_release(&c));
    assert_int_equal(c.used, 3 * 4096);
    assert_true(chunk_release(&c));
    assert_int_equal(c.used, 0);
    assert_false(chunk_release(&c)); /* one too many changes nothing */
}

/* AX0008: random takes and gives against a count. */
static void churn(void **state)
{
    (void)state;
    cut(0);
    cut(1);
    cut(2);
    static chunk_id held[BLOCKS * CHUNKS];
    uint32_t count = 0;
    srand(4711);
    for (uint32_t i = 0; i < 20000; i++) {
        if (rand() % 2 == 0) {
            chunk_id id = pool_take(&pool, 9, CHUNK_SMALL);
            assert_int_equal(id == 0, count == BLOCKS * (CHUNKS - 1));
            if (id != 0) held[count++] = id;
        } else if (count > 0) {
            uint32_t at = (uint32_t)rand() % count;
            pool_give(&pool, held[at]);
            held[at] = held[--count];
        }
        uint64_t free_chunks = BLOCKS * (CHUNKS - 1) - count;
        assert_int_equal(pool_free_pages(&pool), free_chunks * CHUNK_PAGES);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_is_cut, setup), cmocka_unit_test_setup(all_chunks, setup),
        cmocka_unit_test_setup(owners, setup),         cmocka_unit_test_setup(again, setup),
        cmocka_unit_test_setup(addresses, setup),      cmocka_unit_test_setup(room, setup),
        cmocka_unit_test_setup(release, setup),        cmocka_unit_test_setup(churn, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
