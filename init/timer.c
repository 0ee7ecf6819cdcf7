/*
 * timer.c - init's clock, until there is a time service.
 *
 * Waits until it is armed, then signals when ten milliseconds have passed. It reads the time stamp
 * counter until then, but its scheduling context lets it run for 0.5 ms in every 10 only.
 */
#include "idl/registry.h"
#include "panic.h"
#include "startup.h"

enum { TICKS_PER_SECOND = 100 };

int main(int argc, char **argv)
{
    cap_t arm = startup_cap("arm"), tick = startup_cap("tick");
    uint64_t period = startup_page()->tick_hz / TICKS_PER_SECOND;

    (void)argc;
    (void)argv;
    (void)registry_ready(CAP_SLOT_REGISTRY);
    for (;;) {
        uint64_t word;
        if (sys_wait(arm, &word) != OK) return EXIT_ERROR;
        uint64_t start = ticks_now();
        while (ticks_now() - start < period) {
        }
        if (sys_signal(tick) != OK) return EXIT_ERROR;
    }
}
