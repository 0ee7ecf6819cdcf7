/* area.c - Memory: pages that several processes map, made, handed on, left behind, taken back. */
#include "area.h"
#include "slots.h"

static uint64_t free_pages(void)
{
    struct observe_memory_out out = {0};

    EXPECT_IS(observe_memory(startup_cap("observe"), &out), OK);
    return out.free_pages;
}

/* Makes it and hands it to its parent, who answers when it has it. */
static int child_makes(void)
{
    cap_t memory = slot_alloc();
    struct message m = {.info = msg_info(0, 0, 1, 0)};

    if (area_create(PLACE, AREA_PAGES, memory) != OK) return 1;
    *word_at(LAST) = KNOWN;
    ipc_buffer()->caps[0] = (struct msg_cap){.slot = memory, .rights = RIGHTS_ALL};
    if (sys_call(startup_cap("peer"), 0, &m) != OK) return 2;
    if (test_word()[0] == 'd' && area_detach(PLACE) != OK) return 3;
    if (test_word()[0] != 'r') return 0;
    return area_revoke(memory);
}

static void mapped_by_two(void)
{
    cap_t memory = area_new();
    struct peer p;

    EXPECT_IS(*word_at(LAST), 0);
    if (!peer_ready(&p, memory, "w")) return;
    EXPECT_IS(area_info(memory).maps, 2);
    EXPECT_IS(area_info(memory).pages, AREA_PAGES);
    EXPECT_IS(area_info(memory).made, startup_page()->pid);
    EXPECT(area_info(memory).write);
    EXPECT_IS(peer_result(&p), ANSWER);
    EXPECT_IS(*word_at(PLACE), ANSWER);
    EXPECT_IS(area_info(memory).maps, 1);
    area_end(memory);
}

static void read_only(void)
{
    cap_t memory = area_new(), slot = test_slot();
    struct memory_reader_out reader = {.memory = {.slot = slot}};
    struct peer p;

    EXPECT_IS(memory_reader(memory, &reader), OK);
    EXPECT(!area_info(slot).write);
    EXPECT_IS(area_attach(slot, PEERS, true, 0), SELF_NOT_YOURS);
    if (peer_start(&p, slot, "w", 0)) EXPECT_IS(test_child_wait(&p.child), SELF_NOT_YOURS);
    if (peer_ready(&p, slot, "e")) EXPECT_IS(peer_result(&p), KNOWN);
    if (peer_ready(&p, slot, "x")) peer_faults(&p, PRESENT | WRITE | USER);
    if (peer_ready(&p, memory, "x")) peer_faults(&p, PRESENT | WRITE | USER); /* as it asked */
    EXPECT_IS(*word_at(PLACE), KNOWN);
    EXPECT_IS(area_info(memory).maps, 3); /* who faulted stands still and has it */
    EXPECT_IS(area_detach(PLACE), OK);
}

static void peer_leaves(void)
{
    cap_t memory = area_new();
    struct peer p;

    if (!peer_ready(&p, memory, "d")) return;
    peer_faults(&p, USER);
    EXPECT_IS(area_info(memory).maps, 1);
    test_child_kill(&p.child);
    if (!peer_ready(&p, memory, "e")) return;
    test_child_kill(&p.child);
    EXPECT_IS(area_info(memory).maps, 1);
    EXPECT_IS(*word_at(PLACE), KNOWN);
    area_end(memory);
}

/* A child's Memory, mapped here at PLACE; the child then goes on as `what` says. */
static bool take_from_child(const char *what, struct test_child *child, cap_t *memory, cap_t gone)
{
    cap_t peer = test_endpoint();
    cap_t receive = test_slot();
    struct spawn_cap caps[] = {
        {.name = "peer", .source = peer, .rights = RIGHT_WRITE | RIGHT_GRANT}};
    struct test_child_args args = {
        .name = "area_makes", .caps = caps, .cap_count = TEST_COUNT(caps), .word = what};
    struct message m = {.info = msg_info(0, 0, 0, 1)};
    cap_t reply = test_reply();

    if (!test_child_start(&args, child)) return false;
    EXPECT_IS(sys_recv(peer, reply, receive, &m), OK);
    EXPECT_IS(area_attach(receive, PLACE, true, gone), OK);
    EXPECT_IS(area_info(receive).made, child->pid);
    *memory = receive;
    if (what[0] == 'k') {
        test_child_kill(child);
        return true;
    }
    m = (struct message){0};
    EXPECT_IS(sys_reply(reply, &m), OK);
    EXPECT_IS(test_child_wait(child), 0);
    return true;
}

static void maker_goes(const char *how)
{
    uint64_t word;
    struct test_child child;
    cap_t memory, gone = test_notification(8);

    if (!take_from_child(how, &child, &memory, gone)) return;
    EXPECT_IS(*word_at(LAST), KNOWN);
    *word_at(LAST) = ANSWER;
    EXPECT_IS(*word_at(LAST), ANSWER);
    EXPECT_IS(sys_poll(gone, &word), OK);
    EXPECT_IS(word, 8);
    EXPECT_IS(area_info(memory).made, 0);
    EXPECT_IS(area_info(memory).maps, 1);
    EXPECT_IS(area_revoke(memory), SELF_NOT_YOURS);
    EXPECT_IS(area_attach(memory, PEERS, false, gone), OK); /* who has it may map it again */
    EXPECT_IS(sys_poll(gone, &word), OK);
    EXPECT_IS(*word_at(PEERS + LAST - PLACE), ANSWER);
    EXPECT_IS(area_detach(PEERS), OK);
    area_end(memory);
    EXPECT_IS(area_attach(memory, PLACE, false, 0), SELF_GONE);
    EXPECT_IS(area_revoke(memory), SELF_GONE);
    struct memory_reader_out reader = {.memory = {.slot = test_slot()}};
    EXPECT_IS(memory_reader(memory, &reader), MEMORY_GONE);
    test_cleanup();
}

/* Twice: what the first time leaves in this process, such as page tables, the second time uses. */
static void goes_and_leaves_nothing(const char *how)
{
    maker_goes(how);
    uint64_t before = free_pages();
    maker_goes(how);
    EXPECT_IS(free_pages(), before);
}

static void maker_ends(void)
{
    goes_and_leaves_nothing("e");
}

static void maker_is_killed(void)
{
    goes_and_leaves_nothing("k");
}

static void maker_detaches(void)
{
    goes_and_leaves_nothing("d");
}

/* What was revoked is gone here; the child still has it until it ends. */
static int child_waits_then_touches(void)
{
    uint64_t word;

    if (area_attach(startup_cap("memory"), PEERS, false, startup_cap("gone")) != OK) return 1;
    if (sys_signal(startup_cap("ready")) != OK || sys_wait(startup_cap("gone"), &word) != OK)
        return 2;
    return (int)*word_at(PEERS);
}

static void revoked(void)
{
    cap_t memory = area_new(), ready = test_notification(1), gone = test_notification(1);
    struct spawn_cap caps[] = {{.name = "memory", .source = memory, .rights = RIGHTS_ALL},
                               {.name = "ready", .source = ready, .rights = RIGHT_WRITE},
                               {.name = "gone", .source = gone, .rights = RIGHTS_ALL}};
    struct test_child_args args = {
        .name = "area_touches", .caps = caps, .cap_count = TEST_COUNT(caps)};
    struct test_child child;
    struct test_fault fault;
    struct peer p;
    uint64_t word;

    if (peer_ready(&p, memory, "v")) EXPECT_IS(peer_result(&p), SELF_NOT_YOURS);
    if (!test_child_start(&args, &child)) return;
    EXPECT_IS(sys_wait(ready, &word), OK);
    EXPECT_IS(area_revoke(memory), OK);
    if (test_fault_wait(&child, &fault)) EXPECT_IS(fault.w[2], PEERS);
    EXPECT_IS(area_info(memory).maps, 1);
    EXPECT_IS(*word_at(PLACE), KNOWN);
    EXPECT_IS(area_attach(memory, PEERS, false, 0), SELF_GONE);
    area_end(memory);
}

/* A page that somebody sees by Process.memoryShare does not keep it, nor does it go wrong. */
static void seen_by_a_maker(void)
{
    cap_t memory = area_new();
    struct peer p;

    if (!peer_ready(&p, memory, "w")) return;
    const struct process_memory_share_in in = {
        .address = PEERS, .pages = 1, .mine = PEERS, .write = true};
    EXPECT_IS(process_memory_share(p.child.process, &in), OK);
    EXPECT_IS(*word_at(PEERS), KNOWN);
    EXPECT_IS(peer_result(&p), ANSWER);
    EXPECT_IS(*word_at(PLACE), ANSWER);
    const struct process_memory_unshare_in un = {.mine = PEERS, .pages = 1};
    EXPECT_IS(process_memory_unshare(p.child.process, &un), OK);
    area_end(memory);
}

static const struct test tests[] = {
    {"ARE0001", "two processes map the same pages, each at its own address", mapped_by_two},
    {"ARE0002", "a reader cannot map it to be written, nor write it", read_only},
    {"ARE0003", "a peer that unmaps or ends takes nothing from the maker", peer_leaves},
    {"ARE0004", "its maker ends: who is left keeps all, and is told", maker_ends},
    {"ARE0005", "its maker is killed: the same", maker_is_killed},
    {"ARE0006", "its maker unmaps it: the same", maker_detaches},
    {"ARE0007", "revoked by its maker, by nobody else: unmapped at the peer, gone for all",
     revoked},
    {"ARE0012", "a look through Process leaves it as it is", seen_by_a_maker},
};
static const struct child children[] = {{"area_maps", child_area_maps},
                                        {"area_makes", child_makes},
                                        {"area_touches", child_waits_then_touches}};
const struct group area_group = TEST_GROUP(tests, children);
