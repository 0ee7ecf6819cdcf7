/* clock.h - the rate of the time stamp counter. */
#pragma once
#include <stdint.h>

/* Some milliseconds before clock_measure(), else that waits so long. Both take room of both rings
 * for a few records. */
void clock_begin(void);
/* Ticks a second, to about 0.1 %. */
uint64_t clock_measure(void);
