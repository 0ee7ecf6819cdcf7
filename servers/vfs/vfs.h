/*
 * vfs.h - the files as a state machine: decide refuses or makes a record, apply alone changes.
 *
 * vfs_decide_*() take the state as const, check everything, and fill a record. vfs_apply() takes
 * the record and cannot fail. Records are the whole truth: the same records give the same state.
 * Nothing here knows messages, capabilities or the clock; the same objects run in the host tests.
 *
 *   node 0 is the root. parent, child and next are node indices; 0 ends a list (the root is
 *   nobody's child). Data: chains of 4 KiB blocks through `next_block`, BLOCK_NONE ends one.
 *   A removed node that is still open keeps its data until the last handle is closed.
 *
 * Invariants (vfs_is_sound): VFS-1 every node but the root is in its parent's list once; VFS-2 a
 * chain has exactly the blocks of its size, no block is in two chains; VFS-3 `bytes`, `nodes_used`
 * and `opens_used` are the sums; VFS-4 names are valid and unique in a directory.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "path.h"

enum {
    VFS_NODES_MAX = 512,
    VFS_IMAGE_MAX = 128, /* more nodes, for the boot image: another one does not move the rest */
    VFS_NODES_ALL = VFS_NODES_MAX + VFS_IMAGE_MAX,
    VFS_BLOCKS_MAX = 1024, /* 4 MiB of contents */
    VFS_OPENS_MAX = 192,
    VFS_BLOCK_BYTES = 4096,
    VFS_WRITE_MAX = 3072,
};
#define VFS_ROOT 0u
#define VFS_NONE 0xffffu
#define VFS_IMAGE_INODES (1ull << 32) /* and up */

/* In the order of Directory.Error and File.Error in idl/vfs.capnp; 0 is no error. */
enum vfs_error {
    VFS_OK,
    VFS_NOT_FOUND,
    VFS_EXISTS,
    VFS_NOT_DIRECTORY,
    VFS_IS_DIRECTORY,
    VFS_NOT_EMPTY,
    VFS_BAD_PATH,
    VFS_NO_SPACE,
    VFS_READ_ONLY,
    VFS_LIMIT,
    VFS_BAD_OFFSET,
};

enum node_state { NODE_FREE, NODE_LINKED, NODE_ORPHAN /* removed, but open */ };

struct node {
    uint8_t state; /* enum node_state */
    bool directory;
    bool image; /* part of the boot image: never changes */
    uint8_t name_len;
    uint16_t parent, child, next;
    uint16_t first_block; /* VFS_NONE: no data */
    uint16_t opens;       /* handles on it */
    uint64_t size, inode, created, modified;
    const uint8_t *image_data;
    char name[PATH_NAME_MAX + 1];
};

/* A handle: what a File capability, or one of a subdirectory, stands for. */
struct opened {
    bool used, write;
    uint16_t node;
    uint32_t generation; /* counts the uses of this entry: an old handle never names a new one */
};

struct vfs {
    struct node nodes[VFS_NODES_ALL];
    struct opened opens[VFS_OPENS_MAX];
    uint16_t next_block[VFS_BLOCKS_MAX];
    uint16_t free_block;   /* chain of blocks given back */
    uint32_t blocks_fresh; /* blocks from here up were never used */
    uint32_t blocks_used;
    uint32_t nodes_used, opens_used;
    uint64_t bytes; /* of contents, image files apart */
    uint64_t inode_last;
    uint32_t image_nodes; /* of the boot image: VFS_NODES_MAX and up */
    uint8_t *pool;        /* VFS_BLOCKS_MAX blocks, of which the first `blocks_ready` exist */
    uint32_t blocks_ready;
};

enum vfs_record_type {
    VFS_MAKE = 1,
    VFS_REMOVE,
    VFS_RENAME,
    VFS_WRITE,
    VFS_TRUNCATE,
    VFS_OPEN,
    VFS_CLOSE,
    VFS_CLOSE_ALL, /* a boot began: nobody holds a handle any more */
    /* Of a checkpoint only, on the state that vfs_init() and the boot image make. */
    VFS_NODE,   /* flag: NODE_IS_ bits; offset: inode; time: when it was created */
    VFS_TOUCH,  /* time: when it was modified */
    VFS_HANDLE, /* flag: HANDLE_IS_ bits; offset: generation */
    VFS_LAST,   /* offset: the last inode */
};
enum { NODE_IS_DIRECTORY = 1, NODE_IS_ORPHAN = 2, HANDLE_IS_USED = 1, HANDLE_IS_WRITER = 2 };

/* What changes. Fixed head, then the bytes of a name or of data. */
struct vfs_record {
    uint32_t type;         /* enum vfs_record_type */
    uint16_t node, parent; /* RENAME: parent is the new one */
    uint16_t replaced;     /* RENAME: node that goes, or VFS_NONE */
    uint16_t open;         /* OPEN, CLOSE: index */
    uint32_t flag;         /* MAKE: a directory; OPEN: may write */
    uint32_t len;          /* of `bytes` */
    uint64_t offset;       /* WRITE: where; TRUNCATE: new size */
    uint64_t time;
    uint8_t bytes[VFS_WRITE_MAX];
};
#define VFS_RECORD_BYTES(r) (offsetof(struct vfs_record, bytes) + (r)->len)

void vfs_init(struct vfs *v, uint8_t *pool);
/* Adds a file of the boot image and the directories above it; before the first request only. */
bool vfs_add_image_file(struct vfs *v, const char *path, const uint8_t *data, uint64_t size);

/* `base`: the directory that the asker's capability stands for. VFS_NONE if there is none. */
enum vfs_error vfs_find(const struct vfs *v, uint16_t base, const char *path, uint32_t len,
                        uint16_t *out_node);
/* The entry of `directory` whose name is the smallest one greater than `after`, or VFS_NONE. */
uint16_t vfs_list_next(const struct vfs *v, uint16_t directory, const char *after, uint32_t len);
/* Bytes copied: fewer than `count` only at the end. */
uint32_t vfs_read(const struct vfs *v, uint16_t node, uint64_t offset, uint32_t count,
                  uint8_t *out_bytes);
const struct opened *vfs_opened(const struct vfs *v, uint16_t open, uint32_t generation);

/* out_record->flag, set by the caller: a directory, not a file. */
enum vfs_error vfs_decide_make(const struct vfs *v, uint16_t base, const char *path, uint32_t len,
                               struct vfs_record *out_record);
enum vfs_error vfs_decide_remove(const struct vfs *v, uint16_t base, const char *path, uint32_t len,
                                 struct vfs_record *out_record);
struct vfs_paths {
    const char *source, *target;
    uint32_t source_len, target_len;
};
enum vfs_error vfs_decide_rename(const struct vfs *v, uint16_t base, const struct vfs_paths *paths,
                                 struct vfs_record *out_record);
/* `out_record` holds the bytes already: len and bytes are set by the caller. */
enum vfs_error vfs_decide_write(const struct vfs *v, uint16_t node, uint64_t offset,
                                struct vfs_record *out_record);
enum vfs_error vfs_decide_truncate(const struct vfs *v, uint16_t node, uint64_t size,
                                   struct vfs_record *out_record);
enum vfs_error vfs_decide_open(const struct vfs *v, uint16_t node, bool write,
                               struct vfs_record *out_record);
/* Nothing to close is no error, but no record either. */
bool vfs_decide_close(const struct vfs *v, uint16_t open, uint32_t generation,
                      struct vfs_record *out_record);

/* How many blocks must exist (`blocks_ready`) before the record may be applied. */
uint32_t vfs_blocks_needed(const struct vfs *v, const struct vfs_record *r);
void vfs_apply(struct vfs *v, const struct vfs_record *r);

/* The state as records, one after the other: `*at` starts at 0. False: there is none left. */
bool vfs_snapshot(const struct vfs *v, uint64_t *at, struct vfs_record *out_record);

/* The invariants, for tests. NULL, or the one that is broken. */
const char *vfs_is_sound(const struct vfs *v);
