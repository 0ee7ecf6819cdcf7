/*
 * trap.h - in place of x86_64/trap.h in programs for the host: the test is the kernel.
 *
 * host/fake.c gives `trap` as a call of `fake_trap`, and the page of the one thread.
 */
#pragma once
#include <stdbool.h>

#include "frame.h"

enum err trap(uint64_t number, struct message *m);
struct thread_block *thread_self(void);
uint64_t ticks_now(void);

static inline struct ipc_buffer *ipc_buffer(void)
{
    return thread_self()->buffer;
}

static inline void calling_begin(uint32_t slot)
{
    __atomic_store_n(&thread_self()->calling, slot, __ATOMIC_RELAXED);
}

static inline bool calling_end(uint32_t slot)
{
    return __atomic_compare_exchange_n(&thread_self()->calling, &slot, 0, false, __ATOMIC_ACQ_REL,
                                       __ATOMIC_ACQUIRE);
}

static inline void thread_self_set(struct thread_block *block)
{
    (void)block; /* the host's thread keeps its own FS base */
}

/* Set by a test: sees every system call. NULL: each answers ERR_SYSCALL. */
extern enum err (*fake_trap)(uint64_t number, struct message *m);
