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
    }
}
