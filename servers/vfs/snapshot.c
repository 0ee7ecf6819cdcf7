/* snapshot.c - the state as records: applied to a new one they make it again. */
#include "bytes.h"
#include "state.h"

/*
 * Where the next record comes from: what, which one, and for contents from where on.
 *   what << 56 | index << 32 | block
 */
enum { AT_NODES, AT_DATA, AT_HANDLES, AT_LAST, AT_END };
#define AT(what, index, block) ((uint64_t)(what) << 56 | (uint64_t)(index) << 32 | (block))

static bool is_kept(const struct node *n)
{
    return n->state != NODE_FREE && !n->image;
}

static void node_record(const struct vfs *v, uint16_t at, struct vfs_record *out)
{
    const struct node *n = &v->nodes[at];
    bool linked = n->state == NODE_LINKED;

    out->type = VFS_NODE;
    out->node = at;
    out->parent = n->parent;
    out->flag = (n->directory ? NODE_IS_DIRECTORY : 0u) | (linked ? 0u : NODE_IS_ORPHAN);
    out->offset = n->inode;
    out->time = n->created;
    out->len = linked ? n->name_len : 0;
    memcpy(out->bytes, n->name, out->len);
}

/* Contents, piece by piece, and at last its size and time. */
static uint64_t data_record(const struct vfs *v, uint16_t at, uint32_t piece,
                            struct vfs_record *out)
{
    const struct node *n = &v->nodes[at];
    uint64_t offset = (uint64_t)piece * VFS_WRITE_MAX;

    out->node = at;
    out->time = n->modified;
    if (n->directory || offset >= n->size) {
        out->type = VFS_TOUCH;
        return AT(AT_DATA, at + 1, 0);
    }
    out->type = VFS_WRITE;
    out->offset = offset;
    out->len = vfs_read(v, at, offset, VFS_WRITE_MAX, out->bytes);
    return AT(AT_DATA, at, piece + 1);
}

static void handle_record(const struct vfs *v, uint16_t at, struct vfs_record *out)
{
    const struct opened *o = &v->opens[at];

    out->type = VFS_HANDLE;
    out->open = at;
    out->node = o->node;
    out->flag = (o->used ? HANDLE_IS_USED : 0u) | (o->write ? HANDLE_IS_WRITER : 0u);
    out->offset = o->generation;
}

/* The first place from `*at` on that has a record. */
static void skip(const struct vfs *v, uint64_t *at)
{
    uint32_t what = (uint32_t)(*at >> 56), index = (uint32_t)(*at >> 32) & 0xffff;
    uint32_t start = index;

    if (what == AT_NODES || what == AT_DATA) {
        while (index < VFS_NODES_MAX && (index == VFS_ROOT || !is_kept(&v->nodes[index]))) {
            index++;
        }
        if (index != start) *at = AT(what, index, 0);
        if (index == VFS_NODES_MAX) *at = AT(what + 1, 0, 0);
    } else if (what == AT_HANDLES) {
        while (index < VFS_OPENS_MAX && v->opens[index].generation == 0) {
            index++;
        }
        *at = index < VFS_OPENS_MAX ? AT(what, index, 0) : AT(AT_LAST, 0, 0);
    }
}

bool vfs_snapshot(const struct vfs *v, uint64_t *at, struct vfs_record *out_record)
{
    for (uint64_t before = ~*at; before != *at;) {
        before = *at;
        skip(v, at);
    }
    uint16_t index = (uint16_t)(*at >> 32);
    out_record->len = 0;
    switch (*at >> 56) {
    case AT_NODES:
        node_record(v, index, out_record);
        *at = AT(AT_NODES, index + 1, 0);
        return true;
    case AT_DATA:
        *at = data_record(v, index, (uint32_t)*at, out_record);
        return true;
    case AT_HANDLES:
        handle_record(v, index, out_record);
        *at = AT(AT_HANDLES, index + 1, 0);
        return true;
    case AT_LAST:
        out_record->type = VFS_LAST;
        out_record->offset = v->inode_last;
        *at = AT(AT_END, 0, 0);
        return true;
    default:
        return false;
    }
}
