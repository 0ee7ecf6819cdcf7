/* server.h - what main.c and handlers.c of the file server share. */
#pragma once
#include "abi/boot.h"
#include "idl/axiom.h"
#include "idl/vfs.h"
#include "ids.h"
#include "record.h"
#include "service_log.h"
#include "stored.h"
#include "trees.h"

enum { KIND_FILE = 1, KIND_DIRECTORY = 2, KIND_PROVIDER = 3, KIND_WATCH = 4 };

struct server {
    struct vfs vfs;
    struct asker who;         /* whom the capability of the present request stands for */
    uint16_t open;            /* its handle, or VFS_NO_OPEN */
    bool folds;               /* what the stream has: nothing is decided yet */
    struct vfs_record record; /* of the present request: too large for a stack */
};

extern struct service_log server_log;
extern const struct directory_ops server_directory_ops;
extern const struct file_ops server_file_ops; /* files.c */
void stat_fill(const struct node *n, struct vfs_stat *out_stat);
/* changes.c */
int on_mkdir(struct request *rq, const struct directory_mkdir_in *in);
int on_remove(struct request *rq, const struct directory_remove_in *in);
int on_rename(struct request *rq, const struct directory_rename_in *in);
int on_link(struct request *rq, const struct directory_link_in *in);
int on_chmod(struct request *rq, const struct directory_chmod_in *in);
int on_chown(struct request *rq, const struct directory_chown_in *in);
int on_set_quota(struct request *rq, const struct directory_set_quota_in *in);

/* layers.c */
int on_copy(struct request *rq, const struct directory_copy_in *in, struct directory_copy_out *out);
int on_fork(struct request *rq, const struct directory_fork_in *in, struct directory_fork_out *out);
int on_overlay(struct request *rq, const struct directory_overlay_in *in);
int on_commit(struct request *rq, const struct directory_commit_in *in);
int on_override(struct request *rq, const struct directory_override_in *in);
int on_kept(struct request *rq, const struct directory_kept_in *in, struct directory_kept_out *out);

/* named.c */
int on_identify(struct request *rq, const struct directory_identify_in *in,
                struct directory_identify_out *out);
int on_reach(struct request *rq, const struct directory_reach_in *in,
             struct directory_reach_out *out);
/* The hash goes to `scratch`. */
void id_fill(const struct vfs *v, uint32_t node, uint8_t scratch[VFS_HASH_BYTES],
             struct directory_identify_out *out);

/* mounted.c */
int on_namespace(struct request *rq, const struct directory_namespace_in *in,
                 struct directory_namespace_out *out);
int on_bind(struct request *rq, const struct directory_bind_in *in);
int on_unbind(struct request *rq, const struct directory_unbind_in *in);
int on_mount(struct request *rq, const struct directory_mount_in *in,
             struct directory_mount_out *out);
/* handlers.c: the record opens a handle: hands it over, and the capability that stands for it. */
int handle_give(struct request *rq, uint32_t kind, struct cap_arg *out_cap);

/* remote.c: what other servers answer. */
struct remote {
    uint32_t mount; /* of the table */
    struct path_text path, after;
    uint64_t offset;
    uint32_t count;
    uint8_t method; /* enum remote_method: whose answer is waited for */
};
enum remote_method { REMOTE_READ, REMOTE_FILE_STAT, REMOTE_STAT, REMOTE_LIST };
int remote_ask(struct request *rq, const struct remote *ask); /* REPLY_LATER, or why not */
void remote_gone(uint16_t provider);
void remote_look(void); /* who has waited too long is told so */
extern const struct provider_ops server_provider_ops;

/* secrets.c: contents of overrides: `*out_len` from `offset` on. FILE_GONE: they are not here. */
int secret_read(const struct server *s, struct data where, uint64_t offset, uint32_t *out_len);
void secret_stat(const struct server *s, uint32_t node, struct vfs_stat *out_stat);
void secrets_look(const struct vfs *v); /* those of files that are gone are wiped */

/* area.c: memory shared with the holder of a Directory. */
int on_area(struct request *rq, const struct directory_area_in *in, struct directory_area_out *out);
/* The handle that s->record opens has the area of `from`, or none. */
void area_inherit(const struct server *s, uint16_t from);
void area_drop(uint16_t open); /* of one that is gone */
int on_get(struct request *rq, const struct file_get_in *in, struct file_get_out *out);
int on_put(struct request *rq, const struct file_put_in *in, struct file_put_out *out);
/* `count` bytes from `at` on of the area of that handle; NULL: there is none. `*out_err`: why. */
uint8_t *area_bytes(uint16_t open, uint32_t at, uint32_t count, int *out_err);

/* watch.c */
int on_watch(struct request *rq, const struct directory_watch_in *in,
             struct directory_watch_out *out);
/* Before the record is applied: who watches what it changes is to be told. */
void watch_look(struct server *s, const struct vfs_record *r);
void watch_tell(void); /* after it */
void watch_drop(uint16_t open);
extern const struct watch_ops server_watch_ops;

static inline struct server *server_of(struct request *rq)
{
    return request_service(rq)->state;
}
static inline struct path_text path_of(struct text text)
{
    return (struct path_text){text.at, text.len};
}

int server_error(enum vfs_error err);
/* Completes the record and hands it over; DIRECTORY_NO_SPACE when its memory cannot be had. */
int server_commit(struct request *rq, struct vfs_record *record);
/* The same where no request is decided. */
int server_commit_now(struct service *svc, struct vfs_record *record);
/* Memory for so many blocks more that are only read; where there is none, others make way. */
void server_cache_grow(struct vfs *v, uint32_t blocks);
/* Of the badges of handles: the number of the boot, in which alone they can be alive. */
uint32_t server_incarnation(void);
/* The handle of a badge, or NULL. */
const struct opened *server_opened(struct server *s, uint64_t badge);
