/*
 * information.h - what the kernel is told: the tags of Multiboot2 that ours reads, which are
 * command line, boot image, memory map and the root pointer of ACPI.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "memory.h"

enum { CMDLINE_MAX = 2047, MEMORY_ENTRIES_MAX = 64, INFORMATION_BYTES = 8192 };

struct told {
    const char *cmdline; /* NUL-terminated */
    const uint8_t *rsdp; /* NULL: unknown. Up to 36 bytes are read */
    struct range image;  /* size 0: there is none, and no tag */
    struct memory_map memory;
};

struct information { /* Multiboot2 specification 3.6 */
    uint32_t bytes, reserved;
    uint8_t tags[INFORMATION_BYTES - 8];
} __attribute__((aligned(8)));

/* NULL, or what is wrong. */
const char *information_write(const struct told *told, struct information *out);
