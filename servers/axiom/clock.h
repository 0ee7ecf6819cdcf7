/* clock.h - the rate of the time stamp counter. */
#pragma once
#include <stdint.h>

/* Ticks a second, to about 0.1 %. Takes some milliseconds, and both rings' room for a few
 * records. */
uint64_t clock_measure(void);
