/*
 * preempt.c - who runs, and for how long: counted in ticks of the processor that the kernel
 * charges, and in what was computed meanwhile; the clock on the wall says nothing here.
 *
 * With one processor a tick is an instruction (run.py), so the numbers are the same in every run.
 * Those of these tests that say who may not run at all ask for one processor.
 */
#include "preempt.h"
#include "bytes.h"
#include "slots.h"

enum { LOW = 10, MIDDLE = 90, BUDGET_US = 2000, PERIOD_US = 20000 };
enum { SPINNERS = 3, PERCENT = 100, LABEL_WORK = 1, CALLS = 3, SERVICE_MS = 20 };
enum { COUNTS = 32, INSTRUCTIONS = 33, GROWS_TRIES = 1000 };

/* Where ticks are the host's time, it may stop the machine for any number of them. */
#define EXPECT_COUNTED(fact) EXPECT(!test_counted() || (fact))

static uint64_t ticks_of_us(uint64_t us)
{
    return startup_page()->tick_hz / 1000 * us / 1000;
}

/* With a budget of its own it is away for the rest of each period. */
static int child_sleeps(void)
{
    sys_yield();
    return 0;
}

uint64_t text_number(const char *text)
{
    uint64_t number = 0;

    for (; *text >= '0' && *text <= '9'; text++) {
        number = number * 10 + (uint64_t)(*text - '0');
    }
    return number;
}

/* Others run meanwhile, and nobody if there are none. The ticks that passed. */
uint64_t test_sleep(const char *ms)
{
    struct test_child_args args = {.name = "sleeps", .budget_us = 500};
    struct test_child child;
    uint64_t start = ticks_now(), word;

    args.period_us = (uint32_t)(1000 * text_number(ms));
    if (!test_child_start(&args, &child)) return 0;
    EXPECT_IS(sys_wait(child.exit, &word), OK);
    return ticks_now() - start;
}

static uint64_t ticks_used(const struct test_child *child)
{
    struct process_info_out out = {0};

    EXPECT_IS(process_info(child->process, &out), OK);
    return out.info.ticks;
}

static volatile uint64_t counter;

static int child_counts(void)
{
    __asm__ volatile("1: .rept 32\n\tincq %0\n\t.endr\n\tjmp 1b" : "+m"(counter));
    return 0;
}

static uint64_t counted(const struct test_child *child)
{
    struct process_peek_in in = {.address = (uintptr_t)&counter};
    struct process_peek_out out;
    int err = process_peek(child->process, &in, &out);

    EXPECT_IS(err, OK);
    return err == OK ? out.words.at[0] : 0;
}

static bool spinner(uint8_t priority, uint32_t budget_us, struct test_child *out_child)
{
    struct test_child_args args = {.name = "counts",
                                   .priority = priority,
                                   .budget_us = budget_us,
                                   .period_us = budget_us != 0 ? PERIOD_US : 0};

    return test_child_start(&args, out_child);
}

/* Is it more than `before`? Where ticks are the host's time, in the end. */
static bool grows(uint64_t (*of)(const struct test_child *), const struct test_child *child,
                  uint64_t before)
{
    for (uint32_t tries = 0; !test_counted() && tries < GROWS_TRIES; tries++) {
        if (of(child) != before) break;
        (void)test_sleep("20");
    }
    return of(child) > before;
}

/* Nothing but time decides among equals. */
static void equal_shares(void)
{
    struct test_child children[SPINNERS];
    uint64_t before[SPINNERS], used[SPINNERS], sum = 0;

    for (uint32_t i = 0; i < SPINNERS; i++) {
        if (!spinner(0, 0, &children[i])) return;
    }
    for (uint32_t i = 0; i < SPINNERS; i++) {
        before[i] = ticks_used(&children[i]);
    }
    (void)test_sleep("120");
    for (uint32_t i = 0; i < SPINNERS; i++) {
        used[i] = ticks_used(&children[i]) - before[i];
        sum += used[i];
    }
    for (uint32_t i = 0; i < SPINNERS; i++) {
        uint64_t share = sum == 0 ? 0 : used[i] * PERCENT / sum;
        EXPECT(grows(ticks_used, &children[i], before[i]));
        EXPECT_COUNTED(share >= PERCENT / SPINNERS - 6 && share <= PERCENT / SPINNERS + 6);
    }
}

/* What is used is what was computed, one instruction a count and some jumps: the ticks of a
 * window are compared with counts read outside and inside of it, since all run meanwhile. */
static void ticks_are_work(void)
{
    struct test_child child;

    if (!spinner(0, 0, &child)) return;
    (void)test_sleep("20");
    uint64_t outer = ticks_used(&child), done = counted(&child), inner = ticks_used(&child);
    (void)test_sleep("60");
    EXPECT(grows(counted, &child, done));
    inner = ticks_used(&child) - inner;
    done = (counted(&child) - done) / COUNTS * INSTRUCTIONS;
    outer = ticks_used(&child) - outer;
    EXPECT_COUNTED(outer >= done);
    EXPECT_COUNTED(inner <= done + done / PERCENT * 2);
    EXPECT_COUNTED(outer - inner < done / 2);
}

static void lower_waits(void)
{
    struct test_child low, high;

    if (!spinner(LOW, 0, &low) || !spinner(MIDDLE, 0, &high)) return;
    (void)test_sleep("20");
    uint64_t before = counted(&low), high_before = counted(&high);
    (void)test_sleep("40");
    EXPECT(grows(counted, &high, high_before));
    if (test_cpus() == 1) EXPECT_IS(counted(&low), before);
    test_child_kill(&high);
    (void)test_sleep("20");
    EXPECT(grows(counted, &low, before));
}

/* A yield is for equals only. */
static void yield_is_for_equals(void)
{
    struct test_child low;

    if (!spinner(LOW, 0, &low)) return;
    uint64_t before = counted(&low);
    for (uint32_t i = 0; i < 2000; i++) {
        sys_yield();
    }
    if (test_cpus() == 1) EXPECT_IS(counted(&low), before);
    (void)test_sleep("20");
    EXPECT(grows(counted, &low, before));
}

/* A budget is kept in every window of time, to a step's length, and used to its end. */
static void budget_in_windows(void)
{
    struct test_child child;
    uint64_t budget = ticks_of_us(BUDGET_US), period = ticks_of_us(PERIOD_US);

    if (!spinner(0, BUDGET_US, &child)) return;
    (void)test_sleep("40");
    for (uint32_t i = 0; i < 2; i++) {
        uint64_t start = ticks_now(), before = ticks_used(&child);
        (void)test_sleep("100");
        uint64_t used = ticks_used(&child) - before;
        uint64_t periods = (ticks_now() - start) / period;
        EXPECT(grows(ticks_used, &child, before));
        EXPECT_COUNTED(used <= (periods + 2) * budget + budget / PERCENT);
        EXPECT_COUNTED(used >= (periods - 2) * budget);
    }
}

static int child_ticks(void)
{
    for (;;) {
        counter++;
        sys_yield();
    }
}

/* Whoever has a budget and yields goes on with its next period, and has used next to nothing. */
static void yield_to_the_period(void)
{
    struct test_child_args args = {
        .name = "ticks", .priority = MIDDLE, .budget_us = BUDGET_US, .period_us = PERIOD_US};
    struct test_child child;

    if (!test_child_start(&args, &child)) return;
    (void)test_sleep("40");
    uint64_t start = ticks_now(), before = counted(&child), used = ticks_used(&child);
    (void)test_sleep("200");
    uint64_t turns = counted(&child) - before;
    uint64_t periods = (ticks_now() - start) / ticks_of_us(PERIOD_US);
    used = ticks_used(&child) - used;
    EXPECT(grows(counted, &child, before));
    EXPECT(turns <= periods + 2);
    EXPECT_COUNTED(turns >= periods - 2);
    EXPECT_COUNTED(used < turns * ticks_of_us(BUDGET_US) / PERCENT);
}

/* Whoever has used up its budget keeps nobody from running, whatever its priority. */
static void parked_is_away(void)
{
    struct test_child rich, poor;
    uint64_t word;

    if (!spinner(95, BUDGET_US, &poor) || !spinner(LOW, 0, &rich)) return;
    (void)test_sleep("20");
    uint64_t before = ticks_used(&rich), start = ticks_now();
    (void)test_sleep("100");
    uint64_t passed = ticks_now() - start, used = ticks_used(&rich) - before;
    EXPECT(grows(ticks_used, &rich, before));
    EXPECT_COUNTED(used >
                   passed / PERCENT * 70); /* a tenth is the other's, and the timer has its part */
    test_child_kill(&poor);
    EXPECT_IS(sys_wait(poor.exit, &word), OK);
}

/* What a server does for a client is the client's time. */
static int child_asks_often(void)
{
    for (uint64_t i = 0; i < CALLS; i++) {
        struct message m = {.w = {i}};
        if (test_call(startup_cap("peer"), LABEL_WORK, 1, &m) != OK || m.w[0] != i + 1) return 1;
    }
    if (sys_signal(startup_cap("done")) != OK) return 2;
    for (;;) {
        (void)sys_wait(startup_cap("never"), &(uint64_t){0});
    }
}

static void callers_pay(void)
{
    cap_t endpoint = test_endpoint(), done = test_notification(1);
    struct spawn_cap peer = {.name = "peer", .source = endpoint, .rights = RIGHTS_ALL};
    struct spawn_cap asks[] = {
        peer,
        {.name = "done", .source = done, .rights = RIGHT_WRITE},
        {.name = "never", .source = test_notification(1), .rights = RIGHT_READ}};
    struct test_child_args serves = {.name = "serves_slowly", .caps = &peer, .cap_count = 1};
    struct test_child_args client = {.name = "asks_often",
                                     .caps = asks,
                                     .cap_count = TEST_COUNT(asks),
                                     .budget_us = 500000,
                                     .period_us = 500000};
    struct test_child server, asker;
    uint64_t word;

    if (!test_child_start(&serves, &server) || !test_child_start(&client, &asker)) return;
    EXPECT_IS(sys_wait(done, &word), OK);
    uint64_t work = ticks_of_us(1000 * SERVICE_MS * CALLS);
    EXPECT(ticks_used(&asker) > ticks_used(&server));
    EXPECT_COUNTED(ticks_used(&asker) >= work / PERCENT * 80); /* it counts time that passes */
    EXPECT_COUNTED(ticks_used(&server) <= work / PERCENT * 20);
}

/* A client's debt: who spends in a call more than it has, waits the longer for it. */
static int child_asks_forever(void)
{
    for (;;) {
        struct message m = {0};
        if (test_call(startup_cap("peer"), LABEL_WORK, 1, &m) != OK) return 1;
    }
}

static void debts_are_bounded(void)
{
    cap_t endpoint = test_endpoint();
    struct spawn_cap peer = {.name = "peer", .source = endpoint, .rights = RIGHTS_ALL};
    struct test_child_args serves = {.name = "serves_slowly", .caps = &peer, .cap_count = 1};
    struct test_child_args poor = {.name = "asks_forever",
                                   .caps = &peer,
                                   .cap_count = 1,
                                   .budget_us = BUDGET_US,
                                   .period_us = PERIOD_US};
    struct test_child server, client;

    if (!test_child_start(&serves, &server) || !test_child_start(&poor, &client)) return;
    (void)test_sleep("40");
    uint64_t start = ticks_now(), used = ticks_used(&client);
    (void)test_sleep("100");
    used = ticks_used(&client) - used;
    uint64_t periods = (ticks_now() - start) / ticks_of_us(PERIOD_US);
    EXPECT_COUNTED(used <= (periods + 2) * ticks_of_us(BUDGET_US));
}

static const struct test tests[] = {
    {"PRE0001", "those of equal priority have equal shares", equal_shares},
    {"PRE0002", "the ticks that are charged are the work that was done", ticks_are_work},
    {"PRE0003", "a lower priority waits, and goes on afterwards", lower_waits},
    {"PRE0004", "a yield gives nothing to a lower priority", yield_is_for_equals},
    {"PRE0005", "a budget is kept in every window, and used to its end", budget_in_windows},
    {"PRE0006", "who has used up its budget is in nobody's way", parked_is_away},
    {"PRE0007", "what a server does in a call is the caller's time", callers_pay},
    {"PRE0009", "who has a budget and yields is a clock", yield_to_the_period},
    {"PRE0008", "a caller never uses more than its budget, in calls too", debts_are_bounded},
};
static const struct child children[] = {
    {"sleeps", child_sleeps},
    {"counts", child_counts},
    {"ticks", child_ticks},
    {"asks_often", child_asks_often},
    {"asks_forever", child_asks_forever},
};
const struct group preempt_group = TEST_GROUP(tests, children);
