/*
 * state.h - what the files of the state machine share: moves between two sound states that
 * decide.c has allowed. Called by apply.c and by the set-up from the boot image only.
 */
#pragma once
#include "stored.h"
#include "trees.h"

/* tree.c */
uint32_t node_find_free(const struct vfs *v); /* or VFS_NONE */
void node_take(struct vfs *v, uint32_t node); /* a free one, whichever */
void node_make(struct vfs *v, const struct vfs_record *r);
void node_link(struct vfs *v, uint32_t node, uint32_t parent, const char *name, uint32_t len);
void node_unlink(struct vfs *v, uint32_t node);
void node_free_if_unused(struct vfs *v, uint32_t node);
/* The node after `at` of those at or below `top`, a directory before its entries; or VFS_NONE. */
uint32_t tree_next(const struct vfs *v, uint32_t top, uint32_t at);
/* The same, past all that is below `at`. */
uint32_t tree_beyond(const struct vfs *v, uint32_t top, uint32_t at);
void tree_empty(struct vfs *v, uint32_t top); /* all that is below goes */
/* Its entry goes; the node, too, unless it is open. */
void node_remove(struct vfs *v, uint32_t node);
/* It is open once less; one without a name goes with the last one, and all below it. */
void node_leave(struct vfs *v, uint32_t node);

/* clone.c: the nodes of a copy, in their order, and what it takes. */
struct clone_size {
    uint32_t first, end; /* numbers of the nodes that it may take */
    uint32_t nodes, units, dirty;
    uint64_t bytes;
};
struct clone_size clone_measure(const struct vfs *v, uint32_t source, uint32_t first);
uint32_t clone_next(const struct vfs *v, uint32_t source, uint32_t at);
void clone_apply(struct vfs *v, const struct vfs_record *r);
void overlay_apply(struct vfs *v, const struct vfs_record *r);
void commit_apply(struct vfs *v, const struct vfs_record *r);
void override_apply(struct vfs *v, const struct vfs_record *r);

/* decide.c: shared with fork.c. */
bool node_is_there(const struct vfs *v, uint32_t node); /* it stands in a tree, or is a fork */
enum vfs_error find_parent(const struct vfs *v, const struct asker *who, struct path_text path,
                           struct vfs_record *out_record);
enum vfs_error check_writable(const struct vfs *v, const struct asker *who, uint32_t directory);

/* tops.c */
void tops_add(struct vfs *v, const struct top *t, const char *path);
uint32_t tops_find(const struct vfs *v, uint32_t node); /* or VFS_NONE */
void tops_drop(struct vfs *v, uint32_t i);
void tops_forget(struct vfs *v, uint32_t node); /* it goes */
void tops_touch(struct vfs *v, uint32_t node);  /* it changes, or what is in it */

/* index.c: the entries of a directory by name. */
uint32_t index_find(const struct vfs *v, uint32_t directory, const char *name, uint32_t len);
uint32_t index_after(const struct vfs *v, uint32_t directory, const char *name, uint32_t len);
void index_add(struct vfs *v, uint32_t directory, uint32_t node); /* its name is new there */
void index_remove(struct vfs *v, uint32_t directory, uint32_t node);

/* names.c: a store of short texts. */
enum { NAMES_NONE = 0 }; /* no text stands there */
bool names_have_room(const struct vfs *v, uint32_t len);
uint32_t names_put(struct vfs *v, const char *text, uint32_t len);
void names_drop(struct vfs *v, uint32_t at, uint32_t len);
const char *names_at(const struct vfs *v, uint32_t at);
uint32_t names_units(uint32_t len); /* that a text takes */

/* mounts.c */
uint32_t mounts_enter(const struct vfs *v, uint32_t view, uint32_t node); /* what is bound there */
uint32_t mounts_server(const struct vfs *v, uint32_t node);               /* or VFS_NONE */
bool mounts_stand_at(const struct vfs *v, uint32_t view, uint32_t node);
uint32_t mounts_find(const struct vfs *v, uint32_t view, uint32_t directory, struct path_text name);
void mounts_add(struct vfs *v, const struct mount *m);
void mounts_remove(struct vfs *v, uint32_t view, uint32_t at);
void mounts_leave(struct vfs *v, uint16_t provider);
void mounts_drop(struct vfs *v, uint32_t to); /* wherever it stands */
void mounts_copy(struct vfs *v, uint32_t from, uint32_t to);
void mounts_end(struct vfs *v, uint32_t view);  /* nobody sees it any more */
uint32_t mounts_free_view(const struct vfs *v); /* or VFS_NONE */

/* account.c */
enum vfs_error account_check(const struct vfs *v, uint64_t user, uint64_t bytes, uint32_t files);
uint32_t account_places(const struct vfs *v); /* for users that have none yet */
void account_move(struct vfs *v, uint64_t user, int64_t bytes, int32_t files);
void account_limit(struct vfs *v, const struct account *limits);

/* blocks.c: contents in memory. */
void blocks_init(struct vfs *v);
uint32_t block_find(const struct vfs *v, uint32_t node, uint64_t index); /* or VFS_NO_BLOCK */
uint8_t *block_bytes(const struct vfs *v, uint32_t block);
uint64_t *block_mask(const struct vfs *v, uint32_t block);
/* A new one, clean and zero. VFS_NO_BLOCK: all are dirty. */
uint32_t block_add(struct vfs *v, uint32_t node, uint64_t index);
void block_drop(struct vfs *v, uint32_t block);
void block_dirty(struct vfs *v, uint32_t block, uint64_t stamp); /* the newest from now on */
void block_clean(struct vfs *v, uint32_t block);
void mask_set(uint64_t *mask, uint32_t from, uint32_t to);
/* The first byte from `from` on that the mask names, or not; VFS_BLOCK_BYTES: none. */
uint32_t mask_next(const uint64_t *mask, uint32_t from, bool named);
bool mask_is_full(const uint64_t *mask);

/* data.c */
uint32_t blocks_of(uint64_t size);
/* Memory, and place on the disk, for what a WRITE makes dirty. */
bool data_has_room(const struct vfs *v, const struct vfs_record *r);
void data_stored(struct vfs *v, const struct vfs_record *r);
void data_placed(struct vfs *v, const struct vfs_record *r);
void data_block(struct vfs *v, const struct vfs_record *r);
void data_write(struct vfs *v, const struct vfs_record *r);
void data_resize(struct vfs *v, uint32_t node, uint64_t size);
