/*
 * devices.h - memory where devices have their registers, cut to size as it is asked for.
 */
#pragma once
#include "abi/boot.h"
#include "process.h"

struct window {
    uint64_t base;
    uint32_t pages;
};

void devices_setup(const struct boot_info *boot);
/* Maps the pages uncached. ERR_RANGE: not all of them are device memory. */
MUST_USE enum err window_map(struct process *p, uint64_t address, const struct window *w);
