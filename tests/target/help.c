/* help.c - what tests are made of: objects, children, and taking both down. */
#include "bytes.h"
#include "image.h"
#include "slots.h"
#include "test.h"

enum {
    SLOTS_MAX = 128,
    CHILDREN_MAX = 16,
    CHILD_PAGES = 192,
    CHILD_SLOTS = 64,
    CHILD_COMMITS = 5000,
    PRIORITY = 95,
    FAULT_BADGE = 77,
    SPIN_BESIDE = 20000
};

static cap_t slots[SLOTS_MAX];
static uint32_t slot_count;
static struct test_child children[CHILDREN_MAX];
static uint32_t child_count;
static struct image image;
static const struct image_file *program;

void test_setup(void)
{
    const struct startup *startup = startup_page();

    if (image_open((const void *)startup->image_address, startup->image_size, &image)) {
        program = image_find(&image, "/bin/tests");
    }
}

cap_t test_slot(void)
{
    cap_t slot = slot_alloc();

    EXPECT(slot != 0 && slot_count < SLOTS_MAX);
    if (slot != 0 && slot_count < SLOTS_MAX) slots[slot_count++] = slot;
    return slot;
}

cap_t test_endpoint(void)
{
    struct self_endpoint_create_in in = {.slot = test_slot()};
    int err = self_endpoint_create(CAP_SLOT_SELF, &in);

    EXPECT_IS(err, OK);
    return err == OK ? in.slot : 0;
}

cap_t test_reply(void)
{
    struct self_reply_create_in in = {.slot = test_slot()};
    int err = self_reply_create(CAP_SLOT_SELF, &in);

    EXPECT_IS(err, OK);
    return err == OK ? in.slot : 0;
}

cap_t test_notification(uint64_t badge)
{
    struct self_notification_create_in in = {.slot = test_slot(), .badge = badge};
    int err = self_notification_create(CAP_SLOT_SELF, &in);

    EXPECT_IS(err, OK);
    return err == OK ? in.slot : 0;
}

cap_t test_mint(cap_t source, uint8_t rights, uint64_t badge)
{
    struct self_mint_in in = {.source = {.slot = source, .rights = RIGHTS_ALL},
                              .slot = test_slot(),
                              .rights = rights,
                              .badge = badge};
    int err = self_mint(CAP_SLOT_SELF, &in);

    EXPECT_IS(err, OK);
    return err == OK ? in.slot : 0;
}

bool test_child_start(const struct test_child_args *args, struct test_child *out_child)
{
    const char cpus[] = {(char)('0' + test_cpus()), '\0'};
    const char *argv[] = {"tests", "child", args->name, args->word != NULL ? args->word : "", cpus};
    struct spawn_result result;
    struct test_child child = {
        .exit = test_notification(1), .fault = test_endpoint(), .reply = test_reply()};
    struct spawn_args spawn = {
        .name = args->name,
        .elf = program == NULL ? NULL : image_data(&image, program),
        .elf_size = program == NULL ? 0 : program->size,
        .argc = TEST_COUNT(argv),
        .argv = argv,
        .cap_count = args->cap_count,
        .caps = args->caps,
        .quota = {args->pages != 0 ? args->pages : CHILD_PAGES, CHILD_SLOTS, 4,
                  args->commits != 0 ? args->commits : CHILD_COMMITS},
        .priority = args->priority != 0 ? args->priority : PRIORITY,
        .fault = child.fault,
        .fault_badge = FAULT_BADGE,
        .exit = child.exit,
        .budget_us = args->budget_us,
        .period_us = args->period_us,
        .fpu = args->fpu,
        .prepare = args->prepare,
        .state = args->state,
    };

    int err = program == NULL ? SPAWN_BAD_FILE : spawn_program(&spawn, &result);
    EXPECT_IS(err, OK);
    if (err != OK) return false;
    child.process = result.process;
    child.pid = result.pid;
    *out_child = child;
    EXPECT(child_count < CHILDREN_MAX);
    if (child_count < CHILDREN_MAX) children[child_count++] = *out_child;
    return true;
}

void test_turn(void)
{
    uint64_t times = SPIN_BESIDE;

    if (test_cpus() > 1) __asm__ volatile("1: loop 1b" : "+c"(times));
    sys_yield();
}

int test_child_wait(const struct test_child *child)
{
    struct process_info_out out;
    uint64_t word;

    while (sys_poll(child->exit, &word) == ERR_WOULD_BLOCK) {
        struct message m = {0};
        bool faulted = sys_nb_recv(child->fault, child->reply, 0, &m) == OK;
        EXPECT(!faulted);
        if (faulted) return -1;
        test_turn(); /* parent and child have the same priority */
    }
    int err = process_info(child->process, &out);
    EXPECT_IS(err, OK);
    return err == OK ? out.info.exit_code : -1;
}

void test_child_kill(const struct test_child *child)
{
    struct process_kill_in in = {.code = 137};

    (void)process_kill(child->process, &in);
}

void test_cleanup(void)
{
    for (uint32_t i = 0; i < child_count; i++) {
        test_child_kill(&children[i]);
        slot_discard(children[i].process);
    }
    child_count = 0;
    while (slot_count > 0) {
        slot_discard(slots[--slot_count]);
    }
}

bool test_fault_wait(const struct test_child *child, struct test_fault *out_fault)
{
    struct message m = {0};
    uint64_t word;
    enum err err = sys_nb_recv(child->fault, child->reply, 0, &m);

    while (err == ERR_WOULD_BLOCK && sys_poll(child->exit, &word) == ERR_WOULD_BLOCK) {
        test_turn();
        m = (struct message){0};
        err = sys_nb_recv(child->fault, child->reply, 0, &m);
    }
    EXPECT_IS(err, OK); /* not so: it ended without a fault */
    EXPECT((m.info & MSG_FAULT) != 0);
    *out_fault = (struct test_fault){.badge = m.cap, .kind = msg_label(m.info)};
    for (uint32_t i = 0; i < MSG_REGISTERS; i++) {
        out_fault->w[i] = m.w[i];
    }
    EXPECT_IS(out_fault->badge, FAULT_BADGE);
    return err == OK && (m.info & MSG_FAULT) != 0;
}

bool test_fault_of(const char *child, struct test_fault *out_fault)
{
    struct test_child_args args = {.name = child};
    struct test_child started;

    return test_child_start(&args, &started) && test_fault_wait(&started, out_fault);
}

bool test_registers(const struct test_child *child, struct thread_regs *out_registers)
{
    struct process_thread_read_in in = {.thread = 0};
    struct process_thread_read_out out;
    int err = process_thread_read(child->process, &in, &out);

    EXPECT_IS(err, OK);
    if (err != OK) return false;
    EXPECT_IS(out.registers.count, THREAD_REGS);
    memcpy(out_registers, out.registers.at, sizeof(*out_registers));
    return true;
}

enum err test_call(cap_t to, uint32_t label, uint32_t words, struct message *m)
{
    m->info = msg_info(label, words, 0, 0);
    return sys_call(to, 0, m);
}
