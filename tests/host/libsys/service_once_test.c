/* service_once_test.c - requests that are done at most once, with the world of log_world.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "log_world.h"

/* Whether the last turn's answer goes with the next receive. */
static bool answers_now(void)
{
    return service.rq.answer.info != 0;
}

enum { ANN = 7 << 24, BOB = 8 << 24 }; /* numbers of clients' threads */

/* The answer to a request done once, with its word and its capability's badge. */
static void expect_answer(uint64_t word, uint64_t badge)
{
    if (answers_now()) {
        assert_int_equal(service.rq.answer.w[0], word);
        assert_int_equal(ipc_buffer()->caps[0].badge, badge);
        assert_int_equal(msg_caps(service.rq.answer.info), 1);
        return;
    }
    assert_int_equal(kernel.answered[0].w[0], word);
    assert_int_equal(kernel.answered_badge[0], badge);
}

static void done_once(void **unused)
{
    (void)unused;
    arrives(ONCE, ANN + 1);
    expect_answer(0, 1000);
    arrives(ONCE, ANN + 1); /* the client did not get the answer */
    expect_answer(0, 1000);
    assert_int_equal(state.count, 1);
    start_again();
    arrives(ONCE, ANN + 1);
    expect_answer(0, 1000);
    assert_true(service_owes(&service, 1000));
    assert_false(service_owes(&service, 1001));
    arrives(ONCE, BOB + 1); /* another thread, or another badge, is another client */
    expect_answer(1, 1001);
    arrives_from(6, ONCE, ANN + 1);
    expect_answer(2, 1002);
    arrives(ONCE, ANN + 2); /* the next request: the one before is not asked for any more */
    expect_answer(3, 1003);
    assert_false(service_owes(&service, 1000));
    arrives(ONCE, 0); /* without a number */
    arrives(ONCE, 0);
    assert_int_equal(state.count, 6);
    start_again();
    arrives(ONCE, ANN + 2);
    expect_answer(3, 1003);
    arrives(ONCE, BOB + 1);
    expect_answer(1, 1001);
    assert_int_equal(state.count, 6);
}

static void outcomes_end(void **unused)
{
    (void)unused;
    arrives(ONCE, ANN + 1);
    arrives_from(6, ONCE, BOB + 1);
    service.keeper->death(&service, 5);
    service_apply(&service);
    service.keeper->death(&service, 77); /* that asked for nothing */
    assert_int_equal(service.record_bytes, 0);
    start_again();
    arrives_from(6, ONCE, BOB + 1);
    expect_answer(1, 1001);
    arrives(ONCE, ANN + 1);
    assert_int_equal(state.count, 3); /* its badge had died: nobody can have asked for it again */
    ledger.boot++;
    start_again();
    arrives_from(6, ONCE, BOB + 1);
    assert_int_equal(state.count, 4);
}

/* Of many the last ones are kept; and a checkpoint has them. */
static void many_outcomes(void **unused)
{
    (void)unused;
    for (uint64_t i = 1; i <= LOG_OUTCOMES + 5; i++) {
        arrives(ONCE, i << 24 | 9);
    }
    while (ledger.parts == 0) {
        arrives(BIG, 1);
    }
    start_again();
    uint64_t count = state.count;
    arrives(ONCE, 6ull << 24 | 9);
    arrives(ONCE, (LOG_OUTCOMES + 5ull) << 24 | 9);
    assert_int_equal(state.count, count);
    arrives(ONCE, 5ull << 24 | 9); /* the oldest five had to go */
    assert_int_equal(state.count, count + 1);
}

/* Objects that nobody holds when a process begins are told of, but not those still owed. */
static void objects_are_found_dead(void **unused)
{
    (void)unused;
    kernel.living = world_object(2);
    service_objects_begin(&service);
    assert_int_equal(kernel.died, 1 << 0 | 1 << 4 | 1 << 6);
    assert_int_equal(state.count, 3); /* what death() commits is applied */
    kernel.died = 0;
    state.count = world_object(4) - 1000; /* the badge that ONCE hands out next */
    arrives(ONCE, ANN + 1);
    service_objects_begin(&service);
    assert_int_equal(kernel.died, 1 << 0 | 1 << 6);
}

/* Of all badges of the endpoint that go only those of this boot's objects are the service's. */
static void deaths_of_objects(void **unused)
{
    (void)unused;
    kernel.deaths[0] = world_object(6);
    kernel.deaths[1] = badge_lookup(7);
    kernel.deaths[2] = badge_make(1, (uint32_t)service_log.boot + 1, 1, 1);
    service_drain_deaths(&service);
    assert_int_equal(kernel.died, 1 << 6);
    assert_int_equal(state.count, 1);
}

static void hurried_while_it_waits(void)
{
    assert_true(ledger.hurries > 0); /* else nobody would make them durable soon */
    ledger.durable = ledger.next;
}

/* What signals commit nobody waits for, but for the service, when it has room for no more. */
static void room_is_hurried_for(void **unused)
{
    (void)unused;
    ledger.at_once = false;
    ledger.hurries = 0;
    kernel.on_wait = hurried_while_it_waits;
    for (uint32_t i = 0; kernel.waits == 0 && i < LOG_PENDING_BYTES / 8; i++) {
        signal_arrives(SIGNAL_ADDS);
    }
    assert_int_equal(kernel.waits, 1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, world_setup)
    const struct CMUnitTest tests[] = {CASE(done_once),         CASE(outcomes_end),
                                       CASE(many_outcomes),     CASE(objects_are_found_dead),
                                       CASE(deaths_of_objects), CASE(room_is_hurried_for)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
