/* disk_test.c - streams and commits on the disk of disk_world.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "disk_world.h"

static void durable_later(void **state)
{
    (void)state;
    assert_int_equal(info(STREAM).boot, 1);
    assert_int_equal(append(STREAM, 1), STREAM_GAP);
    assert_int_equal(append(STREAM, 0), OK);
    assert_int_equal(append(STREAM, 0), OK);
    assert_int_equal(info(STREAM).next, 1);
    settle();
    assert_int_equal(info(STREAM).durable, 0); /* nobody was in a hurry */
    assert_int_equal(disk_moved(&disk), 0);
    disk_hurry(&disk);
    settle();
    assert_int_equal(info(STREAM).durable, 1);
    assert_int_equal(disk_moved(&disk), STREAM);
    assert_int_equal(disk_moved(&disk), 0);
    read_all(STREAM, 0);
    assert_int_equal(ask(DISK_READ, STREAM, 1), STREAM_NO_RECORD);
    assert_int_equal(ask(DISK_READ, OTHER, 0), STREAM_NO_RECORD);
    assert_int_equal(ask(DISK_LOAD, STREAM, 0), STREAM_NO_RECORD);
}

static void append_short(uint64_t sequence)
{
    const struct stream_append_in in = {.sequence = sequence, .record = data_from("eight by", 8)};

    assert_int_equal(disk_append(&disk, STREAM, &in), OK);
}

/* Who is in a hurry is told as soon as it can be, however much comes behind that nobody waits for:
 * nothing may ever flush that. */
static void hurried_among_many(void **state)
{
    uint64_t n = 0;

    (void)state;
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < DISK_PLACES + round * 7; i++) {
            append_short(n++);
        }
        disk_hurry(&disk);
        uint64_t hurried = n;
        assert_true(step()); /* what comes now is not in what is written */
        for (uint32_t i = 0; i < 2 * DISK_PLACES; i++) {
            append_short(n++);
        }
        settle();
        assert_true(info(STREAM).durable >= hurried);
        assert_int_equal(disk_moved(&disk), STREAM);
    }
}

/* What is not durable yet is waited for, and two streams are read in turns. */
static void reading(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 300; i++) {
        append_surely(STREAM, i);
        append_surely(OTHER, i);
    }
    read_all(STREAM, 0);
    read_all(OTHER, 7);
    struct disk_waiting many = {.kind = DISK_READ, .stream = STREAM, .number = 5, .token = 1000};
    for (uint32_t i = 0; i < DISK_WAITING; i++) {
        assert_int_equal(disk_ask(&disk, &many), REPLY_LATER);
        many.stream ^= STREAM ^ OTHER;
        many.token++;
    }
    assert_int_equal(disk_ask(&disk, &many), ERR_BUSY);
    for (uint32_t i = 0; i < DISK_WAITING; i++) {
        while (!disk_step(&disk)) {
            assert_true(step());
        }
        assert_int_equal(disk.answer.token, 1000 + i);
        assert_int_equal(disk.answer.err, OK);
    }
}

static int checkpoint(uint64_t at, uint32_t part, uint32_t parts)
{
    uint8_t bytes[4032];
    memset(bytes, (int)(at + part), sizeof(bytes));
    struct stream_checkpoint_in in = {
        .at = at, .part = part, .parts = parts, .bytes = data_from(bytes, sizeof(bytes))};
    int err;
    while ((err = disk_checkpoint(&disk, STREAM, &in)) == ERR_BUSY) {
        assert_true(step());
    }
    return err;
}

static void checkpoints(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 20; i++) {
        append_surely(STREAM, i);
    }
    assert_int_equal(checkpoint(20, 1, 200), STREAM_GAP);
    for (uint32_t part = 0; part < 200; part++) {
        assert_false(info(STREAM).checkpoint);
        assert_int_equal(checkpoint(20, part, 200), OK);
    }
    assert_true(info(STREAM).checkpoint);
    append_surely(STREAM, 20);
    for (int twice = 0; twice < 2; twice++) {
        for (uint32_t part = 0; part < 200; part++) {
            assert_int_equal(ask(DISK_LOAD, STREAM, part), OK);
            assert_int_equal(disk.answer.at, 20);
            assert_int_equal(disk.answer.parts, 200);
            assert_int_equal(disk.answer.length, 4032);
            assert_int_equal(disk.answer.bytes[4031], (uint8_t)(20 + part));
        }
        assert_int_equal(ask(DISK_LOAD, STREAM, 200), STREAM_NO_RECORD);
        assert_int_equal(ask(DISK_LOAD, STREAM, 150), OK); /* out of order: from the first on */
        assert_int_equal(disk.answer.bytes[0], (uint8_t)(20 + 150));
        read_all(STREAM, disk.answer.at);
        open_again(2);
        assert_int_equal(info(STREAM).boot, 2);
        assert_int_equal(info(STREAM).next, 21);
    }
}

static void syncs(void **state)
{
    (void)state;
    append_surely(STREAM, 0);
    struct disk_waiting w = {.kind = DISK_SYNC, .token = 5, .number = 10};
    commits_until(10);
    assert_int_equal(disk_ask(&disk, &w), REPLY_LATER);
    assert_false(disk_step(&disk)); /* the commits are not there yet */
    settle();
    assert_false(disk_step(&disk));
    feed();
    assert_false(disk_step(&disk));
    settle();
    assert_true(disk_step(&disk));
    assert_int_equal(disk.answer.err, OK);
    assert_int_equal(disk.answer.token, 5);
    assert_int_equal(disk.answer.kind, DISK_SYNC);
}

static void full(void **state)
{
    uint64_t n = 0;
    int err = OK;
    (void)state;
    while (info(STREAM).room > 0) {
        append_surely(STREAM, n++);
    }
    while (err == OK || err == ERR_BUSY) {
        err = append(STREAM, n);
        n += err == OK;
        if (err == ERR_BUSY) assert_true(step());
    }
    assert_int_equal(err, STREAM_FULL);
    assert_true(info(STREAM).sealed);
    disk_hurry(&disk);
    settle();
    open_again(2);
    assert_int_equal(info(STREAM).next, n);
    read_all(STREAM, 0);
}

static void not_ours(void **state)
{
    (void)state;
    memset(device.now, 0x55, 8 * STORE_BLOCK);
    open_again(1);
    assert_int_equal(disk_status(&disk), STORE_FOREIGN);
    assert_true(info(STREAM).sealed);
    device.fails = true;
    open_again(1);
    assert_int_equal(disk_status(&disk), STORE_DEVICE);
}

/* A driver that dies: all that was under way fails; afterwards everything is there. */
static void device_errors(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 100; i++) {
        append_surely(STREAM, i);
    }
    disk_hurry(&disk);
    device.fails = true;
    settle();
    assert_true(disk_failed(&disk));
    assert_int_equal(append(STREAM, 100), ERR_BUSY);
    assert_int_equal(info(STREAM).durable, 0);
    assert_false(info(STREAM).sealed); /* who waits for a driver is not full */
    assert_true(info(STREAM).room > 0);
    device.fails = false;
    disk_retry(&disk);
    settle();
    assert_false(disk_failed(&disk));
    assert_int_equal(append(STREAM, 100), OK);
    disk_hurry(&disk);
    settle();
    assert_int_equal(info(STREAM).durable, 101);

    struct disk_waiting w = {.kind = DISK_READ, .stream = STREAM, .token = 9};
    assert_int_equal(disk_ask(&disk, &w), REPLY_LATER);
    assert_false(disk_step(&disk));
    device.fails = true;
    settle();
    assert_false(disk_step(&disk));
    assert_true(disk_failed(&disk));
    /* A place that cannot be read: only who asked for it hears of it. */
    disk_read_fails(&disk);
    assert_true(disk_step(&disk));
    assert_int_equal(disk.answer.err, STREAM_FAILED);
    assert_int_equal(disk_ask(&disk, &w), REPLY_LATER);
    assert_false(disk_step(&disk));
    settle();
    assert_true(disk_failed(&disk));
    device.fails = false;
    disk_retry(&disk);
    while (!disk_step(&disk)) {
        assert_true(step());
    }
    assert_int_equal(disk.answer.token, 9);
    assert_int_equal(disk.answer.err, OK);
    read_all(STREAM, 0);
}

/* What was durable can be read; who waits for more is told that there will be none. */
static void given_up(void **state)
{
    (void)state;
    append_surely(STREAM, 0);
    disk_hurry(&disk);
    settle();
    while (disk_moved(&disk) != 0) {
    }
    append_surely(STREAM, 1);
    disk_hurry(&disk);
    device.fails = true;
    settle();
    assert_int_equal(info(STREAM).next, 2);
    disk_give_up(&disk);
    assert_int_equal(disk_moved(&disk), STREAM);
    assert_int_equal(info(STREAM).next, 1);
    assert_true(info(STREAM).sealed);
    assert_int_equal(append(STREAM, 1), STREAM_FAILED);
    disk_retry(&disk);
    settle();
    device.fails = false;
    settle();
    assert_int_equal(info(STREAM).durable, 1); /* not written after all */
    assert_int_equal(ask(DISK_READ, STREAM, 0), OK);
    assert_int_equal(disk.answer.next, 1);
    struct disk_waiting sync = {.kind = DISK_SYNC, .token = 5};
    assert_int_equal(disk_ask(&disk, &sync), REPLY_LATER);
    assert_true(disk_step(&disk));
    assert_int_equal(disk.answer.err, STREAM_FAILED);
}

static void power_cuts(void **state)
{
    (void)state;
    uint64_t durable = 0;
    for (int cut = 0; cut < 60; cut++) {
        uint64_t next = info(STREAM).next;
        for (int i = rand() % 40; i > 0; i--) {
            append_surely(STREAM, next++);
            if (rand() % 4 == 0) disk_hurry(&disk);
            for (int j = rand() % 4; j > 0; j--) {
                (void)step();
            }
        }
        durable = info(STREAM).durable;
        bool same_boot = rand() % 3 == 0; /* then only the ledger ended: what it wrote stays */
        if (!same_boot) power_cut();
        open_again(same_boot ? (uint8_t)(100 + cut - 1) : (uint8_t)(100 + cut));
        assert_int_equal(disk_status(&disk), STORE_OK);
        assert_true(info(STREAM).next >= durable && info(STREAM).next <= next);
        assert_int_equal(info(STREAM).durable, info(STREAM).next);
        read_all(STREAM, 0);
    }
    assert_true(durable > 100);
}

/* What the ledger before wrote and did not flush is there for the next one, and gone with the
 * power: it is called durable only when it is. */
static void not_flushed(void **state)
{
    (void)state;
    uint64_t kept = 0;
    for (uint8_t boot = 1; boot < 20; boot++) {
        append_surely(STREAM, info(STREAM).next);
        disk_hurry(&disk);
        while (device.cached == 0) {
            assert_true(step());
        }
        open_again(boot);
        uint64_t durable = info(STREAM).durable;
        kept += durable == info(STREAM).next && device.cached == 0;
        memcpy(device.now, device.stable, (size_t)BLOCKS * STORE_BLOCK);
        device.cached = device.flying = 0;
        open_again(boot + 1);
        assert_true(info(STREAM).next >= durable);
    }
    assert_true(kept > 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        CASE(durable_later), CASE(hurried_among_many),
        CASE(reading),       CASE(checkpoints),
        CASE(syncs),         CASE(full),
        CASE(not_ours),      CASE(device_errors),
        CASE(given_up),      CASE(power_cuts),
        CASE(not_flushed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
