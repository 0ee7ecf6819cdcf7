/*
 * apic.c - interrupts and the timer: the local APIC in xAPIC mode, one I/O APIC, and the 8259 and
 * 8254 only to be silenced and to measure with.
 *
 * An edge that reaches a masked I/O APIC pin is lost, so a line is masked here, in software: the
 * first interrupt on a masked line is remembered and masks the pin too, and unmasking sends it to
 * ourselves. Later edges are lost, but one is already pending.
 */
#include "arch.h"
#include "core.h"
#include "x86.h"

enum { /* SDM vol 3A table 11-1 */
    LAPIC_ID = 0x20,
    LAPIC_TASK_PRIORITY = 0x80,
    LAPIC_EOI = 0xb0,
    LAPIC_SPURIOUS = 0xf0,
    LAPIC_COMMAND = 0x300,
    LAPIC_LVT_TIMER = 0x320,
    LAPIC_LVT_LINT0 = 0x350,
    LAPIC_LVT_LINT1 = 0x360,
    LAPIC_LVT_ERROR = 0x370,
    LAPIC_TIMER_INITIAL = 0x380,
    LAPIC_TIMER_CURRENT = 0x390,
    LAPIC_TIMER_DIVIDE = 0x3e0,
    LAPIC_SOFTWARE_ENABLE = 0x100,
    LAPIC_DIVIDE_BY_1 = 0xb,
    LAPIC_TO_SELF = 1 << 18,
    LVT_NMI = 0x400,
    MASKED = 1 << 16,
};
enum { IOAPIC_VERSION = 1, IOAPIC_LINES = 0x10 };
enum { APIC_BASE_X2APIC = 1 << 10, APIC_BASE_ENABLED = 1 << 11 };
#define LAPIC_BASE 0xfee00000u
#define IOAPIC_BASE 0xfec00000u

/* Intel 8254 data sheet; channel 2 is gated by port 0x61. */
enum { PIT_HZ = 1193182, PIT_CHANNEL2 = 0x42, PIT_COMMAND = 0x43, PIT_GATE = 0x61 };
enum { CALIBRATE_COUNTS = PIT_HZ / 500, CALIBRATE_TRIES = 8 };

static struct {
    bool masked, pending;
} lines[IRQ_LINES];
static uint64_t lapic_per_tick; /* timer counts a time stamp tick, 32.32 */

static volatile uint32_t *lapic(uint32_t reg)
{
    return (volatile uint32_t *)phys_to_ptr(LAPIC_BASE + reg);
}

static volatile uint32_t *ioapic(uint32_t reg)
{
    volatile uint32_t *base = phys_to_ptr(IOAPIC_BASE);
    base[0] = reg;
    return base + 4;
}

static void pin_set(uint32_t line, uint32_t mask)
{
    *ioapic(IOAPIC_LINES + 2 * line) = mask | (VECTOR_IRQ + line); /* edge, active high, fixed */
}

void apic_init(void)
{
    uint64_t base = rdmsr(MSR_APIC_BASE);
    if (base & APIC_BASE_X2APIC) {
        machine_refuse("the APIC is in x2APIC mode, which is not driven");
    }
    if ((base & ~0xfffull) != LAPIC_BASE || !(base & APIC_BASE_ENABLED)) {
        machine_refuse("the APIC is off or not at its usual address");
    }
    outb(0x21, 0xff);
    outb(0xa1, 0xff);

    *lapic(LAPIC_TASK_PRIORITY) = 0;
    *lapic(LAPIC_LVT_TIMER) = VECTOR_TIMER; /* one-shot */
    *lapic(LAPIC_LVT_LINT0) = MASKED;
    *lapic(LAPIC_LVT_LINT1) = LVT_NMI;
    *lapic(LAPIC_LVT_ERROR) = MASKED;
    *lapic(LAPIC_TIMER_DIVIDE) = LAPIC_DIVIDE_BY_1;
    *lapic(LAPIC_SPURIOUS) = LAPIC_SOFTWARE_ENABLE | VECTOR_SPURIOUS;

    if ((*ioapic(IOAPIC_VERSION) >> 16 & 0xff) < IRQ_LINES - 1) {
        machine_refuse("no I/O APIC of 24 lines at its usual address");
    }
    for (uint32_t line = 0; line < IRQ_LINES; line++) {
        *ioapic(IOAPIC_LINES + 2 * line + 1) = *lapic(LAPIC_ID); /* both have it in bits 24-31 */
        pin_set(line, MASKED);
        lines[line].masked = true;
    }
}

struct sample {
    uint64_t tsc;
    uint32_t pit, lapic;
};

static struct sample clocks_read(void)
{
    struct sample s;
    outb(PIT_COMMAND, 0x80); /* latch channel 2 */
    s.tsc = rdtsc();
    s.lapic = *lapic(LAPIC_TIMER_CURRENT);
    s.pit = inb(PIT_CHANNEL2);
    s.pit |= (uint32_t)inb(PIT_CHANNEL2) << 8;
    return s;
}

static uint64_t calibrate_once(void)
{
    outb(PIT_GATE, (inb(PIT_GATE) & 0xfc) | 1);
    outb(PIT_COMMAND, 0xb0); /* channel 2, both bytes, count down once */
    outb(PIT_CHANNEL2, 0xff);
    outb(PIT_CHANNEL2, 0xff);
    *lapic(LAPIC_TIMER_INITIAL) = ~0u;

    clocks_read(); /* takes longer than the count takes to be loaded */
    struct sample from = clocks_read(), to;
    do {
        to = clocks_read();
    } while (from.pit - to.pit < CALIBRATE_COUNTS);
    uint64_t ticks = to.tsc - from.tsc;
    lapic_per_tick = ((uint64_t)(from.lapic - to.lapic) << 32) / ticks;
    return ticks * PIT_HZ / (from.pit - to.pit);
}

/* Two measurements in a row that agree within 1/1024: a host that took the CPU away spoils one. */
uint64_t apic_calibrate(void)
{
    *lapic(LAPIC_LVT_TIMER) = MASKED | VECTOR_TIMER;
    uint64_t hz = calibrate_once();
    for (uint32_t i = 0; i < CALIBRATE_TRIES; i++) {
        uint64_t last = hz;
        hz = calibrate_once();
        if ((hz > last ? hz - last : last - hz) < hz >> 10) {
            break;
        }
    }
    *lapic(LAPIC_TIMER_INITIAL) = 0;
    *lapic(LAPIC_LVT_TIMER) = VECTOR_TIMER;
    return hz;
}

/* The counter holds 32 bits: a farther deadline takes several rounds, which the core never sees. */
static void timer_arm(uint64_t deadline, uint64_t now)
{
    enum { ROUND_MAX = 1 << 30 }; /* fits while the counter runs below four times the TSC's rate */
    uint64_t ticks = deadline > now ? deadline - now : 0;
    if (ticks > ROUND_MAX) {
        ticks = ROUND_MAX;
    }
    *lapic(LAPIC_TIMER_INITIAL) = (uint32_t)(ticks * lapic_per_tick >> 32) + 1;
}

void arch_timer_set(uint64_t ticks)
{
    cpu()->arch.deadline = ticks;
    if (ticks == ~0ull) {
        *lapic(LAPIC_TIMER_INITIAL) = 0;
    } else {
        timer_arm(ticks, rdtsc());
    }
}

void arch_irq_mask(uint32_t line)
{
    lines[line].masked = true;
}

void arch_irq_unmask(uint32_t line)
{
    lines[line].masked = false;
    pin_set(line, 0);
    if (lines[line].pending) {
        lines[line].pending = false;
        *lapic(LAPIC_COMMAND) = LAPIC_TO_SELF | (VECTOR_IRQ + line);
    }
}

void apic_interrupt(uint32_t vector, uint64_t now)
{
    if (vector == VECTOR_SPURIOUS) {
        return; /* has no EOI */
    }
    *lapic(LAPIC_EOI) = 0;

    uint32_t line = vector - VECTOR_IRQ;
    uint64_t deadline = cpu()->arch.deadline;
    if (line < IRQ_LINES) {
        if (lines[line].masked) {
            lines[line].pending = true;
            pin_set(line, MASKED);
        } else {
            core_irq(line, now);
        }
    } else if (vector == VECTOR_TIMER && now < deadline && deadline != ~0ull) {
        timer_arm(deadline, now);
    } else if (vector == VECTOR_TIMER && deadline != ~0ull) {
        core_tick(now);
    }
}
