/*
 * timer.c - init's clock, until there is a time service.
 *
 * Waits until it is armed, then signals when its scheduling context has a new period, which is ten
 * milliseconds long: whoever yields waits for that.
 */
#include "idl/registry.h"
#include "panic.h"
#include "startup.h"

int main(int argc, char **argv)
{
    cap_t arm = startup_cap("arm"), tick = startup_cap("tick");

    (void)argc;
    (void)argv;
    (void)registry_ready(CAP_SLOT_REGISTRY);
    for (;;) {
        uint64_t word;
        if (sys_wait(arm, &word) != OK) return EXIT_ERROR;
        sys_yield();
        if (sys_signal(tick) != OK) return EXIT_ERROR;
    }
}
