/* arch_fake.c - the seam of kernel/arch.h over an arena. It records what it is asked. */
#define _GNU_SOURCE
#include "fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "abi/object.h"
#include "abi/syscall.h"
#include "arch.h"
#include "core.h"
#include "thread.h"

#pragma weak __sanitizer_print_stack_trace /* of no build without sanitizers */
void __sanitizer_print_stack_trace(void);

struct fake fake;
bool fake_was_fast;

#pragma clang section bss = "kernel_bss" data = "kernel_data"
struct cpu *fake_cpu;
static volatile uint64_t data_anchor = 1; /* so that both sections exist */
#pragma clang section bss = "" data = ""

extern char __start_kernel_bss[], __stop_kernel_bss[];
extern char __start_kernel_data[], __stop_kernel_data[];
static char *data_copy;

/* Between the variables lie red zones, which a checked copy may not touch. */
__attribute__((no_sanitize("address"))) static void copy_raw(char *to, const char *from, size_t n)
{
    for (volatile size_t i = 0; i < n; i++) {
        to[i] = from != NULL ? from[i] : 0;
    }
}

/* Pages given back read as zero again, which costs less than clearing the arena. */
void fake_reset(void)
{
    size_t data_size = (size_t)(__stop_kernel_data - __start_kernel_data);
    if (data_copy == NULL) {
        void *at = mmap((void *)FAKE_WINDOW, FAKE_MEMORY, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE, -1, 0);
        if (at != (void *)FAKE_WINDOW) abort();
        data_copy = malloc(data_size);
        if (data_copy == NULL || data_anchor != 1) abort();
        copy_raw(data_copy, __start_kernel_data, data_size);
    }
    if (madvise((void *)FAKE_WINDOW, FAKE_MEMORY, MADV_DONTNEED) != 0) abort();
    copy_raw(__start_kernel_bss, NULL, (size_t)(__stop_kernel_bss - __start_kernel_bss));
    copy_raw(__start_kernel_data, data_copy, data_size);
    fake = (struct fake){.timer = ~0ull};
    fake_cpu = cpus;
    memset(fake.masked, true, sizeof(fake.masked));
}

/* core_call() and core_answer() leave the words to the machine: kernel/arch/x86_64/entry.S. */
void fake_syscall(uint64_t now)
{
    struct thread *t = cpu()->current;
    uint64_t number = t != NULL ? t->regs.rax : 0;
    struct thread *to = NULL;
    if (number == SYS_CALL) to = core_call(t->regs.rdi, t->regs.rsi, now);
    if (number == SYS_REPLY_RECV) to = core_answer(t->regs.rdi, t->regs.rsi, now);
    fake_was_fast = to != NULL;
    if (to == NULL) {
        core_syscall(now);
        return;
    }
    for (uint32_t i = 0; i < MSG_REGISTERS; i++) {
        to->regs.w[i] = i < msg_words(to->regs.rsi) ? t->regs.w[i] : 0;
    }
    to->regs.rax = OK;
}

bool fake_is_kernel_variable(const void *p)
{
    const char *at = p;
    return at >= __start_kernel_bss && at < __stop_kernel_bss;
}

static _Noreturn void give_up(const char *what, const char *file, int line)
{
    if (fake.catching) {
        fake.panic = what;
        longjmp(fake.catch, 1);
    }
    fprintf(stderr, "kernel panic: %s (%s:%d)\n", what, file, line);
    if (__sanitizer_print_stack_trace != NULL) __sanitizer_print_stack_trace();
    abort();
}

_Noreturn void fake_wild(uint64_t address)
{
    fprintf(stderr, "address %#llx\n", (unsigned long long)address);
    give_up("address outside memory", __FILE__, __LINE__);
}

_Noreturn void arch_panic(const char *what, const uint64_t *known, uint32_t count)
{
    if (count > FAKE_KNOWN) give_up("too much to print", __FILE__, __LINE__);
    memcpy(fake.known, known, count * sizeof(known[0]));
    give_up(what, __FILE__, __LINE__);
}

void arch_putc(char c)
{
    if (fake.output_len + 1 < FAKE_OUTPUT) fake.output[fake.output_len++] = c;
}

void arch_timer_set(uint64_t ticks)
{
    fake.timer = fake.timers[cpu() - cpus] = ticks;
    fake.timer_sets++;
}

static void line_check(uint32_t line)
{
    if (line >= FAKE_LINES) give_up("no such interrupt line", __FILE__, __LINE__);
}

void arch_irq_mask(uint32_t line)
{
    line_check(line);
    fake.masked[line] = true;
}

void arch_irq_unmask(uint32_t line)
{
    line_check(line);
    fake.masked[line] = false;
}

void arch_cpu_start(uint32_t id)
{
    fake.cpu_starts++;
    fake.cpu_id = id;
}

void arch_cpu_poke(const struct cpu *c)
{
    if (c == cpu() || c > &cpus[cpu_last]) give_up("no other CPU", __FILE__, __LINE__);
    fake.poked[c - cpus] = true;
}

/* Its step was under way: what comes next of it is a tick. */
void arch_cpu_hold(const struct cpu *c)
{
    arch_cpu_poke(c);
    fake.holds++;
}

uint32_t arch_port_in(uint16_t port, uint32_t bytes)
{
    fake.port_ops++;
    fake.port = port;
    fake.port_bytes = bytes;
    return fake.port_answer;
}

void arch_port_out(uint16_t port, uint32_t bytes, uint32_t value)
{
    fake.port_ops++;
    fake.port = port;
    fake.port_bytes = bytes;
    fake.port_value = value;
}

/* The upper half stands for the kernel's own mappings: the core must leave it alone. */
void arch_aspace_init(uint64_t root)
{
    uint64_t *table = phys_to_ptr(root);
    for (uint32_t i = 0; i < 512; i++) {
        if (table[i] != 0) give_up("top table not zeroed", __FILE__, __LINE__);
    }
    table[511] = fake_upper_entry(511);
}

uint64_t fake_upper_entry(uint32_t index)
{
    return index == 511 ? PTE_PRESENT | PTE_WRITE : 0;
}

uint64_t arch_pte(uint64_t phys, uint32_t rights, bool large)
{
    uint64_t pte = phys | PTE_PRESENT | PTE_USER;
    if (rights == 0) return pte | PTE_WRITE;
    if (large) pte |= PTE_LARGE;
    if (rights & RIGHT_WRITE) pte |= PTE_WRITE;
    if (rights & MAP_UNCACHED) pte |= PTE_UNCACHED;
    if (!(rights & MAP_EXEC)) pte |= PTE_NX;
    return pte;
}

void arch_tlb_flush(uint64_t root, uint64_t vaddr)
{
    fake.flushes++;
    fake.flush_root = root;
    fake.flush_vaddr = vaddr;
}

void arch_thread_gone(const struct thread *t)
{
    (void)t;
    fake.threads_gone++;
}

void arch_clear_page(void *page)
{
    if ((uint64_t)page % 4096 != 0) give_up("clearing a page that is none", __FILE__, __LINE__);
    fake.pages_cleared++;
    memset(page, 0, 4096);
}

void arch_fpu_init(void *area)
{
    for (uint32_t i = 0; i < 512; i++) {
        if (((const uint8_t *)area)[i] != 0) give_up("not zeroed", __FILE__, __LINE__);
    }
    fake.fpu_inits++;
    memset(area, 0xf0, 512);
}
