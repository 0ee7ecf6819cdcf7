/*
 * clock.c - how many time stamp ticks a second has, by channel 2 of the 8254 (Intel's data sheet),
 * which no driver of ours uses. The kernel counts ticks and does not need to know.
 */
#include "clock.h"

#include "abi/boot.h"
#include "kern.h"
#include "panic.h"

enum { PIT_HZ = 1193182, PIT_CHANNEL2 = 0x42, PIT_COMMAND = 0x43, PIT_GATE = 0x61 };
enum { LATCH_2 = 0x80, COUNT_DOWN_2 = 0xb0, WINDOW_TICKS = 1 << 21, TRIES = 8 };

struct sample {
    uint64_t ticks;
    uint32_t count; /* falls */
};

static cap_t counter_ports, gate_ports;

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
                           .count = low | port_in(counter_ports, PIT_CHANNEL2) << 8};
}

static uint64_t measure_once(void)
{
    struct sample a = sample();
    while (ticks_now() - a.ticks < WINDOW_TICKS) {
    }
    struct sample b = sample();
    uint32_t passed = (a.count - b.count) & 0xffff;
    CHECK(passed != 0); /* no such counter */
    return (b.ticks - a.ticks) * PIT_HZ / passed;
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

/* Until two in a row agree within 1/512: a host that took the processor away spoils one. */
uint64_t clock_measure(void)
{
    counter_ports = ports_get(PIT_CHANNEL2, PIT_COMMAND);
    gate_ports = ports_get(PIT_GATE, PIT_GATE);
    port_out(gate_ports, PIT_GATE, (uint8_t)((port_in(gate_ports, PIT_GATE) & 0xfc) | 1));
    port_out(counter_ports, PIT_COMMAND, COUNT_DOWN_2);
    port_out(counter_ports, PIT_CHANNEL2, 0xff);
    port_out(counter_ports, PIT_CHANNEL2, 0xff);
    (void)sample(); /* takes longer than the count takes to be loaded */
    uint64_t hz = measure_once(), last = 0;
    for (uint32_t i = 0; i < TRIES && hz - last + (hz >> 9) > hz >> 8; i++) {
        last = hz;
        hz = measure_once();
    }
    ports_drop(counter_ports);
    ports_drop(gate_ports);
    return hz;
}
