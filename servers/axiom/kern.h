/*
 * kern.h - kernel operations as axiom uses them: repeated where the kernel answers that part of the
 * work is done, with the rings drained in between.
 */
#pragma once
#include <stdbool.h>

#include "syscall.h"

enum own_slot { /* of axiom's own CNode, from boot_info.first_free_slot up: see kern_setup() */
                OWN_SLOTS = 4096,
};

static inline uint64_t name_in(uint32_t container, uint32_t slot)
{
    return (uint64_t)container << 32 | slot;
}

/* What is called when the rings are full or an operation is preempted: nonzero if room was made. */
typedef int kern_drain_fn(void);
void kern_setup(uint32_t first_free, kern_drain_fn *drain);

/* Slots of axiom's own CNode. 0: none left. */
cap_t own_alloc(uint32_t count);
void own_free(cap_t slot);

MUST_USE enum err kern_invoke(uint64_t name, enum operation op, uint32_t words, struct message *m);
MUST_USE enum err kern_retype(uint64_t untyped, uint32_t type, uint32_t bits, uint32_t count,
                              uint64_t first);
MUST_USE enum err kern_copy(uint64_t to, uint64_t from, uint32_t rights);
MUST_USE enum err kern_mint(uint64_t to, uint64_t from, uint32_t rights, uint64_t badge,
                            uint32_t flags);
MUST_USE enum err kern_map(uint64_t frame, uint64_t aspace, uint64_t address, uint32_t rights);
/* What ends something succeeds, or the log has no room left: then what is there stays. */
bool kern_gone(enum err err);
enum err kern_delete(uint64_t name); /* an empty slot is fine */
enum err kern_revoke(uint64_t name);
