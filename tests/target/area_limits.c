/* area_limits.c - Memory: what is refused, who pays, and how much there can be. */
#include "area.h"
#include "slots.h"

enum {
    PAGES_MAX = 512,
    MAPS_MAX = 64,
    MAKERS = 3,
    AREAS_MAX = 192,
    USER_QUOTA = 800,
    MAKER_QUOTA = 1500,
};
#define PLENTY 0x10000000ull

static void refusals(void)
{
    static const uint64_t bad[] = {0, 8, PLACE + 1, USER_MAX, USER_MAX - MEMORY_PAGE, ~0xfffull};
    cap_t memory = area_new(), slot = test_slot(), other = test_endpoint();
    uint32_t before = area_own_pages();

    for (uint32_t i = 0; i < TEST_COUNT(bad); i++) {
        EXPECT_IS(area_create(bad[i], AREA_PAGES, slot), SELF_BAD_ADDRESS);
        EXPECT_IS(area_attach(memory, bad[i], true, 0), SELF_BAD_ADDRESS);
        EXPECT_IS(area_detach(bad[i]), SELF_BAD_ADDRESS);
    }
    EXPECT_IS(area_create(PEERS, 0, slot), ERR_RANGE);
    EXPECT_IS(area_create(PEERS, PAGES_MAX + 1, slot), ERR_RANGE);
    EXPECT_IS(area_create(LAST, 1, slot), SELF_BAD_ADDRESS); /* used */
    EXPECT_IS(area_attach(memory, LAST, true, 0), SELF_BAD_ADDRESS);
    EXPECT_IS(area_detach(LAST), SELF_BAD_ADDRESS); /* not where it begins */
    EXPECT_IS(memory_unmap(PLACE, AREA_PAGES), SELF_BAD_ADDRESS);
    EXPECT_IS(memory_unmap(LAST, 1), SELF_BAD_ADDRESS);
    EXPECT_IS(area_attach(other, PEERS, true, 0), ERR_CAP_TYPE);
    EXPECT_IS(area_attach(startup_cap("observe"), PEERS, true, 0), ERR_CAP_TYPE);
    EXPECT_IS(area_attach(memory, PEERS, true, other), ERR_CAP_TYPE);
    EXPECT_IS(area_revoke(startup_cap("observe")), ERR_CAP_TYPE);
    EXPECT_IS(area_revoke(other), ERR_CAP_TYPE);
    EXPECT_IS(area_own_pages(), before);
    EXPECT_IS(area_info(memory).maps, 1);
    area_end(memory);
}

/* Each who maps it pays for all of it, and gets it back. */
static void both_pay(void)
{
    uint32_t before = area_own_pages();
    struct process_info_out child;
    struct peer p;
    cap_t memory = area_new();

    uint32_t with = area_own_pages();
    EXPECT(with >= before + AREA_CHUNK &&
           with <= before + AREA_CHUNK + 3); /* page tables, and a leaf */
    if (!peer_ready(&p, memory, "e")) return;
    EXPECT_IS(process_info(p.child.process, &child), OK);
    uint32_t mapped = child.info.pages;
    test_child_kill(&p.child);
    if (!peer_ready(&p, memory, "d")) return;
    EXPECT_IS(sys_signal(p.go), OK);
    struct test_fault fault;
    (void)test_fault_wait(&p.child, &fault);
    EXPECT_IS(process_info(p.child.process, &child), OK);
    EXPECT_IS(child.info.pages, mapped - AREA_CHUNK);
    if (peer_start(&p, memory, "e", mapped - AREA_CHUNK / 2))
        EXPECT_IS(test_child_wait(&p.child), SELF_QUOTA);
    area_end(memory);
    EXPECT_IS(area_own_pages(), with - AREA_CHUNK);
}

static int child_uses_all(void)
{
    cap_t first = slot_alloc(), second = slot_alloc();

    if (area_create(STARTUP_HEAP + PLENTY, PAGES_MAX, first) != OK) return 1;
    if (area_create(STARTUP_HEAP + 2 * PLENTY, PAGES_MAX, second) != SELF_QUOTA) return 2;
    if (area_detach(STARTUP_HEAP + PLENTY) != OK) return 3;
    if (area_create(STARTUP_HEAP + 2 * PLENTY, PAGES_MAX, second) != OK) return 4;
    for (uint64_t at = 0; at < PAGES_MAX * (uint64_t)MEMORY_PAGE; at += sizeof(uint64_t)) {
        if (*word_at(STARTUP_HEAP + 2 * PLENTY + at) != 0) return 5;
    }
    return 0;
}

static void quota(void)
{
    struct test_child_args args = {.name = "area_uses_all", .pages = USER_QUOTA};
    struct test_child child;

    if (test_child_start(&args, &child)) EXPECT_IS(test_child_wait(&child), 0);
}

static void maps_have_a_limit(void)
{
    cap_t memory = area_new();
    uint64_t at = STARTUP_HEAP + PLENTY;
    uint32_t maps = 1;

    while (area_attach(memory, at + maps * 0x10000ull, true, 0) == OK) {
        maps++;
    }
    EXPECT_IS(maps, MAPS_MAX);
    EXPECT_IS(area_attach(memory, at, true, 0), SELF_LIMIT);
    while (--maps > 0) {
        EXPECT_IS(area_detach(at + maps * 0x10000ull), OK);
    }
    area_end(memory);
}

static int child_makes_many(void)
{
    uint64_t word, at = STARTUP_HEAP + PLENTY;
    int made = 0, err = OK;

    for (; err == OK && made <= MAPS_MAX; made += err == OK, at += 0x10000) {
        cap_t slot = slot_alloc();
        err = area_create(at, 1, slot);
        slot_discard(slot);
    }
    if (err != SELF_LIMIT || sys_signal(startup_cap("ready")) != OK) return 255;
    if (sys_wait(startup_cap("go"), &word) != OK) return 254;
    return made;
}

static void areas_have_a_limit(void)
{
    cap_t ready = test_notification(1), go[MAKERS];
    struct test_child makers[MAKERS];
    uint64_t word;
    int made = 0;

    for (uint32_t i = 0; i < MAKERS; i++) {
        go[i] = test_notification(1);
        struct spawn_cap caps[] = {{.name = "ready", .source = ready, .rights = RIGHT_WRITE},
                                   {.name = "go", .source = go[i], .rights = RIGHT_READ}};
        struct test_child_args args = {.name = "area_makes_many",
                                       .caps = caps,
                                       .cap_count = TEST_COUNT(caps),
                                       .pages = MAKER_QUOTA};
        if (!test_child_start(&args, &makers[i])) return;
        EXPECT_IS(sys_wait(ready, &word), OK);
    }
    EXPECT_IS(area_create(PLACE, 1, test_slot()), SELF_LIMIT);
    for (uint32_t i = 0; i < MAKERS; i++) {
        EXPECT_IS(sys_signal(go[i]), OK);
        made += test_child_wait(&makers[i]);
    }
    EXPECT(made <= AREAS_MAX && made > AREAS_MAX - MAPS_MAX);
    area_end(area_new());
}

static const struct test tests[] = {
    {"ARE0008", "each refusal changes nothing", refusals},
    {"ARE0009", "each who maps it pays for all of it", both_pay},
    {"ARE0010", "the quota is the end; all comes back", quota},
    {"ARE0011", "a process maps so many, and no more", maps_have_a_limit},
    {"ARE0013", "there are so many in all, some of them for the store only", areas_have_a_limit},
};
static const struct child children[] = {{"area_uses_all", child_uses_all},
                                        {"area_makes_many", child_makes_many}};
const struct group area_limits_group = TEST_GROUP(tests, children);
