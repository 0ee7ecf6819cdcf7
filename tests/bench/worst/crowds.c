/* crowds.c - the worst cases of messages and of many threads. */
#include "worst.h"

enum { MANY = 400, CLIENTS = 17, LEAST = 10000 /* ticks */ };
enum { IN_BIG = 10, SENT = 100, RECEIVED = 200 }; /* slots of the big CNode */
#define WINDOW 0x50000000ull

static struct ask asks[CLIENTS];

/* The page of buffer `n`, which is also mapped for us. */
static struct ipc_buffer *buffer_make(uint64_t n)
{
    uint64_t at = WINDOW + n * 4096, table = TABLES;
    enum err e;
    make_own(POOL, CAP_FRAME, PAGE_BITS, BUFFERS + n);
    while ((e = op(OP_MAP, BUFFERS + n, GS_ASPACE, at, RIGHT_READ | RIGHT_WRITE, 0)) ==
           ERR_NO_TABLE) {
        make_own(POOL, CAP_PTABLE, 0, table);
        NEED(op(OP_MAP, table++, GS_ASPACE, at, 0, 0) == OK);
    }
    NEED(e == OK);
    return (struct ipc_buffer *)at;
}

/* A call whose message is as long as any, and whose last capability cannot arrive. */
static void client_make(uint64_t n, bool arrives)
{
    struct ipc_buffer *b = buffer_make(n);
    for (uint64_t i = 0; i < MSG_CAPS_MAX; i++) {
        b->caps[i] = (struct msg_cap){.slot = SENT, .rights = RIGHTS_ALL};
    }
    if (!arrives) b->caps[MSG_CAPS_MAX - 1].slot = SENT + 1;
    asks[n] = (struct ask){IN_BIG, msg_info(0, MSG_WORDS_MAX, MSG_CAPS_MAX, MSG_CAPS_MAX),
                           (RECEIVED + 10 * n) << 32};
    thread_make(&(struct thread_wish){.slot = THREAD + n,
                                      .entry = thread_calls,
                                      .argument = (uint64_t)&asks[n],
                                      .budget = BUDGET,
                                      .period = BUDGET,
                                      .buffer = BUFFERS + n,
                                      .priority = 100});
}

/* One answers a long call, and receives past many that fail until one is as long again. */
void worst_message(void)
{
    struct ipc_buffer *own = (struct ipc_buffer *)BOOT_BUFFER_ADDR;
    uint64_t slots = REPLIES + 10;
    make_own(POOL, CAP_ENDPOINT, 0, ENDPOINT);
    make_own(POOL, CAP_REPLY, 0, REPLIES);
    make_own(POOL, CAP_NOTIFICATION, 0, REPLIES + 1);
    NEED(op(OP_COPY, in(BIG, IN_BIG), ENDPOINT, RIGHTS_ALL, 0, 0) == OK);
    NEED(op(OP_COPY, in(BIG, SENT), REPLIES + 1, RIGHTS_ALL, 0, 0) == OK);
    for (uint64_t n = 0; n < CLIENTS; n++) {
        client_make(n, n == 0 || n == CLIENTS - 1);
        if (n == 0) let_run();
    }
    let_run();
    struct message m = {.info = msg_info(0, 0, 0, MSG_CAPS_MAX)};
    NEED(sys_recv(ENDPOINT, REPLIES, (cap_t)slots, &m) == OK && m.info & MSG_CALL);
    for (uint64_t i = 0; i < MSG_CAPS_MAX; i++) {
        own->caps[i] = (struct msg_cap){.slot = REPLIES + 1, .rights = RIGHTS_ALL};
    }
    m.info = msg_info(0, MSG_WORDS_MAX, MSG_CAPS_MAX, MSG_CAPS_MAX);
    NEED(sys_reply_recv(ENDPOINT, REPLIES, (cap_t)slots + 10, &m) == OK);
    NEED(m.info & MSG_CALL && msg_caps(m.info) == MSG_CAPS_MAX);
    for (uint64_t n = 0; n < CLIENTS; n++) {
        thread_end(THREAD + n);
    }
}

/* Many wait at one endpoint; capabilities through which few wait go. */
void worst_senders(void)
{
    enum { FEW = 16 };
    NEED(op(OP_MINT, in(BIG, IN_BIG + 1), ENDPOINT, RIGHTS_ALL, 7, 0) == OK);
    for (uint64_t i = 0; i < FEW; i++) {
        NEED(op(OP_COPY, in(BIG, SENT + 10 + i), in(BIG, IN_BIG + 1), RIGHTS_ALL, 0, 0) == OK);
    }
    for (uint64_t i = 0; i < MANY; i++) {
        bool last = i >= MANY - FEW;
        thread_make(&(struct thread_wish){.slot = THREAD + i,
                                          .entry = thread_sends,
                                          .argument = last ? SENT + 10 + MANY - 1 - i : IN_BIG,
                                          .budget = BUDGET,
                                          .period = BUDGET,
                                          .priority = 100});
    }
    let_run();
    NEED(op(OP_REVOKE, in(BIG, IN_BIG + 1), 0, 0, 0, 0) == OK);
    for (uint64_t i = 0; i < MANY; i++) {
        thread_end(THREAD + i);
    }
}

/* Many are ready and none has a context. */
void worst_idle(void)
{
    for (uint64_t i = 0; i < MANY; i++) {
        thread_make(
            &(struct thread_wish){.slot = THREAD + i, .entry = thread_spins, .priority = 100});
    }
    let_run();
    for (uint64_t i = 0; i < MANY; i++) {
        thread_end(THREAD + i);
    }
}

/* Its budget comes back after `period`, which has to leave time for all others. */
static void spinner_make(uint64_t slot, uint64_t period)
{
    thread_make(&(struct thread_wish){
        .slot = slot, .entry = thread_spins, .budget = LEAST, .period = period, .priority = 100});
    let_run();
}

/* All use up a budget that comes back at nearly the same time; the first says how long it takes to
 * make them. */
void worst_refill(void)
{
    uint64_t start = ticks_now();
    spinner_make(THREAD + MANY, BUDGET);
    uint64_t all = 3 * MANY * (ticks_now() - start), until = ticks_now() + all;
    for (uint64_t i = 0; i < MANY; i++) {
        uint64_t left = until - ticks_now();
        spinner_make(THREAD + i, left > all / 4 && left <= all ? left : BUDGET);
    }
    while (ticks_now() < until) {
    }
    let_run();
    for (uint64_t i = 0; i <= MANY; i++) {
        thread_end(THREAD + i);
    }
}
