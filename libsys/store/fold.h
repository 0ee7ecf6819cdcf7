/*
 * fold.h - what a log says so far, and the one step that follows a group: all checks are here.
 * Pure; used by recovery, reading and verification, and to take groups from a window of blocks.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "format.h"

enum store_fault {
    STORE_SOUND,
    STORE_ABSENT,       /* no group of this log stands here */
    STORE_OTHER_FORMAT, /* a group of another version */
    STORE_BAD_LENGTH,
    STORE_BAD_HASH,     /* header or body is not what was hashed */
    STORE_BAD_PADDING,  /* bytes behind the group are not zero */
    STORE_BAD_NUMBER,   /* a group, but not the one that comes next */
    STORE_BAD_BEFORE,   /* it follows another group than the one that stands before it */
    STORE_BAD_RECORD,   /* a record against the rules of README.md */
    STORE_BAD_SEQUENCE, /* not the number that comes next in its stream */
    STORE_BAD_TABLE,    /* the table at a segment's begin is not the state there */
    STORE_BAD_BOOT,     /* the boot does not follow the one before */
    STORE_BAD_CHAIN,    /* the chain of stream 0 does not follow from the commits */
};
const char *store_fault_text(enum store_fault fault);

struct store_where { /* of a fault */
    uint64_t group, block;
    uint32_t record; /* index in its group; UINT32_MAX: the group as a whole */
    uint32_t stream;
    uint64_t seq;
};

struct store_fold {
    uint64_t group, record;     /* numbers to come */
    uint8_t before[HASH_BYTES]; /* hash of the last group */
    uint64_t stable, opening;   /* of the last group */
    struct store_table table;
};

/* The state before the first group. */
void store_fold_init(struct store_fold *f, const struct store_super *super);
/* Takes the state from a group that begins with a table; false: it does not. */
bool store_fold_table(struct store_fold *f, const struct store_group *g);
/* What is known of a stream; NULL: it has no record. */
struct store_stream *store_fold_stream(const struct store_fold *f, uint32_t number);
/* The same, made if there is room. */
struct store_stream *store_fold_enter(struct store_fold *f, uint32_t number);
uint32_t store_table_bytes(const struct store_table *table);

/* Whether a group stands in memory whole and unchanged; says nothing of what is before it. */
enum store_fault store_group_check(const struct store_super *super, const struct store_group *g);
/* As far as that goes without its hash: it is a group, and not longer than one can be. */
enum store_fault store_group_glance(const struct store_super *super, const struct store_group *g);
/* The next group, already checked by itself. `chain`: also each commit's tag, which takes a hash a
 * commit. On a fault the fold is as it was, and `where` has record, stream and seq. */
enum store_fault store_fold_group(struct store_fold *f, const struct store_group *g, bool chain,
                                  struct store_where *where);

/* One record, as it stands in its group. `begin`: the state before the group, which a table has to
 * be; NULL: not looked at. On a fault the fold is of no use any more. */
enum store_fault store_fold_record(struct store_fold *f, const struct store_head *h, bool chain,
                                   const struct store_fold *begin);

/* The next record of a group. Start with offset = sizeof(struct store_group); NULL: none is left,
 * or what is there is no record. */
const struct store_head *store_group_record(const struct store_group *g, uint32_t *offset);
static inline const void *store_payload(const struct store_head *h)
{
    return h + 1;
}

static inline uint32_t store_group_blocks(const struct store_group *g)
{
    return (g->top.bytes + STORE_BLOCK - 1) / STORE_BLOCK;
}
/* Where the group after one that ends before `block` stands: a group never leaves its segment, and
 * begins only where the longest would fit. store_end(): there is none. */
uint64_t store_place(const struct store_super *super, uint64_t block);
static inline uint64_t store_end(const struct store_super *super)
{
    return super->first + super->segments * super->segment_blocks;
}
static inline bool store_segment_start(const struct store_super *super, uint64_t block)
{
    return (block - super->first) % super->segment_blocks == 0;
}
/* `top` of what stands in `memory`; the hash is right. */
bool store_top_check(const struct store_top *top, uint32_t bytes_max);
bool store_is_zero(const void *memory, uint64_t bytes);

struct store_window { /* blocks of the device in memory */
    uint8_t *memory;
    uint32_t blocks, have; /* room; valid ones */
    uint64_t at;           /* block of the first */
    uint64_t ask_at;
    uint32_t ask; /* 0: nothing is asked for */
    bool asked;   /* and given out */
};
/* The blocks [at, at + need), or NULL: store_window_next() asks for them, and for what follows up
 * to `end` as far as there is room. */
const void *store_window_get(struct store_window *w, uint64_t at, uint32_t need, uint64_t end);
bool store_window_next(struct store_window *w, struct store_io *out);
void store_window_done(struct store_window *w, bool ok);
