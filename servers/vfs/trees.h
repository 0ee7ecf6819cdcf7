/*
 * trees.h - decisions about names, modes, owners, what is bound where, and whole trees.
 *
 * A tree is copied by one record, whatever its size, and no contents move: what has the same tree
 * of chunks shares it. Such a copy is
 *   COPY     the asker's own;
 *   KEPT     frozen: nothing in it ever changes, and it goes as a whole;
 *   FORK     seen by nobody but who asked, in a view of its own, until VFS_COMMIT puts it in place
 *            of what it is a copy of, if that did not change since;
 *   LAYERED  the same of what is frozen: other frozen trees are laid over it (VFS_OVERLAY), of a
 *            name the later wins, directories merge, nothing is deleted; it is the writable top.
 * What a fork has lives as long as its view; nobody finds it from the root. Whoever made what is
 * not a COPY pays for it.
 *
 * VFS_CLONE: node: the first one that may be taken, others follow in ascending order; parent: where
 * to, of forks VFS_NONE; replaced: what is copied; kind: enum clone_kind; flag: enum clone_flag;
 * mode: view; user: who asks; offset: number of the state; bytes: name, then path of the source.
 * VFS_OVERLAY: node, user as above; parent: top of the fork; replaced: the frozen tree.
 * VFS_COMMIT: node: top of the fork; parent: its origin.
 * VFS_OVERRIDE: node, user as above; parent: a directory; mode: a view, in which a file with that
 * name (bytes) comes first there. What it contains is no part of the state, nor of any record.
 *
 * VFS-5: what is below something frozen is frozen; each tree that is kept, and each fork, stands in
 * the table of tops; what is in neither is paid for by its owner.
 */
#pragma once
#include "vfs.h"

struct vfs_new {
    uint8_t kind, mode;      /* mode 0: the usual one */
    struct path_text target; /* of a link */
};
enum vfs_error vfs_decide_make(const struct vfs *v, const struct asker *who, struct path_text path,
                               const struct vfs_new *what, struct vfs_record *out_record);
enum vfs_error vfs_decide_remove(const struct vfs *v, const struct asker *who,
                                 struct path_text path, enum vfs_removal how,
                                 struct vfs_record *out_record);
struct vfs_paths {
    struct path_text source, target;
};
enum vfs_error vfs_decide_rename(const struct vfs *v, const struct asker *who,
                                 const struct vfs_paths *paths, struct vfs_record *out_record);
enum vfs_error vfs_decide_mode(const struct vfs *v, const struct asker *who, struct path_text path,
                               uint8_t mode, struct vfs_record *out_record);
enum vfs_error vfs_decide_own(const struct vfs *v, const struct asker *who, struct path_text path,
                              uint64_t user, struct vfs_record *out_record);
enum vfs_error vfs_decide_limit(const struct vfs *v, const struct asker *who,
                                const struct account *limits, struct vfs_record *out_record);
enum vfs_error vfs_decide_bind(const struct vfs *v, const struct asker *who,
                               const struct vfs_paths *paths, bool is_union,
                               struct vfs_record *out_record);
/* A server's mount; the record that opens its handle, for `provider`, is already decided. */
enum vfs_error vfs_decide_mount(const struct vfs *v, const struct asker *who, struct path_text path,
                                struct vfs_record *out_record);
enum vfs_error vfs_decide_unmount(const struct vfs *v, const struct asker *who,
                                  struct path_text path, struct vfs_record *out_record);

enum clone_kind { CLONE_COPY, CLONE_KEPT, CLONE_FORK, CLONE_LAYERED };
enum clone_flag { CLONE_CHANGED = 1 /* what is as a layer has it is left out */ };
enum top_kind { TOP_NONE, TOP_KEPT, TOP_FORK, TOP_LAYERED, TOP_OVERRIDE };
enum { NODE_IS_SECRET = 16 /* of NODE: the file of an override */ };

struct vfs_copy {
    struct path_text source, target;
    uint8_t kind;   /* enum clone_kind */
    uint32_t flags; /* enum clone_flag */
    uint64_t since; /* number of the state */
};
/* COPY and KEPT: at `target`, where nothing is yet. */
enum vfs_error vfs_decide_copy(const struct vfs *v, const struct asker *who,
                               const struct vfs_copy *copy, struct vfs_record *out_record);
/* FORK, or LAYERED of a source that is frozen. Two records follow:
 * vfs_decide_open_new() with `fresh`, and vfs_fork_bind(), decided on the same state. */
enum vfs_error vfs_decide_fork(const struct vfs *v, const struct asker *who,
                               const struct vfs_copy *copy, struct vfs_record *out_record);
void vfs_fork_bind(const struct vfs_record *fork, uint32_t at, struct vfs_record *out_record);
enum vfs_error vfs_decide_overlay(const struct vfs *v, const struct asker *who,
                                  struct path_text source, struct vfs_record *out_record);
enum vfs_error vfs_decide_commit(const struct vfs *v, const struct asker *who,
                                 struct vfs_record *out_record);
/* Two nodes are taken: a directory that nobody finds, bound before what is there, and a file. */
enum vfs_error vfs_decide_override(const struct vfs *v, const struct asker *who,
                                   struct path_text path, struct vfs_record *out_record);
bool vfs_is_secret(const struct vfs *v, uint32_t node); /* the file of an override */
uint32_t vfs_override_file(const struct vfs *v, const struct vfs_record *r); /* its node to be */
/* Path of what was copied; the node after `at` of those at or below `top`. */
const char *vfs_top_path(const struct vfs *v, uint32_t i);
uint32_t vfs_tree_next(const struct vfs *v, uint32_t top, uint32_t at);
/* The fork that the asker's view was made for, or VFS_NONE; of the table of tops. */
uint32_t vfs_fork_of(const struct vfs *v, const struct asker *who);
