/* work.c - see work.h. */
#include "work.h"

#include "block.h"
#include "idl/block.h"
#include "slots.h"
#include "startup.h"

enum { OPEN_TRIES = 20000, WRITES_IN_8 = 5 };

uint32_t work_random(struct work *w)
{
    w->seed = w->seed * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(w->seed >> 33);
}

static uint64_t *data_of(const struct work *w, uint32_t flight)
{
    return (uint64_t *)(w->client.ring.data + (uint64_t)flight * BLOCK_BYTES);
}

static uint64_t word_of(uint32_t block, uint32_t version, uint32_t i)
{
    return version == 0 ? 0 : ((uint64_t)block << 32 | version) ^ (uint64_t)i << 52;
}

/* The driver may be starting again. */
bool work_open(struct work *w)
{
    for (uint32_t i = 0; i < OPEN_TRIES; i++) {
        struct block_open_in in = {
            .asker = {.slot = startup_cap("console"), .rights = RIGHT_WRITE}};
        struct block_open_out out = {.bulk.slot = slot_alloc()};
        int err = block_open(w->disk, &in, &out);
        const struct bulk_open_args args = {
            .bulk = out.bulk.slot, .entries = RINGS, .data_pages = DEPTH};
        if (err == OK && bulk_open(&w->client, &args) == OK) {
            w->bulk = out.bulk.slot;
            return true;
        }
        if (err == OK) slot_discard(out.bulk.slot);
        if (err != OK) slot_release(out.bulk.slot);
        sys_yield();
    }
    return false;
}

static void submit(struct work *w, uint32_t flight)
{
    const struct flight *f = &w->flights[flight];
    uint64_t *data = data_of(w, flight);
    uint32_t id;
    for (uint32_t i = 0; i < BLOCK_BYTES / 8; i++) {
        data[i] = f->op == BLOCK_WRITE ? word_of(f->block, f->version, i) : ~0ull;
    }
    const struct ring_submission s = {.op = f->op,
                                      .sector = (uint64_t)f->block * BLOCK_SECTORS,
                                      .count = f->op == BLOCK_FLUSH ? 0 : BLOCK_SECTORS,
                                      .data = (uint64_t)flight * BLOCK_BYTES};
    if (ring_submit(&w->client.ring, &s, flight, &id) != OK) w->error = ERR_BUSY;
}

/* What was read is a version not older than the last that was answered. */
static void compare(struct work *w, uint32_t flight)
{
    uint32_t block = w->flights[flight].block;
    const uint64_t *data = data_of(w, flight);
    uint32_t version = (uint32_t)data[0], good = 0;
    if (version >= w->acked[block] && version <= w->started[block]) {
        while (good < BLOCK_BYTES / 8 && data[good] == word_of(block, version, good)) {
            good++;
        }
    }
    if (good == BLOCK_BYTES / 8 || w->wrong_block != 0) return;
    w->wrong_block = block + 1;
    w->wrong_at = good;
}

static void finish(struct work *w, uint32_t flight, uint32_t result)
{
    struct flight *f = &w->flights[flight];
    if (result != OK && w->error == OK) w->error = result;
    if (result == OK && f->op == BLOCK_WRITE) w->acked[f->block] = f->version;
    if (result == OK && f->op == BLOCK_READ) compare(w, flight);
    w->busy[f->block] = false;
    f->op = 0;
    w->done++;
}

/* Another driver has no request of ours: all that are not answered are made again. */
static void reopen(struct work *w)
{
    bulk_close(&w->client);
    slot_discard(w->bulk);
    w->reopened++;
    if (!work_open(w)) {
        w->error = ERR_PEER_DIED;
        return;
    }
    for (uint32_t i = 0; i < DEPTH; i++) {
        if (w->flights[i].op != 0) submit(w, i);
    }
    (void)bulk_submitted(&w->client);
}

static void collect_one(struct work *w)
{
    struct ring_completion c;
    uint64_t flight;
    int err = bulk_submitted(&w->client);
    if (err == OK) err = bulk_wait(&w->client, &c, &flight);
    if (err == OK) finish(w, (uint32_t)flight, c.result);
    if (err != OK) reopen(w);
}

static uint32_t free_flight(struct work *w)
{
    for (;;) {
        for (uint32_t i = 0; i < DEPTH; i++) {
            if (w->flights[i].op == 0) return i;
        }
        if (w->error != OK) return 0;
        collect_one(w);
    }
}

static void start(struct work *w, uint16_t op, uint32_t block)
{
    uint32_t flight = free_flight(w);
    while (w->busy[block] && w->error == OK) {
        collect_one(w);
    }
    flight = free_flight(w);
    w->flights[flight] = (struct flight){.op = op, .block = block};
    if (op == BLOCK_WRITE) w->flights[flight].version = ++w->started[block];
    w->busy[block] = true;
    submit(w, flight);
}

static void drain(struct work *w)
{
    for (uint32_t i = 0; i < DEPTH; i++) {
        while (w->flights[i].op != 0 && w->error == OK) {
            collect_one(w);
        }
    }
}

void work_load(struct work *w, uint64_t requests)
{
    for (uint64_t i = 0; i < requests && w->error == OK; i++) {
        bool write = work_random(w) % 8 < WRITES_IN_8;
        start(w, write ? BLOCK_WRITE : BLOCK_READ, work_random(w) % w->blocks);
    }
    drain(w);
}

void work_flush(struct work *w)
{
    start(w, BLOCK_FLUSH, 0);
    drain(w);
}

void work_fill(struct work *w)
{
    for (uint32_t i = 0; i < w->blocks && w->error == OK; i++) {
        start(w, BLOCK_WRITE, i);
    }
    drain(w);
}

void work_check(struct work *w)
{
    for (uint32_t i = 0; i < w->blocks && w->error == OK; i++) {
        start(w, BLOCK_READ, i);
    }
    drain(w);
}
