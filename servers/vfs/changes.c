/* changes.c - the methods of Directory that change names, modes, owners and limits. */
#include "server.h"

static int commit_if(struct request *rq, enum vfs_error err)
{
    return err == VFS_OK ? server_commit(rq, &server_of(rq)->record) : server_error(err);
}

int on_mkdir(struct request *rq, const struct directory_mkdir_in *in)
{
    struct server *s = server_of(rq);
    const struct vfs_new what = {.kind = NODE_DIRECTORY};

    return commit_if(rq, vfs_decide_make(&s->vfs, &s->who, path_of(in->path), &what, &s->record));
}

int on_link(struct request *rq, const struct directory_link_in *in)
{
    struct server *s = server_of(rq);
    const struct vfs_new what = {.kind = NODE_LINK, .target = path_of(in->target)};

    return commit_if(rq, vfs_decide_make(&s->vfs, &s->who, path_of(in->path), &what, &s->record));
}

int on_remove(struct request *rq, const struct directory_remove_in *in)
{
    struct server *s = server_of(rq);
    enum vfs_removal how = in->whole ? REMOVE_WHOLE : REMOVE_ONE;

    return commit_if(rq, vfs_decide_remove(&s->vfs, &s->who, path_of(in->path), how, &s->record));
}

int on_rename(struct request *rq, const struct directory_rename_in *in)
{
    struct server *s = server_of(rq);
    const struct vfs_paths paths = {path_of(in->source), path_of(in->target)};

    return commit_if(rq, vfs_decide_rename(&s->vfs, &s->who, &paths, &s->record));
}

int on_chmod(struct request *rq, const struct directory_chmod_in *in)
{
    struct server *s = server_of(rq);

    return commit_if(
        rq, vfs_decide_mode(&s->vfs, &s->who, path_of(in->path), (uint8_t)in->mode, &s->record));
}

int on_chown(struct request *rq, const struct directory_chown_in *in)
{
    struct server *s = server_of(rq);

    return commit_if(rq, vfs_decide_own(&s->vfs, &s->who, path_of(in->path), in->user, &s->record));
}

int on_set_quota(struct request *rq, const struct directory_set_quota_in *in)
{
    struct server *s = server_of(rq);
    const struct account limits = {
        .user = in->user, .bytes_max = in->max_bytes, .files_max = in->max_files};

    return commit_if(rq, vfs_decide_limit(&s->vfs, &s->who, &limits, &s->record));
}
