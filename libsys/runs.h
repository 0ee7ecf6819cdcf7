/*
 * runs.h - a map of numbers in use, from which runs of consecutive ones are taken.
 *
 * A run lies in one 64-bit word of the map, so that one exchange takes it: safe with several
 * threads, and no thread waits for another.
 */
#pragma once
#include <stdint.h>

enum { RUNS_MAX = 4096, RUNS_LENGTH_MAX = 64 };

struct runs {
    uint32_t limit;               /* the first number that does not exist */
    uint64_t used[RUNS_MAX / 64]; /* bit set: in use */
};

/* Free: [first, limit). */
void runs_init(struct runs *runs, uint32_t first, uint32_t limit);
uint32_t runs_take(struct runs *runs, uint32_t count); /* UINT32_MAX: no such run is free */
void runs_give(struct runs *runs, uint32_t first, uint32_t count);
