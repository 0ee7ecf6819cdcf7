/* mounts.c - what a client sees at a directory in place of it, or beside it. */
#include "bytes.h"
#include "state.h"

static bool is_seen(const struct mount *m, uint32_t view, uint32_t at)
{
    return m->at == at && (m->kind == MOUNT_SERVER || m->view == view);
}

uint32_t mounts_enter(const struct vfs *v, uint32_t view, uint32_t node)
{
    for (uint32_t i = v->mount_count; i-- > 0;) {
        const struct mount *m = &v->mounts[i];
        if (m->kind == MOUNT_BIND && is_seen(m, view, node)) return m->to;
    }
    return node;
}

uint32_t mounts_server(const struct vfs *v, uint32_t node)
{
    for (uint32_t i = v->mount_count; i-- > 0;) {
        if (v->mounts[i].kind == MOUNT_SERVER && v->mounts[i].at == node) return i;
    }
    return VFS_NONE;
}

bool mounts_stand_at(const struct vfs *v, uint32_t view, uint32_t node)
{
    for (uint32_t i = 0; i < v->mount_count; i++) {
        if (is_seen(&v->mounts[i], view, node)) return true;
    }
    return false;
}

uint32_t mounts_find(const struct vfs *v, uint32_t view, uint32_t directory, struct path_text name)
{
    for (uint32_t i = v->mount_count; i-- > 0;) {
        const struct mount *m = &v->mounts[i];
        if (m->kind != MOUNT_UNION || !is_seen(m, view, directory)) continue;
        uint32_t found = index_find(v, m->to, name.at, name.len);
        if (found != VFS_NONE) return found;
    }
    return index_find(v, directory, name.at, name.len);
}

static bool is_before(const struct vfs *v, uint32_t a, uint32_t b)
{
    const struct node *first = &v->nodes[a], *second = &v->nodes[b];
    uint32_t least = first->name_len < second->name_len ? first->name_len : second->name_len;
    int order = memcmp(vfs_name(v, a), vfs_name(v, b), least);

    return order < 0 || (order == 0 && first->name_len < second->name_len);
}

uint32_t vfs_list_next(const struct vfs *v, const struct asker *who, uint32_t directory,
                       struct path_text after)
{
    uint32_t best = index_after(v, directory, after.at, after.len);

    for (uint32_t i = 0; i < v->mount_count; i++) {
        const struct mount *m = &v->mounts[i];
        if (m->kind != MOUNT_UNION || !is_seen(m, who->view, directory)) continue;
        uint32_t next = index_after(v, m->to, after.at, after.len);
        /* Of two with the same name the later mount's. */
        if (next != VFS_NONE && (best == VFS_NONE || !is_before(v, best, next))) best = next;
    }
    return best;
}

void mounts_add(struct vfs *v, const struct mount *m)
{
    v->mounts[v->mount_count++] = *m;
    v->nodes[m->at].opens++;
    v->nodes[m->to].opens++;
}

static void take_away(struct vfs *v, uint32_t i)
{
    const struct mount m = v->mounts[i];

    v->mount_count--;
    memmove(&v->mounts[i], &v->mounts[i + 1], (v->mount_count - i) * sizeof(m));
    v->mounts[v->mount_count] = (struct mount){0};
    node_leave(v, m.at);
    node_leave(v, m.to);
}

void mounts_remove(struct vfs *v, uint32_t view, uint32_t at)
{
    for (uint32_t i = v->mount_count; i-- > 0;) {
        if (is_seen(&v->mounts[i], view, at)) take_away(v, i);
    }
}

void mounts_drop(struct vfs *v, uint32_t to)
{
    for (uint32_t i = v->mount_count; i-- > 0;) {
        if (v->mounts[i].kind != MOUNT_SERVER && v->mounts[i].to == to) take_away(v, i);
    }
}

void mounts_leave(struct vfs *v, uint16_t provider)
{
    for (uint32_t i = 0; i < v->mount_count; i++) {
        struct mount *m = &v->mounts[i];
        if (m->kind == MOUNT_SERVER && m->provider == provider) m->provider = VFS_NO_OPEN;
    }
}

void mounts_copy(struct vfs *v, uint32_t from, uint32_t to)
{
    uint32_t count = v->mount_count;

    for (uint32_t i = 0; i < count && v->mount_count < VFS_MOUNTS_MAX; i++) {
        struct mount m = v->mounts[i];
        if (m.kind == MOUNT_SERVER || m.view != from) continue;
        m.view = (uint8_t)to;
        mounts_add(v, &m);
    }
}

void mounts_end(struct vfs *v, uint32_t view)
{
    for (uint32_t i = v->mount_count; i-- > 0;) {
        if (v->mounts[i].kind != MOUNT_SERVER && v->mounts[i].view == view) take_away(v, i);
    }
}

uint32_t mounts_free_view(const struct vfs *v)
{
    uint32_t used = 1;

    for (uint32_t i = 0; i < VFS_OPENS_MAX; i++) {
        if (v->opens[i].used) used |= 1u << v->opens[i].view;
    }
    for (uint32_t view = 1; view < VFS_VIEWS_MAX; view++) {
        if ((used >> view & 1) == 0) return view;
    }
    return VFS_NONE;
}

/* Decisions. */

static enum vfs_error find_directory(const struct vfs *v, const struct asker *who,
                                     struct path_text path, uint32_t how, uint32_t *out_node)
{
    enum vfs_error err = vfs_find(v, who, path, how, out_node);

    if (err != VFS_OK) return err;
    if (v->nodes[*out_node].kind != NODE_DIRECTORY) return VFS_NOT_DIRECTORY;
    return (vfs_may(v, who, *out_node) & MAY_PASS) != 0 ? VFS_OK : VFS_DENIED;
}

static bool is_at_or_below(const struct vfs *v, uint32_t node, uint32_t above)
{
    while (node != above && node != VFS_ROOT) {
        node = v->nodes[node].parent;
    }
    return node == above;
}

enum vfs_error vfs_decide_bind(const struct vfs *v, const struct asker *who,
                               const struct vfs_paths *paths, bool is_union,
                               struct vfs_record *out_record)
{
    uint32_t at, to;
    enum vfs_error err = find_directory(v, who, paths->source, 0, &to);

    if (err == VFS_OK) err = find_directory(v, who, paths->target, FIND_LINK, &at);
    if (err != VFS_OK) return err;
    if (who->view == 0) return VFS_DENIED; /* it would be everybody's */
    if (at == who->base || is_at_or_below(v, at, to)) return VFS_BAD_PATH;
    if (v->nodes[at].state != NODE_LINKED || v->nodes[to].state != NODE_LINKED) {
        return VFS_NOT_FOUND;
    }
    if (mounts_server(v, at) != VFS_NONE) return VFS_EXISTS;
    if (v->mount_count == VFS_MOUNTS_MAX) return VFS_LIMIT;
    *out_record = (struct vfs_record){.type = VFS_MOUNT,
                                      .node = at,
                                      .parent = to,
                                      .kind = is_union ? MOUNT_UNION : MOUNT_BIND,
                                      .mode = who->view,
                                      .open = VFS_NO_OPEN};
    return VFS_OK;
}

/* A server changes what all see there: that is the owner's business, or the system's. */
static bool may_mount(const struct vfs *v, const struct asker *who, uint32_t at)
{
    if ((who->rights & MAY_ADMIN) != 0) return true;
    return who->user == v->nodes[at].owner && (vfs_may(v, who, at) & MAY_WRITE) != 0;
}

enum vfs_error vfs_decide_mount(const struct vfs *v, const struct asker *who, struct path_text path,
                                struct vfs_record *out_record)
{
    uint32_t at;
    enum vfs_error err = find_directory(v, who, path, FIND_LINK, &at);

    if (err != VFS_OK) return err;
    if (!may_mount(v, who, at)) return VFS_DENIED;
    if (at == who->base) return VFS_BAD_PATH;
    if (v->nodes[at].state != NODE_LINKED) return VFS_NOT_FOUND;
    if (v->nodes[at].frozen) return VFS_FROZEN;
    uint32_t there = mounts_server(v, at);
    if (there != VFS_NONE && v->mounts[there].provider != VFS_NO_OPEN) return VFS_EXISTS;
    if (v->mount_count == VFS_MOUNTS_MAX) return VFS_LIMIT;
    out_record->type = VFS_MOUNT;
    out_record->node = out_record->parent = at;
    out_record->kind = MOUNT_SERVER;
    out_record->mode = 0;
    out_record->len = 0;
    return VFS_OK;
}

enum vfs_error vfs_decide_unmount(const struct vfs *v, const struct asker *who,
                                  struct path_text path, struct vfs_record *out_record)
{
    uint32_t at;
    enum vfs_error err = vfs_find(v, who, path, FIND_LINK, &at);

    if (err != VFS_OK) return err;
    if (!mounts_stand_at(v, who->view, at)) return VFS_NOT_FOUND;
    if (mounts_server(v, at) != VFS_NONE && !may_mount(v, who, at)) return VFS_DENIED;
    out_record->type = VFS_UNMOUNT;
    out_record->node = at;
    out_record->mode = who->view;
    out_record->len = 0;
    return VFS_OK;
}
