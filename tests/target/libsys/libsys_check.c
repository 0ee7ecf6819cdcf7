/*
 * libsys_check.c - libsys inside the system: start-up, memory, threads, and a server in one
 * thread with its client in another, over the real kernel.
 *
 * Its exit code is 0, or the number of the first check that failed.
 */
#include "bytes.h"
#include "heap.h"
#include "idl/axiom.h"
#include "memory.h"
#include "panic.h"
#include "service.h"
#include "slots.h"
#include "thread.h"
#include "window.h"

enum { PRIORITY = 255, STACK_PAGES = 4, CALLS = 1000, CLIENT_BADGE = 77, SOURCE_BIT = 8 };
enum method { METHOD_ADD = 1, METHOD_REFUSE, METHOD_LATER, METHOD_RELEASE, METHOD_KEEP };

static struct {
    uint64_t sum, deaths, bits, badge;
    uint64_t held; /* token of the call that METHOD_LATER keeps */
    cap_t kept;
} server;

static struct service service;
static cap_t endpoint, source;
static cap_t done, parked; /* notifications of the clients */

static int answer(struct request *rq, int err)
{
    rq->answer.info = msg_info((uint32_t)err, 1, 0, 0);
    rq->answer.w[0] = server.sum;
    return err;
}

static int dispatch(struct service *svc, struct request *rq)
{
    (void)svc;
    server.badge = rq->badge;
    request_commit(rq, 1, rq->words, sizeof(uint64_t));
    switch ((enum method)msg_label(rq->info)) {
    case METHOD_ADD:
        return answer(rq, OK);
    case METHOD_LATER:
        server.held = rq->token;
        return REPLY_LATER;
    case METHOD_RELEASE: {
        struct message m = {.info = msg_info(OK, 1, 0, 0), .w = {4711}};
        if (request_answer(server.held, &m) != OK) return answer(rq, ERR_BUSY);
        return answer(rq, OK);
    }
    case METHOD_KEEP:
        server.kept = request_keep(rq, rq->caps[0].slot);
        return answer(rq, OK);
    case METHOD_REFUSE:
        return answer(rq, ERR_RANGE);
    }
    return answer(rq, ERR_SYSCALL);
}

static void apply(void *state, const struct record *record)
{
    (void)state;
    server.sum += record->payload[0];
}

static void on_signal(struct service *svc, uint64_t bits)
{
    (void)svc;
    server.bits |= bits;
}

static void on_death(struct service *svc, uint64_t badge)
{
    (void)svc;
    if (badge == CLIENT_BADGE) server.deaths++;
}

static int call(cap_t to, enum method method, uint64_t word, uint64_t *out_word)
{
    struct message m = {.info = msg_info(method, 1, 0, 0), .w = {word}};
    enum err err = sys_call(to, 0, &m);
    *out_word = m.w[0];
    return err != OK ? (int)err : (int)msg_label(m.info);
}

/* The second client: waits in the server until the first releases it. */
static void wait_in_server(void *argument)
{
    uint64_t word;
    (void)argument;
    if (call(endpoint, METHOD_LATER, 0, &word) != OK || word != 4711) program_exit(30);
    CHECK(sys_signal(done) == OK);
    for (;;) {
        (void)sys_wait(parked, &word);
    }
}

static bool calls_work(void)
{
    uint64_t word, want = 0;
    for (uint64_t i = 0; i < CALLS; i++) {
        if (call(endpoint, METHOD_ADD, i, &word) != OK || word != want) return false;
        want += i;
    }
    if (call(endpoint, METHOD_REFUSE, 1000000, &word) != ERR_RANGE) return false;
    return call(endpoint, METHOD_ADD, 0, &word) == OK && word == want;
}

static bool late_answers_work(void)
{
    uint64_t word;
    uint32_t id;
    const struct thread_args args = {
        .entry = wait_in_server, .stack_pages = STACK_PAGES, .priority = PRIORITY};
    if (thread_create(&args, &id) != OK) return false;
    while (__atomic_load_n(&server.held, __ATOMIC_RELAXED) == 0) {
        sys_yield();
    }
    if (call(endpoint, METHOD_RELEASE, 0, &word) != OK) return false;
    if (sys_wait(done, &word) != OK) return false;
    return call(endpoint, METHOD_RELEASE, 0, &word) == ERR_BUSY; /* once */
}

/* A badged capability: the server sees the badge, and hears when the last one is gone. */
static bool badges_and_deaths_work(void)
{
    uint64_t word;
    cap_t badged = slot_alloc();
    const struct self_mint_in mint = {.source = {.slot = endpoint, .rights = RIGHTS_ALL},
                                      .slot = badged,
                                      .rights = RIGHT_WRITE | RIGHT_GRANT,
                                      .badge = CLIENT_BADGE};
    if (self_mint(CAP_SLOT_SELF, &mint) != OK) return false;
    if (call(badged, METHOD_ADD, 0, &word) != OK || server.badge != CLIENT_BADGE) return false;
    slot_discard(badged);
    struct self_sync_out sync;
    for (int i = 0; i < 100 && server.deaths == 0; i++) {
        if (self_sync(CAP_SLOT_SELF, &sync) != OK) return false;
        sys_yield();
    }
    return server.deaths == 1;
}

static bool signals_reach_the_server(void)
{
    uint64_t word;
    if (sys_signal(source) != OK) return false;
    if (call(endpoint, METHOD_ADD, 0, &word) != OK) return false;
    return server.bits == SOURCE_BIT;
}

/* What the server keeps stays in its CSpace, which is ours; what it does not keep goes. */
static bool capabilities_travel(void)
{
    uint64_t word;
    struct message m = {.info = msg_info(METHOD_KEEP, 1, 1, 0)};
    ipc_buffer()->caps[0] = (struct msg_cap){.slot = done, .rights = RIGHT_WRITE};
    if (sys_call(endpoint, 0, &m) != OK || server.kept == 0) return false;
    if (sys_signal(server.kept) != OK || sys_wait(done, &word) != OK) return false;

    m = (struct message){.info = msg_info(METHOD_ADD, 1, 1, 0)};
    ipc_buffer()->caps[0] = (struct msg_cap){.slot = done, .rights = RIGHT_WRITE};
    if (sys_call(endpoint, 0, &m) != OK) return false;
    return sys_signal(service.receive) == ERR_CAP_EMPTY;
}

static bool memory_works(void)
{
    uint64_t window = window_alloc(3);
    if (memory_map(window, 3, RIGHT_READ | RIGHT_WRITE) != OK) return false;
    memset((void *)window, 0x5a, 3 * MEMORY_PAGE);
    if (memory_map(window, 1, RIGHT_READ) != SELF_BAD_ADDRESS) return false;
    if (memory_unmap(window, 3) != OK) return false;
    window_release(window, 3);
    for (int round = 0; round < 100; round++) {
        void *block = heap_alloc_zeroed(10000 + (size_t)round);
        if (block == NULL) return false;
        heap_free(block);
    }
    return heap_alloc(64 << 20) == NULL; /* beyond the quota: refused, not fatal */
}

static void run_checks(void *argument)
{
    (void)argument;
    int failed = 0;
    if (!memory_works()) failed = 10;
    if (failed == 0 && !calls_work()) failed = 11;
    if (failed == 0 && !late_answers_work()) failed = 12;
    if (failed == 0 && !badges_and_deaths_work()) failed = 13;
    if (failed == 0 && !signals_reach_the_server()) failed = 14;
    if (failed == 0 && !capabilities_travel()) failed = 15;
    program_exit(failed);
}

static cap_t notification_new(void)
{
    cap_t slot = slot_alloc();
    const struct self_notification_create_in in = {.slot = slot, .badge = 1};
    return self_notification_create(CAP_SLOT_SELF, &in) == OK ? slot : 0;
}

int main(int argc, char **argv)
{
    uint32_t id;
    const struct thread_args args = {
        .entry = run_checks, .stack_pages = STACK_PAGES, .priority = PRIORITY};
    if (argc < 1 || strcmp(argv[0], "libsys_check") != 0) return 1;
    endpoint = slot_alloc();
    const struct self_endpoint_create_in create = {.slot = endpoint};
    if (self_endpoint_create(CAP_SLOT_SELF, &create) != OK) return 2;
    done = notification_new();
    parked = notification_new();
    if (done == 0 || parked == 0) return 3;
    service = (struct service){.endpoint = endpoint,
                               .reply_count = 2,
                               .receive_slots = 2,
                               .dispatch = dispatch,
                               .apply = apply,
                               .signal = on_signal,
                               .death = on_death};
    if (service_init(&service) != OK) return 4;
    if (service_watch_deaths(&service) != OK) return 5;
    if (service_signal_source(&service, SOURCE_BIT, &source) != OK) return 6;
    if (thread_create(&args, &id) != OK) return 7;
    service_run(&service);
}
