/* past.h - a log of earlier boots, for the tests: what the ledger would read from the disk. */
#pragma once
#include "fetch.h"
#include "logmem.h"

struct past {
    const struct store_commit *commits; /* of all boots */
    uint64_t count;
    const struct store_boot_note *notes; /* of boots 1 and up */
    uint32_t boots, this;
    const struct log_life *lives;
    const uint32_t *life_boot; /* of each */
    uint32_t life_count;
    int err; /* not OK: all that is answered */
    uint64_t fetches;
};
extern struct past past;
