/* data.c - contents: chains of blocks. */
#include "bytes.h"
#include "state.h"

uint32_t blocks_of(uint64_t size)
{
    return (uint32_t)((size + VFS_BLOCK_BYTES - 1) / VFS_BLOCK_BYTES);
}

uint32_t blocks_free(const struct vfs *v)
{
    return VFS_BLOCKS_MAX - v->blocks_used;
}

static uint8_t *block_at(const struct vfs *v, uint16_t block)
{
    return v->pool + (size_t)block * VFS_BLOCK_BYTES;
}

/* A zeroed block. decide.c has made sure that there is one. */
static uint16_t block_take(struct vfs *v)
{
    uint16_t block = v->free_block;

    if (block == VFS_NO_BLOCK) {
        block = (uint16_t)v->blocks_fresh++;
    } else {
        v->free_block = v->next_block[block];
    }
    v->blocks_used++;
    v->next_block[block] = VFS_NO_BLOCK;
    memset(block_at(v, block), 0, VFS_BLOCK_BYTES);
    return block;
}

static void chain_give(struct vfs *v, uint16_t block)
{
    while (block != VFS_NO_BLOCK) {
        uint16_t next = v->next_block[block];
        v->next_block[block] = v->free_block;
        v->free_block = block;
        v->blocks_used--;
        block = next;
    }
}

static uint16_t chain_at(const struct vfs *v, const struct node *n, uint64_t index)
{
    uint16_t block = n->first_block;

    for (uint64_t i = 0; i < index; i++) {
        block = v->next_block[block];
    }
    return block;
}

void data_resize(struct vfs *v, uint32_t node, uint64_t size)
{
    struct node *n = &v->nodes[node];
    uint32_t have = blocks_of(n->size), want = blocks_of(size);
    uint16_t *link = &n->first_block;

    for (uint32_t i = 0; i < (have < want ? have : want); i++) {
        link = &v->next_block[*link];
    }
    if (want < have) {
        chain_give(v, *link);
        *link = VFS_NO_BLOCK;
    }
    for (uint32_t i = have; i < want; i++) {
        *link = block_take(v);
        link = &v->next_block[*link];
    }
    if (size < n->size && size % VFS_BLOCK_BYTES != 0) {
        /* What is cut off must read as zeros when the file grows again. */
        uint8_t *last = block_at(v, chain_at(v, n, want - 1));
        memset(last + size % VFS_BLOCK_BYTES, 0, VFS_BLOCK_BYTES - size % VFS_BLOCK_BYTES);
    }
    v->bytes = v->bytes - n->size + size;
    n->size = size;
}

void data_write(struct vfs *v, uint32_t node, uint64_t offset, const uint8_t *bytes, uint32_t len)
{
    const struct node *n = &v->nodes[node];

    if (offset + len > n->size) data_resize(v, node, offset + len);
    for (uint32_t done = 0; done < len;) {
        uint64_t at = offset + done;
        uint32_t inside = (uint32_t)(at % VFS_BLOCK_BYTES);
        uint32_t part = VFS_BLOCK_BYTES - inside;
        if (part > len - done) part = len - done;
        memcpy(block_at(v, chain_at(v, n, at / VFS_BLOCK_BYTES)) + inside, bytes + done, part);
        done += part;
    }
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
        memcpy(out_bytes + done, block_at(v, chain_at(v, n, at / VFS_BLOCK_BYTES)) + inside, part);
        done += part;
    }
    return count;
}
