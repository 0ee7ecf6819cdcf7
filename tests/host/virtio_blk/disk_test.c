/* disk_test.c - the driver's queue and requests against a simulated device, honest and not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "device.h"

#define TEST(name) cmocka_unit_test(name)
enum { PAGE_SLOTS = 3, PAGE_DATA = 8, DATA_PAGES = 32, NONE = 0xffff };

static struct disk disk;

static uint64_t data_at(uint32_t offset)
{
    return PHYSICAL_BASE + PAGE_DATA * PAGE + offset;
}

static void setup(uint16_t size)
{
    uint64_t slots[DISK_SLOT_PAGES];
    device_reset(size);
    for (uint32_t i = 0; i < DISK_SLOT_PAGES; i++) {
        slots[i] = PHYSICAL_BASE + (PAGE_SLOTS + i) * PAGE;
    }
    memset(&disk, 0, sizeof(disk));
    disk.limits = (struct disk_limits){.sectors = DISK_SECTORS,
                                       .segments = 16,
                                       .segment_bytes = PAGE,
                                       .drop_sectors = 64,
                                       .zero_sectors = 32,
                                       .block_bytes = 512,
                                       .flush = true};
    vq_init(&disk.queue, size, device.memory, device.memory + PAGE, device.memory + 2 * PAGE);
    disk_init(&disk, device.memory + PAGE_SLOTS * PAGE, slots);
}

static enum disk_error submit(enum disk_type type, uint64_t sector, uint32_t count, uint32_t offset,
                              uint64_t cookie)
{
    struct vq_piece pieces[DISK_SEGMENTS_MAX + 1];
    struct disk_request r = {
        .type = type, .sector = sector, .count = count, .pieces = pieces, .cookie = cookie};
    uint64_t bytes = type == DISK_SERIAL                       ? DISK_SERIAL_BYTES
                     : type == DISK_READ || type == DISK_WRITE ? (uint64_t)count * SECTOR_BYTES
                                                               : 0;
    for (uint64_t done = 0; done < bytes && r.piece_count <= DISK_SEGMENTS_MAX; done += PAGE) {
        uint32_t part = bytes - done < PAGE ? (uint32_t)(bytes - done) : PAGE;
        pieces[r.piece_count++] = (struct vq_piece){data_at(offset + (uint32_t)done), part};
    }
    enum disk_error e = disk_submit(&disk, &r);
    if (e == DISK_OK) (void)vq_publish(&disk.queue);
    return e;
}

static bool taken(uint64_t cookie, enum disk_error wanted)
{
    uint64_t got = ~0ull;
    enum disk_error result = DISK_BROKEN;
    return disk_take(&disk, &got, &result) && got == cookie && result == wanted;
}

static void reads_and_writes(void **state)
{
    (void)state;
    setup(64);
    for (uint32_t i = 0; i < 3 * PAGE; i++) {
        *at_physical(data_at(i)) = (uint8_t)(i * 7);
    }
    assert_int_equal(submit(DISK_WRITE, 5, 24, 0, 11), DISK_OK);
    assert_false(taken(11, DISK_OK)); /* nothing yet */
    device_fetch();
    assert_true(device_answer(HONEST));
    assert_true(taken(11, DISK_OK));
    assert_memory_equal(device.sectors + 5 * SECTOR_BYTES, at_physical(data_at(0)), 3 * PAGE);
    assert_int_equal(submit(DISK_READ, 5, 24, 4 * PAGE, 12), DISK_OK);
    device_fetch();
    assert_true(device_answer(HONEST));
    assert_true(taken(12, DISK_OK));
    assert_memory_equal(at_physical(data_at(0)), at_physical(data_at(4 * PAGE)), 3 * PAGE);
    assert_int_equal(submit(DISK_SYNC, 0, 0, 0, 13), DISK_OK);
    assert_int_equal(submit(DISK_ZERO, 6, 2, 0, 14), DISK_OK);
    assert_int_equal(submit(DISK_DROP, 6, 64, 0, 15), DISK_OK);
    assert_int_equal(submit(DISK_SERIAL, 0, 0, 0, 16), DISK_OK);
    assert_int_equal(disk.in_flight, 4);
    device_fetch();
    for (uint32_t i = 0; i < 4; i++) {
        uint64_t cookie;
        enum disk_error result;
        assert_true(device_answer(HONEST));
        assert_true(disk_take(&disk, &cookie, &result));
        assert_int_equal(result, DISK_OK);
    }
    assert_int_equal(device.flushes + device.drops + device.zeroes, 3);
    assert_int_equal(device.sectors[6 * SECTOR_BYTES + 1], 0);
    assert_memory_equal(at_physical(data_at(0)), "a serial number of 2", DISK_SERIAL_BYTES);
    assert_int_equal(disk.in_flight, 0);
    assert_int_equal(disk.queue.free_count, 64);
}

/* Who listens misses nothing, whether the answer comes before it or after it. */
static void interrupts_when_listened_to(void **state)
{
    (void)state;
    setup(64);
    for (uint32_t i = 0; i < 100; i++) {
        device.interrupts = 0;
        vq_hush(&disk.queue);
        assert_int_equal(submit(DISK_SYNC, 0, 0, 0, i), DISK_OK);
        device_fetch();
        if (i % 2 == 0) assert_true(device_answer(HONEST));
        assert_int_equal(device.interrupts, 0);
        assert_int_equal(vq_listen(&disk.queue), i % 2 != 0);
        if (i % 2 != 0) assert_true(device_answer(HONEST));
        assert_int_equal(device.interrupts, i % 2);
        assert_true(taken(i, DISK_OK));
        assert_true(vq_listen(&disk.queue));
    }
}

static void refuses(void **state)
{
    (void)state;
    setup(64);
    assert_int_equal(submit(DISK_READ, DISK_SECTORS, 1, 0, 0), DISK_BAD_RANGE);
    assert_int_equal(submit(DISK_READ, DISK_SECTORS - 1, 2, 0, 0), DISK_BAD_RANGE);
    assert_int_equal(submit(DISK_READ, ~0ull, 2, 0, 0), DISK_BAD_RANGE);
    assert_int_equal(submit(DISK_READ, 0, 0, 0, 0), DISK_BAD_RANGE);
    assert_int_equal(submit(DISK_READ, 0, 17 * 8, 0, 0), DISK_BAD_RANGE); /* 17 pieces of 16 */
    assert_int_equal(submit(DISK_DROP, 0, 65, 0, 0), DISK_BAD_RANGE);
    assert_int_equal(submit(DISK_ZERO, 0, 33, 0, 0), DISK_BAD_RANGE);
    assert_int_equal(submit((enum disk_type)99, 0, 1, 0, 0), DISK_BAD_REQUEST);
    struct vq_piece piece = {data_at(0), 1024};
    struct disk_request r = {.type = DISK_READ, .count = 1, .pieces = &piece, .piece_count = 1};
    assert_int_equal(disk_submit(&disk, &r), DISK_BAD_REQUEST); /* data of another length */
    piece.bytes = 0;
    assert_int_equal(disk_submit(&disk, &r), DISK_BAD_RANGE);
    r.type = DISK_SYNC;
    assert_int_equal(disk_submit(&disk, &r), DISK_BAD_REQUEST);
    r.type = DISK_ZERO;
    assert_int_equal(disk_submit(&disk, &r), DISK_BAD_REQUEST);
    disk.limits.zero_sectors = 0;
    assert_int_equal(submit(DISK_ZERO, 0, 1, 0, 0), DISK_NOT_OFFERED);
    disk.limits.read_only = true;
    assert_int_equal(submit(DISK_WRITE, 0, 1, 0, 0), DISK_NOT_WRITABLE);
    assert_int_equal(submit(DISK_DROP, 0, 1, 0, 0), DISK_NOT_WRITABLE);
    assert_int_equal(disk.queue.given, 0);
    assert_int_equal(disk.queue.free_count, 64);
}

static void is_full(void **state)
{
    (void)state;
    setup(16);
    uint32_t count = 0;
    while (submit(DISK_READ, count, 1, count * PAGE, count) == DISK_OK) {
        count++;
    }
    assert_int_equal(count, 5); /* of 3 descriptors each */
    assert_int_equal(submit(DISK_READ, 0, 1, 0, 0), DISK_FULL);
    device_fetch();
    assert_true(device_answer(HONEST));
    uint64_t cookie;
    enum disk_error result;
    assert_true(disk_take(&disk, &cookie, &result));
    assert_int_equal(submit(DISK_READ, 0, 1, 0, 0), DISK_OK);
    setup(256);
    for (count = 0; submit(DISK_SYNC, 0, 0, 0, count) == DISK_OK;) {
        count++;
    }
    assert_int_equal(count, DISK_FLIGHTS); /* 128 chains of 2 */
}

/* Long runs in any order, over the wrap of both indices. */
static void goes_round(void **state)
{
    (void)state;
    setup(32);
    uint64_t submitted = 0, done = 0;
    static bool open[1 << 17];
    memset(open, 0, sizeof(open));
    while (done < 100000) {
        uint32_t sectors = 1 + device_random() % 40;
        bool write = device_random() % 2;
        if (submit(write ? DISK_WRITE : DISK_READ, device_random() % 128, sectors, 0, submitted) ==
            DISK_OK)
            open[submitted++] = true;
        device_fetch();
        if (device_random() % 3 != 0) (void)device_answer(HONEST);
        uint64_t cookie;
        enum disk_error result;
        while (disk_take(&disk, &cookie, &result)) {
            assert_int_equal(result, DISK_OK);
            assert_true(open[cookie]);
            open[cookie] = false;
            done++;
        }
        assert_false(disk.queue.broken);
    }
    assert_int_equal(disk.in_flight, submitted - done);
}

static void breaks(enum malice how)
{
    setup(64);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(submit(DISK_READ, i, 8, i * PAGE, i), DISK_OK);
    }
    device_fetch();
    uint64_t cookie;
    enum disk_error result;
    assert_true(device_answer(HONEST));
    assert_true(disk_take(&disk, &cookie, &result));
    assert_true(device_answer(how));
    assert_false(disk_take(&disk, &cookie, &result));
    assert_true(disk.queue.broken);
    assert_int_equal(disk.in_flight, 3);
    assert_int_equal(submit(DISK_READ, 0, 1, 0, 0), DISK_BROKEN);
}

static void wrong_answers_break_the_queue(void **state)
{
    (void)state;
    breaks(UNKNOWN_ID);
    breaks(HUGE_ID);
    breaks(TWICE);
    breaks(TOO_LONG);
    breaks(RUNS_AHEAD);
}

static void bad_work_is_an_error(void **state)
{
    static const enum malice kinds[] = {SHORT, NO_STATUS, STRANGE_STATUS};
    (void)state;
    for (uint32_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        setup(64);
        assert_int_equal(submit(DISK_READ, 0, 8, 0, 5), DISK_OK);
        device_fetch();
        assert_true(device_answer(kinds[i]));
        assert_true(taken(5, DISK_IO_ERROR));
        assert_int_equal(submit(DISK_READ, 0, 8, 0, 6), DISK_OK);
    }
}

/* What it does to the tables it may write to changes nothing of what we know. */
static void tables_are_not_read_back(void **state)
{
    (void)state;
    setup(64);
    for (uint32_t round = 0; round < 2000; round++) {
        uint32_t count = 0;
        while (count < 8 && submit(DISK_READ, count, 8, count * PAGE, count) == DISK_OK) {
            count++;
        }
        assert_int_equal(count, 8);
        device_fetch();
        uint64_t cookie;
        enum disk_error result;
        for (uint32_t i = 0; i < count; i++) {
            /* the last one of a round: those that wait are read from the table */
            assert_true(device_answer(i + 1 == count ? SCRIBBLES : HONEST));
            assert_true(disk_take(&disk, &cookie, &result));
            assert_int_equal(result, DISK_OK);
        }
        assert_int_equal(disk.queue.free_count, 64);
        assert_int_equal(disk.in_flight, 0);
    }
}

static void take_all(uint64_t submitted)
{
    uint64_t cookie;
    enum disk_error result;
    for (uint32_t k = 0; k < 100 && disk_take(&disk, &cookie, &result); k++) {
        assert_true(cookie < submitted);
    }
    assert_true(disk.in_flight <= DISK_FLIGHTS && disk.queue.free_count <= 64);
}

static void scribble(void)
{
    volatile uint8_t *tables = device.memory;
    for (uint32_t k = 0; k < 20; k++) {
        tables[device_random() % (3 * PAGE)] = (uint8_t)device_random();
    }
}

/* A device that answers anything at any time: no memory is touched that is not ours. */
static void survives_anything(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        setup(64);
        device.seed = seed;
        for (uint32_t i = 0; i < 200 && !disk.queue.broken; i++) {
            (void)submit(device_random() % 2 ? DISK_READ : DISK_WRITE, device_random() % 128,
                         1 + device_random() % 64, 0, i);
            scribble();
            take_all(i + 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_and_writes),
        TEST(interrupts_when_listened_to),
        TEST(refuses),
        TEST(is_full),
        TEST(goes_round),
        TEST(wrong_answers_break_the_queue),
        TEST(bad_work_is_an_error),
        TEST(tables_are_not_read_back),
        TEST(survives_anything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
