/*
 * service_long_test.c - a service with a stream for longer: checkpoints, all memory for records in
 * use, and whatever happens in whatever order.
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

static uint32_t answers(void)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < REPLIES; i++) {
        sum += kernel.answers[i];
    }
    return sum;
}

static void checkpoints(void **unused)
{
    (void)unused;
    uint64_t n = 0;
    ledger.refuse_parts = 2;
    for (; ledger.coming == 0; n++) {
        arrives(BIG, 1);
    }
    assert_int_equal(ledger.parts, 0); /* its second part was not taken */
    ledger.refuse_parts = 0;
    for (; ledger.parts == 0; n++) {
        arrives(BIG, 1);
    }
    assert_int_equal(ledger.parts, 3);
    assert_true(ledger.at > 50 && ledger.at <= ledger.next);
    for (int i = 0; i < 10; i++) {
        arrives(ADD, 1);
    }
    memset(ledger.records, 0xff, ledger.at * sizeof(*ledger.records)); /* not needed */
    start_again();
    assert_int_equal(state.sum, n + 10);
    assert_int_equal(state.count, n + 10);
}

/* The signal that tells of it is used up by the wait for the next part: no other one comes. */
static void durable_during_a_checkpoint(void **unused)
{
    (void)unused;
    ledger.at_once = false;
    ledger.busy_parts = 1;
    kernel.on_wait = world_durable;
    uint32_t asked = 0;
    while (ledger.parts == 0) {
        arrives(BIG, 1);
        asked++;
        if (ledger.parts != 0) break;
        ledger.durable = ledger.next;
        signal_arrives(SERVICE_SIGNAL_STREAM);
    }
    assert_int_equal(kernel.waits, 1);
    assert_int_equal(answers(), asked);
}

static void pending_is_bounded(void **unused)
{
    (void)unused;
    ledger.at_once = false;
    kernel.on_wait = world_durable;
    for (int i = 0; i < 200; i++) {
        arrives(BIG, 1);
        assert_int_equal(ledger.hurried, ledger.next); /* its answer waits for all */
        arrives(READ_VOLATILE, 0);
    }
    assert_true(kernel.waits > 0);
    start_again();
    assert_int_equal(state.sum, 200);
}

/* The memory is full of what nobody waits for: who comes then waits for room, and is hurried. */
static void hurried_when_full(void **unused)
{
    (void)unused;
    ledger.at_once = false;
    kernel.on_wait = world_durable;
    while (service_log.used + LOG_RECORD_MAX < LOG_PENDING_BYTES) {
        signal_arrives(SIGNAL_ADDS);
    }
    while (kernel.waits == 0) {
        arrives(BIG, 1);
    }
    assert_int_equal(ledger.hurried, ledger.next);
    assert_true(ledger.durable < ledger.next);
}

/* Whatever happens in whatever order: what was answered is there afterwards, and nothing twice. */
static void random_crashes(void **unused)
{
    uint64_t asked = 0, answered_sum = 0;
    (void)unused;
    srand(11);
    kernel.on_wait = world_durable;
    for (int step = 0; step < 4000; step++) {
        uint32_t before = answers();
        ledger.at_once = rand() % 3 == 0;
        ledger.busy_parts = rand() % 4 == 0;
        switch (rand() % 10) {
        case 0:
            start_again();
            assert_true(state.count >= answered_sum && state.count <= asked);
            memset(kernel.answers, 0, sizeof(kernel.answers));
            asked = answered_sum = state.count;
            ledger.durable = ledger.next;
            signal_arrives(SERVICE_SIGNAL_STREAM);
            continue;
        case 1: /* the ledger dies, and with it what was not durable */
            ledger.next = ledger.durable + (uint64_t)rand() % (ledger.next - ledger.durable + 1);
            ledger.coming = 0;
            signal_arrives(SERVICE_SIGNAL_TOLD);
            break;
        case 2:
            ledger.durable += (uint64_t)rand() % (ledger.next - ledger.durable + 1);
            signal_arrives(SERVICE_SIGNAL_STREAM);
            break;
        case 3:
            ledger.lose_answers = 1;
            /* fall through */
        default:
            arrives(rand() % 2 ? ADD : BIG, 1);
            asked++;
        }
        answered_sum += answers() - before + (service.rq.answer.info != 0); /* or with the next */
        assert_int_equal(state.count, asked);
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, world_setup)
    const struct CMUnitTest tests[] = {
        CASE(checkpoints),        CASE(durable_during_a_checkpoint),
        CASE(pending_is_bounded), CASE(hurried_when_full),
        CASE(random_crashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
