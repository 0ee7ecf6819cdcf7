/* fork.c - which trees may be copied, laid over each other and put in place. Changes nothing. */
#include "bytes.h"
#include "state.h"

static bool tops_have_room(const struct vfs *v)
{
    return v->tops_used < VFS_TOPS_MAX;
}

/* What one cannot read one does not copy; who has `admin` copies what stays its owner's. */
static enum vfs_error check_readable(const struct vfs *v, const struct asker *who, uint32_t source,
                                     bool stays)
{
    if (stays && (who->rights & MAY_ADMIN) != 0) return VFS_OK;
    for (uint32_t at = source; at != VFS_NONE; at = clone_next(v, source, at)) {
        if (!vfs_sees(v, who, at)) return VFS_DENIED;
    }
    return VFS_OK;
}

/* Nothing in it belongs to the boot image, or is kept, unless all is. */
static enum vfs_error check_plain(const struct vfs *v, uint32_t source)
{
    for (uint32_t at = source; at != VFS_NONE; at = tree_next(v, source, at)) {
        if (v->nodes[at].image) return VFS_READ_ONLY;
        if (v->nodes[at].frozen && !v->nodes[source].frozen) return VFS_FROZEN;
    }
    return VFS_OK;
}

static enum vfs_error check_size(const struct vfs *v, const struct asker *who, uint32_t source,
                                 uint32_t *out_first)
{
    uint32_t first = v->nodes[source].kind == NODE_FILE ? node_find_free(v) : VFS_IMAGE_MAX + 1;
    const struct clone_size s = clone_measure(v, source, first == VFS_NONE ? 0 : first);
    uint64_t dirty = (uint64_t)v->dirty + s.dirty;

    if (first == VFS_NONE || s.end > VFS_NODES_MAX) return VFS_NO_SPACE;
    if (v->names_fresh + s.units > VFS_NAMES_BYTES / VFS_NAMES_UNIT) return VFS_NO_SPACE;
    if (s.dirty > 0 && (dirty > VFS_DIRTY_MAX || dirty > v->room)) return VFS_NO_SPACE;
    *out_first = s.first;
    return account_check(v, who->user, s.bytes, s.nodes);
}

/* The bytes: a name, which the record has already, then the path of what is copied. */
static void record_fill(const struct asker *who, const struct vfs_copy *copy, uint32_t source,
                        struct vfs_record *r)
{
    r->type = VFS_CLONE;
    r->replaced = source;
    r->flag = copy->flags;
    r->user = who->user;
    r->offset = copy->since;
    r->len = r->name_len + copy->source.len;
    memcpy(r->bytes + r->name_len, copy->source.at, copy->source.len);
}

enum vfs_error vfs_decide_copy(const struct vfs *v, const struct asker *who,
                               const struct vfs_copy *copy, struct vfs_record *out_record)
{
    struct vfs_record *r = out_record;
    bool kept = copy->kind == CLONE_KEPT;
    uint32_t source;
    enum vfs_error err = vfs_find(v, who, copy->source, 0, &source);

    if (err != VFS_OK) return err;
    err = find_parent(v, who, copy->target, r);
    if (err != VFS_OK) return err;
    const struct path_text name = {(const char *)r->bytes, r->name_len};
    if (mounts_find(v, who->view, r->parent, name) != VFS_NONE) return VFS_EXISTS;
    err = check_writable(v, who, r->parent);
    if (err == VFS_OK && kept && v->nodes[source].kind != NODE_DIRECTORY) err = VFS_NOT_DIRECTORY;
    if (err == VFS_OK && v->nodes[source].image) err = VFS_READ_ONLY;
    if (err == VFS_OK && !kept) err = check_plain(v, source);
    if (err == VFS_OK) err = check_readable(v, who, source, kept);
    if (err == VFS_OK && kept && !tops_have_room(v)) err = VFS_LIMIT;
    if (err == VFS_OK) err = check_size(v, who, source, &r->node);
    record_fill(who, copy, source, r);
    r->kind = kept ? CLONE_KEPT : CLONE_COPY;
    r->mode = 0;
    return err;
}

enum vfs_error vfs_decide_fork(const struct vfs *v, const struct asker *who,
                               const struct vfs_copy *copy, struct vfs_record *out_record)
{
    struct vfs_record *r = out_record;
    uint32_t source, view = mounts_free_view(v);
    enum vfs_error err = vfs_find(v, who, copy->source, 0, &source);

    if (err != VFS_OK) return err;
    bool frozen = copy->kind == CLONE_LAYERED;
    if (v->nodes[source].kind != NODE_DIRECTORY) return VFS_NOT_DIRECTORY;
    if (frozen && !v->nodes[source].frozen) return VFS_NOT_FROZEN;
    if (!frozen && v->nodes[source].frozen) return VFS_FROZEN;
    if (!node_is_there(v, source)) return VFS_NOT_FOUND;
    err = check_plain(v, source);
    if (err == VFS_OK) err = check_readable(v, who, source, !frozen);
    if (err != VFS_OK) return err;
    bool room = tops_have_room(v) && view != VFS_NONE && v->mount_count < VFS_MOUNTS_MAX;
    if (!room) return VFS_LIMIT;
    err = check_size(v, who, source, &r->node);
    r->name_len = 0;
    record_fill(who, copy, source, r);
    r->parent = VFS_NONE;
    r->kind = copy->kind;
    r->mode = (uint8_t)view;
    return err;
}

void vfs_fork_bind(const struct vfs_record *fork, uint32_t at, struct vfs_record *out_record)
{
    *out_record = (struct vfs_record){.type = VFS_MOUNT,
                                      .node = at,
                                      .parent = fork->node,
                                      .kind = MOUNT_BIND,
                                      .mode = fork->mode,
                                      .open = VFS_NO_OPEN};
}

enum vfs_error vfs_decide_overlay(const struct vfs *v, const struct asker *who,
                                  struct path_text source, struct vfs_record *out_record)
{
    struct vfs_record *r = out_record;
    uint32_t i = vfs_fork_of(v, who), from;
    enum vfs_error err = vfs_find(v, who, source, 0, &from);

    if (err != VFS_OK) return err;
    if (v->nodes[from].kind != NODE_DIRECTORY) return VFS_NOT_DIRECTORY;
    if (!v->nodes[from].frozen) return VFS_NOT_FROZEN;
    if (i == VFS_NONE || v->tops[i].kind != TOP_LAYERED) return VFS_NOT_FORK;
    if (v->tops[i].stale) return VFS_CONFLICT; /* the top hides the layers, none hides it */
    if ((who->rights & MAY_WRITE) == 0) return VFS_DENIED;
    err = check_readable(v, who, from, false);
    if (err == VFS_OK) err = check_size(v, who, from, &r->node);
    r->type = VFS_OVERLAY;
    r->parent = v->tops[i].node;
    r->replaced = from;
    r->user = who->user;
    r->len = 0;
    return err;
}

enum vfs_error vfs_decide_override(const struct vfs *v, const struct asker *who,
                                   struct path_text path, struct vfs_record *out_record)
{
    struct vfs_record *r = out_record;
    enum vfs_error err = find_parent(v, who, path, r);

    if (err != VFS_OK) return err;
    if (who->view == 0) return VFS_DENIED; /* it would be everybody's */
    if (!node_is_there(v, r->parent)) return VFS_NOT_FOUND;
    bool room = tops_have_room(v) && v->mount_count < VFS_MOUNTS_MAX;
    if (!room) return VFS_LIMIT;
    r->type = VFS_OVERRIDE;
    r->node = node_find_free(v);
    r->mode = who->view;
    r->user = who->user;
    bool nodes = r->node != VFS_NONE && vfs_override_file(v, r) < VFS_NODES_MAX;
    if (!nodes || !names_have_room(v, r->len)) return VFS_NO_SPACE;
    return account_check(v, who->user, 0, 2);
}

/* What users will have more when the copies are theirs, and what was there is gone. */
struct moves {
    uint32_t count;
    struct move {
        uint64_t user;
        int64_t bytes;
        int32_t files;
    } of[VFS_ACCOUNTS_MAX];
};

static bool move_add(struct moves *m, uint64_t user, int64_t bytes, int32_t files)
{
    uint32_t i = 0;

    while (i < m->count && m->of[i].user != user) {
        i++;
    }
    if (i == VFS_ACCOUNTS_MAX) return false;
    if (i == m->count) m->of[m->count++] = (struct move){.user = user};
    m->of[i].bytes += bytes;
    m->of[i].files += files;
    return true;
}

static bool moves_of(const struct vfs *v, const struct top *t, struct moves *m)
{
    bool fits = true;

    for (uint32_t at = t->node; (at = tree_next(v, t->node, at)) != VFS_NONE;) {
        const struct node *n = &v->nodes[at];
        int64_t bytes = n->kind == NODE_FILE ? (int64_t)n->size : 0;
        fits = fits && move_add(m, n->owner, bytes, 1) && move_add(m, n->payer, -bytes, -1);
    }
    for (uint32_t at = t->origin; (at = tree_next(v, t->origin, at)) != VFS_NONE;) {
        const struct node *n = &v->nodes[at];
        int64_t bytes = n->kind == NODE_FILE ? (int64_t)n->size : 0;
        if (n->opens == 0) fits = fits && move_add(m, n->payer, -bytes, -1);
    }
    return fits;
}

static enum vfs_error check_accounts(const struct vfs *v, const struct top *t)
{
    static struct moves m; /* too large for a stack */
    uint32_t fresh = 0;

    m.count = 0;
    if (!moves_of(v, t, &m)) return VFS_LIMIT;
    for (uint32_t i = 0; i < m.count; i++) {
        const struct move *x = &m.of[i];
        const struct account a = vfs_account(v, x->user);
        fresh += a.bytes == 0 && a.files == 0;
        enum vfs_error err = account_check(v, x->user, x->bytes > 0 ? (uint64_t)x->bytes : 0,
                                           x->files > 0 ? (uint32_t)x->files : 0);
        if (err != VFS_OK) return err;
    }
    return account_places(v) < fresh ? VFS_LIMIT : VFS_OK;
}

/* Something stands there, or shows it elsewhere, that would lead to what is gone. */
static bool is_mounted_below(const struct vfs *v, const struct top *t)
{
    for (uint32_t at = t->origin; (at = tree_next(v, t->origin, at)) != VFS_NONE;) {
        for (uint32_t i = 0; i < v->mount_count; i++) {
            if (v->mounts[i].at == at || v->mounts[i].to == at) return true;
        }
    }
    return false;
}

enum vfs_error vfs_decide_commit(const struct vfs *v, const struct asker *who,
                                 struct vfs_record *out_record)
{
    uint32_t i = vfs_fork_of(v, who);

    if (i == VFS_NONE || v->tops[i].kind != TOP_FORK) return VFS_NOT_FORK;
    const struct top *t = &v->tops[i];
    if (t->stale || !node_is_there(v, t->origin)) return VFS_CONFLICT;
    if ((who->rights & MAY_WRITE) == 0) return VFS_DENIED;
    if (is_mounted_below(v, t)) return VFS_BUSY;
    out_record->type = VFS_COMMIT;
    out_record->node = t->node;
    out_record->parent = t->origin;
    out_record->len = 0;
    return check_accounts(v, t);
}
