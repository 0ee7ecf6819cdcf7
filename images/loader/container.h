/*
 * container.h - what the one module holds: a kernel, and the boot image that the kernel is to get.
 *
 * Little-endian. A header page, then the kernel's ELF file from byte 4096 on, zeros up to a
 * multiple of 4096, then the boot image up to the end.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define CONTAINER_MAGIC 0x31746f6f624c5721ull /* "!WLboot1" */
enum { CONTAINER_PAGE = 4096, CONTAINER_SUMMED = 16 };

struct container_header {
    uint64_t magic;
    uint32_t kernel_size, image_size; /* bytes; image 0: none, which the kernel will refuse */
    uint32_t
        crc; /* CRC-32 as zlib's, of the 16 bytes above and the kernel; the image has its own */
};
_Static_assert(offsetof(struct container_header, crc) == CONTAINER_SUMMED, "what crc is over");

struct container {
    const uint8_t *kernel, *image;
    uint32_t kernel_size, image_size;
};

/* NULL, or what is wrong. The parts are pointers into `bytes`, which is aligned to 8. */
const char *container_read(const uint8_t *bytes, uint32_t size, struct container *out);
