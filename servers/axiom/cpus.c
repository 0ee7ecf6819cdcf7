/* cpus.c - see cpus.h. */
#include "cpus.h"

#include "abi/boot.h"
#include "kern.h"
#include "process.h"

enum { IDS_ASKED = 8 };

static uint32_t up = 1, turns;

/* It costs nothing to ask for one that is not there. ACPI would tell, but not to axiom. */
void cpus_start(void)
{
    for (uint64_t id = 1; id < IDS_ASKED; id++) {
        struct message m = {.w = {id}};
        (void)kern_invoke(GS_IRQ_CONTROL, OP_CPU_START, 1, &m);
    }
}

void cpus_seen(uint32_t index)
{
    if (index >= up) up = index + 1;
}

uint32_t cpus_up(void)
{
    return up;
}

uint8_t cpus_turn(uint32_t maker)
{
    return maker <= PID_INIT ? 0 : (uint8_t)(turns++ % up);
}
