/* steps.h - between main.c and steps.c. */
#pragma once
#include "sim.h"

enum { CRASHES = 1 << 14, FAILED = 3 };

extern struct options {
    uint64_t seed, seeds, steps;
    bool given; /* crashes are those of the list, and no others */
    uint32_t crash_count;
    uint64_t crashes[CRASHES];
} options;
extern struct told { /* of this seed, for who shrinks */
    uint32_t count;
    uint64_t step[CRASHES];
    uint64_t failed_at;
    char text[200];
    uint64_t steps, given_up, sum[COUNTS]; /* of all seeds */
} * told;

void steps_setup(void); /* before the first one of a seed */
void step(void);
/* A client that has got no answer since the last step of the seed, or NULL. */
const char *steps_who_waits(void);
