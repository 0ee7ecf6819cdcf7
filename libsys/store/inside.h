/* inside.h - between the files of the store: not for users. */
#pragma once
#include "store.h"

enum { STORE_ID_FLUSH = 0xfe, STORE_ID_ANCHOR = 0xff, STORE_ID_BITS = 8 };

/* Goes on with the opening as far as it goes without the device. */
void store_open_run(struct store *s);
void store_open_end(struct store *s, enum store_result result);
/* STEP_FORMAT: sets up a superblock for the device; what to write next; it is written. */
enum store_result store_format_plan(struct store *s);
bool store_format_next(struct store *s, struct store_io *out);
bool store_format_done(struct store *s);
/* STEP_SCRUB, the same way. */
bool store_scrub_next(struct store *s, struct store_io *out);
void store_scrub_done(struct store *s);
/* The fold stands at the end of the log: appending can begin. */
void store_append_begin(struct store *s);

/* The buffer of a slot. The first block of memory is the anchor's. */
static inline struct store_group *store_group_of(const struct store *s, uint32_t slot)
{
    uint64_t block = 1 + (uint64_t)slot * s->super.group_blocks;
    return (struct store_group *)((uint8_t *)s->config.memory + block * STORE_BLOCK);
}
/* The open group is complete: hashed, and due to be written. */
struct store_slot *store_group_close(struct store *s);

static inline uint32_t store_blocks_of_memory(const struct store *s)
{
    return (uint32_t)(s->config.memory_bytes / STORE_BLOCK);
}
