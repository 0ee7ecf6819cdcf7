/* world.h - what the tests of the state machine share: its memory, and askers. */
#pragma once
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "stored.h"
#include "trees.h"

static const struct asker the_system = {.base = VFS_ROOT, .rights = MAY_ALL, .user = VFS_SYSTEM};

static inline struct path_text path_at(const char *path)
{
    return (struct path_text){path, (uint32_t)strlen(path)};
}

static inline struct vfs_memory memory_make(void)
{
    return (struct vfs_memory){.nodes = calloc(VFS_NODES_MAX, sizeof(struct node)),
                               .names = calloc(1, VFS_NAMES_BYTES),
                               .pool = calloc(VFS_BLOCKS_MAX, VFS_BLOCK_BYTES),
                               .masks = calloc(VFS_BLOCKS_MAX, VFS_BLOCK_BYTES / 8),
                               .recent = calloc(VFS_BLOCKS_MAX, 1)};
}

/* All of it exists from the beginning. */
static inline void world_begin(struct vfs *v, const struct vfs_memory *memory)
{
    v->blocks_ready = VFS_BLOCKS_MAX;
    vfs_init(v, memory);
}

static inline void memory_free(struct vfs_memory *memory)
{
    free(memory->nodes);
    free(memory->names);
    free(memory->pool);
    free(memory->masks);
    free(memory->recent);
}
