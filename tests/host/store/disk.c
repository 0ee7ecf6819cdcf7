/* disk.c - see disk.h. */
#include "disk.h"

enum store_io_result disk_do(struct disk *d, const struct store_io *io)
{
    if (++d->requests == d->fail_at) return d->failure;
    if (io->op == STORE_FLUSH) {
        d->flushes++;
        return STORE_IO_OK;
    }
    assert_true(io->blocks > 0);
    assert_true(io->block + io->blocks <= d->blocks);
    size_t bytes = (size_t)io->blocks * STORE_BLOCK;
    if (io->op == STORE_READ) memcpy(io->data, d->bytes[io->block], bytes);
    if (io->op == STORE_WRITE) memcpy(d->bytes[io->block], io->data, bytes);
    d->reads += io->op == STORE_READ;
    d->writes += io->op == STORE_WRITE;
    return STORE_IO_OK;
}

void bench_clear(struct bench *b, uint64_t blocks)
{
    memset(b, 0, sizeof(*b));
    b->disk.blocks = blocks;
    b->disk.failure = STORE_IO_FAILED;
    b->config = (struct store_config){
        .memory = b->memory,
        .memory_bytes = sizeof(b->memory),
        .blocks = blocks,
        .format = STORE_FORMAT_EMPTY,
        .geometry = {.group_blocks = 2, .segment_blocks = 16, .window_blocks = 16},
        .id = "the log's id 01",
        .label = "test",
        .boot = {.id = "boot", .memory = 1 << 28, .image = "image"},
    };
}

void bench_run(struct bench *b)
{
    struct store_io io;
    while (store_next(&b->store, &io)) {
        store_done(&b->store, io.id, disk_do(&b->disk, &io));
    }
}

enum store_result bench_reopen(struct bench *b)
{
    b->config.opening++;
    store_open(&b->store, &b->config);
    bench_run(b);
    if (store_status(&b->store) == STORE_OK)
        b->config.boot.goes_on = b->store.fold.table.boot; /* for the writer that comes next */
    store_read_begin(&b->reader, &b->store, b->window, sizeof(b->window));
    return store_status(&b->store);
}

enum store_result bench_open(struct bench *b)
{
    b->config.boot.id[15]++;
    b->config.boot.time += 1000;
    b->config.boot.goes_on = 0;
    b->chain = (struct chain){0};
    return bench_reopen(b);
}

static void fill(uint8_t *bytes, uint32_t length, uint32_t stream, uint64_t seq)
{
    for (uint32_t i = 0; i < length; i++) {
        bytes[i] = (uint8_t)(1 + (stream * 7 + seq * 13 + i) % 255);
    }
}

enum store_result bench_append(struct bench *b, uint32_t stream, uint32_t length)
{
    static uint8_t payload[1 << 16];
    uint64_t position;
    const struct store_stream *known = store_stream(&b->store, stream);
    fill(payload, length, stream, known != NULL ? known->next : 0);
    struct store_record record = {stream, (uint16_t)stream, 1, length, payload};
    enum store_result result = store_append(&b->store, &record, 1, &position);
    if (result != STORE_BUSY) return result;
    bench_run(b);
    return store_append(&b->store, &record, 1, &position);
}

enum store_result bench_commit(struct bench *b)
{
    uint64_t position;
    struct commit c = {.seq = b->chain.count, .time = b->chain.count * 3, .op = COMMIT_MAP};
    struct chain next = b->chain;
    chain_append(&next, &c);
    enum store_result result = store_commit(&b->store, &c, next.head, &position);
    if (result == STORE_BUSY) {
        bench_run(b);
        result = store_commit(&b->store, &c, next.head, &position);
    }
    if (result == STORE_OK) b->chain = next;
    return result;
}

enum store_result bench_read(struct bench *b, struct store_item *out)
{
    struct store_io io;
    enum store_result result;
    while ((result = store_read(&b->reader, out)) == STORE_WAIT) {
        if (!store_read_next(&b->reader, &io)) fail_msg("waits for nothing");
        store_read_done(&b->reader, disk_do(&b->disk, &io));
    }
    return result;
}

uint64_t bench_check(struct bench *b, uint32_t stream, uint64_t from)
{
    static uint8_t expected[1 << 16];
    struct store_item item;
    enum store_result result;
    store_read_from(&b->reader, stream, from);
    while ((result = bench_read(b, &item)) == STORE_OK) {
        assert_int_equal(item.stream, stream);
        assert_int_equal(item.seq, from);
        from++;
        if (stream == STORE_KERNEL || stream == STORE_NOTES) continue;
        fill(expected, item.length, stream, item.seq);
        assert_memory_equal(item.payload, expected, item.length);
    }
    assert_int_equal(result, STORE_END);
    return from;
}

void bench_fill(struct bench *b)
{
    assert_int_equal(bench_open(b), STORE_OK);
    for (uint32_t i = 0; i < 60; i++) {
        assert_int_equal(bench_append(b, 1 + i % 2, 1000), STORE_OK);
        store_sync(&b->store);
        bench_run(b);
    }
}

void bench_refuses(struct bench *b, enum store_result result)
{
    static uint8_t copy[DISK_BLOCKS_MAX][STORE_BLOCK];
    memcpy(copy, b->disk.bytes, sizeof(copy));
    b->disk.writes = b->disk.flushes = 0;
    assert_string_equal(store_text(bench_open(b)), store_text(result));
    assert_int_equal(b->disk.writes + b->disk.flushes, 0);
    assert_memory_equal(copy, b->disk.bytes, sizeof(copy));
}
