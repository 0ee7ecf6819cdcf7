/* past.h - a log of earlier boots, for the tests: what the ledger would read from the disk. */
#pragma once
#include "fetch.h"

struct past {
    const struct store_commit *commits; /* of all boots */
    uint64_t count;
    const struct store_boot_note *notes; /* of boots 1 and up */
    uint32_t boots, this;
    int err; /* not OK: all that is answered */
    uint64_t fetches;
};
extern struct past past;
