/* handlers.c - the methods of Directory and File. */
#include "badge.h"
#include "bytes.h"
#include "server.h"

enum { LIST_MAX = 12, READ_MAX = 3072 };

static struct server *server_of(struct request *rq)
{
    return request_service(rq)->state;
}

static void stat_fill(const struct node *n, struct vfs_stat *out_stat)
{
    *out_stat = (struct vfs_stat){
        .kind = n->directory ? VFS_STAT_KIND_DIRECTORY : VFS_STAT_KIND_FILE,
        .size = n->size,
        .inode = n->inode,
        .created = n->created,
        .modified = n->modified,
        .read_only = n->image,
    };
}

/* A new handle on `node`: the record that opens it, and the capability that stands for it. */
static int open_handle(struct request *rq, uint16_t node, bool write, struct cap_arg *out_cap)
{
    struct server *s = server_of(rq);
    int err = server_error(vfs_decide_open(&s->vfs, node, write, &s->record));

    if (err != OK) return err;
    uint16_t open = s->record.open;
    uint32_t kind = s->vfs.nodes[node].directory ? KIND_DIRECTORY : KIND_FILE;
    *out_cap = (struct cap_arg){
        .slot = request_service(rq)->endpoint,
        .rights = RIGHT_WRITE | RIGHT_GRANT,
        .badge = badge_make(kind, server_incarnation(), s->vfs.opens[open].generation + 1, open),
    };
    return server_commit(rq, &s->record);
}

/* Makes the missing file and opens it: two records, the second decided on what the first does. */
static int open_new(struct request *rq, const struct directory_open_in *in, struct cap_arg *out_cap)
{
    struct server *s = server_of(rq);
    struct vfs_record *r = &s->record;
    r->flag = false;
    int err = server_error(vfs_decide_make(&s->vfs, s->base, in->path.at, in->path.len, r));

    if (err != OK) return err;
    uint16_t node = r->node;
    /* A free handle must be there before the file is made; the new node is not a directory. */
    err = server_commit(rq, r);
    return err != OK ? err : open_handle(rq, node, in->write, out_cap);
}

static int on_open(struct request *rq, const struct directory_open_in *in,
                   struct directory_open_out *out)
{
    struct server *s = server_of(rq);
    uint16_t node;
    enum vfs_error found = vfs_find(&s->vfs, s->base, in->path.at, in->path.len, &node);

    if (found == VFS_NOT_FOUND && in->create) return open_new(rq, in, &out->file);
    if (found != VFS_OK) return server_error(found);
    if (in->create && in->exclusive) return DIRECTORY_EXISTS;
    if (s->vfs.nodes[node].directory) return DIRECTORY_IS_DIRECTORY;
    if (in->truncate) {
        int err = server_error(vfs_decide_truncate(&s->vfs, node, 0, &s->record));
        if (err == OK) err = server_commit(rq, &s->record);
        if (err != OK) return err;
    }
    rq->is_light = !in->truncate; /* a full disk can be read */
    return open_handle(rq, node, in->write, &out->file);
}

static int on_stat(struct request *rq, const struct directory_stat_in *in,
                   struct directory_stat_out *out)
{
    struct server *s = server_of(rq);
    uint16_t node;
    int err = server_error(vfs_find(&s->vfs, s->base, in->path.at, in->path.len, &node));

    if (err == OK) stat_fill(&s->vfs.nodes[node], &out->stat);
    return err;
}

static int on_list(struct request *rq, const struct directory_list_in *in,
                   struct directory_list_out *out)
{
    struct server *s = server_of(rq);
    const char *after = in->after.at;
    uint32_t count = 0, after_len = in->after.len;
    uint16_t directory, node;
    int err = server_error(vfs_find(&s->vfs, s->base, in->path.at, in->path.len, &directory));

    if (err != OK) return err;
    if (!s->vfs.nodes[directory].directory) return DIRECTORY_NOT_DIRECTORY;
    while ((node = vfs_list_next(&s->vfs, directory, after, after_len)) != VFS_NONE) {
        const struct node *n = &s->vfs.nodes[node];
        if (count == LIST_MAX) break;
        out->entries.at[count++] = (struct vfs_entry){
            .kind = n->directory ? VFS_STAT_KIND_DIRECTORY : VFS_STAT_KIND_FILE,
            .size = n->size,
            .name = text_from(n->name, n->name_len),
        };
        after = n->name;
        after_len = n->name_len;
    }
    out->entries.count = count;
    out->more = node != VFS_NONE;
    return OK;
}

static int on_mkdir(struct request *rq, const struct directory_mkdir_in *in)
{
    struct server *s = server_of(rq);
    s->record.flag = true;
    int err =
        server_error(vfs_decide_make(&s->vfs, s->base, in->path.at, in->path.len, &s->record));

    return err != OK ? err : server_commit(rq, &s->record);
}

static int on_remove(struct request *rq, const struct directory_remove_in *in)
{
    struct server *s = server_of(rq);
    int err =
        server_error(vfs_decide_remove(&s->vfs, s->base, in->path.at, in->path.len, &s->record));

    return err != OK ? err : server_commit(rq, &s->record);
}

static int on_rename(struct request *rq, const struct directory_rename_in *in)
{
    struct server *s = server_of(rq);
    struct vfs_paths paths = {in->source.at, in->target.at, in->source.len, in->target.len};
    int err = server_error(vfs_decide_rename(&s->vfs, s->base, &paths, &s->record));

    return err != OK ? err : server_commit(rq, &s->record);
}

static int on_subdirectory(struct request *rq, const struct directory_subdirectory_in *in,
                           struct directory_subdirectory_out *out)
{
    struct server *s = server_of(rq);
    uint16_t node;
    int err = server_error(vfs_find(&s->vfs, s->base, in->path.at, in->path.len, &node));

    if (err != OK) return err;
    if (!s->vfs.nodes[node].directory) return DIRECTORY_NOT_DIRECTORY;
    rq->is_light = true;
    return open_handle(rq, node, false, &out->directory);
}

static int on_usage(struct request *rq, struct directory_usage_out *out)
{
    const struct vfs *v = &server_of(rq)->vfs;

    out->bytes = v->bytes;
    out->max_bytes = (uint64_t)VFS_BLOCKS_MAX * VFS_BLOCK_BYTES;
    out->files = v->nodes_used;
    out->opened = v->opens_used;
    return OK;
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
};

/* File: the node of the handle is server.base. */

static int on_read(struct request *rq, const struct file_read_in *in, struct file_read_out *out)
{
    struct server *s = server_of(rq);
    uint8_t *bytes = (uint8_t *)rq->scratch;

    out->data = data_from(bytes, vfs_read(&s->vfs, s->base, in->offset, in->count, bytes));
    return OK;
}

static bool may_write(struct server *s, const struct request *rq)
{
    const struct opened *o = server_opened(s, rq->badge);

    return o != NULL && o->write;
}

static int on_write(struct request *rq, const struct file_write_in *in)
{
    struct server *s = server_of(rq);

    if (!may_write(s, rq)) return FILE_READ_ONLY;
    s->record.len = in->data.len;
    memcpy(s->record.bytes, in->data.at, in->data.len);
    int err = server_error(vfs_decide_write(&s->vfs, s->base, in->offset, &s->record));
    return err != OK ? err : server_commit(rq, &s->record);
}

static int on_truncate(struct request *rq, const struct file_truncate_in *in)
{
    struct server *s = server_of(rq);

    if (!may_write(s, rq)) return FILE_READ_ONLY;
    int err = server_error(vfs_decide_truncate(&s->vfs, s->base, in->size, &s->record));
    return err != OK ? err : server_commit(rq, &s->record);
}

static int on_file_stat(struct request *rq, struct file_stat_out *out)
{
    const struct server *s = server_of(rq);

    stat_fill(&s->vfs.nodes[s->base], &out->stat);
    return OK;
}

const struct file_ops server_file_ops = {
    .read = on_read,
    .write = on_write,
    .truncate = on_truncate,
    .stat = on_file_stat,
};
