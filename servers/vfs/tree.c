/* tree.c - nodes: which are free, where they stand, and those of the boot image. */
#include "bytes.h"
#include "state.h"

enum {
    MODE_ROOT = MODE_OWNER_READ | MODE_OWNER_WRITE | MODE_OWNER_EXECUTE | MODE_SYSTEM_READ |
                MODE_SYSTEM_WRITE | MODE_WORLD_READ,
    MODE_IMAGE = MODE_OWNER_READ | MODE_OWNER_EXECUTE | MODE_SYSTEM_READ | MODE_WORLD_READ,
};

void vfs_init(struct vfs *v, const struct vfs_memory *memory)
{
    uint32_t nodes = v->nodes_ready, names = v->names_ready, blocks = v->blocks_ready;

    memset(v, 0, sizeof(*v));
    v->nodes = memory->nodes;
    v->names = memory->names;
    v->pool = memory->pool;
    v->masks = memory->masks;
    v->recent = memory->recent;
    v->nodes_ready = nodes;
    v->names_ready = names;
    v->blocks_ready = blocks;
    blocks_init(v);
    v->free_node = VFS_NONE;
    v->nodes_fresh = VFS_IMAGE_MAX + 1;
    v->names_fresh = 1;
    v->inode_last = 1;
    v->nodes_used = 1;
    memset(v->nodes, 0, (VFS_IMAGE_MAX + 1) * sizeof(v->nodes[0]));
    v->nodes[VFS_ROOT] = (struct node){.state = NODE_LINKED,
                                       .kind = NODE_DIRECTORY,
                                       .mode = MODE_ROOT,
                                       .first_block = VFS_NO_BLOCK,
                                       .inode = 1};
}

uint32_t node_find_free(const struct vfs *v)
{
    if (v->free_node != VFS_NONE) return v->free_node;
    return v->nodes_fresh < VFS_NODES_MAX ? v->nodes_fresh : VFS_NONE;
}

/* In the list of free nodes left is the one before, right the one after. */
static void free_add(struct vfs *v, uint32_t node)
{
    v->nodes[node] = (struct node){.left = VFS_NONE, .right = v->free_node};
    if (v->free_node != VFS_NONE) v->nodes[v->free_node].left = node;
    v->free_node = node;
}

void node_take(struct vfs *v, uint32_t node)
{
    while (v->nodes_fresh <= node) {
        free_add(v, v->nodes_fresh++);
    }
    const struct node *n = &v->nodes[node];
    if (n->right != VFS_NONE) v->nodes[n->right].left = n->left;
    if (n->left != VFS_NONE) {
        v->nodes[n->left].right = n->right;
    } else {
        v->free_node = n->right;
    }
    v->nodes_used++;
}

void node_link(struct vfs *v, uint32_t node, uint32_t parent, const char *name, uint32_t len)
{
    struct node *n = &v->nodes[node];

    n->name = names_put(v, name, len);
    n->name_len = (uint8_t)len;
    n->parent = parent;
    index_add(v, parent, node);
}

void node_unlink(struct vfs *v, uint32_t node)
{
    struct node *n = &v->nodes[node];

    index_remove(v, n->parent, node);
    names_drop(v, n->name, n->name_len);
    n->name = NAMES_NONE;
    n->name_len = 0;
    n->parent = 0;
}

void node_make(struct vfs *v, const struct vfs_record *r)
{
    const char *name = (const char *)r->bytes;
    uint64_t payer = r->user;
    uint32_t len = r->len;

    if (r->type == VFS_NODE && (r->flag & NODE_HAS_PAYER) != 0) {
        len -= (uint32_t)sizeof(payer);
        memcpy(&payer, r->bytes + len, sizeof(payer));
    }
    node_take(v, r->node);
    v->nodes[r->node] = (struct node){
        .state = NODE_LINKED,
        .kind = r->kind,
        .mode = r->mode,
        .first_block = VFS_NO_BLOCK,
        .owner = r->user,
        .payer = payer,
        .inode = ++v->inode_last,
        .created = r->time,
        .modified = r->time,
    };
    if (r->kind == NODE_LINK) {
        v->nodes[r->node].size = len - r->name_len;
        v->nodes[r->node].target = names_put(v, name + r->name_len, len - r->name_len);
    }
    node_link(v, r->node, r->parent, name, r->name_len);
    account_move(v, payer, 0, 1);
}

void node_free_if_unused(struct vfs *v, uint32_t node)
{
    struct node *n = &v->nodes[node];

    if (n->opens > 0) {
        n->state = NODE_ORPHAN;
        return;
    }
    if (n->kind == NODE_FILE) {
        account_move(v, n->payer, -(int64_t)n->size, 0);
        data_resize(v, node, 0);
    }
    if (n->kind == NODE_LINK) names_drop(v, n->target, (uint32_t)n->size);
    account_move(v, n->payer, 0, -1);
    tops_forget(v, node);
    free_add(v, node);
    v->nodes_used--;
}

uint32_t tree_beyond(const struct vfs *v, uint32_t top, uint32_t at)
{
    uint32_t next = VFS_NONE;

    for (; next == VFS_NONE && at != top; at = v->nodes[at].parent) {
        const struct node *n = &v->nodes[at];
        next = index_after(v, n->parent, names_at(v, n->name), n->name_len);
    }
    return next;
}

uint32_t tree_next(const struct vfs *v, uint32_t top, uint32_t at)
{
    return v->nodes[at].child == 0 ? tree_beyond(v, top, at) : index_after(v, at, "", 0);
}

void node_remove(struct vfs *v, uint32_t node)
{
    tops_forget(v, node);
    node_unlink(v, node);
    node_free_if_unused(v, node);
}

/* From below: a directory goes when nothing is in it any more. */
void tree_empty(struct vfs *v, uint32_t top)
{
    uint32_t at = top;

    for (;;) {
        uint32_t child = v->nodes[at].child;
        if (child != 0 && v->nodes[child].child != 0) {
            at = child;
        } else if (child != 0) {
            node_remove(v, child);
        } else if (at == top) {
            return;
        } else {
            at = v->nodes[at].parent;
        }
    }
}

void node_leave(struct vfs *v, uint32_t node)
{
    struct node *n = &v->nodes[node];

    n->opens--;
    if (n->state != NODE_ORPHAN) return;
    if (n->opens == 0) tree_empty(v, node);
    node_free_if_unused(v, node);
}

const char *vfs_name(const struct vfs *v, uint32_t node)
{
    return names_at(v, v->nodes[node].name);
}

uint32_t vfs_mount_at(const struct vfs *v, uint32_t node)
{
    return mounts_server(v, node);
}

const char *vfs_path(const struct vfs *v, const struct opened *o)
{
    return names_at(v, o->path);
}

const char *vfs_target(const struct vfs *v, uint32_t node)
{
    return names_at(v, v->nodes[node].target);
}

static uint32_t image_node_make(struct vfs *v, uint32_t parent, const char *name, uint32_t len)
{
    uint32_t node = ++v->image_nodes;

    v->nodes[node] = (struct node){.state = NODE_LINKED,
                                   .kind = NODE_DIRECTORY,
                                   .mode = MODE_IMAGE,
                                   .image = true,
                                   .first_block = VFS_NO_BLOCK,
                                   .inode = VFS_IMAGE_INODES + node};
    v->nodes_used++;
    node_link(v, node, parent, name, len);
    return node;
}

bool vfs_add_image_file(struct vfs *v, const char *path, const uint8_t *data, uint64_t size)
{
    uint32_t at = 0, name_len, len = (uint32_t)strlen(path), node = VFS_ROOT;
    const char *name;

    if (!path_is_valid(path, len) || len == 1) return false;
    while (path_next(path, len, &at, &name, &name_len)) {
        uint32_t parent = node;
        if (v->nodes[parent].kind != NODE_DIRECTORY) return false;
        node = index_find(v, parent, name, name_len);
        if (node != VFS_NONE) continue;
        if (v->image_nodes == VFS_IMAGE_MAX) return false;
        node = image_node_make(v, parent, name, name_len);
    }
    if (v->nodes[node].child != 0 || v->nodes[node].image_data != NULL) return false;
    v->nodes[node].kind = NODE_FILE;
    v->nodes[node].image_data = data;
    v->nodes[node].size = size;
    return true;
}
