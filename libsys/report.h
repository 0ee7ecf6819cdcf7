/*
 * report.h - what is told about a thread that faulted: why, where, its registers and a backtrace.
 * Pure: memory of the process and its program file come through the arguments.
 */
#pragma once
#include "abi/syscall.h"
#include "out.h"

struct report {
    const char *name; /* of the process */
    uint32_t pid;
    uint32_t kind;         /* enum fault_kind */
    const uint64_t *fault; /* the eight words of the fault message */
    const uint64_t *regs;  /* struct thread_regs as words, or NULL when they cannot be had */
    const uint8_t *elf;    /* its program, or NULL */
    size_t elf_size;
    void *state; /* for peek */
    /* Reads two words of the process; false if they are not mapped. */
    bool (*peek)(void *state, uint64_t address, uint64_t out_words[2]);
};
enum { REPORT_DEPTH_MAX = 16, REPORT_BYTES = 3072 };

void report_print(const struct report *r, struct out *o);
