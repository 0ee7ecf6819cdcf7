/*
 * store.h - append-only streams on a block device. Sans I/O: no system call, no allocation; the
 * caller does what store_next() says and tells store_done(). One thread. Needs libsodium.
 *
 *     store_open(&s, &config);
 *     for (;;) {
 *         while (store_next(&s, &io)) submit(&io);
 *         store_done(&s, id, result);           each completion, in any order
 *     }
 *
 * While the log is being opened store_status() is STORE_WAIT; then STORE_OK, or why not. Positions
 * count the records of the log over all boots: a record appended with position p is durable when
 * store_durable() >= p. What was appended is on its way when the group is full, or after
 * store_sync(); groups form while the device is busy. All that is accepted has its place on the
 * device: a full device refuses before.
 *
 * Services' streams have numbers 1 to STORE_STREAM_MAX, any; at most STORE_SERVICES of them are in
 * a log. A stream is there from its first record on.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "fold.h"

enum store_result {
    STORE_OK,
    STORE_WAIT,        /* not open yet; or reading: a request has to be done first */
    STORE_EMPTY,       /* the device is empty: nothing was ever formatted */
    STORE_FOREIGN,     /* something else is on the device; not touched */
    STORE_OTHER,       /* a log, but not the expected one; not touched */
    STORE_VERSION_NEW, /* a log of another version; not touched */
    STORE_SUPERBLOCK,  /* a log whose superblocks are both damaged; not touched */
    STORE_DEVICE_SIZE, /* the device is smaller than the log on it; not touched */
    STORE_SMALL,       /* the device is too small to format, or the geometry is no good */
    STORE_MEMORY,      /* too little memory was given */
    STORE_DAMAGED,     /* a group that was durable is not sound: see store_where(); read only */
    STORE_DEVICE,      /* the device failed a request; store_retry() */
    STORE_SHORT,       /* the device gave or took fewer bytes than asked; store_retry() */
    STORE_READ_ONLY,   /* opened for reading */
    STORE_FULL,        /* no room but the reserve; nothing was taken */
    STORE_BUSY,        /* all buffers wait for the device; nothing was taken; later again */
    STORE_LARGE,       /* the records do not fit into one group; nothing was taken */
    STORE_STREAM,      /* no such stream number, or too many streams */
    STORE_ORDER,       /* not the commit, or the part of a checkpoint, that comes next */
    STORE_END,         /* reading: nothing durable is left */
    STORE_NONE,        /* reading: no such checkpoint */
};
/* One sentence; never NULL. */
const char *store_text(enum store_result result);

struct store_geometry {      /* of a log to be formatted; 0: the default */
    uint32_t group_blocks;   /* 16: the most that is written at once, and atomic */
    uint32_t segment_blocks; /* 1024; about what recovery reads */
    uint32_t window_blocks;  /* 256: written ahead of a flush */
    uint32_t reserve_blocks; /* a 32nd of the device, at least one group */
};

/* Formats only STORE_FORMAT_EMPTY: a device that is empty (the first MiB and the last 128 KiB are
 * zero); STORE_FORMAT_ALWAYS: whatever is there is lost. */
enum store_format { STORE_FORMAT_NEVER, STORE_FORMAT_EMPTY, STORE_FORMAT_ALWAYS };

struct store_boot {             /* what the BOOT note says */
    uint8_t id[STORE_ID_BYTES]; /* of this boot of the system */
    uint32_t goes_on;           /* number that the log gave to this boot before: if it is the log's
                                   last one, and of that id, stream 0 goes on. 0: a new boot */
    uint64_t memory, time;      /* bytes; any clock */
    uint8_t image[HASH_BYTES];
};

struct store_config {
    void *memory; /* aligned to 8; every io.data lies inside. See store_memory() */
    uint64_t memory_bytes;
    uint64_t blocks; /* of the device */
    bool read_only;
    enum store_format format;
    struct store_geometry geometry;
    uint8_t id[STORE_ID_BYTES];    /* to format: of the new log, never used before. Else: the only
                                   log to accept, zeros for any */
    char label[STORE_LABEL_BYTES]; /* to format */
    struct store_boot boot;
    uint64_t opening; /* never the same twice: random, or a clock */
};

enum { STORE_SLOTS = 64 };
enum store_slot_state {
    SLOT_FREE,
    SLOT_OPEN,
    SLOT_CLOSED,
    SLOT_WRITING,
    SLOT_WRITTEN,
    SLOT_FLUSHING,
    SLOT_FLUSHED
};
struct store_slot {
    uint8_t state;                  /* enum store_slot_state */
    uint64_t block, group, records; /* records: of the log, with those of this group */
    uint8_t hash[HASH_BYTES];
};

enum store_step {
    STEP_SUPER,
    STEP_SUPER_LAST,
    STEP_EMPTY,
    STEP_FORMAT,
    STEP_ANCHORS,
    STEP_START,
    STEP_ROLL,
    STEP_SCAN,
    STEP_SCRUB,
    STEP_END
};

struct store { /* the insides: not for users */
    struct store_config config;
    enum store_result status;
    enum store_step step;
    struct store_super super;
    struct store_anchor anchors[2]; /* counter 0: none; the newest first after STEP_ANCHORS */
    struct store_window window;     /* while opening */
    struct store_where where;
    enum store_fault fault;
    enum store_result first_copy;       /* what the first superblock was */
    uint32_t turn, copies, bad_anchors; /* of the step; sound superblocks */
    uint64_t scan;                      /* block */
    uint64_t dirty, clean; /* blocks [dirty, clean) behind the log's end are to be zeroed */
    bool answered;         /* the last request of STEP_FORMAT or STEP_SCRUB is done */
    uint64_t mend;         /* block of the superblock that is to be written again; if `mends` */

    struct store_fold fold; /* of all that was appended */
    uint64_t place;         /* block of the open group, or of the one to come */
    uint32_t slots, used;   /* slots; bytes of the open group, 0 none */
    struct store_slot slot[STORE_SLOTS];
    uint64_t durable, durable_groups, durable_end; /* records, groups, block */
    uint8_t durable_head[HASH_BYTES];
    uint64_t durable_commits;    /* of this boot */
    uint64_t wanted, closed;     /* records: to be durable soon; in closed groups */
    uint32_t generation, writes; /* writes in flight */
    bool flushing, urgent, failed_opening, scrubbing, mends;

    struct store_slot due, pending; /* groups for anchors: the newest; the one under way */
    uint64_t anchor_counter;
    uint32_t part_stream, part_next, parts; /* of the checkpoint under way */
    uint64_t part_at;
};

/* Bytes for `groups` buffers of the default geometry (at least 2; 8 is good) and one block. */
uint64_t store_memory(uint32_t groups);
void store_open(struct store *s, const struct store_config *config);
enum store_result store_status(const struct store *s);
/* After STORE_DAMAGED: the first group that is not sound, and what is wrong with it. */
enum store_fault store_damage(const struct store *s, struct store_where *out);
/* What to do next; false: nothing until something is done or appended. */
bool store_next(struct store *s, struct store_io *out);
void store_done(struct store *s, uint32_t id, enum store_io_result result);
/* After a device error, when no request is under way any more: all that is not known to be durable
 * is written again. While opening: opens again. */
void store_retry(struct store *s);

struct store_record {
    uint32_t stream;
    uint16_t type, version;
    uint32_t length;
    const void *payload;
};
/* All of them or none, in one group: after a crash all are there or none. */
enum store_result store_append(struct store *s, const struct store_record *records, uint32_t count,
                               uint64_t *out_position);
/* The next commit of this boot; `hash`: of the chain after it. */
enum store_result store_commit(struct store *s, const struct commit *c,
                               const uint8_t hash[HASH_BYTES], uint64_t *out_position);
/* Of the records of one store_append(). */
uint64_t store_append_max(const struct store *s);
/* Commits of this boot that the store has. */
uint64_t store_commits(const struct store *s);
/* And those that are durable. */
uint64_t store_durable_commits(const struct store *s);

/* A checkpoint of `stream`: its folded state before its record `at`, in parts of at most
 * store_part_max() bytes, part 0 to parts - 1. The one before stays until the last part stands. May
 * use the reserve. */
struct store_blob {
    uint32_t stream;
    uint64_t at;
    uint32_t part, parts;
    const void *bytes;
    uint32_t length;
};
enum store_result store_checkpoint(struct store *s, const struct store_blob *blob,
                                   uint64_t *out_position);
uint32_t store_part_max(const struct store *s);

/* All that was appended shall be durable soon. */
void store_sync(struct store *s);
uint64_t store_durable(const struct store *s);
/* For shutdown: what is appended from now on may use the reserve. */
void store_use_reserve(struct store *s);

struct store_figures {
    uint64_t blocks, used, reserve; /* of the log */
    uint64_t records, groups, durable_records, durable_groups;
    uint64_t boot;       /* number */
    uint64_t base;       /* number in stream 0 of this boot's first commit */
    uint64_t last_count; /* what the boot before left: commits, and head of their chain */
    uint8_t last_head[HASH_BYTES];
    uint8_t head[HASH_BYTES]; /* hash of the last durable group */
    uint32_t superblocks;     /* sound copies of 2, when it was opened: 1 is a warning */
    uint32_t anchors;         /* sound ones when it was opened, of 2 */
    uint32_t bad_anchors;     /* neither sound nor empty */
};
void store_figures(const struct store *s, struct store_figures *out);
/* NULL: no such stream. */
const struct store_stream *store_stream(const struct store *s, uint32_t stream);
