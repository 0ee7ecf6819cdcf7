/*
 * arch.h - the seam: all that the core asks of a machine. tests/host/arch_fake.c implements it too.
 * `arch_window.h` comes from the architecture's folder: phys_to_ptr, ptr_to_phys, cpu().
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct thread;

/* Off the path that every call takes, and costs nothing there. */
#define SELDOM __attribute__((noinline, cold, preserve_most))

/* On that path, or on one as busy: it is part of its callers. */
#define OFTEN __attribute__((always_inline))

/* A function of its own, which leaves its callers the registers that they need. */
#define APART __attribute__((noinline))

/* Guards a door behind which memory would be corrupted. Never depends on what user space says. */
#define CHECK(x) ((x) ? (void)0 : arch_panic(__FILE__ ": " #x, (uint64_t[]){__LINE__}, 1))

/* Prints one character where a person may see it. Any context. */
void arch_putc(char c);
/* Prints why and all that is known, and resets the machine. */
_Noreturn void arch_panic(const char *what, const uint64_t *known, uint32_t count);

/* Of this CPU: the next tick comes at `ticks` (absolute); ~0: none. May come early, never earlier
 * than now. */
void arch_timer_set(uint64_t ticks);
/* A masked line raises no interrupt; one that comes meanwhile is delivered after unmasking. */
void arch_irq_mask(uint32_t line);
void arch_irq_unmask(uint32_t line);

struct cpu;
/* Starts the CPU with this APIC id, if there is one: its first step is a tick. */
void arch_cpu_start(uint32_t id);
/* That CPU takes a tick soon. */
SELDOM void arch_cpu_poke(const struct cpu *c);
/* That CPU runs no user code from when this returns to the end of this step: it waits for its own,
 * and what it was interrupted in has happened. */
void arch_cpu_hold(const struct cpu *c);

uint32_t arch_port_in(uint16_t port, uint32_t bytes);
void arch_port_out(uint16_t port, uint32_t bytes, uint32_t value);

/* Page-table entries. The top table holds the kernel's half from the start. */
void arch_aspace_init(uint64_t root); /* a zeroed page becomes a top table */
/* `rights`: RIGHT_* | MAP_* of a page; 0: it points to a lower table. */
uint64_t arch_pte(uint64_t phys, uint32_t rights, bool large);
/* No CPU keeps one page of an address space; ~0: nor anything of it, nor its tables. */
void arch_tlb_flush(uint64_t root, uint64_t vaddr);
void arch_thread_gone(const struct thread *t); /* no CPU keeps anything of it */

void arch_clear_page(void *page); /* 4 KiB of zeros */

/* Zeros become the first floating-point state of a thread: as after FNINIT, MXCSR 0x1f80. */
void arch_fpu_init(void *area);
