/* machine.c - the clock chip of a PC, as servers/time/chip.c uses it: registers behind two ports,
 * and an interrupt that makes the time pass. */
#include "abi/syscall.h"
#include "sim.h"

enum { PORT_INDEX = 0x70, PORT_DATA = 0x71, REGISTERS = 128, RATE = 128 };
enum { REG_B = 11, REG_C = 12, B_PERIODIC = 0x40 };

/* The battery holds; binary, 24 hours; a day of the year 2026. */
static struct {
    uint8_t index, reg[REGISTERS];
    bool read; /* since the last interrupt */
} chip = {.reg = {[4] = 12, [7] = 15, [8] = 6, [9] = 26, [REG_B] = 6, [13] = 0x80, [0x32] = 20},
          .read = true};

enum err machine_invoke(uint32_t operation, struct message *m)
{
    uint16_t port = (uint16_t)m->w[0];
    if (operation == OP_PORT_OUT && port == PORT_INDEX) chip.index = m->w[2] % REGISTERS;
    if (operation == OP_PORT_OUT && port == PORT_DATA) chip.reg[chip.index] = (uint8_t)m->w[2];
    if (operation != OP_PORT_IN) return OK;
    m->w[0] = port == PORT_DATA ? chip.reg[chip.index] : 0;
    chip.read = chip.read || chip.index == REG_C;
    return OK;
}

bool machine_busy(void)
{
    const struct process *p = &sim.processes[PROGRAM_TIME];
    return p->lives && p->signal != NULL && chip.read && (chip.reg[REG_B] & B_PERIODIC) != 0;
}

void machine_step(void)
{
    chip.read = false;
    sim.ticks += TICK_HZ / RATE;
    sim.count.interrupts++;
    object_signal(sim.processes[PROGRAM_TIME].signal, 1);
}
