/*
 * world.h - a store on a disk with a volatile cache, whose state can be saved and put back.
 *
 * A write is on the medium for certain when a flush is done that was given out after the write was
 * done. Until then any of its 512-byte sectors may be there or not. The world refuses two unflushed
 * writes of different bytes to one sector: so their order means nothing, and a subset of sectors
 * stands for all orders.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "store/reader.h"

enum { SECTOR = 512, SECTORS_IN_BLOCK = STORE_BLOCK / SECTOR };
enum { WORLD_BLOCKS = 64, WORLD_SECTORS = WORLD_BLOCKS * SECTORS_IN_BLOCK };
enum { MEMORY_BLOCKS = 1 + 16, PENDING_MAX = 24, EXPECTED_MAX = 2048, PENDING_BLOCKS_MAX = 4 };

struct pending { /* a write that no flush has made durable */
    uint64_t block;
    uint32_t blocks, id, flush; /* flush: id of the one that covers it, 0 none */
    bool done;
    uint8_t data[PENDING_BLOCKS_MAX * STORE_BLOCK];
};

struct world {
    struct store store;
    uint32_t records;      /* user records appended */
    uint32_t acknowledged; /* of those known to be durable */
    uint32_t boots, ops, pendings;
    uint32_t flush; /* id under way, 0 none */
    struct chain chain;
    uint64_t key; /* of the medium */
    /* Of these only what is in use is saved. */
    uint64_t position[EXPECTED_MAX];   /* of user record n, as store_append() said */
    uint64_t digest[EXPECTED_MAX + 1]; /* of the first n user records */
    bool whole[EXPECTED_MAX + 1];      /* an append ends after n records */
    struct pending pending[PENDING_MAX];
    uint8_t memory[MEMORY_BLOCKS * STORE_BLOCK] __attribute__((aligned(8)));
    uint8_t medium[WORLD_BLOCKS * STORE_BLOCK];
};

struct shape {
    const char *name;
    uint32_t group_blocks, segment_blocks, slots, blocks;
};

extern struct world *world; /* at one address, as the store's memory has to be */
extern const struct shape *shape;

/* An empty disk. */
void world_clear(const struct shape *s);
/* The next boot, with what is on the medium: begins; and until it is open, or not. */
void world_begin(void);
enum store_result world_open(void);
struct found {    /* on a medium */
    uint64_t key; /* of the medium; 0: nothing was looked for yet */
    uint64_t digest;
    uint32_t records; /* the users' */
    uint16_t result, anchors;
};
/* What recovery and reader find. */
void world_recover(struct found *out);

/* BURST: so many that two groups are full, and written one ahead of the other. All but COMMIT also
 * ask for durability. */
enum world_op { OP_SMALL, OP_PAIR, OP_COMMIT, OP_CHECKPOINT, OP_SYNC, OP_BURST };
enum { OP_COUNT = OP_BURST + 1 };
/* False: the store refuses at present. */
bool world_do(enum world_op op);
/* Gives one request to the device, a read is done at once; false: the store asks for none. */
bool world_submit(void);
/* Requests under way, and the end of one of them. */
uint32_t world_under_way(void);
void world_complete(uint32_t index, enum store_io_result result);
/* Until nothing is left to do. */
void world_drain(void);

/* A copy of the state; world_restore() may be called many times; free() ends it. */
void *world_save(void);
void world_restore(const void *saved);
/* Of all that decides what can happen from here on. */
uint64_t world_hash(void);

uint64_t mix(uint64_t h, uint64_t word);
uint64_t mix_bytes(uint64_t h, const uint8_t *bytes, uint32_t length);
uint64_t sector_hash(uint64_t sector, const uint8_t *bytes);
uint64_t world_medium_key(void);
/* The step that is being done, for the report of a failure. */
void trace(const char *format, ...) __attribute__((format(printf, 1, 2)));
void trace_cut(uint32_t length);
uint32_t trace_length(void);
_Noreturn void broken(const char *format, ...) __attribute__((format(printf, 1, 2)));
