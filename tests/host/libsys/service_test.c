/* service_test.c - the server's loop with the test as the kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "service_world.h"
#include "slots.h"

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

/* Nothing but the loop itself sees these; each has a token of its own all the same. */
static void reads_go_by(void **state)
{
    (void)state;
    struct message late = {.info = msg_info(OK, 0, 0, 0)};
    uint64_t tokens[3];
    server.sum = 9;
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(arrives(READ, MSG_CALL));
        assert_true(service.unusual == 0);
        tokens[i] = server.token;
    }
    assert_true(tokens[0] != tokens[1] && tokens[1] != tokens[2]);
    assert_int_equal(kernel.answer.w[0], 9);
    assert_true(arrives(LATER, MSG_CALL));
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(request_answer(tokens[i], &late), ERR_BUSY);
    }
    assert_int_equal(request_answer(server.token, &late), OK);
    assert_true(arrives(0, MSG_SIGNAL));
    assert_int_equal(request_answer(server.token, &late), ERR_BUSY);
    assert_int_equal(kernel.replies_given, 1);
}

static void without_slots_it_asks_again(void **state)
{
    (void)state;
    cap_t first = service.receive;
    slot_setup(FIRST_REPLY, FIRST_REPLY + 1);
    service.receive = 0;
    assert_true(arrives(ADD, 0));
    assert_true(arrives(READ, MSG_CALL));
    assert_int_equal(kernel.receive_count, 0);
    slot_setup(first, 200);
    assert_true(arrives(READ, MSG_CALL));
    assert_true(arrives(READ, MSG_CALL));
    assert_int_equal(kernel.receive_first, first);
    assert_int_equal(kernel.receive_count, 2);
    assert_true(service.unusual == 0);
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
    assert_true(service_turn(&service));
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
    assert_true(service_turn(&service));
    assert_int_equal(server.bits, 0x30);
    assert_int_equal(server.sum, 100);

    kernel.receives = 0;
    kernel.next = (struct message){
        .cap = 3, .info = msg_info(FAULT_MEMORY, 8, 0, 0) | MSG_FAULT | MSG_CALL, .w = {14}};
    assert_true(service_turn(&service));
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
    assert_true(service_turn(&service));
    assert_int_equal(kernel.drops, 2);
    assert_int_equal(service.receive, first); /* the same run again */
    assert_int_equal(server.caps[2].badge, 42);
    assert_true(arrives(READ, MSG_CALL)); /* which has none */
    for (uint32_t i = 0; i < MSG_CAPS_MAX; i++) {
        assert_true(server.caps[i].slot == 0 && server.caps[i].badge == 0);
    }

    kernel.receives = 0;
    kernel.next = (struct message){.info = msg_info(KEEP, 0, 3, 0) | MSG_CALL};
    assert_true(service_turn(&service));
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

static void two_answers_end_the_program(void **state)
{
    (void)state;
    if (setjmp(panicked) == 0) {
        (void)arrives(TWICE, MSG_CALL);
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
        cmocka_unit_test_setup(a_call_is_decided_applied_and_answered, service_setup),
        cmocka_unit_test_setup(reads_go_by, service_setup),
        cmocka_unit_test_setup(without_slots_it_asks_again, service_setup),
        cmocka_unit_test_setup(a_refusal_changes_nothing, service_setup),
        cmocka_unit_test_setup(long_messages_are_copied, service_setup),
        cmocka_unit_test_setup(held_calls_use_the_other_reply, service_setup),
        cmocka_unit_test_setup(old_tokens_do_not_answer_new_calls, service_setup),
        cmocka_unit_test_setup(all_held_means_no_reply_named, service_setup),
        cmocka_unit_test_setup(answered_inside_the_handler, service_setup),
        cmocka_unit_test_setup(signals_and_faults, service_setup),
        cmocka_unit_test_setup(capabilities_that_are_not_kept_go, service_setup),
        cmocka_unit_test_setup(a_refused_answer_becomes_an_error, service_setup),
        cmocka_unit_test_setup(a_full_log_is_waited_for, service_setup),
        cmocka_unit_test_setup(apply_decides_nothing, service_setup),
        cmocka_unit_test_setup(two_answers_end_the_program, service_setup),
        cmocka_unit_test_setup(too_many_records_end_the_program, service_setup),
        cmocka_unit_test(retries_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
