/* snapshot.c - the state as records: applied to a new one they make it again. */
#include "bytes.h"
#include "state.h"

/*
 * Where the next record comes from: what, which one, and for contents from where on.
 *   what << 56 | index << 32 | piece
 * Nodes come as they stand in the tree, so that a directory is there before its entries.
 */
enum {
    AT_NODES,
    AT_ORPHANS,
    AT_FORKS, /* index: of the table of tops; piece: the last node */
    AT_DATA,
    AT_BLOCKS,
    AT_HANDLES,
    AT_MOUNTS,
    AT_TOPS,
    AT_LIMITS,
    AT_STAMP,
    AT_LAST,
    AT_END
};
#define AT(what, index, block) ((uint64_t)(what) << 56 | (uint64_t)(index) << 32 | (block))

static void node_record(const struct vfs *v, uint32_t at, struct vfs_record *out)
{
    const struct node *n = &v->nodes[at];
    bool linked = n->state == NODE_LINKED;

    out->type = VFS_NODE;
    out->node = at;
    out->parent = n->parent;
    out->flag = (linked ? 0u : NODE_IS_ORPHAN) | (n->frozen ? NODE_IS_FROZEN : 0u) |
                (n->image ? NODE_IS_SECRET : 0u) | (n->payer != n->owner ? NODE_HAS_PAYER : 0u);
    out->kind = n->kind;
    out->mode = n->mode;
    out->user = n->owner;
    out->offset = n->inode;
    out->time = n->created;
    out->len = out->name_len = n->name_len;
    memcpy(out->bytes, names_at(v, n->name), n->name_len);
    if (n->kind == NODE_LINK) {
        memcpy(out->bytes + out->len, names_at(v, n->target), n->size);
        out->len += (uint32_t)n->size;
    }
    if (n->payer == n->owner) return;
    memcpy(out->bytes + out->len, &n->payer, sizeof(n->payer));
    out->len += (uint32_t)sizeof(n->payer);
}

/* Of a file its size and the tree of chunks; at last of each node its time. */
static uint64_t data_record(const struct vfs *v, uint32_t at, uint32_t piece,
                            struct vfs_record *out)
{
    const struct node *n = &v->nodes[at];

    out->node = at;
    out->time = n->modified;
    if (n->kind == NODE_FILE && piece == 0 && n->size > 0) {
        out->type = VFS_TRUNCATE;
        out->offset = n->size;
        return AT(AT_DATA, at, 1);
    }
    if (n->kind == NODE_FILE && piece <= 1 && n->stored > 0) {
        out->type = VFS_STORED;
        out->offset = n->stored;
        out->flag = n->depth | (n->trimmed ? STORED_TRIMMED : 0u);
        out->user = 0;
        out->len = VFS_HASH_BYTES;
        memcpy(out->bytes, n->root, VFS_HASH_BYTES);
        return AT(AT_DATA, at, 2);
    }
    out->type = VFS_TOUCH;
    out->mode = n->mode;
    out->flag = n->lower ? NODE_IS_LOWER : 0;
    return AT(AT_DATA, at + 1, 0);
}

/* Of the bytes of a dirty block, within its file, those from `from` on that were written, as far as
 * one record goes. Result: where it ends. */
static uint32_t block_record(const struct vfs *v, uint32_t block, uint32_t from,
                             struct vfs_record *out)
{
    const struct block *b = &v->blocks[block];
    const uint64_t *mask = block_mask(v, block);
    uint64_t start = (uint64_t)b->index * VFS_BLOCK_BYTES, size = v->nodes[b->node].size - start;
    uint32_t end = size < VFS_BLOCK_BYTES ? (uint32_t)size : VFS_BLOCK_BYTES;

    if (b->partial) {
        from = mask_next(mask, from, true);
        end = mask_next(mask, from, false);
    }
    if (end - from > VFS_WRITE_MAX) end = from + VFS_WRITE_MAX;
    out->type = VFS_BLOCK;
    out->node = b->node;
    out->offset = start + from;
    out->user = b->stamp;
    out->len = end - from;
    memcpy(out->bytes, block_bytes(v, block) + from, out->len);
    return !b->partial && end == size ? VFS_BLOCK_BYTES : end;
}

/* In the order in which they were written: index is one more than the block; 0 begins. */
static uint64_t blocks_record(const struct vfs *v, uint32_t index, uint32_t from,
                              struct vfs_record *out)
{
    uint32_t block = index - 1, end = block_record(v, block, from, out);

    if (end < VFS_BLOCK_BYTES) return AT(AT_BLOCKS, index, end);
    uint32_t newer = v->blocks[block].newer;
    return newer == VFS_NO_BLOCK ? AT(AT_HANDLES, 0, 0) : AT(AT_BLOCKS, newer + 1, 0);
}

static void handle_record(const struct vfs *v, uint16_t at, struct vfs_record *out)
{
    const struct opened *o = &v->opens[at];

    out->type = VFS_HANDLE;
    out->open = at;
    out->node = o->node;
    out->kind = o->purpose;
    out->flag = (o->used ? HANDLE_IS_USED : 0u) | (uint32_t)o->rights << RIGHTS_SHIFT |
                (uint32_t)o->view << VIEW_SHIFT;
    out->len = o->path_len;
    memcpy(out->bytes, names_at(v, o->path), o->path_len);
    out->user = o->user;
    out->offset = o->generation;
}

static void mount_record(const struct vfs *v, uint32_t at, struct vfs_record *out)
{
    const struct mount *m = &v->mounts[at];

    out->type = VFS_MOUNT;
    out->node = m->at;
    out->parent = m->to;
    out->kind = m->kind;
    out->mode = m->view;
    out->open = m->provider;
}

/* What is below a fork, of which the top was among the orphans. False: nothing more. */
static bool fork_record(const struct vfs *v, uint64_t *at, struct vfs_record *out)
{
    uint32_t index = (uint32_t)(*at >> 32) & 0xffffff, top = v->tops[index].node;
    uint32_t last = (uint32_t)*at, next = tree_next(v, top, last == 0 ? top : last);

    *at = next == VFS_NONE ? AT(AT_FORKS, index + 1, 0) : AT(AT_FORKS, index, next);
    if (next != VFS_NONE) node_record(v, next, out);
    return next != VFS_NONE;
}

static void top_record(const struct vfs *v, uint32_t at, struct vfs_record *out)
{
    const struct top *t = &v->tops[at];

    out->type = VFS_TOP;
    out->node = t->node;
    out->parent = t->origin;
    out->kind = t->kind;
    out->mode = t->view;
    out->flag = t->stale;
    out->offset = t->since;
    out->len = t->path_len;
    memcpy(out->bytes, names_at(v, t->path), t->path_len);
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
    case AT_BLOCKS:
        return index > 0;
    case AT_HANDLES:
        return v->opens[index].generation != 0;
    case AT_FORKS:
        return v->tops[index].kind > TOP_KEPT;
    case AT_TOPS:
        return v->tops[index].kind != TOP_NONE;
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
                                   [AT_BLOCKS] = 1 + VFS_BLOCKS_MAX,
                                   [AT_HANDLES] = VFS_OPENS_MAX,
                                   [AT_MOUNTS] = v->mount_count,
                                   [AT_FORKS] = VFS_TOPS_MAX,
                                   [AT_TOPS] = VFS_TOPS_MAX,
                                   [AT_LIMITS] = VFS_ACCOUNTS_MAX,
                                   [AT_STAMP] = 1,
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
        if (what == AT_BLOCKS && index == 0 && v->dirty > 0) {
            index = v->dirty_list.oldest + 1;
            break;
        }
        if (what != AT_BLOCKS && ++index < ends[what]) continue;
        what++;
        index = 0;
    }
    if (what != first || index != start) *at = AT(what, index, 0);
}

bool vfs_snapshot(const struct vfs *v, uint64_t *at, struct vfs_record *out_record)
{
    memset(out_record, 0, offsetof(struct vfs_record, bytes)); /* the same state, the same bytes */
    for (skip(v, at); *at >> 56 == AT_FORKS; skip(v, at)) {
        if (fork_record(v, at, out_record)) return true;
    }
    uint32_t what = (uint32_t)(*at >> 56), index = (uint32_t)(*at >> 32) & 0xffffff;
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
    case AT_BLOCKS:
        *at = blocks_record(v, index, (uint32_t)*at, out_record);
        return true;
    case AT_HANDLES:
        handle_record(v, (uint16_t)index, out_record);
        break;
    case AT_MOUNTS:
        mount_record(v, index, out_record);
        break;
    case AT_TOPS:
        top_record(v, index, out_record);
        break;
    case AT_LIMITS:
        limit_record(v, index, out_record);
        break;
    case AT_STAMP:
        out_record->type = VFS_STAMP;
        out_record->offset = v->stamp;
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
