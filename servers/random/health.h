/*
 * health.h - the two continuous tests of a noise source: SP 800-90B, 4.4.1 and 4.4.2.
 *
 * A sample is a byte. Of each at least two bits of entropy are claimed, which is little for a
 * source that is whole and much for one that is stuck; a whole one fails once in 2^30 samples.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum {
    HEALTH_REPEATS = 16,  /* 1 + 30 bits / 2 bits: so many equal samples in a row */
    HEALTH_WINDOW = 512,  /* of the proportion test */
    HEALTH_SHARE = 190,   /* 1 + CRITBINOM(512, 2^-2, 1 - 2^-30): its first sample so often in it */
    HEALTH_STARTUP = 1024 /* samples that must pass before one is used */
};

struct health {
    bool started, failed; /* once failed, failed for good */
    uint8_t last, first;  /* the sample before; the first one of the window */
    uint32_t repeats;     /* of `last` in a row */
    uint32_t seen, equal; /* samples of the window, and those equal to its first */
    uint64_t samples;
    uint32_t failures;
};

/* False: the source has failed, now or before; these bytes are not to be used. */
bool health_take(struct health *h, const uint8_t *bytes, uint32_t len);
