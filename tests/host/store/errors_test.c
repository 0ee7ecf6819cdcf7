/* errors_test.c - each error of the store is caused, has its text, and writes nothing. */
#include <sodium/crypto_generichash_blake2b.h>

#include "disk.h"
#include "store/verify.h"

enum { BLOCKS = 400 };

static struct bench b;
static uint8_t copy[DISK_BLOCKS_MAX][STORE_BLOCK];

static int setup(void **state)
{
    (void)state;
    bench_clear(&b, BLOCKS);
    return 0;
}

/* A log with some groups in several segments. */
static int setup_log(void **state)
{
    (void)setup(state);
    assert_int_equal(bench_open(&b), STORE_OK);
    for (uint32_t i = 0; i < 60; i++) {
        assert_int_equal(bench_append(&b, 1 + i % 2, 1000), STORE_OK);
        store_sync(&b.store);
        bench_run(&b);
    }
    return 0;
}

/* The next opening ends so, and the disk is what it was. */
static void refuses(enum store_result result)
{
    memcpy(copy, b.disk.bytes, sizeof(copy));
    b.disk.writes = b.disk.flushes = 0;
    assert_string_equal(store_text(bench_open(&b)), store_text(result));
    assert_int_equal(b.disk.writes + b.disk.flushes, 0);
    assert_memory_equal(copy, b.disk.bytes, sizeof(copy));
}

/* STORE0040 */
static void empty(void **state)
{
    (void)state;
    b.config.format = STORE_FORMAT_NEVER;
    refuses(STORE_EMPTY);
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
        refuses(STORE_FOREIGN);
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
    refuses(STORE_FOREIGN);
}

/* STORE0043 */
static void other(void **state)
{
    (void)state;
    b.config.id[3] ^= 1;
    refuses(STORE_OTHER);
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
    refuses(STORE_VERSION_NEW);
}

/* STORE0045: one damaged superblock is a warning, two are the end; zeros are damage, too. */
static void superblock(void **state)
{
    (void)state;
    struct store_figures figures;
    for (uint64_t block = 0; block < BLOCKS; block += BLOCKS - 1) {
        memcpy(copy, b.disk.bytes, sizeof(copy));
        memset(super(block), 0, STORE_BLOCK);
        assert_int_equal(bench_open(&b), STORE_OK);
        store_figures(&b.store, &figures);
        assert_int_equal(figures.superblocks, 1);
        memcpy(b.disk.bytes, copy, sizeof(copy));
    }
    super(0)->created ^= 1;
    super(BLOCKS - 1)->reserve ^= 1;
    refuses(STORE_SUPERBLOCK);
    super(0)->created ^= 1;
    super(0)->segment_blocks = 1; /* by somebody who can hash */
    rehash(super(0));
    refuses(STORE_SUPERBLOCK);
}

/* STORE0046: a bigger device is no error, a smaller one is. */
static void device_size(void **state)
{
    (void)state;
    b.disk.blocks = b.config.blocks = BLOCKS + 10;
    assert_int_equal(bench_open(&b), STORE_OK);
    b.disk.blocks = b.config.blocks = BLOCKS - 1;
    refuses(STORE_DEVICE_SIZE);
}

/* STORE0047 */
static void small(void **state)
{
    (void)state;
    static const struct store_geometry bad[] = {
        {8, 4, 16, 0}, {2, 16, 2, 0}, {2, 400, 16, 0}, {2, 16, 16, 396}, {257, 300, 600, 0}};
    for (uint32_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        b.config.geometry = bad[i];
        refuses(STORE_SMALL);
    }
    b.config.blocks = 3;
    refuses(STORE_SMALL);
}

/* STORE0048 */
static void memory(void **state)
{
    (void)state;
    b.config.memory_bytes = 4 * STORE_BLOCK;
    refuses(STORE_MEMORY);
    b.config.memory_bytes = 2 * STORE_BLOCK;
    refuses(STORE_MEMORY);
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
    refuses(STORE_DAMAGED);
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
        memcpy(copy, b.disk.bytes, sizeof(copy));
        if (damage & 1) b.disk.bytes[1][80] ^= 1;
        if (damage & 2) b.disk.bytes[BLOCKS - 2][80] ^= 1;
        b.config.read_only = true;
        assert_int_equal(bench_open(&b), STORE_OK);
        store_figures(&b.store, &figures);
        assert_int_equal(figures.bad_anchors, (damage & 1) + damage / 2);
        assert_int_equal(figures.anchors, 2 - figures.bad_anchors);
        assert_int_equal(bench_check(&b, 2, 0), 30);
        memcpy(b.disk.bytes, copy, sizeof(copy));
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
    refuses(STORE_DAMAGED);
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

/* STORE0052: whichever write or flush fails: nothing is lost, and nothing is durable too early. */
static void device_at_append(void **state)
{
    (void)state;
    uint64_t have = 30;
    for (uint32_t fail = 1; fail < 30; fail++) {
        b.disk.failure = fail % 2 ? STORE_IO_FAILED : STORE_IO_SHORT;
        b.disk.fail_at = 0;
        assert_int_equal(bench_open(&b), STORE_OK);
        b.disk.requests = 0;
        b.disk.fail_at = fail;
        uint64_t before = store_durable(&b.store);
        for (uint32_t i = 0; i < 10; i++) {
            assert_int_equal(bench_append(&b, 1, 2000), STORE_OK);
        }
        store_sync(&b.store);
        bench_run(&b);
        have += 10;
        if (b.disk.requests < fail) {
            assert_true(fail > 5);
            return;
        }
        assert_int_equal(store_status(&b.store), fail % 2 ? STORE_DEVICE : STORE_SHORT);
        assert_int_equal(bench_append(&b, 1, 10), store_status(&b.store));
        assert_true(store_durable(&b.store) < before + 11);
        store_retry(&b.store);
        bench_run(&b);
        struct store_figures figures;
        store_figures(&b.store, &figures);
        assert_int_equal(figures.durable_records, figures.records);
        assert_int_equal(bench_check(&b, 1, 0), have);
    }
    fail_msg("ten appends take too many requests");
}

/* STORE0053 */
static void device_at_reading(void **state)
{
    (void)state;
    struct store_item item;
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(bench_open(&b), STORE_OK);
        b.disk.requests = 0;
        b.disk.fail_at = 1 + i;
        b.disk.failure = i == 0 ? STORE_IO_FAILED : STORE_IO_SHORT;
        store_read_from(&b.reader, 1, 0);
        enum store_result result;
        while ((result = bench_read(&b, &item)) == STORE_OK) {
        }
        assert_int_equal(result, i == 0 ? STORE_DEVICE : STORE_SHORT);
        b.disk.fail_at = 0;
        assert_int_equal(bench_check(&b, 1, 0), 30);
    }
}

/* STORE0054: a damaged archive is seen by who reads there, and does not keep the log from growing. */
static void damaged_archive(void **state)
{
    (void)state;
    struct store_item item;
    struct store_where where;
    b.disk.bytes[STORE_FIRST + 2][700] ^= 1;
    assert_int_equal(bench_open(&b), STORE_OK);
    assert_int_equal(bench_append(&b, 1, 10), STORE_OK);
    store_read_from(&b.reader, 1, 0);
    enum store_result result;
    while ((result = bench_read(&b, &item)) == STORE_OK) {
    }
    assert_int_equal(result, STORE_DAMAGED);
    assert_int_equal(store_read_damage(&b.reader, &where), STORE_BAD_HASH);
    assert_int_equal(where.block, STORE_FIRST + 2);
    assert_int_equal(bench_check(&b, 1, 25), 30);
}

/* STORE0055 */
static void read_only(void **state)
{
    (void)state;
    uint64_t position;
    struct store_blob blob = {1, 0, 0, 1, "x", 1};
    b.config.read_only = true;
    refuses(STORE_OK);
    assert_int_equal(bench_append(&b, 1, 10), STORE_READ_ONLY);
    assert_int_equal(bench_commit(&b), STORE_READ_ONLY);
    assert_int_equal(store_checkpoint(&b.store, &blob, &position), STORE_READ_ONLY);
}

/* STORE0056: a full device takes nothing more, has lost nothing, and has room for what must be. */
static void full(void **state)
{
    (void)state;
    uint64_t have = 30, position;
    struct store_blob blob = {1, 0, 0, 1, "state", 5};
    enum store_result result;
    while ((result = bench_append(&b, 1, 1500)) == STORE_OK) {
        have++;
    }
    assert_int_equal(result, STORE_FULL);
    assert_int_equal(store_checkpoint(&b.store, &blob, &position), STORE_OK);
    store_sync(&b.store);
    bench_run(&b);
    assert_int_equal(store_durable(&b.store), position);
    assert_int_equal(bench_append(&b, 1, 1500), STORE_FULL);
    assert_int_equal(bench_commit(&b), STORE_FULL);
    assert_int_equal(bench_check(&b, 1, 0), have);
    uint32_t boots = 0;
    while ((result = bench_open(&b)) == STORE_OK) {
        struct store_figures figures;
        store_figures(&b.store, &figures);
        assert_int_equal(bench_check(&b, 1, 0), have);
        store_sync(&b.store);
        bench_run(&b);
        boots++;
        assert_true(boots < 100);
    }
    assert_true(boots > 2);
    assert_int_equal(result, STORE_FULL);
    assert_int_equal(bench_append(&b, 1, 1), STORE_FULL);
    assert_int_equal(bench_check(&b, 1, 0), have);
}

/* STORE0057: the reserve is for the shutdown, too. */
static void reserve(void **state)
{
    (void)state;
    while (bench_append(&b, 1, 1500) == STORE_OK) {
    }
    assert_int_equal(bench_append(&b, 1, 1500), STORE_FULL);
    store_use_reserve(&b.store);
    assert_int_equal(bench_append(&b, 1, 1500), STORE_OK);
}

/* STORE0058: with all buffers under way nothing is taken, and later it is. */
static void busy(void **state)
{
    (void)state;
    static uint8_t payload[2500];
    struct store_record record = {1, 1, 1, sizeof(payload), payload};
    uint64_t position = 0, taken_last = 0;
    enum store_result result;
    while ((result = store_append(&b.store, &record, 1, &position)) == STORE_OK) {
        taken_last = position;
    }
    assert_int_equal(result, STORE_BUSY);
    assert_int_equal(store_append(&b.store, &record, 1, &position), STORE_BUSY);
    assert_int_equal(position, taken_last);
    bench_run(&b);
    assert_int_equal(store_append(&b.store, &record, 1, &position), STORE_OK);
}

/* STORE0059 */
static void large(void **state)
{
    (void)state;
    static uint8_t payload[3 * STORE_BLOCK];
    uint64_t position;
    uint32_t most = (uint32_t)store_append_max(&b.store) - sizeof(struct store_head);
    struct store_record records[2] = {{1, 1, 1, most, payload}, {2, 1, 1, 0, payload}};
    struct store_blob blob = {1, 0, 0, 1, payload, store_part_max(&b.store) + 1};
    assert_int_equal(store_append(&b.store, records, 2, &position), STORE_LARGE);
    assert_int_equal(store_checkpoint(&b.store, &blob, &position), STORE_LARGE);
    blob.length--;
    assert_int_equal(store_append(&b.store, records, 1, &position), STORE_OK);
    assert_int_equal(store_checkpoint(&b.store, &blob, &position), STORE_OK);
}

/* STORE0060: numbers that are no stream's; and more streams than there may be. */
static void streams(void **state)
{
    (void)state;
    uint64_t position;
    uint32_t bad[] = {0, STORE_STREAM_MAX + 1, STORE_ALL, STORE_NOTES, STORE_CHECKPOINTS};
    for (uint32_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct store_record record = {bad[i], 1, 1, 1, "x"};
        assert_int_equal(store_append(&b.store, &record, 1, &position), STORE_STREAM);
    }
    struct store_blob blob = {77, 0, 0, 1, "x", 1};
    assert_int_equal(store_checkpoint(&b.store, &blob, &position), STORE_STREAM);
    uint32_t made = 0;
    while (bench_append(&b, 1000 + made, 1) == STORE_OK) {
        made++;
    }
    assert_int_equal(made, STORE_SERVICES - 2); /* two are in the log */
    assert_int_equal(bench_append(&b, 1000 + made, 1), STORE_STREAM);
    assert_int_equal(bench_commit(&b), STORE_OK);
    blob.at = 0;
    for (uint32_t i = 0; i < made + 3; i++) { /* each of them may have its checkpoints */
        blob.stream = i < 3 ? i : 997 + i;
        assert_int_equal(store_checkpoint(&b.store, &blob, &position), STORE_OK);
        bench_run(&b);
    }
    store_sync(&b.store);
    bench_run(&b);
    assert_int_equal(bench_open(&b), STORE_OK);
    assert_int_equal(bench_check(&b, 1000, 0), 1);
}

/* STORE0061 */
static void order(void **state)
{
    (void)state;
    uint64_t position;
    struct commit c = {.seq = 1};
    struct store_blob blobs[] = {
        {1, 5, 1, 2, "x", 1}, {1, 5, 2, 2, "x", 1}, {1, 31, 0, 1, "x", 1}, {1, 5, 0, 0, "x", 1}};
    assert_int_equal(store_commit(&b.store, &c, b.chain.head, &position), STORE_ORDER);
    for (uint32_t i = 0; i < sizeof(blobs) / sizeof(blobs[0]); i++) {
        assert_int_equal(store_checkpoint(&b.store, &blobs[i], &position), STORE_ORDER);
    }
    blobs[0].part = 0;
    assert_int_equal(store_checkpoint(&b.store, &blobs[0], &position), STORE_OK);
    blobs[0].part = 1;
    blobs[0].at = 6;
    assert_int_equal(store_checkpoint(&b.store, &blobs[0], &position), STORE_ORDER);
}

/* STORE0062: power goes at any write of the formatting, torn in any way: then the disk is still
 * empty, or has a new log, or the old one. */
static void format_cut(void **state)
{
    (void)state;
    struct store_io io;
    memcpy(copy, b.disk.bytes, sizeof(copy));
    for (uint32_t way = 0; way < 8 * 256; way++) {
        uint32_t cut = way / 256, sectors = way % 256;
        memcpy(b.disk.bytes, copy, sizeof(copy));
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
        memset(b.config.id, 0, STORE_ID_BYTES);
        b.config.format = STORE_FORMAT_NEVER;
        b.config.read_only = true;
        assert_int_equal(bench_open(&b), STORE_OK);
        bool new = b.store.super.id[0] == 'a';
        assert_int_equal(bench_check(&b, 1, 0), new ? 0 : 30);
        b.config.read_only = false;
    }
}

/* STORE0063 */
static void texts(void **state)
{
    (void)state;
    for (uint32_t i = 0; i <= STORE_NONE; i++) {
        assert_string_not_equal(store_text((enum store_result)i), "unknown result");
        for (uint32_t j = 0; j < i; j++) {
            assert_string_not_equal(store_text((enum store_result)i),
                                    store_text((enum store_result)j));
        }
    }
    for (uint32_t i = 0; i <= STORE_BAD_CHAIN; i++) {
        assert_string_not_equal(store_fault_text((enum store_fault)i), "unknown fault");
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
        cmocka_unit_test_setup(device_at_open, setup_log),
        cmocka_unit_test_setup(device_at_append, setup_log),
        cmocka_unit_test_setup(device_at_reading, setup_log),
        cmocka_unit_test_setup(damaged_archive, setup_log),
        cmocka_unit_test_setup(read_only, setup_log),
        cmocka_unit_test_setup(full, setup_log),
        cmocka_unit_test_setup(reserve, setup_log),
        cmocka_unit_test_setup(busy, setup_log),
        cmocka_unit_test_setup(large, setup_log),
        cmocka_unit_test_setup(streams, setup_log),
        cmocka_unit_test_setup(order, setup_log),
        cmocka_unit_test_setup(format_cut, setup_log),
        cmocka_unit_test_setup(texts, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
