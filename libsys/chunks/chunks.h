/*
 * chunks.h - a store of chunks on a block device: bytes by their hash, each kept once.
 *
 * No system call and no allocation here: memory is given, the device is three functions that wait.
 * One thread. Needs libsodium. README.md has the format, the invariants and what each failure does.
 *
 * Nothing here knows who names a chunk. Its user says which chunks are needed: chunks_mark() for
 * each, then chunks_sweep(). What was put and never marked goes then; what has to stay must be
 * named by something durable only after chunks_sync().
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "format.h"

enum chunks_result {
    CHUNKS_OK,
    CHUNKS_MISSING, /* no such chunk */
    CHUNKS_DAMAGED, /* its bytes are not those that were put */
    CHUNKS_FULL,
    CHUNKS_DEVICE, /* the device could not */
    CHUNKS_MEMORY, /* what was given is too small for what the device holds */
    /* Of opening: */
    CHUNKS_SMALL,     /* the device */
    CHUNKS_FOREIGN,   /* it holds something else */
    CHUNKS_OTHER,     /* another version */
    CHUNKS_NO_SUPER,  /* neither superblock is sound */
    CHUNKS_TRUNCATED, /* the device is smaller than it was */
};

struct chunks_device {
    void *context;
    bool (*read)(void *context, uint64_t block, uint32_t blocks, void *to);
    bool (*write)(void *context, uint64_t block, uint32_t blocks, const void *from);
    bool (*flush)(void *context);
};

struct chunk { /* one that is stored */
    uint8_t hash[CHUNK_HASH];
    uint32_t block;
    uint16_t offset, length;
    uint16_t kind;
    uint32_t next;  /* in its bucket, or of the free ones; 0: none */
    uint32_t epoch; /* syncs when it was put: those of the present one may not be durable */
    bool used, marked;
    bool damaged; /* as it was read last: who puts it again puts it elsewhere */
};

enum segment_state { SEGMENT_FREE, SEGMENT_USED, SEGMENT_LEFT /* nothing in it is needed */ };
struct segment {
    uint8_t state;
    uint32_t chunks; /* that are stored in it */
    uint32_t bytes;  /* and theirs */
};

struct chunks_config {
    struct chunks_device device;
    uint64_t blocks;       /* of the device */
    uint8_t id[CHUNKS_ID]; /* of a store that is made: random */
    struct chunk *chunks;  /* chunks_max of them; number 0 is never used */
    uint32_t chunks_max;
    uint32_t *buckets; /* bucket_count of them: a power of two */
    uint32_t bucket_count;
    struct segment *segments; /* chunks_segments(blocks) of them */
    uint8_t *buffer;          /* CHUNKS_BUFFER bytes, aligned to 8 */
    /* Chunks below `count` must be there; false: no memory. NULL: they all are. */
    bool (*reserve)(void *context, uint32_t count);
};
#define CHUNKS_BUFFER ((CHUNKS_GROUP_DATA + 2u) * CHUNKS_BLOCK)

struct chunks_figures {
    uint64_t blocks, free_blocks; /* of the segments; those not in use */
    uint64_t chunks, bytes;       /* that are stored */
    uint64_t puts, repeats;       /* since it was opened; those that were there already */
    uint64_t groups;
};

struct chunks { /* the insides: not for users */
    struct chunks_config config;
    struct chunks_super super;
    uint32_t segments;
    uint32_t ready, fresh, free; /* chunks: that exist; never used from here; list of given back */
    uint64_t stored, bytes, puts, repeats;
    uint64_t number;  /* of the group to come */
    uint32_t epoch;   /* good syncs so far */
    uint32_t segment; /* that is being filled */
    bool has_segment, cleaning;
    uint32_t at; /* next block in it */
    /* The group that is being filled: header and data in config.buffer, its spare block last. */
    bool open, unflushed;
    uint32_t count, blocks;   /* of the group */
    uint32_t partial, filled; /* block with room, and its bytes in use; blocks: none */
    uint32_t limit;           /* data blocks that it may have */
};

uint32_t chunks_segments(uint64_t blocks);
/* An empty device gets a store; one that holds something else is left alone. */
enum chunks_result chunks_open(struct chunks *c, const struct chunks_config *config);
const char *chunks_text(enum chunks_result result);

/* Bytes of two kinds have two hashes: so that contents, which a user chooses, are never taken for
 * hashes of contents. Kind 0: plain BLAKE2b-256. */
struct chunk_bytes {
    const void *at;
    uint16_t length; /* 1 to CHUNK_MAX */
    uint16_t kind;
};
void chunk_hash(struct chunk_bytes bytes, uint8_t out_hash[CHUNK_HASH]);
/* Durable after the next chunks_sync() that is CHUNKS_OK. */
enum chunks_result chunks_put(struct chunks *c, struct chunk_bytes bytes,
                              uint8_t out_hash[CHUNK_HASH]);
bool chunks_has(const struct chunks *c, const uint8_t hash[CHUNK_HASH]);
/* Into CHUNK_MAX bytes, and the rest of them is zero. What was written is read from the device and
 * checked each time. */
enum chunks_result chunks_get(struct chunks *c, const uint8_t hash[CHUNK_HASH], void *to,
                              uint32_t *out_length);
/* CHUNKS_DEVICE: all that was put since the last one that was good is forgotten: put it again. */
enum chunks_result chunks_sync(struct chunks *c);

/* What is needed: begin, mark, sweep; nothing is put meanwhile. False: it was marked already, or is
 * not there. */
void chunks_mark_begin(struct chunks *c);
bool chunks_mark(struct chunks *c, const uint8_t hash[CHUNK_HASH]);
/* The others are forgotten. Their place is not used again before chunks_release(), which is to be
 * called when nothing that may come back after a power cut needs them. */
void chunks_sweep(struct chunks *c);
void chunks_release(struct chunks *c);
/* Moves what is left in the emptiest segment, so that it is free. Right after a sweep only.
 * CHUNKS_MISSING: there is none that would make room. */
enum chunks_result chunks_clean(struct chunks *c);
void chunks_figures(const struct chunks *c, struct chunks_figures *out);
