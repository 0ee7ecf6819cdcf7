/* sweep.c - what nobody needs goes, and what is left is moved together. */
#include <string.h>

#include "inside.h"

void chunks_mark_begin(struct chunks *c)
{
    for (uint32_t i = 1; i < c->fresh; i++) {
        c->config.chunks[i].marked = false;
    }
}

bool chunks_mark(struct chunks *c, const uint8_t hash[CHUNK_HASH])
{
    uint32_t at = chunk_find(c, hash);
    if (at == 0 || c->config.chunks[at].marked) return false;
    c->config.chunks[at].marked = true;
    return true;
}

/* A segment without chunks is left, but for the one that is being filled. */
static void segments_leave(struct chunks *c)
{
    for (uint32_t i = 0; i < c->segments; i++) {
        struct segment *s = &c->config.segments[i];
        bool filling = c->has_segment && i == c->segment;
        if (s->state == SEGMENT_USED && s->chunks == 0 && !filling) s->state = SEGMENT_LEFT;
    }
}

void chunks_sweep(struct chunks *c)
{
    for (uint32_t i = 1; i < c->fresh; i++) {
        const struct chunk *chunk = &c->config.chunks[i];
        if (chunk->used && !chunk->marked) chunk_drop(c, i);
    }
    segments_leave(c);
}

void chunks_release(struct chunks *c)
{
    for (uint32_t i = 0; i < c->segments; i++) {
        struct segment *s = &c->config.segments[i];
        if (s->state == SEGMENT_LEFT) s->state = SEGMENT_FREE;
    }
}

/* The one with the fewest bytes, if moving those makes room. */
static uint32_t emptiest(const struct chunks *c)
{
    uint32_t best = UINT32_MAX, least = CHUNKS_SEGMENT * CHUNKS_BLOCK / 4 * 3;
    for (uint32_t i = 0; i < c->segments; i++) {
        const struct segment *s = &c->config.segments[i];
        bool filling = c->has_segment && i == c->segment;
        if (s->state != SEGMENT_USED || filling || s->bytes >= least) continue;
        least = s->bytes;
        best = i;
    }
    return best;
}

static enum chunks_result move(struct chunks *c, uint32_t at)
{
    uint64_t bytes[CHUNK_MAX / 8];
    struct chunk chunk = c->config.chunks[at];
    uint32_t length;
    enum chunks_result result = chunks_get(c, chunk.hash, bytes, &length);
    return result == CHUNKS_OK ? group_add(c, &chunk, bytes, at) : result;
}

/* One whose bytes are damaged stays where it is, and its segment with it. */
static enum chunks_result move_all(struct chunks *c, uint32_t victim)
{
    enum chunks_result result = CHUNKS_OK;
    for (uint32_t i = 1; i < c->fresh; i++) {
        const struct chunk *chunk = &c->config.chunks[i];
        if (!chunk->used || segment_of(chunk->block) != victim) continue;
        result = move(c, i);
        if (result == CHUNKS_DEVICE || result == CHUNKS_FULL) break;
    }
    return result == CHUNKS_DAMAGED ? CHUNKS_OK : result;
}

enum chunks_result chunks_clean(struct chunks *c)
{
    uint32_t victim = emptiest(c);
    if (victim == UINT32_MAX) return CHUNKS_MISSING;
    enum chunks_result result = chunks_sync(c); /* so that a failure is of what is moved only */
    if (result != CHUNKS_OK) return result;
    c->cleaning = true;
    result = move_all(c, victim);
    c->cleaning = false;
    enum chunks_result synced = chunks_sync(c);
    if (synced != CHUNKS_OK) { /* what was moved is forgotten, but stands where it stood */
        (void)segment_scan(c, victim);
        return synced;
    }
    struct segment *s = &c->config.segments[victim];
    if (s->chunks == 0) s->state = SEGMENT_FREE; /* the same chunks are durable elsewhere */
    return result;
}
