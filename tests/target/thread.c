/* thread.c - threads of one process: made, bound, limited, woken, and their end. */
#include "thread.h"
#include "memory.h"
#include "panic.h"
#include "slots.h"
#include "test.h"

enum { BIND_BADGE = 8, STACK_PAGES = 2, CODE = 21, PRIORITY_LOW = 10, THREADS = 4 };
#define AREA (STARTUP_WINDOWS_END - 64 * (uint64_t)MEMORY_PAGE)
#define NOT_CANONICAL 0x0000800000000000ull
#define KERNEL_ADDRESS 0xffffffff80100000ull

static uint32_t own_threads(void)
{
    struct self_info_out out = {0};

    EXPECT_IS(self_info(CAP_SLOT_SELF, &out), OK);
    return out.info.threads;
}

static void thread_arguments(void)
{
    static const uint64_t bad[] = {USER_MAX, NOT_CANONICAL, KERNEL_ADDRESS};
    struct self_thread_create_out out;
    uint32_t threads = own_threads();

    for (uint32_t i = 0; i < TEST_COUNT(bad); i++) {
        struct self_thread_create_in entry = {.entry = bad[i], .stack = AREA};
        struct self_thread_create_in stack = {.entry = STARTUP_PROGRAM, .stack = bad[i]};
        struct self_thread_create_in base = {.entry = STARTUP_PROGRAM, .fs_base = bad[i]};
        struct self_thread_create_in buffer = {.entry = STARTUP_PROGRAM, .buffer = bad[i]};
        EXPECT_IS(self_thread_create(CAP_SLOT_SELF, &entry, &out), ERR_RANGE);
        EXPECT_IS(self_thread_create(CAP_SLOT_SELF, &stack, &out), ERR_RANGE);
        EXPECT_IS(self_thread_create(CAP_SLOT_SELF, &base, &out), ERR_RANGE);
        EXPECT_IS(self_thread_create(CAP_SLOT_SELF, &buffer, &out), SELF_BAD_ADDRESS);
    }
    struct self_thread_create_in null = {.entry = 0, .stack = AREA};
    EXPECT_IS(self_thread_create(CAP_SLOT_SELF, &null, &out), ERR_RANGE);
    EXPECT_IS(own_threads(), threads);
}

static void yields(void *argument)
{
    (void)argument;
    for (;;) {
        sys_yield();
    }
}

static int child_makes_threads(void)
{
    const struct thread_args args = {
        .entry = yields, .stack_pages = STACK_PAGES, .priority = PRIORITY_LOW};
    uint32_t id, made = 1;
    int err = OK;

    while (made < 40 && (err = thread_create(&args, &id)) == OK) {
        made++;
    }
    return err == SELF_LIMIT && made == THREADS && own_threads() == made ? 0 : 1;
}

static void thread_limit(void)
{
    struct test_child_args args = {.name = "makes_threads"};
    struct test_child child;

    if (test_child_start(&args, &child)) EXPECT_IS(test_child_wait(&child), 0);
}

static int bind(cap_t notification, uint32_t thread)
{
    struct self_notification_bind_in in = {
        .notification = {.slot = notification, .rights = RIGHTS_ALL}, .thread = thread};

    return self_notification_bind(CAP_SLOT_SELF, &in);
}

static int child_binds(void)
{
    const struct self_notification_create_in in = {.slot = slot_alloc(), .badge = BIND_BADGE};
    const struct self_endpoint_create_in make = {.slot = slot_alloc()};
    const struct thread_args args = {
        .entry = yields, .stack_pages = STACK_PAGES, .priority = PRIORITY_LOW};
    struct message m = {0};
    uint32_t id;

    if (self_notification_create(CAP_SLOT_SELF, &in) != OK) return 1;
    if (self_endpoint_create(CAP_SLOT_SELF, &make) != OK) return 2;
    if (thread_create(&args, &id) != OK) return 3;
    if (bind(in.slot, 4000000) != SELF_NOT_YOURS) return 4;
    if (bind(make.slot, 0) != ERR_CAP_TYPE) return 5;
    if (bind(in.slot, 0) != OK) return 6;
    if (bind(in.slot, id) != SELF_NOT_YOURS) return 7; /* it serves one thread */
    if (sys_signal(in.slot) != OK || sys_signal(in.slot) != OK) return 8;
    if (sys_recv(make.slot, 0, 0, &m) != OK) return 9;
    if (m.info != MSG_SIGNAL || m.cap != BIND_BADGE) return 10;
    m = (struct message){0};
    return sys_nb_recv(make.slot, 0, 0, &m) == ERR_WOULD_BLOCK ? 0 : 11;
}

static void bound_notification(void)
{
    struct test_child_args args = {.name = "binds"};
    struct test_child child;

    if (test_child_start(&args, &child)) EXPECT_IS(test_child_wait(&child), 0);
}

/* Whichever thread exits ends the process. */
static void exits(void *argument)
{
    (void)argument;
    program_exit(CODE);
}

static int child_exits_beside(void)
{
    const struct thread_args args = {.entry = exits, .stack_pages = STACK_PAGES, .priority = 255};
    uint32_t id;

    if (thread_create(&args, &id) != OK) return 1;
    for (;;) {
        sys_yield();
    }
}

static void exit_of_any_thread(void)
{
    struct test_child_args args = {.name = "exits_beside"};
    struct test_child child;

    if (test_child_start(&args, &child)) EXPECT_IS(test_child_wait(&child), CODE);
}

static const struct test tests[] = {
    {"THR0001", "threads start at good addresses only", thread_arguments},
    {"THR0002", "threads are limited", thread_limit},
    {"THR0003", "a notification is bound to one thread of one's own, and `recv` delivers it",
     bound_notification},
    {"THR0004", "an exit of any thread ends the process", exit_of_any_thread},
};
static const struct child children[] = {
    {"makes_threads", child_makes_threads},
    {"binds", child_binds},
    {"exits_beside", child_exits_beside},
};
const struct group thread_group = TEST_GROUP(tests, children);
