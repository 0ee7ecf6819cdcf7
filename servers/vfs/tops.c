/* tops.c - the table of trees that stand for themselves: what is kept, and forks. */
#include "bytes.h"
#include "state.h"

void tops_add(struct vfs *v, const struct top *t, const char *path)
{
    uint32_t i = 0;

    while (v->tops[i].kind != TOP_NONE) {
        i++; /* decide.c has made sure that there is one */
    }
    v->tops[i] = *t;
    v->tops[i].path = t->path_len > 0 ? names_put(v, path, t->path_len) : NAMES_NONE;
    v->tops_used++;
}

uint32_t tops_find(const struct vfs *v, uint32_t node)
{
    for (uint32_t i = 0; v->tops_used > 0 && i < VFS_TOPS_MAX; i++) {
        if (v->tops[i].kind != TOP_NONE && v->tops[i].node == node) return i;
    }
    return VFS_NONE;
}

void tops_drop(struct vfs *v, uint32_t i)
{
    if (v->tops[i].path_len > 0) names_drop(v, v->tops[i].path, v->tops[i].path_len);
    v->tops[i] = (struct top){.kind = TOP_NONE};
    v->tops_used--;
}

void tops_forget(struct vfs *v, uint32_t node)
{
    uint32_t i = tops_find(v, node);

    if (i != VFS_NONE) tops_drop(v, i);
    for (i = 0; v->tops_used > 0 && i < VFS_TOPS_MAX; i++) {
        struct top *t = &v->tops[i];
        if (t->kind != TOP_FORK || t->origin != node) continue;
        t->origin = VFS_NONE; /* its number may name another soon */
        t->stale = true;
    }
}

/* A fork is stale when its origin has changed, a layered one when it was changed itself. */
void tops_touch(struct vfs *v, uint32_t node)
{
    while (v->tops_used > 0) {
        for (uint32_t i = 0; i < VFS_TOPS_MAX; i++) {
            struct top *t = &v->tops[i];
            bool meant =
                t->kind == TOP_FORK ? t->origin == node : t->kind == TOP_LAYERED && t->node == node;
            if (meant) t->stale = true;
        }
        if (node == VFS_ROOT || v->nodes[node].state != NODE_LINKED) return;
        node = v->nodes[node].parent;
    }
}

const char *vfs_top_path(const struct vfs *v, uint32_t i)
{
    return names_at(v, v->tops[i].path);
}

uint32_t vfs_tree_next(const struct vfs *v, uint32_t top, uint32_t at)
{
    return tree_next(v, top, at);
}

uint32_t vfs_fork_of(const struct vfs *v, const struct asker *who)
{
    for (uint32_t i = 0; who->view != 0 && i < VFS_TOPS_MAX; i++) {
        const struct top *t = &v->tops[i];
        bool fork = t->kind == TOP_FORK || t->kind == TOP_LAYERED;
        if (fork && t->view == who->view) return i;
    }
    return VFS_NONE;
}
