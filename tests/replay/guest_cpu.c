/* guest_cpu.c - compiled against the machine's own arch_window.h, for the one size that differs. */
#include "guest.h"

#include "thread.h"

uint64_t guest_cpu_bytes(void)
{
    return sizeof(struct arch_cpu);
}
