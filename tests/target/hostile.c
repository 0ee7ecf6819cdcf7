/*
 * hostile.c - I9 as a comparison of two runs. A client and a server work together; beside them a
 * process that shares the server with the client is idle in one run, and does random things with
 * all that it holds in the other. What client, server and their maker can observe is the same, and
 * so is all authority that is neither the client's nor the random one's.
 */
#include "authority.h"
#include "bytes.h"
#include "memory.h"
#include "random.h"
#include "slots.h"

enum { CALLS = 3000, RANDOM_CALLS = 60000, STEP = 100, PAGES = 4, LABEL_ADD = 1 };
enum { BADGE_CLIENT = 1, BADGE_HOSTILE = 2, SLOTS_OWN = 16, SLOTS_TRIED = 64, GO = 2 };
enum { VECTOR_BREAKPOINT = 3, WARM_COUNT = 16, WARM_PAGES = 100, METHODS = 21 };
#define WARM_AT (STARTUP_HEAP + 0x10000000ull)

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
    return hash ^ hash >> 29;
}

static cap_t own_reply(void)
{
    struct self_reply_create_in in = {.slot = slot_alloc()};

    return self_reply_create(CAP_SLOT_SELF, &in) == OK ? in.slot : 0;
}

/* A sum for each badge, which whoever calls under another cannot see. */
static int child_sums(void)
{
    cap_t peer = startup_cap("peer"), reply = own_reply();
    uint64_t sums[3] = {0};
    struct message m = {0};
    enum err err = sys_recv(peer, reply, 0, &m);

    while (err == OK) {
        uint64_t *sum = &sums[m.cap < TEST_COUNT(sums) ? m.cap : 0];
        *sum = mix(*sum, m.w[0]);
        m = (struct message){.info = msg_info(0, 2, 0, 0), .w = {*sum, m.cap}};
        err = sys_reply_recv(peer, reply, 0, &m);
    }
    return (int)err;
}

/* What it does with axiom meanwhile: memory comes zeroed and goes, objects come and go. */
static uint64_t client_step(uint64_t seen, uint32_t i)
{
    struct self_endpoint_create_in in = {.slot = slot_alloc()};
    struct self_info_out out = {0};
    volatile uint64_t *page = (volatile uint64_t *)STARTUP_HEAP;

    seen = mix(seen, (uint64_t)memory_map(STARTUP_HEAP, PAGES, RIGHT_READ | RIGHT_WRITE));
    for (uint32_t w = 0; w < PAGES * MEMORY_PAGE / sizeof(uint64_t); w++) {
        seen = mix(seen, page[w]);
        page[w] = i;
    }
    seen = mix(seen, (uint64_t)self_info(CAP_SLOT_SELF, &out));
    seen = mix(seen, (uint64_t)out.info.pages << 32 | out.info.threads);
    seen = mix(seen, (uint64_t)memory_unmap(STARTUP_HEAP, PAGES));
    seen = mix(seen, (uint64_t)self_endpoint_create(CAP_SLOT_SELF, &in));
    seen = mix(seen, (uint64_t)sys_drop(in.slot));
    slot_release(in.slot);
    return seen;
}

/* Tells the parent a hash of all that it observed. */
static int child_client(void)
{
    cap_t peer = startup_cap("peer"), notification = startup_cap("self");
    uint64_t seed = 12345, seen = 0, word = 0;

    if (sys_wait(startup_cap("go"), &word) != OK) return 1;
    for (uint32_t i = 0; i < test_scaled(CALLS); i++) {
        struct message m = {.w = {random_next(&seed)}};
        seen = mix(seen, test_call(peer, LABEL_ADD, 1, &m));
        seen = mix(mix(mix(seen, m.w[0]), m.w[1]), m.info);
        seen = mix(seen, sys_signal(notification));
        seen = mix(seen, sys_poll(notification, &word));
        seen = mix(seen, word);
        if (i % STEP == 0) seen = client_step(seen, i);
    }
    struct message m = {.w = {seen}};
    return test_call(startup_cap("result"), LABEL_ADD, 1, &m) == OK ? 0 : 2;
}

/* One request to axiom, badly or well formed; anything but an exit, or a thread, whose fault would
 * be taken for this one's end. */
static void random_request(uint64_t *seed)
{
    struct message m = {0};
    uint32_t method = (uint32_t)random_next(seed) % METHODS;

    if (method == SELF_EXIT || method == SELF_THREAD_CREATE) method = SELF_SYNC;
    for (uint32_t w = 0; w < MSG_REGISTERS; w++) {
        uint64_t r = random_next(seed);
        m.w[w] = r % 3 == 0 ? r >> 58 : r % 3 == 1 ? STARTUP_HEAP + (r >> 52) * MEMORY_PAGE : r;
    }
    uint64_t *words = ipc_buffer()->words;
    words[0] = random_next(seed);
    ipc_buffer()->caps[0] =
        (struct msg_cap){.slot = (uint32_t)(random_next(seed) % SLOTS_OWN), .rights = RIGHTS_ALL};
    m.info = msg_info(method, (uint32_t)random_next(seed) % 9, random_next(seed) % 4 == 0, 0);
    (void)sys_call(CAP_SLOT_SELF, 0, &m);
}

/* It waits for nobody who may not come: the forms that wait take names of others' objects only. */
static void random_call(uint64_t *seed)
{
    struct message m = {.cap = random_next(seed) % SLOTS_TRIED,
                        .info = random_next(seed) & 0xffffffff,
                        .aux = random_next(seed) & 0x0000003f0000003full};
    uint64_t number = SYS_BASE + random_next(seed) % (SYS_END - SYS_BASE + 1);
    bool waits = number == SYS_RECV || number == SYS_WAIT || number == SYS_REPLY_RECV ||
                 number == SYS_CALL || number == SYS_SEND;
    bool keeps = number == SYS_DROP && m.cap < SLOTS_OWN;

    for (uint32_t w = 0; w < MSG_REGISTERS; w++) {
        m.w[w] = random_next(seed) >> (random_next(seed) & 63);
    }
    if (waits) m.cap = startup_cap(random_next(seed) & 1 ? "peer" : "other");
    if (number == SYS_DEBUG || keeps) return;
    (void)trap(number, &m);
}

static int child_hostile(void)
{
    bool hostile = strcmp(test_word(), "hostile") == 0;
    uint64_t seed = 0xbadc0ffee0ddf00dull, word;

    if (sys_wait(startup_cap("go"), &word) != OK) return 1;
    for (uint32_t i = 0; hostile && i < test_scaled(RANDOM_CALLS); i++) {
        if (i % 8 == 0) {
            random_request(&seed);
        } else {
            random_call(&seed);
        }
    }
    __asm__ volatile("int3");
    return 0;
}

struct run {
    uint64_t seen;                       /* by the client */
    uint64_t client;                     /* digest of its authority */
    struct axiom_process_info at_end[2]; /* client and server */
    bool complete;
};

struct scene {
    cap_t endpoint, result, reply, go_client, go_hostile;
    struct test_child server, client, hostile;
};

static bool scene_start(struct scene *s, const char *word)
{
    *s = (struct scene){.endpoint = test_endpoint(),
                        .result = test_endpoint(),
                        .reply = test_reply(),
                        .go_client = test_notification(GO),
                        .go_hostile = test_notification(GO)};
    struct spawn_cap serves[] = {{.name = "peer", .source = s->endpoint, .rights = RIGHTS_ALL}};
    struct spawn_cap asks[] = {
        {.name = "peer", .source = s->endpoint, .rights = RIGHT_WRITE, .badge = BADGE_CLIENT},
        {.name = "result", .source = s->result, .rights = RIGHT_WRITE},
        {.name = "go", .source = s->go_client, .rights = RIGHT_READ},
        {.name = "self", .source = test_notification(8), .rights = RIGHT_READ | RIGHT_WRITE}};
    struct spawn_cap hates[] = {
        {.name = "peer", .source = s->endpoint, .rights = RIGHT_WRITE, .badge = BADGE_HOSTILE},
        {.name = "other", .source = s->result, .rights = RIGHT_GRANT},
        {.name = "go", .source = s->go_hostile, .rights = RIGHT_READ},
        {.name = "signal", .source = test_notification(16), .rights = RIGHT_WRITE}};
    const struct test_child_args args[] = {
        {.name = "sums", .caps = serves, .cap_count = TEST_COUNT(serves)},
        {.name = "client", .caps = asks, .cap_count = TEST_COUNT(asks)},
        {.name = "hostile", .caps = hates, .cap_count = TEST_COUNT(hates), .word = word}};

    return test_child_start(&args[0], &s->server) && test_child_start(&args[1], &s->client) &&
           test_child_start(&args[2], &s->hostile);
}

static struct axiom_process_info info_of(const struct test_child *child)
{
    struct process_info_out out = {0};

    EXPECT_IS(process_info(child->process, &out), OK);
    return out.info;
}

/* Until both are where they wait for us: the client in its last call, the other at its end. */
static bool scene_play(const struct scene *s, struct run *out)
{
    struct message m = {0};
    struct test_fault fault;

    EXPECT_IS(sys_signal(s->go_hostile), OK);
    EXPECT_IS(sys_signal(s->go_client), OK);
    EXPECT_IS(sys_recv(s->result, s->reply, 0, &m), OK);
    out->seen = m.w[0];
    if (!test_fault_wait(&s->hostile, &fault)) return false;
    EXPECT_IS(fault.w[0], VECTOR_BREAKPOINT);
    return true;
}

static void mark(struct authority *a, const struct scene *s, struct run *out)
{
    struct axiom_process_info client = info_of(&s->client), hostile = info_of(&s->hostile);

    authority_own(a, client.cnode, client.slots);
    out->client = authority_digest(a);
    authority_own(a, hostile.cnode, hostile.slots);
}

/* What axiom cuts and keeps for itself when it needs more than ever before, it has before either
 * run begins: chunks, and notes of Memories. */
static void warm_up(void)
{
    struct self_memory_create_in in = {.address = WARM_AT, .pages = WARM_PAGES};
    const uint64_t step = WARM_PAGES * (uint64_t)MEMORY_PAGE;

    for (; in.address < WARM_AT + WARM_COUNT * step; in.address += step) {
        struct self_memory_create_out out = {.memory = {.slot = slot_alloc()}};
        EXPECT_IS(self_memory_create(CAP_SLOT_SELF, &in, &out), OK);
        slot_discard(out.memory.slot);
    }
    while (in.address > WARM_AT) {
        in.address -= step;
        const struct self_memory_detach_in detach = {.address = in.address};
        EXPECT_IS(self_memory_detach(CAP_SLOT_SELF, &detach), OK);
    }
}

static struct run run_with(const char *word)
{
    static struct authority *before, *after;
    struct run run = {0}, begin = {0};
    struct scene s;

    if (before == NULL) before = authority_new();
    if (after == NULL) after = authority_new();
    if (before == NULL || after == NULL || !scene_start(&s, word)) return run;
    struct message m = {0}; /* answered: the server has all it will have, the others wait to go */
    EXPECT_IS(test_call(s.endpoint, LABEL_ADD, 1, &m), OK);
    if (!authority_read(before)) return run;
    if (!scene_play(&s, &run) || !authority_read(after)) return run;
    mark(before, &s, &begin);
    mark(after, &s, &run);
    EXPECT(authority_same(before, after));
    run.at_end[0] = info_of(&s.client);
    run.at_end[1] = info_of(&s.server);
    run.complete = true;
    test_cleanup();
    return run;
}

static void two_runs(void)
{
    warm_up();
    struct run idle = run_with("idle"), hostile = run_with("hostile");

    EXPECT(idle.complete && hostile.complete);
    EXPECT(idle.seen == hostile.seen);
    EXPECT(idle.client == hostile.client);
    for (uint32_t i = 0; i < TEST_COUNT(idle.at_end); i++) {
        const struct axiom_process_info *a = &idle.at_end[i], *b = &hostile.at_end[i];
        EXPECT_IS(b->state, a->state);
        EXPECT_IS(b->pages, a->pages);
        EXPECT_IS(b->threads, a->threads);
        EXPECT_IS(b->exit_code, a->exit_code);
    }
}

static const struct test tests[] = {
    {"ISO0001", "what others observe is the same beside an idle and a random process", two_runs},
};
static const struct child children[] = {
    {"sums", child_sums},
    {"client", child_client},
    {"hostile", child_hostile},
};
const struct group hostile_group = TEST_GROUP(tests, children);
