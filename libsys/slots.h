/*
 * slots.h - which slots of the program's own CNode are in use.
 *
 * Only a note: the kernel decides. Consecutive slots are for receive slots. Safe with several
 * threads. Slots from RUNS_MAX up, if the CNode has them, are left to the program.
 */
#pragma once
#include <stdbool.h>

#include "syscall.h"

void slot_setup(uint32_t first, uint32_t limit); /* by start.c; first at least 1 */
cap_t slot_alloc(void);                          /* 0: none is free */
cap_t slot_alloc_run(uint32_t count);            /* the first of them, or 0 */
void slot_release(cap_t slot);                   /* the slot is empty */
void slot_release_run(cap_t first, uint32_t count);
void slot_discard(cap_t slot); /* empties it first; 0 is no slot */
/* Drops what is in the slot, if anything: also without commit credits, and at a full log. */
int slot_empty(cap_t slot);
struct thread_block;
/* Through which slot that thread's call goes at the moment; 0: none. */
cap_t call_slot(const struct thread_block *thread);
/* Empties the slot if the thread still calls through it: a call that nobody has taken yet ends with
 * ERR_CANCELLED. False: it goes through another one by now. */
bool call_cancel(struct thread_block *thread, cap_t slot);
