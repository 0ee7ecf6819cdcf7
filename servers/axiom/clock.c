/*
 * clock.c - how many time stamp ticks a second has, by channel 2 of the 8254 (Intel's data sheet),
 * which no driver of ours uses. The kernel counts ticks and does not need to know.
 */
#include "clock.h"

#include "abi/boot.h"
#include "kern.h"
#include "panic.h"

enum { PIT_HZ = 1193182, PIT_CHANNEL2 = 0x42, PIT_COMMAND = 0x43, PIT_GATE = 0x61 };
enum { LATCH_2 = 0x80, COUNT_DOWN_2 = 0xb0, TRIES = 8 };
enum { WINDOW_TICKS = 1 << 21, SHORT_TICKS = 1 << 16, DOUBT_PART = 2048 };

struct sample {
    uint64_t ticks, doubt; /* it was latched at most so much before or after */
    uint32_t count;        /* falls */
};

static cap_t counter_ports, gate_ports;
static struct sample begun;

static uint32_t port_in(cap_t ports, uint16_t port)
{
    struct message m = {.w = {port, 1}};
    CHECK(kern_invoke(ports, OP_PORT_IN, 2, &m) == OK);
    return (uint32_t)m.w[0];
}

static void port_out(cap_t ports, uint16_t port, uint8_t value)
{
    struct message m = {.w = {port, 1, value}};
    CHECK(kern_invoke(ports, OP_PORT_OUT, 3, &m) == OK);
}

/* The count is latched at some moment of the first write. */
static struct sample sample(void)
{
    uint64_t before = ticks_now();
    port_out(counter_ports, PIT_COMMAND, LATCH_2);
    uint64_t after = ticks_now();
    uint32_t low = port_in(counter_ports, PIT_CHANNEL2);
    return (struct sample){.ticks = before + (after - before) / 2,
                           .doubt = (after - before) / 2,
                           .count = low | port_in(counter_ports, PIT_CHANNEL2) << 8};
}

static uint64_t hz_between(const struct sample *a, const struct sample *b)
{
    uint32_t passed = (a->count - b->count) & 0xffff;
    CHECK(passed != 0); /* no such counter */
    return (b->ticks - a->ticks) * PIT_HZ / passed;
}

static struct sample sample_after(uint64_t start, uint64_t ticks)
{
    while (ticks_now() - start < ticks) {
    }
    return sample();
}

static uint64_t measure_once(void)
{
    struct sample a = sample(), b = sample_after(a.ticks, WINDOW_TICKS);
    return hz_between(&a, &b);
}

/* From clock_begin() to now, without a wait, if both ends are sharp. The counter begins anew every
 * 55 ms: if it did meanwhile, what it says is less than half of what a short look says. 0: no. */
static uint64_t measure_since(void)
{
    struct sample a = sample(), b = sample_after(a.ticks, SHORT_TICKS);
    uint64_t window = b.ticks - begun.ticks;
    if (window < WINDOW_TICKS || (begun.doubt + b.doubt) * DOUBT_PART > window) return 0;
    uint64_t hz = hz_between(&begun, &b), look = hz_between(&a, &b);
    return hz / 3 < look / 2 && look / 3 < hz / 2 ? hz : 0;
}

static cap_t ports_get(uint16_t first, uint16_t last)
{
    cap_t slot = own_alloc(1);
    struct message m = {.w = {first, last, name_in(GS_CNODE, slot)}};
    CHECK(slot != 0 && kern_invoke(GS_PORT_CONTROL, OP_PORTS_GET, 3, &m) == OK);
    return slot;
}

static void ports_drop(cap_t slot)
{
    CHECK(kern_delete(name_in(GS_CNODE, slot)) == OK);
    own_free(slot);
}

void clock_begin(void)
{
    counter_ports = ports_get(PIT_CHANNEL2, PIT_COMMAND);
    gate_ports = ports_get(PIT_GATE, PIT_GATE);
    port_out(gate_ports, PIT_GATE, (uint8_t)((port_in(gate_ports, PIT_GATE) & 0xfc) | 1));
    port_out(counter_ports, PIT_COMMAND, COUNT_DOWN_2);
    port_out(counter_ports, PIT_CHANNEL2, 0xff);
    port_out(counter_ports, PIT_CHANNEL2, 0xff);
    (void)sample(); /* takes longer than the count takes to be loaded */
    begun = sample();
}

/* Until two in a row agree within 1/512: a host that took the processor away spoils one. */
static uint64_t measure_anew(void)
{
    uint64_t hz = measure_once(), last = 0;
    for (uint32_t i = 0; i < TRIES && hz - last + (hz >> 9) > hz >> 8; i++) {
        last = hz;
        hz = measure_once();
    }
    return hz;
}

uint64_t clock_measure(void)
{
    uint64_t hz = measure_since();
    if (hz == 0) hz = measure_anew();
    ports_drop(counter_ports);
    ports_drop(gate_ports);
    return hz;
}
