/* sound.c - the invariants of vfs.h as code, for the tests. */
#include "bytes.h"
#include "state.h"

/* VFS-1: how often `node` stands in the list of its parent. */
static uint32_t times_linked(const struct vfs *v, uint16_t node)
{
    uint32_t times = 0, steps = 0;

    for (uint16_t at = v->nodes[v->nodes[node].parent].child; at != 0; at = v->nodes[at].next) {
        if (at == node) times++;
        if (++steps > VFS_NODES_ALL) return VFS_NODES_ALL;
    }
    return times;
}

static uint32_t chain_length(const struct vfs *v, uint16_t block, uint8_t *seen)
{
    uint32_t length = 0;

    for (; block != VFS_NONE; block = v->next_block[block]) {
        if (block >= VFS_BLOCKS_MAX || seen[block]++ != 0) return UINT32_MAX;
        length++;
    }
    return length;
}

static const char *node_problem(const struct vfs *v, uint16_t at, uint8_t *seen)
{
    const struct node *n = &v->nodes[at];

    if (n->state == NODE_LINKED && at != VFS_ROOT) {
        if (times_linked(v, at) != 1) return "VFS-1";
        if (!path_name_is_valid(n->name, n->name_len)) return "VFS-4: name";
        if (node_child(v, n->parent, n->name, n->name_len) != at) return "VFS-4: twice";
    }
    if (n->state == NODE_ORPHAN && n->opens == 0) return "an orphan that nobody holds";
    if (n->directory || n->image) return n->first_block == VFS_NONE ? NULL : "VFS-2: no file";
    return chain_length(v, n->first_block, seen) == blocks_of(n->size) ? NULL : "VFS-2";
}

const char *vfs_is_sound(const struct vfs *v)
{
    static uint8_t seen[VFS_BLOCKS_MAX];
    uint32_t nodes = 0, opens = 0, blocks = 0;
    uint64_t bytes = 0;

    memset(seen, 0, sizeof(seen));
    for (uint16_t i = 0; i < VFS_NODES_ALL; i++) {
        const struct node *n = &v->nodes[i];
        if (n->state == NODE_FREE) continue;
        const char *problem = node_problem(v, i, seen);
        if (problem != NULL) return problem;
        nodes++;
        if (!n->image && !n->directory) {
            bytes += n->size;
            blocks += blocks_of(n->size);
        }
    }
    for (uint16_t i = 0; i < VFS_OPENS_MAX; i++) {
        if (!v->opens[i].used) continue;
        opens++;
        if (v->nodes[v->opens[i].node].opens == 0) return "a handle on a node without handles";
    }
    if (nodes != v->nodes_used || opens != v->opens_used) return "VFS-3: counts";
    if (bytes != v->bytes || blocks != v->blocks_used) return "VFS-3: bytes";
    uint32_t given_back = chain_length(v, v->free_block, seen);
    return given_back == v->blocks_fresh - v->blocks_used ? NULL : "VFS-2: free blocks";
}
