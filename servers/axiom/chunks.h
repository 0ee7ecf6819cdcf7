/*
 * chunks.h - who owns which piece of memory: bookkeeping only, no kernel calls (host-tested).
 *
 * Memory is cut into blocks of 4 MiB; a block is used whole by one owner, or cut into chunks of
 * 64 KiB, each of one owner and one kind. A chunk whose last object has gone is free again: the
 * kernel then starts it from 0. So what a process had is given back when it ends, all of it.
 * Chunk 0 of a cut block holds the CNode with the others' capabilities.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum {
    BLOCK_BITS = 22,
    CHUNK_BITS = 16,
    CHUNKS = 1 << (BLOCK_BITS - CHUNK_BITS), /* of a block */
    CHUNK_PAGES = 1 << (CHUNK_BITS - 12),
    POOL_RANGES_MAX = 64,
};

enum chunk_kind { CHUNK_FREE, CHUNK_DATA, CHUNK_OBJECTS, CHUNK_SMALL };

struct chunk {
    uint32_t owner; /* pid, while it is not free */
    uint32_t used;  /* bytes up to the kernel's watermark, never less */
    uint16_t live;  /* objects in it */
    uint8_t kind;   /* enum chunk_kind */
    uint8_t zero;
};

enum block_state { BLOCK_UNCUT, BLOCK_FREE, BLOCK_WHOLE, BLOCK_CHUNKS };

struct block {
    uint64_t base;      /* physical address */
    struct chunk *list; /* CHUNKS of them, if BLOCK_CHUNKS */
    uint32_t owner;     /* if BLOCK_WHOLE */
    uint32_t untyped;   /* slot of the untyped it is cut from */
    uint32_t slot;      /* its own, once it is cut from that */
    uint32_t cnode;     /* slot of the CNode with its chunks */
    uint16_t free;      /* chunks */
    uint8_t state;      /* enum block_state */
};

struct pool {
    struct block *blocks; /* ascending bases within one untyped */
    uint32_t count;
    uint32_t hint; /* no block below it has a free chunk */
};

typedef uint32_t chunk_id; /* block * CHUNKS + index; 0: none, as chunk 0 is never given out */

static inline struct block *pool_block(const struct pool *p, chunk_id id)
{
    return &p->blocks[id / CHUNKS];
}
static inline struct chunk *pool_chunk(const struct pool *p, chunk_id id)
{
    return &pool_block(p, id)->list[id % CHUNKS];
}

/* A free chunk of a cut block becomes the owner's; 0: none, cut another block. */
chunk_id pool_take(struct pool *p, uint32_t owner, enum chunk_kind kind);
void pool_give(struct pool *p, chunk_id id);
/* The block to cut next or to use whole: NULL if memory is used up. */
struct block *pool_uncut(struct pool *p);
/* Which chunk has that address; 0: none. */
chunk_id pool_find(const struct pool *p, uint64_t address);
/* The owner's next chunk after `id`; 0: no more. */
chunk_id pool_next(const struct pool *p, uint32_t owner, chunk_id id);
uint64_t pool_free_pages(const struct pool *p);

/* How many objects of 2^bits bytes fit into the chunk. */
uint32_t chunk_room(const struct chunk *c, uint32_t bits);
void chunk_use(struct chunk *c, uint32_t bits, uint32_t count);
/* One object is gone. True: it was the last, the chunk is empty. */
bool chunk_release(struct chunk *c);
