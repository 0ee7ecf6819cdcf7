/* load.c - who computes, floods or runs out of time does so at its own cost. */
#include "slots.h"
#include "test.h"
#include "thread.h"

enum {
    FLOOD_CALLS = 300000,
    FLOOD_OBJECTS = 20000,
    CALLS_BESIDE = 5000,
    NOTES_BESIDE = 20,
    SERVICE_MS = 20,
    LATE_MS = 2000,
    LABEL_WORK = 1,
    BUDGET_US = 2000,
    PERIOD_US = 20000,
};

static uint64_t ticks_of_ms(uint64_t ms)
{
    return startup_page()->tick_hz * ms / 1000;
}

static void compute(uint64_t ms)
{
    for (uint64_t end = ticks_now() + ticks_of_ms(ms); ticks_now() < end;) {
        for (uint32_t i = 0; i < 4096; i++) { /* looking at the time is slow in an emulator */
            __asm__ volatile("");
        }
    }
}

static cap_t own_reply(void)
{
    struct self_reply_create_in in = {.slot = slot_alloc()};

    return self_reply_create(CAP_SLOT_SELF, &in) == OK ? in.slot : 0;
}

static int child_computes_forever(void)
{
    for (;;) {
        compute(1000);
    }
}

/* A system call that does nothing but leave a record, as fast as it can. */
static int child_floods_events(void)
{
    struct message m = {0};

    for (uint32_t i = 0; i < test_scaled(FLOOD_CALLS); i++) {
        if (trap(SYS_END, &m) != ERR_SYSCALL) return 1;
    }
    return 0;
}

/* Commits as fast as it can, until it is told that its share is used up. */
static int child_floods_commits(void)
{
    struct self_endpoint_create_in in = {.slot = slot_alloc()};

    for (uint32_t i = 0; i < FLOOD_OBJECTS; i++) {
        int err = self_endpoint_create(CAP_SLOT_SELF, &in);
        if (err == OK) err = (int)sys_drop(in.slot);
        if (err == ERR_LOG_QUOTA || err == SELF_QUOTA) return 0;
        if (err != OK) return 100 + err;
    }
    return 1;
}

/* Each answer takes it a while, on the caller's time as long as that lasts. */
static int child_serves_slowly(void)
{
    cap_t peer = startup_cap("peer"), reply = own_reply();
    struct message m = {0};
    enum err err = sys_recv(peer, reply, 0, &m);

    while (err == OK) {
        compute(SERVICE_MS);
        m = (struct message){.info = msg_info(0, 1, 0, 0), .w = {m.w[0] + 1}};
        err = sys_reply_recv(peer, reply, 0, &m);
    }
    return (int)err;
}

static int child_asks_once(void)
{
    struct message m = {.w = {6}};
    enum err err = test_call(startup_cap("peer"), LABEL_WORK, 1, &m);

    return err == OK ? (int)m.w[0] : 100 + (int)err;
}

/* Its first call is answered, its way is revoked meanwhile. */
static int child_asks_twice(void)
{
    struct message m = {.w = {6}};
    cap_t peer = startup_cap("peer");

    if (test_call(peer, LABEL_WORK, 1, &m) != OK || m.w[0] != 7) return 1;
    return test_call(peer, LABEL_WORK, 0, &m) == ERR_REVOKED ? 0 : 2;
}

/* A second process that answers calls, with the usual echo of ipc.c. */
static bool echo_start(cap_t endpoint, struct test_child *out_child)
{
    struct spawn_cap peer = {.name = "peer", .source = endpoint, .rights = RIGHTS_ALL};
    struct test_child_args args = {.name = "echo", .caps = &peer, .cap_count = 1};

    return test_child_start(&args, out_child);
}

static void others_go_on(const char *flooder, uint32_t commits, int code)
{
    struct test_child_args args = {.name = flooder, .commits = commits};
    struct test_child child, echo;
    cap_t endpoint = test_endpoint();
    uint32_t errors = 0;

    if (!echo_start(endpoint, &echo) || !test_child_start(&args, &child)) return;
    for (uint32_t i = 0; i < test_scaled(CALLS_BESIDE); i++) {
        struct message m = {.w = {i}};
        errors += test_call(endpoint, LABEL_WORK, 1, &m) != OK || m.w[0] != i;
    }
    EXPECT_IS(errors, 0);
    EXPECT_IS(test_child_wait(&child), code);
}

static void event_flood(void)
{
    others_go_on("floods_events", 0, 0);
}

/* The line's interrupts come while the event ring fills as fast as two processes can fill it, and
 * who has the highest priority that a test may have only computes. */
static void flood_with_interrupts(void)
{
    struct test_child_args floods = {.name = "floods_events"};
    struct test_child_args spins = {.name = "computes_forever"};
    struct test_child first, second, spinner;

    if (!test_child_start(&floods, &first) || !test_child_start(&floods, &second)) return;
    if (!test_child_start(&spins, &spinner)) return;
    for (uint32_t i = 0; i < NOTES_BESIDE; i++) {
        test_note("# beside a flood\n");
    }
    EXPECT_IS(test_child_wait(&first), 0);
    EXPECT_IS(test_child_wait(&second), 0);
}

static void commit_flood(void)
{
    others_go_on("floods_commits", 200, 0);
    test_notification(1); /* our own commits go on: this checks that it is made */
}

/* A spinner of our own priority takes turns with us; one with a budget stops when it is used up. */
static void spinner_takes_turns(void)
{
    struct test_child_args args = {.name = "computes_forever"};
    struct test_child child, echo;
    cap_t endpoint = test_endpoint();
    uint64_t start = ticks_now();

    if (!echo_start(endpoint, &echo) || !test_child_start(&args, &child)) return;
    for (uint32_t i = 0; i < 20; i++) {
        struct message m = {0};
        EXPECT_IS(test_call(endpoint, LABEL_WORK, 0, &m), OK);
    }
    EXPECT(ticks_now() - start < ticks_of_ms(LATE_MS));
}

static uint64_t ticks_used(const struct test_child *child)
{
    struct process_info_out out;
    int err = process_info(child->process, &out);

    EXPECT_IS(err, OK);
    return err == OK ? out.info.ticks : 0;
}

static void budget_is_kept(void)
{
    struct test_child_args args = {
        .name = "computes_forever", .budget_us = BUDGET_US, .period_us = PERIOD_US};
    struct test_child child;

    if (!test_child_start(&args, &child)) return;
    sys_yield();
    uint64_t start = ticks_now(), used = ticks_used(&child);
    compute(200);
    uint64_t passed = ticks_now() - start;
    used = ticks_used(&child) - used;
    EXPECT(!test_counted() || used > 0); /* a host that stops the machine parks it longer */
    EXPECT(used < passed / 5);           /* a tenth, and room for the ends of the interval */
}

static void computes(void *argument)
{
    (void)argument;
    (void)child_computes_forever();
}

/* By one thread as the process may, by one with the half; a greater share is refused. */
static int child_computes_in_threads(void)
{
    struct thread_args args = {.entry = computes, .stack_pages = 2, .priority = UINT8_MAX};
    struct thread_args half = args, longer = args, denser = args, odd = args;
    uint32_t id;

    half.budget_us = BUDGET_US / 2;
    half.period_us = denser.period_us = odd.period_us = PERIOD_US;
    longer.budget_us = denser.budget_us = BUDGET_US + 1;
    longer.period_us = 2 * PERIOD_US;
    if (thread_create(&longer, &id) != ERR_RANGE) return 1;
    if (thread_create(&denser, &id) != ERR_RANGE) return 2;
    if (thread_create(&odd, &id) != ERR_RANGE) return 3;
    denser.budget_us = BUDGET_US;
    denser.period_us = PERIOD_US - 1;
    if (thread_create(&denser, &id) != ERR_RANGE) return 4;
    if (thread_create(&half, &id) != OK || thread_create(&args, &id) != OK) return 5;
    return child_computes_forever();
}

static void budget_of_threads(void)
{
    struct test_child_args args = {
        .name = "computes_in_threads", .budget_us = BUDGET_US, .period_us = PERIOD_US};
    struct test_child child;

    if (!test_child_start(&args, &child)) return;
    compute(100);
    uint64_t start = ticks_now(), used = ticks_used(&child);
    compute(400);
    uint64_t passed = ticks_now() - start;
    used = ticks_used(&child) - used;
    EXPECT(!test_counted() || used > passed / 10);
    EXPECT(used < passed * 2 / 5); /* a quarter, and room for the ends of the interval */
}

/* A client whose time ends inside the server does not keep the next one waiting: the server goes
 * on with time of its own. */
static void client_runs_out_of_time(void)
{
    cap_t endpoint = test_endpoint();
    struct spawn_cap peer = {.name = "peer", .source = endpoint, .rights = RIGHTS_ALL};
    struct test_child_args serves = {.name = "serves_slowly", .caps = &peer, .cap_count = 1};
    struct test_child_args poor = {.name = "asks_once",
                                   .caps = &peer,
                                   .cap_count = 1,
                                   .budget_us = 1000,
                                   .period_us = 30000000};
    struct test_child_args rich = {.name = "asks_once", .caps = &peer, .cap_count = 1};
    struct test_child server, first, second;

    if (!test_child_start(&serves, &server) || !test_child_start(&poor, &first)) return;
    if (!test_child_start(&rich, &second)) return;
    uint64_t start = ticks_now();
    EXPECT_IS(test_child_wait(&second), 7);
    EXPECT(ticks_now() - start < ticks_of_ms(LATE_MS));
}

static void revoked_in_a_call(void)
{
    cap_t endpoint = test_endpoint(), reply = test_reply();
    cap_t anchor = test_mint(endpoint, RIGHTS_ALL, 4);
    struct spawn_cap peer = {.name = "peer", .source = anchor, .rights = RIGHT_WRITE};
    struct test_child_args args = {.name = "asks_twice", .caps = &peer, .cap_count = 1};
    struct self_revoke_in in = {.source = {.slot = anchor, .rights = RIGHTS_ALL}};
    struct test_child child;
    struct message m = {0};

    if (!test_child_start(&args, &child)) return;
    EXPECT_IS(sys_recv(endpoint, reply, 0, &m), OK);
    EXPECT_IS(m.cap, 4);
    EXPECT_IS(self_revoke(CAP_SLOT_SELF, &in), OK);
    m = (struct message){.info = msg_info(0, 1, 0, 0), .w = {7}};
    EXPECT_IS(sys_reply(reply, &m), OK);
    EXPECT_IS(test_child_wait(&child), 0);
}

static const struct test tests[] = {
    {"LOG0001", "300,000 empty system calls stop nobody else", event_flood},
    {"LOG0002", "who commits too fast is refused alone", commit_flood},
    {"LOG0003", "floods, interrupts and a process that only computes, together",
     flood_with_interrupts},
    {"TIM0001", "a process that only computes takes turns with others", spinner_takes_turns},
    {"TIM0002", "a budget is kept", budget_is_kept},
    {"TIM0004", "threads have no greater share than the process", budget_of_threads},
    {"TIM0003", "a client whose time ends in a call does not freeze the server",
     client_runs_out_of_time},
    {"CAP0011", "a call that was received is answered though its way is revoked",
     revoked_in_a_call},
};
static const struct child children[] = {
    {"computes_forever", child_computes_forever},
    {"computes_in_threads", child_computes_in_threads},
    {"floods_events", child_floods_events},
    {"floods_commits", child_floods_commits},
    {"serves_slowly", child_serves_slowly},
    {"asks_once", child_asks_once},
    {"asks_twice", child_asks_twice},
};
const struct group load_group = TEST_GROUP(tests, children);
