/* apply.c - the only code that changes the state. Cannot fail: decide.c made the record. */
#include "bytes.h"
#include "state.h"

static void apply_make(struct vfs *v, const struct vfs_record *r)
{
    node_make(v, r);
    v->nodes[r->parent].modified = r->time;
}

static void apply_remove(struct vfs *v, const struct vfs_record *r)
{
    uint32_t changed = r->flag == REMOVE_INSIDE ? r->node : v->nodes[r->node].parent;

    v->nodes[changed].modified = r->time;
    if (r->flag != REMOVE_ONE) tree_empty(v, r->node);
    if (r->flag != REMOVE_INSIDE) node_remove(v, r->node);
}

/* What has another path is not as its layer has it. */
static void apply_rename(struct vfs *v, const struct vfs_record *r)
{
    for (uint32_t at = v->nodes[r->node].lower ? r->node : VFS_NONE; at != VFS_NONE;
         at = tree_next(v, r->node, at)) {
        v->nodes[at].lower = false;
    }
    if (r->replaced != VFS_NONE && r->replaced != r->node) node_remove(v, r->replaced);
    v->nodes[v->nodes[r->node].parent].modified = r->time;
    v->nodes[r->parent].modified = r->time;
    node_unlink(v, r->node);
    node_link(v, r->node, r->parent, (const char *)r->bytes, r->len);
}

static void apply_contents(struct vfs *v, const struct vfs_record *r)
{
    struct node *n = &v->nodes[r->node];
    uint64_t before = n->size;

    if (r->type == VFS_TRUNCATE) {
        data_resize(v, r->node, r->offset);
    } else if (r->type == VFS_PLACED) {
        data_placed(v, r);
    } else if (r->len > 0) {
        data_write(v, r);
    }
    account_move(v, n->payer, (int64_t)(n->size - before), 0);
    n->modified = r->time;
    n->lower = false;
}

static void apply_own(struct vfs *v, const struct vfs_record *r)
{
    struct node *n = &v->nodes[r->node];
    int64_t bytes = n->kind == NODE_FILE ? (int64_t)n->size : 0;

    if (n->payer == n->owner) {
        account_move(v, r->user, bytes, 1);
        account_move(v, n->owner, -bytes, -1);
        n->payer = r->user;
    }
    n->owner = r->user;
    n->lower = false;
}

/* What OPEN and HANDLE have in common. */
static void handle_fill(struct vfs *v, const struct vfs_record *r)
{
    struct opened *o = &v->opens[r->open];

    o->rights = (uint8_t)(r->flag >> RIGHTS_SHIFT);
    o->view = (uint8_t)(r->flag >> VIEW_SHIFT);
    o->purpose = r->kind;
    o->node = r->node;
    o->user = r->user;
}

static void handle_use(struct vfs *v, const struct vfs_record *r)
{
    struct opened *o = &v->opens[r->open];

    o->used = true;
    v->opens_map[r->open / 64] |= 1ull << r->open % 64;
    o->path_len = r->len;
    o->path = r->len > 0 ? names_put(v, (const char *)r->bytes, r->len) : NAMES_NONE;
    v->nodes[r->node].opens++;
    v->opens_used++;
}

static void apply_open(struct vfs *v, const struct vfs_record *r)
{
    struct opened *o = &v->opens[r->open];

    handle_fill(v, r);
    handle_use(v, r);
    o->generation = (o->generation + 1) & 0xffffff; /* what a badge holds */
    if ((r->flag & OPEN_IS_FRESH) != 0) mounts_copy(v, r->parent, o->view);
}

static bool view_is_seen(const struct vfs *v, uint32_t view)
{
    for (uint32_t i = 0; view != 0 && i < VFS_OPENS_MAX; i++) {
        if (v->opens[i].used && v->opens[i].view == view) return true;
    }
    return view == 0;
}

static void apply_close(struct vfs *v, const struct vfs_record *r)
{
    struct opened *o = &v->opens[r->open];

    o->used = false;
    v->opens_map[r->open / 64] &= ~(1ull << r->open % 64);
    v->opens_used--;
    if (o->path_len > 0) names_drop(v, o->path, o->path_len);
    o->path = NAMES_NONE;
    o->path_len = 0;
    node_leave(v, o->node);
    if (o->purpose == FOR_PROVIDER) mounts_leave(v, r->open);
    if (!view_is_seen(v, o->view)) mounts_end(v, o->view);
}

static void apply_mount(struct vfs *v, const struct vfs_record *r)
{
    const struct mount m = {
        .kind = r->kind, .view = r->mode, .provider = r->open, .at = r->node, .to = r->parent};

    if (r->kind == MOUNT_SERVER) mounts_remove(v, VFS_NONE, r->node); /* one that is gone */
    mounts_add(v, &m);
}

/* With the badges of a boot its views end, and the servers that were mounted. */
static void apply_close_all(struct vfs *v)
{
    for (uint16_t i = 0; i < VFS_OPENS_MAX; i++) {
        const struct vfs_record r = {.open = i};
        if (v->opens[i].used) apply_close(v, &r);
    }
    while (v->mount_count > 0) {
        mounts_remove(v, v->mounts[0].view, v->mounts[0].at);
    }
    for (uint32_t i = 0; v->tops_used > 0 && i < VFS_TOPS_MAX; i++) {
        uint32_t node = v->tops[i].node; /* a fork that nobody had yet */
        if (v->tops[i].kind == TOP_NONE || v->tops[i].kind == TOP_KEPT) continue;
        tree_empty(v, node);
        node_free_if_unused(v, node);
    }
}

/* The records of a checkpoint give a directory before its entries. */
static void apply_node(struct vfs *v, const struct vfs_record *r)
{
    uint64_t inode_last = v->inode_last;
    bool orphan = (r->flag & NODE_IS_ORPHAN) != 0;

    node_make(v, r);
    v->inode_last = inode_last;
    v->nodes[r->node].inode = r->offset;
    v->nodes[r->node].frozen = (r->flag & NODE_IS_FROZEN) != 0;
    v->nodes[r->node].image = (r->flag & NODE_IS_SECRET) != 0;
    if (!orphan) return;
    node_unlink(v, r->node);
    v->nodes[r->node].state = NODE_ORPHAN;
}

static void apply_handle(struct vfs *v, const struct vfs_record *r)
{
    v->opens[r->open].generation = (uint32_t)r->offset;
    handle_fill(v, r);
    if ((r->flag & HANDLE_IS_USED) != 0) handle_use(v, r);
}

static void apply_last(struct vfs *v, const struct vfs_record *r)
{
    v->inode_last = r->offset;
    v->boots = r->time;
    v->boot = r->user;
}

static void apply_top(struct vfs *v, const struct vfs_record *r)
{
    const struct top t = {.kind = r->kind,
                          .view = r->mode,
                          .stale = r->flag != 0,
                          .node = r->node,
                          .origin = r->parent,
                          .path_len = r->len,
                          .since = r->offset};

    tops_add(v, &t, (const char *)r->bytes);
}

/* Whose copies are not what they were. Before the record is applied: it names what may go. */
static void look(struct vfs *v, const struct vfs_record *r)
{
    switch (r->type) {
    case VFS_MAKE:
    case VFS_COMMIT:
        tops_touch(v, r->parent);
        break;
    case VFS_CLONE:
        if (r->parent != VFS_NONE) tops_touch(v, r->parent);
        break;
    case VFS_REMOVE:
        tops_touch(v, r->flag == REMOVE_INSIDE ? r->node : v->nodes[r->node].parent);
        break;
    case VFS_RENAME:
        tops_touch(v, v->nodes[r->node].parent);
        tops_touch(v, r->parent);
        break;
    case VFS_WRITE:
    case VFS_TRUNCATE:
    case VFS_PLACED:
    case VFS_MODE:
    case VFS_OWN:
        tops_touch(v, r->node);
        break;
    default:
        break;
    }
}

static void apply_limit(struct vfs *v, const struct vfs_record *r)
{
    const struct account limits = {.user = r->user, .bytes_max = r->offset, .files_max = r->flag};

    account_limit(v, &limits);
}

static void apply_mode(struct vfs *v, const struct vfs_record *r)
{
    v->nodes[r->node].mode = r->mode;
    v->nodes[r->node].lower = false;
}

static void apply_trees(struct vfs *v, const struct vfs_record *r)
{
    if (r->type == VFS_CLONE) clone_apply(v, r);
    if (r->type == VFS_OVERLAY) overlay_apply(v, r);
    if (r->type == VFS_COMMIT) commit_apply(v, r);
    if (r->type == VFS_OVERRIDE) override_apply(v, r);
}

/* A record of a checkpoint. */
static void apply_part(struct vfs *v, const struct vfs_record *r)
{
    switch (r->type) {
    case VFS_NODE:
        apply_node(v, r);
        break;
    case VFS_BLOCK:
        data_block(v, r);
        break;
    case VFS_STAMP:
        v->stamp = r->offset;
        break;
    case VFS_TOUCH:
        v->nodes[r->node].modified = r->time;
        v->nodes[r->node].mode = r->mode;
        v->nodes[r->node].lower = (r->flag & NODE_IS_LOWER) != 0;
        break;
    case VFS_HANDLE:
        apply_handle(v, r);
        break;
    case VFS_LAST:
        apply_last(v, r);
        break;
    case VFS_TOP:
        apply_top(v, r);
        break;
    default:
        break;
    }
}

void vfs_apply(struct vfs *v, const struct vfs_record *r)
{
    if (v->tops_used > 0) look(v, r);
    switch ((enum vfs_record_type)r->type) {
    case VFS_MAKE:
        apply_make(v, r);
        break;
    case VFS_REMOVE:
        apply_remove(v, r);
        break;
    case VFS_RENAME:
        apply_rename(v, r);
        break;
    case VFS_WRITE:
    case VFS_TRUNCATE:
    case VFS_PLACED:
        apply_contents(v, r);
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
    case VFS_MODE:
        apply_mode(v, r);
        break;
    case VFS_OWN:
        apply_own(v, r);
        break;
    case VFS_LIMIT_SET:
        apply_limit(v, r);
        break;
    case VFS_MOUNT:
        apply_mount(v, r);
        break;
    case VFS_UNMOUNT:
        mounts_remove(v, r->mode, r->node);
        break;
    case VFS_BEGIN:
        v->boot = r->offset;
        v->boots++;
        break;
    case VFS_STORED:
        data_stored(v, r);
        break;
    case VFS_NODE:
    case VFS_BLOCK:
    case VFS_STAMP:
    case VFS_TOUCH:
    case VFS_HANDLE:
    case VFS_LAST:
    case VFS_TOP:
        apply_part(v, r);
        break;
    case VFS_CLONE:
    case VFS_OVERLAY:
    case VFS_COMMIT:
    case VFS_OVERRIDE:
        apply_trees(v, r);
        break;
    }
}
