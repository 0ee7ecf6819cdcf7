/* model_place.h - the part of model_test.c about whole blocks; it uses what that has before it. */
#pragma once

/* Whole blocks go to the store past memory, over what the tree has; some time later a record names
 * the tree: unless the file was cut meanwhile. */
static struct vfs_placed placing;
static uint8_t placed_bytes[2 * VFS_BLOCK_BYTES];
static uint32_t places;

static void place_begin(const char *path)
{
    uint32_t node, before;

    assert_int_equal(vfs_find(&live, &the_system, path_at(path), 0, &node), VFS_OK);
    const struct node *n = &live.nodes[node];
    placing = (struct vfs_placed){
        .node = node, .cuts = n->cuts, .depth = 1, .blocks = 1 + (uint32_t)rand() % 2};
    placing.inode = n->inode;
    placing.offset = placing.blocks == 1 && rand() % 2 == 0 ? VFS_BLOCK_BYTES : 0;
    uint64_t bytes = (uint64_t)placing.blocks * VFS_BLOCK_BYTES, end = placing.offset + bytes;
    placing.stored = end > n->stored ? end : n->stored;
    memcpy(&before, n->root, sizeof(before));
    version_last = (version_last + 1) % VERSIONS;
    memset(versions[version_last], 0, placing.stored);
    memset(versions[version_last] + placing.stored, 0xaa, CONTENTS - placing.stored);
    if (n->stored > 0) memcpy(versions[version_last], versions[before], n->stored);
    for (uint32_t i = 0; i < bytes; i++) {
        placed_bytes[i] = (uint8_t)rand();
    }
    memcpy(versions[version_last] + placing.offset, placed_bytes, bytes);
    memcpy(placing.root, &version_last, sizeof(version_last));
}

static struct entry *entry_of(uint32_t node)
{
    for (int i = 0; i < ENTRIES; i++) {
        uint32_t at;
        if (entries[i].path[0] == '\0' || entries[i].directory) continue;
        if (vfs_find(&live, &the_system, path_at(entries[i].path), 0, &at) != VFS_OK) continue;
        if (at == node) return &entries[i];
    }
    return NULL;
}

static void step_place(const char *path)
{
    struct entry *e = entry_find(path);

    if (placing.node == 0) {
        if (e == NULL || e->directory || under_way.node != 0) return;
        place_begin(path);
        return;
    }
    if (vfs_decide_placed(&live, &placing, &record) == VFS_OK) {
        uint32_t bytes = placing.blocks * VFS_BLOCK_BYTES, end = (uint32_t)placing.offset + bytes;
        e = entry_of(placing.node); /* it may have another name by now */
        assert_true(e != NULL || live.nodes[placing.node].state == NODE_ORPHAN);
        fold();
        assert_true(live.nodes[placing.node].stored <= live.nodes[placing.node].size);
        places++;
        placing.node = 0;
        if (e == NULL) return; /* nobody but who has it open sees it */
        if (e->size < placing.offset) memset(e->contents + e->size, 0, placing.offset - e->size);
        memcpy(e->contents + placing.offset, placed_bytes, bytes);
        if (e->size < end) e->size = end;
    }
    placing.node = 0;
}

/* Clean blocks go when others need the memory. */
static void step_forget(void)
{
    uint32_t block = (uint32_t)rand() % VFS_BLOCKS_MAX;

    for (uint32_t i = 0; i < VFS_BLOCKS_MAX; i++) {
        block = (block + 1) % VFS_BLOCKS_MAX;
        if (live.blocks[block].state != BLOCK_CLEAN) continue;
        block_drop(&live, block);
        return;
    }
}
