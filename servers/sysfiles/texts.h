/* texts.h - the files below /sys: each is a text that is made when it is read. */
#pragma once
#include "message.h"
#include "out.h"

enum { TEXT_BYTES = 16384 };

struct sources { /* capabilities; 0: not given */
    cap_t files, audit, observe;
};

struct file {
    const char *path;                                          /* below the mount */
    int (*make)(const struct sources *sources, struct out *o); /* NULL: a directory */
};
extern const struct file files[]; /* in the order of their paths, as directories list them */
extern const uint32_t file_count;
