/*
 * work.h - a client of the disk that knows what must stand in each block: 4 KiB of its number and
 * version. It goes on when the driver dies, and asks again for what was not answered.
 */
#pragma once
#include "bulk.h"

enum { DEPTH = 64, BLOCK_BYTES = 4096, BLOCK_SECTORS = 8, BLOCKS_MAX = 1024, RINGS = 128 };

struct flight {
    uint32_t block, version;
    uint16_t op; /* enum block_operation, 0: free */
};

struct work {
    cap_t disk;
    struct bulk_client client;
    cap_t bulk;
    uint32_t blocks;
    uint32_t acked[BLOCKS_MAX];   /* version that the driver said is written */
    uint32_t started[BLOCKS_MAX]; /* the last one that it was ever asked to write */
    bool busy[BLOCKS_MAX];
    struct flight flights[DEPTH];
    uint64_t done, reopened, seed;
    uint32_t wrong_block, wrong_at; /* the first wrong block: number + 1, and word */
    uint32_t error;                 /* the first result that is none */
};

/* False: no rings can be had. */
bool work_open(struct work *w);
/* Some requests, all answered in the end: mostly writes, and reads of what was written. */
void work_load(struct work *w, uint64_t requests);
void work_flush(struct work *w);
/* Writes each block once, in order; reads and compares each. */
void work_fill(struct work *w);
void work_check(struct work *w);
uint32_t work_random(struct work *w);
