/* index.c - where each chunk is: buckets of a table, chained. */
#include <string.h>

#include "inside.h"

static uint32_t *bucket_of(const struct chunks *c, const uint8_t hash[CHUNK_HASH])
{
    uint32_t word;
    memcpy(&word, hash, sizeof(word)); /* the hash is as good as random */
    return &c->config.buckets[word & (c->config.bucket_count - 1)];
}

uint32_t chunk_find(const struct chunks *c, const uint8_t hash[CHUNK_HASH])
{
    uint32_t at = *bucket_of(c, hash);
    while (at != 0 && memcmp(c->config.chunks[at].hash, hash, CHUNK_HASH) != 0) {
        at = c->config.chunks[at].next;
    }
    return at;
}

static uint32_t take(struct chunks *c)
{
    uint32_t at = c->free;
    if (at != 0) {
        c->free = c->config.chunks[at].next;
        return at;
    }
    if (c->fresh == c->config.chunks_max) return 0;
    if (c->config.reserve != NULL && !c->config.reserve(c->config.device.context, c->fresh + 1)) {
        return 0;
    }
    return c->fresh++;
}

static void count(struct chunks *c, const struct chunk *what, bool more)
{
    struct segment *s = &c->config.segments[segment_of(what->block)];
    s->chunks += more ? 1u : -1u;
    s->bytes += more ? what->length : 0u - what->length;
}

enum chunks_result chunk_add(struct chunks *c, const struct chunk *what)
{
    uint32_t *bucket = bucket_of(c, what->hash), at = take(c);
    if (at == 0) return CHUNKS_MEMORY;
    c->config.chunks[at] = *what;
    c->config.chunks[at].used = true;
    c->config.chunks[at].next = *bucket;
    *bucket = at;
    count(c, what, true);
    c->stored++;
    c->bytes += what->length;
    return CHUNKS_OK;
}

void chunk_drop(struct chunks *c, uint32_t at)
{
    struct chunk *chunk = &c->config.chunks[at];
    uint32_t *link = bucket_of(c, chunk->hash);
    while (*link != at) {
        link = &c->config.chunks[*link].next;
    }
    *link = chunk->next;
    count(c, chunk, false);
    c->stored--;
    c->bytes -= chunk->length;
    chunk->used = false;
    chunk->next = c->free;
    c->free = at;
}

void chunk_move(struct chunks *c, uint32_t at, uint32_t block, uint16_t offset)
{
    struct chunk *chunk = &c->config.chunks[at];
    count(c, chunk, false);
    chunk->block = block;
    chunk->offset = offset;
    count(c, chunk, true);
}
