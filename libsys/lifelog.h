/*
 * lifelog.h - the stream "audit" of the log store: which processes lived, in every boot, as audit
 * keeps them. Each of its records is a head and `count` lives: first those that ended, in order,
 * then some that had begun and not ended; of these the same one may stand in several records. A pid
 * is of one process in its boot. servers/audit/README.md describes the same for other languages.
 */
#pragma once
#include <stdbool.h>

#include "logmem.h"

#define LIFELOG_STREAM 0x75615aabu /* its number in the store: the hash of its name */
enum { LIFELOG_VERSION = 1, LIFELOG_LIVES_MAX = 31 };

struct lifelog_head {
    uint32_t version, boot;
    uint64_t first; /* number of the boot's first record in this stream */
    uint64_t ended; /* lives of the boot that ended up to now; those in no record were lost */
    uint32_t count, zero;
};
_Static_assert(sizeof(struct lifelog_head) == 32, "README.md");

struct lifelog_record {
    struct lifelog_head head;
    struct log_life lives[LIFELOG_LIVES_MAX];
};
_Static_assert(sizeof(struct lifelog_record) <= 4056, "one record of a stream");

/* Whether a record of so many bytes has this format. */
static inline bool lifelog_check(const struct lifelog_head *h, uint64_t bytes)
{
    return bytes >= sizeof(*h) && h->version == LIFELOG_VERSION && h->count <= LIFELOG_LIVES_MAX &&
           bytes == sizeof(*h) + h->count * sizeof(struct log_life);
}
