/* observe.c - what may be seen: Observe, and orphans as it shows them. */
#include "bytes.h"
#include "memory.h"
#include "slots.h"
#include "test.h"

enum { NOBODY = 4000000, CODE_ORPHANED = 129, PAGES = 16 };
#define WINDOW (STARTUP_WINDOWS_END - 64 * (uint64_t)MEMORY_PAGE)

static int look(uint32_t pid, struct observe_process_out *out)
{
    struct observe_process_in in = {.pid = pid};

    return observe_process(startup_cap("observe"), &in, out);
}

static void list_is_ascending(void)
{
    struct observe_processes_in in = {.after = 0};
    struct observe_processes_out out, rest;
    bool found = false;

    EXPECT_IS(observe_processes(startup_cap("observe"), &in, &out), OK);
    EXPECT(out.pids.count > 2);
    for (uint32_t i = 0; i < out.pids.count; i++) {
        EXPECT(i == 0 || out.pids.at[i - 1] < out.pids.at[i]);
        found = found || out.pids.at[i] == startup_page()->pid;
    }
    EXPECT(found);
    uint32_t count = out.pids.count;
    in.after = (uint32_t)out.pids.at[0];
    EXPECT_IS(observe_processes(startup_cap("observe"), &in, &rest), OK);
    EXPECT_IS(rest.pids.count, count - 1);
    in.after = UINT32_MAX;
    EXPECT_IS(observe_processes(startup_cap("observe"), &in, &rest), OK);
    EXPECT_IS(rest.pids.count, 0);
}

static void only_the_living(void)
{
    struct test_child_args args = {.name = "spins_here"};
    struct observe_process_out out;
    struct test_child child;

    EXPECT_IS(look(0, &out), OBSERVE_NO_PROCESS);
    EXPECT_IS(look(NOBODY, &out), OBSERVE_NO_PROCESS);
    EXPECT_IS(look(UINT32_MAX, &out), OBSERVE_NO_PROCESS);
    EXPECT_IS(look(startup_page()->pid, &out), OK);
    EXPECT_IS(out.info.pid, startup_page()->pid);
    if (!test_child_start(&args, &child)) return;
    EXPECT_IS(look(child.pid, &out), OK);
    EXPECT_IS(out.info.parent, startup_page()->pid);
    test_child_kill(&child);
    EXPECT_IS(look(child.pid, &out), OBSERVE_NO_PROCESS);
}

/* Whatever the object is: a request is a message, and needs the right to send one. */
static void needs_write(void)
{
    cap_t observe = startup_cap("observe");
    struct observe_memory_out out;

    EXPECT_IS(observe_memory(test_mint(observe, RIGHT_READ, 0), &out), ERR_RIGHTS);
    EXPECT_IS(observe_memory(test_mint(observe, 0, 0), &out), ERR_RIGHTS);
    EXPECT_IS(observe_memory(test_mint(observe, RIGHT_WRITE, 0), &out), OK);
}

/* To look is not to act: there is no such method, whatever its number. */
static void no_other_methods(void)
{
    for (uint32_t method = 3; method < 64; method++) {
        struct message m = {0};
        EXPECT_IS(test_call(startup_cap("observe"), method, 0, &m), OK);
        EXPECT_IS(msg_label(m.info), ERR_SYSCALL);
    }
}

static void memory_adds_up(void)
{
    struct observe_memory_out before, after;

    EXPECT_IS(observe_memory(startup_cap("observe"), &before), OK);
    EXPECT(before.kernel_pages > 0 && before.log_pages > 0 && before.tick_hz > 0);
    EXPECT(before.free_pages + before.kernel_pages + before.log_pages < before.total_pages);
    EXPECT(before.commits_held <= before.commits_max);
    EXPECT_IS(memory_map(WINDOW, PAGES, RIGHT_READ), OK);
    EXPECT_IS(observe_memory(startup_cap("observe"), &after), OK);
    EXPECT(after.free_pages <= before.free_pages);
    EXPECT(after.commits_held > before.commits_held);
    EXPECT_IS(memory_unmap(WINDOW, PAGES), OK);
}

/* Makes a process that has no thread, leaves it behind, and says which. */
static int child_leaves_orphan(void)
{
    struct self_process_create_in in = {
        .name = text_from("orphan", 6),
        .quota = {.pages = PAGES, .slots = 64, .threads = 1, .commits = 10},
        .priority = 1};
    struct self_process_create_out out = {.process = {.slot = slot_alloc()}};
    struct process_info_out info;

    if (self_process_create(CAP_SLOT_SELF, &in, &out) != OK) return 0;
    if (process_info(out.process.slot, &info) != OK) return 0;
    struct message m = {.w = {info.info.pid}};
    ipc_buffer()->caps[0] = (struct msg_cap){.slot = out.process.slot, .rights = RIGHTS_ALL};
    m.info = msg_info(1, 1, 1, 0);
    return sys_send(startup_cap("peer"), &m) == OK ? 1 : 0;
}

static void no_orphans(void)
{
    cap_t endpoint = test_endpoint(), orphan = test_slot();
    struct spawn_cap peer = {.name = "peer", .source = endpoint, .rights = RIGHTS_ALL};
    struct test_child_args args = {.name = "leaves_orphan", .caps = &peer, .cap_count = 1};
    struct message m = {.info = msg_info(0, 0, 0, 1)};
    struct observe_process_out seen;
    struct process_info_out info;
    struct test_child child;

    if (!test_child_start(&args, &child)) return;
    EXPECT_IS(sys_recv(endpoint, 0, orphan, &m), OK);
    uint32_t pid = (uint32_t)m.w[0];
    EXPECT_IS(test_child_wait(&child), 1);
    EXPECT_IS(look(pid, &seen), OBSERVE_NO_PROCESS);
    EXPECT_IS(process_info(orphan, &info), OK);
    EXPECT_IS(info.info.state, AXIOM_PROCESS_INFO_STATE_EXITED);
    EXPECT_IS(info.info.exit_code, CODE_ORPHANED);
}

/* A thread whose fault nobody wants stops alone. */
static void fault_of_nobody(void)
{
    struct self_process_create_in in = {
        .name = text_from("lonely", 6),
        .quota = {.pages = PAGES, .slots = 64, .threads = 1, .commits = 10},
        .priority = 95};
    struct self_process_create_out out = {.process = {.slot = test_slot()}};
    struct process_start_in start = {.entry = STARTUP_PROGRAM}; /* nothing is mapped there */
    struct process_info_out info = {0};
    struct process_kill_in kill = {.code = 3};

    EXPECT_IS(self_process_create(CAP_SLOT_SELF, &in, &out), OK);
    EXPECT_IS(process_start(out.process.slot, &start), OK);
    for (uint32_t i = 0; i < 1000; i++) {
        sys_yield();
        EXPECT_IS(process_info(out.process.slot, &info), OK);
        if (info.info.state == AXIOM_PROCESS_INFO_STATE_FAULTED) break;
    }
    EXPECT_IS(info.info.state, AXIOM_PROCESS_INFO_STATE_FAULTED);
    EXPECT_IS(process_kill(out.process.slot, &kill), OK);
}

static const struct test tests[] = {
    {"OBS0001", "the living are listed in ascending order", list_is_ascending},
    {"OBS0002", "who has ended is not seen any more", only_the_living},
    {"OBS0003", "Observe has no method that changes anything", no_other_methods},
    {"OBS0004", "memory adds up, and says what is taken", memory_adds_up},
    {"OBS0005", "who a process made ends with it", no_orphans},
    {"OBS0006", "a capability without WRITE asks for nothing", needs_write},
    {"OBS0007", "a fault without a handler stops its thread, and it is seen", fault_of_nobody},
};
static const struct child children[] = {{"leaves_orphan", child_leaves_orphan}};
const struct group observe_group = TEST_GROUP(tests, children);
