/*
 * irq.h - interrupt lines and I/O ports. A line stays masked from an interrupt until it is
 * acknowledged, so that a device costs at most one event at a time. The log has a line of its own,
 * which the kernel raises: its reader is told like a driver.
 */
#pragma once
#include "thread.h"

enum { LOG_LINE = IRQ_LINES, LINES };

struct irq_line {
    struct notification *notification; /* NULL: unbound */
    uint64_t badge;
    bool taken; /* a handler exists */
};
extern struct irq_line irq_lines[LINES];

void irq_signal(uint32_t line);
/* A notification goes. */
void irq_forget(const struct notification *n);
