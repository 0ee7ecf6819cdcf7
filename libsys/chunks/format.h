/*
 * format.h - the bytes on the device. README.md describes the same.
 *
 * Little-endian. What has a hash begins with it: BLAKE2b-256 of the bytes from 32 up to the end of
 * the block.
 */
#pragma once
#include <stdint.h>

#define CHUNKS_SUPER_MAGIC 0x3173706163634c57ull /* "WLccaps1" */
#define CHUNKS_GROUP_MAGIC 0x3170726763634c57ull /* "WLccgrp1" */

enum {
    CHUNKS_VERSION = 1,
    CHUNKS_BLOCK = 4096,
    CHUNK_MAX = 4096, /* bytes of a chunk, 1 at least */
    CHUNK_HASH = 32,
    CHUNKS_ID = 16,
    CHUNKS_FIRST = 2,       /* block where the segments begin */
    CHUNKS_SEGMENT = 256,   /* blocks of each */
    CHUNKS_GROUP_DATA = 64, /* blocks of data in a group, at most */
    CHUNKS_GROUP_ENTRIES = 100,
    CHUNKS_STEP = 16, /* segments that a superblock opens at once */
};

struct chunks_top {
    uint8_t hash[CHUNK_HASH];
    uint64_t magic;
    uint32_t version, zero;
};

struct chunks_super { /* blocks 0 and 1: the same, but after a power cut */
    struct chunks_top top;
    uint8_t id[CHUNKS_ID];
    uint64_t counter; /* the greater is the newer */
    uint64_t blocks;  /* of the device when it was formatted */
    uint64_t opened;  /* segments from here up were never written */
};
_Static_assert(sizeof(struct chunks_super) == 88, "README.md");

struct chunks_entry {
    uint8_t hash[CHUNK_HASH];
    uint16_t block; /* of the group's data, from 0 */
    uint16_t offset, length;
    uint16_t kind;
};

struct chunks_group { /* one block; its data follows */
    struct chunks_top top;
    uint8_t id[CHUNKS_ID];
    uint64_t number; /* of all groups, ascending */
    uint64_t place;  /* block where this stands */
    uint32_t count, blocks;
    uint64_t zero;
    struct chunks_entry entries[CHUNKS_GROUP_ENTRIES];
};
_Static_assert(sizeof(struct chunks_group) == CHUNKS_BLOCK, "README.md");
