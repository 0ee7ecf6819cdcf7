/*
 * irq.h - interrupt lines and I/O ports. A line stays masked from an interrupt until it is
 * acknowledged, so that a device costs at most one event at a time.
 */
#pragma once
#include "commit.h"

void irq_fired(uint32_t line);
/* The last handler of a line goes; a notification goes. */
void irq_release(uint32_t line);
void irq_forget(const struct notification *n);

struct binding irq_binding(uint64_t line);
