/* clone.c - whole trees: how much a copy takes, and making it. Contents are shared, not moved. */
#include "bytes.h"
#include "state.h"

static bool is_left_out(const struct vfs *v, uint32_t source, uint32_t node)
{
    return v->nodes[node].image || (v->nodes[node].frozen && !v->nodes[source].frozen);
}

uint32_t clone_next(const struct vfs *v, uint32_t source, uint32_t at)
{
    uint32_t next = tree_next(v, source, at);

    while (next != VFS_NONE && is_left_out(v, source, next)) {
        next = tree_beyond(v, source, next);
    }
    return next;
}

static uint32_t place_from(const struct vfs *v, uint32_t at)
{
    while (at < v->nodes_fresh && v->nodes[at].state != NODE_FREE) {
        at++;
    }
    return at;
}

uint32_t vfs_override_file(const struct vfs *v, const struct vfs_record *r)
{
    return place_from(v, r->node + 1);
}

bool vfs_is_secret(const struct vfs *v, uint32_t node)
{
    return node > VFS_IMAGE_MAX && v->nodes[node].image;
}

static uint32_t dirty_of(const struct vfs *v, uint32_t node)
{
    uint32_t count = 0;

    if (v->nodes[node].kind != NODE_FILE) return 0;
    for (uint32_t at = v->nodes[node].first_block; at != VFS_NO_BLOCK; at = v->blocks[at].next) {
        count += v->blocks[at].state == BLOCK_DIRTY;
    }
    return count;
}

struct clone_size clone_measure(const struct vfs *v, uint32_t source, uint32_t first)
{
    struct clone_size s = {.first = place_from(v, first),
                           .units = names_units(PATH_NAME_MAX) + names_units(PATH_MAX_BYTES)};

    s.end = s.first;
    for (uint32_t at = source; at != VFS_NONE; at = clone_next(v, source, at)) {
        const struct node *n = &v->nodes[at];
        s.nodes++;
        s.units += n->name_len > 0 ? names_units(n->name_len) : 0;
        s.units += n->kind == NODE_LINK ? names_units((uint32_t)n->size) : 0;
        s.bytes += n->kind == NODE_FILE ? n->size : 0;
        s.dirty += dirty_of(v, at);
        s.end = place_from(v, s.end) + 1;
    }
    return s;
}

/* What is being copied, and the first number that may be free for the next node. */
struct cloning {
    struct vfs *v;
    const struct vfs_record *r;
    uint32_t place;
    uint8_t kind; /* enum clone_kind */
};

/* The node alone, without a name; its blocks come later. */
static uint32_t node_copy(struct cloning *c, uint32_t from)
{
    struct vfs *v = c->v;
    const struct vfs_record *r = c->r;
    bool keeps = c->kind == CLONE_KEPT || c->kind == CLONE_FORK;
    uint32_t to = place_from(v, c->place);

    node_take(v, to);
    struct node *n = &v->nodes[to];
    *n = v->nodes[from];
    n->state = NODE_LINKED;
    n->name = NAMES_NONE;
    n->parent = n->child = n->left = n->right = n->entries = n->copy = n->cuts = 0;
    n->name_len = n->height = 0;
    n->opens = 0;
    n->first_block = VFS_NO_BLOCK;
    n->frozen = c->kind == CLONE_KEPT;
    n->lower = c->kind == CLONE_LAYERED;
    n->owner = keeps ? n->owner : r->user;
    n->payer = r->user;
    n->inode = ++v->inode_last;
    n->created = keeps ? n->created : r->time;
    if (n->kind == NODE_LINK) n->target = names_put(v, vfs_target(v, from), (uint32_t)n->size);
    uint64_t bytes = n->kind == NODE_FILE ? n->size : 0;
    account_move(v, n->payer, (int64_t)bytes, 1);
    v->bytes += bytes;
    c->place = to + 1;
    return to;
}

static void copy_note(struct vfs *v, uint32_t from, uint32_t to)
{
    if (v->nodes[from].kind != NODE_LINK) v->nodes[from].copy = to;
}

/* The node into the copy of its directory, and before it the directories that are not there yet. */
static void place_below(struct cloning *c, uint32_t from)
{
    struct vfs *v = c->v;
    uint32_t at;

    do {
        at = from;
        while (v->nodes[v->nodes[at].parent].copy == 0) {
            at = v->nodes[at].parent;
        }
        const struct node *n = &v->nodes[at];
        uint32_t to = node_copy(c, at);
        node_link(v, to, v->nodes[n->parent].copy, names_at(v, n->name), n->name_len);
        copy_note(v, at, to);
    } while (at != from);
}

static void block_copy(struct vfs *v, uint32_t from, uint32_t node, uint64_t stamp)
{
    uint32_t to = block_add(v, node, v->blocks[from].index);

    memcpy(block_bytes(v, to), block_bytes(v, from), VFS_BLOCK_BYTES);
    v->blocks[to].partial = v->blocks[from].partial;
    if (v->blocks[to].partial) memcpy(block_mask(v, to), block_mask(v, from), VFS_MASK_BYTES);
    block_dirty(v, to, stamp);
}

/* What is dirty, in the order in which it was written: the order is part of the state. */
static void blocks_copy(struct vfs *v)
{
    uint32_t last = v->dirty_list.newest, at = v->dirty_list.oldest, before = VFS_NO_BLOCK;
    uint64_t stamp = v->stamp + 1;

    while (at != VFS_NO_BLOCK && before != last) {
        uint32_t to = v->nodes[v->blocks[at].node].copy;
        if (to != 0) block_copy(v, at, to, stamp);
        if (to != 0) v->stamp = stamp;
        before = at;
        at = v->blocks[at].newer;
    }
}

static void copies_end(struct vfs *v, uint32_t source)
{
    for (uint32_t at = source; at != VFS_NONE; at = clone_next(v, source, at)) {
        copy_note(v, at, 0);
    }
}

static void top_place(struct vfs *v, const struct vfs_record *r, uint32_t top)
{
    static const uint8_t kinds[] = {[CLONE_COPY] = TOP_NONE,
                                    [CLONE_KEPT] = TOP_KEPT,
                                    [CLONE_FORK] = TOP_FORK,
                                    [CLONE_LAYERED] = TOP_LAYERED};
    const struct top t = {.kind = kinds[r->kind],
                          .view = r->mode,
                          .node = top,
                          .origin = r->kind == CLONE_FORK ? r->replaced : VFS_NONE,
                          .path_len = r->len - r->name_len,
                          .since = r->offset};

    if (t.kind != TOP_NONE) tops_add(v, &t, (const char *)r->bytes + r->name_len);
    if (r->parent == VFS_NONE) {
        v->nodes[top].state = NODE_ORPHAN;
        return;
    }
    v->nodes[top].owner = r->user;
    node_link(v, top, r->parent, (const char *)r->bytes, r->name_len);
    v->nodes[r->parent].modified = r->time;
}

/* The top is linked last: what lies below the source itself is copied as it was. */
void clone_apply(struct vfs *v, const struct vfs_record *r)
{
    struct cloning c = {.v = v, .r = r, .place = r->node, .kind = r->kind};
    uint32_t source = r->replaced, top = node_copy(&c, source);

    copy_note(v, source, top);
    for (uint32_t at = source; (at = clone_next(v, source, at)) != VFS_NONE;) {
        bool is_meant = (r->flag & CLONE_CHANGED) == 0 || !v->nodes[at].lower;
        if (is_meant && (v->nodes[at].kind == NODE_LINK || v->nodes[at].copy == 0)) {
            place_below(&c, at);
        }
    }
    blocks_copy(v);
    copies_end(v, source);
    top_place(v, r, top);
}

/* Directories merge; whatever else has the name goes. */
static bool merge(struct vfs *v, uint32_t at)
{
    struct node *n = &v->nodes[at];
    uint32_t there = index_find(v, v->nodes[n->parent].copy, names_at(v, n->name), n->name_len);

    if (there == VFS_NONE) return false;
    if (n->kind == NODE_DIRECTORY && v->nodes[there].kind == NODE_DIRECTORY) {
        v->nodes[there].mode = n->mode;
        v->nodes[there].modified = n->modified;
        n->copy = there;
        return true;
    }
    tree_empty(v, there);
    node_remove(v, there);
    return false;
}

void overlay_apply(struct vfs *v, const struct vfs_record *r)
{
    struct cloning c = {.v = v, .r = r, .place = r->node, .kind = CLONE_LAYERED};
    uint32_t source = r->replaced;

    v->nodes[source].copy = r->parent;
    for (uint32_t at = source; (at = clone_next(v, source, at)) != VFS_NONE;) {
        if (!merge(v, at)) place_below(&c, at);
    }
    blocks_copy(v);
    copies_end(v, source);
}

static void payer_back(struct vfs *v, uint32_t node)
{
    struct node *n = &v->nodes[node];
    int64_t bytes = n->kind == NODE_FILE ? (int64_t)n->size : 0;

    n->lower = false;
    if (n->payer == n->owner) return;
    account_move(v, n->payer, -bytes, -1);
    account_move(v, n->owner, bytes, 1);
    n->payer = n->owner;
}

/* What the fork has comes in place of what its origin had. The origin itself stays: who has it as a
 * root, or bound it, sees the new things there. */
void commit_apply(struct vfs *v, const struct vfs_record *r)
{
    struct node *origin = &v->nodes[r->parent];
    const struct node *top = &v->nodes[r->node];
    char name[PATH_NAME_MAX];

    tops_drop(v, tops_find(v, r->node));
    tree_empty(v, r->parent);
    while (top->child != 0) {
        uint32_t child = top->child, len = v->nodes[child].name_len;
        memcpy(name, vfs_name(v, child), len);
        node_unlink(v, child);
        node_link(v, child, r->parent, name, len);
    }
    for (uint32_t at = r->parent; (at = tree_next(v, r->parent, at)) != VFS_NONE;) {
        payer_back(v, at);
    }
    origin->mode = top->mode;
    origin->modified = r->time;
    mounts_drop(v, r->node);
}

/* As part of the boot image it would be: what is in it comes from elsewhere, and never changes. */
void override_apply(struct vfs *v, const struct vfs_record *r)
{
    static struct vfs_record make;
    uint32_t file = vfs_override_file(v, r);
    const struct top t = {.kind = TOP_OVERRIDE, .view = r->mode, .node = r->node};
    const struct mount m = {.kind = MOUNT_UNION,
                            .view = r->mode,
                            .provider = VFS_NO_OPEN,
                            .at = r->parent,
                            .to = r->node};

    make = (struct vfs_record){.node = r->node,
                               .kind = NODE_DIRECTORY,
                               .mode = MODE_ALL,
                               .time = r->time,
                               .user = r->user};
    node_make(v, &make);
    node_unlink(v, r->node);
    v->nodes[r->node].state = NODE_ORPHAN;
    make.node = file;
    make.parent = r->node;
    make.kind = NODE_FILE;
    make.mode = MODE_OWNER_READ;
    make.len = make.name_len = r->len;
    memcpy(make.bytes, r->bytes, r->len);
    node_make(v, &make);
    v->nodes[file].image = true;
    tops_add(v, &t, "");
    mounts_add(v, &m);
}
