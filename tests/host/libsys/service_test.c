/* service_test.c - the server's loop with the test as the kernel: a script of what arrives, and a
 * record of what is answered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "panic.h"
#include "service.h"
#include "slots.h"

enum { ENDPOINT = 9, FIRST_REPLY = 100 };

static jmp_buf panicked;
_Noreturn void panic(const char *what, const char *file, int line)
{
    print_error("%s %s:%d\n", what, file, line);
    longjmp(panicked, 1);
}

/* The kernel: what it says next, and what it was told. */
static struct {
    enum err results[4]; /* of the next receives, first to last */
    struct message next; /* what arrives when a result is OK */
    uint32_t receives, log_full;
    uint64_t answered_reply; /* low half of aux at the last receive or reply */
    struct message answer;   /* what was given with it */
    uint32_t replies_given, drops;
    uint64_t last_drop, receive_first;
    uint32_t receive_count;
} kernel;

static enum err receive(struct message *m)
{
    kernel.answer = *m;
    kernel.answered_reply = m->aux & UINT32_MAX;
    kernel.receive_first = m->aux >> 32;
    kernel.receive_count = msg_slots(m->info);
    if (kernel.log_full > 0) {
        kernel.log_full--;
        return ERR_LOG_FULL;
    }
    enum err result = kernel.results[kernel.receives++];
    if (result == OK) *m = kernel.next;
    return result;
}

static enum err trap_here(uint64_t number, struct message *m)
{
    switch (number) {
    case SYS_RECV:
    case SYS_REPLY_RECV:
        assert_int_equal(m->cap, ENDPOINT);
        return receive(m);
    case SYS_REPLY:
        kernel.replies_given++;
        kernel.answered_reply = m->aux;
        kernel.answer = *m;
        return OK;
    case SYS_DROP:
        kernel.drops++;
        kernel.last_drop = m->cap;
        return OK;
    case SYS_CALL: /* axiom: every request is granted */
        m->info = msg_info(OK, 0, 0, 0);
        return OK;
    }
    return OK;
}

/* The server: a counter. Its records add to it. */
enum { ADD = 1, FAIL = 2, LATER = 3, KEEP = 4, ANSWER_AND_LATER = 5 };

static struct {
    uint64_t sum, seen_in_decide, bits;
    uint64_t token;
    uint64_t words[MSG_WORDS_MAX];
    cap_t kept;
    uint32_t faults;
    bool tries_to_change;
} server;
static struct service service;

static void apply(void *state, const struct record *record)
{
    assert_ptr_equal(state, &server);
    assert_int_equal(record->len, 8);
    server.sum += record->payload[0];
    if (server.tries_to_change) service_commit(&service, 1, NULL, 0);
}

static int answer_with(struct request *rq, int err)
{
    rq->answer.info = msg_info((uint32_t)err, err == OK ? 1 : 0, 0, 0);
    rq->answer.w[0] = server.sum;
    return err;
}

static int dispatch(struct service *svc, struct request *rq)
{
    uint64_t one = 1;
    assert_ptr_equal(request_service(rq), svc);
    server.seen_in_decide = server.sum;
    memcpy(server.words, rq->words, msg_words(rq->info) * 8);
    server.token = rq->token;
    request_commit(rq, 1, &one, sizeof(one));
    switch (msg_label(rq->info)) {
    case ADD:
        request_commit_parts(rq, 1, data_from("\12\0\0\0", 4), data_from("\0\0\0\0", 4));
        return answer_with(rq, OK);
    case FAIL:
        return answer_with(rq, ERR_RANGE);
    case LATER:
        return REPLY_LATER;
    case KEEP:
        server.kept = request_keep(rq, rq->caps[1].slot);
        assert_int_equal(request_keep(rq, server.kept), 0); /* once */
        return answer_with(rq, OK);
    case ANSWER_AND_LATER: {
        struct message m = {.info = msg_info(OK, 0, 0, 0)};
        assert_int_equal(request_answer(rq->token, &m), OK);
        return REPLY_LATER;
    }
    }
    return answer_with(rq, ERR_SYSCALL);
}

static void signalled(struct service *svc, uint64_t bits)
{
    uint64_t hundred = 100;
    server.bits = bits;
    service_commit(svc, 1, &hundred, sizeof(hundred));
}

static int faulted(struct service *svc, struct request *rq)
{
    (void)svc;
    server.faults++;
    assert_int_equal(msg_label(rq->info), FAULT_MEMORY);
    return rq->words[0] == 0 ? OK : REPLY_LATER;
}

static struct message m;

static int setup(void **state)
{
    (void)state;
    memset(&kernel, 0, sizeof(kernel));
    memset(&server, 0, sizeof(server));
    memset(&service, 0, sizeof(service));
    fake_trap = trap_here;
    slot_setup(FIRST_REPLY, 200);
    service = (struct service){.state = &server,
                               .endpoint = ENDPOINT,
                               .reply_count = 2,
                               .receive_slots = 2,
                               .dispatch = dispatch,
                               .apply = apply,
                               .signal = signalled,
                               .fault = faulted};
    assert_int_equal(service_init(&service), OK);
    service_first(&service, &m);
    return 0;
}

static bool arrives(uint32_t label, uint64_t flags)
{
    kernel.receives = 0;
    kernel.next = (struct message){.cap = 5, .info = msg_info(label, 1, 0, 0) | flags, .w = {7}};
    return service_turn(&service, &m);
}

static void a_call_is_decided_applied_and_answered(void **state)
{
    (void)state;
    assert_true(arrives(ADD, MSG_CALL));
    assert_int_equal(server.seen_in_decide, 0);
    assert_int_equal(server.sum, 11); /* both records, after the handler */
    assert_int_equal(service.applied, 2);
    assert_true(arrives(ADD, MSG_CALL)); /* the next receive carries the answer */
    assert_int_equal(kernel.answered_reply, FIRST_REPLY);
    assert_int_equal(msg_words(kernel.answer.info), 1);
    assert_int_equal(kernel.answer.w[0], 0);
    assert_int_equal(server.sum, 22);
}

static void a_refusal_changes_nothing(void **state)
{
    (void)state;
    assert_true(arrives(FAIL, MSG_CALL));
    assert_int_equal(service.applied, 0);
    assert_true(arrives(FAIL, MSG_CALL));
    assert_int_equal(msg_label(kernel.answer.info), ERR_RANGE);
}

static void long_messages_are_copied(void **state)
{
    (void)state;
    struct ipc_buffer *buffer = ipc_buffer();
    for (uint32_t i = 0; i < MSG_WORDS_MAX - MSG_REGISTERS; i++) {
        buffer->words[i] = 1000 + i;
    }
    kernel.receives = 0;
    kernel.next = (struct message){.cap = 5,
                                   .info = msg_info(ADD, MSG_WORDS_MAX, 0, 0) | MSG_CALL,
                                   .w = {1, 2, 3, 4, 5, 6, 7, 8}};
    assert_true(service_turn(&service, &m));
    assert_int_equal(server.words[7], 8);
    assert_int_equal(server.words[8], 1000);
    assert_int_equal(server.words[MSG_WORDS_MAX - 1], 1000 + MSG_WORDS_MAX - MSG_REGISTERS - 1);
}

static void held_calls_use_the_other_reply(void **state)
{
    (void)state;
    assert_true(arrives(LATER, MSG_CALL));
    uint64_t first = server.token;
    assert_true(arrives(ADD, MSG_CALL));
    assert_int_equal(kernel.answered_reply, FIRST_REPLY + 1);
    assert_int_equal(kernel.answer.info & 0xffff0fff, 0); /* nothing is answered by it */

    struct message late = {.info = msg_info(OK, 1, 0, 0), .w = {77}};
    assert_int_equal(request_answer(first, &late), OK);
    assert_int_equal(kernel.replies_given, 1);
    assert_int_equal(kernel.answered_reply, FIRST_REPLY);
    assert_int_equal(kernel.answer.w[0], 77);
    assert_int_equal(request_answer(first, &late), ERR_BUSY); /* once only */
    assert_int_equal(kernel.replies_given, 1);
}

static void old_tokens_do_not_answer_new_calls(void **state)
{
    (void)state;
    struct message late = {.info = msg_info(OK, 0, 0, 0)};
    assert_true(arrives(LATER, MSG_CALL));
    uint64_t first = server.token;
    assert_int_equal(request_answer(first, &late), OK);
    assert_true(arrives(ADD, MSG_CALL));
    assert_true(arrives(LATER, MSG_CALL));
    for (uint64_t generation = 0; generation < 8; generation++) {
        uint64_t token = generation << 32 | (first & UINT32_MAX);
        if (token != server.token) assert_int_equal(request_answer(token, &late), ERR_BUSY);
    }
    assert_int_equal(request_answer(99, &late), ERR_RANGE);
    assert_int_equal(request_answer(server.token, &late), OK);
}

static void all_held_means_no_reply_named(void **state)
{
    (void)state;
    assert_true(arrives(LATER, MSG_CALL));
    uint64_t first = server.token;
    assert_true(arrives(LATER, MSG_CALL));
    assert_true(arrives(ADD, 0)); /* a send still comes through */
    assert_int_equal(kernel.answered_reply, 0);
    struct message late = {.info = msg_info(OK, 0, 0, 0)};
    assert_int_equal(request_answer(first, &late), OK);
    assert_true(arrives(ADD, MSG_SIGNAL)); /* received with none; afterwards one is free */
    assert_true(arrives(ADD, MSG_CALL));
    assert_int_equal(kernel.answered_reply, FIRST_REPLY);
}

static void answered_inside_the_handler(void **state)
{
    (void)state;
    assert_true(arrives(ANSWER_AND_LATER, MSG_CALL));
    assert_int_equal(kernel.replies_given, 1);
    assert_true(arrives(ADD, MSG_CALL));
    assert_int_equal(msg_words(kernel.answer.info), 0);
}

static void signals_and_faults(void **state)
{
    (void)state;
    kernel.receives = 0;
    kernel.next = (struct message){.cap = 0x30, .info = MSG_SIGNAL};
    assert_true(service_turn(&service, &m));
    assert_int_equal(server.bits, 0x30);
    assert_int_equal(server.sum, 100);

    kernel.receives = 0;
    kernel.next = (struct message){
        .cap = 3, .info = msg_info(FAULT_MEMORY, 8, 0, 0) | MSG_FAULT | MSG_CALL, .w = {14}};
    assert_true(service_turn(&service, &m));
    assert_int_equal(server.faults, 1);
    assert_true(arrives(ADD, MSG_CALL)); /* the faulted thread waits: its Reply is held */
    assert_int_equal(kernel.answered_reply, FIRST_REPLY + 1);
}

static void capabilities_that_are_not_kept_go(void **state)
{
    (void)state;
    struct ipc_buffer *buffer = ipc_buffer();
    assert_true(arrives(ADD, 0));
    cap_t first = service.receive;
    assert_int_equal(kernel.receive_first, first);
    assert_int_equal(kernel.receive_count, 2);
    buffer->caps[0] = (struct msg_cap){first, RIGHTS_ALL | CAP_ENDPOINT << 8, 0};
    buffer->caps[1] = (struct msg_cap){first + 1, RIGHTS_ALL | CAP_NOTIFICATION << 8, 0};
    buffer->caps[2] = (struct msg_cap){0, RIGHTS_ALL | CAP_ENDPOINT << 8, 42}; /* our own */
    kernel.receives = 0;
    kernel.next = (struct message){.info = msg_info(ADD, 0, 3, 0) | MSG_CALL};
    assert_true(service_turn(&service, &m));
    assert_int_equal(kernel.drops, 2);
    assert_int_equal(service.receive, first); /* the same run again */

    kernel.receives = 0;
    kernel.next = (struct message){.info = msg_info(KEEP, 0, 3, 0) | MSG_CALL};
    assert_true(service_turn(&service, &m));
    assert_int_equal(server.kept, first + 1);
    assert_int_equal(kernel.drops, 3);
    assert_int_equal(kernel.last_drop, first);
    assert_true(service.receive > first + 1); /* a new run, without the kept slot */
    assert_int_equal(slot_alloc(), first);    /* which alone is still in use */
}

static void a_refused_answer_becomes_an_error(void **state)
{
    (void)state;
    assert_true(arrives(ADD, MSG_CALL));
    kernel.results[0] = ERR_RIGHTS;
    assert_true(arrives(ADD, MSG_CALL));
    assert_int_equal(msg_label(kernel.answer.info), ERR_RIGHTS);
    assert_int_equal(kernel.receives, 2);
    kernel.results[0] = kernel.results[1] = ERR_REVOKED; /* the endpoint is gone */
    assert_false(arrives(ADD, MSG_CALL));
}

static void a_full_log_is_waited_for(void **state)
{
    (void)state;
    assert_true(arrives(ADD, MSG_CALL));
    kernel.log_full = 3;
    assert_true(arrives(ADD, MSG_CALL));
    assert_int_equal(msg_label(kernel.answer.info), OK); /* the answer is the same */
    assert_int_equal(msg_words(kernel.answer.info), 1);
}

static void apply_decides_nothing(void **state)
{
    (void)state;
    server.tries_to_change = true;
    if (setjmp(panicked) == 0) {
        (void)arrives(ADD, MSG_CALL);
        fail();
    }
}

static void too_many_records_end_the_program(void **state)
{
    (void)state;
    static uint8_t payload[SERVICE_RECORD_BYTES];
    service_commit(&service, 1, payload, SERVICE_RECORD_BYTES - 8);
    if (setjmp(panicked) == 0) {
        service_commit(&service, 1, payload, 1);
        fail();
    }
    if (setjmp(panicked) == 0) {
        service_commit(&service, 1, payload, UINT32_MAX);
        fail();
    }
}

static void retries_end(void **state)
{
    (void)state;
    uint32_t tries = 0, count = 0;
    while (call_again(ERR_PEER_DIED, &tries)) {
        count++;
    }
    assert_true(count > 0 && count < 10);
    tries = 0;
    assert_false(call_again(ERR_RIGHTS, &tries));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_call_is_decided_applied_and_answered, setup),
        cmocka_unit_test_setup(a_refusal_changes_nothing, setup),
        cmocka_unit_test_setup(long_messages_are_copied, setup),
        cmocka_unit_test_setup(held_calls_use_the_other_reply, setup),
        cmocka_unit_test_setup(old_tokens_do_not_answer_new_calls, setup),
        cmocka_unit_test_setup(all_held_means_no_reply_named, setup),
        cmocka_unit_test_setup(answered_inside_the_handler, setup),
        cmocka_unit_test_setup(signals_and_faults, setup),
        cmocka_unit_test_setup(capabilities_that_are_not_kept_go, setup),
        cmocka_unit_test_setup(a_refused_answer_becomes_an_error, setup),
        cmocka_unit_test_setup(a_full_log_is_waited_for, setup),
        cmocka_unit_test_setup(apply_decides_nothing, setup),
        cmocka_unit_test_setup(too_many_records_end_the_program, setup),
        cmocka_unit_test(retries_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
