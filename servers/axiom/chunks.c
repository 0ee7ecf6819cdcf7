/* chunks.c - see chunks.h. */
#include "chunks.h"

#include <stddef.h>

chunk_id pool_take(struct pool *p, uint32_t owner, enum chunk_kind kind)
{
    for (uint32_t b = p->hint; b < p->count; b++) {
        struct block *block = &p->blocks[b];
        if (block->state != BLOCK_CHUNKS || block->free == 0) continue;
        for (uint32_t i = 1; i < CHUNKS; i++) {
            if (block->list[i].kind != CHUNK_FREE) continue;
            block->list[i] = (struct chunk){.owner = owner, .kind = (uint8_t)kind};
            block->free--;
            p->hint = b;
            return b * CHUNKS + i;
        }
    }
    return 0;
}

void pool_give(struct pool *p, chunk_id id)
{
    *pool_chunk(p, id) = (struct chunk){0};
    pool_block(p, id)->free++;
    if (id / CHUNKS < p->hint) p->hint = id / CHUNKS;
}

struct block *pool_uncut(struct pool *p)
{
    for (uint32_t b = 0; b < p->count; b++) {
        uint8_t state = p->blocks[b].state;
        if (state == BLOCK_FREE || state == BLOCK_UNCUT) return &p->blocks[b];
    }
    return NULL;
}

chunk_id pool_find(const struct pool *p, uint64_t address)
{
    for (uint32_t b = 0; b < p->count; b++) {
        const struct block *block = &p->blocks[b];
        if (address - block->base >= 1ull << BLOCK_BITS) continue;
        uint32_t index = (uint32_t)((address - block->base) >> CHUNK_BITS);
        return block->state == BLOCK_CHUNKS && index != 0 ? b * CHUNKS + index : 0;
    }
    return 0;
}

chunk_id pool_next(const struct pool *p, uint32_t owner, chunk_id id)
{
    for (id++; id < p->count * CHUNKS; id++) {
        if (pool_block(p, id)->state != BLOCK_CHUNKS) {
            id |= CHUNKS - 1;
            continue;
        }
        const struct chunk *c = pool_chunk(p, id);
        if (c->kind != CHUNK_FREE && c->owner == owner) return id;
    }
    return 0;
}

uint64_t pool_free_pages(const struct pool *p)
{
    uint64_t pages = 0;
    for (uint32_t b = 0; b < p->count; b++) {
        const struct block *block = &p->blocks[b];
        if (block->state == BLOCK_CHUNKS) pages += (uint64_t)block->free * CHUNK_PAGES;
        if (block->state == BLOCK_FREE || block->state == BLOCK_UNCUT)
            pages += (uint64_t)CHUNKS * CHUNK_PAGES;
    }
    return pages;
}

static uint32_t chunk_start(const struct chunk *c, uint32_t bits)
{
    uint32_t size = 1u << bits;
    return (c->used + size - 1) & ~(size - 1);
}

uint32_t chunk_room(const struct chunk *c, uint32_t bits)
{
    if (bits > CHUNK_BITS) return 0;
    uint32_t start = chunk_start(c, bits);
    return start >= 1u << CHUNK_BITS ? 0 : ((1u << CHUNK_BITS) - start) >> bits;
}

void chunk_use(struct chunk *c, uint32_t bits, uint32_t count)
{
    c->used = chunk_start(c, bits) + (count << bits);
    c->live = (uint16_t)(c->live + count);
}

bool chunk_release(struct chunk *c)
{
    if (c->live == 0) return false;
    c->live--;
    if (c->live == 0) c->used = 0;
    return c->live == 0;
}
