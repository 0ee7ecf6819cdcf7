/* open_test.c - each error of opening and formatting is caused, has its text, writes nothing. */
#include <sodium/crypto_generichash_blake2b.h>

#include "disk.h"

enum { BLOCKS = 400 };

static struct bench b;
static uint8_t copy[DISK_BLOCKS_MAX][STORE_BLOCK];

static int setup(void **state)
{
    (void)state;
    bench_clear(&b, BLOCKS);
    return 0;
}

static int setup_log(void **state)
{
    (void)setup(state);
    bench_fill(&b);
    return 0;
}

/* STORE0040 */
static void empty(void **state)
{
    (void)state;
    b.config.format = STORE_FORMAT_NEVER;
    bench_refuses(&b, STORE_EMPTY);
    b.config.format = STORE_FORMAT_EMPTY;
    assert_int_equal(bench_open(&b), STORE_OK);
}

/* STORE0041: one bit anywhere in the first MiB or the last 128 KiB, and the disk is somebody's. */
static void foreign(void **state)
{
    (void)state;
    uint64_t blocks[] = {0, 1, 7, 255, BLOCKS - 32, BLOCKS - 2, BLOCKS - 1};
    for (uint32_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        b.disk.bytes[blocks[i]][510] = 0x55;
        bench_refuses(&b, STORE_FOREIGN);
        b.disk.bytes[blocks[i]][510] = 0;
    }
    b.disk.bytes[0][510] = 0x55;
    b.config.format = STORE_FORMAT_ALWAYS;
    assert_int_equal(bench_open(&b), STORE_OK);
}

/* STORE0042: somebody took the disk of a log for something else. */
static void taken(void **state)
{
    (void)state;
    memset(b.disk.bytes[0], 0xeb, STORE_BLOCK);
    bench_refuses(&b, STORE_FOREIGN);
}

/* STORE0043 */
static void other(void **state)
{
    (void)state;
    b.config.id[3] ^= 1;
    bench_refuses(&b, STORE_OTHER);
    memset(b.config.id, 0, STORE_ID_BYTES);
    assert_int_equal(bench_open(&b), STORE_OK);
}

static void rehash(void *block)
{
    struct store_top *top = block;
    (void)crypto_generichash_blake2b(top->hash, HASH_BYTES, (uint8_t *)block + HASH_BYTES,
                                     top->bytes - HASH_BYTES, NULL, 0);
}

static struct store_super *super(uint64_t block)
{
    return (struct store_super *)b.disk.bytes[block];
}

/* STORE0044 */
static void version(void **state)
{
    (void)state;
    for (uint64_t block = 0; block < BLOCKS; block += BLOCKS - 1) {
        super(block)->top.version = 2;
        rehash(super(block));
    }
    bench_refuses(&b, STORE_VERSION_NEW);
}

/* STORE0045: one damaged superblock is a warning, and is written again from the other one; two are
 * the end; zeros are damage, too. */
static void superblock(void **state)
{
    (void)state;
    struct store_figures figures;
    for (uint64_t block = 0; block < BLOCKS; block += BLOCKS - 1) {
        memcpy(copy, b.disk.bytes, (size_t)BLOCKS * STORE_BLOCK);
        memset(super(block), 0, STORE_BLOCK);
        assert_int_equal(bench_open(&b), STORE_OK);
        store_figures(&b.store, &figures);
        assert_int_equal(figures.superblocks, 1);
        assert_memory_equal(super(block), super(BLOCKS - 1 - block), STORE_BLOCK); /* again */
        memcpy(b.disk.bytes, copy, (size_t)BLOCKS * STORE_BLOCK);
    }
    super(0)->created ^= 1;
    super(BLOCKS - 1)->reserve ^= 1;
    bench_refuses(&b, STORE_SUPERBLOCK);
    super(0)->created ^= 1;
    super(0)->segment_blocks = 1; /* by somebody who can hash */
    rehash(super(0));
    bench_refuses(&b, STORE_SUPERBLOCK);
    super(0)->blocks = 0;
    rehash(super(0));
    bench_refuses(&b, STORE_SUPERBLOCK);
}

/* STORE0046: a bigger device is no error, a smaller one is. */
static void device_size(void **state)
{
    (void)state;
    b.disk.blocks = b.config.blocks = BLOCKS + 10;
    assert_int_equal(bench_open(&b), STORE_OK);
    b.disk.blocks = b.config.blocks = BLOCKS - 1;
    bench_refuses(&b, STORE_DEVICE_SIZE);
}

/* STORE0047 */
static void small(void **state)
{
    (void)state;
    static const struct store_geometry bad[] = {
        {8, 4, 16, 0}, {2, 16, 2, 0}, {2, 400, 16, 0}, {2, 16, 16, 396}, {257, 300, 600, 0}};
    for (uint32_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        b.config.geometry = bad[i];
        bench_refuses(&b, STORE_SMALL);
    }
    b.config.blocks = 3;
    bench_refuses(&b, STORE_SMALL);
}

/* STORE0048 */
static void memory(void **state)
{
    (void)state;
    b.config.memory_bytes = 4 * STORE_BLOCK;
    bench_refuses(&b, STORE_MEMORY);
    b.config.memory_bytes = 2 * STORE_BLOCK;
    bench_refuses(&b, STORE_MEMORY);
    b.config.memory_bytes = 5 * STORE_BLOCK;
    assert_int_equal(bench_open(&b), STORE_OK);
    store_read_begin(&b.reader, &b.store, b.window, STORE_BLOCK);
    struct store_item item;
    store_read_from(&b.reader, 1, 0);
    assert_int_equal(store_read(&b.reader, &item), STORE_MEMORY);
}

/* STORE0049: a damaged group that was durable is no power cut. What is before it can be read. */
static void damaged(void **state)
{
    (void)state;
    struct store_where where;
    struct store_figures figures;
    store_figures(&b.store, &figures);
    uint64_t block = STORE_FIRST + figures.used - 4;
    uint64_t group = ((struct store_group *)b.disk.bytes[block])->number;
    b.disk.bytes[block][700] ^= 1;
    bench_refuses(&b, STORE_DAMAGED);
    assert_int_equal(store_damage(&b.store, &where), STORE_BAD_HASH);
    assert_int_equal(where.block, block);
    assert_int_equal(where.group, group);
    assert_int_equal(bench_append(&b, 1, 10), STORE_DAMAGED);
    assert_int_equal(bench_commit(&b), STORE_DAMAGED);
    assert_int_equal(bench_check(&b, 1, 0), (group + 1) / 2);
}

/* STORE0050: with either anchor damaged the other one serves, with both the whole log is read. */
static void anchors(void **state)
{
    (void)state;
    struct store_figures figures;
    for (uint32_t damage = 0; damage < 4; damage++) {
        memcpy(copy, b.disk.bytes, (size_t)BLOCKS * STORE_BLOCK);
        if (damage & 1) b.disk.bytes[1][80] ^= 1;
        if (damage & 2) b.disk.bytes[BLOCKS - 2][80] ^= 1;
        b.config.read_only = true;
        assert_int_equal(bench_open(&b), STORE_OK);
        store_figures(&b.store, &figures);
        assert_int_equal(figures.bad_anchors, (damage & 1) + damage / 2);
        assert_int_equal(figures.anchors, 2 - figures.bad_anchors);
        assert_int_equal(bench_check(&b, 2, 0), 30);
        memcpy(b.disk.bytes, copy, (size_t)BLOCKS * STORE_BLOCK);
    }
    /* The group that the newest anchor names is damaged, though it was durable. */
    uint64_t newest = 0, block = 0;
    for (uint32_t i = 0; i < 2; i++) {
        const struct store_anchor *a = (void *)b.disk.bytes[i == 0 ? 1 : BLOCKS - 2];
        if (a->counter > newest) block = a->block;
        if (a->counter > newest) newest = a->counter;
    }
    b.disk.bytes[block][300] ^= 1;
    b.config.read_only = false;
    bench_refuses(&b, STORE_DAMAGED);
}

/* STORE0064: all from the newest anchor's group on is gone: no power cut does that. One segment
 * later the newest is the other anchor. */
static void cut_off(void **state)
{
    (void)state;
    for (uint32_t more = 0; more < 2; more++) {
        struct store_anchor *a = (void *)b.disk.bytes[1], *last = (void *)b.disk.bytes[BLOCKS - 2];
        uint64_t block = a->counter > last->counter ? a->block : last->block;
        memcpy(copy, b.disk.bytes, (size_t)BLOCKS * STORE_BLOCK);
        memset(b.disk.bytes[block], 0, (BLOCKS - 2 - block) * STORE_BLOCK);
        bench_refuses(&b, STORE_DAMAGED);
        memcpy(b.disk.bytes, copy, (size_t)BLOCKS * STORE_BLOCK);
        assert_int_equal(bench_open(&b), STORE_OK);
        for (uint32_t i = 0; i < 15; i++) {
            assert_int_equal(bench_append(&b, 1, 1000), STORE_OK);
            store_sync(&b.store);
            bench_run(&b);
        }
    }
}

/* STORE0065: the last group, hashed anew by somebody who broke a rule, is no power cut either. */
static void broken_rule(void **state)
{
    (void)state;
    for (uint32_t way = 0; way < 3; way++) {
        assert_int_equal(bench_open(&b), STORE_OK);
        for (uint32_t i = 0; i < 3; i++) {
            assert_int_equal(bench_commit(&b), STORE_OK);
        }
        uint64_t block = b.store.place;
        store_sync(&b.store);
        bench_run(&b);
        memcpy(copy, b.disk.bytes, (size_t)BLOCKS * STORE_BLOCK);
        struct store_group *g = (void *)b.disk.bytes[block];
        uint8_t *last = (uint8_t *)g + g->top.bytes - sizeof(struct store_commit);
        if (way == 0) ((struct store_commit *)last)->commit.seq++;
        if (way == 1) ((struct store_head *)last)[-1].seq++;
        if (way == 2) g->count++;
        rehash(g);
        bench_refuses(&b, STORE_DAMAGED);
        memcpy(b.disk.bytes, copy, (size_t)BLOCKS * STORE_BLOCK);
    }
}

/* STORE0051: whichever request fails while it is opened: said so; again, and it opens. */
static void device_at_open(void **state)
{
    (void)state;
    for (uint32_t fail = 1; fail < 100; fail++) {
        b.disk.failure = fail % 2 ? STORE_IO_FAILED : STORE_IO_SHORT;
        b.disk.requests = 0;
        b.disk.fail_at = fail;
        enum store_result result = bench_open(&b);
        bool reached = b.disk.requests >= fail;
        enum store_result expected = fail % 2 ? STORE_DEVICE : STORE_SHORT;
        assert_int_equal(result, reached ? expected : STORE_OK);
        if (!reached) return;
        store_retry(&b.store);
        bench_run(&b);
        assert_int_equal(store_status(&b.store), STORE_OK);
        assert_int_equal(bench_reopen(&b), STORE_OK);
        assert_int_equal(bench_check(&b, 1, 0), 30);
    }
    fail_msg("opening takes too many requests");
}

/* Formats until request `cut`, of which only the sectors in the mask are written. */
static void format_until(uint32_t cut, uint32_t sectors)
{
    struct store_io io;
    b.config.format = STORE_FORMAT_ALWAYS;
    memcpy(b.config.id, "another log's id", STORE_ID_BYTES);
    store_open(&b.store, &b.config);
    for (uint32_t i = 0; i <= cut && store_next(&b.store, &io); i++) {
        for (uint32_t s = 0; s < 8 && io.op == STORE_WRITE; s++) {
            if (i == cut && (sectors >> s & 1) == 0) continue;
            memcpy(b.disk.bytes[io.block] + s * 512, (uint8_t *)io.data + s * 512, 512);
        }
        store_done(&b.store, io.id, STORE_IO_OK);
    }
}

/* STORE0062: power goes at any write of the formatting, torn in any way: then the disk has the new
 * log, or the old one. */
static void format_cut(void **state)
{
    (void)state;
    memcpy(copy, b.disk.bytes, (size_t)BLOCKS * STORE_BLOCK);
    for (uint32_t way = 0; way < 8 * 256; way++) {
        memcpy(b.disk.bytes, copy, (size_t)BLOCKS * STORE_BLOCK);
        b.config.read_only = false;
        format_until(way / 256, way % 256);
        memset(b.config.id, 0, STORE_ID_BYTES);
        b.config.format = STORE_FORMAT_NEVER;
        b.config.read_only = true;
        assert_int_equal(bench_open(&b), STORE_OK);
        bool new = b.store.super.id[0] == 'a';
        assert_int_equal(bench_check(&b, 1, 0), new ? 0 : 30);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(empty, setup),
        cmocka_unit_test_setup(foreign, setup),
        cmocka_unit_test_setup(taken, setup_log),
        cmocka_unit_test_setup(other, setup_log),
        cmocka_unit_test_setup(version, setup_log),
        cmocka_unit_test_setup(superblock, setup_log),
        cmocka_unit_test_setup(device_size, setup_log),
        cmocka_unit_test_setup(small, setup),
        cmocka_unit_test_setup(memory, setup_log),
        cmocka_unit_test_setup(damaged, setup_log),
        cmocka_unit_test_setup(anchors, setup_log),
        cmocka_unit_test_setup(cut_off, setup_log),
        cmocka_unit_test_setup(broken_rule, setup_log),
        cmocka_unit_test_setup(device_at_open, setup_log),
        cmocka_unit_test_setup(format_cut, setup_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
