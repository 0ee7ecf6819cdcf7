/*
 * core.h - the step function: the four ways in, and how the machine starts.
 *
 * The architecture saves the interrupted thread's registers into cpu()->current->regs, calls one of
 * these with interrupts off, and then resumes what cpu()->current is (NULL: halts until the next
 * interrupt). `now` is the time stamp, read once on entry.
 */
#pragma once
#include "abi/boot.h"
#include "abi/log.h"
#include "thread.h"

/* The usual case of SYS_CALL, and of SYS_REPLY_RECV, of who runs, with `name` in rdi and `info` in
 * rsi; its registers are saved, but rax and the words. NULL: nothing has changed, and
 * core_syscall() is to do it. Else who runs next: the architecture takes the words in registers
 * over to it, as many as its rsi says, zeros after them, and OK in rax. */
struct thread *core_call(uint64_t name, uint64_t info, uint64_t now);
struct thread *core_answer(uint64_t name, uint64_t info, uint64_t now);
void core_syscall(uint64_t now);
void core_fault(enum fault_kind kind, uint32_t vector, uint64_t code, uint64_t address,
                uint64_t now);
void core_irq(uint32_t line, uint64_t now);
void core_tick(uint64_t now);

enum { BOOT_REGIONS_MAX = 32 };

struct memory_region {
    uint64_t base, size;
};

/* What the loader and the CPU said; filled by the architecture. */
struct boot_params {
    /* these four are in the BOOT event's ARGS; regions not used are 0 */
    struct memory_region kernel; /* image and static data, whole pages */
    struct memory_region pool;   /* a zeroed part of it for genesis: POOL_BYTES */
    struct memory_region image;  /* the boot image, whole pages; size 0 if there is none */
    struct memory_region memory[BOOT_REGIONS_MAX]; /* usable, above the kernel; whole pages */
    uint32_t memory_count;
    struct boot_info info; /* what the architecture knows of it; the core adds the rest */
};

enum { KERNEL_ID_BYTES = 20, POOL_BYTES = LOG_BYTES + (1 << GENESIS_CNODE_BITS) + 256 * 1024 };

/* Makes the genesis state and axiom's thread, and lets it run: cpu()->current is set. Returns the
 * reason if it refuses. cpu()->arch is ready; the rest of the core's memory is zero. */
MUST_USE const char *core_boot(const struct boot_params *params);
