/* logmem.c - see logmem.h. Pure: compiled for the host as well. */
#include "logmem.h"

enum {
    LARGE = 1 << 21,
    COMMITS_BITS_MIN = 14, /* 2 MiB of commits and hashes */
    COMMITS_BITS_MAX = 19,
    LIFE_SLOTS = 2048,
    REQUEST_SLOTS = 8192,
    EVENT_SLOTS = 1 << 16,
    STREAMS_MAX = 16 << 20, /* bytes */
};

static uint64_t large_up(uint64_t bytes)
{
    return (bytes + LARGE - 1) / LARGE * LARGE;
}

/* The reserve takes a sixteenth of memory: 2^17 commits in 256 MiB. */
static uint32_t commit_bits(uint64_t memory)
{
    uint32_t bits = COMMITS_BITS_MIN;
    while (bits < COMMITS_BITS_MAX &&
           (2ull << bits) * (sizeof(struct commit) + HASH_BYTES) <= (memory + memory / 8) / 16) {
        bits++;
    }
    return bits;
}

/* What services want kept while there is no disk: another sixteenth. */
static uint64_t streams_bytes(uint64_t memory)
{
    uint64_t bytes = memory / 16 / LARGE * LARGE;
    if (bytes < LARGE) return LARGE;
    return bytes < STREAMS_MAX ? bytes : STREAMS_MAX;
}

void logmem_layout(struct logmem *l, uint64_t memory_bytes)
{
    uint64_t commits = 1ull << commit_bits(memory_bytes);
    l->commit_slots = commits;
    l->life_slots = LIFE_SLOTS;
    l->request_slots = REQUEST_SLOTS;
    l->event_slots = EVENT_SLOTS;
    l->lives_at = 4096;
    l->requests_at = l->lives_at + (LIVING_SLOTS + LIFE_SLOTS) * sizeof(struct log_life);
    l->events_at = large_up(l->requests_at + REQUEST_SLOTS * sizeof(struct log_request));
    l->commits_at = l->events_at + EVENT_SLOTS * sizeof(struct event);
    l->hashes_at = large_up(l->commits_at + commits * sizeof(struct commit));
    l->streams_at = l->hashes_at + large_up(commits * HASH_BYTES);
    l->ledger_at = l->streams_at + streams_bytes(memory_bytes);
    l->bytes = l->ledger_at + 4096;
}

void logmem_born(struct logmem *l, const struct log_life *life)
{
    struct log_life *living = logmem_living(l, life->pid);
    *living = *life;
    living->event = LIFE_CREATED;
    living->ended = UINT64_MAX;
}

void logmem_ended(struct logmem *l, const struct log_life *life)
{
    struct log_life *living = logmem_living(l, life->pid), *to = logmem_life(l, l->life_head);
    uint64_t born = living->pid == life->pid ? living->time : life->time;
    *to = *life;
    to->ended_time = life->time;
    to->time = born;
    l->life_head++;
    if (living->pid == life->pid) *living = (struct log_life){0};
}
