/* message.c - rows of calls and replies. */
#include "micro.h"

/* Slots of a row's threads, in their own processes. */
static cap_t to_server, from_clients, reply;

/* A client calls with words and gets as many back. */
static void client(uint64_t info)
{
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct message m = {.info = info};
        uint32_t start = stamp();
        enum err e = sys_call(to_server, 0, &m);
        uint32_t end = stamp();
        THREAD_NEED(e == OK);
        sample(end - start);
    }
    row_done();
}

static void server(uint64_t info)
{
    struct message m = {.info = 0};
    enum err e = sys_recv(from_clients, reply, 0, &m);
    for (;;) {
        THREAD_NEED(e == OK);
        m.info = info;
        e = sys_reply_recv(from_clients, reply, 0, &m);
    }
}

/* a: words. b: the process of the server; the client's is LEFT. */
static void run_call(const struct row *row)
{
    uint64_t endpoint = make(CAP_ENDPOINT, 0), info = msg_info(1, row->a, 0, 0);
    to_server = give(LEFT, endpoint, RIGHTS_ALL, 7);
    from_clients = give(row->b, endpoint, RIGHTS_ALL, 0);
    reply = reply_make(row->b);
    thread_make(
        &(struct thread_wish){.process = row->b, .entry = server, .argument = info, .buffer = 1});
    thread_make(
        &(struct thread_wish){.process = LEFT, .entry = client, .argument = info, .buffer = 2});
    row_runs();
}

const struct row rows_message[] = {
    {"call_0", run_call, 0, RIGHT, 0},
    {"call_4", run_call, 4, RIGHT, 0},
    {"call_8", run_call, 8, RIGHT, 0},
    {"call_0_same_space", run_call, 0, LEFT, 0},
    {"call_4_same_space", run_call, 4, LEFT, 0},
    {"call_8_same_space", run_call, 8, LEFT, 0},
    {"call_10", run_call, 10, RIGHT, 0},
    {"call_buffer_64", run_call, 8 + 64 / 8, RIGHT, 0},
    {"call_buffer_512", run_call, 8 + 512 / 8, RIGHT, 0},
    {"call_buffer_4032", run_call, MSG_WORDS_MAX, RIGHT, 0},
    {0},
};
