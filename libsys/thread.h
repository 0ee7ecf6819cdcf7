/*
 * thread.h - threads of the program, beside the first.
 *
 * A thread has one window of its own: a page that is not mapped, so that a stack which overflows
 * faults, then the stack with the thread block (and the _Thread_local variables) at its top, then
 * the message page. A thread function does not return: there is no way to end one thread of a
 * process, nor a need for one in a program that makes its threads when it starts.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "syscall.h"

struct thread_args {
    void (*entry)(void *argument);
    void *argument;
    uint32_t stack_pages;          /* 1 to 256 */
    uint8_t priority;              /* at most the process's */
    uint32_t budget_us, period_us; /* 0: as the first thread; a greater share is refused */
    bool fpu;
};

/* Result: 0, the kernel's error or axiom's (enum self_error). */
MUST_USE int thread_create(const struct thread_args *args, uint32_t *out_thread);

/* Puts a thread block at the end of the area, the initial _Thread_local variables below it. NULL:
 * the area is too small. */
struct thread_block *thread_block_make(void *area, size_t bytes, struct ipc_buffer *buffer);
