/* files.c - the methods of File. Its node is server.who.base. */
#include "bytes.h"
#include "contents.h"

/* What the handle of a file that another server answers asks it. False: it is a file of our own. */
static bool is_remote(struct server *s, uint8_t method, struct remote *out_ask)
{
    const struct opened *o = &s->vfs.opens[s->open];

    if (o->purpose != FOR_REMOTE) return false;
    *out_ask = (struct remote){.mount = vfs_mount_at(&s->vfs, o->node),
                               .path = {vfs_path(&s->vfs, o), o->path_len},
                               .method = method};
    return true;
}

static int on_read(struct request *rq, const struct file_read_in *in, struct file_read_out *out)
{
    struct server *s = server_of(rq);
    uint8_t *bytes = (uint8_t *)rq->scratch;
    struct remote ask;

    if (is_remote(s, REMOTE_READ, &ask)) {
        ask.offset = in->offset;
        ask.count = in->count;
        return ask.mount == VFS_NONE ? FILE_GONE : remote_ask(rq, &ask);
    }
    if (vfs_is_secret(&s->vfs, s->who.base)) {
        uint32_t len = in->count;
        int err = secret_read(s, data_from(bytes, in->count), in->offset, &len);
        out->data = data_from(bytes, err == OK ? len : 0);
        return err;
    }
    if (vfs_missing(&s->vfs, s->who.base, in->offset, in->count) != UINT64_MAX) {
        return contents_read_later(rq, in);
    }
    out->data = data_from(bytes, vfs_read(&s->vfs, s->who.base, in->offset, in->count, bytes));
    return OK;
}

static int on_write(struct request *rq, const struct file_write_in *in, struct file_write_out *out)
{
    struct server *s = server_of(rq);

    if ((s->who.rights & MAY_WRITE) == 0) return FILE_READ_ONLY;
    s->record.len = in->data.len;
    memcpy(s->record.bytes, in->data.at, in->data.len);
    const struct account a = vfs_account(&s->vfs, s->vfs.nodes[s->who.base].payer);
    out->soft = vfs_account_is_soft(&a);
    enum vfs_error err = vfs_decide_write(&s->vfs, s->who.base, in->offset, &s->record);
    if (err == VFS_NO_SPACE && contents_write_waits(s)) {
        return contents_write_later(rq, in->offset, &s->record);
    }
    return err != VFS_OK ? server_error(err) : server_commit(rq, &s->record);
}

static int on_truncate(struct request *rq, const struct file_truncate_in *in)
{
    struct server *s = server_of(rq);

    if ((s->who.rights & MAY_WRITE) == 0) return FILE_READ_ONLY;
    int err = server_error(vfs_decide_truncate(&s->vfs, s->who.base, in->size, &s->record));
    return err != OK ? err : server_commit(rq, &s->record);
}

static int on_stat(struct request *rq, struct file_stat_out *out)
{
    struct server *s = server_of(rq);
    struct remote ask;

    if (is_remote(s, REMOTE_FILE_STAT, &ask)) {
        return ask.mount == VFS_NONE ? FILE_GONE : remote_ask(rq, &ask);
    }
    stat_fill(&s->vfs.nodes[s->who.base], &out->stat);
    secret_stat(s, s->who.base, &out->stat);
    return OK;
}

static int on_verify(struct request *rq, const struct file_verify_in *in,
                     struct file_verify_out *out)
{
    struct server *s = server_of(rq);
    const struct node *n = &s->vfs.nodes[s->who.base];

    if (in->offset < n->stored) return contents_verify_later(rq, in->offset);
    *out = (struct file_verify_out){.next = n->size};
    return OK;
}

static int on_digest(struct request *rq, struct file_digest_out *out)
{
    struct server *s = server_of(rq);
    const struct node *n = &s->vfs.nodes[s->who.base];

    *out = (struct file_digest_out){
        .stored = n->stored,
        .depth = n->depth,
        .root = data_from(n->root, sizeof(n->root)),
    };
    return OK;
}

const struct file_ops server_file_ops = {
    .read = on_read,
    .write = on_write,
    .truncate = on_truncate,
    .stat = on_stat,
    .verify = on_verify,
    .digest = on_digest,
    .get = on_get,
    .put = on_put,
};
