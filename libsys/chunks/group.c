/* group.c - chunks into groups, groups to the device, and what is durable. */
#include <sodium/crypto_generichash_blake2b.h>
#include <string.h>

#include "inside.h"

void chunk_hash(struct chunk_bytes bytes, uint8_t out_hash[CHUNK_HASH])
{
    const uint8_t personal[crypto_generichash_blake2b_PERSONALBYTES] = {(uint8_t)bytes.kind};
    (void)crypto_generichash_blake2b_salt_personal(out_hash, CHUNK_HASH, bytes.at, bytes.length,
                                                   NULL, 0, NULL, personal);
}

static void top_hash(const struct chunks_top *top, uint8_t out_hash[CHUNK_HASH])
{
    chunk_hash(
        (struct chunk_bytes){(const uint8_t *)top + CHUNK_HASH, CHUNKS_BLOCK - CHUNK_HASH, 0},
        out_hash);
}

void group_seal(struct chunks_top *top)
{
    top_hash(top, top->hash);
}

bool group_is_whole(const struct chunks_top *top)
{
    uint8_t hash[CHUNK_HASH];
    top_hash(top, hash);
    return memcmp(hash, top->hash, CHUNK_HASH) == 0;
}

static uint8_t *spare(const struct chunks *c)
{
    return c->config.buffer + (CHUNKS_GROUP_DATA + 1u) * CHUNKS_BLOCK;
}

/* One after the other, so that one of the two is always whole, and the same if nothing fails. */
enum chunks_result super_write(struct chunks *c)
{
    struct chunks_device *d = &c->config.device;
    uint8_t *block = spare(c);
    c->super.counter++;
    memset(block, 0, CHUNKS_BLOCK);
    memcpy(block, &c->super, sizeof(c->super));
    group_seal((struct chunks_top *)block);
    for (uint32_t i = 0; i < CHUNKS_FIRST; i++) {
        if (!d->write(d->context, i, 1, block) || !d->flush(d->context)) return CHUNKS_DEVICE;
    }
    return CHUNKS_OK;
}

/* The lowest one, so that what was never written stays together. */
bool group_find_segment(struct chunks *c, uint32_t *out_segment)
{
    uint32_t free = 0, first = 0;
    for (uint32_t i = c->segments; i-- > 0;) {
        if (c->config.segments[i].state != SEGMENT_FREE) continue;
        first = i;
        free++;
    }
    if (free <= (c->cleaning ? 0u : (uint32_t)CHUNKS_SPARE)) return false;
    *out_segment = first;
    return true;
}

/* Segments are opened before they are written: who opens the store looks at no others. */
static enum chunks_result segment_begin(struct chunks *c)
{
    uint32_t next;
    if (!group_find_segment(c, &next)) return CHUNKS_FULL;
    if (next >= c->super.opened) {
        uint64_t before = c->super.opened;
        c->super.opened = next + (uint64_t)CHUNKS_STEP;
        if (c->super.opened > c->segments) c->super.opened = c->segments;
        enum chunks_result result = super_write(c);
        if (result != CHUNKS_OK) {
            c->super.opened = before;
            return result;
        }
    }
    c->config.segments[next].state = SEGMENT_USED;
    c->segment = next;
    c->has_segment = true;
    c->at = 0;
    return CHUNKS_OK;
}

static enum chunks_result group_begin(struct chunks *c)
{
    if (!c->has_segment || c->at + 2 > CHUNKS_SEGMENT) {
        enum chunks_result result = segment_begin(c);
        if (result != CHUNKS_OK) return result;
    }
    c->limit = CHUNKS_SEGMENT - c->at - 1;
    if (c->limit > CHUNKS_GROUP_DATA) c->limit = CHUNKS_GROUP_DATA;
    memset(c->config.buffer, 0, (c->limit + 1u) * CHUNKS_BLOCK);
    c->open = true;
    c->count = c->blocks = 0;
    c->partial = c->filled = CHUNKS_BLOCK; /* none */
    return CHUNKS_OK;
}

/* Its header and data, at once. It stays open if the device cannot. */
static enum chunks_result group_write(struct chunks *c)
{
    struct chunks_device *d = &c->config.device;
    struct chunks_group *g = (struct chunks_group *)c->config.buffer;
    uint64_t place = segment_block(c->segment) + c->at;
    g->top.magic = CHUNKS_GROUP_MAGIC;
    g->top.version = CHUNKS_VERSION;
    memcpy(g->id, c->super.id, CHUNKS_ID);
    g->number = c->number;
    g->place = place;
    g->count = c->count;
    g->blocks = c->blocks;
    group_seal(&g->top);
    if (!d->write(d->context, place, c->blocks + 1, g)) return CHUNKS_DEVICE;
    c->number++;
    c->at += c->blocks + 1;
    c->open = false;
    c->unflushed = true;
    return CHUNKS_OK;
}

/* A chunk lies in one block, so that one block is read for it. */
static bool group_has_room(const struct chunks *c, uint32_t length)
{
    if (c->count == CHUNKS_GROUP_ENTRIES) return false;
    return c->filled + length <= CHUNKS_BLOCK || c->blocks < c->limit;
}

static uint32_t group_place(struct chunks *c, uint32_t length, uint16_t *out_offset)
{
    if (c->filled + length <= CHUNKS_BLOCK) {
        *out_offset = (uint16_t)c->filled;
        c->filled += length;
        return c->partial;
    }
    uint32_t block = c->blocks++;
    *out_offset = 0;
    if (length < c->filled) { /* more room than in the one before */
        c->partial = block;
        c->filled = length;
    }
    return block;
}

enum chunks_result group_add(struct chunks *c, const struct chunk *what, const void *bytes,
                             uint32_t at)
{
    enum chunks_result result = CHUNKS_OK;
    if (c->open && !group_has_room(c, what->length)) result = group_write(c);
    if (result == CHUNKS_OK && !c->open) result = group_begin(c);
    if (result != CHUNKS_OK) return result;
    struct chunk chunk = *what;
    uint32_t blocks = c->blocks, partial = c->partial, filled = c->filled;
    uint32_t block = group_place(c, what->length, &chunk.offset);
    chunk.block = (uint32_t)(segment_block(c->segment) + c->at + 1 + block);
    chunk.epoch = c->epoch;
    if (at == 0) result = chunk_add(c, &chunk);
    if (result != CHUNKS_OK) {
        c->blocks = blocks;
        c->partial = partial;
        c->filled = filled;
        return result;
    }
    if (at != 0) {
        chunk_move(c, at, chunk.block, chunk.offset);
        c->config.chunks[at].epoch = c->epoch;
        c->config.chunks[at].damaged = false;
    }
    struct chunks_group *g = (struct chunks_group *)c->config.buffer;
    struct chunks_entry *e = &g->entries[c->count++];
    *e = (struct chunks_entry){.block = (uint16_t)block,
                               .offset = chunk.offset,
                               .length = chunk.length,
                               .kind = chunk.kind};
    memcpy(e->hash, chunk.hash, CHUNK_HASH);
    memcpy(c->config.buffer + (size_t)(block + 1) * CHUNKS_BLOCK + chunk.offset, bytes,
           chunk.length);
    return CHUNKS_OK;
}

enum chunks_result chunks_put(struct chunks *c, struct chunk_bytes bytes,
                              uint8_t out_hash[CHUNK_HASH])
{
    struct chunk chunk = {.length = bytes.length, .kind = bytes.kind};
    chunk_hash(bytes, out_hash);
    memcpy(chunk.hash, out_hash, CHUNK_HASH);
    c->puts++;
    uint32_t at = chunk_find(c, out_hash);
    if (at == 0 || c->config.chunks[at].damaged) return group_add(c, &chunk, bytes.at, at);
    c->repeats++;
    return CHUNKS_OK;
}

bool chunks_has(const struct chunks *c, const uint8_t hash[CHUNK_HASH])
{
    return chunk_find(c, hash) != 0;
}

enum chunks_result chunks_get(struct chunks *c, const uint8_t hash[CHUNK_HASH], void *to,
                              uint32_t *out_length)
{
    const struct chunks_device *d = &c->config.device;
    uint32_t at = chunk_find(c, hash);
    uint8_t found[CHUNK_HASH], *from = spare(c);
    if (at == 0) return CHUNKS_MISSING;
    struct chunk *chunk = &c->config.chunks[at];
    uint64_t open = segment_block(c->segment) + c->at;
    if (c->open && chunk->block > open && chunk->block <= open + c->limit) {
        from = c->config.buffer + (chunk->block - open) * CHUNKS_BLOCK;
    } else if (!d->read(d->context, chunk->block, 1, from)) {
        return CHUNKS_DEVICE;
    }
    chunk_hash((struct chunk_bytes){from + chunk->offset, chunk->length, chunk->kind}, found);
    chunk->damaged = memcmp(found, hash, CHUNK_HASH) != 0;
    if (chunk->damaged) return CHUNKS_DAMAGED;
    memcpy(to, from + chunk->offset, chunk->length);
    memset((uint8_t *)to + chunk->length, 0, CHUNK_MAX - chunk->length);
    *out_length = chunk->length;
    return CHUNKS_OK;
}

/* A flush that failed does not say which writes are lost: all since the last good one may be. */
static void forget(struct chunks *c)
{
    c->open = c->unflushed = c->has_segment = false;
    for (uint32_t i = 1; i < c->fresh; i++) {
        const struct chunk *chunk = &c->config.chunks[i];
        if (chunk->used && chunk->epoch == c->epoch) chunk_drop(c, i);
    }
}

enum chunks_result chunks_sync(struct chunks *c)
{
    const struct chunks_device *d = &c->config.device;
    enum chunks_result result = c->open && c->count > 0 ? group_write(c) : CHUNKS_OK;
    if (result == CHUNKS_OK && !c->unflushed) return CHUNKS_OK;
    if (result == CHUNKS_OK && d->flush(d->context)) {
        c->unflushed = false;
        c->epoch++;
        return CHUNKS_OK;
    }
    forget(c);
    return CHUNKS_DEVICE;
}
