/* walk.c - from a path to a node, through links, for who may pass. */
#include "bytes.h"
#include "state.h"

/* Texts that are walked: the path, and above it the links on it that are not done yet. */
struct walk {
    struct level {
        struct path_text text;
        uint32_t at;
    } levels[VFS_LINKS_MAX + 1];
    uint32_t depth, links;
};

uint32_t vfs_may(const struct vfs *v, const struct asker *who, uint32_t node)
{
    const struct node *n = &v->nodes[node];
    uint32_t may;

    if (who->user == n->owner) {
        may = (n->mode & MODE_OWNER_READ ? MAY_READ : 0u) |
              (n->mode & MODE_OWNER_WRITE ? MAY_WRITE : 0u) |
              (n->mode & MODE_OWNER_EXECUTE ? MAY_PASS : 0u);
    } else if (who->user == VFS_SYSTEM) {
        may = (n->mode & MODE_SYSTEM_READ ? MAY_READ | MAY_PASS : 0u) |
              (n->mode & MODE_SYSTEM_WRITE ? MAY_WRITE : 0u);
    } else {
        may = (n->mode & MODE_WORLD_READ ? MAY_READ | MAY_PASS : 0u) |
              (n->mode & MODE_WORLD_WRITE ? MAY_WRITE : 0u);
    }
    if (n->kind != NODE_DIRECTORY) may &= ~(uint32_t)MAY_PASS;
    return may & (who->rights | MAY_PASS);
}

bool vfs_sees(const struct vfs *v, const struct asker *who, uint32_t node)
{
    uint8_t kind = v->nodes[node].kind;
    uint32_t wanted = kind == NODE_DIRECTORY ? MAY_READ | MAY_PASS : MAY_READ;

    return kind == NODE_LINK || (wanted & ~vfs_may(v, who, node)) == 0;
}

static bool name_take(struct walk *w, struct path_text *out_name)
{
    while (w->depth > 0) {
        struct level *l = &w->levels[w->depth - 1];
        if (path_next(l->text.at, l->text.len, &l->at, &out_name->at, &out_name->len)) return true;
        w->depth--;
    }
    return false;
}

static bool is_last(const struct walk *w)
{
    struct walk ahead = *w;
    struct path_text name;

    return !name_take(&ahead, &name);
}

static void level_add(struct walk *w, struct path_text text)
{
    w->levels[w->depth++] = (struct level){.text = text};
}

/* What is left of all texts. False: too long. */
static bool rest_take(const struct walk *w, struct vfs_place *out_place)
{
    out_place->rest_len = 0;
    for (uint32_t i = w->depth; i-- > 0;) {
        const struct level *l = &w->levels[i];
        uint32_t len = l->text.len > l->at ? l->text.len - l->at : 0;
        if (out_place->rest_len + len > PATH_MAX_BYTES) return false;
        memcpy(out_place->rest + out_place->rest_len, l->text.at + l->at, len);
        out_place->rest_len += len;
    }
    return true;
}

static enum vfs_error step(const struct vfs *v, const struct asker *who, uint32_t directory,
                           struct path_text name, uint32_t *out_child)
{
    if (v->nodes[directory].kind != NODE_DIRECTORY) return VFS_NOT_DIRECTORY;
    if ((vfs_may(v, who, directory) & MAY_PASS) == 0) return VFS_DENIED;
    *out_child = mounts_find(v, who->view, directory, name);
    return *out_child == VFS_NONE ? VFS_NOT_FOUND : VFS_OK;
}

enum vfs_error vfs_find_place(const struct vfs *v, const struct asker *who, struct path_text path,
                              uint32_t how, struct vfs_place *out_place)
{
    struct walk w = {0};
    struct path_text name;
    uint32_t node = who->base;

    out_place->mount = VFS_NONE;
    if (!path_is_valid(path.at, path.len)) return VFS_BAD_PATH;
    level_add(&w, path);
    while (name_take(&w, &name)) {
        uint32_t child;
        enum vfs_error err = step(v, who, node, name, &child);
        if (err != VFS_OK) return err;
        bool itself = (how & FIND_LINK) != 0 && is_last(&w);
        const struct node *n = &v->nodes[child];
        if (n->kind != NODE_LINK || itself) {
            node = itself ? child : mounts_enter(v, who->view, child);
            out_place->mount = itself ? VFS_NONE : mounts_server(v, node);
            if (out_place->mount == VFS_NONE) continue;
            out_place->node = node;
            return rest_take(&w, out_place) ? VFS_OK : VFS_BAD_PATH;
        }
        if (w.links++ == VFS_LINKS_MAX) return VFS_LOOP;
        const char *target = vfs_target(v, child);
        if (target[0] == '/') node = who->base;
        level_add(&w, (struct path_text){target, (uint32_t)n->size});
    }
    out_place->node = node;
    return VFS_OK;
}

enum vfs_error vfs_find(const struct vfs *v, const struct asker *who, struct path_text path,
                        uint32_t how, uint32_t *out_node)
{
    struct vfs_place place;
    enum vfs_error err = vfs_find_place(v, who, path, how, &place);

    if (err != VFS_OK) return err;
    *out_node = place.node;
    return place.mount == VFS_NONE ? VFS_OK : VFS_READ_ONLY; /* a server's: it can be read */
}
