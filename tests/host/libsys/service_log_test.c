/*
 * service_log_test.c - a service with a stream. The test is the kernel and the ledger: it decides
 * what is durable when, loses what is not, and ends the service at any point.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "description.h"
#include "idl/stream.h"
#include "log_world.h"

/* Whether the last turn's answer goes with the next receive. */
static bool answers_now(void)
{
    return service.rq.answer.info != 0;
}

static void durable_at_once(void **unused)
{
    (void)unused;
    assert_int_equal(ledger.next, 1); /* the boot */
    assert_int_equal(state.boots, 1);
    arrives(ADD, 5);
    assert_true(answers_now());
    assert_int_equal(service.rq.answer.w[0], 0);
    assert_int_equal(ledger.next, 2);
    assert_int_equal(state.sum, 5);
    arrives(READ, 0);
    assert_true(answers_now());
    assert_int_equal(service.rq.answer.w[0], 5);
    arrives(FAIL, 7); /* refused: nothing is kept of it */
    assert_int_equal(ledger.next, 2);
    assert_int_equal(state.sum, 5);
}

static void answers_wait(void **unused)
{
    (void)unused;
    ledger.at_once = false;
    arrives(ADD, 5);
    assert_int_equal(state.sum, 5); /* decided and applied, but not said */
    arrives(READ, 0);
    assert_int_equal(kernel.answers[0] + kernel.answers[1], 0);
    assert_false(answers_now());
    arrives(READ_VOLATILE, 0);
    assert_true(answers_now());
    arrives(MESSAGE_DESCRIBE, 0);
    assert_true(answers_now());
    ledger.durable = 1;
    signal_arrives(SERVICE_SIGNAL_STREAM);
    assert_int_equal(kernel.answers[0], 0);
    ledger.durable = 2;
    signal_arrives(SERVICE_SIGNAL_STREAM | 2);
    assert_int_equal(signalled_bits & 2, 2);
    assert_int_equal(kernel.answers[0], 1);
    assert_int_equal(kernel.answers[1], 1);
    assert_int_equal(kernel.answered[1].w[0], 5);
}

/* What one request was marked with, the next one is not. */
static void marks_end_with_their_request(void **unused)
{
    (void)unused;
    ledger.at_once = false;
    arrives(ADD, 5);
    arrives(READ_VOLATILE, 0);
    assert_true(answers_now());
    arrives(READ, 0);
    assert_false(answers_now());
}

static void long_answers_are_kept(void **unused)
{
    (void)unused;
    arrives(LONG, 1);
    assert_true(answers_now());
    assert_int_equal(ipc_buffer()->words[0], 0x1234);
    assert_int_equal(ipc_buffer()->caps[0].badge, 0x5678);
    ledger.at_once = false;
    arrives(LONG, 1);
    ledger.durable = ledger.next;
    signal_arrives(SERVICE_SIGNAL_STREAM);
    assert_int_equal(kernel.answers[0], 1);
    assert_int_equal(kernel.answered_words[0], 0x1234);
    assert_int_equal(kernel.answered_badge[0], 0x5678);
}

static void answers_by_token_wait(void **unused)
{
    (void)unused;
    struct message late = {.info = msg_info(OK, 1, 0, 0), .w = {9}};
    ledger.at_once = false;
    arrives(LATER, 0);
    uint64_t first = token;
    arrives(ADD, 1);
    assert_int_equal(request_answer(first, &late), OK);
    assert_int_equal(kernel.answers[0], 0);
    ledger.durable = ledger.next;
    signal_arrives(SERVICE_SIGNAL_STREAM);
    assert_int_equal(kernel.answers[0], 1);
    assert_int_equal(kernel.answered[0].w[0], 9);
}

static void no_reply_is_free(void **unused)
{
    (void)unused;
    ledger.at_once = false;
    kernel.on_wait = world_durable;
    kernel.meanwhile = 16;
    signalled_bits = 0;
    for (uint32_t i = 0; i < REPLIES; i++) {
        assert_int_equal(kernel.waits, 0);
        arrives(ADD, 1);
    }
    assert_int_equal(kernel.waits, 1);        /* before the next call is taken */
    assert_int_equal(signalled_bits, 4 | 16); /* what else was signalled is not lost */
    arrives(ADD, 1);
    assert_int_equal(kernel.waits, 1);
    assert_int_equal(kernel.answers[0] + kernel.answers[1] + kernel.answers[2], REPLIES);
    assert_int_equal(state.sum, 4);
}

static void a_new_process_has_the_state(void **unused)
{
    (void)unused;
    for (uint64_t i = 0; i < 100; i++) {
        arrives(ADD, i);
    }
    memset(&state, 0xff, sizeof(state));
    start_again();
    assert_int_equal(state.sum, 4950);
    assert_int_equal(state.boots, 1); /* of the same boot */
    ledger.boot = 2;
    start_again();
    assert_int_equal(state.boots, 2);
    assert_int_equal(service_log.boot, 2);
    assert_int_equal(ledger.next, 102);
}

static void the_ledger_dies(void **unused)
{
    (void)unused;
    ledger.at_once = false;
    arrives(ADD, 1);
    arrives(ADD, 2);
    ledger.next = ledger.durable = 2; /* one of them is lost */
    uint32_t watches = ledger.watches;
    signal_arrives(SERVICE_SIGNAL_TOLD);
    assert_int_equal(ledger.watches, watches + 1);
    assert_int_equal(ledger.next, 3); /* and came again */
    assert_int_equal(kernel.answers[0], 1);
    assert_int_equal(kernel.answers[1], 0);
    ledger.durable = 3;
    signal_arrives(SERVICE_SIGNAL_STREAM);
    assert_int_equal(kernel.answers[1], 1);
    start_again();
    assert_int_equal(state.sum, 3);
}

static void an_answer_of_the_ledger_is_lost(void **unused)
{
    (void)unused;
    ledger.lose_answers = 1;
    arrives(ADD, 1);
    assert_int_equal(ledger.next, 2); /* once, although it was appended twice */
    assert_true(answers_now());
    start_again();
    assert_int_equal(state.sum, 1);
}

static void a_ledger_that_lost_durable_records(void **unused)
{
    (void)unused;
    arrives(ADD, 1);
    ledger.next = ledger.durable = 1;
    panic_expected = true;
    if (setjmp(panicked) == 0) {
        signal_arrives(SERVICE_SIGNAL_TOLD);
        fail();
    }
}

static void a_stream_that_fails(void **unused)
{
    (void)unused;
    ledger.err = STREAM_FAILED;
    panic_expected = true;
    if (setjmp(panicked) == 0) {
        arrives(ADD, 1); /* the state is ahead: nothing may be answered from it */
        fail();
    }
    assert_int_equal(kernel.answers[0], 0);
    ledger.err = OK;
    start_again();
    assert_int_equal(state.sum, 0);
}

static void the_ledger_is_told_who_waits(void **unused)
{
    (void)unused;
    ledger.at_once = false;
    ledger.hurries = 0;
    signal_arrives(SIGNAL_ADDS); /* commits, but nobody waits */
    arrives(READ_VOLATILE, 0);
    assert_int_equal(ledger.next, 2);
    assert_int_equal(ledger.hurries, 0);
    arrives(READ, 0);
    arrives(READ, 0);
    assert_int_equal(ledger.hurries, 1); /* once for both */
    ledger.durable = 2;
    signal_arrives(SERVICE_SIGNAL_STREAM);
    assert_int_equal(kernel.answers[0] + kernel.answers[1], 2);
    arrives(ADD, 1);
    assert_int_equal(ledger.hurries, 2);
}

static void a_busy_ledger(void **unused)
{
    (void)unused;
    ledger.busy = 1;
    arrives(ADD, 1);
    assert_int_equal(ledger.next, 1);
    assert_int_equal(kernel.answers[0], 0);
    signal_arrives(SERVICE_SIGNAL_STREAM);
    assert_int_equal(ledger.next, 2);
    assert_int_equal(kernel.answers[0], 1);
}

/* What is there can be asked, nothing can be changed, and what cannot be refused is not kept. */
static void a_sealed_stream(void **unused)
{
    (void)unused;
    arrives(ADD, 5);
    ledger.sealed = true;
    ledger.room = 0;
    ledger.boot = 2;
    uint64_t next = ledger.next;
    start_again();
    assert_int_equal(state.sum, 5);
    assert_true(service_log.boot > 1 << 23); /* what this process hands out ends with it */
    arrives(LIGHT, 7);
    assert_int_equal(msg_label(kernel.answered[0].info), OK);
    assert_int_equal(state.sum, 12);
    start_again();
    arrives(READ, 0);
    assert_true(answers_now());
    arrives(ADD, 1);
    assert_int_equal(msg_label(service.rq.answer.info), ERR_LOG_FULL);
    signal_arrives(SIGNAL_ADDS);
    assert_int_equal(state.sum, 6);
    assert_int_equal(ledger.next, next);
}

static void no_room(void **unused)
{
    (void)unused;
    arrives(ADD, 1);
    ledger.room = 1000;
    signal_arrives(SERVICE_SIGNAL_STREAM);
    uint64_t next = ledger.next;
    arrives(ADD, 2);
    assert_true(answers_now());
    assert_int_equal(msg_label(service.rq.answer.info), ERR_LOG_FULL);
    assert_int_equal(state.sum, 1);
    assert_int_equal(ledger.next, next);
    arrives(READ, 0);
    assert_int_equal(service.rq.answer.w[0], 1);
}

static void without_a_stream(void **unused)
{
    (void)unused;
    service_log = (struct service_log){
        .reset = world_reset, .booted = world_booted, .snapshot = world_snapshot};
    service.keeper = NULL;
    memset(&state, 0xff, sizeof(state));
    service_recover(&service);
    assert_int_equal(state.boots, 1);
    assert_int_equal(service_log.boot, 4711);
    arrives(ADD, 3);
    assert_true(answers_now());
    assert_int_equal(state.sum, 3);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, world_setup)
    const struct CMUnitTest tests[] = {
        CASE(durable_at_once),
        CASE(answers_wait),
        CASE(marks_end_with_their_request),
        CASE(long_answers_are_kept),
        CASE(answers_by_token_wait),
        CASE(no_reply_is_free),
        CASE(a_new_process_has_the_state),
        CASE(the_ledger_dies),
        CASE(an_answer_of_the_ledger_is_lost),
        CASE(a_ledger_that_lost_durable_records),
        CASE(a_stream_that_fails),
        CASE(the_ledger_is_told_who_waits),
        CASE(a_busy_ledger),
        CASE(a_sealed_stream),
        CASE(no_room),
        CASE(without_a_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
