/*
 * world.h - a disk that loses, keeps and tears what was not flushed; the keystore's state on it;
 * and what it should be. Memory that the state takes comes from an arena that can be searched.
 */
#pragma once
#include "server.h"

enum {
    WORLD_SECTORS = 400,
    WORLD_PENDING = 512, /* sectors written since the last flush */
    MODEL_KEYS = 16,
    MODEL_DATA = 20000,
    ARENA_BYTES = 1 << 20,
};

struct pending {
    uint64_t sector;
    bool begins_unit;
    uint8_t data[JOURNAL_SECTOR];
};

struct world {
    uint8_t disk[WORLD_SECTORS * JOURNAL_SECTOR]; /* what is there for good */
    struct pending pending[WORLD_PENDING];
    uint32_t pending_count, unit;
    uint64_t writes;
    int64_t power; /* requests until it fails; negative: it does not */
    bool dark;
    uint32_t fail_every; /* requests: one of so many fails; 0: none */
    uint32_t fail_at;    /* the one of that number fails, counted from 1; 0: none */
    uint64_t seed;
};
extern struct world world;

struct model_key {
    bool used;
    struct change made; /* space, name, kind, secret and half */
    uint32_t bytes;
    uint8_t data[MODEL_DATA];
};
struct model {
    struct model_key keys[MODEL_KEYS];
};

uint64_t world_random(void);
void world_empty(uint64_t seed, uint32_t unit);
void world_power_cut(void); /* of what is pending any sectors are there, and power is back */
struct journal_io world_io(void);
/* A new process: the journal made, or opened and read. */
enum journal_error world_make(struct server *s);
enum journal_error world_open(struct server *s);
void world_close(struct server *s);

/* What a checked change makes of it. */
void model_apply(struct model *m, const struct change *c);
bool model_is(const struct model *m, struct keys *k);
/* Whether the bytes stand anywhere in the state, or in memory that it took or gave back. */
bool world_knows(const struct server *s, const uint8_t *bytes, size_t count);
