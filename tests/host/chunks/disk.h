/*
 * disk.h - a disk with a write cache, in memory, and a store on it.
 *
 * What is written stays in the cache until a flush. When the power is cut each sector of the cache
 * reaches the medium or not, in any order: later writes to the same sector may be lost while
 * earlier ones stay.
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "inside.h"
#include "tree.h"

enum { DISK_SEGMENTS = 12, DISK_BLOCKS = CHUNKS_FIRST + DISK_SEGMENTS * CHUNKS_SEGMENT };
enum { DISK_SECTOR = 512, DISK_CACHE = 65536 /* sectors */, DISK_CHUNKS = 8192 };

struct disk {
    uint8_t bytes[DISK_BLOCKS][CHUNKS_BLOCK];
    uint64_t blocks;
    uint32_t cached;
    uint32_t sectors[DISK_CACHE];
    uint32_t last[DISK_BLOCKS * 8]; /* of a sector: 1 + its last place in the cache; 0: none */
    uint8_t cache[DISK_CACHE][DISK_SECTOR];
    uint32_t reads, writes, flushes;
    uint32_t done, cut_after; /* requests that change something; 0: never */
    bool off;                 /* the power is */
    bool bad_reads, bad_writes, bad_flushes;
};
struct bench {
    struct disk disk;
    struct chunks store;
    struct tree_store trees;
    struct chunks_config config;
    struct chunk chunks[DISK_CHUNKS];
    uint32_t buckets[256];
    struct segment segments[DISK_SEGMENTS];
    uint8_t buffer[CHUNKS_BUFFER] __attribute__((aligned(8)));
};

void bench_clear(struct bench *b);
enum chunks_result bench_open(struct bench *b);
/* What is in the cache reaches the medium by chance, and the power is there again. */
void disk_cut(struct disk *d);
/* `length` bytes that follow from `seed`. */
void bench_fill(uint8_t *bytes, uint32_t length, uint32_t seed);
enum chunks_result bench_put(struct bench *b, uint32_t seed, uint32_t length,
                             uint8_t hash[CHUNK_HASH]);
/* The chunk is there, and is the one of that seed. */
void bench_check(struct bench *b, uint32_t seed, uint32_t length);
