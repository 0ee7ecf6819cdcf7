/*
 * absent.c - stands in for a service that init has given up: refuses every call, so that no client
 * waits for an answer that will not come.
 */
#include "idl/axiom.h"
#include "panic.h"
#include "slots.h"

int main(int argc, char **argv)
{
    cap_t service = startup_cap("service");
    struct self_reply_create_in reply = {.slot = slot_alloc()};
    struct message m = {0};

    (void)argc;
    (void)argv;
    if (self_reply_create(CAP_SLOT_SELF, &reply) != OK) PANIC("no Reply");
    for (;;) {
        enum err err = sys_reply_recv(service, reply.slot, 0, &m);
        if (err != OK && err != ERR_PARTIAL) return EXIT_ERROR;
        m = (struct message){.info = msg_info(ERR_PEER_DIED, 0, 0, 0)};
    }
}
