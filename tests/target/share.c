/* share.c - one page in two processes: its rights on either side, and how it goes away. */
#include "memory.h"
#include "slots.h"
#include "test.h"

enum { VECTOR_PAGE = 14, PRESENT = 1, WRITE = 2, USER = 4, FETCH = 16, KNOWN = 0x600df00d };
#define AREA STARTUP_HEAP
#define WINDOW (STARTUP_WINDOWS_END - 64 * (uint64_t)MEMORY_PAGE)

static volatile uint64_t *const window = (volatile uint64_t *)WINDOW;

/* Maps a page, says so, and does with it what the word says when it is told. */
static int child_lends(void)
{
    uint64_t word;

    if (memory_map(AREA, 1, RIGHT_READ | RIGHT_WRITE) != OK) return 1;
    *(volatile uint64_t *)AREA = KNOWN;
    if (sys_signal(startup_cap("ready")) != OK || sys_wait(startup_cap("go"), &word) != OK)
        return 2;
    if (test_word()[0] == 'u' && memory_unmap(AREA, 1) != OK) return 3;
    if (test_word()[0] == 'e') return 0;
    if (sys_signal(startup_cap("ready")) != OK || sys_wait(startup_cap("go"), &word) != OK)
        return 4;
    return (int)*(volatile uint64_t *)AREA;
}

/* Takes the lender's page into its own window, and does with it what the word says. */
static int child_borrows(void)
{
    cap_t lender = startup_cap("lender"), ready = startup_cap("ready"), go = startup_cap("go");
    char what = test_word()[0];
    struct process_memory_share_in in = {
        .address = AREA, .pages = 1, .mine = WINDOW, .write = what != 'r'};
    uint64_t word;

    if (what == 'x') in.address = STARTUP_PROGRAM; /* its code, which it may run and not write */
    if (process_memory_share(lender, &in) != OK) return 1;
    if (what != 'x' && *window != KNOWN) return 2;
    if (sys_signal(ready) != OK || sys_wait(go, &word) != OK) return 3;
    if (what == 'r') *window = 1;
    if (what == 'x') ((void (*)(void))WINDOW)();
    if (what == 'w') *window = 5;
    if (what == 'u' && memory_unmap(WINDOW, 1) != OK) return 4;
    return what == 'w' ? 6 : (int)*window;
}

struct pair {
    cap_t lender_ready, lender_go, borrower_ready, borrower_go;
    struct test_child lender, borrower;
};

/* Until the borrower has the page. */
static bool pair_start(struct pair *p, const char *lender, const char *borrower)
{
    uint64_t word;

    *p = (struct pair){test_notification(1),
                       test_notification(1),
                       test_notification(1),
                       test_notification(1),
                       {0},
                       {0}};
    struct spawn_cap lends[] = {{.name = "ready", .source = p->lender_ready, .rights = RIGHT_WRITE},
                                {.name = "go", .source = p->lender_go, .rights = RIGHT_READ}};
    struct test_child_args a = {
        .name = "lends", .caps = lends, .cap_count = TEST_COUNT(lends), .word = lender};
    if (!test_child_start(&a, &p->lender)) return false;
    EXPECT_IS(sys_wait(p->lender_ready, &word), OK);
    struct spawn_cap borrows[] = {
        {.name = "ready", .source = p->borrower_ready, .rights = RIGHT_WRITE},
        {.name = "go", .source = p->borrower_go, .rights = RIGHT_READ},
        {.name = "lender", .source = p->lender.process, .rights = RIGHTS_ALL}};
    struct test_child_args b = {
        .name = "borrows", .caps = borrows, .cap_count = TEST_COUNT(borrows), .word = borrower};
    if (!test_child_start(&b, &p->borrower)) return false;
    EXPECT_IS(sys_wait(p->borrower_ready, &word), OK);
    return true;
}

static void expect_fault(struct pair *p, uint64_t code)
{
    struct test_fault fault;

    EXPECT_IS(sys_signal(p->borrower_go), OK);
    if (!test_fault_wait(&p->borrower, &fault)) return;
    EXPECT_IS(fault.w[0], VECTOR_PAGE);
    EXPECT_IS(fault.w[2], WINDOW);
    EXPECT_IS(fault.w[1], code);
}

static void read_only(void)
{
    struct pair p;

    if (pair_start(&p, "", "r")) expect_fault(&p, PRESENT | WRITE | USER);
}

static void never_executable(void)
{
    struct pair p;

    if (pair_start(&p, "", "x")) expect_fault(&p, PRESENT | FETCH | USER);
}

static void written_in_both(void)
{
    struct pair p;
    uint64_t word;

    if (!pair_start(&p, "", "w")) return;
    EXPECT_IS(sys_signal(p.borrower_go), OK);
    EXPECT_IS(test_child_wait(&p.borrower), 6);
    EXPECT_IS(sys_signal(p.lender_go), OK);
    EXPECT_IS(sys_wait(p.lender_ready, &word), OK);
    EXPECT_IS(sys_signal(p.lender_go), OK);
    EXPECT_IS(test_child_wait(&p.lender), 5);
}

/* The borrower gives it back: it faults, and the lender has its page. */
static void given_back(void)
{
    struct pair p;
    uint64_t word;

    if (!pair_start(&p, "", "u")) return;
    expect_fault(&p, USER);
    EXPECT_IS(sys_signal(p.lender_go), OK);
    EXPECT_IS(sys_wait(p.lender_ready, &word), OK);
    EXPECT_IS(sys_signal(p.lender_go), OK);
    EXPECT_IS(test_child_wait(&p.lender), KNOWN);
}

static void lender_unmaps(void)
{
    struct pair p;
    uint64_t word;

    if (!pair_start(&p, "u", "k")) return;
    EXPECT_IS(sys_signal(p.lender_go), OK);
    EXPECT_IS(sys_wait(p.lender_ready, &word), OK);
    expect_fault(&p, USER);
}

static void lender_ends(void)
{
    struct pair p;

    if (!pair_start(&p, "e", "k")) return;
    EXPECT_IS(sys_signal(p.lender_go), OK);
    EXPECT_IS(test_child_wait(&p.lender), 0);
    expect_fault(&p, USER);
}

static void lender_is_killed(void)
{
    struct pair p;

    if (!pair_start(&p, "", "k")) return;
    test_child_kill(&p.lender);
    expect_fault(&p, USER);
}

static const struct test tests[] = {
    {"SHR0001", "a page shared to be read cannot be written", read_only},
    {"SHR0002", "a shared page is never executable, whatever it is to its owner", never_executable},
    {"SHR0003", "what one writes the other reads", written_in_both},
    {"SHR0004", "a page given back is gone on one side only", given_back},
    {"SHR0005", "the owner unmaps it: gone on both", lender_unmaps},
    {"SHR0006", "the owner ends: gone", lender_ends},
    {"SHR0007", "the owner is killed: gone", lender_is_killed},
};
static const struct child children[] = {{"lends", child_lends}, {"borrows", child_borrows}};
const struct group share_group = TEST_GROUP(tests, children);
