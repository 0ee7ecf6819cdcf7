/* memory.h - physical memory, as the firmware tells of it. */
#pragma once
#include <stdint.h>

enum { MEMORY_USABLE = 1 }; /* the numbers are the same in PVH, E820 and Multiboot2 */

struct memory_entry {
    uint64_t base, size;
    uint32_t type, reserved;
};
_Static_assert(sizeof(struct memory_entry) == 24, "in PVH and in Multiboot2");

struct memory_map {
    const struct memory_entry *entries;
    uint32_t count;
};
struct range {
    uint64_t base, size; /* the sum is checked where it comes from: it does not overflow */
};
