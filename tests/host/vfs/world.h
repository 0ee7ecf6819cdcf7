/* world.h - what the tests of the state machine share: its memory, and askers. */
#pragma once
#include <stdlib.h>
#include <string.h>

#include "vfs.h"

static const struct asker the_system = {.base = VFS_ROOT, .rights = MAY_ALL, .user = VFS_SYSTEM};

static inline struct path_text path_at(const char *path)
{
    return (struct path_text){path, (uint32_t)strlen(path)};
}

static inline struct vfs_memory memory_make(void)
{
    return (struct vfs_memory){.nodes = calloc(VFS_NODES_MAX, sizeof(struct node)),
                               .names = calloc(1, VFS_NAMES_BYTES),
                               .pool = calloc(VFS_BLOCKS_MAX, VFS_BLOCK_BYTES)};
}

static inline void memory_free(struct vfs_memory *memory)
{
    free(memory->nodes);
    free(memory->names);
    free(memory->pool);
}
