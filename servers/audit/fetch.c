/* fetch.c - see fetch.h. */
#include "fetch.h"

#include "bytes.h"
#include "idl/audit.h"
#include "idl/stream.h"
#include "service.h"
#include "startup.h"

static int result_of(int err)
{
    switch (err) {
    case OK:
        return OK;
    case HISTORY_NO_DISK:
        return AUDIT_NO_DISK;
    case HISTORY_NO_RECORD:
        return AUDIT_NO_RECORD;
    default:
        return AUDIT_AWAY;
    }
}

int fetch_commits(uint64_t from, struct store_commit out[FETCH_COMMITS], uint32_t *out_count)
{
    const struct history_commits_in in = {.from = from};
    struct history_commits_out answer;
    uint32_t tries = 0;
    int err;
    do {
        err = history_commits(startup_cap("history"), &in, &answer);
    } while (call_again(err, &tries));
    if (err != OK) return result_of(err);
    *out_count = answer.commits.len / (uint32_t)sizeof(out[0]);
    if (*out_count == 0 || *out_count > FETCH_COMMITS) return AUDIT_AWAY;
    memcpy(out, answer.commits.at, *out_count * sizeof(out[0]));
    return OK;
}

int fetch_boots(uint32_t from, struct store_boot_note out[FETCH_BOOTS], uint32_t *out_count,
                uint32_t *out_this)
{
    const struct history_boots_in in = {.from = from};
    struct history_boots_out answer;
    uint32_t tries = 0;
    int err;
    do {
        err = history_boots(startup_cap("history"), &in, &answer);
    } while (call_again(err, &tries));
    if (err != OK) return result_of(err);
    *out_count = answer.notes.len / (uint32_t)sizeof(out[0]);
    *out_this = answer.boot;
    if (*out_count == 0 || *out_count > FETCH_BOOTS) return AUDIT_AWAY;
    memcpy(out, answer.notes.at, *out_count * sizeof(out[0]));
    return OK;
}
