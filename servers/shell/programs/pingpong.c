/*
 * pingpong.c - both ends of a call: `ping ROUNDS` calls, `pong` answers with the number plus one.
 * Both count; ping tells pong at the end how many calls it made, and they must agree.
 */
#include "bytes.h"
#include "idl/axiom.h"
#include "panic.h"
#include "slots.h"
#include "terminal.h"
#include "text.h"

enum { LABEL_PING = 1, LABEL_END = 2 };

static int pong(cap_t endpoint)
{
    struct self_reply_create_in in = {.slot = slot_alloc()};
    struct message m = {0};
    uint64_t count = 0;

    if (self_reply_create(CAP_SLOT_SELF, &in) != OK) return 1;
    for (;;) {
        if (sys_reply_recv(endpoint, in.slot, 0, &m) != OK) return 1;
        if (msg_label(m.info) == LABEL_END) break;
        count++;
        m.info = msg_info(OK, 1, 0, 0);
        m.w[0]++;
    }
    bool agree = m.w[0] == count;
    terminal_print("pong: %lu calls received, %lu sent: %s\n", count, m.w[0],
                   agree ? "equal" : "NOT EQUAL");
    m.info = msg_info(agree ? OK : ERR_RANGE, 0, 0, 0);
    return sys_reply(in.slot, &m) == OK && agree ? 0 : 1;
}

static int ping(cap_t endpoint, uint64_t rounds)
{
    uint64_t least = UINT64_MAX, all = 0;
    struct message m;

    if (rounds == 0) return 1;
    for (uint64_t i = 0; i < rounds; i++) {
        m = (struct message){.info = msg_info(LABEL_PING, 1, 0, 0), .w = {i}};
        uint64_t start = ticks_now();
        enum err err = sys_call(endpoint, 0, &m);
        uint64_t ticks = ticks_now() - start;
        if (err != OK || m.w[0] != i + 1) {
            terminal_print("ping: call %lu failed (error %d)\n", i, err);
            return 1;
        }
        if (ticks < least) least = ticks;
        all += ticks;
    }
    m = (struct message){.info = msg_info(LABEL_END, 1, 0, 0), .w = {rounds}};
    if (sys_call(endpoint, 0, &m) != OK || msg_label(m.info) != OK) return 1;
    terminal_print("ping: %lu calls answered; ticks for one: least %lu, average %lu\n", rounds,
                   least, all / rounds);
    return 0;
}

int main(int argc, char **argv)
{
    cap_t endpoint = startup_cap("peer");
    uint64_t rounds;

    if (endpoint == 0) return 2;
    if (argc == 2 && strcmp(argv[1], "pong") == 0) return pong(endpoint);
    if (argc != 3 || !text_parse_u64(argv[2], strlen(argv[2]), &rounds) || rounds == 0) return 2;
    return ping(endpoint, rounds);
}
