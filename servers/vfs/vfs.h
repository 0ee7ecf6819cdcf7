/*
 * vfs.h - the files as a state machine: decide refuses or makes a record, apply alone changes.
 *
 * vfs_decide_*() take the state as const, check everything, and fill a record. vfs_apply() takes
 * the record and cannot fail. Records are the whole truth: the same records give the same state.
 * Nothing here knows messages, capabilities or the clock; the same objects run in the host tests.
 *
 *   node 0 is the root, nodes 1 to VFS_IMAGE_MAX are the boot image's, so that another image does
 *   not move those that the stream names. The entries of a directory are a balanced tree by name
 *   (index.c): child is its root, left and right are its links, 0 ends it (the root is nobody's
 *   entry). Names and the targets of links lie in one store (names.c). A removed node that is still
 *   open keeps its data until the last handle is closed.
 *
 *   Contents: the first `stored` bytes are a tree of chunks, named by root and depth; over it lie
 *   the blocks in memory. A dirty one was written since and is part of the state; a clean one is a
 *   copy and may go at any time. A partial one has only the bytes that were written: those that its
 *   mask names. Beyond both are zeros. So a write never needs what was there before.
 *
 * Invariants (vfs_is_sound): VFS-1 every node but the root stands in its parent's tree once, the
 * tree is in order and balanced; VFS-2 each block belongs to one file, below its size, and is found
 * there; the dirty ones are in the order in which they were written, `dirty` of them; VFS-3
 * `bytes`, `nodes_used`, `opens_used`, what a user has and what a directory counts are the sums;
 * VFS-4 names are valid and unique in a directory.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "path.h"

enum {
    VFS_IMAGE_MAX = 128, /* nodes 1 and up */
    VFS_NODES_MAX = 1 << 17,
    VFS_NAMES_BYTES = 16 << 20, /* of names and link targets */
    VFS_NAMES_UNIT = 16,
    VFS_NAMES_CLASSES = 7, /* 16 to 1024 bytes */
    VFS_BLOCKS_MAX = 2048, /* in memory */
    VFS_DIRTY_MAX = 1024,  /* of them; without a disk for contents that is all there is */
    VFS_BUCKETS = 4096,
    VFS_OPENS_MAX = 192,
    VFS_ACCOUNTS_MAX = 64, /* users whose limits differ, or who have something */
    VFS_LINKS_MAX = 8,     /* followed on one path */
    VFS_VIEWS_MAX = 32,    /* what clients see, 0 is that of all who made none of their own */
    VFS_MOUNTS_MAX = 64,
    VFS_TOPS_MAX = 96, /* trees that are kept, or forks */
    VFS_BLOCK_BYTES = 4096,
    VFS_WRITE_MAX = 3776, /* of a record: one that is alone fills a block of the log */
    VFS_HASH_BYTES = 32,
    VFS_MASK_WORDS = VFS_BLOCK_BYTES / 64,
    VFS_MASK_BYTES = VFS_BLOCK_BYTES / 8,
};
#define VFS_ROOT 0u
#define VFS_NONE 0xffffffffu
#define VFS_NO_OPEN 0xffffu
#define VFS_NO_BLOCK 0xffffffffu
#define VFS_SIZE_MAX (1ull << 40)
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
    VFS_DENIED,
    VFS_LOOP,
    VFS_QUOTA,
    VFS_NOT_LINK,
    VFS_BUSY,
    VFS_SILENT,
    VFS_GONE,
    VFS_DAMAGED,
    VFS_AWAY,
    VFS_FROZEN,
    VFS_NOT_FROZEN,
    VFS_CONFLICT,
    VFS_NOT_FORK,
    VFS_OTHER_TREE,
    VFS_NO_AREA,
};

/* Who owns what. The system is a user like others, but for the rights that only it can have. */
#define VFS_SYSTEM 0ull
enum vfs_mode { /* in the order of the text rwxrwrw: owner, system, everybody else */
                MODE_OWNER_READ = 64,
                MODE_OWNER_WRITE = 32,
                MODE_OWNER_EXECUTE =
                    16, /* of a directory: to pass through; others need READ for that */
                MODE_SYSTEM_READ = 8,
                MODE_SYSTEM_WRITE = 4,
                MODE_WORLD_READ = 2,
                MODE_WORLD_WRITE = 1,
                MODE_ALL = 127,
};
enum vfs_may { /* of a handle: what it may at most, whatever modes say */
               MAY_READ = 1,
               MAY_WRITE = 2,
               MAY_ADMIN = 4, /* roots for other users, owners, limits */
               MAY_ALL = 7,
               MAY_PASS = 8, /* of vfs_may() only: to what is in a directory */
};

/* Who asks: all of it from the badge. Nothing above `base` can be named. */
struct asker {
    uint32_t base;
    uint8_t rights; /* enum vfs_may */
    uint8_t view;
    uint64_t user;
};

enum node_state { NODE_FREE, NODE_LINKED, NODE_ORPHAN /* removed, but open */ };
enum node_kind { NODE_FILE, NODE_DIRECTORY, NODE_LINK }; /* as Stat.Kind */

struct node {
    uint8_t state; /* enum node_state */
    uint8_t kind;  /* enum node_kind */
    uint8_t mode;  /* enum vfs_mode */
    bool image;    /* part of the boot image: never changes */
    uint8_t name_len;
    uint8_t height;                      /* of the tree below it */
    uint16_t opens;                      /* handles on it */
    uint32_t name;                       /* in the store of names */
    uint32_t parent, child, left, right; /* free: left and right lead to other free ones */
    uint32_t entries;                    /* of a directory */
    union {
        uint32_t target; /* of a link; its length is `size` */
        uint32_t copy;   /* of others, 0 but while they are copied: where to */
    };
    uint32_t first_block; /* in memory; VFS_NO_BLOCK: none */
    uint32_t cuts;        /* how often it became shorter */
    uint8_t depth;        /* of the tree of chunks */
    bool trimmed;         /* its last chunk has bytes beyond `stored` */
    bool frozen, lower;   /* of a tree that is kept; it is as a layer has it */
    uint64_t stored;      /* bytes that the tree of chunks has */
    uint8_t root[VFS_HASH_BYTES];
    uint64_t owner, size, inode, created, modified;
    uint64_t payer; /* on whose account it is: the owner's, but of what is frozen or in a fork */
    const uint8_t *image_data;
};

enum block_state { BLOCK_FREE, BLOCK_CLEAN, BLOCK_DIRTY };
struct block {
    uint8_t state; /* enum block_state */
    bool partial;  /* only what its mask names is there */
    bool damaged;  /* and the rest could not be fetched; no part of the state */
    uint32_t node, index;
    uint32_t bucket;       /* the next one with the same hash; of free ones the next one */
    uint32_t next, prev;   /* of the file */
    uint32_t older, newer; /* of those that are clean; of those that are dirty */
    uint64_t stamp;        /* dirty: when it was written last */
};
struct block_list {
    uint32_t oldest, newest;
};

/* What a handle is for: a node; a path of a server that is mounted there; to be that server; to be
 * told of changes. */
enum vfs_purpose { FOR_NODE, FOR_REMOTE, FOR_PROVIDER, FOR_WATCH };

/* A handle: what a File capability, or one of a subdirectory, stands for. */
struct opened {
    bool used;
    uint8_t rights, view;
    uint8_t purpose; /* enum vfs_purpose */
    uint32_t node;
    uint32_t path, path_len; /* FOR_REMOTE: in the store of names */
    uint32_t generation; /* counts the uses of this entry: an old handle never names a new one */
    uint64_t user;
};

/*
 * What stands at a directory in place of it: another directory (BIND), another one before it
 * (UNION: the names of the later hide those of the earlier; what is made is made in the directory
 * itself), or what a server answers (SERVER; in all views). Both nodes are kept as if open.
 */
enum mount_kind { MOUNT_BIND, MOUNT_UNION, MOUNT_SERVER };
struct mount {
    uint8_t kind, view;
    uint16_t provider; /* SERVER: its handle; VFS_NO_OPEN: the server is gone */
    uint32_t at, to;
};

/* The top of a tree that stands for itself (trees.h). */
struct top {
    uint8_t kind, view;      /* enum top_kind; of a fork: the view that it was made for */
    bool stale;              /* of a fork: what it was made of has changed since */
    uint32_t node, origin;   /* of a fork: what it was made of */
    uint32_t path, path_len; /* in the store of names: what was copied */
    uint64_t since;          /* number of the state that it is a copy of */
};

/* What a user has, and may have at most. Without contents, files and limits it does not exist. */
struct account {
    uint64_t user, bytes, bytes_max; /* limits: 0 stands for the usual one */
    uint32_t files, files_max;
};
/* The usual limits; the system has none. */
#define VFS_ACCOUNT_BYTES (100ull << 20)
#define VFS_ACCOUNT_FILES (VFS_NODES_MAX / 2u)

struct vfs {
    struct node *nodes; /* VFS_NODES_MAX of them, of which the first `nodes_ready` exist */
    char *names;        /* VFS_NAMES_BYTES, of which the first `names_ready` exist */
    uint8_t *pool;      /* VFS_BLOCKS_MAX blocks, of which the first `blocks_ready` exist */
    uint64_t *masks;    /* VFS_MASK_WORDS each, of as many */
    uint8_t *recent;    /* VFS_BLOCKS_MAX: read since somebody looked; no part of the state */
    uint32_t nodes_ready, names_ready, blocks_ready;
    struct opened opens[VFS_OPENS_MAX];
    uint64_t opens_map[VFS_OPENS_MAX / 64]; /* a bit for each that is used */
    struct account accounts[VFS_ACCOUNTS_MAX];
    struct mount mounts[VFS_MOUNTS_MAX]; /* in the order in which they were made */
    uint32_t mount_count;
    struct top tops[VFS_TOPS_MAX];
    uint32_t tops_used;
    uint32_t free_node;   /* list of nodes given back; VFS_NONE ends it */
    uint32_t nodes_fresh; /* nodes from here up were never used */
    uint32_t nodes_used, opens_used, accounts_used;
    uint32_t names_free[VFS_NAMES_CLASSES]; /* lists of units given back */
    uint32_t names_fresh, names_used;       /* in units */
    struct block blocks[VFS_BLOCKS_MAX];
    uint32_t buckets[VFS_BUCKETS];
    struct block_list clean, dirty_list;
    uint32_t free_block;   /* list of blocks given back */
    uint32_t blocks_fresh; /* blocks from here up were never used */
    uint32_t blocks_used, dirty;
    uint64_t stamp; /* writes so far */
    /* No part of the state: blocks that can still be put on the disk; those that it may have and
     * no file needs any more, at least. */
    uint64_t room, left;
    uint64_t bytes; /* of contents, image files apart */
    uint64_t inode_last;
    uint32_t image_nodes; /* of the boot image */
    uint64_t boot;        /* the last one that began */
    uint64_t boots;       /* how many did */
};

enum vfs_record_type {
    VFS_MAKE = 1,
    VFS_REMOVE, /* flag: enum vfs_removal */
    VFS_RENAME,
    VFS_WRITE,
    VFS_TRUNCATE,
    VFS_OPEN,
    VFS_CLOSE,
    VFS_CLOSE_ALL, /* a boot began: nobody holds a handle any more */
    VFS_MODE,      /* mode */
    VFS_OWN,       /* user: the new owner */
    VFS_LIMIT_SET, /* user; offset: bytes; flag: files */
    VFS_MOUNT,   /* node: where; parent: what; kind: enum mount_kind; mode: view; open: provider */
    VFS_UNMOUNT, /* node: where; mode: view */
    VFS_BEGIN,   /* offset: number of the boot, for which all is made ready */
    VFS_STORED,  /* contents are a tree: offset bytes; flag: depth; user: stamp; bytes: root */
    /* Of a checkpoint only, on the state that vfs_init() and the boot image make. */
    VFS_NODE,   /* flag: NODE_IS_ bits; offset: inode; time: when it was created */
    VFS_TOUCH,  /* time: when it was modified; mode */
    VFS_HANDLE, /* flag: HANDLE_IS_ bits; offset: generation */
    VFS_BLOCK,  /* bytes of a dirty block, at `offset` of the file; user: its stamp */
    VFS_STAMP,  /* offset: the last one */
    VFS_LAST,   /* offset: the last inode; time: how many boots; user: the last one */
    VFS_TOP,   /* node; parent: origin; kind; mode: view; flag: stale; offset: since; bytes: path */
    VFS_CLONE, /* and these: trees.h */
    VFS_OVERLAY,
    VFS_COMMIT,
    VFS_OVERRIDE,
    VFS_PLACED, /* whole blocks went to the tree at once: stored.h */
};
enum { HANDLE_IS_USED = 1, STORED_TRIMMED = 256 };
enum {
    NODE_IS_ORPHAN = 1,
    NODE_IS_FROZEN = 2,
    NODE_IS_LOWER = 4 /* of TOUCH */,
    NODE_HAS_PAYER = 8 /* last bytes */
};
enum vfs_removal {
    REMOVE_ONE,
    REMOVE_WHOLE /* with what is in it */,
    REMOVE_INSIDE /* only that */
};

/* What changes. Fixed head, then the bytes of a name or of data. */
struct vfs_record {
    uint32_t type;         /* enum vfs_record_type */
    uint32_t node, parent; /* RENAME: parent is the new one */
    uint32_t replaced;     /* RENAME: node that goes, or VFS_NONE */
    uint16_t open;         /* OPEN, CLOSE: index */
    uint8_t kind, mode;    /* MAKE, NODE: enum node_kind; OPEN, HANDLE: enum vfs_purpose */
    uint32_t flag;         /* OPEN, HANDLE: also enum vfs_right, above RIGHTS_SHIFT */
    uint32_t len;          /* of `bytes` */
    uint32_t name_len;     /* MAKE, NODE: of these the name; a link's target follows */
    uint64_t offset;       /* WRITE: where; TRUNCATE: new size */
    uint64_t time;
    uint64_t user; /* MAKE, NODE: owner; OPEN, HANDLE: for whom */
    uint8_t bytes[VFS_WRITE_MAX];
};
enum { RIGHTS_SHIFT = 8, VIEW_SHIFT = 16, OPEN_IS_FRESH = 2 /* a new view; parent: its model */ };
#define VFS_RECORD_BYTES(r) (offsetof(struct vfs_record, bytes) + (r)->len)

struct vfs_memory {
    struct node *nodes;
    char *names;
    uint8_t *pool;
    uint64_t *masks;
    uint8_t *recent;
};
void vfs_init(struct vfs *v, const struct vfs_memory *memory);
/* Adds a file of the boot image and the directories above it; before the first request only. */
bool vfs_add_image_file(struct vfs *v, const char *path, const uint8_t *data, uint64_t size);

enum { FIND_LINK = 1 /* a link at the end is meant itself */ };
/* The node that a path leads to, for who may pass there. */
enum vfs_error vfs_find(const struct vfs *v, const struct asker *who, struct path_text path,
                        uint32_t how, uint32_t *out_node);
/* The same; where a server is mounted the rest of the path is the server's. */
struct vfs_place {
    uint32_t node;
    uint32_t mount; /* of the table, or VFS_NONE */
    uint32_t rest_len;
    char rest[PATH_MAX_BYTES]; /* "" or "/a/b" */
};
enum vfs_error vfs_find_place(const struct vfs *v, const struct asker *who, struct path_text path,
                              uint32_t how, struct vfs_place *out_place);
/* The entry of `directory`, as the asker sees it, whose name is the smallest one greater than
 * `after`, or VFS_NONE. */
uint32_t vfs_list_next(const struct vfs *v, const struct asker *who, uint32_t directory,
                       struct path_text after);
const char *vfs_name(const struct vfs *v, uint32_t node);
/* The server's mount at that node, or VFS_NONE. */
uint32_t vfs_mount_at(const struct vfs *v, uint32_t node);
const char *vfs_path(const struct vfs *v, const struct opened *o); /* FOR_REMOTE */
/* Of a link; `size` bytes. */
const char *vfs_target(const struct vfs *v, uint32_t node);
/* The first block of those bytes that is to be fetched before they are read; UINT64_MAX: none. */
uint64_t vfs_missing(const struct vfs *v, uint32_t node, uint64_t offset, uint32_t count);
/* A block as the tree of chunks has it. What was written since, or cut off, is not changed. False:
 * all memory is dirty. */
bool vfs_fill(struct vfs *v, uint32_t node, uint64_t index, const uint8_t *bytes);
/* Bytes copied: fewer than `count` only at the end. None of them is missing. */
uint32_t vfs_read(const struct vfs *v, uint32_t node, uint64_t offset, uint32_t count,
                  uint8_t *out_bytes);
const struct opened *vfs_opened(const struct vfs *v, uint16_t open, uint32_t generation);
/* What the asker may do with the node, of MAY_READ, MAY_WRITE and MAY_PASS. */
uint32_t vfs_may(const struct vfs *v, const struct asker *who, uint32_t node);
/* All of it, but for what is below: a link by anybody. */
bool vfs_sees(const struct vfs *v, const struct asker *who, uint32_t node);
/* With the limits that are in force; bytes_max 0: none. */
struct account vfs_account(const struct vfs *v, uint64_t user);
/* Four fifths of what the user may have are in use. */
bool vfs_account_is_soft(const struct account *a);

/* `out_record` holds the bytes already: len and bytes are set by the caller. */
enum vfs_error vfs_decide_write(const struct vfs *v, uint32_t node, uint64_t offset,
                                struct vfs_record *out_record);
enum vfs_error vfs_decide_truncate(const struct vfs *v, uint32_t node, uint64_t size,
                                   struct vfs_record *out_record);
/* A handle with rights of the asker's, for `user`. */
struct vfs_grant {
    uint64_t user;
    uint8_t rights;
    uint8_t purpose;       /* enum vfs_purpose */
    bool fresh;            /* with a view of its own, at first as the asker's */
    struct path_text path; /* FOR_REMOTE */
};
enum vfs_error vfs_decide_open(const struct vfs *v, const struct asker *who, uint32_t node,
                               const struct vfs_grant *grant, struct vfs_record *out_record);
/* The same for a node that is about to be made: whoever makes it may use it. */
enum vfs_error vfs_decide_open_new(const struct vfs *v, const struct asker *who, uint32_t node,
                                   const struct vfs_grant *grant, struct vfs_record *out_record);
/* Nothing to close is no error, but no record either. */
bool vfs_decide_close(const struct vfs *v, uint16_t open, uint32_t generation,
                      struct vfs_record *out_record);
/* How much must exist (`..._ready`) before the record may be applied. */
uint32_t vfs_blocks_needed(const struct vfs *v, const struct vfs_record *r);
uint32_t vfs_nodes_needed(const struct vfs *v, const struct vfs_record *r);
uint32_t vfs_names_needed(const struct vfs *v, const struct vfs_record *r); /* r: or NULL */
void vfs_apply(struct vfs *v, const struct vfs_record *r);

/* The state as records, one after the other: `*at` starts at 0. False: there is none left. */
bool vfs_snapshot(const struct vfs *v, uint64_t *at, struct vfs_record *out_record);

/* The invariants, for tests. NULL, or the one that is broken. */
const char *vfs_is_sound(const struct vfs *v);
