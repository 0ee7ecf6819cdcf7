/*
 * x86.h - the instructions, registers and numbers that C has no words for, and what the files of
 * this folder ask of each other. Shared with assembly as far as it is plain numbers.
 */
#pragma once

#define KERNEL_BASE 0xffffffff80000000 /* image: virtual = physical + this */

#define SEL_KERNEL_CODE 0x08
#define SEL_KERNEL_DATA 0x10
#define SEL_USER_DATA 0x1b /* sysret: STAR + 8, and code at STAR + 16 */
#define SEL_USER_CODE 0x23
#define SEL_TSS 0x28

/* Flags that user code may have: CF PF AF ZF SF TF DF OF NT RF AC ID; IF and bit 1 are always set. */
#define RFLAGS_ALLOWED 0x254dd5
#define RFLAGS_FIXED 0x202

#define VECTOR_NMI 2
#define VECTOR_DOUBLE_FAULT 8
#define VECTOR_PAGE_FAULT 14
#define VECTOR_MACHINE_CHECK 18
#define VECTOR_IRQ 32 /* + line */
#define VECTOR_TIMER 0xf0
#define VECTOR_SPURIOUS 0xff

/* Descriptors, SDM vol 3A 3.4.5: accessed, so that the CPU never writes them. */
#define GDT_KERNEL_CODE 0x00209b0000000000
#define GDT_KERNEL_DATA 0x0000930000000000
#define GDT_USER_DATA 0x0000f30000000000
#define GDT_USER_CODE 0x0020fb0000000000

#define IMAGE_PAGES 1024 /* that the tables for the image cover, from physical address 0 */

/* QEMU's isa-debug-exit ends the emulator with 2 * code + 1; nothing answers on a real machine. */
#define EXIT_PORT 0xf4
#define EXIT_REFUSED 0x10
#define EXIT_PANIC 0x11

#define GUARD_BYTES 4096 /* not mapped, below each stack */
#define STACK_BYTES 16384

#define BOOT_MULTIBOOT2 1
#define BOOT_PVH 2
#define MULTIBOOT2_LOADED 0x36d76289

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>

struct thread;

enum { CPU_COUNT_MAX = 1 };

/* Of one CPU. The second is for NMI, double fault and machine check; only the first returns. */
struct stack {
    uint8_t guard[GUARD_BYTES], bytes[STACK_BYTES];
};
extern struct stack stacks[CPU_COUNT_MAX][2];

/* Where the linker script puts things. */
extern uint8_t image_start[], text_start[], rodata_start[], data_start[], image_end[];
extern uint64_t kernel_root[512], kernel_level3[512], kernel_level1[IMAGE_PAGES]; /* boot.S */

static inline uint64_t image_phys(const void *at) /* of code or data linked into the kernel */
{
    return (uint64_t)at - KERNEL_BASE;
}

enum msr {
    MSR_APIC_BASE = 0x1b,
    MSR_ARCH_CAPABILITIES = 0x10a,
    MSR_EFER = 0xc0000080,
    MSR_STAR = 0xc0000081,
    MSR_LSTAR = 0xc0000082,
    MSR_FMASK = 0xc0000084,
    MSR_GS_BASE = 0xc0000101,
    MSR_KERNEL_GS_BASE = 0xc0000102,
};

static inline uint64_t rdmsr(enum msr msr)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}
static inline void wrmsr(enum msr msr, uint64_t value)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                     : "memory");
}
static inline uint64_t rdtsc(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
}
static inline void outb(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port) : "memory");
}
static inline uint8_t inb(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}
static inline void load_root(uint64_t root)
{
    __asm__ volatile("movq %0, %%cr3" ::"r"(root) : "memory");
}

/* console.c: text on COM1; any context, needs no per-CPU state. */
void console_init(void);
void print(const char *text);
void print_hex(uint64_t value);
_Noreturn void machine_refuse(const char *reason); /* will not start: prints why, ends emulation */
_Noreturn void machine_reset(void);

/* features.c: prints what is missing and stops; then turns the protections on. */
void features_require(void);
void features_enable(void);
uint64_t features_leaks(void); /* enum cpu_leak bits */

/* paging.c */
void paging_init(void);            /* the final tables, with the low 4 GiB */
void paging_map_ram(uint64_t end); /* grows the direct map up to 512 GiB */

/* apic.c */
void apic_init(void);                   /* masks every line; stops if it cannot drive the APIC */
uint64_t apic_calibrate(void);         /* time stamp ticks a second */
void apic_interrupt(uint32_t vector, uint64_t now);

/* trap.c */
void trap_init(uint32_t index);
void thread_load(struct thread *t); /* makes `t`, or nobody, the one whose state the CPU holds */

/* entry.S: runs cpu()->current, or halts until an interrupt. Drops the stack. */
_Noreturn void resume(void);
#endif
