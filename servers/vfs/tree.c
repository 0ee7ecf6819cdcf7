/* tree.c - nodes and names. */
#include "bytes.h"
#include "state.h"

void vfs_init(struct vfs *v, uint8_t *pool)
{
    memset(v, 0, sizeof(*v));
    v->pool = pool;
    v->free_block = VFS_NONE;
    v->inode_last = 1;
    v->nodes_used = 1;
    v->nodes[VFS_ROOT] =
        (struct node){.state = NODE_LINKED, .directory = true, .first_block = VFS_NONE, .inode = 1};
}

uint16_t node_find_free(const struct vfs *v)
{
    for (uint16_t i = 1; i < VFS_NODES_MAX; i++) {
        if (v->nodes[i].state == NODE_FREE) return i;
    }
    return VFS_NONE;
}

uint16_t node_child(const struct vfs *v, uint16_t directory, const char *name, uint32_t len)
{
    for (uint16_t at = v->nodes[directory].child; at != 0; at = v->nodes[at].next) {
        const struct node *n = &v->nodes[at];
        if (n->name_len == len && memcmp(n->name, name, len) == 0) return at;
    }
    return VFS_NONE;
}

enum vfs_error vfs_find(const struct vfs *v, uint16_t base, const char *path, uint32_t len,
                        uint16_t *out_node)
{
    uint32_t at = 0, name_len;
    const char *name;
    uint16_t node = base;

    if (!path_is_valid(path, len)) return VFS_BAD_PATH;
    while (path_next(path, len, &at, &name, &name_len)) {
        if (!v->nodes[node].directory) return VFS_NOT_DIRECTORY;
        node = node_child(v, node, name, name_len);
        if (node == VFS_NONE) return VFS_NOT_FOUND;
    }
    *out_node = node;
    return VFS_OK;
}

static int name_compare(const char *a, uint32_t a_len, const char *b, uint32_t b_len)
{
    int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

    if (order != 0) return order;
    return a_len == b_len ? 0 : a_len < b_len ? -1 : 1;
}

uint16_t vfs_list_next(const struct vfs *v, uint16_t directory, const char *after, uint32_t len)
{
    uint16_t best = VFS_NONE;

    for (uint16_t at = v->nodes[directory].child; at != 0; at = v->nodes[at].next) {
        const struct node *n = &v->nodes[at];
        if (name_compare(n->name, n->name_len, after, len) <= 0) continue;
        if (best == VFS_NONE ||
            name_compare(n->name, n->name_len, v->nodes[best].name, v->nodes[best].name_len) < 0) {
            best = at;
        }
    }
    return best;
}

void node_link(struct vfs *v, uint16_t node, uint16_t parent, const char *name, uint32_t len)
{
    struct node *n = &v->nodes[node];

    memmove(n->name, name, len);
    n->name[len] = '\0';
    n->name_len = (uint8_t)len;
    n->parent = parent;
    n->next = v->nodes[parent].child;
    v->nodes[parent].child = node;
}

void node_unlink(struct vfs *v, uint16_t node)
{
    uint16_t *link = &v->nodes[v->nodes[node].parent].child;

    while (*link != node) {
        link = &v->nodes[*link].next;
    }
    *link = v->nodes[node].next;
    v->nodes[node].next = 0;
}

void node_make(struct vfs *v, uint16_t node, const struct vfs_record *r)
{
    v->nodes[node] = (struct node){
        .state = NODE_LINKED,
        .directory = r->flag != 0,
        .first_block = VFS_NONE,
        .inode = ++v->inode_last,
        .created = r->time,
        .modified = r->time,
    };
    v->nodes_used++;
    node_link(v, node, r->parent, (const char *)r->bytes, r->len);
}

void node_free_if_unused(struct vfs *v, uint16_t node)
{
    struct node *n = &v->nodes[node];

    if (n->opens > 0) {
        n->state = NODE_ORPHAN;
        return;
    }
    if (!n->directory) data_resize(v, node, 0);
    *n = (struct node){.state = NODE_FREE};
    v->nodes_used--;
}

bool vfs_add_image_file(struct vfs *v, const char *path, const uint8_t *data, uint64_t size)
{
    static struct vfs_record r; /* too large for a stack; used before the first request only */
    uint32_t at = 0, name_len, len = (uint32_t)strlen(path);
    uint16_t node = VFS_ROOT;
    const char *name;

    if (!path_is_valid(path, len) || len == 1) return false;
    while (path_next(path, len, &at, &name, &name_len)) {
        uint16_t parent = node;
        if (!v->nodes[parent].directory) return false;
        node = node_child(v, parent, name, name_len);
        if (node != VFS_NONE) continue;
        if (v->image_nodes == VFS_IMAGE_MAX) return false;
        node = (uint16_t)(VFS_NODES_MAX + v->image_nodes++);
        r = (struct vfs_record){.parent = parent, .flag = at < len, .len = name_len};
        memcpy(r.bytes, name, name_len);
        uint64_t inode_last = v->inode_last;
        node_make(v, node, &r);
        v->inode_last = inode_last;
        v->nodes[node].inode = VFS_IMAGE_INODES + node;
        v->nodes[node].image = true;
    }
    v->nodes[node].image_data = data;
    v->nodes[node].size = size;
    return !v->nodes[node].directory;
}
