/*
 * tree.h - contents of any length as a tree of chunks. Its root, and the depth that the length
 * gives, name them.
 *
 * Block i is 4 KiB of the contents. Depth 0: the root is the chunk of block 0. Depth d: the root is
 * a chunk, of kind d, of up to 128 hashes of trees of depth d-1. Zeros at the end of a chunk are
 * left out; what is all zero has the hash of 32 zero bytes and no chunk. So the same contents of
 * the same length have the same root, however they were written; and what is equal is stored once.
 */
#pragma once
#include "chunks.h"

enum { TREE_FAN = CHUNKS_BLOCK / CHUNK_HASH, TREE_DEPTH_MAX = 4, TREE_CACHE = 16 };
#define TREE_BLOCKS_MAX (1ull << 28) /* a tebibyte */

struct tree {
    uint8_t root[CHUNK_HASH];
    uint32_t depth;
};
struct tree_page { /* a chunk of hashes */
    uint8_t hash[CHUNK_HASH];
    uint8_t at[TREE_FAN][CHUNK_HASH];
};
struct tree_store {
    struct chunks *chunks;
    struct tree_page cache[TREE_CACHE];
    /* Of tree_update(): the way from the root to the place where it is. */
    struct tree_page way[TREE_DEPTH_MAX + 1]; /* by height, from 1 */
    uint64_t place[TREE_DEPTH_MAX + 1];
    bool changed[TREE_DEPTH_MAX + 1];
    bool on_way;
    /* Of tree_mark(). */
    uint32_t next[TREE_DEPTH_MAX + 1];
};

struct tree_edit { /* a block that changes */
    uint64_t index;
    uint8_t hash[CHUNK_HASH];
};

uint32_t tree_depth(uint64_t blocks);
bool tree_is_hole(const uint8_t hash[CHUNK_HASH]);
/* The chunk of a block; zeros: a hole. */
enum chunks_result tree_find(struct tree_store *s, const struct tree *t, uint64_t index,
                             uint8_t out_hash[CHUNK_HASH]);
/* Puts a block's bytes without the zeros at the end. */
enum chunks_result tree_put(struct tree_store *s, const void *block, uint8_t out_hash[CHUNK_HASH]);
/* The tree of `blocks` blocks that has the edits, in ascending order; of the former one what lies
 * below `kept` stays. The chunks are put; nothing that is named by the former one is changed. */
struct tree_change {
    uint64_t kept, blocks;
    const struct tree_edit *edits;
    uint32_t count;
};
enum chunks_result tree_update(struct tree_store *s, struct tree *t, const struct tree_change *c);
/* All that it names is needed. A chunk that is not there is passed over: who reads it is told. */
enum chunks_result tree_mark(struct tree_store *s, const struct tree *t);
