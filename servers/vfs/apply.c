/* apply.c - the only code that changes the state. Cannot fail: decide.c made the record. */
#include "bytes.h"
#include "state.h"

static void apply_remove(struct vfs *v, uint16_t node)
{
    node_unlink(v, node);
    node_free_if_unused(v, node);
}

static void apply_rename(struct vfs *v, const struct vfs_record *r)
{
    if (r->replaced != VFS_NONE && r->replaced != r->node) apply_remove(v, r->replaced);
    node_unlink(v, r->node);
    node_link(v, r->node, r->parent, (const char *)r->bytes, r->len);
    v->nodes[r->node].modified = r->time;
}

static void apply_open(struct vfs *v, const struct vfs_record *r)
{
    struct opened *o = &v->opens[r->open];

    o->used = true;
    o->write = r->flag != 0;
    o->node = r->node;
    o->generation = (o->generation + 1) & 0xffffff; /* what a badge holds */
    v->nodes[r->node].opens++;
    v->opens_used++;
}

static void apply_close(struct vfs *v, const struct vfs_record *r)
{
    struct opened *o = &v->opens[r->open];
    struct node *n = &v->nodes[o->node];

    o->used = false;
    v->opens_used--;
    n->opens--;
    if (n->state == NODE_ORPHAN) node_free_if_unused(v, o->node);
}

static void apply_close_all(struct vfs *v)
{
    for (uint16_t i = 0; i < VFS_OPENS_MAX; i++) {
        const struct vfs_record r = {.open = i};
        if (v->opens[i].used) apply_close(v, &r);
    }
}

/* Children may come before it: the list of its own is as it is. */
static void apply_node(struct vfs *v, const struct vfs_record *r)
{
    struct node *n = &v->nodes[r->node];

    n->state = (r->flag & NODE_IS_ORPHAN) != 0 ? NODE_ORPHAN : NODE_LINKED;
    n->directory = (r->flag & NODE_IS_DIRECTORY) != 0;
    n->first_block = VFS_NONE;
    n->inode = r->offset;
    n->created = r->time;
    v->nodes_used++;
    if (n->state == NODE_LINKED) node_link(v, r->node, r->parent, (const char *)r->bytes, r->len);
}

static void apply_handle(struct vfs *v, const struct vfs_record *r)
{
    struct opened *o = &v->opens[r->open];

    o->generation = (uint32_t)r->offset;
    o->write = (r->flag & HANDLE_IS_WRITER) != 0;
    o->node = r->node;
    if ((r->flag & HANDLE_IS_USED) == 0) return;
    o->used = true;
    v->nodes[r->node].opens++;
    v->opens_used++;
}

void vfs_apply(struct vfs *v, const struct vfs_record *r)
{
    switch ((enum vfs_record_type)r->type) {
    case VFS_MAKE:
        node_make(v, r->node, r);
        break;
    case VFS_REMOVE:
        apply_remove(v, r->node);
        break;
    case VFS_RENAME:
        apply_rename(v, r);
        break;
    case VFS_WRITE:
        if (r->len > 0) data_write(v, r->node, r->offset, r->bytes, r->len);
        v->nodes[r->node].modified = r->time;
        break;
    case VFS_TRUNCATE:
        data_resize(v, r->node, r->offset);
        v->nodes[r->node].modified = r->time;
        break;
    case VFS_OPEN:
        apply_open(v, r);
        break;
    case VFS_CLOSE:
        apply_close(v, r);
        break;
    case VFS_CLOSE_ALL:
        apply_close_all(v);
        break;
    case VFS_NODE:
        apply_node(v, r);
        break;
    case VFS_TOUCH:
        v->nodes[r->node].modified = r->time;
        break;
    case VFS_HANDLE:
        apply_handle(v, r);
        break;
    case VFS_LAST:
        v->inode_last = r->offset;
        break;
    }
}
