/*
 * ids.h - what names files and trees by their contents.
 *
 * A file's id is the root of its tree of chunks and its size, so the same bytes have the same id,
 * however they were written, if all of them are stored: it is settled. A directory's is a hash of
 * what is below it, in the order of names: level, kind, mode, size, root, name, target. Who owns it
 * and when it was changed is no part of it.
 */
#pragma once
#include "vfs.h"

struct content_id {
    uint8_t kind; /* NODE_FILE, NODE_DIRECTORY */
    uint64_t size;
    uint8_t hash[VFS_HASH_BYTES];
};

/* DENIED: some of it the asker may not read, and the id would tell of it. */
enum vfs_error vfs_check_seen(const struct vfs *v, const struct asker *who, uint32_t node);
/* READ_ONLY: some of it is in no store. */
enum vfs_error vfs_check_named(const struct vfs *v, uint32_t node);
/* The first file at or below it of which something is not in the store; VFS_NONE: all is. */
uint32_t vfs_unsettled(const struct vfs *v, uint32_t node);
bool vfs_has_dirty(const struct vfs *v, uint32_t node);
/* All of it is settled. */
void vfs_identify(const struct vfs *v, uint32_t node, struct content_id *out_id);
/* The path of a node within what the asker sees, at the end of `buffer`. Length 0: none leads there
 * for him. */
struct path_text vfs_path_to(const struct vfs *v, const struct asker *who, uint32_t node,
                             char buffer[PATH_MAX_BYTES]);
/* The path of something with that id which the asker may read. Length 0: there is none. */
struct path_text vfs_reach(const struct vfs *v, const struct asker *who,
                           const struct content_id *id, char buffer[PATH_MAX_BYTES]);
