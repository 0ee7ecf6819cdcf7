/*
 * arch_window.h - the host's stand-in for a machine: physical memory is an arena at a fixed host
 * address, and a test says which CPU it is on.
 */
#pragma once
#include <stdint.h>

struct cpu;
extern struct cpu *fake_cpu; /* the one whose step it is */

#ifndef FAKE_MEMORY
#define FAKE_MEMORY (64ull << 20) /* bytes of it, from physical address 0 */
#endif
#define FAKE_WINDOW 0x500000000000ull /* where the host sees it: above the sanitizers' shadow */

#define MEMORY_MIN (46ull << 20) /* less than there is */

/* As on x86_64. The kernel names this memory and touches none of it: nothing is mapped there. */
#define DEVICE_MEMORY 0xc0000000ull
#define DEVICE_END 0xfec00000ull

/* An address outside the arena ends the test: the kernel followed a number it should not have. */
_Noreturn void fake_wild(uint64_t address);

static inline void *phys_to_ptr(uint64_t phys)
{
    if (phys >= FAKE_MEMORY && phys - DEVICE_MEMORY >= DEVICE_END - DEVICE_MEMORY) fake_wild(phys);
    return (void *)(FAKE_WINDOW + phys);
}
static inline uint64_t ptr_to_phys(const void *at)
{
    if ((uint64_t)at - FAKE_WINDOW >= FAKE_MEMORY) fake_wild((uint64_t)at);
    return (uint64_t)at - FAKE_WINDOW;
}

/* The same format as x86_64, so that the core's masks are tested as they ship. */
#define PTE_PRESENT 1ull
#define PTE_WRITE 2ull
#define PTE_USER 4ull
#define PTE_UNCACHED 0x10ull
#define PTE_LARGE 0x80ull
#define PTE_NX (1ull << 63)
#define PTE_ADDR_MASK 0x000ffffffffff000ull

struct arch_cpu {
    uint64_t unused;
};

static inline struct cpu *cpu(void)
{
    return fake_cpu;
}
#define my_cpu cpu()
