/*
 * arch.h - the seam: all that the core asks of a machine. tests/host/arch_fake.c implements it too.
 * `arch_window.h` comes from the architecture's folder: phys_to_ptr, ptr_to_phys, cpu().
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct thread;

/* Guards a door behind which memory would be corrupted. Never depends on what user space says. */
#define CHECK(x) ((x) ? (void)0 : arch_panic(__FILE__ ": " #x, (uint64_t[]){__LINE__}, 1))
#ifdef WL_DEBUG
enum { DEBUG_BUILD = 1 };
#else
enum { DEBUG_BUILD = 0 };
#endif

/* Prints one character where a person may see it. Any context. */
void arch_putc(char c);
/* Prints why and all that is known, and resets the machine. */
_Noreturn void arch_panic(const char *what, const uint64_t *known, uint32_t count);

/* The next tick comes at `ticks` (absolute); ~0: none. May come early, never earlier than now. */
void arch_timer_set(uint64_t ticks);
/* A masked line raises no interrupt; one that comes meanwhile is delivered after unmasking. */
void arch_irq_mask(uint32_t line);
void arch_irq_unmask(uint32_t line);

uint32_t arch_port_in(uint16_t port, uint32_t bytes);
void arch_port_out(uint16_t port, uint32_t bytes, uint32_t value);

/* Page-table entries. The top table holds the kernel's half from the start. */
void arch_aspace_init(uint64_t root);    /* a zeroed page becomes a top table */
uint64_t arch_pte_table(uint64_t table); /* entry that points to a lower table */
uint64_t arch_pte_page(uint64_t page, uint32_t rights, bool large); /* RIGHT_* | MAP_* */
void arch_tlb_flush(uint64_t root, uint64_t vaddr); /* one page of one address space */
void arch_aspace_gone(uint64_t root);          /* no CPU may keep it loaded when this returns */
void arch_thread_gone(const struct thread *t); /* no CPU keeps anything of it */

void arch_clear_page(void *page); /* 4 KiB of zeros */

/* Zeros become the first floating-point state of a thread: as after FNINIT, MXCSR 0x1f80. */
void arch_fpu_init(void *area);
