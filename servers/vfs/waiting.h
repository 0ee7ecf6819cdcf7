/* waiting.h - between contents.c and waiting.c: who waits for what. */
#pragma once
#include "contents.h"

/* contents.c: is there a store, or may there be one soon? */
bool contents_may_come(void);
/* The last attempt to store something failed. */
bool contents_fails(void);
/* Some of what is on the disk may go. */
bool contents_may_shrink(const struct vfs *v);

/* A block that a read waits for. False: none does. */
bool waiting_block(const struct vfs *v, uint32_t *out_node, uint64_t *out_index);
/* It cannot be had: those who wait for it are told. */
void waiting_fail(const struct vfs *v, uint32_t node, uint64_t index, enum chunks_result why);
/* The dirty blocks up to this stamp are wanted on the disk; 0: nobody wants them. */
uint64_t waiting_stamp(void);
/* A file that is to have its own tree of chunks, of which all is stored. False: none is. */
bool waiting_unsettled(const struct vfs *v, uint32_t *out_node);
/* Blocks of an area that are to be placed: the first who waits for that. They are copied to `to`,
 * 64 KiB at most; False: nobody waits. Then he is told; CONFLICT: he waits again. */
bool waiting_place(const struct server *s, struct vfs_placed *out, uint8_t *to);
void waiting_placed(int err);
/* A file that is to be checked. False: none is. */
bool waiting_check(const struct vfs *v, uint32_t *out_node, uint64_t *out_from);
/* It was, up to `next`: there it is bad, if `why` says so. */
void waiting_checked(uint64_t next, uint64_t checked, enum chunks_result why);
/* Whoever waits for something that is there now is answered. */
void waiting_turn(struct service *svc);
