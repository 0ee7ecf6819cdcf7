/* inside.h - between the files of the chunk store. */
#pragma once
#include "chunks.h"

enum { CHUNKS_SPARE = 2 }; /* segments that only cleaning may begin */

static inline uint64_t segment_block(uint32_t segment)
{
    return CHUNKS_FIRST + (uint64_t)segment * CHUNKS_SEGMENT;
}

static inline uint32_t segment_of(uint64_t block)
{
    return (uint32_t)((block - CHUNKS_FIRST) / CHUNKS_SEGMENT);
}

/* index.c */
uint32_t chunk_find(const struct chunks *c, const uint8_t hash[CHUNK_HASH]); /* 0: none */
/* Where a chunk is: CHUNKS_OK, or CHUNKS_MEMORY. */
enum chunks_result chunk_add(struct chunks *c, const struct chunk *what);
void chunk_drop(struct chunks *c, uint32_t at);
void chunk_move(struct chunks *c, uint32_t at, uint32_t block, uint16_t offset);

/* open.c: the chunks that a segment says it has, but those that are known. */
enum chunks_result segment_scan(struct chunks *c, uint32_t segment);

/* group.c */
void group_seal(struct chunks_top *top); /* the hash of a block */
bool group_is_whole(const struct chunks_top *top);
bool group_find_segment(struct chunks *c, uint32_t *out_segment);
/* Puts a chunk that is not there; `at`: the one that moves, or 0. */
enum chunks_result group_add(struct chunks *c, const struct chunk *what, const void *bytes,
                             uint32_t at);
enum chunks_result super_write(struct chunks *c);
