/* snapshot.c - the state as records: applied to a new one they make it again. */
#include "bytes.h"
#include "state.h"

/*
 * Where the next record comes from: what, which one, and for contents from where on.
 *   what << 56 | index << 32 | piece
 * Nodes come as they stand in the tree, so that a directory is there before its entries.
 */
enum { AT_NODES, AT_ORPHANS, AT_DATA, AT_HANDLES, AT_LIMITS, AT_LAST, AT_END };
#define AT(what, index, block) ((uint64_t)(what) << 56 | (uint64_t)(index) << 32 | (block))

static void node_record(const struct vfs *v, uint32_t at, struct vfs_record *out)
{
    const struct node *n = &v->nodes[at];
    bool linked = n->state == NODE_LINKED;

    out->type = VFS_NODE;
    out->node = at;
    out->parent = n->parent;
    out->flag = linked ? 0u : NODE_IS_ORPHAN;
    out->kind = n->kind;
    out->mode = n->mode;
    out->user = n->owner;
    out->offset = n->inode;
    out->time = n->created;
    out->len = out->name_len = n->name_len;
    memcpy(out->bytes, names_at(v, n->name), n->name_len);
    if (n->kind != NODE_LINK) return;
    memcpy(out->bytes + out->len, names_at(v, n->target), n->size);
    out->len += (uint32_t)n->size;
}

/* Contents, piece by piece, and at last its time. */
static uint64_t data_record(const struct vfs *v, uint32_t at, uint32_t piece,
                            struct vfs_record *out)
{
    const struct node *n = &v->nodes[at];
    uint64_t offset = (uint64_t)piece * VFS_WRITE_MAX;

    out->node = at;
    out->time = n->modified;
    if (n->kind != NODE_FILE || offset >= n->size) {
        out->type = VFS_TOUCH;
        out->mode = n->mode;
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
    out->flag = (o->used ? HANDLE_IS_USED : 0u) | (uint32_t)o->rights << RIGHTS_SHIFT;
    out->user = o->user;
    out->offset = o->generation;
}

static void limit_record(const struct vfs *v, uint32_t at, struct vfs_record *out)
{
    const struct account *a = &v->accounts[at];

    out->type = VFS_LIMIT_SET;
    out->user = a->user;
    out->offset = a->bytes_max;
    out->flag = a->files_max;
}

static void last_record(const struct vfs *v, struct vfs_record *out)
{
    out->type = VFS_LAST;
    out->offset = v->inode_last;
    out->time = v->boots;
    out->user = v->boot;
}

/* The next node of the tree that is not the boot image's, from `at` on. */
static uint32_t tree_skip(const struct vfs *v, uint32_t at)
{
    while (at != VFS_NONE && (at == VFS_ROOT || v->nodes[at].image)) {
        at = tree_next(v, VFS_ROOT, at);
    }
    return at;
}

static bool is_at(const struct vfs *v, uint32_t what, uint32_t index)
{
    switch (what) {
    case AT_ORPHANS:
        return v->nodes[index].state == NODE_ORPHAN;
    case AT_DATA:
        return v->nodes[index].state != NODE_FREE && !v->nodes[index].image;
    case AT_HANDLES:
        return v->opens[index].generation != 0;
    case AT_LIMITS:
        return v->accounts[index].bytes_max != 0 || v->accounts[index].files_max != 0;
    default:
        return true;
    }
}

/* The first place from `*at` on that has a record. */
static void skip(const struct vfs *v, uint64_t *at)
{
    uint32_t what = (uint32_t)(*at >> 56), index = (uint32_t)(*at >> 32) & 0xffffff;
    const uint32_t ends[AT_END] = {[AT_ORPHANS] = v->nodes_fresh,
                                   [AT_DATA] = v->nodes_fresh,
                                   [AT_HANDLES] = VFS_OPENS_MAX,
                                   [AT_LIMITS] = VFS_ACCOUNTS_MAX,
                                   [AT_LAST] = 1};
    uint32_t start = index, first = what;

    if (what == AT_NODES) {
        index = index == 0xffffff ? VFS_NONE : tree_skip(v, index);
        if (index == VFS_NONE) {
            what++;
            index = 0;
        }
    }
    while (what > AT_NODES && what < AT_END && (index >= ends[what] || !is_at(v, what, index))) {
        if (++index < ends[what]) continue;
        what++;
        index = 0;
    }
    if (what != first || index != start) *at = AT(what, index, 0);
}

bool vfs_snapshot(const struct vfs *v, uint64_t *at, struct vfs_record *out_record)
{
    skip(v, at);
    uint32_t what = (uint32_t)(*at >> 56), index = (uint32_t)(*at >> 32) & 0xffffff;
    out_record->len = 0;
    switch (what) {
    case AT_NODES:
        node_record(v, index, out_record);
        *at = AT(AT_NODES, tree_next(v, VFS_ROOT, index) & 0xffffff, 0);
        return true;
    case AT_ORPHANS:
        node_record(v, index, out_record);
        break;
    case AT_DATA:
        *at = data_record(v, index, (uint32_t)*at, out_record);
        return true;
    case AT_HANDLES:
        handle_record(v, (uint16_t)index, out_record);
        break;
    case AT_LIMITS:
        limit_record(v, index, out_record);
        break;
    case AT_LAST:
        last_record(v, out_record);
        break;
    default:
        return false;
    }
    *at = AT(what, index + 1, 0);
    return true;
}
