/*
 * check_test.c - audit's checks: each invariant is broken on purpose, and seen.
 *
 * The fold refuses most of what is wrong, so the state is damaged behind its back.
 */
#include "check.h"
#include "records.h"

enum { S_THREAD = 30, S_PROCESS = 31, S_FRAME = 32, S_SPACE = 33 };

static struct records log;
static struct reduce fold;
static struct report report;
static uint64_t *memory;
static struct extent room[NODES];
static struct commit cnode;

/* A process: its CNode, and a thread that looks up its capabilities there. */
static int setup(void **state)
{
    (void)state;
    log.count = 0;
    report = (struct report){0};
    memory = malloc(reduce_bytes(NODES));
    reduce_init(&fold, memory, NODES);
    record_world(&log);
    cnode = *record_retype(&log, S_PROCESS, CAP_CNODE, 4096, 12);
    struct commit thread = *record_retype(&log, S_THREAD, CAP_THREAD, 8192, THREAD_BITS);
    record_copy(&log, S_PROCESS, 0, &cnode)->dst = thread.obj + 64 * TS_CSPACE;
    struct commit frame = *record_retype(&log, S_FRAME, CAP_FRAME, 12288, 12);
    uint64_t space = record_retype(&log, S_SPACE, CAP_ASPACE, 16384, 12)->obj;
    struct commit *map = record_add(&log, COMMIT_MAP, SLOT(S_FRAME));
    map->type = CAP_FRAME;
    map->obj = space;
    map->arg0 = 0x400000;
    map->rights = RIGHT_READ | RIGHT_WRITE;
    (void)frame;
    struct commit e = log.list[3];
    struct commit *given = record_copy(&log, S_ENDPOINT, 0, &e);
    given->dst = cnode.obj + 64 * 3;
    given->rights = RIGHT_WRITE;
    assert_int_equal(fold_all(&fold, &log), REDUCE_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(memory);
    return 0;
}

static void check(void)
{
    report = (struct report){0};
    check_state(&fold, CNODE, room, &report);
}

static void expect(const char *invariant, uint64_t slot)
{
    check();
    assert_int_not_equal(report.count, 0);
    for (uint32_t i = 0; i < report.count; i++) {
        if (strcmp(report.findings[i].invariant, invariant) == 0 && report.findings[i].slot == slot)
            return;
    }
    fail_msg("%s was not seen, but %s: %s", invariant, report.findings[0].invariant,
             report.findings[0].what);
}

/* LOG0040 */
static void good(void **state)
{
    (void)state;
    check();
    assert_int_equal(report.count, 0);
    /* CNode, untyped, the process's CNode, thread, the thread's copy, address space, the log */
    assert_int_equal(report.authority, 7);
    assert_int_equal(report.mapped, 1);
    assert_int_not_equal(report.derived, 0);
    assert_int_not_equal(report.objects, 0);
}

/* LOG0041 */
static void slot_in_no_container(void **state)
{
    (void)state;
    struct reduce_node *n = reduce_find(&fold, SLOT(S_ENDPOINT));
    n->slot = 0x900000;
    expect("I1", 0x900000);
}

/* LOG0042 */
static void rights_exceed(void **state)
{
    (void)state;
    reduce_find(&fold, SLOT(S_ENDPOINT))->rights = 0;
    expect("I2", cnode.obj + 64 * 3);
}

/* LOG0047 */
static void badge_and_depth(void **state)
{
    (void)state;
    struct reduce_node *n = reduce_find(&fold, cnode.obj + 64 * 3);
    reduce_find(&fold, SLOT(S_ENDPOINT))->badge = 5;
    expect("I2", n->slot);
    reduce_find(&fold, SLOT(S_ENDPOINT))->badge = 0;
    n->depth = 1;
    expect("I2", n->slot);
}

/* LOG0048 */
static void mapped_nowhere(void **state)
{
    (void)state;
    reduce_find(&fold, SLOT(S_FRAME))->extra = reduce_find(&fold, SLOT(S_FRAME))->obj;
    expect("I1", SLOT(S_FRAME));
}

/* LOG0043 */
static void outside_untyped(void **state)
{
    (void)state;
    reduce_find(&fold, SLOT(S_UNTYPED))->badge = 12288;
    expect("I4", SLOT(S_FRAME));
}

/* LOG0044 */
static void overlap(void **state)
{
    (void)state;
    reduce_find(&fold, SLOT(S_FRAME))->obj = UNTYPED_BASE + 8192;
    check();
    assert_string_equal(report.findings[0].invariant, "I5");
    assert_string_equal(report.findings[0].what, "objects overlap");
}

/* LOG0045 */
static void writable_and_executable(void **state)
{
    (void)state;
    reduce_find(&fold, SLOT(S_FRAME))->badge |= MAP_EXEC;
    expect("I5", SLOT(S_FRAME));
}

/* LOG0046: each authority type, in a process's CNode. */
static void authority_outside(void **state)
{
    (void)state;
    static const uint8_t types[] = {CAP_IRQ_CONTROL, CAP_PORT_CONTROL, CAP_LOG, CAP_UNTYPED};
    struct reduce_node *n = reduce_find(&fold, cnode.obj + 64 * 3);
    for (uint32_t i = 0; i < sizeof(types); i++) {
        n->type = types[i];
        expect("I11", n->slot);
    }
    n->type = CAP_LOG; /* the read-only cursor is no authority */
    n->rights = RIGHT_READ;
    check();
    assert_int_equal(report.count, 0);
}

static struct walk_item item_of(uint64_t slot)
{
    return reduce_item(&fold, reduce_find(&fold, slot));
}

/* LOG0047: the kernel shows what the fold has, item for item. */
static void walk_equal(void **state)
{
    (void)state;
    for (const struct reduce_node *n = reduce_next(&fold, NULL); n != NULL;
         n = reduce_next(&fold, n)) {
        struct walk_item item = reduce_item(&fold, n);
        check_item(&fold, &item, 1, &report);
    }
    check_unseen(&fold, 1, fold.count, &report);
    assert_int_equal(report.count, 0);
    assert_int_equal(report.compared, fold.live);
}

/* LOG0048 */
static void walk_differs(void **state)
{
    (void)state;
    struct walk_item item = item_of(SLOT(S_ENDPOINT));
    item.rights = RIGHT_READ;
    check_item(&fold, &item, 1, &report);
    assert_int_equal(report.count, 1);
    assert_string_equal(report.findings[0].invariant, "I12");
    assert_string_equal(report.findings[0].what, "rights");
    assert_int_equal(report.findings[0].expected, RIGHTS_ALL);
    assert_int_equal(report.findings[0].found, RIGHT_READ);
}

/* LOG0049: a capability that no commit made. */
static void walk_unknown(void **state)
{
    (void)state;
    struct walk_item item = item_of(SLOT(S_ENDPOINT));
    item.slot = SLOT(60);
    check_item(&fold, &item, 1, &report);
    assert_int_equal(report.count, 1);
    assert_string_equal(report.findings[0].what, "not in the fold");
}

/* LOG0050: a capability that went without a commit. What was made during the walk is no finding. */
static void walk_missing(void **state)
{
    (void)state;
    uint64_t began = fold.count - 1;
    for (const struct reduce_node *n = reduce_next(&fold, NULL); n != NULL;
         n = reduce_next(&fold, n)) {
        struct walk_item item = reduce_item(&fold, n);
        if (n->slot != SLOT(S_LOG) && n->made < began) check_item(&fold, &item, 2, &report);
    }
    check_unseen(&fold, 2, began, &report);
    assert_int_equal(report.count, 1);
    assert_string_equal(report.findings[0].what, "not in the kernel");
    assert_int_equal(report.findings[0].slot, SLOT(S_LOG));
}

/* LOG0051: more findings than room are counted all the same. */
static void many_findings(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 3 * FINDINGS_MAX; i++) {
        report_add(&report, &(struct finding){.invariant = "I1", .what = "x"});
    }
    assert_int_equal(report.count, 3 * FINDINGS_MAX);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(good),
        CASE(slot_in_no_container),
        CASE(rights_exceed),
        CASE(badge_and_depth),
        CASE(mapped_nowhere),
        CASE(outside_untyped),
        CASE(overlap),
        CASE(writable_and_executable),
        CASE(authority_outside),
        CASE(walk_equal),
        CASE(walk_differs),
        CASE(walk_unknown),
        CASE(walk_missing),
        CASE(many_findings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
