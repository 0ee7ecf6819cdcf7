/* choose.c - which blocks are stored next. */
#include "stored.h"

static bool comes_before(const struct vfs *v, uint32_t a, uint32_t b)
{
    const struct block *x = &v->blocks[a], *y = &v->blocks[b];

    return x->node != y->node ? x->node < y->node : x->index < y->index;
}

/* A block that cannot be fetched stays in memory, and so does what else was written to its file. */
static bool is_stuck(const struct vfs *v, uint32_t node)
{
    for (uint32_t at = v->nodes[node].first_block; at != VFS_NO_BLOCK; at = v->blocks[at].next) {
        if (v->blocks[at].damaged) return true;
    }
    return false;
}

uint32_t vfs_choose(const struct vfs *v, uint32_t *blocks, uint64_t *out_stamp,
                    uint32_t *out_partial)
{
    uint32_t count = 0, at = v->dirty_list.oldest, asked = VFS_NONE;
    bool stuck = false;

    *out_partial = VFS_NO_BLOCK;
    *out_stamp = v->stamp;
    for (; at != VFS_NO_BLOCK; at = v->blocks[at].newer) {
        if (v->blocks[at].node != asked) {
            asked = v->blocks[at].node;
            stuck = is_stuck(v, asked);
        }
        if (stuck) continue;
        if (v->blocks[at].partial) *out_partial = at;
        if (v->blocks[at].partial || count == VFS_CHOICE) break;
        blocks[count++] = at;
    }
    if (at != VFS_NO_BLOCK) *out_stamp = v->blocks[at].stamp - 1;
    while (count > 0 && v->blocks[blocks[count - 1]].stamp > *out_stamp) {
        count--;
    }
    for (uint32_t i = 1; i < count; i++) {
        for (uint32_t j = i; j > 0 && comes_before(v, blocks[j], blocks[j - 1]); j--) {
            uint32_t other = blocks[j];
            blocks[j] = blocks[j - 1];
            blocks[j - 1] = other;
        }
    }
    return count;
}
