/* guest_self.c - see guest_self.h. */
#include "guest_self.h"

#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "guest.h"
#include "irq.h"
#include "thread.h"

extern char __start_kernel_bss[], __stop_kernel_bss[]; // NOLINT(bugprone-reserved-identifier)

static struct {
    uint8_t *memory, *variables;
    uint64_t events, rings;
    bool masked[FAKE_LINES][2];
} kept;

/* Between the variables lie red zones, which a checked copy may not touch. */
__attribute__((no_sanitize("address"))) static void copy_raw(uint8_t *to, const char *from,
                                                             size_t n)
{
    for (volatile size_t i = 0; i < n; i++) {
        to[i] = (uint8_t)from[i];
    }
}

void guest_keep(uint64_t events, const void *rings)
{
    size_t size = (size_t)(__stop_kernel_bss - __start_kernel_bss);
    if (kept.memory == NULL) kept.memory = malloc(FAKE_MEMORY);
    if (kept.variables == NULL) kept.variables = malloc(size);
    if (kept.memory == NULL || kept.variables == NULL) abort();
    memcpy(kept.memory, phys_to_ptr(0), FAKE_MEMORY);
    copy_raw(kept.variables, __start_kernel_bss, size);
    kept.events = events;
    kept.rings = (uint64_t)rings;
    for (uint32_t i = 0; i < FAKE_LINES; i++) {
        kept.masked[i][0] = fake.masked[i];
    }
}

const char *guest_open(char *text)
{
    (void)text;
    return kept.memory == NULL ? "nothing was kept" : NULL;
}

void guest_close(void)
{
}

uint64_t guest_symbol(enum guest_symbol s)
{
    switch (s) {
    case SYM_CAP_ROOT:
        return (uint64_t)&cap_root;
    case SYM_CAP_CURSOR:
        return (uint64_t)&cap_cursor;
    case SYM_CPUS:
        return (uint64_t)cpus;
    case SYM_IRQ_LINES:
        return (uint64_t)irq_lines;
    case SYM_LINES:
        return (uint64_t)kept.masked;
    case SYM_EVENT_NUMBER:
        return (uint64_t)&kept.events;
    case SYM_CPU_LAST:
        return (uint64_t)&cpu_last;
    case SYM_RINGS:
        return (uint64_t)&kept.rings;
    default:
        return 0;
    }
}

const void *guest_at(uint64_t address, uint64_t bytes)
{
    uint64_t variables = (uint64_t)__start_kernel_bss, end = (uint64_t)__stop_kernel_bss;
    if (address - FAKE_WINDOW < FAKE_MEMORY) return guest_phys(address - FAKE_WINDOW, bytes);
    if (address >= variables && address < end) return kept.variables + (address - variables);
    return (const void *)address;
}

const void *guest_phys(uint64_t phys, uint64_t bytes)
{
    return phys <= FAKE_MEMORY && bytes <= FAKE_MEMORY - phys ? kept.memory + phys : NULL;
}

uint64_t guest_address(const void *p)
{
    return (uint64_t)p;
}

bool guest_same_queue(const void *here, uint64_t there)
{
    return (uint64_t)here == there;
}

uint64_t guest_cpu_bytes(void)
{
    return sizeof(struct arch_cpu);
}
