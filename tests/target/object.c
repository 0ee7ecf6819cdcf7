/* object.c - what a maker asks of axiom through a Process, and what Observe tells. */
#include "bytes.h"
#include "memory.h"
#include "slots.h"
#include "test.h"

enum { PAGES = 32, SLOTS = 64, THREADS = 2, COMMITS = 100, PRIORITY = 90, CHILDREN_LIMIT = 64 };
enum { METHOD_NONE = 200, PIDS_MAX = 256, NOBODY = 4000000, CODE = 99, ROOM_WORDS = 3 };
enum { KNOWN = 0x600df00d };
#define AREA STARTUP_HEAP
#define WINDOW (STARTUP_WINDOWS_END - 64 * (uint64_t)MEMORY_PAGE)
#define KERNEL_ADDRESS 0xffffffff80100000ull

static volatile uint64_t known = KNOWN;

static const struct self_process_create_in plain = {
    .name = {.at = "plain", .len = 5},
    .quota = {.pages = PAGES, .slots = SLOTS, .threads = THREADS, .commits = COMMITS},
    .priority = PRIORITY};

static int create(const struct self_process_create_in *in, cap_t slot)
{
    struct self_process_create_out out = {.process = {.slot = slot}};

    return self_process_create(CAP_SLOT_SELF, in, &out);
}

/* A process without a thread. The test kills it. */
static cap_t empty_process(void)
{
    cap_t slot = test_slot();
    int err = create(&plain, slot);

    EXPECT_IS(err, OK);
    return slot;
}

static int end(cap_t process)
{
    struct process_kill_in in = {.code = CODE};

    return process_kill(process, &in);
}

static struct axiom_process_info info_of(cap_t process)
{
    struct process_info_out out = {0};

    EXPECT_IS(process_info(process, &out), OK);
    return out.info;
}

static uint32_t own_pages(void)
{
    struct self_info_out out = {0};

    EXPECT_IS(self_info(CAP_SLOT_SELF, &out), OK);
    return out.info.pages;
}

static void create_refuses(void)
{
    static const char *const names[] = {"", "two words", "new\nline", "\x7f"};
    struct self_process_create_in in = plain;
    cap_t slot = test_slot();

    for (uint32_t i = 0; i < TEST_COUNT(names); i++) {
        in.name = text_from(names[i], strlen(names[i]));
        EXPECT_IS(create(&in, slot), SELF_BAD_NAME);
    }
    static const struct axiom_quota quotas[] = {
        {PAGES, 32, 1, 0},
        {PAGES, 65, 1, 0},
        {PAGES, 1 << 17, 1, 0},
        {PAGES, SLOTS, 0, 0},
        {0, SLOTS, 1, 0},
        {PAGES, SLOTS, 33, 0},
        {PAGES, SLOTS, 1, UINT32_MAX},
    };
    for (uint32_t i = 0; i < TEST_COUNT(quotas); i++) {
        in = plain;
        in.quota = quotas[i];
        EXPECT_IS(create(&in, slot), SELF_BAD_QUOTA);
    }
    in = plain;
    in.priority = 96; /* ours is 95 */
    EXPECT_IS(create(&in, slot), SELF_BAD_QUOTA);
    in = plain;
    in.storage = true;
    EXPECT_IS(create(&in, slot), SELF_BAD_QUOTA);
    EXPECT_IS(create(&plain, CAP_SLOT_SELF), ERR_SLOT_USED);
}

/* What could not be delivered is not left behind: the next test counts. */
static void quota_comes_back(void)
{
    struct self_info_out before, lent, after;

    EXPECT_IS(self_info(CAP_SLOT_SELF, &before), OK);
    cap_t process = empty_process();
    EXPECT_IS(self_info(CAP_SLOT_SELF, &lent), OK);
    EXPECT_IS(end(process), OK);
    EXPECT_IS(self_info(CAP_SLOT_SELF, &after), OK);
    EXPECT_IS(after.info.pages, before.info.pages);
    EXPECT(lent.info.pages >= before.info.pages);
}

static void children_limit(void)
{
    static cap_t processes[CHILDREN_LIMIT + 1];
    uint32_t made = 0;
    int err = OK;

    while (err == OK && made <= CHILDREN_LIMIT) {
        processes[made] = slot_alloc();
        err = create(&plain, processes[made]);
        made += err == OK;
    }
    EXPECT_IS(err, SELF_LIMIT);
    EXPECT(made > CHILDREN_LIMIT / 2 && made <= CHILDREN_LIMIT);
    for (uint32_t i = 0; i < made; i++) {
        EXPECT_IS(end(processes[i]), OK);
        slot_discard(processes[i]);
    }
    if (err != OK) slot_release(processes[made]);
}

static void info_of_states(void)
{
    cap_t process = empty_process();
    struct axiom_process_info info = info_of(process);

    EXPECT_IS(info.state, AXIOM_PROCESS_INFO_STATE_BUILDING);
    EXPECT_IS(info.parent, startup_page()->pid);
    EXPECT_IS(info.pages_max, PAGES);
    EXPECT_IS(info.threads_max, THREADS);
    EXPECT_IS(info.slots, SLOTS);
    EXPECT_IS(info.commit_credits, COMMITS);
    EXPECT_IS(info.priority, PRIORITY);
    EXPECT(info.name.len == 5 && memcmp(info.name.at, "plain", 5) == 0);
    EXPECT_IS(end(process), OK);
    info = info_of(process);
    EXPECT_IS(info.state, AXIOM_PROCESS_INFO_STATE_EXITED);
    EXPECT_IS(info.exit_code, CODE);
    EXPECT_IS(info.threads, 0);
}

static void the_dead_answer_dead(void)
{
    cap_t process = empty_process(), endpoint = test_endpoint();
    struct process_memory_map_in map = {.address = AREA, .pages = 1, .rights = RIGHT_READ};
    struct process_memory_share_in share = {.address = AREA, .pages = 1, .mine = WINDOW};
    struct process_grant_in grant = {
        .source = {.slot = endpoint, .rights = RIGHTS_ALL}, .slot = 5, .rights = RIGHTS_ALL};
    struct process_revoke_in revoke = {.slot = 5};
    struct process_start_in start = {.entry = STARTUP_PROGRAM};
    struct process_thread_read_in read = {0};
    struct process_thread_read_out registers;
    struct process_peek_in peek = {.address = AREA};
    struct process_peek_out words;

    EXPECT_IS(end(process), OK);
    EXPECT_IS(process_memory_map(process, &map), PROCESS_DEAD);
    EXPECT_IS(process_memory_share(process, &share), PROCESS_DEAD);
    EXPECT_IS(process_grant(process, &grant), PROCESS_DEAD);
    EXPECT_IS(process_revoke(process, &revoke), PROCESS_DEAD);
    EXPECT_IS(process_start(process, &start), PROCESS_DEAD);
    EXPECT_IS(process_thread_read(process, &read, &registers), PROCESS_DEAD);
    EXPECT_IS(process_peek(process, &peek, &words), PROCESS_DEAD);
    EXPECT_IS(end(process), PROCESS_DEAD);
}

static int map(cap_t process, uint64_t address, uint32_t pages, uint32_t rights)
{
    struct process_memory_map_in in = {
        .address = address, .pages = pages, .rights = (uint8_t)rights};

    return process_memory_map(process, &in);
}

static void map_refuses(void)
{
    cap_t process = empty_process();

    EXPECT_IS(map(process, AREA + 1, 1, RIGHT_READ), PROCESS_BAD_ADDRESS);
    EXPECT_IS(map(process, 0, 1, RIGHT_READ), PROCESS_BAD_ADDRESS);
    EXPECT_IS(map(process, KERNEL_ADDRESS, 1, RIGHT_READ), PROCESS_BAD_ADDRESS);
    EXPECT_IS(map(process, USER_MAX, 1, RIGHT_READ), PROCESS_BAD_ADDRESS);
    EXPECT_IS(map(process, AREA, 1, RIGHT_WRITE), PROCESS_BAD_ADDRESS);
    EXPECT_IS(map(process, AREA, 1, RIGHT_READ | RIGHT_WRITE | MAP_EXEC), PROCESS_BAD_ADDRESS);
    EXPECT_IS(map(process, AREA, PAGES + 1, RIGHT_READ), PROCESS_QUOTA);
    EXPECT_IS(map(process, AREA, 1, RIGHT_READ), OK);
    EXPECT_IS(map(process, AREA, 1, RIGHT_READ), PROCESS_BAD_ADDRESS);
    EXPECT_IS(end(process), OK);
}

static int share(cap_t process, uint64_t address, uint32_t pages, uint64_t mine)
{
    struct process_memory_share_in in = {
        .address = address, .pages = pages, .mine = mine, .write = true};

    return process_memory_share(process, &in);
}

static int unshare(cap_t process, uint64_t mine, uint32_t pages)
{
    struct process_memory_unshare_in in = {.mine = mine, .pages = pages};

    return process_memory_unshare(process, &in);
}

static void share_refuses(void)
{
    cap_t process = empty_process();
    uint32_t before = own_pages();

    EXPECT_IS(map(process, AREA, 2, RIGHT_READ), OK);
    EXPECT_IS(share(process, AREA, 0, WINDOW), ERR_RANGE);
    EXPECT_IS(share(process, AREA, 513, WINDOW), ERR_RANGE);
    EXPECT_IS(share(process, AREA, 3, WINDOW), PROCESS_BAD_ADDRESS);
    EXPECT_IS(share(process, AREA + 8, 1, WINDOW), PROCESS_BAD_ADDRESS);
    EXPECT_IS(share(process, AREA, 1, WINDOW + 8), PROCESS_BAD_ADDRESS);
    EXPECT_IS(share(process, AREA, 1, KERNEL_ADDRESS), PROCESS_BAD_ADDRESS);
    EXPECT_IS(share(process, AREA, 1, STARTUP_PROGRAM), PROCESS_BAD_ADDRESS);
    EXPECT_IS(unshare(process, WINDOW, 1), PROCESS_BAD_ADDRESS);
    EXPECT_IS(share(process, AREA, 2, WINDOW), OK);
    EXPECT_IS(share(process, AREA, 2, WINDOW), PROCESS_BAD_ADDRESS);
    EXPECT_IS(unshare(process, WINDOW, 2), OK);
    EXPECT_IS(unshare(process, WINDOW, 2), PROCESS_BAD_ADDRESS);
    EXPECT_IS(end(process), OK);
    EXPECT(own_pages() <= before + 2); /* page tables for the window stay */
}

static int grant(cap_t process, cap_t source, uint32_t slot, uint8_t rights, uint64_t badge)
{
    struct process_grant_in in = {.source = {.slot = source, .rights = RIGHTS_ALL},
                                  .slot = slot,
                                  .rights = rights,
                                  .badge = badge};

    return process_grant(process, &in);
}

static void grant_refuses(void)
{
    cap_t process = empty_process(), endpoint = test_endpoint();
    cap_t badged = test_mint(endpoint, RIGHTS_ALL, 3), observe = startup_cap("observe");

    EXPECT_IS(grant(process, endpoint, 0, RIGHTS_ALL, 0), ERR_RANGE);
    EXPECT_IS(grant(process, endpoint, SLOTS, RIGHTS_ALL, 0), ERR_RANGE);
    EXPECT_IS(grant(process, endpoint, CAP_SLOT_SELF, RIGHTS_ALL, 0), PROCESS_SLOT_USED);
    EXPECT_IS(grant(process, endpoint, 5, RIGHTS_ALL + 1, 0), ERR_RANGE);
    EXPECT_IS(grant(process, endpoint, 5, RIGHTS_ALL, BADGE_TRUSTED), ERR_RANGE);
    EXPECT_IS(grant(process, badged, 5, RIGHTS_ALL, 4), ERR_RANGE);
    EXPECT_IS(grant(process, test_reply(), 5, RIGHTS_ALL, 0), ERR_CAP_TYPE);
    EXPECT_IS(grant(process, CAP_SLOT_SELF, 5, RIGHTS_ALL, 0), ERR_RIGHTS);
    EXPECT_IS(grant(process, observe, 5, RIGHTS_ALL, 7), ERR_RANGE);
    EXPECT_IS(grant(process, observe, 5, RIGHTS_ALL, 0), OK);
    EXPECT_IS(grant(process, endpoint, 5, RIGHTS_ALL, 0), PROCESS_SLOT_USED);
    EXPECT_IS(end(process), OK);
}

static void revoke_of_slots(void)
{
    cap_t process = empty_process(), endpoint = test_endpoint();
    static const uint32_t outside[] = {0, CAP_SLOT_SELF, SLOTS, UINT32_MAX};
    struct process_revoke_in in;

    for (uint32_t i = 0; i < TEST_COUNT(outside); i++) {
        in.slot = outside[i];
        EXPECT_IS(process_revoke(process, &in), ERR_RANGE);
    }
    in.slot = 7;
    EXPECT_IS(process_revoke(process, &in), ERR_CAP_EMPTY);
    EXPECT_IS(grant(process, endpoint, 7, RIGHTS_ALL, 0), OK);
    EXPECT_IS(process_revoke(process, &in), OK);
    EXPECT_IS(grant(process, endpoint, 7, RIGHTS_ALL, 0), OK); /* and free again */
    EXPECT_IS(end(process), OK);
}

static void start_refuses(void)
{
    cap_t process = empty_process();
    struct process_start_in in = {.entry = KERNEL_ADDRESS};

    EXPECT_IS(process_start(process, &in), ERR_RANGE);
    in = (struct process_start_in){.entry = STARTUP_PROGRAM, .stack = KERNEL_ADDRESS};
    EXPECT_IS(process_start(process, &in), ERR_RANGE);
    in = (struct process_start_in){.entry = STARTUP_PROGRAM, .buffer = AREA};
    EXPECT_IS(process_start(process, &in), PROCESS_BAD_ADDRESS);
    in = (struct process_start_in){.entry = STARTUP_PROGRAM, .budget_us = 1, .period_us = 1000};
    EXPECT_IS(process_start(process, &in), ERR_RANGE); /* too small to be worth its ticks */
    in = (struct process_start_in){.entry = STARTUP_PROGRAM, .budget_us = 2000, .period_us = 1000};
    EXPECT_IS(process_start(process, &in), ERR_RANGE);
    EXPECT_IS(info_of(process).state, AXIOM_PROCESS_INFO_STATE_BUILDING);
    in = (struct process_start_in){.entry = STARTUP_PROGRAM}; /* nothing is mapped there */
    EXPECT_IS(process_start(process, &in), OK);
    EXPECT_IS(process_start(process, &in), PROCESS_RUNNING);
    EXPECT_IS(end(process), OK);
}

static int child_spins_here(void)
{
    for (;;) {
        sys_yield();
    }
}

/* A thread is read while it does not run, its memory whenever it is mapped. */
static void look_into(void)
{
    struct test_child_args args = {.name = "spins_here"};
    struct process_thread_read_in read = {.thread = NOBODY};
    struct process_thread_read_out registers;
    struct process_peek_in peek = {.address = (uintptr_t)&known};
    struct process_peek_out words;
    struct test_child child;

    if (!test_child_start(&args, &child)) return;
    EXPECT_IS(process_thread_read(child.process, &read, &registers), PROCESS_NO_THREAD);
    EXPECT_IS(process_peek(child.process, &peek, &words), OK);
    EXPECT_IS(words.words.at[0], KNOWN);
    peek.address = STARTUP_PAGE + MEMORY_PAGE - ROOM_WORDS * sizeof(uint64_t);
    EXPECT_IS(process_peek(child.process, &peek, &words), OK);
    EXPECT_IS(words.words.count, ROOM_WORDS);
    static const uint64_t bad[] = {0, AREA, STARTUP_PAGE + 4, KERNEL_ADDRESS, ~7ull};
    for (uint32_t i = 0; i < TEST_COUNT(bad); i++) {
        peek.address = bad[i];
        EXPECT_IS(process_peek(child.process, &peek, &words), PROCESS_BAD_ADDRESS);
    }
}

static void state_of_the_faulted(void)
{
    struct test_child_args args = {.name = "touches"};
    struct test_child child;
    struct test_fault fault;
    struct self_sync_out sync;
    struct message m = {0};

    if (!test_child_start(&args, &child) || !test_fault_wait(&child, &fault)) return;
    EXPECT_IS(self_sync(CAP_SLOT_SELF, &sync), OK); /* axiom learns of it from the log */
    EXPECT_IS(info_of(child.process).state, AXIOM_PROCESS_INFO_STATE_FAULTED);
    EXPECT_IS(map(child.process, fault.w[2], 1, RIGHT_READ | RIGHT_WRITE), OK);
    EXPECT_IS(sys_reply(child.reply, &m), OK);
    EXPECT_IS(test_child_wait(&child), 0);
    EXPECT_IS(info_of(child.process).state, AXIOM_PROCESS_INFO_STATE_EXITED);
}

/* Its maker may use a Process; with a copy somebody else acts for himself. */
static int child_shares_for_itself(void)
{
    cap_t peer = startup_cap("peer");
    struct process_peek_in peek = {.address = (uintptr_t)&known};
    struct process_peek_out words;

    if (share(peer, STARTUP_PAGE, 1, WINDOW) != OK) return 1;
    if (*(volatile uint64_t *)WINDOW != STARTUP_MAGIC) return 2;
    if (unshare(peer, WINDOW, 1) != OK) return 3;
    if (process_peek(peer, &peek, &words) != OK || words.words.at[0] != KNOWN) return 4;
    return end(peer) == OK ? 0 : 5;
}

static void who_acts(void)
{
    struct test_child_args spins = {.name = "spins_here"};
    struct test_child peer, child;

    if (!test_child_start(&spins, &peer)) return;
    struct spawn_cap cap = {.name = "peer", .source = peer.process, .rights = RIGHTS_ALL};
    struct test_child_args args = {.name = "shares_for_itself", .caps = &cap, .cap_count = 1};
    if (!test_child_start(&args, &child)) return;
    EXPECT_IS(test_child_wait(&child), 0);
    EXPECT_IS(info_of(peer.process).state, AXIOM_PROCESS_INFO_STATE_EXITED);
    EXPECT_IS(share(child.process, AREA, 1, WINDOW), PROCESS_DEAD); /* nothing is left of it here */
}

static const struct test tests[] = {
    {"OBJ0001", "a process is made within its maker's name, quota and priority", create_refuses},
    {"OBJ0002", "an ended process gives back what it was lent", quota_comes_back},
    {"OBJ0003", "a maker has a limited number of children", children_limit},
    {"OBJ0004", "info tells what was asked for, and how it ended", info_of_states},
    {"OBJ0005", "whatever is asked of a dead process, it is dead", the_dead_answer_dead},
    {"OBJ0006", "memory of a child: each refusal has its error", map_refuses},
    {"OBJ0007", "sharing: each refusal has its error, and leaves nothing", share_refuses},
    {"OBJ0008", "granting: each refusal has its error", grant_refuses},
    {"OBJ0009", "a child's slots are emptied, but for its Self", revoke_of_slots},
    {"OBJ0010", "a process starts once, at a good address, with a good budget", start_refuses},
    {"OBJ0011", "registers and memory are read where there are some", look_into},
    {"OBJ0012", "a fault shows in the state, and so does its remedy", state_of_the_faulted},
    {"OBJ0013", "a copy of a Process acts for whoever got it", who_acts},
};
static const struct child children[] = {
    {"spins_here", child_spins_here},
    {"shares_for_itself", child_shares_for_itself},
};
const struct group object_group = TEST_GROUP(tests, children);
