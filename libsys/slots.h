/*
 * slots.h - which slots of the program's own CNode are in use.
 *
 * Only a note: the kernel decides. Runs of consecutive slots are for receive slots. Safe with
 * several threads; a run lies in one 64-bit word of the map, so that one exchange takes it.
 */
#pragma once
#include "syscall.h"

enum { SLOTS_MAX = 4096, SLOTS_RUN_MAX = 8 };

struct slots {
    uint32_t limit;                /* the first slot that does not exist */
    uint64_t used[SLOTS_MAX / 64]; /* bit set: in use */
};

void slots_init(struct slots *slots, uint32_t first, uint32_t limit);
cap_t slots_take(struct slots *slots, uint32_t count); /* 0: no such run is free */
void slots_give(struct slots *slots, cap_t first, uint32_t count);

/* The program's own. */
void slot_setup(uint32_t first, uint32_t limit);
cap_t slot_alloc(void);
cap_t slot_alloc_run(uint32_t count);
void slot_release(cap_t slot); /* the slot is empty */
void slot_release_run(cap_t first, uint32_t count);
void slot_discard(cap_t slot); /* drops the capability first; 0 is no slot */
