/* message.c - rows of calls and replies. */
#include "micro.h"

static uint32_t volatile started; /* on one side */
static bool replies_measured;
enum { HANDED = 64 }; /* and up: slots of capabilities that arrive */

static void client(uint64_t info)
{
    client_calls(info, ROUNDS);
}

/* Half of it: the time stamp is taken on this side and on the other. */
static void client_one_way(uint64_t info)
{
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct message m = {.info = info};
        started = stamp();
        enum err e = sys_call(to_server, 0, &m);
        uint32_t end = stamp();
        THREAD_NEED(e == OK);
        if (replies_measured) sample(end - started);
    }
    row_done();
}

static void server_one_way(uint64_t info)
{
    struct message m = {.info = 0};
    enum err e = sys_recv(from_clients, to_client, 0, &m);
    for (;;) {
        uint32_t end = stamp();
        THREAD_NEED(e == OK);
        if (!replies_measured) sample(end - started);
        m.info = info;
        started = stamp();
        e = sys_reply_recv(from_clients, to_client, 0, &m);
    }
}

/* A client hands over capabilities, or gets them, in slots that were never used before. */
static void client_caps(uint64_t info)
{
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint32_t slots = msg_slots(info);
        struct message m = {.info = info};
        cap_t into = slots != 0 ? HANDED + i * slots : 0;
        uint32_t start = stamp();
        enum err e = sys_call(to_server, into, &m);
        uint32_t end = stamp();
        THREAD_NEED(e == OK);
        THREAD_NEED(msg_caps(m.info) == slots);
        sample(end - start);
    }
    row_done();
}

static void server_caps(uint64_t info)
{
    uint32_t slots = msg_slots(info);
    cap_t into = slots != 0 ? HANDED : 0;
    struct message m = {.info = msg_info(0, 0, 0, slots)};
    enum err e = sys_recv(from_clients, to_client, into, &m);
    for (;;) {
        THREAD_NEED(e == OK);
        into += slots;
        m.info = info;
        e = sys_reply_recv(from_clients, to_client, into, &m);
    }
}

/* Takes one message after another; says how long each took. */
static void server_busy(uint64_t info)
{
    struct message m = {.info = 0};
    enum err e = sys_recv(from_clients, to_client, 0, &m);
    uint32_t start = stamp();
    while (sample_count < ROUNDS) {
        m.info = info;
        e = sys_reply_recv(from_clients, to_client, 0, &m);
        uint32_t end = stamp();
        THREAD_NEED(e == OK);
        sample(end - start);
        start = stamp();
    }
    row_done();
}

static void client_busy(uint64_t info)
{
    for (;;) {
        struct message m = {.info = info};
        enum err e = sys_call(to_server, 0, &m);
        THREAD_NEED(e == OK);
    }
}

static void sender(uint64_t info)
{
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct message m = {.info = info};
        started = stamp();
        enum err e = sys_send(to_server, &m);
        THREAD_NEED(e == OK);
    }
    row_done();
}

static void receiver(uint64_t info)
{
    (void)info;
    for (;;) {
        struct message m = {.info = 0};
        enum err e = sys_recv(from_clients, 0, 0, &m);
        uint32_t end = stamp();
        THREAD_NEED(e == OK);
        sample(end - started);
    }
}

static void endpoint_make(uint32_t process)
{
    uint64_t endpoint = make(CAP_ENDPOINT, 0);
    to_server = give(LEFT, endpoint, RIGHTS_ALL, 7);
    from_clients = give(process, endpoint, RIGHTS_ALL, 0);
    to_client = reply_make(process);
}

/* a: words. b: the process of the server; the client's is LEFT. */
static void run_call(const struct row *row)
{
    uint64_t info = msg_info(1, row->a, 0, 0);
    endpoint_make(row->b);
    thread_make(&(struct thread_wish){
        .process = row->b, .entry = server_answers, .argument = info, .buffer = 1});
    thread_make(
        &(struct thread_wish){.process = LEFT, .entry = client, .argument = info, .buffer = 2});
    row_runs();
}

/* a: nonzero, the way back. */
static void run_one_way(const struct row *row)
{
    replies_measured = row->a != 0;
    endpoint_make(RIGHT);
    thread_make(&(struct thread_wish){.process = RIGHT, .entry = server_one_way});
    thread_make(&(struct thread_wish){.process = LEFT, .entry = client_one_way});
    row_runs();
}

/* a: capabilities in each call. b: in each answer. */
static void run_caps(const struct row *row)
{
    uint64_t object = make(CAP_NOTIFICATION, 0);
    endpoint_make(RIGHT);
    for (uint32_t i = 0; i < MSG_CAPS_MAX; i++) {
        for (uint32_t p = 0; p < PROCESSES; p++) {
            buffer(p)->caps[i] = (struct msg_cap){give(p, object, RIGHTS_ALL, 0), RIGHTS_ALL, 0};
        }
    }
    for (uint32_t p = 0; p < PROCESSES; p++) { /* so that all slots are cleared at the end */
        processes[p].next = HANDED + ROUNDS * MSG_CAPS_MAX;
    }
    thread_make(&(struct thread_wish){.process = RIGHT,
                                      .entry = server_caps,
                                      .argument = msg_info(0, 0, row->b, row->a),
                                      .buffer = RIGHT + 1});
    thread_make(&(struct thread_wish){.process = LEFT,
                                      .entry = client_caps,
                                      .argument = msg_info(0, 0, row->a, row->b),
                                      .buffer = LEFT + 1});
    row_runs();
}

/* a: so many clients, more urgent than the server, so all wait when it takes the next message. */
static void run_server(const struct row *row)
{
    endpoint_make(RIGHT);
    thread_make(&(struct thread_wish){.process = RIGHT, .entry = server_busy, .priority = 90});
    for (uint32_t i = 0; i < row->a; i++) {
        thread_make(&(struct thread_wish){.process = LEFT, .entry = client_busy});
    }
    row_runs();
}

/* To a more urgent receiver: until it has the message. */
static void run_send(const struct row *row)
{
    endpoint_make(RIGHT);
    thread_make(&(struct thread_wish){.process = RIGHT, .entry = receiver, .priority = 110});
    thread_make(&(struct thread_wish){
        .process = LEFT, .entry = sender, .argument = msg_info(0, row->a, 0, 0)});
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
    {"call_one_way", run_one_way, 0, 0, 0},
    {"reply_one_way", run_one_way, 1, 0, 0},
    {"call_cap_1", run_caps, 1, 0, 0},
    {"call_cap_2", run_caps, 2, 0, 0},
    {"call_cap_3", run_caps, 3, 0, 0},
    {"reply_cap_1", run_caps, 0, 1, 0},
    {"server_1", run_server, 1, 0, 0},
    {"server_4", run_server, 4, 0, 0},
    {"server_16", run_server, 16, 0, 0},
    {"send_wakes", run_send, 0, 0, 0},
    {"scale/server_of_clients/1", run_server, 1, 0, 0},
    {"scale/server_of_clients/2", run_server, 2, 0, 0},
    {"scale/server_of_clients/4", run_server, 4, 0, 0},
    {"scale/server_of_clients/8", run_server, 8, 0, 0},
    {"scale/server_of_clients/16", run_server, 16, 0, 0},
    {0},
};
