/* mute.c - a service that says it is ready, and never answers: to show what becomes of such. */
#include "idl/axiom.h"
#include "idl/registry.h"
#include "slots.h"

int main(int argc, char **argv)
{
    uint64_t word;
    struct self_notification_create_in never = {.slot = slot_alloc(), .badge = 1};

    (void)argc;
    (void)argv;
    if (self_notification_create(CAP_SLOT_SELF, &never) != OK) return 1;
    (void)registry_ready(CAP_SLOT_REGISTRY);
    return sys_wait(never.slot, &word) == OK;
}
