/* blocks.c - contents in memory: which block is where, and in which order they may go. */
#include "bytes.h"
#include "state.h"

void blocks_init(struct vfs *v)
{
    const struct block_list empty = {VFS_NO_BLOCK, VFS_NO_BLOCK};

    v->clean = v->dirty_list = empty;
    v->free_block = VFS_NO_BLOCK;
    v->room = UINT64_MAX;
    memset(v->buckets, 0xff, sizeof(v->buckets));
}

uint8_t *block_bytes(const struct vfs *v, uint32_t block)
{
    return v->pool + (size_t)block * VFS_BLOCK_BYTES;
}

uint64_t *block_mask(const struct vfs *v, uint32_t block)
{
    return v->masks + (size_t)block * VFS_MASK_WORDS;
}

static uint32_t bucket_of(uint32_t node, uint32_t index)
{
    return (index + node * 0x9e3779b1u) % VFS_BUCKETS;
}

uint32_t block_find(const struct vfs *v, uint32_t node, uint64_t index)
{
    uint32_t at = v->buckets[bucket_of(node, (uint32_t)index)];

    while (at != VFS_NO_BLOCK && (v->blocks[at].node != node || v->blocks[at].index != index)) {
        at = v->blocks[at].bucket;
    }
    return at;
}

static void list_remove(struct vfs *v, struct block_list *list, uint32_t block)
{
    const struct block *b = &v->blocks[block];

    if (b->older != VFS_NO_BLOCK) v->blocks[b->older].newer = b->newer;
    if (b->newer != VFS_NO_BLOCK) v->blocks[b->newer].older = b->older;
    if (list->oldest == block) list->oldest = b->newer;
    if (list->newest == block) list->newest = b->older;
}

static void list_add(struct vfs *v, struct block_list *list, uint32_t block)
{
    struct block *b = &v->blocks[block];

    b->older = list->newest;
    b->newer = VFS_NO_BLOCK;
    if (list->newest != VFS_NO_BLOCK) v->blocks[list->newest].newer = block;
    if (list->oldest == VFS_NO_BLOCK) list->oldest = block;
    list->newest = block;
}

static struct block_list *list_of(struct vfs *v, uint32_t block)
{
    return v->blocks[block].state == BLOCK_DIRTY ? &v->dirty_list : &v->clean;
}

void block_drop(struct vfs *v, uint32_t block)
{
    struct block *b = &v->blocks[block];
    uint32_t *link = &v->buckets[bucket_of(b->node, b->index)];

    while (*link != block) {
        link = &v->blocks[*link].bucket;
    }
    *link = b->bucket;
    if (b->next != VFS_NO_BLOCK) v->blocks[b->next].prev = b->prev;
    if (b->prev != VFS_NO_BLOCK) {
        v->blocks[b->prev].next = b->next;
    } else {
        v->nodes[b->node].first_block = b->next;
    }
    list_remove(v, list_of(v, block), block);
    if (b->state == BLOCK_DIRTY) v->dirty--;
    *b = (struct block){.state = BLOCK_FREE, .bucket = v->free_block};
    v->free_block = block;
    v->blocks_used--;
}

/* The clean one that was neither read nor fetched for the longest time makes way. */
static void evict(struct vfs *v)
{
    uint32_t block = v->clean.oldest;

    while (block != VFS_NO_BLOCK && v->recent[block] != 0) {
        v->recent[block] = 0;
        list_remove(v, &v->clean, block);
        list_add(v, &v->clean, block);
        block = v->clean.oldest;
    }
    if (block != VFS_NO_BLOCK) block_drop(v, block);
}

static uint32_t take(struct vfs *v)
{
    uint32_t block = v->free_block;

    if (block == VFS_NO_BLOCK && v->blocks_fresh < v->blocks_ready) return v->blocks_fresh++;
    if (block == VFS_NO_BLOCK) evict(v);
    block = v->free_block;
    if (block != VFS_NO_BLOCK) v->free_block = v->blocks[block].bucket;
    return block;
}

uint32_t block_add(struct vfs *v, uint32_t node, uint64_t index)
{
    uint32_t block = take(v);

    if (block == VFS_NO_BLOCK) return block;
    struct node *n = &v->nodes[node];
    uint32_t *bucket = &v->buckets[bucket_of(node, (uint32_t)index)];
    v->blocks[block] = (struct block){.state = BLOCK_CLEAN,
                                      .node = node,
                                      .index = (uint32_t)index,
                                      .bucket = *bucket,
                                      .next = n->first_block,
                                      .prev = VFS_NO_BLOCK};
    *bucket = block;
    if (n->first_block != VFS_NO_BLOCK) v->blocks[n->first_block].prev = block;
    n->first_block = block;
    list_add(v, &v->clean, block);
    v->recent[block] = 0;
    v->blocks_used++;
    memset(block_bytes(v, block), 0, VFS_BLOCK_BYTES);
    return block;
}

void block_dirty(struct vfs *v, uint32_t block, uint64_t stamp)
{
    struct block *b = &v->blocks[block];

    list_remove(v, list_of(v, block), block);
    if (b->state != BLOCK_DIRTY) v->dirty++;
    b->state = BLOCK_DIRTY;
    b->stamp = stamp;
    list_add(v, &v->dirty_list, block);
}

void block_clean(struct vfs *v, uint32_t block)
{
    list_remove(v, list_of(v, block), block);
    if (v->blocks[block].state == BLOCK_DIRTY) v->dirty--;
    v->blocks[block].state = BLOCK_CLEAN;
    list_add(v, &v->clean, block);
}

void mask_set(uint64_t *mask, uint32_t from, uint32_t to)
{
    while (from < to) {
        uint32_t bits = 64 - from % 64;
        if (bits > to - from) bits = to - from;
        uint64_t ones = bits == 64 ? UINT64_MAX : (1ull << bits) - 1;
        mask[from / 64] |= ones << from % 64;
        from += bits;
    }
}

uint32_t mask_next(const uint64_t *mask, uint32_t from, bool named)
{
    for (; from < VFS_BLOCK_BYTES; from = (from / 64 + 1) * 64) {
        uint64_t bits = (named ? mask[from / 64] : ~mask[from / 64]) >> from % 64;
        if (bits != 0) return from + (uint32_t)__builtin_ctzll(bits);
    }
    return VFS_BLOCK_BYTES;
}

bool mask_is_full(const uint64_t *mask)
{
    for (uint32_t i = 0; i < VFS_MASK_WORDS; i++) {
        if (mask[i] != UINT64_MAX) return false;
    }
    return true;
}
