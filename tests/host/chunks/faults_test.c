/* faults_test.c - each way that a disk can be wrong, and what is said of it. */
#include "disk.h"

static struct bench b;

static int setup(void **state)
{
    uint8_t hash[CHUNK_HASH];
    (void)state;
    bench_clear(&b);
    assert_int_equal(bench_open(&b), CHUNKS_OK);
    for (uint32_t seed = 0; seed < 50; seed++) {
        assert_int_equal(bench_put(&b, seed, 3000, hash), CHUNKS_OK);
    }
    assert_int_equal(chunks_sync(&b.store), CHUNKS_OK);
    return 0;
}

static enum chunks_result get(uint32_t seed)
{
    uint8_t bytes[CHUNK_MAX], hash[CHUNK_HASH];
    uint32_t length;
    bench_fill(bytes, 3000, seed);
    chunk_hash((struct chunk_bytes){bytes, 3000, 0}, hash);
    return chunks_get(&b.store, hash, bytes, &length);
}

/* Opening says so, and writes nothing. */
static void refuses(enum chunks_result result)
{
    uint32_t writes = b.disk.writes;
    assert_string_equal(chunks_text(bench_open(&b)), chunks_text(result));
    assert_int_equal(b.disk.writes, writes);
}

static void super_seal(uint32_t block)
{
    group_seal((struct chunks_top *)b.disk.bytes[block]);
}

static void small(void **state)
{
    (void)state;
    for (uint64_t blocks = 0; blocks <= CHUNKS_FIRST + CHUNKS_SPARE * CHUNKS_SEGMENT;
         blocks += 37) {
        b.disk.blocks = blocks;
        refuses(CHUNKS_SMALL);
    }
}

static void foreign(void **state)
{
    (void)state;
    memset(b.disk.bytes[0], 'x', CHUNKS_BLOCK);
    memset(b.disk.bytes[1], 'x', CHUNKS_BLOCK);
    refuses(CHUNKS_FOREIGN);
    memset(b.disk.bytes[0], 0, CHUNKS_BLOCK);
    refuses(CHUNKS_FOREIGN);
}

static void other_version(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        ((struct chunks_super *)b.disk.bytes[i])->top.version++;
        super_seal(i);
        refuses(CHUNKS_OTHER);
    }
}

/* One of the two is enough. */
static void superblocks(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        b.disk.bytes[i][50] ^= 1;
        assert_int_equal(bench_open(&b), CHUNKS_OK);
        if (i == 0) b.disk.bytes[i][50] ^= 1;
    }
    b.disk.bytes[0][60] ^= 4;
    refuses(CHUNKS_NO_SUPER);
}

static void truncated(void **state)
{
    (void)state;
    b.disk.blocks -= CHUNKS_SEGMENT;
    refuses(CHUNKS_TRUNCATED);
}

static void device_fails(void **state)
{
    uint8_t hash[CHUNK_HASH];
    (void)state;
    b.disk.bad_reads = true;
    assert_int_equal(get(3), CHUNKS_DEVICE);
    refuses(CHUNKS_DEVICE);
    b.disk.bad_reads = false;
    assert_int_equal(bench_open(&b), CHUNKS_OK);
    for (int way = 0; way < 2; way++) {
        b.disk.bad_writes = way == 0;
        b.disk.bad_flushes = way == 1;
        assert_int_equal(bench_put(&b, 900, 3000, hash), CHUNKS_OK);
        assert_int_equal(chunks_sync(&b.store), CHUNKS_DEVICE);
        assert_false(chunks_has(&b.store, hash)); /* it is to be put again */
        assert_int_equal(get(3), CHUNKS_OK);
        b.disk.bad_writes = b.disk.bad_flushes = false;
    }
    assert_int_equal(bench_put(&b, 900, 3000, hash), CHUNKS_OK);
    assert_int_equal(chunks_sync(&b.store), CHUNKS_OK);
    assert_int_equal(bench_open(&b), CHUNKS_OK);
    assert_int_equal(get(900), CHUNKS_OK);
}

/* A superblock that cannot be written: nothing is put behind it. */
static void no_new_segment(void **state)
{
    uint8_t hash[CHUNK_HASH];
    (void)state;
    bench_clear(&b);
    b.disk.bad_writes = true;
    assert_int_equal(bench_open(&b), CHUNKS_DEVICE);
    b.disk.bad_writes = false;
    assert_int_equal(bench_open(&b), CHUNKS_OK);
    b.disk.bad_flushes = true;
    assert_int_equal(bench_put(&b, 1, 10, hash), CHUNKS_DEVICE);
    b.disk.bad_flushes = false;
    assert_int_equal(bench_put(&b, 1, 10, hash), CHUNKS_OK);
}

/* Cleaning that fails half-way: all is where it was. */
static void cleaning_fails(void **state)
{
    uint8_t hash[CHUNK_HASH];
    (void)state;
    for (uint32_t seed = 1000; seed < 1300; seed++) {
        assert_int_equal(bench_put(&b, seed, CHUNK_MAX, hash), CHUNKS_OK);
    }
    assert_int_equal(chunks_sync(&b.store), CHUNKS_OK);
    b.store.config.segments[0].bytes = 100; /* so that it is worth it */
    b.disk.bad_flushes = true;
    assert_int_equal(chunks_clean(&b.store), CHUNKS_DEVICE);
    b.disk.bad_flushes = false;
    for (uint32_t seed = 0; seed < 50; seed++) {
        assert_int_equal(get(seed), CHUNKS_OK);
    }
    assert_int_equal(bench_open(&b), CHUNKS_OK);
    for (uint32_t seed = 0; seed < 50; seed++) {
        assert_int_equal(get(seed), CHUNKS_OK);
    }
}

/* Any bit of the data: that chunk and no other is damaged, and putting it again mends it. */
static void flipped_bits(void **state)
{
    uint8_t hash[CHUNK_HASH];
    (void)state;
    for (uint32_t at = 0; at < 50 * 3000; at += 997) {
        uint32_t seed = at / 3000;
        bench_fill(b.buffer, 3000, seed);
        chunk_hash((struct chunk_bytes){b.buffer, 3000, 0}, hash);
        struct chunk *c = &b.chunks[chunk_find(&b.store, hash)];
        b.disk.bytes[c->block][c->offset + at % 3000] ^= (uint8_t)(1 << at % 8);
        for (uint32_t other = 0; other < 50; other++) {
            assert_int_equal(get(other), other == seed ? CHUNKS_DAMAGED : CHUNKS_OK);
        }
        assert_int_equal(bench_put(&b, seed, 3000, hash), CHUNKS_OK);
        assert_int_equal(chunks_sync(&b.store), CHUNKS_OK);
        assert_int_equal(get(seed), CHUNKS_OK);
    }
}

/* Any bit of a group's header: what it names is missing, and no wrong bytes are ever given. */
static void flipped_header(void **state)
{
    (void)state;
    for (uint32_t bit = 0; bit < CHUNKS_BLOCK * 8; bit += 61) {
        uint8_t *byte = &b.disk.bytes[CHUNKS_FIRST][bit / 8];
        *byte ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(bench_open(&b), CHUNKS_OK);
        assert_int_equal(get(0), CHUNKS_MISSING);
        *byte ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(bench_open(&b), CHUNKS_OK);
    assert_int_equal(get(0), CHUNKS_OK);
}

/* A sound header whose entries are nonsense leads nowhere. */
static void nonsense_entries(void **state)
{
    struct chunks_group *g = (struct chunks_group *)b.disk.bytes[CHUNKS_FIRST];
    (void)state;
    g->entries[0].block = 64;
    g->entries[1].offset = 4000;
    g->entries[2].length = 0;
    g->entries[3].offset = 1;
    group_seal(&g->top);
    assert_int_equal(bench_open(&b), CHUNKS_OK);
    for (uint32_t seed = 0; seed < 3; seed++) {
        assert_int_equal(get(seed), CHUNKS_MISSING);
    }
    assert_int_equal(get(3), CHUNKS_DAMAGED);
    assert_int_equal(get(4), CHUNKS_OK);
    g->count = CHUNKS_GROUP_ENTRIES + 1;
    group_seal(&g->top);
    assert_int_equal(bench_open(&b), CHUNKS_OK);
    assert_int_equal(get(4), CHUNKS_MISSING);
}

/* Memory for fewer chunks than there are. */
static void too_many(void **state)
{
    (void)state;
    b.config.chunks_max = 20;
    assert_int_equal(chunks_open(&b.store, &b.config), CHUNKS_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(small, setup),
        cmocka_unit_test_setup(foreign, setup),
        cmocka_unit_test_setup(other_version, setup),
        cmocka_unit_test_setup(superblocks, setup),
        cmocka_unit_test_setup(truncated, setup),
        cmocka_unit_test_setup(device_fails, setup),
        cmocka_unit_test_setup(no_new_segment, setup),
        cmocka_unit_test_setup(cleaning_fails, setup),
        cmocka_unit_test_setup(flipped_bits, setup),
        cmocka_unit_test_setup(flipped_header, setup),
        cmocka_unit_test_setup(nonsense_entries, setup),
        cmocka_unit_test_setup(too_many, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
