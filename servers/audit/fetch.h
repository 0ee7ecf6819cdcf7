/* fetch.h - what the ledger reads from the disk for audit: one call each. */
#pragma once
#include "store/format.h"

enum {
    FETCH_COMMITS = 4072 / sizeof(struct store_commit),
    FETCH_BOOTS = 4072 / sizeof(struct store_boot_note),
};

/* All of these: OK, AUDIT_NO_DISK, AUDIT_AWAY, AUDIT_NO_RECORD: none has that number. */

/* From record `from` of stream 0 on, at least one. */
int fetch_commits(uint64_t from, struct store_commit out[FETCH_COMMITS], uint32_t *out_count);
/* From that of boot `from` on; and the number of this boot. */
int fetch_boots(uint32_t from, struct store_boot_note out[FETCH_BOOTS], uint32_t *out_count,
                uint32_t *out_this);
