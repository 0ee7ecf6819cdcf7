/*
 * stranger.c - a process that holds nothing calls the kernel at random: nothing outside it changes.
 *
 * Z-04. It tells where it is by breakpoints, which need no capability. Between the two, all
 * capabilities of the system are the same, not one commit was written, and those who waited beside
 * it have the registers and the memory that they had, and go on.
 */
#include "authority.h"
#include "bytes.h"
#include "memory.h"
#include "random.h"
#include "slots.h"

enum { CALLS = 1000000, BYSTANDERS = 3, PEEK_WORDS = 64, VECTOR_BREAKPOINT = 3, LABEL_ECHO = 1 };
enum { SIGNALLED = 4, SLOTS_TRIED = 64 };

static volatile uint64_t known = 0x600df00d;

/* Of all kinds: every number, each slot, names of two parts, any operand, wrong lengths. */
static void call_at_random(uint64_t *seed, uint32_t i, uint32_t *results)
{
    uint64_t r = random_next(seed);
    struct message m = {.cap = i & 1 ? r % SLOTS_TRIED : r,
                        .info = random_next(seed),
                        .aux = i & 2 ? random_next(seed) % SLOTS_TRIED : random_next(seed)};

    for (uint32_t w = 0; w < MSG_REGISTERS; w++) {
        m.w[w] = i & 4 ? random_next(seed) % SLOTS_TRIED : random_next(seed) >> (i & 63);
    }
    uint64_t number = SYS_BASE + random_next(seed) % (SYS_END - SYS_BASE + 2);
    if (i % 64 == 0) number = random_next(seed) | 1ull << 40;
    if (number == SYS_DEBUG) return; /* it would write on the console of a debug kernel */
    enum err err = trap(number, &m);
    results[err == OK && number != SYS_YIELD]++;
}

static int child_stranger(void)
{
    uint64_t seed = 0x9e3779b97f4a7c15ull;
    uint32_t results[2] = {0}; /* refused, not refused */

    for (cap_t slot = 1; slot < startup_page()->slot_count; slot++) {
        (void)sys_drop(slot);
    }
    __asm__ volatile("int3");
    for (uint32_t i = 0; i < test_scaled(CALLS); i++) {
        call_at_random(&seed, i, results);
    }
    __asm__ volatile("int3" : : "a"(results[0]), "b"(results[1]));
    return 0;
}

/* Three who wait, each in another way: for a message, a signal, a receiver. */
static int child_waits_for_call(void)
{
    struct self_reply_create_in in = {.slot = slot_alloc()};
    struct message m = {0};

    if (self_reply_create(CAP_SLOT_SELF, &in) != OK) return 1;
    if (sys_recv(startup_cap("peer"), in.slot, 0, &m) != OK) return 2;
    if (m.w[0] != 41) return 3;
    m = (struct message){.info = msg_info(0, 1, 0, 0), .w = {42}};
    return sys_reply(in.slot, &m) == OK ? 7 : 4;
}

static int child_waits_for_signal(void)
{
    uint64_t word;

    return sys_wait(startup_cap("peer"), &word) == OK && word == SIGNALLED ? 7 : 1;
}

static int child_waits_for_receiver(void)
{
    struct message m = {.info = msg_info(1, 1, 0, 0), .w = {43}};

    return sys_send(startup_cap("peer"), &m) == OK ? 7 : 1;
}

struct bystander {
    const char *name;
    cap_t peer;
    struct test_child child;
    struct thread_regs registers;
    uint64_t memory;
};

/* Everything in its first pages that can be looked at: stack, startup page, message page, data. */
static uint64_t memory_of(cap_t process)
{
    const uint64_t pages[] = {STARTUP_STACK_TOP - MEMORY_PAGE, STARTUP_PAGE, STARTUP_BUFFER,
                              (uintptr_t)&known & ~(uint64_t)(MEMORY_PAGE - 1)};
    uint64_t hash = 0;

    for (uint32_t i = 0; i < TEST_COUNT(pages); i++) {
        for (uint64_t at = 0; at < MEMORY_PAGE; at += PEEK_WORDS * sizeof(uint64_t)) {
            struct process_peek_in in = {.address = pages[i] + at};
            struct process_peek_out out;
            int err = process_peek(process, &in, &out);
            EXPECT_IS(err, OK);
            for (uint32_t w = 0; err == OK && w < out.words.count; w++) {
                hash = hash * 0x9e3779b97f4a7c15ull + out.words.at[w];
            }
        }
    }
    return hash;
}

static bool bystander_start(struct bystander *b)
{
    struct spawn_cap cap = {.name = "peer", .source = b->peer, .rights = RIGHTS_ALL};
    struct test_child_args args = {.name = b->name, .caps = &cap, .cap_count = 1};

    return test_child_start(&args, &b->child);
}

static void bystander_expect_unchanged(const struct bystander *b)
{
    struct thread_regs now;

    if (!test_registers(&b->child, &now)) return;
    EXPECT(memcmp(&now, &b->registers, sizeof(now)) == 0);
    EXPECT(memory_of(b->child.process) == b->memory);
}

static void bystanders_go_on(const struct bystander *b)
{
    struct message m = {.w = {41}};

    EXPECT_IS(test_call(b[0].peer, LABEL_ECHO, 1, &m), OK);
    EXPECT_IS(m.w[0], 42);
    EXPECT_IS(sys_signal(b[1].peer), OK);
    m = (struct message){0};
    EXPECT_IS(sys_recv(b[2].peer, 0, 0, &m), OK);
    EXPECT_IS(m.w[0], 43);
    for (uint32_t i = 0; i < BYSTANDERS; i++) {
        EXPECT_IS(test_child_wait(&b[i].child), 7);
    }
}

static bool bystanders_start(struct bystander *b)
{
    for (uint32_t i = 0; i < BYSTANDERS; i++) {
        if (!bystander_start(&b[i])) return false;
    }
    return true;
}

/* When they wait, after some turns of the processor. */
static void bystanders_remember(struct bystander *b)
{
    for (uint32_t i = 0; i < 1000; i++) {
        test_turn();
    }
    for (uint32_t i = 0; i < BYSTANDERS; i++) {
        (void)test_registers(&b[i].child, &b[i].registers);
        b[i].memory = memory_of(b[i].child.process);
    }
}

static bool at_breakpoint(const struct test_child *child)
{
    struct test_fault fault;

    if (!test_fault_wait(child, &fault)) return false;
    EXPECT_IS(fault.w[0], VECTOR_BREAKPOINT);
    return fault.w[0] == VECTOR_BREAKPOINT;
}

static void nothing_changes(void)
{
    static struct authority *before, *after;
    struct bystander b[BYSTANDERS] = {
        {.name = "waits_for_call", .peer = test_endpoint()},
        {.name = "waits_for_signal", .peer = test_notification(SIGNALLED)},
        {.name = "waits_for_receiver", .peer = test_endpoint()}};
    struct test_child_args args = {.name = "stranger"};
    struct test_child stranger;
    struct thread_regs r;
    struct message m = {0};

    if (before == NULL) before = authority_new();
    if (after == NULL) after = authority_new();
    if (before == NULL || after == NULL || !bystanders_start(b)) return;
    if (!test_child_start(&args, &stranger) || !at_breakpoint(&stranger)) return;
    bystanders_remember(b);
    if (!authority_read(before)) return;
    EXPECT_IS(sys_reply(stranger.reply, &m), OK);
    if (!at_breakpoint(&stranger) || !authority_read(after)) return;

    EXPECT_IS(after->commits, before->commits);
    EXPECT_IS(after->count, before->count);
    EXPECT(memcmp(after->items, before->items, before->count * sizeof(before->items[0])) == 0);
    if (test_registers(&stranger, &r)) {
        EXPECT(r.rax > test_scaled(CALLS) / 10 * 8);
        EXPECT_IS(r.rbx, 0);
    }
    for (uint32_t i = 0; i < BYSTANDERS; i++) {
        bystander_expect_unchanged(&b[i]);
    }
    bystanders_go_on(b);
}

static const struct test tests[] = {
    {"STR0001", "1,000,000 random calls by a stranger change nothing outside it", nothing_changes},
};
static const struct child children[] = {
    {"stranger", child_stranger},
    {"waits_for_call", child_waits_for_call},
    {"waits_for_signal", child_waits_for_signal},
    {"waits_for_receiver", child_waits_for_receiver},
};
const struct group stranger_group = TEST_GROUP(tests, children);
