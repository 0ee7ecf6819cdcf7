/*
 * fuzz.c - a log whose bytes somebody changed who can hash: opening, reading and verifying it end,
 * in the memory that they were given. Input: block, offset and value, many times; then all is
 * hashed anew.
 */
#include <sodium/crypto_generichash_blake2b.h>

#include "disk.h"
#include "store/verify.h"

enum { BLOCKS = 100, CHANGE_BYTES = 5, STEPS_MAX = 20000 };

static struct bench b;
static uint8_t original[BLOCKS][STORE_BLOCK];

static void make(void)
{
    bench_clear(&b, BLOCKS);
    b.config.geometry = (struct store_geometry){2, 8, 8, 4};
    (void)bench_open(&b);
    for (uint32_t i = 0; i < 40; i++) {
        uint64_t position;
        struct store_blob blob = {1, i, 0, 1, "checkpoint", 10};
        (void)bench_append(&b, 1 + i % 3, 50 * i);
        (void)bench_commit(&b);
        if (i % 5 == 0) (void)store_checkpoint(&b.store, &blob, &position);
        store_sync(&b.store);
        bench_run(&b);
        if (i == 20) (void)bench_open(&b);
    }
    memcpy(original, b.disk.bytes, sizeof(original));
}

static bool hash(struct store_top *top, uint64_t magic, uint64_t blocks)
{
    if (top->magic != magic || top->bytes < sizeof(*top)) return false;
    if (top->bytes > blocks * STORE_BLOCK) return false;
    (void)crypto_generichash_blake2b(top->hash, HASH_BYTES, (uint8_t *)top + HASH_BYTES,
                                     top->bytes - HASH_BYTES, NULL, 0);
    return true;
}

/* The hashes, and what refers to them, fit the bytes again. */
static void hash_all(void)
{
    struct store_super *first = (void *)b.disk.bytes[0];
    uint8_t before[HASH_BYTES];
    (void)hash(&first->top, STORE_SUPER_MAGIC, 1);
    (void)hash((void *)b.disk.bytes[BLOCKS - 1], STORE_SUPER_MAGIC, 1);
    memcpy(before, first->top.hash, HASH_BYTES);
    for (uint64_t block = STORE_FIRST; block < BLOCKS - 2; block++) {
        struct store_group *g = (void *)b.disk.bytes[block];
        if (g->top.magic == STORE_GROUP_MAGIC) memcpy(g->before, before, HASH_BYTES);
        if (hash(&g->top, STORE_GROUP_MAGIC, BLOCKS - block)) {
            memcpy(before, g->top.hash, HASH_BYTES);
        }
    }
    for (uint32_t i = 0; i < 2; i++) {
        struct store_anchor *a = (void *)b.disk.bytes[i == 0 ? 1 : BLOCKS - 2];
        if (a->block < BLOCKS) memcpy(a->group_hash, b.disk.bytes[a->block], HASH_BYTES);
        (void)hash(&a->top, STORE_ANCHOR_MAGIC, 1);
    }
}

/* A device that refuses what it does not have. */
static enum store_io_result device(const struct store_io *io)
{
    if (io->op == STORE_FLUSH) return STORE_IO_OK;
    if (io->block >= BLOCKS || io->blocks > BLOCKS - io->block) return STORE_IO_FAILED;
    return disk_do(&b.disk, io);
}

static void drive(void)
{
    struct store_io io;
    for (uint32_t i = 0; i < STEPS_MAX; i++) {
        if (!store_next(&b.store, &io)) return;
        store_done(&b.store, io.id, device(&io));
    }
    abort();
}

static void read_all(uint32_t stream, uint64_t from)
{
    struct store_item item;
    struct store_io io;
    store_read_from(&b.reader, stream, from);
    for (uint32_t i = 0; i < STEPS_MAX; i++) {
        enum store_result result = store_read(&b.reader, &item);
        if (result == STORE_OK) {
            const uint8_t *payload = item.payload;
            volatile uint8_t last = item.length > 0 ? payload[item.length - 1] : 0;
            (void)last;
        } else if (result != STORE_WAIT) {
            return;
        } else if (store_read_next(&b.reader, &io)) {
            store_read_done(&b.reader, device(&io));
        }
    }
    abort();
}

static void verify(void)
{
    static struct store_verify v;
    struct store_io io;
    store_verify_begin(&v, &b.store, b.window, 8 * STORE_BLOCK);
    for (uint32_t i = 0; i < STEPS_MAX; i++) {
        if (store_verify(&v) != STORE_WAIT) return;
        if (store_verify_next(&v, &io)) store_verify_done(&v, device(&io));
    }
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool made;
    uint64_t at;
    if (!made) make();
    made = true;
    memcpy(b.disk.bytes, original, sizeof(original));
    for (; size >= CHANGE_BYTES; data += CHANGE_BYTES, size -= CHANGE_BYTES) {
        uint64_t block = (data[0] | (uint64_t)data[1] << 8) % BLOCKS;
        uint32_t offset = (data[2] | (uint32_t)data[3] << 8) % STORE_BLOCK;
        b.disk.bytes[block][offset] = data[4];
    }
    hash_all();
    memset(b.config.id, 0, STORE_ID_BYTES);
    b.config.memory_bytes = (1 + 4 * 2) * STORE_BLOCK;
    b.config.opening++;
    store_open(&b.store, &b.config);
    drive();
    enum store_result result = store_status(&b.store);
    if (result != STORE_OK && result != STORE_DAMAGED) return 0;
    store_read_begin(&b.reader, &b.store, b.window, 8 * STORE_BLOCK);
    read_all(STORE_ALL, 0);
    read_all(STORE_KERNEL, 20);
    read_all(2, 3);
    if (store_read_checkpoint(&b.reader, 1, 0, &at) == STORE_OK) read_all(1, at);
    verify();
    return 0;
}
