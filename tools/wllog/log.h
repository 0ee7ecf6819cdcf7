/*
 * log.h - the commits of a log, boot by boot: from a disk image of the store, or from a plain file
 * of records. What goes wrong is printed, with the file's name.
 */
#pragma once
#include <stdio.h>

#include "lifelog.h"
#include "reduce.h"
#include "store.h"

enum { TAG_BYTES = 8 };

struct boot {
    struct commit *commits;
    uint8_t (*tags)[TAG_BYTES]; /* beginnings of the chain's hashes, as kept; NULL: none are */
    uint64_t count, room;
    struct log_life *lives; /* as audit kept them */
    uint32_t life_count;
    struct store_boot_note note; /* number 0: none */
};

struct log {
    const char *path;
    struct boot *boots;
    uint32_t boot_count;
    bool is_image, is_damaged; /* damaged: what is before the damage was read */
    uint64_t groups, records;  /* of an image */
    struct store_where where;  /* of the damage */
    const char *damage;        /* what it is */
};

/* lives.c: from a record of audit's stream. */
void lives_take(struct log *l, const void *payload, uint32_t length);

/* False: nothing could be read. */
bool log_read(struct log *l, const char *path);
void log_free(struct log *l);

/* The state after `count` commits of a boot; false, and the text: a commit does not follow. */
bool log_fold(const struct boot *b, uint64_t count, struct reduce *out, const char **out_why);
void fold_free(struct reduce *r);
