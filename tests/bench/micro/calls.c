/* calls.c - who calls and who answers, and a revoke by the clock: for rows of several files. */
#include "micro.h"

cap_t to_server, from_clients, to_client;

void client_calls(uint64_t info, uint32_t rounds)
{
    for (uint32_t i = 0; i < rounds; i++) {
        struct message m = {.info = info};
        uint32_t start = stamp();
        enum err e = sys_call(to_server, 0, &m);
        uint32_t end = stamp();
        THREAD_NEED(e == OK);
        sample(end - start);
    }
    row_done();
}

void server_answers(uint64_t info)
{
    struct message m = {.info = 0};
    enum err e = sys_recv(from_clients, to_client, 0, &m);
    for (;;) {
        THREAD_NEED(e == OK);
        m.info = info;
        e = sys_reply_recv(from_clients, to_client, 0, &m);
    }
}

void revoke_sampled(uint64_t slot)
{
    enum err e;
    make_room_in_rings();
    uint32_t start = stamp();
    do {
        struct message m = {0};
        e = sys_invoke(in(GS_CNODE, slot), OP_REVOKE, 0, &m);
    } while (e == ERR_PARTIAL);
    uint32_t end = stamp();
    NEED(e == OK);
    sample(end - start);
}
