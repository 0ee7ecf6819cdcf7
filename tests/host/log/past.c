/* past.c - see past.h. */
#include "past.h"

#include <string.h>

#include "idl/audit.h"
#include "kept.h"
#include "message.h"

struct past past = {.err = AUDIT_NO_DISK};

int fetch_commits(uint64_t from, struct store_commit out[FETCH_COMMITS], uint32_t *out_count)
{
    past.fetches++;
    if (past.err != OK) return past.err;
    if (from >= past.count) return AUDIT_NO_RECORD;
    uint64_t count = past.count - from < FETCH_COMMITS ? past.count - from : FETCH_COMMITS;
    memcpy(out, past.commits + from, count * sizeof(*out));
    *out_count = (uint32_t)count;
    return OK;
}

int fetch_boots(uint32_t from, struct store_boot_note out[FETCH_BOOTS], uint32_t *out_count,
                uint32_t *out_this)
{
    if (past.err != OK) return past.err;
    if (from == 0 || from > past.boots) return AUDIT_NO_RECORD;
    uint32_t count = past.boots - from + 1;
    if (count > FETCH_BOOTS) count = FETCH_BOOTS;
    memcpy(out, past.notes + from - 1, count * sizeof(*out));
    *out_count = count;
    *out_this = past.this;
    return OK;
}

int kept_load(uint32_t boot, struct lives *out)
{
    out->count = 0;
    for (uint32_t i = 0; i < past.life_count; i++) {
        if (past.life_boot[i] == boot) lives_add(out, &past.lives[i], true);
    }
    return past.err;
}
