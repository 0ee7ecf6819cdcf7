/* open.c - making a store, and finding what one holds. */
#include <string.h>

#include "inside.h"

const char *chunks_text(enum chunks_result result)
{
    static const char *const texts[] = {
        [CHUNKS_OK] = "",
        [CHUNKS_MISSING] = "contents are missing",
        [CHUNKS_DAMAGED] = "contents are damaged",
        [CHUNKS_FULL] = "the disk of files is full",
        [CHUNKS_DEVICE] = "the disk of files fails",
        [CHUNKS_MEMORY] = "the disk of files holds more than memory has room for",
        [CHUNKS_SMALL] = "the disk of files is too small",
        [CHUNKS_FOREIGN] = "the disk of files holds something else",
        [CHUNKS_OTHER] = "the disk of files is of another version",
        [CHUNKS_NO_SUPER] = "the disk of files has no sound superblock",
        [CHUNKS_TRUNCATED] = "the disk of files is smaller than it was",
    };
    return texts[result];
}

uint32_t chunks_segments(uint64_t blocks)
{
    uint64_t segments = blocks < CHUNKS_FIRST ? 0 : (blocks - CHUNKS_FIRST) / CHUNKS_SEGMENT;
    uint64_t most = UINT32_MAX / CHUNKS_SEGMENT - 1; /* numbers of blocks are 32 bits long */
    return (uint32_t)(segments < most ? segments : most);
}

static bool is_zero(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != 0) return false;
    }
    return true;
}

static enum chunks_result format(struct chunks *c)
{
    c->super = (struct chunks_super){
        .top = {.magic = CHUNKS_SUPER_MAGIC, .version = CHUNKS_VERSION},
        .blocks = c->config.blocks,
    };
    memcpy(c->super.id, c->config.id, CHUNKS_ID);
    return super_write(c);
}

/* What one of the two is. The other decides if this one is not sound. */
static enum chunks_result super_look(struct chunks *c, const uint8_t *block)
{
    const struct chunks_super *s = (const struct chunks_super *)block;
    if (is_zero(block, CHUNKS_BLOCK)) return CHUNKS_MISSING;
    if (s->top.magic != CHUNKS_SUPER_MAGIC) return CHUNKS_FOREIGN;
    if (!group_is_whole(&s->top)) return CHUNKS_NO_SUPER;
    if (s->top.version != CHUNKS_VERSION) return CHUNKS_OTHER;
    if (s->blocks > c->config.blocks) return CHUNKS_TRUNCATED;
    if (s->counter > c->super.counter) c->super = *s;
    return CHUNKS_OK;
}

static enum chunks_result supers_read(struct chunks *c)
{
    const struct chunks_device *d = &c->config.device;
    uint8_t *blocks = c->config.buffer;
    if (!d->read(d->context, 0, 2, blocks)) return CHUNKS_DEVICE;
    enum chunks_result one = super_look(c, blocks);
    enum chunks_result two = super_look(c, blocks + CHUNKS_BLOCK);
    if (one == CHUNKS_OK || two == CHUNKS_OK) {
        bool bad = one == CHUNKS_OTHER || two == CHUNKS_OTHER;
        return bad ? CHUNKS_OTHER : CHUNKS_OK;
    }
    if (one == CHUNKS_MISSING && two == CHUNKS_MISSING) return format(c);
    return one != CHUNKS_MISSING ? one : two;
}

/* Of the same bytes at two places one may be of a power cut: the newer if it is whole. */
static bool is_there(struct chunks *c, const struct chunk *chunk)
{
    const struct chunks_device *d = &c->config.device;
    uint8_t *block = c->config.buffer + CHUNKS_BLOCK, hash[CHUNK_HASH];
    if (!d->read(d->context, chunk->block, 1, block)) return false;
    chunk_hash((struct chunk_bytes){block + chunk->offset, chunk->length, chunk->kind}, hash);
    return memcmp(hash, chunk->hash, CHUNK_HASH) == 0;
}

static enum chunks_result entry_take(struct chunks *c, const struct chunks_group *g,
                                     const struct chunks_entry *e)
{
    struct chunk chunk = {.block = (uint32_t)g->place + 1 + e->block,
                          .offset = e->offset,
                          .length = e->length,
                          .kind = e->kind,
                          .epoch = c->epoch - 1};
    bool good = e->block < g->blocks && e->length > 0 && e->length <= CHUNK_MAX;
    if (!good || e->offset + e->length > CHUNKS_BLOCK) return CHUNKS_OK;
    memcpy(chunk.hash, e->hash, CHUNK_HASH);
    uint32_t at = chunk_find(c, chunk.hash);
    if (at == 0) return chunk_add(c, &chunk);
    struct chunk other = c->config.chunks[at];
    if (other.block != chunk.block && is_there(c, &chunk) && !is_there(c, &other)) {
        chunk_move(c, at, chunk.block, chunk.offset);
    }
    return CHUNKS_OK;
}

static bool group_is_good(const struct chunks *c, const struct chunks_group *g, uint64_t place)
{
    return g->top.magic == CHUNKS_GROUP_MAGIC && g->place == place &&
           memcmp(g->id, c->super.id, CHUNKS_ID) == 0 && g->count <= CHUNKS_GROUP_ENTRIES &&
           g->blocks <= CHUNKS_GROUP_DATA && group_is_whole(&g->top);
}

/* Its groups, from the first on, as long as each is newer than the one before: an older one is of
 * an earlier use of the segment. */
enum chunks_result segment_scan(struct chunks *c, uint32_t segment)
{
    const struct chunks_device *d = &c->config.device;
    struct chunks_group *g = (struct chunks_group *)c->config.buffer;
    uint64_t before = 0;
    for (uint32_t at = 0; at + 2 <= CHUNKS_SEGMENT; at += g->blocks + 1) {
        uint64_t place = segment_block(segment) + at;
        if (!d->read(d->context, place, 1, g)) return CHUNKS_DEVICE;
        if (!group_is_good(c, g, place) || g->number <= before) break;
        before = g->number;
        if (c->number <= before) c->number = before + 1;
        c->config.segments[segment].state = SEGMENT_USED;
        for (uint32_t i = 0; i < g->count; i++) {
            enum chunks_result result = entry_take(c, g, &g->entries[i]);
            if (result != CHUNKS_OK) return result;
        }
    }
    return CHUNKS_OK;
}

enum chunks_result chunks_open(struct chunks *c, const struct chunks_config *config)
{
    memset(c, 0, sizeof(*c));
    c->config = *config;
    c->segments = chunks_segments(config->blocks);
    c->fresh = c->number = c->epoch = 1;
    if (c->segments <= CHUNKS_SPARE) return CHUNKS_SMALL;
    memset(config->buckets, 0, config->bucket_count * sizeof(config->buckets[0]));
    memset(config->segments, 0, c->segments * sizeof(config->segments[0]));
    enum chunks_result result = supers_read(c);
    if (c->super.opened > c->segments) c->super.opened = c->segments;
    for (uint32_t i = 0; result == CHUNKS_OK && i < c->super.opened; i++) {
        result = segment_scan(c, i);
    }
    return result;
}

void chunks_figures(const struct chunks *c, struct chunks_figures *out)
{
    *out = (struct chunks_figures){
        .blocks = (uint64_t)c->segments * CHUNKS_SEGMENT,
        .chunks = c->stored,
        .bytes = c->bytes,
        .puts = c->puts,
        .repeats = c->repeats,
        .groups = c->number - 1,
    };
    for (uint32_t i = 0; i < c->segments; i++) {
        out->free_blocks += c->config.segments[i].state == SEGMENT_FREE ? CHUNKS_SEGMENT : 0;
    }
    if (c->has_segment) out->free_blocks += CHUNKS_SEGMENT - c->at;
}
