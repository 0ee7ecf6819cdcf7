/* mounted.c - the methods of Directory about views, binds and mounts. */
#include "server.h"

int on_namespace(struct request *rq, const struct directory_namespace_in *in,
                 struct directory_namespace_out *out)
{
    struct server *s = server_of(rq);
    const struct vfs_grant grant = {.user = s->who.user, .rights = s->who.rights, .fresh = true};
    int err = server_error(vfs_decide_open_new(&s->vfs, &s->who, s->who.base, &grant, &s->record));

    (void)in; /* its number is the framework's */
    return err != OK ? err : handle_give(rq, KIND_DIRECTORY, &out->directory);
}

int on_bind(struct request *rq, const struct directory_bind_in *in)
{
    struct server *s = server_of(rq);
    const struct vfs_paths paths = {path_of(in->source), path_of(in->target)};
    int err = server_error(vfs_decide_bind(&s->vfs, &s->who, &paths, in->before, &s->record));

    return err != OK ? err : server_commit(rq, &s->record);
}

int on_unbind(struct request *rq, const struct directory_unbind_in *in)
{
    struct server *s = server_of(rq);
    int err = server_error(vfs_decide_unmount(&s->vfs, &s->who, path_of(in->target), &s->record));

    return err != OK ? err : server_commit(rq, &s->record);
}

/* Two records: the provider's handle, and what it provides. Both are decided on the same state. */
int on_mount(struct request *rq, const struct directory_mount_in *in,
             struct directory_mount_out *out)
{
    struct server *s = server_of(rq);
    struct vfs_record *r = &s->record;
    const struct vfs_grant grant = {
        .user = s->who.user, .rights = MAY_READ, .purpose = FOR_PROVIDER};
    int err = server_error(vfs_decide_mount(&s->vfs, &s->who, path_of(in->path), r));

    if (err != OK) return err;
    uint32_t at = r->node;
    err = server_error(vfs_decide_open_new(&s->vfs, &s->who, at, &grant, r));
    if (err == OK) err = handle_give(rq, KIND_PROVIDER, &out->provider);
    if (err != OK) return err;
    uint16_t provider = r->open;
    (void)vfs_decide_mount(&s->vfs, &s->who, path_of(in->path), r);
    r->open = provider;
    return server_commit(rq, r);
}
