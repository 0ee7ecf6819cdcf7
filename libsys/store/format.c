/*
 * format.c - makes a log on a device. The order is what makes it safe against a crash: until the
 * last superblock is there the device is what it was, but for the anchors of a log that was there.
 */
#include <sodium/crypto_generichash_blake2b.h>
#include <string.h>

#include "inside.h"

enum { GROUP_BLOCKS = 16, SEGMENT_BLOCKS = 1024, WINDOW_BLOCKS = 256, RESERVE_PART = 32 };
enum { GROUP_BLOCKS_MAX = 256, TAIL = 2 };
enum format_turn {
    CLEAR_FIRST,
    CLEAR_LAST,
    FLUSH_CLEAR,
    SUPER_LAST,
    FLUSH_LAST,
    SUPER_FIRST,
    FLUSH_FIRST,
    FORMATTED
};

static bool geometry_fits(const struct store_super *p)
{
    uint64_t area = p->segments * p->segment_blocks;
    return p->group_blocks > 0 && p->group_blocks <= GROUP_BLOCKS_MAX &&
           p->segment_blocks >= p->group_blocks && p->window_blocks >= 2 * p->group_blocks &&
           p->segments >= 2 && p->reserve >= p->group_blocks && p->reserve < area;
}

enum store_result store_format_plan(struct store *s)
{
    const struct store_geometry *g = &s->config.geometry;
    struct store_super *p = &s->super;
    if (s->config.blocks < STORE_FIRST + TAIL) return STORE_SMALL;
    uint64_t area = s->config.blocks - STORE_FIRST - TAIL;
    *p = (struct store_super){
        .top = {.magic = STORE_SUPER_MAGIC, .version = STORE_VERSION, .bytes = sizeof(*p)},
        .blocks = s->config.blocks,
        .first = STORE_FIRST,
        .created = s->config.boot.time,
        .block_bytes = STORE_BLOCK};
    memcpy(p->id, s->config.id, STORE_ID_BYTES);
    memcpy(p->label, s->config.label, STORE_LABEL_BYTES);
    p->group_blocks = g->group_blocks != 0 ? g->group_blocks : GROUP_BLOCKS;
    p->segment_blocks = g->segment_blocks != 0 ? g->segment_blocks : SEGMENT_BLOCKS;
    p->window_blocks = g->window_blocks != 0 ? g->window_blocks : WINDOW_BLOCKS;
    while (g->segment_blocks == 0 && p->segment_blocks > area / 4 &&
           p->segment_blocks >= 2 * p->group_blocks) {
        p->segment_blocks /= 2; /* a small device has small segments */
    }
    p->segments = area / p->segment_blocks;
    p->reserve = g->reserve_blocks != 0 ? g->reserve_blocks : area / RESERVE_PART;
    if (p->reserve < p->group_blocks) p->reserve = p->group_blocks;
    (void)crypto_generichash_blake2b(p->top.hash, HASH_BYTES, (const uint8_t *)p + HASH_BYTES,
                                     sizeof(*p) - HASH_BYTES, NULL, 0);
    return geometry_fits(p) ? STORE_OK : STORE_SMALL;
}

bool store_format_next(struct store *s, struct store_io *out)
{
    uint8_t *block = s->config.memory;
    if (!s->answered || s->turn == FORMATTED) return false;
    s->answered = false;
    memset(block, 0, STORE_BLOCK);
    *out = (struct store_io){.op = STORE_WRITE, .blocks = 1, .data = block};
    switch ((enum format_turn)s->turn) {
    case CLEAR_FIRST:
        out->block = 1;
        return true;
    case CLEAR_LAST:
        out->block = s->super.blocks - 2;
        return true;
    case SUPER_LAST:
        out->block = s->super.blocks - 1;
        break;
    case SUPER_FIRST:
        out->block = 0;
        break;
    case FLUSH_CLEAR:
    case FLUSH_LAST:
    case FLUSH_FIRST:
    case FORMATTED:
        *out = (struct store_io){.op = STORE_FLUSH};
        return true;
    }
    memcpy(block, &s->super, sizeof(s->super));
    return true;
}

bool store_format_done(struct store *s)
{
    s->answered = true;
    s->turn++;
    return s->turn == FORMATTED;
}
