/*
 * test.h - tests inside the running system, in TAP.
 *
 * One program plays all parts: started by init it is the parent and runs the tests; a test starts
 * it again as a child, which calls one function by name and exits with its result. A test function
 * uses EXPECT and goes on after a failure; what it made, help.c takes down after it.
 */
#pragma once
#include "idl/axiom.h"
#include "spawn.h"

struct test {
    const char *id, *text;
    void (*run)(void);
};
struct child {
    const char *name;
    int (*run)(void);
};
struct group {
    const struct test *tests;
    uint32_t test_count;
    const struct child *children;
    uint32_t child_count;
};
#define TEST_COUNT(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))
#define TEST_GROUP(tests, children)                                                                \
    {                                                                                              \
        tests, TEST_COUNT(tests), children, TEST_COUNT(children)                                   \
    }

/* One a file, in the order in which they run. */
#define TEST_GROUPS(X)                                                                             \
    X(syscall)                                                                                     \
    X(ipc)                                                                                         \
    X(transfer)                                                                                    \
    X(process)                                                                                     \
    X(fault)                                                                                       \
    X(load)                                                                                        \
    X(services)                                                                                    \
    X(instruction)                                                                                 \
    X(registers)                                                                                   \
    X(fpu)                                                                                         \
    X(edge)                                                                                        \
    X(self)                                                                                        \
    X(thread)                                                                                      \
    X(object)                                                                                      \
    X(observe)                                                                                     \
    X(stranger)                                                                                    \
    X(asker)                                                                                       \
    X(hostile)                                                                                     \
    X(wall)                                                                                        \
    X(share)                                                                                       \
    X(area)                                                                                        \
    X(area_limits)                                                                                 \
    X(bulk)                                                                                        \
    X(disk)                                                                                        \
    X(blockdev)                                                                                    \
    X(message)                                                                                     \
    X(preempt)                                                                                     \
    X(quota)                                                                                       \
    X(device)
#define TEST_GROUP_DECLARE(name) extern const struct group name##_group;
TEST_GROUPS(TEST_GROUP_DECLARE)

/* A line for a person, "# ...\n": through the console, the driver and its interrupts. */
void test_note(const char *text);
void test_expect(bool fact, const char *text, const char *file, int line);
void test_expect_equal(int64_t got, int64_t wanted, const char *text, const char *file, int line);
#define EXPECT(fact) test_expect(fact, #fact, __FILE_NAME__, __LINE__)
#define EXPECT_IS(got, wanted)                                                                     \
    test_expect_equal((int64_t)(got), (int64_t)(wanted), #got, __FILE_NAME__, __LINE__)

/* help.c. New objects of the parent, in slots that are dropped after the test. 0: failed, and the
 * test with it. */
cap_t test_slot(void);
cap_t test_endpoint(void);
cap_t test_reply(void);
cap_t test_notification(uint64_t badge);
/* A derived capability with a badge and these rights. */
cap_t test_mint(cap_t source, uint8_t rights, uint64_t badge);

struct test_child {
    cap_t process;
    cap_t exit;         /* notification: signalled at its end */
    cap_t fault, reply; /* where its faults arrive */
    uint32_t pid;
};
struct test_child_args {
    const char *name;
    const struct spawn_cap *caps;
    uint32_t cap_count;
    uint32_t pages;   /* quota; 0: enough for most */
    uint32_t commits; /* quota a second; 0: enough for most */
    uint32_t budget_us, period_us;
    uint8_t priority; /* 0: the parent's */
    bool fpu;
    const char *word; /* what test_word() gives in the child; NULL: "" */
    /* See struct spawn_args; `state` goes with it. */
    int (*prepare)(void *state, cap_t process, uint32_t pid);
    void *state;
};
/* A child that calls the function `name` of a group's children. It is ended after the test. */
bool test_child_start(const struct test_child_args *args, struct test_child *out_child);
int test_child_wait(const struct test_child *child); /* its exit code; a fault fails the test */
/* Lets others run: those of the same processor, and those who want the kernel elsewhere. */
void test_turn(void);
void test_child_kill(const struct test_child *child);
void test_cleanup(void);
void test_setup(void);

struct test_fault {
    uint64_t badge;
    uint32_t kind; /* enum fault_kind */
    uint64_t w[MSG_REGISTERS];
};
/* Waits for the fault of a child. It stays stopped: `child->reply` lets it go on. */
bool test_fault_wait(const struct test_child *child, struct test_fault *out_fault);
/* Starts a child that faults, and takes its fault. */
bool test_fault_of(const char *child, struct test_fault *out_fault);
/* All registers of a child's first thread, which stands still. */
bool test_registers(const struct test_child *child, struct thread_regs *out_registers);
const char *test_word(void);
uint32_t test_cpus(void);
/* So often; less with several processors, which an emulator stops and starts by itself. */
uint32_t test_scaled(uint32_t times);
/* Of the parent only: what run.py says. */
uint32_t test_deaths(void);  /* drivers of the disk that are ended meanwhile */
bool test_counted(void);     /* a tick is an instruction */
bool test_development(void); /* the kernel drops and counts events instead of stopping callers */
/* A message of `words` words that stand in m->w; the label is the ordinal. */
MUST_USE enum err test_call(cap_t to, uint32_t label, uint32_t words, struct message *m);
