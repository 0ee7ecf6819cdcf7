/*
 * x86.h - the numbers and instructions that the files of this folder share, and what they ask of
 * each other. Assembly includes it too.
 */
#pragma once

#define KERNEL_BASE 0xffffffff80000000 /* image: virtual = physical + this */
#define IMAGE_PAGES 1024               /* of the tables for the image, from physical address 0 */
#define GUARD_BYTES 4096               /* not mapped, below each stack */
#define STACK_BYTES 16384

#define SEL_KERNEL_CODE 0x08
#define SEL_KERNEL_DATA 0x10
#define SEL_USER_DATA 0x1b /* sysret wants it 8 above STAR's selector, and code at 16 */
#define SEL_USER_CODE 0x23
#define SEL_TSS 0x28

/* User code may have CF PF AF ZF SF TF DF OF NT RF AC ID; IF and bit 1 are always set. */
#define RFLAGS_ALLOWED 0x254dd5
#define RFLAGS_FIXED 0x202

#define VECTOR_PAGE_FAULT 14
#define VECTOR_IRQ 32 /* + line */
#define VECTOR_TIMER 0xf0
#define VECTOR_POKE 0xf1 /* from another CPU */
#define VECTOR_SPURIOUS 0xff
#define VECTORS_WITH_ERROR 0x60227d00 /* 8 10-14 17 21 29 30 */
#define VECTORS_OWN_STACK 0x40104     /* NMI, double fault, machine check */

/* QEMU's isa-debug-exit ends the emulator with 2 * code + 1; real machines have nothing there. */
#define EXIT_PORT 0xf4
#define EXIT_REFUSED 0x10
#define EXIT_PANIC 0x11

#define CPU_START_PAGE 0x8000 /* where a CPU begins, in real mode: any page below 1 MiB */
#define CPUS_LIMIT 8
#define GDT_LIMIT (8 * (5 + 2 * CPUS_LIMIT) - 1) /* a TSS takes two entries, each CPU has one */

#ifndef __ASSEMBLER__
#include "arch.h"
#include "core.h"

/* Of one CPU; the second is for VECTORS_OWN_STACK, none of which returns. */
extern struct stack {
    uint8_t guard[GUARD_BYTES], bytes[STACK_BYTES];
} stacks[CPUS_MAX][2];

/* kernel.ld */
extern uint8_t image_start[], text_start[], rodata_start[], data_start[], image_end[];
extern uint64_t kernel_root[512], kernel_level3[512], kernel_level1[IMAGE_PAGES]; /* boot.S */
extern uint64_t gdt[];
extern const uint8_t cpu_code[], cpu_code_end[]; /* boot.S: what runs at CPU_START_PAGE */
extern const uint8_t build_id[KERNEL_ID_BYTES];  /* kernel.ld */

static inline uint64_t image_phys(const void *at) /* of what is linked into the kernel */
{
    return (uint64_t)at - KERNEL_BASE;
}

enum { MSR_APIC_BASE = 0x1b, MSR_ARCH_CAPABILITIES = 0x10a, MSR_GS_BASE = 0xc0000101 };
enum { MSR_EFER = 0xc0000080, MSR_STAR, MSR_LSTAR, MSR_FMASK = 0xc0000084 };

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}
static inline void wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"(value), "d"(value >> 32) : "memory");
}
static inline void load_root(uint64_t root)
{
    __asm__ volatile("movq %0, %%cr3" ::"r"(root) : "memory");
}

/* console.c: any context; needs no per-CPU state. */
void console_init(void);
void print(const char *text);
_Noreturn void machine_stop(const char *kind, const char *why, uint8_t exit_code);

void features_require(void), features_enable(void); /* stops if the CPU lacks any */
uint64_t features_told(void);                       /* IA32_ARCH_CAPABILITIES, for axiom to judge */

void paging_init(void); /* the final tables */

/* This CPU's: stops if it cannot drive it. Masks every line. How the timer's counts compare with
 * the time stamp. */
void apic_cpu_init(void), apic_init(void), apic_timer_measure(void);
void apic_interrupt(uint32_t vector, uint64_t now);

void trap_init(uint32_t index); /* of the CPU; from here on cpu() works */
struct thread *trap_user(uint32_t vector, uint64_t error); /* a step; returns who runs next */
struct thread *fpu_load(struct thread *last, struct thread *next);

static inline _Noreturn void refuse(const char *why)
{
    machine_stop("\nwaterlight: does not start: ", why, EXIT_REFUSED);
}
#endif
