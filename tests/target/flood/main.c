/*
 * main.c - flood: makes as many commits as it is given credits for, as fast as it can, and never
 * ends: capabilities that nobody asked for, in calls that axiom refuses.
 */
#include "idl/axiom.h"
#include "slots.h"

enum { EACH = 4 };

int main(int argc, char **argv)
{
    cap_t first = slot_alloc_run(EACH);
    (void)argc;
    (void)argv;
    for (uint32_t i = 0; i < EACH; i++) {
        const struct self_endpoint_create_in in = {.slot = first + i};
        if (self_endpoint_create(CAP_SLOT_SELF, &in) != OK) return 1;
    }
    for (;;) {
        struct message m = {.info = msg_info(SELF_INFO, 0, EACH, 0)};
        for (uint32_t i = 0; i < EACH; i++) {
            ipc_buffer()->caps[i] = (struct msg_cap){.slot = first + i, .rights = RIGHTS_ALL};
        }
        if (sys_call(CAP_SLOT_SELF, 0, &m) != OK) sys_yield();
    }
}
