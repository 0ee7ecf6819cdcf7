/*
 * campaign.h - many seeds, worlds after worlds from each, shared among processes.
 */
#pragma once
#include "shrink.h"

enum { JOBS_MAX = 16 };
struct campaign {
    uint64_t seeds, steps, first, jobs; /* steps of each seed; the first seed */
};
struct found { /* the first failure */
    uint64_t seed, world;
    const struct steps *list; /* up to the step that fails */
    struct outcome outcome;
};

/* Prints what was done. False: a step failed. */
bool campaign(const struct campaign *c, struct found *out);
