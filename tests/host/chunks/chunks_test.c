/* chunks_test.c - what a store does while nothing fails. */
#include "disk.h"

static struct bench b;

static int setup(void **state)
{
    (void)state;
    bench_clear(&b);
    assert_int_equal(bench_open(&b), CHUNKS_OK);
    return 0;
}

static uint32_t length_of(uint32_t seed)
{
    return seed % 3 == 0 ? CHUNK_MAX : 1 + seed * 37 % 900;
}

static void put_many(uint32_t from, uint32_t to)
{
    uint8_t hash[CHUNK_HASH];
    for (uint32_t seed = from; seed < to; seed++) {
        assert_int_equal(bench_put(&b, seed, length_of(seed), hash), CHUNKS_OK);
    }
}

static void check_many(uint32_t from, uint32_t to)
{
    for (uint32_t seed = from; seed < to; seed++) {
        bench_check(&b, seed, length_of(seed));
    }
}

static void mark_many(uint32_t from, uint32_t to)
{
    uint8_t bytes[CHUNK_MAX], hash[CHUNK_HASH];
    for (uint32_t seed = from; seed < to; seed++) {
        bench_fill(bytes, length_of(seed), seed);
        chunk_hash((struct chunk_bytes){bytes, (uint16_t)length_of(seed), 0}, hash);
        assert_true(chunks_mark(&b.store, hash));
        assert_false(chunks_mark(&b.store, hash));
    }
}

/* Before it is written, after it, and by another process. */
static void what_is_put_is_there(void **state)
{
    (void)state;
    put_many(0, 300);
    check_many(0, 300);
    assert_int_equal(chunks_sync(&b.store), CHUNKS_OK);
    check_many(0, 300);
    assert_int_equal(bench_open(&b), CHUNKS_OK);
    check_many(0, 300);
    put_many(300, 400);
    assert_int_equal(chunks_sync(&b.store), CHUNKS_OK);
    assert_int_equal(bench_open(&b), CHUNKS_OK);
    check_many(0, 400);
}

static void the_hash_is_blake2b(void **state)
{
    /* b2sum -l 256 of "abc". */
    static const uint8_t expected[] = {0xbd, 0xdd, 0x81, 0x3c, 0x63, 0x42, 0x39, 0x72};
    uint8_t hash[CHUNK_HASH], other[CHUNK_HASH];
    (void)state;
    assert_int_equal(chunks_put(&b.store, (struct chunk_bytes){"abc", 3, 0}, hash), CHUNKS_OK);
    assert_memory_equal(hash, expected, sizeof(expected));
    chunk_hash((struct chunk_bytes){"abc", 3, 1}, other);
    assert_memory_not_equal(hash, other, CHUNK_HASH);
    assert_false(chunks_has(&b.store, other));
}

static void the_same_is_kept_once(void **state)
{
    struct chunks_figures one, two;
    (void)state;
    put_many(0, 100);
    chunks_figures(&b.store, &one);
    put_many(0, 100);
    assert_int_equal(chunks_sync(&b.store), CHUNKS_OK);
    assert_int_equal(bench_open(&b), CHUNKS_OK);
    put_many(0, 100);
    chunks_figures(&b.store, &two);
    assert_int_equal(one.chunks, 100);
    assert_int_equal(two.chunks, 100);
    assert_int_equal(two.bytes, one.bytes);
    assert_int_equal(two.repeats, 100);
}

static void missing(void **state)
{
    uint8_t hash[CHUNK_HASH] = {1}, bytes[CHUNK_MAX];
    uint32_t length;
    (void)state;
    assert_int_equal(chunks_get(&b.store, hash, bytes, &length), CHUNKS_MISSING);
    assert_false(chunks_has(&b.store, hash));
    assert_false(chunks_mark(&b.store, hash));
}

/* A small chunk does not take a block, and none lies in two. */
static void small_ones_share_blocks(void **state)
{
    uint8_t hash[CHUNK_HASH];
    (void)state;
    for (uint32_t i = 0; i < 90; i++) {
        assert_int_equal(bench_put(&b, i, 100, hash), CHUNKS_OK);
    }
    assert_int_equal(b.store.blocks, 3); /* 40 in each */
    for (uint32_t i = 1; i < b.store.fresh; i++) {
        assert_true(b.chunks[i].offset + b.chunks[i].length <= CHUNKS_BLOCK);
    }
}

static uint32_t fill_up(uint32_t from)
{
    uint8_t hash[CHUNK_HASH];
    enum chunks_result result;
    do {
        result = bench_put(&b, from++, CHUNK_MAX, hash);
        if (from % 60 == 0) assert_int_equal(chunks_sync(&b.store), CHUNKS_OK);
    } while (result == CHUNKS_OK);
    assert_int_equal(result, CHUNKS_FULL);
    return from - 1;
}

/* What is marked stays, the rest makes room, but not before the release. */
static void sweeping(void **state)
{
    struct chunks_figures f;
    uint8_t hash[CHUNK_HASH];
    (void)state;
    put_many(0, 50);
    uint32_t end = fill_up(1000);
    assert_true(end > 1000 + (DISK_SEGMENTS - CHUNKS_SPARE) * (CHUNKS_SEGMENT - 8) - 50);
    chunks_mark_begin(&b.store);
    mark_many(0, 50);
    chunks_sweep(&b.store);
    chunks_figures(&b.store, &f);
    assert_int_equal(f.chunks, 50);
    assert_int_equal(bench_put(&b, 1, CHUNK_MAX, hash), CHUNKS_FULL);
    chunks_release(&b.store);
    assert_int_equal(fill_up(end) - end > 1500, 1);
    check_many(0, 50);
    assert_int_equal(chunks_sync(&b.store), CHUNKS_OK);
    assert_int_equal(bench_open(&b), CHUNKS_OK);
    check_many(0, 50);
}

/* One chunk of twenty is left in each segment: they move together. */
static void cleaning(void **state)
{
    struct chunks_figures f;
    uint8_t bytes[CHUNK_MAX], hash[CHUNK_HASH];
    (void)state;
    uint32_t end = fill_up(0), moved = 0;
    assert_int_equal(chunks_sync(&b.store), CHUNKS_OK);
    chunks_mark_begin(&b.store);
    for (uint32_t seed = 0; seed < end; seed += 20) {
        bench_fill(bytes, CHUNK_MAX, seed);
        chunk_hash((struct chunk_bytes){bytes, CHUNK_MAX, 0}, hash);
        assert_true(chunks_mark(&b.store, hash));
    }
    chunks_sweep(&b.store);
    chunks_release(&b.store);
    chunks_figures(&b.store, &f);
    assert_int_equal(f.chunks, (end + 19) / 20);
    assert_int_equal(f.free_blocks / CHUNKS_SEGMENT, CHUNKS_SPARE);
    enum chunks_result result;
    while ((result = chunks_clean(&b.store)) == CHUNKS_OK) {
        moved++;
    }
    assert_int_equal(result, CHUNKS_MISSING);
    assert_true(moved > 5);
    chunks_figures(&b.store, &f);
    assert_true(f.free_blocks / CHUNKS_SEGMENT >= DISK_SEGMENTS - 3);
    for (int again = 0; again < 2; again++) {
        for (uint32_t seed = 0; seed < end; seed += 20) {
            bench_check(&b, seed, CHUNK_MAX);
        }
        assert_int_equal(bench_open(&b), CHUNKS_OK);
    }
}

/* What was never written is not looked at when the store is opened. */
static void opening_reads_little(void **state)
{
    (void)state;
    b.disk.reads = 0;
    assert_int_equal(bench_open(&b), CHUNKS_OK);
    assert_int_equal(b.disk.reads, 1);
}

static void memory_is_bounded(void **state)
{
    uint8_t hash[CHUNK_HASH];
    (void)state;
    put_many(0, 5);
    b.store.config.chunks_max = 6;
    uint32_t blocks = b.store.blocks, count = b.store.count;
    assert_int_equal(bench_put(&b, 7, CHUNK_MAX, hash), CHUNKS_MEMORY);
    assert_int_equal(b.store.blocks, blocks);
    assert_int_equal(b.store.count, count);
    check_many(0, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_put_is_there, setup),
        cmocka_unit_test_setup(the_hash_is_blake2b, setup),
        cmocka_unit_test_setup(the_same_is_kept_once, setup),
        cmocka_unit_test_setup(missing, setup),
        cmocka_unit_test_setup(small_ones_share_blocks, setup),
        cmocka_unit_test_setup(sweeping, setup),
        cmocka_unit_test_setup(cleaning, setup),
        cmocka_unit_test_setup(opening_reads_little, setup),
        cmocka_unit_test_setup(memory_is_bounded, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
