/* ids.c - see ids.h. Changes nothing. */
#include "ids.h"

#include <sodium/crypto_generichash_blake2b.h>

#include "bytes.h"
#include "state.h"

/* What is hashed of each node below a directory; its name and a link's target follow. */
struct line {
    uint32_t level;
    uint8_t kind, mode;
    uint16_t name_len;
    uint64_t size;
    uint8_t root[VFS_HASH_BYTES];
};
_Static_assert(sizeof(struct line) == 48, "without padding");

enum vfs_error vfs_check_named(const struct vfs *v, uint32_t node)
{
    for (uint32_t at = node; at != VFS_NONE; at = tree_next(v, node, at)) {
        if (v->nodes[at].image) return VFS_READ_ONLY;
    }
    return VFS_OK;
}

enum vfs_error vfs_check_seen(const struct vfs *v, const struct asker *who, uint32_t node)
{
    for (uint32_t at = node; at != VFS_NONE; at = tree_next(v, node, at)) {
        if (!vfs_sees(v, who, at)) return VFS_DENIED;
    }
    return VFS_OK;
}

bool vfs_has_dirty(const struct vfs *v, uint32_t node)
{
    for (uint32_t at = v->nodes[node].first_block; at != VFS_NO_BLOCK; at = v->blocks[at].next) {
        if (v->blocks[at].state == BLOCK_DIRTY) return true;
    }
    return false;
}

/* Its tree is that of its bytes, and of no more. */
static bool is_settled(const struct vfs *v, uint32_t node)
{
    const struct node *n = &v->nodes[node];

    if (n->kind != NODE_FILE) return true;
    return n->stored == n->size && !n->trimmed && !vfs_has_dirty(v, node);
}

uint32_t vfs_unsettled(const struct vfs *v, uint32_t node)
{
    for (uint32_t at = node; at != VFS_NONE; at = tree_next(v, node, at)) {
        if (!is_settled(v, at)) return at;
    }
    return VFS_NONE;
}

static void line_add(const struct vfs *v, uint32_t top, uint32_t at,
                     crypto_generichash_blake2b_state *hash)
{
    const struct node *n = &v->nodes[at];
    struct line line = {.kind = n->kind, .mode = n->mode, .name_len = n->name_len, .size = n->size};

    for (uint32_t above = at; above != top; above = v->nodes[above].parent) {
        line.level++;
    }
    if (n->kind == NODE_FILE) memcpy(line.root, n->root, sizeof(line.root));
    (void)crypto_generichash_blake2b_update(hash, (const uint8_t *)&line, sizeof(line));
    (void)crypto_generichash_blake2b_update(hash, (const uint8_t *)vfs_name(v, at), n->name_len);
    if (n->kind != NODE_LINK) return;
    (void)crypto_generichash_blake2b_update(hash, (const uint8_t *)vfs_target(v, at), n->size);
}

void vfs_identify(const struct vfs *v, uint32_t node, struct content_id *out_id)
{
    /* Another kind than those of chunks: a tree is never taken for contents. */
    static const uint8_t personal[crypto_generichash_blake2b_PERSONALBYTES] = "wl tree";
    static crypto_generichash_blake2b_state hash __attribute__((aligned(64)));
    const struct node *n = &v->nodes[node];

    *out_id = (struct content_id){.kind = n->kind};
    if (n->kind == NODE_FILE) {
        out_id->size = n->size;
        memcpy(out_id->hash, n->root, sizeof(out_id->hash));
        return;
    }
    (void)crypto_generichash_blake2b_init_salt_personal(&hash, NULL, 0, VFS_HASH_BYTES, NULL,
                                                        personal);
    for (uint32_t at = node; (at = tree_next(v, node, at)) != VFS_NONE;) {
        line_add(v, node, at, &hash);
        out_id->size++;
    }
    (void)crypto_generichash_blake2b_final(&hash, out_id->hash, VFS_HASH_BYTES);
}

/* Where the asker's view shows that directory, or VFS_NONE. */
static uint32_t shown_at(const struct vfs *v, const struct asker *who, uint32_t node)
{
    for (uint32_t i = 0; i < v->mount_count; i++) {
        const struct mount *m = &v->mounts[i];
        if (m->kind != MOUNT_SERVER && m->view == who->view && m->to == node) return m->at;
    }
    return VFS_NONE;
}

/* Upwards; where nothing leads on, by what is bound. What it leads to is looked up: something else
 * may stand before it, or on the way. */
struct path_text vfs_path_to(const struct vfs *v, const struct asker *who, uint32_t node,
                             char buffer[PATH_MAX_BYTES])
{
    static const struct path_text none = {"", 0};
    uint32_t at = PATH_MAX_BYTES, found, steps = VFS_MOUNTS_MAX, here = node;

    while (here != who->base) {
        const struct node *n = &v->nodes[here];
        uint32_t other = shown_at(v, who, here);
        if (other != VFS_NONE && steps > 0) {
            steps--; /* each may lead to another, and round */
            here = other;
            continue;
        }
        if (here == VFS_ROOT || n->state != NODE_LINKED || at < n->name_len + 1u) return none;
        at -= n->name_len;
        memcpy(buffer + at, vfs_name(v, here), n->name_len);
        buffer[--at] = '/';
        here = n->parent;
    }
    if (at == PATH_MAX_BYTES) buffer[--at] = '/';
    const struct path_text path = {buffer + at, PATH_MAX_BYTES - at};
    return vfs_find(v, who, path, FIND_LINK, &found) == VFS_OK && found == node ? path : none;
}

static bool is_meant(const struct vfs *v, uint32_t node, const struct content_id *id)
{
    const struct node *n = &v->nodes[node];
    bool good = n->state == NODE_LINKED && n->kind == id->kind && !n->image;

    if (good && n->kind == NODE_DIRECTORY) {
        uint32_t top = tops_find(v, node); /* of the others no path is looked for: they are many */
        return top != VFS_NONE && v->tops[top].kind == TOP_KEPT;
    }
    if (!good || n->kind != NODE_FILE) return good;
    return n->size == id->size && memcmp(n->root, id->hash, sizeof(n->root)) == 0 &&
           is_settled(v, node);
}

/* Of directories only those that are kept: of others it changes, and is asked for by their path. */
static bool is_that_tree(const struct vfs *v, uint32_t node, const struct content_id *id)
{
    struct content_id own;
    uint64_t count = 0;

    for (uint32_t at = node; (at = tree_next(v, node, at)) != VFS_NONE;) {
        count++;
    }
    if (count != id->size || vfs_unsettled(v, node) != VFS_NONE) return false;
    vfs_identify(v, node, &own);
    return memcmp(own.hash, id->hash, sizeof(own.hash)) == 0;
}

struct path_text vfs_reach(const struct vfs *v, const struct asker *who,
                           const struct content_id *id, char buffer[PATH_MAX_BYTES])
{
    for (uint32_t node = 1; node < v->nodes_fresh; node++) {
        if (!is_meant(v, node, id)) continue;
        if ((vfs_may(v, who, node) & MAY_READ) == 0) continue;
        struct path_text path = vfs_path_to(v, who, node, buffer);
        if (path.len == 0) continue;
        if (id->kind == NODE_FILE || is_that_tree(v, node, id)) return path;
    }
    return (struct path_text){"", 0};
}
