/*
 * frame.h - what a system call takes and gives, and what the FS base of a thread points at.
 */
#pragma once
#include <stdint.h>

#include "abi/error.h"
#include "abi/syscall.h"

struct message {
    uint64_t cap;  /* in: capability name; out: badge, or the word of a notification */
    uint64_t info; /* msg_info() */
    uint64_t aux;  /* low half: slot of the Reply; high half: first receive slot */
    uint64_t w[MSG_REGISTERS];
};

struct startup;
struct service;

/* What %fs points at. The first 0x100 bytes are as musl's struct pthread has them, so that code
 * compiled for it finds its canary, errno and locale. */
struct thread_block {
    struct thread_block *self; /* the x86-64 TLS ABI: %fs:0 is its own address */
    uint64_t libc_links[4];
    uint64_t canary; /* %fs:0x28, read by code built with the stack protector */
    uint64_t libc_rest[26];
    struct ipc_buffer *buffer; /* this thread's message page */
    const struct startup *startup;
    struct service *service; /* that this thread runs, or NULL */
    void *lowest;            /* where its _Thread_local variables begin, below this block */
    uint32_t calling;        /* slot that its call goes through, 0 none: codec_call() */
    uint32_t
        requests; /* numbers given: thread of the program << 24, count. codec_request_number() */
};
_Static_assert(__builtin_offsetof(struct thread_block, canary) == 0x28, "psABI");
_Static_assert(__builtin_offsetof(struct thread_block, buffer) == 0x100, "used by trap.h");
