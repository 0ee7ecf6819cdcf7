/*
 * trap.h - the one way into the kernel, and the block that the FS base points at.
 *
 * Everything of libsys that cannot run on the host is in this file and crt.S; the host tests put
 * their own trap.h first in the include path. The words of a message stay in registers from the
 * caller's variables to the kernel: `trap` is always inlined and a local struct message never
 * reaches memory.
 */
#pragma once
#include <stdbool.h>

#include "frame.h"

/* A system call destroys every register but rsp. rbp cannot be named as clobbered in code with a
 * frame pointer, so it is saved here; code that inlines this has no red zone (-mno-red-zone). */
__attribute__((always_inline)) static inline enum err trap(uint64_t number, struct message *m)
{
    uint64_t result = number, cap = m->cap, info = m->info, aux = m->aux;
    register uint64_t w0 __asm__("rdx") = m->w[0];
    register uint64_t w1 __asm__("r8") = m->w[1];
    register uint64_t w2 __asm__("r9") = m->w[2];
    register uint64_t w3 __asm__("r10") = m->w[3];
    register uint64_t w4 __asm__("r12") = m->w[4];
    register uint64_t w5 __asm__("r13") = m->w[5];
    register uint64_t w6 __asm__("r14") = m->w[6];
    register uint64_t w7 __asm__("r15") = m->w[7];
    __asm__ volatile("push %%rbp\n\tsyscall\n\tpop %%rbp"
                     : "+a"(result), "+D"(cap), "+S"(info), "+b"(aux), "+r"(w0), "+r"(w1), "+r"(w2),
                       "+r"(w3), "+r"(w4), "+r"(w5), "+r"(w6), "+r"(w7)
                     :
                     : "rcx", "r11", "memory", "cc");
    *m = (struct message){cap, info, aux, {w0, w1, w2, w3, w4, w5, w6, w7}};
    return (enum err)result;
}

static inline struct thread_block *thread_self(void)
{
    struct thread_block *block;
    __asm__("mov %%fs:0, %0" : "=r"(block));
    return block;
}

static inline struct ipc_buffer *ipc_buffer(void)
{
    struct ipc_buffer *buffer;
    __asm__("mov %%fs:0x100, %0" : "=r"(buffer));
    return buffer;
}

/* Notes the slot that the thread's call goes through: codec_call(). */
static inline void calling_begin(uint32_t slot)
{
    __asm__ volatile("movl %0, %%fs:%c1"
                     :
                     : "r"(slot), "i"(__builtin_offsetof(struct thread_block, calling))
                     : "memory");
}

/* Takes the note back. False: another thread did. */
static inline bool calling_end(uint32_t slot)
{
    bool is_same;
    __asm__ volatile("lock cmpxchgl %2, %%fs:%c3"
                     : "=@ccz"(is_same), "+a"(slot)
                     : "r"(0), "i"(__builtin_offsetof(struct thread_block, calling))
                     : "memory");
    return is_same;
}

static inline void thread_self_set(struct thread_block *block)
{
    __asm__ volatile("wrfsbase %0" : : "r"(block) : "memory");
}

static inline uint64_t ticks_now(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}
