/* disk_world.c - see disk_world.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "disk_world.h"

struct disk disk;
static void *memory;
struct logmem *log_memory;
struct chain chain;

struct test_device device;

static void device_do(uint32_t at)
{
    struct store_io io = device.flight[at];
    enum store_io_result result = device.fails ? STORE_IO_FAILED : STORE_IO_OK;
    device.flight[at] = device.flight[--device.flying];
    uint8_t *place = device.now + io.block * STORE_BLOCK;
    size_t bytes = (size_t)io.blocks * STORE_BLOCK;
    if (!device.fails && io.op == STORE_READ) memcpy(io.data, place, bytes);
    if (!device.fails && io.op == STORE_WRITE) {
        memcpy(place, io.data, bytes);
        for (uint32_t i = 0; i < io.blocks; i++) {
            assert_true(device.cached < CACHE);
            device.cache[device.cached++] = io.block + i;
        }
    }
    if (!device.fails && io.op == STORE_FLUSH) {
        memcpy(device.stable, device.now, (size_t)BLOCKS * STORE_BLOCK);
        device.cached = 0;
    }
    disk_done(&disk, io.id, result);
}

bool step(void)
{
    while (device.flying < FLIGHT && disk_next(&disk, &device.flight[device.flying])) {
        device.flying++;
    }
    if (device.flying == 0) return false;
    device_do((uint32_t)rand() % device.flying);
    return true;
}

void settle(void)
{
    while (step()) {
    }
}

void power_cut(void)
{
    for (uint32_t i = 0; i < device.cached; i++) {
        uint64_t at = device.cache[i] * STORE_BLOCK;
        if (rand() % 2) memcpy(device.stable + at, device.now + at, STORE_BLOCK);
    }
    memcpy(device.now, device.stable, (size_t)BLOCKS * STORE_BLOCK);
    device.cached = device.flying = 0;
}

void open_again(uint8_t boot)
{
    static uint64_t openings;
    static uint8_t last;
    device.flying = 0; /* who asked is gone */
    struct disk_config config = {.memory = memory,
                                 .blocks = BLOCKS,
                                 .log = log_memory,
                                 .boot = {.id = {1, boot}},
                                 .opening = ++openings};
    if (boot == last) config.boot.goes_on = disk.store.fold.table.boot;
    last = boot;
    disk_open(&disk, &config);
    settle();
}

int setup(void **state)
{
    (void)state;
    srand(3);
    if (memory == NULL) {
        memory = aligned_alloc(4096, disk_memory());
        device.stable = calloc(BLOCKS, STORE_BLOCK);
        device.now = calloc(BLOCKS, STORE_BLOCK);
        struct logmem layout = {.magic = LOGMEM_MAGIC};
        logmem_layout(&layout, 64 << 20);
        log_memory = calloc(1, layout.bytes);
        *log_memory = layout;
    }
    memset(device.stable, 0, (size_t)BLOCKS * STORE_BLOCK);
    memset(device.now, 0, (size_t)BLOCKS * STORE_BLOCK);
    device.flying = device.cached = 0;
    device.fails = false;
    logmem_ledger(log_memory)->hashed = 0;
    chain = (struct chain){0};
    open_again(1);
    assert_int_equal(disk_status(&disk), STORE_OK);
    return 0;
}

static uint32_t contents(uint32_t stream, uint64_t sequence, uint8_t *out)
{
    uint32_t len = (uint32_t)((sequence + stream) * 2654435761u % 4057);
    for (uint32_t i = 0; i < len; i++) {
        out[i] = (uint8_t)(sequence * 31 + i + stream);
    }
    return len;
}

int append(uint32_t stream, uint64_t sequence)
{
    static uint8_t bytes[4096];
    struct stream_append_in in = {.sequence = sequence};
    in.record = data_from(bytes, contents(stream, sequence, bytes));
    return disk_append(&disk, stream, &in);
}

void append_surely(uint32_t stream, uint64_t sequence)
{
    int err;
    while ((err = append(stream, sequence)) == ERR_BUSY) {
        assert_true(step());
    }
    assert_int_equal(err, OK);
}

struct stream_info_out info(uint32_t stream)
{
    struct stream_info_out out;
    disk_info(&disk, stream, &out);
    return out;
}

int ask(enum disk_kind kind, uint32_t stream, uint64_t number)
{
    static uint64_t tokens;
    struct disk_waiting w = {.token = ++tokens, .kind = kind, .stream = stream, .number = number};
    assert_int_equal(disk_ask(&disk, &w), REPLY_LATER);
    while (!disk_step(&disk)) {
        assert_true(step());
    }
    assert_int_equal(disk.answer.token, tokens);
    return disk.answer.err;
}

void read_all(uint32_t stream, uint64_t from)
{
    static uint8_t want[4096];
    uint64_t next = info(stream).next;
    while (from < next) {
        assert_int_equal(ask(DISK_READ, stream, from), OK);
        uint64_t after = disk.answer.next;
        for (uint32_t at = 0; at < disk.answer.length; from++) {
            uint64_t len;
            memcpy(&len, disk.answer.bytes + at, 8);
            assert_int_equal(len, contents(stream, from, want));
            assert_memory_equal(disk.answer.bytes + at + 8, want, len);
            at += 8 + ((uint32_t)len + 7) / 8 * 8;
        }
        assert_int_equal(from, after);
    }
}

void commits_until(uint64_t count)
{
    while (chain.count < count) {
        struct commit *c = logmem_commit(log_memory, chain.count);
        memset(c, (int)chain.count, sizeof(*c));
        c->seq = chain.count;
        chain_append(&chain, c);
        memcpy(logmem_hash(log_memory, chain.count - 1), chain.head, HASH_BYTES);
    }
    logmem_ledger(log_memory)->hashed = count;
}

void feed(void)
{
    do {
        while (disk_feed(&disk)) {
        }
    } while (step());
}
