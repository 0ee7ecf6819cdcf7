/*
 * checked.c - the invariants of tests/host/kernel inside the real machine. The linker puts these
 * functions around the core's entries (--wrap), so the kernel's sources are the ones that ship.
 *
 * Words of the kernel's command line: `every=N` looks after every Nth step only; `plant=N` breaks
 * the state after step N, to see that it is seen.
 */
#include "harness.h"
#include "invariants.h"
#include "irq.h"
#include "x86.h"

#include <stdio.h>

#pragma clang section bss = "" /* these few are the image's */

enum { EVERY = 16, DIGITS = 20, MESSAGE = 200 };

struct fake fake; /* of it the predicates read `timer` and `masked` */
static const struct log_rings *rings;
static struct boot_params params; /* without the checkers' memory */
static uint64_t every = EVERY, plant, steps, checks, slots_most;

const char *__real_core_boot(const struct boot_params *p);
void __real_log_init(struct log_rings *memory);
struct thread *__real_core_call(uint64_t name, uint64_t info, uint64_t time);
struct thread *__real_core_answer(uint64_t name, uint64_t info, uint64_t time);
void __real_core_syscall(uint64_t time);
void __real_core_fault(enum fault_kind kind, uint32_t vector, uint64_t code, uint64_t address,
                       uint64_t time);
void __real_core_irq(uint32_t line, uint64_t time);
void __real_core_tick(uint64_t time);
void __real_arch_timer_set(uint64_t ticks);
void __real_arch_irq_mask(uint32_t line);
void __real_arch_irq_unmask(uint32_t line);
void __real_arch_port_out(uint16_t port, uint32_t bytes, uint32_t value);

const char *__wrap_core_boot(const struct boot_params *p);
void __wrap_log_init(struct log_rings *memory);
struct thread *__wrap_core_call(uint64_t name, uint64_t info, uint64_t time);
struct thread *__wrap_core_answer(uint64_t name, uint64_t info, uint64_t time);
void __wrap_core_syscall(uint64_t time);
void __wrap_core_fault(enum fault_kind kind, uint32_t vector, uint64_t code, uint64_t address,
                       uint64_t time);
void __wrap_core_irq(uint32_t line, uint64_t time);
void __wrap_core_tick(uint64_t time);
void __wrap_arch_timer_set(uint64_t ticks);
void __wrap_arch_irq_mask(uint32_t line);
void __wrap_arch_irq_unmask(uint32_t line);
void __wrap_arch_port_out(uint16_t port, uint32_t bytes, uint32_t value);

/* --- what the predicates ask of harness.c and fake.h ---- */

const struct log_header *log_header(void)
{
    return &rings->header;
}

const struct commit *commit_at(uint64_t seq)
{
    return &rings->commits[seq % LOG_COMMITS];
}

const struct event *event_at(uint64_t position)
{
    return &rings->events[position % LOG_EVENTS];
}

bool fake_is_kernel_variable(const void *p)
{
    return (const uint8_t *)p >= data_start && (const uint8_t *)p < image_end;
}

uint64_t fake_upper_entry(uint32_t index)
{
    return kernel_root[index];
}

static size_t put(char *out, size_t at, const char *text)
{
    while (*text != '\0' && at + 1 < MESSAGE) {
        out[at++] = *text++;
    }
    return at;
}

int snprintf(char *out, size_t size, const char *format, ...)
{
    __builtin_va_list list;
    size_t at = 0;
    __builtin_va_start(list, format);
    for (; *format != '\0' && at + 1 < size; format++) {
        if (*format != '%') {
            out[at++] = *format;
        } else if (*++format == 's') {
            at = put(out, at, __builtin_va_arg(list, const char *));
        } else {
            uint64_t value = __builtin_va_arg(list, uint64_t);
            for (int shift = 60; shift >= 0 && at + 1 < size; shift -= 4) {
                out[at++] = "0123456789abcdef"[value >> shift & 15];
            }
        }
    }
    __builtin_va_end(list);
    out[at] = '\0';
    return (int)at;
}

/* --- telling ---- */

static void print_number(uint64_t value)
{
    char text[DIGITS + 1] = {0};
    uint32_t at = DIGITS;
    do {
        text[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    print(text + at);
}

static void told(const char *what, uint64_t value)
{
    print(what);
    print_number(value);
}

/* The number behind a word of the command line, `other` if it is not there. */
static uint64_t asked(const char *word, uint64_t other)
{
    for (const char *at = params.info.cmdline; *at != '\0'; at++) {
        uint32_t i = 0;
        while (word[i] != '\0' && at[i] == word[i]) {
            i++;
        }
        if (word[i] != '\0') continue;
        uint64_t value = 0;
        for (at += i; *at >= '0' && *at <= '9'; at++) {
            value = value * 10 + (uint64_t)(*at - '0');
        }
        return value;
    }
    return other;
}

/* --- the steps ---- */

/* A capability gets a right that its parent lacks. */
static void break_something(void)
{
    const struct view *v = view_take();
    for (uint32_t i = 0; i < v->slot_count; i++) {
        struct slot *s = v->slots[i].slot;
        if (v->slots[i].parent == VIEW_ROOT) continue;
        struct slot *parent = v->slots[v->slots[i].parent].slot;
        if (parent->rights == RIGHTS_ALL || parent->type != s->type) continue;
        s->rights = RIGHTS_ALL;
        told("checked: planted a fault after step ", steps);
        print("\n");
        return;
    }
    plant++; /* none yet */
}

static void stepped(void)
{
    if (++steps == plant) break_something();
    if (steps % every != 0) return;
    const char *broken = invariants_broken();
    checks++;
    if (view_last()->slot_count > slots_most) slots_most = view_last()->slot_count;
    if (broken == NULL) return;
    told("\nchecked: broken after step ", steps);
    arch_panic(broken, (uint64_t[]){steps}, 1);
}

struct thread *__wrap_core_call(uint64_t name, uint64_t info, uint64_t time)
{
    struct thread *next = __real_core_call(name, info, time);
    if (next != NULL) stepped();
    return next;
}

struct thread *__wrap_core_answer(uint64_t name, uint64_t info, uint64_t time)
{
    struct thread *next = __real_core_answer(name, info, time);
    if (next != NULL) stepped();
    return next;
}

void __wrap_core_syscall(uint64_t time)
{
    __real_core_syscall(time);
    stepped();
}

void __wrap_core_fault(enum fault_kind kind, uint32_t vector, uint64_t code, uint64_t address,
                       uint64_t time)
{
    __real_core_fault(kind, vector, code, address, time);
    stepped();
}

void __wrap_core_irq(uint32_t line, uint64_t time)
{
    __real_core_irq(line, time);
    stepped();
}

void __wrap_core_tick(uint64_t time)
{
    __real_core_tick(time);
    stepped();
}

/* --- the machine ---- */

/* Takes the checkers' memory out of what the core is told of. */
static void hide_tables(void)
{
    enum { END = CHECKED_BASE + CHECKED_BYTES };
    for (uint32_t i = 0; i < params.memory_count; i++) {
        struct memory_region *r = &params.memory[i];
        uint64_t end = r->base + r->size;
        if (r->base > CHECKED_BASE || end < END) continue;
        r->size = CHECKED_BASE - r->base;
        params.memory[params.memory_count++] = (struct memory_region){END, end - END};
        if (end > FAKE_MEMORY) refuse("the checked kernel wants a machine of 256 MiB");
        return;
    }
    refuse("the checked kernel finds no memory for its tables");
}

const char *__wrap_core_boot(const struct boot_params *p)
{
    params = *p;
    hide_tables();
    for (uint64_t page = CHECKED_BASE; page < CHECKED_BASE + CHECKED_BYTES; page += PAGE_BYTES) {
        arch_clear_page(phys_to_ptr(page));
    }
    every = asked("every=", EVERY);
    plant = asked("plant=", 0);
    if (every == 0) every = 1;
    told("checked: all invariants after every step of ", every);
    print("\n");
    fake.timer = ~0ull;
    for (uint32_t i = 0; i < FAKE_LINES; i++) {
        fake.masked[i] = true;
    }
    const char *refusal = __real_core_boot(&params);
    if (refusal == NULL) stepped();
    return refusal;
}

void __wrap_log_init(struct log_rings *memory)
{
    rings = memory;
    __real_log_init(memory);
}

void __wrap_arch_timer_set(uint64_t ticks)
{
    fake.timer = ticks;
    __real_arch_timer_set(ticks);
}

void __wrap_arch_irq_mask(uint32_t line)
{
    fake.masked[line] = true;
    __real_arch_irq_mask(line);
}

void __wrap_arch_irq_unmask(uint32_t line)
{
    fake.masked[line] = false;
    __real_arch_irq_unmask(line);
}

/* The machine goes off: how much was looked at. */
void __wrap_arch_port_out(uint16_t port, uint32_t bytes, uint32_t value)
{
    if (port == EXIT_PORT) {
        told("\nchecked: ", steps);
        told(" steps, ", checks);
        told(" checks, at most ", slots_most);
        print(" slots\n");
    }
    __real_arch_port_out(port, bytes, value);
}
