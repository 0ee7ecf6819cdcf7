/*
 * apic.c - interrupts and the timer: the local APIC in xAPIC mode, one I/O APIC, and the 8259 only
 * to be silenced.
 *
 * An edge that reaches a masked I/O APIC pin is lost, so lines are masked here, in software: an
 * interrupt on a masked line is remembered, and unmasking sends it to ourselves. It also masks the
 * pin, so that a device which goes on costs nothing: one edge is pending already.
 */
#include "x86.h"

#define LAPIC_BASE 0xfee00000u
#define IOAPIC_BASE 0xfec00000u
enum { APIC_BASE_ENABLED = 1 << 11 /* bit 10: x2APIC mode */, MEASURE_TICKS = 1 << 20 };

/* SDM vol 3A table 11-1 */
enum { LAPIC_ID = 0x20, LAPIC_TASK_PRIORITY = 0x80, LAPIC_EOI = 0xb0, LAPIC_SPURIOUS = 0xf0 };
enum { LAPIC_COMMAND = 0x300, LAPIC_TARGET = 0x310, LAPIC_TIMER = 0x320 };
enum { LAPIC_LINT0 = 0x350, LAPIC_LINT1 = 0x360, LAPIC_ERROR = 0x370, TIMER_INITIAL = 0x380 };
enum { TIMER_CURRENT = 0x390, TIMER_DIVIDE = 0x3e0 };
enum { SOFTWARE_ENABLE = 0x100, DIVIDE_BY_1 = 0xb, TO_SELF = 1 << 18 };
enum { IPI_INIT = 0x4500, IPI_STARTUP = 0x4600, IPI_PENDING = 1 << 12 }; /* SDM vol 3A 11.6.1 */
enum { IOAPIC_VERSION = 1, IOAPIC_PINS = 0x10, MASKED = 1 << 16 /* as in a local vector */ };

static struct {
    bool masked, pending;
} lines[IRQ_LINES];
static uint64_t counts_per_tick; /* timer counts a time stamp tick, 32.32 */

static volatile uint32_t *lapic(uint32_t reg)
{
    return phys_to_ptr(LAPIC_BASE + reg);
}

static volatile uint32_t *ioapic(uint32_t reg)
{
    volatile uint32_t *base = phys_to_ptr(IOAPIC_BASE);
    base[0] = reg;
    return base + 4;
}

static void pin_set(uint32_t line, uint32_t mask)
{
    if (line >= IRQ_PINS) return; /* a message: there is nothing to stop it at */
    *ioapic(IOAPIC_PINS + 2 * line) = mask | (VECTOR_IRQ + line); /* edge, active high, fixed */
}

void apic_cpu_init(void)
{
    uint64_t base = rdmsr(MSR_APIC_BASE);
    if (((base ^ APIC_BASE_ENABLED) & ~0x3ffull) != LAPIC_BASE)
        refuse("the APIC is off, in x2APIC mode, or not at its usual address");
    arch_port_out(0x21, 1, 0xff); /* both 8259 */
    arch_port_out(0xa1, 1, 0xff);
    *lapic(LAPIC_SPURIOUS) = SOFTWARE_ENABLE | VECTOR_SPURIOUS;
    *lapic(LAPIC_TASK_PRIORITY) = 0;
    *lapic(LAPIC_TIMER) = VECTOR_TIMER; /* one-shot */
    *lapic(LAPIC_LINT0) = *lapic(LAPIC_LINT1) = *lapic(LAPIC_ERROR) = MASKED;
    *lapic(TIMER_DIVIDE) = DIVIDE_BY_1;
    cpu()->arch.apic_id = *lapic(LAPIC_ID); /* in bits 24-31, as the target of a command is */
}

/* Every line leads to the CPU that boots. */
void apic_init(void)
{
    if ((*ioapic(IOAPIC_VERSION) >> 16 & 0xff) < IRQ_PINS - 1) refuse("no I/O APIC of 24 lines");
    for (uint32_t line = 0; line < IRQ_LINES; line++) {
        if (line < IRQ_PINS) *ioapic(IOAPIC_PINS + 2 * line + 1) = cpu()->arch.apic_id;
        pin_set(line, MASKED);
        lines[line].masked = true;
    }
}

static void ipi_send(uint32_t target, uint32_t command)
{
    *lapic(LAPIC_TARGET) = target;
    *lapic(LAPIC_COMMAND) = command;
    while (*lapic(LAPIC_COMMAND) & IPI_PENDING) {
    }
}

void arch_cpu_poke(const struct cpu *c)
{
    ipi_send(c->arch.apic_id, VECTOR_POKE);
}

void arch_cpu_hold(const struct cpu *c)
{
    if (!__atomic_load_n(&c->arch.waits, __ATOMIC_ACQUIRE)) arch_cpu_poke(c);
    while (!__atomic_load_n(&c->arch.waits, __ATOMIC_ACQUIRE)) {
        __builtin_ia32_pause();
    }
}

void arch_cpu_start(uint32_t id)
{
    __builtin_memcpy(phys_to_ptr(CPU_START_PAGE), cpu_code, (uint64_t)(cpu_code_end - cpu_code));
    ipi_send(id << 24, IPI_INIT);
    ipi_send(id << 24, IPI_STARTUP | CPU_START_PAGE >> 12);
}

/* Counts a tick of the time stamp, taken low: the time stamp's interval holds the counter's, so the
 * timer may come early and is armed again, but never late, whoever took the CPU away meanwhile. */
void apic_timer_measure(void)
{
    uint64_t start = __builtin_ia32_rdtsc();
    *lapic(TIMER_INITIAL) = ~0u;
    while (__builtin_ia32_rdtsc() - start < MEASURE_TICKS) {
    }
    uint64_t counts = ~0u - *lapic(TIMER_CURRENT);
    counts_per_tick = (counts << 32) / (__builtin_ia32_rdtsc() - start);
    *lapic(TIMER_INITIAL) = 0;
}

/* The counter holds 32 bits: a farther deadline takes several rounds, which the core never sees. */
void arch_timer_set(uint64_t deadline)
{
    enum { ROUND_MAX = 1 << 30 }; /* fits while the counter runs below four times the TSC's rate */
    uint64_t now = __builtin_ia32_rdtsc(), ticks = deadline > now ? deadline - now : 0;
    cpu()->arch.deadline = deadline;
    if (ticks > ROUND_MAX) ticks = ROUND_MAX;
    *lapic(TIMER_INITIAL) = (uint32_t)(ticks * counts_per_tick >> 32) + 1;
}

void arch_irq_mask(uint32_t line)
{
    lines[line].masked = true;
}

void arch_irq_unmask(uint32_t line)
{
    lines[line].masked = false;
    pin_set(line, 0);
    if (lines[line].pending) *lapic(LAPIC_COMMAND) = TO_SELF | (VECTOR_IRQ + line);
    lines[line].pending = false;
}

void apic_interrupt(uint32_t vector, uint64_t now)
{
    uint32_t line = vector - VECTOR_IRQ;
    if (vector != VECTOR_SPURIOUS) *lapic(LAPIC_EOI) = 0;

    bool timer = vector == VECTOR_TIMER, due = timer && now >= cpu()->arch.deadline;
    bool masked = line < IRQ_LINES && lines[line].masked;
    if (vector == VECTOR_POKE || due) core_tick(now);
    if (timer && !due) arch_timer_set(cpu()->arch.deadline);
    if (masked) lines[line].pending = true;
    if (masked) pin_set(line, MASKED);
    if (line < IRQ_LINES && !masked) core_irq(line, now);
}
