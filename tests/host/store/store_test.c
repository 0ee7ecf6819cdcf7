/* store_test.c - formatting, appending, recovery and reading, where nothing goes wrong. */
#include "disk.h"

static struct bench b;

static int setup(void **state)
{
    (void)state;
    bench_clear(&b, 400);
    return 0;
}

static void sync_all(void)
{
    store_sync(&b.store);
    bench_run(&b);
    struct store_figures figures;
    store_figures(&b.store, &figures);
    assert_int_equal(store_durable(&b.store), figures.records);
}

/* STORE0001 */
static void round_trip(void **state)
{
    (void)state;
    assert_int_equal(bench_open(&b), STORE_OK);
    for (uint32_t i = 0; i < 300; i++) {
        assert_int_equal(bench_append(&b, 1 + i % 3, i * 5), STORE_OK);
        assert_int_equal(bench_commit(&b), STORE_OK);
        if (i % 7 == 0) sync_all();
    }
    sync_all();
    for (uint32_t stream = 0; stream < 4; stream++) {
        uint64_t next = stream == 0 ? 300 : 100;
        for (uint64_t from = 0; from <= next; from += 33) {
            assert_int_equal(bench_check(&b, stream, from), next);
        }
    }
}

/* STORE0002: what was durable is there at the next boot, and the log goes on. */
static void boots(void **state)
{
    (void)state;
    for (uint32_t boot = 0; boot < 20; boot++) {
        struct store_figures figures;
        struct chain last = b.chain;
        assert_int_equal(bench_open(&b), STORE_OK);
        store_figures(&b.store, &figures);
        assert_int_equal(figures.boot, boot + 1);
        assert_int_equal(figures.base, boot * 17);
        assert_int_equal(figures.last_count, boot == 0 ? 0 : 17);
        assert_memory_equal(figures.last_head, last.head, HASH_BYTES);
        for (uint32_t i = 0; i < 17; i++) {
            assert_int_equal(bench_commit(&b), STORE_OK);
            assert_int_equal(bench_append(&b, 5, 200), STORE_OK);
        }
        sync_all();
        assert_int_equal(bench_check(&b, 0, 0), (boot + 1) * 17);
        assert_int_equal(bench_check(&b, 5, 3), (boot + 1) * 17);
        assert_int_equal(bench_check(&b, STORE_NOTES, 0) > boot, true);
    }
}

/* STORE0003: a writer that is started again in the same boot goes on with its chain. */
static void same_boot(void **state)
{
    (void)state;
    assert_int_equal(bench_open(&b), STORE_OK);
    for (uint32_t i = 0; i < 5; i++) {
        for (uint32_t j = 0; j < 30; j++) {
            assert_int_equal(bench_commit(&b), STORE_OK);
        }
        sync_all();
        assert_int_equal(bench_reopen(&b), STORE_OK);
        assert_int_equal(store_commits(&b.store), b.chain.count);
        struct store_figures figures;
        store_figures(&b.store, &figures);
        assert_int_equal(figures.boot, 1);
    }
    assert_int_equal(bench_check(&b, 0, 0), 150);
}

/* STORE0005: two boots of the same name (of machines without chance) are two: that one goes on is
 * said by its number only. And that number with another name is another boot, too. */
static void same_name(void **state)
{
    struct store_figures figures;
    (void)state;
    assert_int_equal(bench_open(&b), STORE_OK);
    assert_int_equal(bench_commit(&b), STORE_OK);
    sync_all();
    b.config.boot.goes_on = 0;
    assert_int_equal(bench_reopen(&b), STORE_OK);
    assert_int_equal(store_commits(&b.store), 0);
    store_figures(&b.store, &figures);
    assert_int_equal(figures.boot, 2);
    assert_int_equal(figures.last_count, 1);
    sync_all();
    b.config.boot.goes_on = 1; /* it did, but is not the last one */
    assert_int_equal(bench_reopen(&b), STORE_OK);
    store_figures(&b.store, &figures);
    assert_int_equal(figures.boot, 3);
    sync_all();
    b.config.boot.id[0]++;
    assert_int_equal(bench_reopen(&b), STORE_OK);
    store_figures(&b.store, &figures);
    assert_int_equal(figures.boot, 4);
}

static void checkpoint(uint64_t at, uint32_t parts)
{
    uint64_t position;
    for (uint32_t i = 0; i < parts; i++) {
        struct store_blob blob = {9, at, i, parts, "0123456789", 1 + i};
        enum store_result result = store_checkpoint(&b.store, &blob, &position);
        if (result == STORE_BUSY) bench_run(&b);
        if (result == STORE_BUSY) result = store_checkpoint(&b.store, &blob, &position);
        assert_int_equal(result, STORE_OK);
    }
}

static void expect_checkpoint(uint32_t age, uint64_t at, uint32_t parts)
{
    uint64_t found;
    struct store_item item;
    assert_int_equal(store_read_checkpoint(&b.reader, 9, age, &found), STORE_OK);
    assert_int_equal(found, at);
    for (uint32_t i = 0; i < parts; i++) {
        assert_int_equal(bench_read(&b, &item), STORE_OK);
        const struct store_part *part = item.payload;
        assert_int_equal(part->at, at);
        assert_int_equal(part->part, i);
        assert_int_equal(part->parts, parts);
        assert_int_equal(item.length, sizeof(*part) + 1 + i);
        assert_memory_equal(part + 1, "0123456789", 1 + i);
    }
}

/* STORE0004: the last two whole checkpoints are found, at once and at the next boot. */
static void checkpoints(void **state)
{
    (void)state;
    uint64_t at;
    assert_int_equal(bench_open(&b), STORE_OK);
    for (uint32_t i = 0; i < 10; i++) {
        assert_int_equal(bench_append(&b, 9, 3000), STORE_OK);
    }
    assert_int_equal(store_read_checkpoint(&b.reader, 9, 0, &at), STORE_NONE);
    checkpoint(4, 3);
    sync_all();
    expect_checkpoint(0, 4, 3);
    assert_int_equal(store_read_checkpoint(&b.reader, 9, 1, &at), STORE_NONE);
    checkpoint(8, 9);
    uint64_t position;
    struct store_blob half = {9, 10, 0, 2, "x", 1};
    assert_int_equal(store_checkpoint(&b.store, &half, &position), STORE_OK);
    sync_all();
    for (uint32_t boot = 0; boot < 3; boot++) {
        expect_checkpoint(0, 8, 9);
        expect_checkpoint(1, 4, 3);
        assert_int_equal(bench_open(&b), STORE_OK);
        for (uint32_t i = 0; i < 10; i++) {
            assert_int_equal(bench_append(&b, 7, 3000), STORE_OK);
        }
        sync_all();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(round_trip, setup),  cmocka_unit_test_setup(boots, setup),
        cmocka_unit_test_setup(same_boot, setup),   cmocka_unit_test_setup(same_name, setup),
        cmocka_unit_test_setup(checkpoints, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
