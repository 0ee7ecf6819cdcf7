/* quota.c - commit credits and the record of events: paid by whoever causes them, never lost. */
#include "bytes.h"
#include "logmem.h"
#include "preempt.h"
#include "slots.h"

enum { CREDITS = 8, OBJECTS = 20, FLOOD = 30000, VECTOR_BREAKPOINT = 3, LABEL = 1 };
enum { FAR_PAGES = 6000, TABLE_REACH = 2 << 20 };
#define FAR 0x10000000000ull

/* One page in each of as many tables as it gets: a table is a page of its quota, too. */
static int child_maps_far_apart(void)
{
    struct self_memory_map_in in = {.address = FAR, .pages = 1, .rights = RIGHT_READ | RIGHT_WRITE};
    struct message m = {.info = msg_info(LABEL, 1, 0, 0)};
    while (self_memory_map(CAP_SLOT_SELF, &in) == OK) {
        in.address += TABLE_REACH;
        m.w[0]++;
    }
    if (sys_send(startup_cap("peer"), &m) != OK) return 1;
    for (;;) {
        sys_yield();
    }
}

/* `count` endpoints of its own, in consecutive slots; 0: failed. Axiom's doing, not its own. */
static cap_t make_endpoints(uint32_t count)
{
    cap_t first = slot_alloc_run(count);

    for (uint32_t i = 0; first != 0 && i < count; i++) {
        struct self_endpoint_create_in in = {.slot = first + i};
        if (self_endpoint_create(CAP_SLOT_SELF, &in) != OK) return 0;
    }
    return first;
}

/* Drops until its credits are used up. 0: at the first drop already. */
static uint32_t drop_all_credits(cap_t first)
{
    uint32_t dropped = 0;

    while (dropped < OBJECTS && sys_drop(first + dropped) == OK) {
        dropped++;
    }
    return dropped;
}

/* Says how many it dropped, and tries what needs a record, and what does not. */
static int child_without_credits(void)
{
    cap_t first = make_endpoints(OBJECTS), peer = startup_cap("peer");
    struct self_info_out out;

    if (first == 0) return 1;
    uint32_t dropped = drop_all_credits(first);
    if (dropped == 0 || dropped > CREDITS) return 2;
    if (sys_drop(first + dropped) != ERR_LOG_QUOTA) return 3;
    /* A capability in a message is one more record; words are none. */
    struct message m = {.info = msg_info(LABEL, 0, 1, 0)};
    ipc_buffer()->caps[0] = (struct msg_cap){.slot = first + dropped, .rights = RIGHTS_ALL};
    if (sys_send(peer, &m) != ERR_LOG_QUOTA) return 4;
    m = (struct message){.info = msg_info(LABEL, 1, 0, 0), .w = {dropped}};
    if (sys_send(peer, &m) != OK) return 5;
    if (self_info(CAP_SLOT_SELF, &out) != OK) return 6;
    return 0;
}

static bool start(const char *name, cap_t peer, uint32_t commits, struct test_child *out_child)
{
    struct spawn_cap cap = {.name = "peer", .source = peer, .rights = RIGHTS_ALL};
    struct test_child_args args = {.name = name, .caps = &cap, .cap_count = 1, .commits = commits};

    return test_child_start(&args, out_child);
}

static void credits_run_out(void)
{
    cap_t endpoint = test_endpoint();
    struct message m = {.info = msg_info(0, 0, 0, 1)};
    struct test_child child;

    if (!start("without_credits", endpoint, CREDITS, &child)) return;
    /* We wait with a place for a capability, so that nothing but credits is missing. */
    EXPECT_IS(sys_recv(endpoint, 0, test_slot(), &m), OK);
    EXPECT_IS(msg_caps(m.info), 0);
    EXPECT(m.w[0] > 0 && m.w[0] <= CREDITS);
    EXPECT_IS(test_child_wait(&child), 0);
    EXPECT_IS(sys_drop(test_endpoint()), OK); /* ours are our own */
}

static int child_waits_for_credits(void)
{
    cap_t first = make_endpoints(OBJECTS);
    struct self_sync_out out;
    uint64_t word;

    if (first == 0) return 1;
    uint32_t dropped = drop_all_credits(first);
    if (sys_drop(first + dropped) != ERR_LOG_QUOTA) return 2;
    if (sys_wait(startup_cap("peer"), &word) != OK) return 3;
    if (self_sync(CAP_SLOT_SELF, &out) != OK) return 4; /* axiom refills when it is asked */
    if (self_sync(CAP_SLOT_SELF, &out) != OK) return 5;
    return sys_drop(first + dropped) == OK ? 0 : 6;
}

static void credits_come_back(void)
{
    cap_t go = test_notification(1);
    struct test_child child;

    if (!start("waits_for_credits", go, CREDITS, &child)) return;
    (void)test_sleep("1100");
    EXPECT_IS(sys_signal(go), OK);
    EXPECT_IS(test_child_wait(&child), 0);
}

/* Between two breakpoints, as fast as it can: a call that only leaves a record. */
static int child_floods_counted(void)
{
    cap_t slot = slot_alloc();
    uint32_t wrong = 0;

    __asm__ volatile("int3");
    for (uint32_t i = 0; i < test_scaled(FLOOD); i++) {
        struct message m = {.cap = slot};
        wrong += trap(SYS_POLL, &m) != ERR_CAP_EMPTY;
    }
    __asm__ volatile("int3");
    return wrong == 0 ? 0 : 1;
}

struct counted {
    uint32_t recorded, dropped;
};

/* Its polls in the log's events from number `from` on, and the entries of those that were lost. */
static struct counted count_events(uint32_t thread, uint64_t from, uint64_t to)
{
    const struct logmem *log = (const struct logmem *)LOGMEM_ADDRESS;
    struct counted c = {0, 0};

    if (to > log->event_head) to = log->event_head; /* sync counts its own drain, too */
    if (to - from > log->event_slots) from = to - log->event_slots;
    for (uint64_t i = from; i < to; i++) {
        const struct event *e = logmem_event(log, i);
        c.recorded += e->kind == EVENT_SYSCALL && e->thread == thread &&
                      e->op == SYS_POLL - SYS_BASE && e->result == ERR_CAP_EMPTY;
        c.dropped += e->kind == 0;
    }
    return c;
}

static bool at_breakpoint(const struct test_child *child, uint32_t *out_thread)
{
    struct test_fault fault;

    if (!test_fault_wait(child, &fault)) return false;
    EXPECT_IS(fault.w[0], VECTOR_BREAKPOINT);
    *out_thread = (uint32_t)fault.w[7];
    return true;
}

/* Each of its calls is in the log, or, in development, in the count of those that are not. */
static void every_event_counts(void)
{
    struct test_child_args args = {.name = "floods_counted"};
    struct self_sync_out before, after;
    struct test_child child;
    struct message m = {0};
    uint32_t thread;

    if (!test_child_start(&args, &child) || !at_breakpoint(&child, &thread)) return;
    EXPECT_IS(self_sync(CAP_SLOT_SELF, &before), OK);
    EXPECT_IS(sys_reply(child.reply, &m), OK);
    if (!at_breakpoint(&child, &thread)) return;
    EXPECT_IS(self_sync(CAP_SLOT_SELF, &after), OK);
    struct counted c = count_events(thread, before.events, after.events);
    EXPECT(after.events - before.events >= test_scaled(FLOOD));
    EXPECT(c.recorded + c.dropped >= test_scaled(FLOOD));
    if (!test_development()) EXPECT_IS(c.dropped, 0);
    if (c.dropped == 0) EXPECT_IS(c.recorded, test_scaled(FLOOD));
    m = (struct message){0};
    EXPECT_IS(sys_reply(child.reply, &m), OK);
    EXPECT_IS(test_child_wait(&child), 0);
}

/* What a process caused names its thread as the actor, and an event of that thread as the cause. */
static void commits_name_their_cause(void)
{
    const struct logmem *log = (const struct logmem *)LOGMEM_ADDRESS;
    struct self_sync_out before, after;
    cap_t endpoint = test_endpoint();
    uint32_t drops = 0;

    EXPECT_IS(self_sync(CAP_SLOT_SELF, &before), OK);
    EXPECT_IS(sys_drop(endpoint), OK);
    EXPECT_IS(self_sync(CAP_SLOT_SELF, &after), OK);
    for (uint64_t i = before.commits; i < after.commits; i++) {
        const struct commit *c = logmem_commit(log, i);
        if (c->op != COMMIT_DROP) continue;
        drops++;
        EXPECT_IS(c->type, CAP_ENDPOINT);
        const struct event *e = logmem_event(log, c->cause);
        EXPECT_IS(e->kind, EVENT_SYSCALL);
        EXPECT_IS(e->op, SYS_DROP - SYS_BASE);
        EXPECT_IS(e->slot, endpoint);
        EXPECT_IS(e->thread, c->actor);
    }
    EXPECT_IS(drops, 1);
}

/* What axiom notes of each table is its own memory: one process' quota does not buy all of it. */
static void far_apart(void)
{
    cap_t endpoint = test_endpoint();
    struct spawn_cap cap = {.name = "peer", .source = endpoint, .rights = RIGHTS_ALL};
    struct test_child_args args = {
        .name = "maps_far_apart", .caps = &cap, .cap_count = 1, .pages = FAR_PAGES};
    struct test_child child, other;
    struct message m = {0};

    if (!test_child_start(&args, &child)) return;
    EXPECT_IS(sys_recv(endpoint, 0, 0, &m), OK);
    EXPECT(m.w[0] > 8);
    if (start("without_credits", endpoint, CREDITS, &other)) test_child_kill(&other);
    test_child_kill(&child);
    EXPECT_IS(test_child_wait(&child), 137);
}

/* A refused call is an event, and no commit. */
static void refusals_are_events(void)
{
    const struct logmem *log = (const struct logmem *)LOGMEM_ADDRESS;
    struct self_sync_out before, after;
    cap_t slot = test_slot();
    uint32_t refused = 0;

    EXPECT_IS(self_sync(CAP_SLOT_SELF, &before), OK);
    EXPECT_IS(sys_drop(slot), ERR_CAP_EMPTY);
    EXPECT_IS(sys_signal(slot), ERR_CAP_EMPTY);
    EXPECT_IS(self_sync(CAP_SLOT_SELF, &after), OK);
    EXPECT_IS(after.commits, before.commits);
    for (uint64_t i = before.events; i < after.events; i++) {
        const struct event *e = logmem_event(log, i);
        refused += e->kind == EVENT_SYSCALL && e->slot == slot && e->result == ERR_CAP_EMPTY;
    }
    EXPECT_IS(refused, 2);
}

static const struct test tests[] = {
    {"QUO0001", "without credits nothing that is recorded works, and all else does",
     credits_run_out},
    {"QUO0002", "credits come back with time", credits_come_back},
    {"QUO0003", "memory mapped far apart leaves axiom memory for others", far_apart},
    {"LOG0004", "each of 30,000 calls is in the log, or counted as dropped", every_event_counts},
    {"LOG0005", "a commit names the thread and the event that caused it", commits_name_their_cause},
    {"LOG0006", "a refused call leaves an event and no commit", refusals_are_events},
};
static const struct child children[] = {
    {"without_credits", child_without_credits},
    {"maps_far_apart", child_maps_far_apart},
    {"waits_for_credits", child_waits_for_credits},
    {"floods_counted", child_floods_counted},
};
const struct group quota_group = TEST_GROUP(tests, children);
