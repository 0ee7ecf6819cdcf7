/*
 * fake.h - what a test sees and sets of the fake machine.
 */
#pragma once
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

enum { FAKE_LINES = 48, FAKE_OUTPUT = 256, FAKE_KNOWN = 16, FAKE_CPUS = 8 };

struct fake {
    uint64_t timer; /* last arch_timer_set, on any CPU */
    uint64_t timer_sets;
    uint64_t timers[FAKE_CPUS];  /* and on each */
    bool poked[FAKE_CPUS];       /* it takes a tick soon */
    uint32_t holds;              /* CPUs that had to come in */
    uint32_t cpu_starts, cpu_id; /* asked for; the last APIC id */
    bool masked[FAKE_LINES];
    uint64_t port_ops; /* ins and outs in all */
    uint16_t port;     /* of the last one, */
    uint32_t port_bytes, port_value;
    uint32_t port_answer; /* what the next in reads */
    uint64_t flushes, flush_root, flush_vaddr;
    uint64_t threads_gone;
    uint64_t pages_cleared;
    uint64_t fpu_inits;
    char output[FAKE_OUTPUT];
    uint32_t output_len;
    const char *panic;          /* why, if one was caught */
    uint64_t known[FAKE_KNOWN]; /* what came with it, if axiom faulted */
    bool catching;
    jmp_buf catch;
};
extern struct fake fake;

/* The machine as it is switched on: memory zero, the kernel's variables as its image has them. */
void fake_reset(void);
/* A system call of cpu()->current, as the machine makes it: the fast way where that is open. */
void fake_syscall(uint64_t now);
extern bool fake_was_fast; /* the last one of these */
/* What stands at `index` of each top table's upper half, the kernel's. */
uint64_t fake_upper_entry(uint32_t index);
/* Does `p` point into the kernel's own variables? */
bool fake_is_kernel_variable(const void *p);
/* Runs `statement`; afterwards fake.panic is the reason if the kernel panicked, else NULL. */
#define CATCH_PANIC(statement)                                                                     \
    do {                                                                                           \
        fake.panic = NULL;                                                                         \
        fake.catching = true;                                                                      \
        if (setjmp(fake.catch) == 0) {                                                             \
            statement;                                                                             \
        }                                                                                          \
        fake.catching = false;                                                                     \
    } while (0)
