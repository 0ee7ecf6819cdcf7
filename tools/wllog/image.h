/*
 * image.h - a disk image of the log store: opened for reading only, verified, and read record by
 * record. What goes wrong is for the caller to say: there is a text for each.
 */
#pragma once
#include <stdio.h>

#include "reader.h"
#include "verify.h"

struct image {
    FILE *file; /* open; the caller's */
    uint64_t blocks;
    struct store store;
    struct store_fold fold;   /* what image_verify() found in all that is sound */
    struct store_where where; /* of the damage */
    void *memory;             /* of the readers */
};

/* OK and DAMAGED: it can be read. */
enum store_result image_open(struct image *i, FILE *file, uint64_t blocks);
void image_close(struct image *i);
/* Every hash and rule, from the first group on. NULL: all is sound; else what is wrong. */
const char *image_verify(struct image *i);
/* Gives each record to `take`, as long as that says true. END: all were given; OK: it said false;
 * else what is wrong. */
enum store_result image_each(struct image *i, bool (*take)(void *of, const struct store_item *),
                             void *of);
/* Memory that is there, or the program ends. */
void *must(void *memory);
