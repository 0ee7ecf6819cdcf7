/*
 * memory.h - memory for axiom itself and for processes, out of the untypeds of genesis.
 */
#pragma once
#include "abi/boot.h"
#include "chunks.h"
#include "kern.h"

/* Axiom's own address space, beside what the kernel mapped. */
#define OWN_HEAP 0x40000000ull
#define OWN_WINDOW 0x50000000ull /* one page, to look into another's */
#define OWN_IMAGE 0x60000000ull  /* the files of the boot image where they came */
#define OWN_FILES 0x70000000ull  /* and where they stay */
#define OWN_LOG 0x80000000ull

struct process;

extern struct pool pool;

void memory_setup(const struct boot_info *boot);

/* Axiom's own objects and data: on its own account, which is not given back. */
MUST_USE enum err own_retype(uint32_t type, uint32_t bits, uint32_t count, uint64_t first);
/* Maps a frame for axiom; makes the tables. */
MUST_USE enum err own_map(uint64_t frame, uint64_t address, uint32_t rights);
/* 2 MiB frames for what many map, into consecutive own slots. */
MUST_USE enum err own_large_frames(uint32_t count, cap_t first);
/* Zeroed; NULL when there is no memory. Sizes above 2 KiB are never given back. */
void *cell_alloc(uint32_t bytes);
void cell_free(void *at, uint32_t bytes);

/* Makes up to `count` objects of 2^bits bytes for the process, from `first` on, and says how many:
 * as many as one chunk has room for. ERR_NO_MEMORY: its quota, or memory, is used up. */
MUST_USE enum err object_make(struct process *p, uint32_t type, uint32_t bits, uint64_t first,
                              uint32_t *count);
/* One object of the chunk is gone; the owner's account is credited. */
void object_gone(struct process *p, chunk_id id, uint32_t bits);
/* All the process's objects go, wherever capabilities to them are; then its chunks. */
void memory_release_data(struct process *p);
void memory_release_rest(struct process *p);
uint64_t memory_total_pages(void);
uint64_t memory_own_free_pages(void); /* set aside for what axiom makes for itself */

/* Chunks that are no process's own: for who maps them to pay. */
bool memory_charge(struct process *p, uint32_t chunks); /* false: the quota is used up */
void memory_credit(struct process *p, uint32_t chunks);
struct chunk_owner {
    uint32_t id; /* no pid */
    chunk_id current;
};
/* Up to `*count` objects in one chunk, into consecutive slots from `first` on; says how many. */
MUST_USE enum err owner_make(struct chunk_owner *o, uint32_t type, uint32_t bits, uint64_t first,
                             uint32_t *count);
/* All its chunks are revoked and free. */
void owner_end(const struct chunk_owner *o);
