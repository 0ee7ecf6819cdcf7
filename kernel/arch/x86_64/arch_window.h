/*
 * arch_window.h - what the core sees of the machine without a call: where physical memory is, how
 * a page-table entry is taken apart, and which CPU this is.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct cpu;
struct thread;

/* The first 512 GiB are mapped here, writable, never executable, for the kernel only. */
#define DIRECT_MAP 0xffff800000000000ull

static inline void *phys_to_ptr(uint64_t phys)
{
    return (void *)(phys + DIRECT_MAP);
}
/* Only for pointers that came from phys_to_ptr: the kernel's own image is mapped elsewhere too. */
static inline uint64_t ptr_to_phys(const void *at)
{
    return (uint64_t)at - DIRECT_MAP;
}

/* With less not all services of the image start, and nobody is told why. */
#define MEMORY_MIN (90ull << 20)

/* Where devices have their registers: above RAM, below the interrupt controllers, the kernel's. */
#define DEVICE_MEMORY 0xc0000000ull
#define DEVICE_END 0xfec00000ull

/* A table has 512 entries at each of 4 levels. SDM vol 3A 4.5. */
#define PTE_PRESENT 1ull
#define PTE_LARGE 0x80ull /* in level 2: a 2 MiB page, not a table */
#define PTE_ADDR_MASK 0x000ffffffffff000ull

/* The architecture's part of struct cpu, at its start; gs points to it while in the kernel. */
struct arch_cpu {
    struct cpu *self;
    bool waits; /* for the lock: it runs nothing, and no user's tables are loaded */
    uint32_t apic_id;
    uint64_t stack_top;    /* the kernel's stack is empty whenever user code or idle runs */
    uint64_t user_rbp;     /* scratch of the system call entry */
    struct thread *loaded; /* whose fs and gs bases are in the CPU, */
    bool fpu;              /* and its FPU registers; else CR0.TS is set */
    uint64_t root;         /* physical address in CR3 */
    uint64_t deadline;     /* of the timer, in time stamp ticks; ~0 none */
    uint64_t tss[14];      /* begins 4 bytes in, so that its fields are aligned; see trap.c */
};

/* What cpu() points to, without a pointer. */
#define my_cpu ((struct cpu __attribute__((address_space(256))) *)0)

static inline struct cpu *cpu(void)
{
    struct cpu *self;
    __asm__("movq %%gs:0, %0" : "=r"(self));
    return self;
}
