/*
 * kernel_file.h - where the parts of a kernel's ELF64 file go, decided before anything is moved:
 * kernel_plan() looks at the file alone, plan_fits() at the machine.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memory.h"

enum { SEGMENTS_MAX = 16 };

struct segment { /* zeros from file_size up to the range's end */
    struct range to;
    uint32_t from, file_size; /* in the file */
};
struct plan {
    struct segment segments[SEGMENTS_MAX];
    uint32_t count, entry; /* both physical and virtual: there is no paging yet */
};

/* Both: NULL, or what is wrong. `file` is aligned to 8. */
const char *kernel_plan(const uint8_t *file, uint32_t size, struct plan *out);
const char *plan_fits(const struct plan *plan, const struct memory_map *map,
                      const struct range *taken, uint32_t taken_count);
