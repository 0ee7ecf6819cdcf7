/*
 * state.h - what the files of the state machine share: moves between two sound states that
 * decide.c has allowed. Called by apply.c and by the set-up from the boot image only.
 */
#pragma once
#include "vfs.h"

uint16_t node_find_free(const struct vfs *v); /* the lowest one, or VFS_NONE */
uint16_t node_child(const struct vfs *v, uint16_t directory, const char *name, uint32_t len);
void node_make(struct vfs *v, uint16_t node, const struct vfs_record *r);
void node_link(struct vfs *v, uint16_t node, uint16_t parent, const char *name, uint32_t len);
void node_unlink(struct vfs *v, uint16_t node);
void node_free_if_unused(struct vfs *v, uint16_t node);

uint32_t blocks_of(uint64_t size);
uint32_t blocks_free(const struct vfs *v);
void data_write(struct vfs *v, uint16_t node, uint64_t offset, const uint8_t *bytes, uint32_t len);
void data_resize(struct vfs *v, uint16_t node, uint64_t size);
