/* data.c - contents: what is in memory lies over the tree of chunks, zeros under both. */
#include "bytes.h"
#include "state.h"

uint32_t blocks_of(uint64_t size)
{
    return (uint32_t)((size + VFS_BLOCK_BYTES - 1) / VFS_BLOCK_BYTES);
}

static uint64_t start_of(uint32_t block_index)
{
    return (uint64_t)block_index * VFS_BLOCK_BYTES;
}

/* Of the block's bytes those that the tree has. */
static uint32_t stored_in(const struct node *n, uint64_t index)
{
    uint64_t start = index * VFS_BLOCK_BYTES;

    if (n->stored <= start) return 0;
    return n->stored - start < VFS_BLOCK_BYTES ? (uint32_t)(n->stored - start) : VFS_BLOCK_BYTES;
}

/* The first block that the record needs may need one that the last one does not: so all count. */
static uint32_t blocks_touched(const struct vfs *v, const struct vfs_record *r, bool dirty_only)
{
    uint64_t first = r->offset / VFS_BLOCK_BYTES, count = 0;
    uint64_t end = (r->offset + r->len + VFS_BLOCK_BYTES - 1) / VFS_BLOCK_BYTES;

    for (uint64_t i = first; r->len > 0 && i < end; i++) {
        uint32_t block = block_find(v, r->node, i);
        bool there =
            block != VFS_NO_BLOCK && (!dirty_only || v->blocks[block].state == BLOCK_DIRTY);
        count += !there;
    }
    return (uint32_t)count;
}

uint32_t vfs_blocks_needed(const struct vfs *v, const struct vfs_record *r)
{
    bool clones = r->type == VFS_CLONE || r->type == VFS_OVERLAY;
    if (!clones && r->type != VFS_WRITE && r->type != VFS_BLOCK) return v->blocks_fresh;
    uint32_t given_back = v->blocks_fresh - v->blocks_used;
    uint32_t more =
        clones ? clone_measure(v, r->replaced, r->node).dirty : blocks_touched(v, r, false);
    uint32_t wanted = more > given_back ? v->blocks_fresh + more - given_back : v->blocks_fresh;
    return wanted < VFS_BLOCKS_MAX ? wanted : VFS_BLOCKS_MAX; /* clean ones make way */
}

bool data_has_room(const struct vfs *v, const struct vfs_record *r)
{
    uint64_t dirty = v->dirty + (uint64_t)blocks_touched(v, r, true);

    return dirty <= VFS_DIRTY_MAX && dirty <= v->room;
}

/* A block to write to. Of what the tree has there nothing is known: its mask says so. */
static uint32_t block_to_write(struct vfs *v, uint32_t node, uint64_t index)
{
    uint32_t block = block_find(v, node, index), under = stored_in(&v->nodes[node], index);

    if (block != VFS_NO_BLOCK) return block;
    block = block_add(v, node, index); /* decide.c has made sure that there is one */
    v->blocks[block].partial = under > 0;
    if (under == 0) return block;
    memset(block_mask(v, block), 0, VFS_MASK_WORDS * sizeof(uint64_t));
    mask_set(block_mask(v, block), under, VFS_BLOCK_BYTES);
    return block;
}

static void mask_note(struct vfs *v, uint32_t block, uint32_t from, uint32_t to)
{
    struct block *b = &v->blocks[block];

    if (!b->partial) return;
    mask_set(block_mask(v, block), from, to);
    b->partial = !mask_is_full(block_mask(v, block));
}

static void cover(struct vfs *v, const struct vfs_record *r, uint64_t stamp)
{
    for (uint32_t done = 0; done < r->len;) {
        uint64_t at = r->offset + done;
        uint32_t inside = (uint32_t)(at % VFS_BLOCK_BYTES);
        uint32_t part = VFS_BLOCK_BYTES - inside;
        if (part > r->len - done) part = r->len - done;
        uint32_t block = block_to_write(v, r->node, at / VFS_BLOCK_BYTES);
        memcpy(block_bytes(v, block) + inside, r->bytes + done, part);
        mask_note(v, block, inside, inside + part);
        block_dirty(v, block, stamp);
        done += part;
    }
}

void data_write(struct vfs *v, const struct vfs_record *r)
{
    if (r->offset + r->len > v->nodes[r->node].size) data_resize(v, r->node, r->offset + r->len);
    cover(v, r, ++v->stamp);
}

void data_block(struct vfs *v, const struct vfs_record *r)
{
    cover(v, r, r->user);
}

/* What is cut off must read as zeros when the file grows again. */
static void cut(struct vfs *v, uint32_t node, uint64_t size)
{
    struct node *n = &v->nodes[node];
    uint32_t inside = (uint32_t)(size % VFS_BLOCK_BYTES);

    for (uint32_t block = n->first_block, next; block != VFS_NO_BLOCK; block = next) {
        next = v->blocks[block].next;
        uint64_t start = start_of(v->blocks[block].index);
        if (start >= size) {
            block_drop(v, block);
        } else if (start + VFS_BLOCK_BYTES > size) {
            memset(block_bytes(v, block) + inside, 0, VFS_BLOCK_BYTES - inside);
            mask_note(v, block, inside, VFS_BLOCK_BYTES);
        }
    }
    n->cuts++;
    if (n->stored <= size) return;
    v->left += 1 + (n->stored - size) / VFS_BLOCK_BYTES;
    n->stored = size;
    n->trimmed = true;
    if (size > 0) return;
    memset(n->root, 0, sizeof(n->root));
    n->depth = 0;
    n->trimmed = false;
}

void data_resize(struct vfs *v, uint32_t node, uint64_t size)
{
    struct node *n = &v->nodes[node];

    if (size < n->size) cut(v, node, size);
    v->bytes = v->bytes - n->size + size;
    n->size = size;
}

void data_stored(struct vfs *v, const struct vfs_record *r)
{
    struct node *n = &v->nodes[r->node];

    v->left += n->stored > 0;
    n->stored = r->offset;
    n->depth = (uint8_t)r->flag;
    n->trimmed = (r->flag & STORED_TRIMMED) != 0;
    memcpy(n->root, r->bytes, sizeof(n->root));
    for (uint32_t block = n->first_block, next; block != VFS_NO_BLOCK; block = next) {
        const struct block *b = &v->blocks[block];
        next = b->next;
        if (b->state != BLOCK_DIRTY || b->stamp > r->user) continue;
        if (b->partial) {
            block_drop(v, block);
        } else {
            block_clean(v, block);
        }
    }
}

void data_placed(struct vfs *v, const struct vfs_record *r)
{
    struct node *n = &v->nodes[r->node];
    uint64_t first = r->offset / VFS_BLOCK_BYTES, end = first + r->replaced;

    if (end * VFS_BLOCK_BYTES > n->size) data_resize(v, r->node, end * VFS_BLOCK_BYTES);
    v->left += n->stored > 0;
    n->stored = r->user;
    n->depth = (uint8_t)r->flag;
    n->trimmed = false;
    memcpy(n->root, r->bytes, sizeof(n->root));
    for (uint64_t i = first; i < end; i++) {
        uint32_t block = block_find(v, r->node, i);
        if (block != VFS_NO_BLOCK) block_drop(v, block);
    }
}

bool vfs_decide_stored(const struct vfs *v, const struct vfs_stored *s,
                       struct vfs_record *out_record)
{
    const struct node *n = &v->nodes[s->node];

    if (n->state == NODE_FREE || n->inode != s->inode || n->cuts != s->cuts) return false;
    if (s->bytes > n->size) return false;
    out_record->type = VFS_STORED;
    out_record->node = s->node;
    out_record->offset = s->bytes;
    out_record->flag = s->depth;
    out_record->user = s->stamp;
    out_record->len = VFS_HASH_BYTES;
    memcpy(out_record->bytes, s->root, VFS_HASH_BYTES);
    return true;
}

uint64_t vfs_missing(const struct vfs *v, uint32_t node, uint64_t offset, uint32_t count)
{
    const struct node *n = &v->nodes[node];

    if (n->image || count == 0 || offset >= n->size) return UINT64_MAX;
    if (count > n->size - offset) count = (uint32_t)(n->size - offset);
    uint64_t last = (offset + count - 1) / VFS_BLOCK_BYTES;
    for (uint64_t i = offset / VFS_BLOCK_BYTES; i <= last; i++) {
        uint32_t block = block_find(v, node, i);
        bool there = block != VFS_NO_BLOCK ? !v->blocks[block].partial : stored_in(n, i) == 0;
        if (!there) return i;
    }
    return UINT64_MAX;
}

/* What the mask does not name, below `end`. */
static void merge(struct vfs *v, uint32_t block, const uint8_t *bytes, uint32_t end)
{
    uint8_t *to = block_bytes(v, block);
    const uint64_t *mask = block_mask(v, block);

    for (uint32_t at = mask_next(mask, 0, false), next; at < end;
         at = mask_next(mask, next, false)) {
        next = mask_next(mask, at, true);
        if (next > end) next = end;
        memcpy(to + at, bytes + at, next - at);
    }
    v->blocks[block].partial = false;
}

bool vfs_fill(struct vfs *v, uint32_t node, uint64_t index, const uint8_t *bytes)
{
    uint32_t under = stored_in(&v->nodes[node], index), block = block_find(v, node, index);

    if (block != VFS_NO_BLOCK) {
        if (v->blocks[block].partial) merge(v, block, bytes, under);
        return true;
    }
    if (under == 0) return true;
    block = block_add(v, node, index);
    if (block == VFS_NO_BLOCK) return false;
    memcpy(block_bytes(v, block), bytes, under);
    return true;
}

uint32_t vfs_read(const struct vfs *v, uint32_t node, uint64_t offset, uint32_t count,
                  uint8_t *out_bytes)
{
    const struct node *n = &v->nodes[node];

    if (offset >= n->size) return 0;
    if (count > n->size - offset) count = (uint32_t)(n->size - offset);
    if (n->image) {
        memcpy(out_bytes, n->image_data + offset, count);
        return count;
    }
    for (uint32_t done = 0; done < count;) {
        uint64_t at = offset + done;
        uint32_t inside = (uint32_t)(at % VFS_BLOCK_BYTES);
        uint32_t part = VFS_BLOCK_BYTES - inside;
        if (part > count - done) part = count - done;
        uint32_t block = block_find(v, node, at / VFS_BLOCK_BYTES);
        if (block == VFS_NO_BLOCK) {
            memset(out_bytes + done, 0, part);
        } else {
            memcpy(out_bytes + done, block_bytes(v, block) + inside, part);
            v->recent[block] = 1;
        }
        done += part;
    }
    return count;
}
