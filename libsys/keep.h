/*
 * keep.h - capabilities that init keeps for this service, by numbers of its own, over the ends of
 * its processes (idl/registry.capnp, keep). What is handed out is a copy of what is kept, so that
 * the next process can take it back, too.
 */
#pragma once
#include "syscall.h"

/* Gives init `source` with those rights. `*out_copy`: a copy of what is kept, in a slot of its own.
 * What was kept there before is taken back. Error: the kernel's or the registry's. */
MUST_USE int keep_put(uint64_t number, cap_t source, uint32_t rights, cap_t *out_copy);
/* A copy of what is kept, in a slot of its own; 0: nothing is, or there is no slot. */
cap_t keep_get(uint64_t number);
/* All copies end, those of this process, too: its slots are to be discarded. */
void keep_end(uint64_t number);
/* Calls `each` for all numbers that are kept, before this: it may end them. */
void keep_each(void (*each)(void *state, uint64_t number), void *state);
