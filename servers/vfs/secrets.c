/*
 * secrets.c - contents of overrides: in this process' memory and nowhere else. They are no part of
 * the state: they go with the view, and with the process; then the file is there and they are gone.
 */
#include "bytes.h"
#include "server.h"

enum { SECRETS_MAX = 16 };

static struct secret {
    uint32_t node, len; /* node 0: free */
    uint64_t inode;
    uint8_t bytes[VFS_WRITE_MAX];
} secrets[SECRETS_MAX];

static const struct secret *secret_of(const struct vfs *v, uint32_t node)
{
    for (uint32_t i = 0; vfs_is_secret(v, node) && i < SECRETS_MAX; i++) {
        if (secrets[i].node == node && secrets[i].inode == v->nodes[node].inode) return &secrets[i];
    }
    return NULL;
}

int secret_read(const struct server *s, struct data where, uint64_t offset, uint32_t *out_len)
{
    const struct secret *x = secret_of(&s->vfs, s->who.base);

    if (x == NULL) return FILE_GONE;
    *out_len = offset >= x->len ? 0 : x->len - (uint32_t)offset;
    if (*out_len > where.len) *out_len = where.len;
    memcpy((uint8_t *)where.at, x->bytes + (offset < x->len ? offset : 0), *out_len);
    return OK;
}

void secret_stat(const struct server *s, uint32_t node, struct vfs_stat *out_stat)
{
    const struct secret *x = secret_of(&s->vfs, node);

    if (x != NULL) out_stat->size = x->len;
}

void secrets_look(const struct vfs *v)
{
    for (uint32_t i = 0; i < SECRETS_MAX; i++) {
        struct secret *x = &secrets[i];
        if (x->node != 0 && secret_of(v, x->node) != x) bytes_wipe(x, sizeof(*x));
    }
}

int on_override(struct request *rq, const struct directory_override_in *in)
{
    struct server *s = server_of(rq);
    struct vfs_record *r = &s->record;
    struct secret *x = secrets;
    int err = server_error(vfs_decide_override(&s->vfs, &s->who, path_of(in->path), r));

    while (err == OK && x->node != 0) {
        if (++x == secrets + SECRETS_MAX) return DIRECTORY_LIMIT;
    }
    if (err == OK) err = server_commit(rq, r);
    if (err != OK) return err;
    x->node = vfs_override_file(&s->vfs, r);
    x->inode = s->vfs.inode_last + 2; /* the file's, after its directory's */
    x->len = in->data.len;
    memcpy(x->bytes, in->data.at, in->data.len);
    bytes_wipe((void *)in->data.at, in->data.len); /* of the message */
    return OK;
}
