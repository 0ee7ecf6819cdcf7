/*
 * walk.h - all that is below a path, a folder before what is in it, in the order of names. It keeps
 * nothing but the path: what changes meanwhile is seen as it is when the walk gets there.
 */
#pragma once
#include <stdbool.h>

#include "idl/vfs.h"

enum { WALK_PATH_BYTES = 1025 };

struct walk {
    cap_t root;
    char path[WALK_PATH_BYTES];
    size_t len, top_len;
    uint32_t depth;         /* below the start */
    struct vfs_entry entry; /* of what stands at the path; without its name */
    int err;                /* of the last folder that could not be listed */
};

/* The start itself, whatever it is. */
int walk_start(struct walk *w, cap_t root, const char *path);
/* What comes next; `into`: in the folder that the path names now. False: that was all. */
bool walk_next(struct walk *w, bool into);
const char *walk_name(const struct walk *w);
