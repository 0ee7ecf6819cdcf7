/*
 * image.h - the files of the boot image, where it is mapped (kernel/abi/boot.h).
 *
 * What is mapped starts with the table of files, followed by their contents. The offsets in the
 * table count from the start of the whole image; the first file's tells where the table itself is.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/boot.h"

struct image_file {        /* the table is sorted by path */
    char path[80];         /* absolute, NUL-terminated */
    uint64_t offset, size; /* data, page-aligned */
};

struct image {
    const struct image_file *files;
    uint32_t count;
    uint64_t table_offset; /* of the table, in the whole image */
};

/* False: what is there is no table, or a file lies outside of `size`. */
bool image_open(const void *at, uint64_t size, struct image *out_image);
const uint8_t *image_data(const struct image *image, const struct image_file *file);
const struct image_file *image_find(const struct image *image, const char *path);
