/*
 * credits.h - how many commits each process may cause by itself until credits are given again.
 *
 * Axiom looks at the log when it is asked for something, or when the kernel's ring is half full:
 * between two looks whatever was given can be used up. So what is given to all together is never
 * more than there is room for before the part of the log that is for taking down.
 */
#pragma once
#include "process.h"

void credits_setup(uint64_t tick_hz);
/* Its first ones. */
void credits_begin(const struct process *p);
/* For all, once a second at most; but at once when there are to be none any more, or some again.
 * `commits`: some came. */
void credits_refill(uint64_t now, bool commits);
