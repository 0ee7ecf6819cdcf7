/* sound.c - the invariants of vfs.h as code, for the tests. */
#include "bytes.h"
#include "state.h"

/* Links of a directory's tree: each leads to an entry that says so, heights are as they are. */
static bool links_hold(const struct vfs *v, uint32_t node)
{
    const struct node *n = &v->nodes[node];
    uint32_t left = n->left == 0 ? 0 : v->nodes[n->left].height;
    uint32_t right = n->right == 0 ? 0 : v->nodes[n->right].height;
    uint32_t more = left > right ? left : right, less = left > right ? right : left;

    if (n->left != 0 && v->nodes[n->left].parent != n->parent) return false;
    if (n->right != 0 && v->nodes[n->right].parent != n->parent) return false;
    return n->height == more + 1 && more - less <= 1;
}

/* VFS-1: from the smallest name to the greatest the walk meets as many as there are. */
static const char *directory_problem(const struct vfs *v, uint32_t directory)
{
    uint32_t count = 0, len = 0;
    const char *after = "";

    for (uint32_t at; (at = index_after(v, directory, after, len)) != VFS_NONE; count++) {
        if (count > v->nodes_used) return "VFS-1: a tree without an end";
        if (v->nodes[at].state != NODE_LINKED) return "VFS-1: an entry that is none";
        if (v->nodes[at].parent != directory) return "VFS-1: an entry of another";
        if (!links_hold(v, at)) return "VFS-1: not balanced";
        after = vfs_name(v, at);
        len = v->nodes[at].name_len;
    }
    return count == v->nodes[directory].entries ? NULL : "VFS-3: entries";
}

/* VFS-2 for a file: the blocks of its list are its own, in its size, and are found. */
static const char *blocks_problem(const struct vfs *v, uint32_t node, uint32_t *count)
{
    const struct node *n = &v->nodes[node];
    uint32_t prev = VFS_NO_BLOCK;

    if (n->stored > n->size) return "VFS-2: more in the tree than there is";
    for (uint32_t at = n->first_block; at != VFS_NO_BLOCK; at = v->blocks[at].next) {
        const struct block *b = &v->blocks[at];
        if (b->state == BLOCK_FREE || b->node != node || b->prev != prev) return "VFS-2: a list";
        if ((uint64_t)b->index * VFS_BLOCK_BYTES >= n->size) return "VFS-2: beyond the end";
        if (block_find(v, node, b->index) != at) return "VFS-2: not found";
        if (b->partial && b->state != BLOCK_DIRTY) return "VFS-2: a part that nobody wrote";
        prev = at;
        ++*count;
        if (*count > VFS_BLOCKS_MAX) return "VFS-2: a list without an end";
    }
    return NULL;
}

/* VFS-2: each list has the blocks of its state, the dirty ones in their order. */
static const char *lists_problem(const struct vfs *v)
{
    uint32_t dirty = 0, clean = 0, free = 0;
    uint64_t stamp = 0;

    for (uint32_t at = v->dirty_list.oldest; at != VFS_NO_BLOCK; at = v->blocks[at].newer) {
        if (v->blocks[at].state != BLOCK_DIRTY || v->blocks[at].stamp < stamp)
            return "VFS-2: order";
        stamp = v->blocks[at].stamp;
        if (++dirty > VFS_BLOCKS_MAX) return "VFS-2: dirty";
    }
    for (uint32_t at = v->clean.oldest; at != VFS_NO_BLOCK; at = v->blocks[at].newer) {
        if (v->blocks[at].state != BLOCK_CLEAN) return "VFS-2: not clean";
        if (++clean > VFS_BLOCKS_MAX) return "VFS-2: clean";
    }
    for (uint32_t at = v->free_block; at != VFS_NO_BLOCK; at = v->blocks[at].bucket) {
        if (at >= VFS_BLOCKS_MAX || v->blocks[at].state != BLOCK_FREE) return "VFS-2: not free";
        if (++free > VFS_BLOCKS_MAX) return "VFS-2: free";
    }
    if (dirty != v->dirty || stamp > v->stamp) return "VFS-2: dirty";
    if (dirty + clean != v->blocks_used) return "VFS-2: blocks";
    return free == v->blocks_fresh - v->blocks_used ? NULL : "VFS-2: free blocks";
}

static const char *node_problem(const struct vfs *v, uint32_t at, uint32_t *blocks)
{
    const struct node *n = &v->nodes[at];

    if (n->state == NODE_LINKED && at != VFS_ROOT) {
        if (!path_name_is_valid(vfs_name(v, at), n->name_len)) return "VFS-4: name";
        if (index_find(v, n->parent, vfs_name(v, at), n->name_len) != at) return "VFS-1: astray";
    }
    if (n->state == NODE_ORPHAN && n->opens == 0) return "an orphan that nobody holds";
    if (n->kind == NODE_LINK && !path_target_is_valid(vfs_target(v, at), (uint32_t)n->size)) {
        return "VFS-4: target";
    }
    if (n->kind == NODE_DIRECTORY) {
        const char *problem = directory_problem(v, at);
        if (problem != NULL) return problem;
    }
    if (n->kind != NODE_FILE || n->image) {
        return n->first_block == VFS_NO_BLOCK ? NULL : "VFS-2: no file";
    }
    if (n->stored > n->size) return "VFS-2: more is stored than there is";
    return blocks_problem(v, at, blocks);
}

/* VFS-3 for each user: of what there is, how much is hers. */
static const char *accounts_problem(const struct vfs *v)
{
    for (uint32_t i = 0; i < VFS_ACCOUNTS_MAX; i++) {
        const struct account *a = &v->accounts[i];
        uint64_t bytes = 0;
        uint32_t files = 0;
        for (uint32_t at = VFS_IMAGE_MAX + 1; at < v->nodes_fresh; at++) {
            const struct node *n = &v->nodes[at];
            if (n->state == NODE_FREE || n->payer != a->user) continue;
            files++;
            if (n->kind == NODE_FILE) bytes += n->size;
        }
        bool none = a->bytes == 0 && a->files == 0 && a->bytes_max == 0 && a->files_max == 0;
        if (!none && (a->bytes != bytes || a->files != files)) return "VFS-3: a user's";
        if (none && a->user != 0) return "VFS-3: an account of nobody";
    }
    return NULL;
}

/* VFS-5, from both sides. */
static const char *tops_problem(const struct vfs *v)
{
    uint32_t tops = 0;

    for (uint32_t i = 0; i < VFS_TOPS_MAX; i++) {
        const struct top *t = &v->tops[i];
        if (t->kind == TOP_NONE) continue;
        tops++;
        const struct node *n = &v->nodes[t->node];
        if (t->kind == TOP_KEPT && !(n->frozen && n->state == NODE_LINKED)) return "VFS-5: kept";
        if (t->kind != TOP_KEPT && n->state != NODE_ORPHAN) return "VFS-5: a fork is seen";
    }
    for (uint32_t at = VFS_IMAGE_MAX + 1; at < v->nodes_fresh; at++) {
        const struct node *n = &v->nodes[at];
        if (n->state == NODE_FREE) continue;
        if (n->kind != NODE_LINK && n->copy != 0) return "VFS-5: a copy under way";
        if (n->state == NODE_ORPHAN) continue;
        bool above = v->nodes[n->parent].frozen;
        if (above && !n->frozen) return "VFS-5: not frozen";
        if (n->frozen && !above && tops_find(v, at) == VFS_NONE) return "VFS-5: no top";
    }
    return tops == v->tops_used ? NULL : "VFS-5: count";
}

const char *vfs_is_sound(const struct vfs *v)
{
    uint32_t nodes = 0, opens = 0, blocks = 0;
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < v->nodes_fresh; i++) {
        const struct node *n = &v->nodes[i];
        if (n->state == NODE_FREE) continue;
        const char *problem = node_problem(v, i, &blocks);
        if (problem != NULL) return problem;
        nodes++;
        if (n->kind != NODE_FILE || n->image) continue;
        bytes += n->size;
    }
    for (uint16_t i = 0; i < VFS_OPENS_MAX; i++) {
        bool marked = (v->opens_map[i / 64] >> i % 64 & 1) != 0;
        if (marked != v->opens[i].used) return "VFS-3: handles in use";
        if (!v->opens[i].used) continue;
        opens++;
        if (v->nodes[v->opens[i].node].opens == 0) return "a handle on a node without handles";
    }
    if (nodes != v->nodes_used || opens != v->opens_used) return "VFS-3: counts";
    if (bytes != v->bytes || blocks != v->blocks_used) return "VFS-3: bytes";
    const char *problem = accounts_problem(v);
    if (problem == NULL) problem = tops_problem(v);
    if (problem != NULL) return problem;
    return lists_problem(v);
}
