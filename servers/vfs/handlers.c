/* handlers.c - the methods of Directory and File. */
#include "badge.h"
#include "bytes.h"
#include "contents.h"

enum { LIST_MAX = 11 };

void stat_fill(const struct node *n, struct vfs_stat *out_stat)
{
    *out_stat = (struct vfs_stat){
        .kind = (enum vfs_stat_kind)n->kind,
        .size = n->size,
        .inode = n->inode,
        .created = n->created,
        .modified = n->modified,
        .read_only = n->image,
        .owner = n->owner,
        .mode = n->mode,
    };
}

int handle_give(struct request *rq, uint32_t kind, struct cap_arg *out_cap)
{
    struct server *s = server_of(rq);
    uint16_t open = s->record.open;

    area_inherit(s, kind == KIND_FILE ? s->open : VFS_NO_OPEN);
    *out_cap = (struct cap_arg){
        .slot = request_service(rq)->endpoint,
        .rights = RIGHT_WRITE | RIGHT_GRANT,
        .badge = badge_make(kind, server_incarnation(), s->vfs.opens[open].generation + 1, open),
    };
    return server_commit(rq, &s->record);
}

static struct vfs_grant grant_of(const struct server *s, bool write)
{
    return (struct vfs_grant){.user = s->who.user,
                              .rights = (uint8_t)(MAY_READ | (write ? MAY_WRITE : 0u))};
}

/* Makes the missing file and opens it: two records. The second is decided before the file is there,
 * from what the first says: whoever makes a file may use it. */
static int open_new(struct request *rq, const struct directory_open_in *in, struct cap_arg *out_cap)
{
    struct server *s = server_of(rq);
    struct vfs_record *r = &s->record;
    const struct vfs_new what = {.kind = NODE_FILE};
    const struct vfs_grant grant = grant_of(s, in->write);
    int err = server_error(vfs_decide_make(&s->vfs, &s->who, path_of(in->path), &what, r));

    if (err != OK) return err;
    uint32_t node = r->node;
    err = server_commit(rq, r);
    if (err != OK) return err;
    err = server_error(vfs_decide_open_new(&s->vfs, &s->who, node, &grant, r));
    return err != OK ? err : handle_give(rq, KIND_FILE, out_cap);
}

/* A file of a server that is mounted there. */
static int open_remote(struct request *rq, const struct directory_open_in *in,
                       const struct vfs_place *place, struct cap_arg *out_cap)
{
    struct server *s = server_of(rq);
    const struct vfs_grant grant = {.user = s->who.user,
                                    .rights = MAY_READ,
                                    .purpose = FOR_REMOTE,
                                    .path = {place->rest, place->rest_len}};

    if (in->write || in->create || in->truncate) return DIRECTORY_READ_ONLY;
    if (s->vfs.mounts[place->mount].provider == VFS_NO_OPEN) return DIRECTORY_GONE;
    if (place->rest_len == 0) return DIRECTORY_IS_DIRECTORY;
    int err = server_error(vfs_decide_open_new(&s->vfs, &s->who, place->node, &grant, &s->record));
    rq->is_light = true;
    return err != OK ? err : handle_give(rq, KIND_FILE, out_cap);
}

static int on_open(struct request *rq, const struct directory_open_in *in,
                   struct directory_open_out *out)
{
    struct server *s = server_of(rq);
    const struct vfs_grant grant = grant_of(s, in->write);
    struct vfs_place place;
    enum vfs_error found = vfs_find_place(&s->vfs, &s->who, path_of(in->path), 0, &place);
    uint32_t node = place.node;

    if (found == VFS_OK && place.mount != VFS_NONE) return open_remote(rq, in, &place, &out->file);
    if (found == VFS_NOT_FOUND && in->create) return open_new(rq, in, &out->file);
    if (found != VFS_OK) return server_error(found);
    if (in->create && in->exclusive) return DIRECTORY_EXISTS;
    if (s->vfs.nodes[node].kind == NODE_DIRECTORY) return DIRECTORY_IS_DIRECTORY;
    int err = server_error(vfs_decide_open(&s->vfs, &s->who, node, &grant, &s->record));
    if (err != OK) return err;
    err = handle_give(rq, KIND_FILE, &out->file);
    rq->is_light = !in->truncate; /* a full disk can be read */
    if (err != OK || !in->truncate) return err;
    if (!in->write) return DIRECTORY_DENIED;
    err = server_error(vfs_decide_truncate(&s->vfs, node, 0, &s->record));
    return err != OK ? err : server_commit(rq, &s->record);
}

static int on_stat(struct request *rq, const struct directory_stat_in *in,
                   struct directory_stat_out *out)
{
    struct server *s = server_of(rq);
    struct vfs_place place;
    uint32_t how = in->link ? FIND_LINK : 0;
    int err = server_error(vfs_find_place(&s->vfs, &s->who, path_of(in->path), how, &place));

    if (err != OK) return err;
    if (place.mount != VFS_NONE) {
        const struct remote ask = {
            .mount = place.mount, .path = {place.rest, place.rest_len}, .method = REMOTE_STAT};
        return remote_ask(rq, &ask);
    }
    stat_fill(&s->vfs.nodes[place.node], &out->stat);
    secret_stat(s, place.node, &out->stat);
    return OK;
}

/* Is it a directory, and may the asker do `rights` with it? */
static int check_directory(const struct server *s, uint32_t node, uint32_t rights)
{
    if (s->vfs.nodes[node].kind != NODE_DIRECTORY) return DIRECTORY_NOT_DIRECTORY;
    return (rights & ~vfs_may(&s->vfs, &s->who, node)) == 0 ? OK : DIRECTORY_DENIED;
}

static int on_list(struct request *rq, const struct directory_list_in *in,
                   struct directory_list_out *out)
{
    struct server *s = server_of(rq);
    struct path_text after = path_of(in->after);
    struct vfs_place place;
    uint32_t count = 0, node;
    int err = server_error(vfs_find_place(&s->vfs, &s->who, path_of(in->path), 0, &place));

    if (err == OK && place.mount != VFS_NONE) {
        const struct remote ask = {.mount = place.mount,
                                   .path = {place.rest, place.rest_len},
                                   .after = after,
                                   .method = REMOTE_LIST};
        return remote_ask(rq, &ask);
    }
    if (err == OK) err = check_directory(s, place.node, MAY_READ);
    if (err != OK) return err;
    while ((node = vfs_list_next(&s->vfs, &s->who, place.node, after)) != VFS_NONE) {
        const struct node *n = &s->vfs.nodes[node];
        if (count == LIST_MAX) break;
        after = (struct path_text){vfs_name(&s->vfs, node), n->name_len};
        out->entries.at[count++] = (struct vfs_entry){
            .kind = (enum vfs_stat_kind)n->kind,
            .size = n->size,
            .name = text_from(after.at, after.len),
            .owner = n->owner,
            .modified = n->modified,
            .mode = n->mode,
        };
    }
    out->entries.count = count;
    out->more = node != VFS_NONE;
    return OK;
}

static int on_read_link(struct request *rq, const struct directory_read_link_in *in,
                        struct directory_read_link_out *out)
{
    struct server *s = server_of(rq);
    uint32_t node;
    int err = server_error(vfs_find(&s->vfs, &s->who, path_of(in->path), FIND_LINK, &node));

    if (err != OK) return err;
    if (s->vfs.nodes[node].kind != NODE_LINK) return DIRECTORY_NOT_LINK;
    out->target = text_from(vfs_target(&s->vfs, node), s->vfs.nodes[node].size);
    return OK;
}

/* A Directory on what stands there. */
static int root_give(struct request *rq, struct text path, const struct vfs_grant *grant,
                     struct cap_arg *out_cap)
{
    struct server *s = server_of(rq);
    uint32_t node;
    int err = server_error(vfs_find(&s->vfs, &s->who, path_of(path), 0, &node));

    if (err == OK) err = check_directory(s, node, MAY_PASS);
    if (err != OK) return err;
    rq->is_light = true;
    err = server_error(vfs_decide_open(&s->vfs, &s->who, node, grant, &s->record));
    return err != OK ? err : handle_give(rq, KIND_DIRECTORY, out_cap);
}

static int on_subdirectory(struct request *rq, const struct directory_subdirectory_in *in,
                           struct directory_subdirectory_out *out)
{
    const struct asker *who = &server_of(rq)->who;
    const struct vfs_grant grant = {.user = who->user, .rights = who->rights};

    return root_give(rq, in->path, &grant, &out->directory);
}

static int on_root(struct request *rq, const struct directory_root_in *in,
                   struct directory_root_out *out)
{
    const struct vfs_grant grant = {
        .user = in->user,
        .rights = (uint8_t)(MAY_READ | (in->write ? MAY_WRITE : 0u) | (in->admin ? MAY_ADMIN : 0u)),
    };

    return root_give(rq, in->path, &grant, &out->directory);
}

static int on_usage(struct request *rq, struct directory_usage_out *out)
{
    const struct server *s = server_of(rq);
    const struct vfs *v = &s->vfs;

    out->bytes = v->bytes;
    out->max_bytes = (uint64_t)VFS_DIRTY_MAX * VFS_BLOCK_BYTES;
    out->files = v->nodes_used;
    out->max_files = VFS_NODES_MAX;
    out->opened = v->opens_used;
    out->boots = v->boots;
    out->user = s->who.user;
    out->admin = (s->who.rights & MAY_ADMIN) != 0;
    return OK;
}

static int on_account(struct request *rq, const struct directory_account_in *in,
                      struct directory_account_out *out)
{
    const struct server *s = server_of(rq);

    if (in->user != s->who.user && (s->who.rights & MAY_ADMIN) == 0) return DIRECTORY_DENIED;
    const struct account a = vfs_account(&s->vfs, in->user);
    out->bytes = a.bytes;
    out->max_bytes = a.bytes_max;
    out->files = a.files;
    out->max_files = a.files_max;
    out->soft = vfs_account_is_soft(&a);
    return OK;
}

static int on_storage(struct request *rq, struct directory_storage_out *out)
{
    const struct vfs *v = &server_of(rq)->vfs;
    struct contents_figures f;

    contents_figures(&f);
    *out = (struct directory_storage_out){
        .why = text_from(f.why, (uint32_t)strlen(f.why)),
        .blocks = f.chunks.blocks,
        .free_blocks = f.chunks.free_blocks,
        .chunks = f.chunks.chunks,
        .bytes = f.chunks.bytes,
        .memory = v->blocks_used,
        .dirty = v->dirty,
        .fetched = f.fetched,
        .stored = f.stored,
        .sweeps = f.sweeps,
    };
    return OK;
}

static int on_flush(struct request *rq)
{
    return contents_flush_later(rq);
}

const struct directory_ops server_directory_ops = {
    .open = on_open,
    .stat = on_stat,
    .list = on_list,
    .mkdir = on_mkdir,
    .remove = on_remove,
    .rename = on_rename,
    .subdirectory = on_subdirectory,
    .usage = on_usage,
    .storage = on_storage,
    .flush = on_flush,
    .link = on_link,
    .read_link = on_read_link,
    .chmod = on_chmod,
    .chown = on_chown,
    .root = on_root,
    .set_quota = on_set_quota,
    .account = on_account,
    .namespace = on_namespace,
    .bind = on_bind,
    .unbind = on_unbind,
    .mount = on_mount,
    .watch = on_watch,
    .copy = on_copy,
    .fork = on_fork,
    .overlay = on_overlay,
    .commit = on_commit,
    .kept = on_kept,
    .override = on_override,
    .area = on_area,
    .identify = on_identify,
    .reach = on_reach,
};
