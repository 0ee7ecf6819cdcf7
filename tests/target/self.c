/* self.c - what a process asks of axiom through its Self: each method, each refusal. */
#include "bytes.h"
#include "memory.h"
#include "slots.h"
#include "test.h"

enum { METHOD_NONE = 200, DEATH_BADGE = 77 };
enum { DEEP = 250 };
#define AREA (STARTUP_WINDOWS_END - 64 * (uint64_t)MEMORY_PAGE)
#define NOT_CANONICAL 0x0000800000000000ull
#define KERNEL_ADDRESS 0xffffffff80100000ull

static struct axiom_process_info own_info(void)
{
    struct self_info_out out = {0};

    EXPECT_IS(self_info(CAP_SLOT_SELF, &out), OK);
    return out.info;
}

static void info_is_true(void)
{
    struct axiom_process_info info = own_info();

    EXPECT_IS(info.pid, startup_page()->pid);
    EXPECT(info.name.len == 5 && memcmp(info.name.at, "tests", 5) == 0);
    EXPECT_IS(info.state, AXIOM_PROCESS_INFO_STATE_RUNNING);
    EXPECT_IS(info.threads, 1);
    EXPECT_IS(info.slots, startup_page()->slot_count);
    EXPECT(info.pages > 0 && info.pages <= info.pages_max);
    EXPECT(own_info().ticks > info.ticks);
}

static uint32_t answer_to(cap_t object, uint32_t method, uint32_t words, uint32_t caps)
{
    struct message m = {.info = msg_info(method, words, caps, 0)};

    ipc_buffer()->caps[0] = (struct msg_cap){.slot = startup_cap("observe"), .rights = RIGHTS_ALL};
    EXPECT_IS(sys_call(object, 0, &m), OK);
    return msg_label(m.info);
}

static void malformed_requests(void)
{
    EXPECT_IS(answer_to(CAP_SLOT_SELF, METHOD_NONE, 0, 0), ERR_SYSCALL);
    EXPECT_IS(answer_to(CAP_SLOT_SELF, 0xfffe, 0, 0), ERR_SYSCALL);
    EXPECT_IS(answer_to(CAP_SLOT_SELF, SELF_MEMORY_MAP, 0, 0), ERR_MESSAGE);
    EXPECT_IS(answer_to(CAP_SLOT_SELF, SELF_MEMORY_MAP, MSG_REGISTERS, 0), ERR_MESSAGE);
    EXPECT_IS(answer_to(CAP_SLOT_SELF, SELF_MEMORY_MAP, MSG_WORDS_MAX, 0), ERR_MESSAGE);
    EXPECT_IS(answer_to(CAP_SLOT_SELF, SELF_INFO, 0, 1), ERR_MESSAGE);
    EXPECT_IS(answer_to(CAP_SLOT_SELF, SELF_MINT, 0, 1), ERR_MESSAGE);
    EXPECT_IS(answer_to(CAP_SLOT_SELF, SELF_PROCESS_CREATE, 1, 0), ERR_MESSAGE);
}

/* A plain send asks for nothing, and is no way to keep axiom waiting. */
static void sends_are_nothing(void)
{
    for (uint32_t i = 0; i < 20; i++) {
        struct message m = {.info = msg_info(SELF_EXIT, 1, 0, 0)};
        EXPECT_IS(sys_send(CAP_SLOT_SELF, &m), OK);
    }
    (void)own_info();
}

/* In one request, whatever the count. */
static int map(uint64_t address, uint32_t pages, uint32_t rights)
{
    struct self_memory_map_in in = {.address = address, .pages = pages, .rights = (uint8_t)rights};

    return self_memory_map(CAP_SLOT_SELF, &in);
}

static int unmap(uint64_t address, uint32_t pages)
{
    struct self_memory_unmap_in in = {.address = address, .pages = pages};

    return self_memory_unmap(CAP_SLOT_SELF, &in);
}

static void map_addresses(void)
{
    static const uint64_t bad[] = {
        0, 8, AREA + 1, USER_MAX, USER_MAX - 1, NOT_CANONICAL, KERNEL_ADDRESS, ~0xfffull};
    uint32_t before = own_info().pages;

    for (uint32_t i = 0; i < TEST_COUNT(bad); i++) {
        EXPECT_IS(map(bad[i], 1, RIGHT_READ), SELF_BAD_ADDRESS);
        EXPECT_IS(unmap(bad[i], 1), SELF_BAD_ADDRESS);
    }
    EXPECT_IS(map(AREA, 0, RIGHT_READ), SELF_BAD_ADDRESS);
    EXPECT_IS(map(USER_MAX - MEMORY_PAGE, 2, RIGHT_READ), SELF_BAD_ADDRESS);
    EXPECT_IS(own_info().pages, before);
}

static void map_rights(void)
{
    static const uint32_t bad[] = {0,
                                   RIGHT_WRITE,
                                   MAP_EXEC,
                                   RIGHT_WRITE | MAP_EXEC,
                                   RIGHT_READ | RIGHT_WRITE | MAP_EXEC,
                                   RIGHT_READ | RIGHT_GRANT,
                                   RIGHT_READ | MAP_UNCACHED,
                                   255};

    for (uint32_t i = 0; i < TEST_COUNT(bad); i++) {
        EXPECT_IS(map(AREA, 1, bad[i]), SELF_BAD_ADDRESS);
    }
}

static void map_quota(void)
{
    struct axiom_process_info info = own_info();

    EXPECT_IS(map(AREA, info.pages_max - info.pages + 1, RIGHT_READ), SELF_QUOTA);
    EXPECT_IS(map(MEMORY_PAGE, UINT32_MAX, RIGHT_READ), SELF_QUOTA);
    EXPECT_IS(own_info().pages, info.pages);
}

/* A range is mapped or unmapped as a whole, or not at all. */
static void map_all_or_nothing(void)
{
    uint32_t before;

    EXPECT_IS(map(AREA + 2 * MEMORY_PAGE, 1, RIGHT_READ | RIGHT_WRITE), OK);
    before = own_info().pages;
    EXPECT_IS(map(AREA, 4, RIGHT_READ), SELF_BAD_ADDRESS);
    EXPECT_IS(unmap(AREA + MEMORY_PAGE, 2), SELF_BAD_ADDRESS);
    EXPECT_IS(unmap(AREA + 2 * MEMORY_PAGE, 2), SELF_BAD_ADDRESS);
    EXPECT_IS(own_info().pages, before);
    *(volatile uint64_t *)(AREA + 2 * MEMORY_PAGE) = 1; /* it is still there */
    EXPECT_IS(unmap(AREA + 2 * MEMORY_PAGE, 1), OK);
    EXPECT_IS(own_info().pages, before - 1);
}

static void object_slots(void)
{
    const uint32_t outside[] = {0, startup_page()->slot_count, 1 << 24, UINT32_MAX};
    const uint32_t used[] = {CAP_SLOT_SELF, CAP_SLOT_REGISTRY, test_endpoint()};
    uint32_t pages = own_info().pages;

    for (uint32_t i = 0; i < TEST_COUNT(outside); i++) {
        struct self_endpoint_create_in e = {.slot = outside[i]};
        struct self_reply_create_in r = {.slot = outside[i]};
        struct self_notification_create_in n = {.slot = outside[i], .badge = 1};
        EXPECT_IS(self_endpoint_create(CAP_SLOT_SELF, &e), ERR_RANGE);
        EXPECT_IS(self_reply_create(CAP_SLOT_SELF, &r), ERR_RANGE);
        EXPECT_IS(self_notification_create(CAP_SLOT_SELF, &n), ERR_RANGE);
    }
    for (uint32_t i = 0; i < TEST_COUNT(used); i++) {
        struct self_endpoint_create_in e = {.slot = used[i]};
        struct self_reply_create_in r = {.slot = used[i]};
        struct self_notification_create_in n = {.slot = used[i], .badge = 1};
        EXPECT_IS(self_endpoint_create(CAP_SLOT_SELF, &e), SELF_SLOT_USED);
        EXPECT_IS(self_reply_create(CAP_SLOT_SELF, &r), SELF_SLOT_USED);
        EXPECT_IS(self_notification_create(CAP_SLOT_SELF, &n), SELF_SLOT_USED);
    }
    struct self_notification_create_in trusted = {.slot = test_slot(), .badge = BADGE_TRUSTED | 1};
    EXPECT_IS(self_notification_create(CAP_SLOT_SELF, &trusted), ERR_RANGE);
    EXPECT_IS(own_info().pages, pages);
}

static int mint(cap_t source, cap_t slot, uint8_t rights, uint64_t badge)
{
    struct self_mint_in in = {.source = {.slot = source, .rights = RIGHTS_ALL},
                              .slot = slot,
                              .rights = rights,
                              .badge = badge};

    return self_mint(CAP_SLOT_SELF, &in);
}

static void mint_refuses(void)
{
    cap_t endpoint = test_endpoint(), to = test_slot();
    cap_t badged = test_mint(endpoint, RIGHTS_ALL, 5);

    EXPECT_IS(mint(endpoint, endpoint, RIGHTS_ALL, 0), SELF_SLOT_USED);
    EXPECT_IS(mint(endpoint, startup_page()->slot_count, RIGHTS_ALL, 0), ERR_RANGE);
    EXPECT_IS(mint(endpoint, 0, RIGHTS_ALL, 0), ERR_RANGE);
    EXPECT_IS(mint(endpoint, to, RIGHTS_ALL + 1, 0), ERR_RANGE);
    EXPECT_IS(mint(endpoint, to, RIGHTS_ALL, BADGE_TRUSTED), ERR_RANGE);
    EXPECT_IS(mint(badged, to, RIGHTS_ALL, 6), ERR_RANGE);
    EXPECT_IS(mint(badged, to, RIGHTS_ALL, 5), OK);
    EXPECT_IS(mint(CAP_SLOT_SELF, test_slot(), RIGHTS_ALL, 0), ERR_RIGHTS);
    EXPECT_IS(mint(test_reply(), test_slot(), RIGHTS_ALL, 0), ERR_CAP_TYPE);
    EXPECT_IS(mint(test_slot(), test_slot(), RIGHTS_ALL, 0), ERR_CAP_EMPTY);
}

/* At most 255 derivations deep: what axiom received of it counts as one. */
static void mint_depth(void)
{
    cap_t at = test_endpoint(), keep[260];
    uint32_t count = 0;
    int err = OK;

    while (err == OK && count < TEST_COUNT(keep)) {
        keep[count] = slot_alloc();
        err = mint(at, keep[count], RIGHTS_ALL, 0);
        at = keep[count++];
    }
    EXPECT_IS(err, ERR_DEPTH);
    EXPECT(count > DEEP / 2);
    while (count > 0) {
        slot_discard(keep[--count]);
    }
}

static int death_notify(cap_t endpoint, cap_t notification)
{
    struct self_death_notify_in in = {.endpoint = {.slot = endpoint, .rights = RIGHTS_ALL},
                                      .notification = {.slot = notification, .rights = RIGHTS_ALL}};

    return self_death_notify(CAP_SLOT_SELF, &in);
}

static void deaths(void)
{
    cap_t endpoint = test_endpoint(), told = test_notification(1);
    struct self_deaths_out out;
    uint64_t word;

    EXPECT_IS(death_notify(test_mint(endpoint, RIGHT_WRITE, 0), told), SELF_NOT_YOURS);
    EXPECT_IS(death_notify(test_notification(1), told), ERR_CAP_TYPE); /* nobody would forget it */
    EXPECT_IS(death_notify(endpoint, told), OK);
    cap_t first = test_mint(endpoint, RIGHT_WRITE, DEATH_BADGE);
    cap_t second = test_mint(first, RIGHT_WRITE, 0);
    EXPECT_IS(sys_drop(first), OK);
    EXPECT_IS(self_deaths(CAP_SLOT_SELF, &out), OK);
    EXPECT_IS(out.badges.count, 0);
    EXPECT_IS(sys_drop(second), OK);
    EXPECT_IS(self_deaths(CAP_SLOT_SELF, &out), OK);
    EXPECT_IS(out.badges.count, 1);
    EXPECT_IS(out.badges.at[0], DEATH_BADGE);
    EXPECT_IS(sys_wait(told, &word), OK);
    EXPECT_IS(self_deaths(CAP_SLOT_SELF, &out), OK);
    EXPECT_IS(out.badges.count, 0);
}

static int badge_count(cap_t endpoint, uint64_t badge)
{
    struct self_badge_count_in in = {.endpoint = {.slot = endpoint, .rights = RIGHTS_ALL},
                                     .badge = badge};
    struct self_badge_count_out out;
    int err = self_badge_count(CAP_SLOT_SELF, &in, &out);

    return err == OK ? (int)out.count : -err;
}

static void badges_are_counted(void)
{
    cap_t endpoint = test_endpoint();

    EXPECT_IS(badge_count(endpoint, DEATH_BADGE), 0);
    cap_t first = test_mint(endpoint, RIGHT_WRITE, DEATH_BADGE);
    cap_t second = test_mint(first, RIGHT_WRITE, 0);
    EXPECT_IS(badge_count(endpoint, DEATH_BADGE), 2);
    EXPECT_IS(badge_count(endpoint, DEATH_BADGE + 1), 0);
    EXPECT_IS(sys_drop(first), OK);
    EXPECT_IS(badge_count(endpoint, DEATH_BADGE), 1);
    EXPECT_IS(sys_drop(second), OK);
    EXPECT_IS(badge_count(endpoint, DEATH_BADGE), 0);
    EXPECT_IS(badge_count(test_mint(endpoint, RIGHT_WRITE, 0), 1), -SELF_NOT_YOURS);
    EXPECT_IS(badge_count(test_notification(1), 1), 0); /* it has no badges */
}

static void revoke_refuses(void)
{
    struct self_revoke_in in = {.source = {.slot = startup_cap("observe"), .rights = RIGHTS_ALL}};

    EXPECT_IS(self_revoke(CAP_SLOT_SELF, &in), SELF_NOT_YOURS);
    in.source.slot = test_endpoint(); /* nothing was derived */
    EXPECT_IS(self_revoke(CAP_SLOT_SELF, &in), OK);
    in.source.slot = test_slot();
    EXPECT_IS(self_revoke(CAP_SLOT_SELF, &in), ERR_CAP_EMPTY);
}

static void sync_counts(void)
{
    struct self_sync_out first, second;

    EXPECT_IS(self_sync(CAP_SLOT_SELF, &first), OK);
    (void)test_endpoint();
    EXPECT_IS(self_sync(CAP_SLOT_SELF, &second), OK);
    EXPECT(second.commits > first.commits && second.commits < first.commits + 8);
    EXPECT(second.events > first.events);
}

/* Without Self a process can still be ended by its maker, and do nothing new by itself. */
static int child_drops_self(void)
{
    struct self_info_out out;
    cap_t ready = startup_cap("ready");

    if (sys_drop(CAP_SLOT_SELF) != OK) return 1;
    if (self_info(CAP_SLOT_SELF, &out) == ERR_CAP_EMPTY) (void)sys_signal(ready);
    for (;;) {
        sys_yield();
    }
}

static void dropped_self(void)
{
    cap_t ready = test_notification(1);
    struct spawn_cap cap = {.name = "ready", .source = ready, .rights = RIGHT_WRITE};
    struct test_child_args args = {.name = "drops_self", .caps = &cap, .cap_count = 1};
    struct test_child child;
    uint64_t word;

    if (!test_child_start(&args, &child)) return;
    EXPECT_IS(sys_wait(ready, &word), OK);
    test_child_kill(&child);
    EXPECT_IS(test_child_wait(&child), 137);
}

static const struct test tests[] = {
    {"SLF0001", "info tells of the asker, and of nobody else", info_is_true},
    {"SLF0002", "unknown methods, wrong lengths and unasked capabilities are refused",
     malformed_requests},
    {"SLF0003", "a message that is no call does nothing", sends_are_nothing},
    {"SLF0004", "memory is mapped at good addresses only", map_addresses},
    {"SLF0005", "memory has good rights only, and never W and X", map_rights},
    {"SLF0006", "more memory than the quota is refused before anything is done", map_quota},
    {"SLF0007", "a range is mapped and unmapped as a whole or not at all", map_all_or_nothing},
    {"SLF0008", "objects are made in free slots of one's own only", object_slots},
    {"SLF0009", "mint: each refusal has its error", mint_refuses},
    {"SLF0010", "derivation ends at a depth", mint_depth},
    {"SLF0011", "the death of a badge is told once, to the receiver alone", deaths},
    {"SLF0012", "only what is one's own is revoked", revoke_refuses},
    {"SLF0013", "sync counts what happened before it", sync_counts},
    {"SLF0015", "capabilities that carry a badge are counted, for the receiver alone",
     badges_are_counted},
    {"SLF0014", "who drops its Self can do nothing new, and is ended by its maker", dropped_self},
};
static const struct child children[] = {
    {"drops_self", child_drops_self},
};
const struct group self_group = TEST_GROUP(tests, children);
