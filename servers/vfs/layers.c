/* layers.c - the methods of Directory about whole trees: copies, what is kept, forks, layers. */
#include "badge.h"
#include "bytes.h"
#include "contents.h"

static int commit_if(struct request *rq, enum vfs_error err)
{
    return err == VFS_OK ? server_commit(rq, &server_of(rq)->record) : server_error(err);
}

int on_copy(struct request *rq, const struct directory_copy_in *in, struct directory_copy_out *out)
{
    struct server *s = server_of(rq);
    const struct vfs_copy copy = {.source = path_of(in->source),
                                  .target = path_of(in->target),
                                  .kind = in->keep ? CLONE_KEPT : CLONE_COPY,
                                  .flags = in->changed ? CLONE_CHANGED : 0,
                                  .since = server_log.next};
    struct vfs_place place;

    enum vfs_error found = vfs_find_place(&s->vfs, &s->who, copy.source, 0, &place);
    if (found == VFS_OK && place.mount != VFS_NONE) return DIRECTORY_READ_ONLY;
    out->seq = server_log.next;
    contents_cloned();
    return commit_if(rq, vfs_decide_copy(&s->vfs, &s->who, &copy, &s->record));
}

/* Three records: the copy, the handle with its view, and what stands there in it. All of them are
 * decided on the same state. */
int on_fork(struct request *rq, const struct directory_fork_in *in, struct directory_fork_out *out)
{
    struct server *s = server_of(rq);
    struct vfs_record *r = &s->record;
    const struct vfs_grant grant = {.user = s->who.user, .rights = s->who.rights, .fresh = true};
    const struct vfs_copy copy = {.source = path_of(in->source),
                                  .kind = in->layer ? CLONE_LAYERED : CLONE_FORK,
                                  .since = server_log.next};
    static struct vfs_record fork; /* too large for a stack */
    uint32_t at;

    int err = server_error(vfs_find(&s->vfs, &s->who, path_of(in->target), FIND_LINK, &at));
    if (err == OK && s->vfs.nodes[at].kind != NODE_DIRECTORY) err = DIRECTORY_NOT_DIRECTORY;
    if (err == OK) err = server_error(vfs_decide_fork(&s->vfs, &s->who, &copy, r));
    if (err != OK) return err;
    memcpy(&fork, r, offsetof(struct vfs_record, bytes));
    contents_cloned();
    err = server_commit(rq, r);
    if (err != OK) return err;
    uint32_t base = at == s->who.base ? fork.node : s->who.base;
    err = server_error(vfs_decide_open_new(&s->vfs, &s->who, base, &grant, r));
    if (err == OK) err = handle_give(rq, KIND_DIRECTORY, &out->directory);
    if (err != OK || at == s->who.base) return err;
    vfs_fork_bind(&fork, at, r);
    return server_commit(rq, r);
}

int on_overlay(struct request *rq, const struct directory_overlay_in *in)
{
    struct server *s = server_of(rq);

    contents_cloned();
    return commit_if(rq, vfs_decide_overlay(&s->vfs, &s->who, path_of(in->source), &s->record));
}

int on_commit(struct request *rq, const struct directory_commit_in *in)
{
    struct server *s = server_of(rq);

    (void)in; /* its number is the framework's */
    return commit_if(rq, vfs_decide_commit(&s->vfs, &s->who, &s->record));
}

/* The path of a node from the asker's root on, at the end of `buffer`. Length 0: it leads not
 * there. */
static struct text path_from(const struct server *s, uint32_t node, char buffer[PATH_MAX_BYTES])
{
    uint32_t at = PATH_MAX_BYTES;

    while (node != s->who.base) {
        const struct node *n = &s->vfs.nodes[node];
        if (node == VFS_ROOT || n->state != NODE_LINKED || at < n->name_len + 1u) {
            return text_from("", 0);
        }
        at -= n->name_len;
        memcpy(buffer + at, vfs_name(&s->vfs, node), n->name_len);
        buffer[--at] = '/';
        node = n->parent;
    }
    return text_from(buffer + at, PATH_MAX_BYTES - at);
}

static bool is_shown(const struct server *s, const struct top *t)
{
    if (t->kind != TOP_KEPT) return false;
    if ((s->who.rights & MAY_ADMIN) != 0) return true;
    return (vfs_may(&s->vfs, &s->who, t->node) & MAY_READ) != 0;
}

int on_kept(struct request *rq, const struct directory_kept_in *in, struct directory_kept_out *out)
{
    static char buffer[PATH_MAX_BYTES];
    const struct server *s = server_of(rq);
    const struct vfs *v = &s->vfs;

    *out = (struct directory_kept_out){.next = 0};
    for (uint32_t i = in->after; i < VFS_TOPS_MAX && out->next == 0; i++) {
        const struct top *t = &v->tops[i];
        if (!is_shown(s, t)) continue;
        out->path = path_from(s, t->node, buffer);
        if (out->path.len == 0) continue;
        out->next = i + 1;
        out->source = text_from(vfs_top_path(v, i), t->path_len);
        out->seq = t->since;
        out->owner = v->nodes[t->node].owner;
        for (uint32_t at = t->node; at != VFS_NONE; at = vfs_tree_next(v, t->node, at)) {
            out->files++;
            out->bytes += v->nodes[at].kind == NODE_FILE ? v->nodes[at].size : 0;
        }
    }
    return OK;
}
