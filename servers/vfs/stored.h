/* stored.h - what goes to the store, and what the store has. */
#pragma once
#include "vfs.h"

/* What lay in memory up to `stamp` is in the tree now. False: the file is another one by now. */
struct vfs_stored {
    uint32_t node, cuts, depth;
    uint64_t inode, bytes, stamp;
    uint8_t root[VFS_HASH_BYTES];
};
/* The dirty blocks that were written first, by file and place, up to where a record ends: all up to
 * `*out_stamp` of the files that they belong to. Files of which something cannot be fetched are
 * left out. `*out_partial`: one that is to be fetched first, or VFS_NO_BLOCK. */
enum { VFS_CHOICE = 64 };
uint32_t vfs_choose(const struct vfs *v, uint32_t *blocks, uint64_t *out_stamp,
                    uint32_t *out_partial);
bool vfs_decide_stored(const struct vfs *v, const struct vfs_stored *s,
                       struct vfs_record *out_record);

/*
 * Whole blocks that went to the store without being in memory or in the log: their tree is durable,
 * and one record names it. Of the blocks in memory those that they cover go, whenever they were
 * written: that was before this is answered.
 *
 * VFS_PLACED: node; offset: where they begin; replaced: how many; user: bytes that the tree has;
 * flag: depth; bytes: root.
 */
struct vfs_placed {
    uint32_t node, cuts, depth, blocks;
    uint64_t inode, offset, stored;
    uint8_t root[VFS_HASH_BYTES];
};
/* May they go there? Asked before they are stored, and again by the next one. */
enum vfs_error vfs_check_place(const struct vfs *v, uint32_t node, uint64_t offset,
                               uint32_t blocks);
/* CONFLICT: the file became shorter or another one meanwhile: its tree is to be made anew. */
enum vfs_error vfs_decide_placed(const struct vfs *v, const struct vfs_placed *p,
                                 struct vfs_record *out_record);
