/* world.c - see world.h. */
#include "world.h"

#include <string.h>

static struct world the_world;
struct world *world = &the_world;
enum { BURST_BYTES = 620 };
const struct shape *shape;

static struct { /* of recovery and reading: not part of the world's state */
    struct store store;
    struct store_reader reader;
    uint8_t memory[MEMORY_BLOCKS * STORE_BLOCK] __attribute__((aligned(8)));
    uint8_t window[8 * STORE_BLOCK] __attribute__((aligned(8)));
} check;

static struct store_config config(bool read_only)
{
    struct store_config c = {.memory = read_only ? check.memory : world->memory,
                             .memory_bytes =
                                 (1 + (uint64_t)shape->slots * shape->group_blocks) * STORE_BLOCK,
                             .blocks = shape->blocks,
                             .read_only = read_only,
                             .format = read_only ? STORE_FORMAT_NEVER : STORE_FORMAT_EMPTY,
                             .geometry = {.group_blocks = shape->group_blocks,
                                          .segment_blocks = shape->segment_blocks,
                                          .window_blocks = shape->slots * shape->group_blocks,
                                          .reserve_blocks = shape->group_blocks},
                             .id = "crash explorer",
                             .opening = world->boots + 1};
    c.boot.id[0] = (uint8_t)(world->boots + 1);
    c.boot.id[1] = (uint8_t)((world->boots + 1) >> 8);
    return c;
}

void world_clear(const struct shape *s)
{
    shape = s;
    memset(world, 0, sizeof(*world));
    world->whole[0] = true;
    world->digest[0] = 1;
}

static void direct(const struct store_io *io)
{
    uint8_t *at = world->medium + io->block * STORE_BLOCK;
    size_t bytes = (size_t)io->blocks * STORE_BLOCK;
    if (io->block + io->blocks > shape->blocks) broken("a request behind the device's end");
    if (io->op == STORE_READ) memcpy(io->data, at, bytes);
    if (io->op == STORE_WRITE) memcpy(at, io->data, bytes);
}

void world_begin(void)
{
    struct store_config c = config(false);
    world->boots++;
    world->chain = (struct chain){0};
    world->pendings = 0;
    world->flush = 0;
    world->key = world_medium_key();
    store_open(&world->store, &c);
}

enum store_result world_open(void)
{
    world_begin();
    while (store_status(&world->store) == STORE_WAIT) {
        if (!world_submit()) world_complete(0, STORE_IO_OK);
    }
    return store_status(&world->store);
}

static uint64_t digest_record(uint64_t before, const struct store_item *item)
{
    uint64_t h = mix(mix(before, item->stream), item->seq);
    return mix_bytes(mix(h, item->length), item->payload, item->length);
}

static enum store_result recover(struct found *out)
{
    struct store_config c = config(true);
    struct store_io io;
    struct store_item item;
    enum store_result result;
    store_open(&check.store, &c);
    while (store_next(&check.store, &io)) {
        direct(&io);
        store_done(&check.store, io.id, STORE_IO_OK);
    }
    if (store_status(&check.store) != STORE_OK) return store_status(&check.store);
    store_read_begin(&check.reader, &check.store, check.window, sizeof(check.window));
    store_read_from(&check.reader, STORE_ALL, 0);
    while ((result = store_read(&check.reader, &item)) != STORE_END) {
        if (result == STORE_WAIT && store_read_next(&check.reader, &io)) {
            direct(&io);
            store_read_done(&check.reader, STORE_IO_OK);
        } else if (result != STORE_OK) {
            return result;
        } else if (item.stream != STORE_NOTES) {
            out->digest = digest_record(out->digest, &item);
            out->records++;
        }
    }
    return STORE_OK;
}

void world_recover(struct found *out)
{
    struct store_figures figures;
    *out = (struct found){.digest = 1};
    out->result = (uint16_t)recover(out);
    store_figures(&check.store, &figures);
    out->anchors = (uint16_t)figures.anchors;
}

static void expect(uint32_t stream, const void *payload, uint32_t length, uint64_t position)
{
    struct world *w = world;
    if (w->records == EXPECTED_MAX) broken("more records than the explorer has room for");
    struct store_item item = {.stream = stream,
                              .seq = store_stream(&w->store, stream)->next - 1,
                              .length = length,
                              .payload = payload};
    w->position[w->records] = position;
    w->digest[w->records + 1] = digest_record(w->digest[w->records], &item);
    w->whole[++w->records] = true;
}

static bool append(uint32_t count, uint32_t length)
{
    uint8_t payload[2][SECTOR * 2];
    struct store_record records[2];
    uint64_t position;
    for (uint32_t i = 0; i < count; i++) {
        memset(payload[i], (int)(1 + (world->ops * 5 + i) % 255), length);
        records[i] = (struct store_record){1 + i, 1, 1, length, payload[i]};
    }
    enum store_result result = store_append(&world->store, records, count, &position);
    if (result == STORE_BUSY || result == STORE_FULL) return false;
    if (result != STORE_OK) broken("append: %s", store_text(result));
    for (uint32_t i = 0; i < count; i++) {
        expect(1 + i, payload[i], length, position);
        if (i + 1 < count) world->whole[world->records] = false;
    }
    return true;
}

static bool commit(void)
{
    struct commit c = {.seq = world->chain.count, .time = world->ops, .op = COMMIT_MAP};
    struct chain next = world->chain;
    struct store_commit payload = {.commit = c};
    uint64_t position;
    chain_append(&next, &c);
    enum store_result result = store_commit(&world->store, &c, next.head, &position);
    if (result == STORE_BUSY || result == STORE_FULL) return false;
    if (result != STORE_OK) broken("commit: %s", store_text(result));
    memcpy(payload.tag, next.head, sizeof(payload.tag));
    world->chain = next;
    expect(STORE_KERNEL, &payload, sizeof(payload), position);
    return true;
}

static bool checkpoint(void)
{
    struct store_part payload[2] = {{.at = 0, .part = 0, .parts = 1}, {.at = world->ops}};
    struct store_blob blob = {1, 0, 0, 1, &payload[1], sizeof(payload[1])};
    uint64_t position;
    enum store_result result = store_checkpoint(&world->store, &blob, &position);
    if (result != STORE_OK) return false;
    expect(1 | STORE_CHECKPOINTS, payload, sizeof(payload), position);
    return true;
}

static bool burst(void)
{
    uint64_t until = world->store.fold.group + 2;
    bool any = false;
    while (world->store.fold.group < until && append(1, BURST_BYTES)) {
        any = true;
    }
    return any;
}

bool world_do(enum world_op op)
{
    static const char *const names[] = {"small", "pair", "commit", "checkpoint", "sync", "burst"};
    bool done = true;
    world->ops++;
    trace("%s ", names[op]);
    switch (op) {
    case OP_SMALL:
        done = append(1, 40);
        break;
    case OP_PAIR:
        done = append(2, 300);
        break;
    case OP_COMMIT:
        return commit();
    case OP_CHECKPOINT:
        done = checkpoint();
        break;
    case OP_BURST:
        done = burst();
        break;
    case OP_SYNC:
        break;
    }
    store_sync(&world->store);
    return done;
}

static void cache(const struct store_io *io)
{
    struct world *w = world;
    if (w->pendings == PENDING_MAX) broken("more unflushed writes than the window has room for");
    if (io->blocks > PENDING_BLOCKS_MAX) broken("a write of %u blocks", io->blocks);
    for (uint32_t i = 0; i < w->pendings; i++) {
        const struct pending *p = &w->pending[i];
        if (io->block >= p->block + p->blocks || p->block >= io->block + io->blocks) continue;
        if (!p->done || p->block != io->block || p->blocks != io->blocks ||
            memcmp(p->data, io->data, io->blocks * STORE_BLOCK) != 0) {
            broken("two unflushed writes to block %llu", (unsigned long long)io->block);
        }
        w->pending[i--] = w->pending[--w->pendings]; /* the same once more, after a failure */
    }
    struct pending *p = &w->pending[w->pendings++];
    *p = (struct pending){.block = io->block, .blocks = io->blocks, .id = io->id};
    memcpy(p->data, io->data, io->blocks * STORE_BLOCK);
}

bool world_submit(void)
{
    struct store_io io;
    struct world *w = world;
    if (!store_next(&w->store, &io)) return false;
    if (io.op == STORE_READ) {
        direct(&io);
        store_done(&w->store, io.id, STORE_IO_OK);
        return true;
    }
    if (io.op == STORE_WRITE) {
        trace("write(%llu+%u) ", (unsigned long long)io.block, io.blocks);
        cache(&io);
        return true;
    }
    if (io.op != STORE_FLUSH || w->flush != 0) broken("a request out of place");
    trace("flush ");
    w->flush = io.id;
    for (uint32_t i = 0; i < w->pendings; i++) {
        if (w->pending[i].done) w->pending[i].flush = io.id;
    }
    return true;
}

uint32_t world_under_way(void)
{
    uint32_t count = world->flush != 0;
    for (uint32_t i = 0; i < world->pendings; i++) {
        count += !world->pending[i].done;
    }
    return count;
}

static void acknowledge(void)
{
    struct world *w = world;
    while (w->acknowledged < w->records &&
           w->position[w->acknowledged] <= store_durable(&w->store)) {
        w->acknowledged++;
    }
}

static void complete_flush(enum store_io_result result)
{
    struct world *w = world;
    uint32_t id = w->flush, kept = 0;
    w->flush = 0;
    for (uint32_t i = 0; i < w->pendings; i++) {
        struct pending *p = &w->pending[i];
        if (p->flush != id || result != STORE_IO_OK) {
            p->flush = 0;
            if (kept != i) w->pending[kept] = *p;
            kept++;
            continue;
        }
        for (uint64_t s = 0; s < (uint64_t)p->blocks * SECTORS_IN_BLOCK; s++) {
            uint64_t sector = p->block * SECTORS_IN_BLOCK + s;
            uint8_t *at = w->medium + sector * SECTOR;
            w->key ^= sector_hash(sector, at) ^ sector_hash(sector, p->data + s * SECTOR);
            memcpy(at, p->data + s * SECTOR, SECTOR);
        }
    }
    w->pendings = kept;
    trace(result == STORE_IO_OK ? "flushed " : "flush-failed ");
    store_done(&w->store, id, result);
}

void world_complete(uint32_t index, enum store_io_result result)
{
    struct world *w = world;
    for (uint32_t i = 0; i < w->pendings; i++) {
        struct pending *p = &w->pending[i];
        if (p->done || index-- != 0) continue;
        p->done = true;
        trace(result == STORE_IO_OK ? "done(%llu) " : "failed(%llu) ",
              (unsigned long long)p->block);
        store_done(&w->store, p->id, result);
        return;
    }
    complete_flush(result);
    acknowledge();
}

void world_drain(void)
{
    do {
        while (world_submit()) {
        }
        if (world_under_way() > 0) world_complete(0, STORE_IO_OK);
    } while (world_under_way() > 0 || world_submit());
}
