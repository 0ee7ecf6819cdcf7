/* errors_test.c - each error of appending and reading is caused; nothing is lost by it. */
#include "disk.h"

enum { BLOCKS = 400 };

static struct bench b;

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

/* STORE0054: a damaged archive is seen by who reads there; the log goes on. */
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

/* The record's result when it is read anew, and its block. */
static enum store_result read_one(uint32_t stream, uint64_t seq, uint64_t *out_block)
{
    struct store_item item = {0};
    store_read_begin(&b.reader, &b.store, b.window, sizeof(b.window));
    store_read_from(&b.reader, stream, seq);
    enum store_result result = bench_read(&b, &item);
    if (result == STORE_OK) assert_int_equal(item.seq, seq);
    *out_block = item.block;
    return result;
}

/* STORE0085: groups without the stream are passed by, sound or not; one that held the record and
 * does not look so any more is missed. */
static void passed_by(void **state)
{
    (void)state;
    uint32_t tried = 0;
    for (uint64_t seq = 2; seq < 29; seq++) {
        uint64_t own, other, at;
        uint8_t kept[2][STORE_BLOCK];
        assert_int_equal(read_one(1, seq, &own), STORE_OK);
        assert_int_equal(read_one(2, seq - 1, &other), STORE_OK);
        if ((own - STORE_FIRST) % 16 == 0 || (other - STORE_FIRST) % 16 == 0) continue;
        memcpy(kept[0], b.disk.bytes[own], STORE_BLOCK);
        memcpy(kept[1], b.disk.bytes[other], STORE_BLOCK);
        b.disk.bytes[other][1000] ^= 1;
        assert_int_equal(read_one(1, seq, &at), STORE_OK);
        assert_int_equal(at, own);
        assert_int_equal(read_one(2, seq - 1, &at), STORE_DAMAGED);
        memcpy(b.disk.bytes[own], kept[1], STORE_BLOCK);
        memcpy(b.disk.bytes[other], kept[1], STORE_BLOCK);
        assert_int_equal(read_one(1, seq, &at), STORE_DAMAGED);
        memcpy(b.disk.bytes[own], kept[0], STORE_BLOCK);
        tried++;
    }
    assert_true(tried > 15);
}

/* STORE0055 */
static void read_only(void **state)
{
    (void)state;
    uint64_t position;
    struct store_blob blob = {1, 0, 0, 1, "x", 1};
    b.config.read_only = true;
    bench_refuses(&b, STORE_OK);
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
        cmocka_unit_test_setup(device_at_append, setup_log),
        cmocka_unit_test_setup(device_at_reading, setup_log),
        cmocka_unit_test_setup(damaged_archive, setup_log),
        cmocka_unit_test_setup(passed_by, setup_log),
        cmocka_unit_test_setup(read_only, setup_log),
        cmocka_unit_test_setup(full, setup_log),
        cmocka_unit_test_setup(reserve, setup_log),
        cmocka_unit_test_setup(busy, setup_log),
        cmocka_unit_test_setup(large, setup_log),
        cmocka_unit_test_setup(streams, setup_log),
        cmocka_unit_test_setup(order, setup_log),
        cmocka_unit_test_setup(texts, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
