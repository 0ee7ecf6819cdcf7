/*
 * space.h - a process's memory slots and its address space.
 *
 * Each Frame slot has one mapping. `pages` of a last-level table says which slot is mapped where;
 * a table that maps a 2 MiB frame is none of ours: the frame stands in the list as level 0.
 */
#pragma once
#include "process.h"

struct table {
    struct table *next;
    uint64_t base; /* of the range it maps */
    mem_slot slot;
    uint32_t level;  /* 3 to 1; 0: a 2 MiB frame */
    uint16_t *pages; /* level 1: mem_slot of each page, 0 none; flags */
};
enum {
    PAGE_SHARED = 0x8000, /* others may have copies of the frame */
    PAGE_OBJECT = 0x4000, /* of a memory object: mapped and unmapped with all of it */
    PAGE_FLAGS = PAGE_SHARED | PAGE_OBJECT,
};

/* Up to `want` slots in a row; 0: none to be had. */
mem_slot mem_alloc(struct process *p, uint32_t want, uint32_t *out_count);
void mem_free(struct process *p, mem_slot slot);

bool space_is_free(const struct process *p, uint64_t address, uint32_t pages);
/* Zeroed pages of the process's own. All or nothing. ERR_LOG_FULL: too many for what is left of the
 * log, however few the quota leaves. */
MUST_USE enum err space_map(struct process *p, uint64_t address, uint32_t pages, uint32_t rights);
/* ERR_NOT_MAPPED: one of them is not there, or is an object's; nothing is changed. */
MUST_USE enum err space_unmap(struct process *p, uint64_t address, uint32_t pages);
/* The frame mapped there; 0: none. */
mem_slot space_page(const struct process *p, uint64_t address);
/* The frame is named from elsewhere, too: it is revoked before it goes. */
void space_mark_shared(struct process *p, uint64_t address);
/* Maps the frame in that slot, which is not of the process's own memory. */
MUST_USE enum err space_attach(struct process *p, uint64_t address, mem_slot slot, uint32_t rights,
                               uint32_t bits);
/* Maps a copy of a frame that is another's. */
MUST_USE enum err space_borrow(struct process *p, uint64_t address, uint64_t frame, uint32_t rights,
                               uint32_t bits);
/* Maps copies of `pages` frames in consecutive slots from `frame` on. All or nothing. */
MUST_USE enum err space_map_object(struct process *p, uint64_t address, uint64_t frame,
                                   uint32_t pages, uint32_t rights);
void space_unmap_object(struct process *p, uint64_t address, uint32_t pages);
/* Pages of `from` at `at` appear in `to` at `mine`. All or nothing. */
struct share {
    struct process *from, *to;
    uint64_t at, mine;
    uint32_t pages;
    bool write;
};
MUST_USE enum err space_share(const struct share *s);
/* The frames that are not its own, and the tables. Its own must be gone. */
void space_end(struct process *p);
