/* operate.c - see operate.h. */
#include "operate.h"

enum { NO_ROOM = 127 };

void make_room_in_rings(void)
{
    const volatile struct log_header *h = (const volatile struct log_header *)BOOT_LOG_ADDR;
    if (h->commit_head - h->commit_tail < 1024 && h->event_head - h->event_tail < 1024) return;
    struct message m = {.w = {h->commit_head, h->event_head}};
    if (sys_invoke(GS_LOG, OP_LOG_ACK, 2, &m) != OK) finish(NO_ROOM);
}

enum err op(enum operation operation, uint64_t name, uint64_t w0, uint64_t w1, uint64_t w2,
            uint64_t w3)
{
    for (;;) {
        make_room_in_rings();
        struct message m = {.w = {w0, w1, w2, w3}};
        enum err e = sys_invoke(name, operation, 4, &m);
        if (e != ERR_PARTIAL) return e;
    }
}
