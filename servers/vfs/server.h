/* server.h - what main.c and handlers.c of the file server share. */
#pragma once
#include "abi/boot.h"
#include "idl/axiom.h"
#include "idl/vfs.h"
#include "service_log.h"
#include "vfs.h"

enum { KIND_FILE = 1, KIND_DIRECTORY = 2 };

struct server {
    struct vfs vfs;
    struct asker who;         /* whom the capability of the present request stands for */
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
/* Of the badges of handles: the number of the boot, in which alone they can be alive. */
uint32_t server_incarnation(void);
/* The handle of a badge, or NULL. */
const struct opened *server_opened(struct server *s, uint64_t badge);
