/*
 * logbench.h - what main.c does between marks, some stretches of each kind. `FIGURE KIND COUNT`
 * says how many commits or records are in each; where.c counts the instructions.
 */
#pragma once
#include <stdint.h>

#include "mark.h"

enum { STRETCHES = 6 }; /* of which the first warms up */
enum kind {             /* as in log_figures.py */
            KIND_HASH = 1,
            KIND_REDUCE,
            KIND_APPEND,
            KIND_DURABLE_16,
            KIND_DURABLE,
            KIND_COMMITS,
};

void figure(enum kind kind, uint64_t count);
/* The chain's hash and the fold, over commits that are made here. */
void measure_world(void);
/* Records of a stream and commits of the kernel, until they are durable. */
void measure_appending(void);
