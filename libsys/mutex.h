/*
 * mutex.h - exclusion between threads of one program, without a system call when nobody waits.
 *
 * `holders` counts the holder and those who wait. Who leaves and sees others signals once; who
 * comes and sees others waits once; so at most one signal is under way and none is lost.
 * A program with one thread needs no notification. Not recursive.
 */
#pragma once
#include "panic.h"

struct mutex {
    uint32_t holders;
    cap_t notification; /* READ and WRITE; may be 0 while there is one thread */
};

static inline void mutex_lock(struct mutex *mutex)
{
    uint64_t word;
    if (__atomic_fetch_add(&mutex->holders, 1, __ATOMIC_ACQUIRE) == 0) return;
    CHECK(sys_wait(mutex->notification, &word) == OK);
}

static inline void mutex_unlock(struct mutex *mutex)
{
    if (__atomic_fetch_sub(&mutex->holders, 1, __ATOMIC_RELEASE) == 1) return;
    CHECK(sys_signal(mutex->notification) == OK);
}
