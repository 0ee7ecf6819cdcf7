/*
 * checks.c - the invariants of tests/host/kernel over the executed state: what they ask of the
 * harness there, the engine answers here.
 */
#include "checks.h"

#include <stdio.h>

#include "engine.h"
#include "harness.h"
#include "invariants.h"

const struct log_header *log_header(void)
{
    return &engine.rings->header;
}

const struct commit *commit_at(uint64_t seq)
{
    return &engine.rings->commits[seq % LOG_COMMITS];
}

const struct event *event_at(uint64_t position)
{
    return &engine.rings->events[position % LOG_EVENTS];
}

bool checks_hold(void)
{
    const char *broken = invariants_broken();
    if (broken == NULL) return true;
    snprintf(engine.message, sizeof(engine.message), "event %llu: %s",
             (unsigned long long)(engine.at - 1), broken);
    engine.diverged = true;
    return false;
}
