/*
 * format.h - the bytes on the device. README.md describes the same for readers in other languages.
 *
 * Little-endian. What has a hash begins with it: BLAKE2b-256 of the bytes from 32 to `bytes`; what
 * follows up to the end of the last block is zero.
 */
#pragma once
#include <stdint.h>

#include "chain.h"
#include "device.h"

#define STORE_SUPER_MAGIC 0x3172657075734c57ull  /* "WLsuper1" */
#define STORE_ANCHOR_MAGIC 0x317268636e614c57ull /* "WLanchr1" */
#define STORE_GROUP_MAGIC 0x3170756f72674c57ull  /* "WLgroup1" */

enum { STORE_VERSION = 1, STORE_ID_BYTES = 16, STORE_STREAMS = 64, STORE_LABEL_BYTES = 32 };
enum { STORE_FIRST = 2 /* block where the segments begin */ };

struct store_top { /* how superblock, anchor and group begin */
    uint8_t hash[HASH_BYTES];
    uint64_t magic;
    uint32_t version, bytes;
};

struct store_super { /* block 0 and the last; never changes */
    struct store_top top;
    uint8_t id[STORE_ID_BYTES]; /* of this log */
    uint64_t blocks;            /* of the device when it was formatted */
    uint64_t first, segments;   /* block of the first, number */
    uint64_t reserve;           /* blocks that only checkpoints, boots and shutdown use */
    uint64_t created;           /* the formatter's time */
    uint32_t block_bytes;
    uint32_t group_blocks;   /* the most that a group takes */
    uint32_t segment_blocks; /* of each segment */
    uint32_t window_blocks;  /* the most that is written ahead of a flush */
    char label[STORE_LABEL_BYTES];
};
_Static_assert(sizeof(struct store_super) == 152, "README.md");

struct store_anchor { /* block 1 and the last but one, written in turn */
    struct store_top top;
    uint8_t id[STORE_ID_BYTES];
    uint64_t counter;      /* the greater is the newer */
    uint64_t group, block; /* a group that begins with a TABLE, and is durable */
    uint8_t group_hash[HASH_BYTES];
};
_Static_assert(sizeof(struct store_anchor) == 120, "README.md");

struct store_group {
    struct store_top top;
    uint64_t number; /* from 0 without gaps */
    uint64_t first;  /* number of its first record in the log, from 0 */
    uint64_t stable; /* groups below this number were durable when this one was made */
    uint32_t records, boot;
    uint8_t id[STORE_ID_BYTES];
    uint8_t before[HASH_BYTES]; /* hash of the group before; of group 0: of the superblock */
    uint8_t head[HASH_BYTES];   /* of the chain of stream 0 after this group */
    uint64_t count;             /* commits in that chain */
    uint64_t opening;           /* a number of the writer's, another each time it opens the log */
    uint8_t zero[16];
};
_Static_assert(sizeof(struct store_group) == 192, "README.md");

struct store_head { /* of a record; the payload follows, zeros to a multiple of 8 */
    uint32_t stream;
    uint16_t type, version;
    uint32_t length, zero; /* of the payload */
    uint64_t seq;          /* in its stream, from 0 without gaps, over all boots */
};
_Static_assert(sizeof(struct store_head) == 24, "README.md");

/* Streams. The store's own notes; the checkpoints of stream n are in the stream n | bit 31. */
#define STORE_NOTES 0xffffffffu
#define STORE_CHECKPOINTS 0x80000000u
enum { STORE_KERNEL = 0 /* its payload: struct store_commit */ };
enum { STORE_STREAM_MAX = 0x7ffffffd };
/* So that with the notes, the kernel's and all checkpoints there are at most STORE_STREAMS. */
enum { STORE_SERVICES = (STORE_STREAMS - 3) / 2 };

struct store_commit { /* version 1, type 0 */
    struct commit commit;
    uint8_t tag[8]; /* the first bytes of the chain's hash after it */
};

enum store_note { STORE_NOTE_BOOT = 1, STORE_NOTE_TABLE = 2 };

struct store_boot_note { /* opens each boot */
    uint32_t boot, zero; /* from 1 */
    uint8_t id[STORE_ID_BYTES];
    uint64_t base;                 /* number in stream 0 of this boot's first commit */
    uint64_t last_count;           /* commits of the boot before */
    uint8_t last_head[HASH_BYTES]; /* of its chain */
    uint64_t memory, time;         /* bytes; as the caller says */
    uint8_t image[HASH_BYTES];     /* of the system */
};
_Static_assert(sizeof(struct store_boot_note) == 120, "README.md");

struct store_mark { /* of a whole checkpoint; UINT64_MAX: none */
    uint64_t at;    /* it is the state before record `at` of its stream */
    uint64_t first; /* number of its first part in the stream of checkpoints */
};
struct store_stream { /* what is known of one */
    uint32_t number, zero;
    uint64_t next;              /* number of the record to come */
    struct store_mark marks[2]; /* of its checkpoints, the newest first */
};
struct store_table { /* stands first in each segment: the state before its first group */
    uint32_t boot, streams;
    uint8_t boot_id[STORE_ID_BYTES];
    uint64_t base, count; /* of this boot; and head: the chain of stream 0 */
    uint8_t head[HASH_BYTES];
    uint64_t last_count; /* as in the BOOT note */
    uint8_t last_head[HASH_BYTES];
    struct store_stream stream[STORE_STREAMS]; /* the note holds as many as there are */
};
_Static_assert(sizeof(struct store_table) == 112 + STORE_STREAMS * 48, "README.md");

enum { STORE_PART = 1 }; /* type in a stream of checkpoints */
struct store_part {      /* and bytes of the blob */
    uint64_t at;
    uint32_t part, parts;
};

enum { STORE_ALIGN = 8 };
static inline uint64_t store_record_bytes(uint32_t length)
{
    return sizeof(struct store_head) +
           (((uint64_t)length + STORE_ALIGN - 1) & ~(uint64_t)(STORE_ALIGN - 1));
}
