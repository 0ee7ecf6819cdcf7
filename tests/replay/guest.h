/* guest.h - the memory of the machine that was recorded, as a file; its kernel's addresses. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* clang-format off */
enum guest_symbol {
    SYM_CAP_ROOT, SYM_CAP_CURSOR, SYM_CPUS, SYM_IRQ_LINES, SYM_LINES, SYM_EVENT_NUMBER,
    SYM_RINGS, SYM_CPU_LAST
};
/* clang-format on */
enum { SYM_COUNT = SYM_CPU_LAST + 1 };

/* `text` as in compare.h. Returns why not, or NULL. */
const char *guest_open(char *text);
void guest_close(void);
uint64_t guest_symbol(enum guest_symbol s);
/* What stands at an address of the kernel there; NULL if that is no memory. */
const void *guest_at(uint64_t address, uint64_t bytes);
/* The same object, by physical address. */
const void *guest_phys(uint64_t phys, uint64_t bytes);
/* The address there of what `p` points to here: of objects, and of variables known by symbol. */
uint64_t guest_address(const void *p);
/* Is `there` where the queue `here` stands? Both belong together from the first time on. */
bool guest_same_queue(const void *here, uint64_t there);
uint64_t guest_cpu_bytes(void); /* the architecture's part of struct cpu there */
