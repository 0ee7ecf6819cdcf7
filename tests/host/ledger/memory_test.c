/* memory_test.c - streams in memory: what is refused, what goes, and what a kill leaves. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "memory.h"

enum { BYTES = 16 * AREA_SEGMENT_BYTES, STREAM = 77, OTHER = 78, KILLS = 150 };

static struct memory memory;
static uint8_t *area, buffer[4096];
static uint64_t *acknowledged; /* shared with the child that is killed */

static int setup(void **state)
{
    (void)state;
    area = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(area != MAP_FAILED);
    assert_true(memory_open(&memory, area, BYTES));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return munmap(area, BYTES);
}

/* What record `sequence` holds: its length and bytes follow from the number. */
static uint32_t contents(uint64_t sequence, uint8_t *out)
{
    uint32_t len = (uint32_t)(sequence * 2654435761u % 4057);
    for (uint32_t i = 0; i < len; i++) {
        out[i] = (uint8_t)(sequence * 31 + i);
    }
    return len;
}

static int append(uint32_t stream, uint64_t sequence)
{
    static uint8_t bytes[4096];
    struct stream_append_in in = {.sequence = sequence};
    in.record = data_from(bytes, contents(sequence, bytes));
    return memory_append(&memory, stream, &in);
}

static int checkpoint(uint64_t at, uint32_t part, uint32_t parts)
{
    uint8_t bytes[64];
    memset(bytes, (int)(at + part), sizeof(bytes));
    struct stream_checkpoint_in in = {
        .at = at, .part = part, .parts = parts, .bytes = data_from(bytes, sizeof(bytes))};
    return memory_checkpoint(&memory, STREAM, &in);
}

static struct stream_info_out info(uint32_t stream)
{
    struct stream_info_out out;
    memory_info(&memory, stream, &out);
    return out;
}

/* All records from `from` on are there, and are what they were. */
static void read_all(uint32_t stream, uint64_t from)
{
    static uint8_t want[4096];
    uint64_t next = info(stream).next;
    while (from < next) {
        struct stream_read_out out;
        assert_int_equal(memory_read(&memory, stream, from, &out, buffer), OK);
        assert_true(out.next > from && out.records.len <= 4072);
        for (uint32_t at = 0; at < out.records.len; from++) {
            uint64_t len;
            memcpy(&len, out.records.at + at, 8);
            assert_int_equal(len, contents(from, want));
            assert_memory_equal(out.records.at + at + 8, want, len);
            at += 8 + ((uint32_t)len + 7) / 8 * 8;
        }
        assert_int_equal(from, out.next);
    }
}

static void records_in_order(void **state)
{
    struct stream_read_out out;
    (void)state;
    assert_int_equal(append(STREAM, 1), STREAM_GAP);
    assert_int_equal(info(STREAM).next, 0);
    for (uint64_t i = 0; i < 100; i++) {
        assert_int_equal(append(STREAM, i), OK);
        assert_int_equal(append(OTHER, i), OK);
    }
    assert_int_equal(append(STREAM, 50), OK); /* there already: nothing changes */
    assert_int_equal(append(STREAM, 101), STREAM_GAP);
    assert_int_equal(info(STREAM).next, 100);
    assert_int_equal(info(STREAM).durable, 100);
    assert_int_equal(memory_streams(&memory), 2);
    read_all(STREAM, 0);
    read_all(OTHER, 0);
    assert_int_equal(memory_read(&memory, STREAM, 100, &out, buffer), STREAM_NO_RECORD);
    assert_int_equal(memory_read(&memory, 99, 0, &out, buffer), STREAM_NO_RECORD);
}

static void full(void **state)
{
    uint64_t n = 0;
    (void)state;
    while (info(STREAM).room > 0) {
        assert_int_equal(append(STREAM, n++), OK);
    }
    while (append(STREAM, n) == OK) {
        n++;
    }
    assert_int_equal(append(STREAM, n), STREAM_FULL);
    assert_int_equal(append(OTHER, 0), STREAM_FULL);
    assert_int_equal(info(STREAM).next, n);
    read_all(STREAM, 0);
    assert_true(memory_open(&memory, area, BYTES));
    assert_int_equal(info(STREAM).next, n);
    read_all(STREAM, 0);
}

static void checkpoints(void **state)
{
    struct stream_load_out out;
    (void)state;
    assert_int_equal(checkpoint(0, 1, 2), STREAM_GAP); /* not with its second part */
    assert_int_equal(checkpoint(0, 0, 0), STREAM_GAP);
    assert_int_equal(checkpoint(1, 0, 1), STREAM_GAP); /* of a record that is not there */
    for (uint64_t i = 0; i < 200; i++) {
        assert_int_equal(append(STREAM, i), OK);
    }
    uint32_t free_before = memory.area.free;
    assert_int_equal(checkpoint(200, 0, 3), OK);
    assert_int_equal(checkpoint(200, 2, 3), STREAM_GAP);
    assert_int_equal(checkpoint(200, 1, 4), STREAM_GAP);
    assert_int_equal(checkpoint(200, 1, 3), OK);
    assert_int_equal(info(STREAM).checkpoint, false); /* not whole: not in force */
    read_all(STREAM, 0);
    assert_true(memory_open(&memory, area, BYTES));
    assert_int_equal(info(STREAM).checkpoint, false);
    assert_int_equal(checkpoint(200, 2, 3), OK);
    assert_true(info(STREAM).checkpoint);
    assert_true(memory.area.free > free_before);
    assert_int_equal(info(STREAM).next, 200); /* the numbers go on */
    assert_int_equal(append(STREAM, 200), OK);
    read_all(STREAM, 200);
    for (int twice = 0; twice < 2; twice++) {
        for (uint32_t part = 0; part < 3; part++) {
            assert_int_equal(memory_load(&memory, STREAM, part, &out), OK);
            assert_int_equal(out.bytes.len, 64);
            assert_int_equal(out.at, 200);
            assert_int_equal(out.parts, 3);
            assert_int_equal(out.bytes.at[63], 200 + part);
        }
        assert_int_equal(memory_load(&memory, STREAM, 3, &out), STREAM_NO_RECORD);
        assert_true(memory_open(&memory, area, BYTES));
    }
    assert_int_equal(memory_load(&memory, OTHER, 0, &out), STREAM_NO_RECORD);
}

static void not_an_area(void **state)
{
    (void)state;
    area[3] = 1;
    assert_false(memory_open(&memory, area, BYTES));
    memset(area, 0, BYTES);
    assert_false(memory_open(&memory, area, AREA_SEGMENT_BYTES));
    assert_true(memory_open(&memory, area, BYTES));
    assert_int_equal(append(STREAM, 0), OK);
    for (uint32_t i = 1; i < 40; i++) {
        assert_int_equal(append(STREAM, i), OK);
    }
    /* A segment that begins with another record than the one before it ended with. */
    ((struct area_segment *)(void *)(area + 2 * AREA_SEGMENT_BYTES))->first++;
    assert_false(memory_open(&memory, area, BYTES));
}

/* Appends and makes checkpoints until it is killed. */
_Noreturn static void work(void)
{
    for (uint64_t n = info(STREAM).next;; n++) {
        if (append(STREAM, n) != OK) _exit(1);
        __atomic_store_n(acknowledged, n + 1, __ATOMIC_RELEASE);
        if (n % 100 != 0) continue;
        for (uint32_t part = 0; part < 5; part++) {
            if (checkpoint(n, part, 5) != OK) _exit(2);
        }
    }
}

static void killed_at_any_instruction(void **state)
{
    (void)state;
    srand(1);
    acknowledged = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < KILLS; i++) {
        pid_t child = fork();
        if (child == 0) work();
        usleep((useconds_t)(rand() % 3000));
        assert_int_equal(kill(child, SIGKILL), 0);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status)); /* nothing was refused */
        assert_true(memory_open(&memory, area, BYTES));
        struct stream_info_out now = info(STREAM);
        assert_true(now.next >= *acknowledged && now.next <= *acknowledged + 1);
        struct stream_load_out out = {.parts = now.checkpoint};
        for (uint32_t part = 0; part < out.parts; part++) {
            assert_int_equal(memory_load(&memory, STREAM, part, &out), OK);
            assert_int_equal(out.bytes.at[0], (uint8_t)(out.at + part));
        }
        read_all(STREAM, out.at);
    }
    assert_true(*acknowledged > 100);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(records_in_order),          CASE(full), CASE(checkpoints), CASE(not_an_area),
        CASE(killed_at_any_instruction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
