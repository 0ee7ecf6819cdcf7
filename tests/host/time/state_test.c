/*
 * state_test.c - settings and timers: each error, and random requests whose records, and whose
 * checkpoints, must give the same state again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "state.h"

enum { STEPS = 20000, OWNERS = 6 };

static struct state live;
static struct state_record record;

static int setup(void **state)
{
    (void)state;
    state_init(&live);
    return 0;
}

static uint32_t opened(uint64_t owner)
{
    assert_int_equal(state_decide_open(&live, owner, &record), STATE_OK);
    state_apply(&live, &record);
    return record.timer;
}

static void zones_have_bounds(void **state)
{
    (void)state;
    assert_int_equal(state_decide_settings(ZONE_MIN - 1, true, &record), STATE_BAD_ZONE);
    assert_int_equal(state_decide_settings(ZONE_MAX + 1, true, &record), STATE_BAD_ZONE);
    assert_int_equal(state_decide_settings(ZONE_MAX, false, &record), STATE_OK);
    state_apply(&live, &record);
    assert_int_equal(live.zone_minutes, ZONE_MAX);
    assert_false(live.hour24);
}

static void one_owner_cannot_take_all(void **state)
{
    (void)state;
    for (int i = 0; i < TIMERS_OF_ONE; i++) {
        (void)opened(1);
    }
    assert_int_equal(state_decide_open(&live, 1, &record), STATE_LIMIT);
    for (int i = TIMERS_OF_ONE; i < TIMERS_MAX; i++) {
        (void)opened((uint64_t)(2 + i / TIMERS_OF_ONE));
    }
    assert_int_equal(state_decide_open(&live, 99, &record), STATE_LIMIT);
    assert_null(state_is_sound(&live));
}

static void a_use_is_over_when_it_is_closed(void **state)
{
    (void)state;
    uint32_t timer = opened(1), first = live.timers[timer].generation;

    assert_true(state_decide_close(&live, timer, first, &record));
    state_apply(&live, &record);
    assert_null(state_timer(&live, timer, first));
    assert_false(state_decide_close(&live, timer, first, &record));
    assert_int_equal(opened(2), timer);
    assert_null(state_timer(&live, timer, first));
    assert_non_null(state_timer(&live, timer, first + 1));
    assert_null(state_timer(&live, TIMERS_MAX, 1));
}

static void periods_have_a_least(void **state)
{
    (void)state;
    assert_int_equal(state_decide_set(0, 5, PERIOD_MIN_NS - 1, &record), STATE_BAD_PERIOD);
    assert_int_equal(state_decide_set(0, 5, PERIOD_MIN_NS, &record), STATE_OK);
}

static void expirations_follow_from_the_time(void **state)
{
    const struct timer idle = {.used = true}, once = {.deadline = 100},
                       again = {.deadline = 100, .period = 10};

    (void)state;
    assert_int_equal(timer_expirations(&idle, 1000), 0);
    assert_int_equal(timer_next(&idle, 0), 0);
    assert_int_equal(timer_expirations(&once, 99), 0);
    assert_int_equal(timer_next(&once, 0), 100);
    assert_int_equal(timer_expirations(&once, 100), 1);
    assert_int_equal(timer_expirations(&once, 5000), 1);
    assert_int_equal(timer_next(&once, 1), 0);
    assert_int_equal(timer_expirations(&again, 99), 0);
    assert_int_equal(timer_expirations(&again, 109), 1);
    assert_int_equal(timer_expirations(&again, 110), 2);
    assert_int_equal(timer_next(&again, 2), 120);
}

static void random_step(void)
{
    uint32_t timer = (uint32_t)rand() % TIMERS_MAX;
    const struct timer *t = &live.timers[timer];
    bool ready = false;

    switch (rand() % 5) {
    case 0:
        ready = state_decide_settings(rand() % 2000 - 1000, rand() % 2, &record) == STATE_OK;
        break;
    case 1:
    case 2:
        ready = state_decide_open(&live, (uint64_t)(1 + rand() % OWNERS), &record) == STATE_OK;
        break;
    case 3:
        ready = state_decide_close(&live, timer, t->generation, &record);
        break;
    case 4:
        ready = t->used &&
                state_decide_set(timer, (uint64_t)rand(), rand() % 2 == 0 ? 0 : (uint64_t)rand(),
                                 &record) == STATE_OK;
        break;
    }
    if (rand() % 2000 == 0) {
        record = (struct state_record){.type = STATE_CLOSE_ALL};
        ready = true;
    }
    if (ready) state_apply(&live, &record);
    if (!ready) record.type = 0;
}

/* A crash may come after any step: what was applied before it is what is there after it. */
static void the_fold_is_the_state(void **state)
{
    static struct state folded, restored;
    uint32_t changes = 0;

    (void)state;
    state_init(&folded);
    srand(7);
    for (int i = 0; i < STEPS; i++) {
        random_step();
        assert_null(state_is_sound(&live));
        if (record.type == 0) continue;
        changes++;
        state_apply(&folded, &record);
        assert_memory_equal(&folded, &live, sizeof(live));
        if (i % 50 != 0) continue;
        state_init(&restored);
        for (uint32_t at = 0; state_snapshot(&live, &at, &record);) {
            state_apply(&restored, &record);
        }
        assert_memory_equal(&restored, &live, sizeof(live));
    }
    assert_true(changes > STEPS / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(zones_have_bounds, setup),
        cmocka_unit_test_setup(one_owner_cannot_take_all, setup),
        cmocka_unit_test_setup(a_use_is_over_when_it_is_closed, setup),
        cmocka_unit_test_setup(periods_have_a_least, setup),
        cmocka_unit_test_setup(expirations_follow_from_the_time, setup),
        cmocka_unit_test_setup(the_fold_is_the_state, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
