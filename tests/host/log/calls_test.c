/* calls_test.c - of a call among the events: interface and answer. CALL0001: only what is certain
 * is said. Axiom is the server, as its interfaces need no system description. */
#include "records.h"

#include "answers.h"
#include "calls.h"
#include "idl/axiom.h"
#include "image.h"
#include "panic.h"
#include "startup.h"

enum { REPLY = 9, OTHER_REPLY = 10 };
enum { ENDPOINT = 0x5000, SERVER = 1, CLIENT = 100, OTHER = 101, SERVER_SLOT = 5, CLIENT_SLOT = 1 };
#define AXIOM_CNODE 0x8000ull
#define CLIENT_CNODE 0x100000ull
#define SELF_BADGE (1ull << 56 | 7)

void *heap_alloc(size_t bytes);
void heap_free(void *memory);

void *heap_alloc(size_t bytes)
{
    return malloc(bytes);
}

void heap_free(void *memory)
{
    free(memory);
}

_Noreturn void panic(const char *what, const char *file, int line)
{
    print_error("%s %s:%d\n", what, file, line);
    abort();
}

static struct logmem *logs;

static void add(enum commit_op op, uint8_t type, uint64_t dst, uint64_t obj, uint64_t badge)
{
    struct commit *c = logmem_commit(logs, logs->commit_head);
    *c = (struct commit){.seq = logs->commit_head,
                         .op = (uint8_t)op,
                         .type = type,
                         .rights = RIGHTS_ALL,
                         .dst = dst,
                         .obj = obj,
                         .badge = badge,
                         .depth = 1};
    logs->commit_head++;
}

/* An event; its number. */
static uint64_t event(uint32_t thread, uint64_t number, uint32_t slot, uint32_t label,
                      uint8_t result)
{
    *logmem_event(logs, logs->event_head) =
        (struct event){.thread = thread,
                       .kind = EVENT_SYSCALL,
                       .op = (uint8_t)(number - SYS_BASE),
                       .slot = slot,
                       .info = (uint32_t)msg_info(label, 0, 0, 0),
                       .arg = REPLY,
                       .result = result};
    return logs->event_head++;
}

static uint64_t calls(uint32_t thread)
{
    return event(thread, SYS_CALL, CLIENT_SLOT, SELF_MEMORY_MAP, EVENT_BLOCKED);
}

static uint64_t answers(uint32_t label, uint8_t result)
{
    return event(SERVER, SYS_REPLY_RECV, SERVER_SLOT, label, result);
}

static uint8_t result_of(uint64_t number)
{
    struct audit_entry entry = {.result = EVENT_BLOCKED};
    call_name(number, logmem_event(logs, number), &entry);
    assert_int_equal(entry.interface, SELF_ID);
    assert_int_equal(entry.badge, SELF_BADGE);
    return entry.result;
}

static int setup(void **state)
{
    (void)state;
    struct logmem layout = {.magic = LOGMEM_MAGIC};
    logmem_layout(&layout, 64 << 20);
    logs = calloc(1, layout.bytes);
    assert_non_null(logs);
    *logs = layout;
    logs->axiom_thread = SERVER;
    logs->axiom_cnode = AXIOM_CNODE;
    logs->axiom_endpoint = ENDPOINT;
    book = (struct book){0};
    assert_true(book_open(logs));
    add(COMMIT_BOOT, 0, 0, 0, 0);
    add(COMMIT_GENESIS, CAP_ENDPOINT, AXIOM_CNODE + 64 * SERVER_SLOT, ENDPOINT, 0);
    add(COMMIT_GENESIS, CAP_ENDPOINT, CLIENT_CNODE + 64 * CLIENT_SLOT, ENDPOINT, SELF_BADGE);
    assert_int_equal(book_fold(logs->commit_head), OK);
    assert_int_equal(book.now.broken, REDUCE_OK);
    book.now.threads[0] = (struct view_thread){.id = SERVER, .obj = 1, .cnode = AXIOM_CNODE};
    book.now.threads[1] = (struct view_thread){.id = CLIENT, .obj = 2, .cnode = CLIENT_CNODE};
    book.now.threads[2] = (struct view_thread){.id = OTHER, .obj = 3, .cnode = CLIENT_CNODE};
    event(SERVER, SYS_YIELD, 0, 0, OK); /* all of the above was there before any other */
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    view_close(&book.now);
    free(logs);
    return 0;
}

static void a_server_that_waited(void **state)
{
    (void)state;
    answers(OK, EVENT_BLOCKED);
    uint64_t call = calls(CLIENT), other = calls(OTHER);
    assert_int_equal(result_of(call), EVENT_BLOCKED); /* not answered yet */
    answers(SELF_QUOTA, OK);
    answers(SELF_BAD_ADDRESS, EVENT_BLOCKED);
    calls(CLIENT);
    calls(OTHER);
    assert_int_equal(result_of(call), SELF_QUOTA);        /* it got this call at once */
    assert_int_equal(result_of(other), SELF_BAD_ADDRESS); /* it was busy then: not its first */
}

static void answers_that_differ(void **state)
{
    (void)state;
    answers(OK, OK); /* busy from here on */
    uint64_t call = calls(CLIENT), other = calls(OTHER);
    answers(SELF_LIMIT, OK);
    answers(SELF_QUOTA, OK);
    answers(SELF_BAD_ADDRESS, EVENT_BLOCKED);
    calls(CLIENT);
    calls(OTHER);
    assert_int_equal(result_of(call), SYSLOG_ANSWERED);
    assert_int_equal(result_of(other), SYSLOG_ANSWERED);
}

static void answers_that_agree(void **state)
{
    (void)state;
    answers(OK, OK);
    uint64_t call = calls(CLIENT);
    calls(OTHER);
    answers(SELF_LIMIT, OK);
    answers(SELF_QUOTA, OK);
    answers(SELF_QUOTA, EVENT_BLOCKED);
    calls(CLIENT);
    assert_int_equal(result_of(call), SELF_QUOTA);
}

/* A server with several Replies answers others meanwhile, and this one later. */
static void several_replies(void **state)
{
    (void)state;
    answers(OK, EVENT_BLOCKED);
    uint64_t call = calls(CLIENT);
    uint64_t other = answers(OK, OK), held = event(SERVER, SYS_REPLY, 0, SELF_LIMIT, OK);
    logmem_event(logs, other)->arg = logmem_event(logs, held)->arg = OTHER_REPLY;
    event(SERVER, SYS_REPLY, 0, SELF_QUOTA, OK);
    calls(CLIENT);
    assert_int_equal(result_of(call), SELF_QUOTA);
}

/* Its server died, or the wait was cancelled. */
static void no_answer(void **state)
{
    (void)state;
    answers(OK, EVENT_BLOCKED);
    uint64_t call = calls(CLIENT);
    calls(CLIENT);
    assert_int_equal(result_of(call), SYSLOG_UNANSWERED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(a_server_that_waited), TEST(answers_that_differ),
                                       TEST(answers_that_agree), TEST(several_replies),
                                       TEST(no_answer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
