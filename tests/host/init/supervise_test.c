/* supervise_test.c - when a service is started again, and when no more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "supervise.h"

static const struct policy policy = {.limit = 3, .backoff_ms = 100};

static void backs_off_and_gives_up(void **state)
{
    struct supervised s = {0};
    static const uint64_t waits[] = {100, 200, 400};
    uint64_t now = 1000000;

    (void)state;
    supervise_started(&s);
    for (int i = 0; i < 3; i++) {
        supervise_ready(&s);
        assert_int_equal(s.life, LIFE_READY);
        supervise_ended(&s, &policy, now);
        assert_int_equal(s.life, LIFE_BACKOFF);
        assert_false(supervise_is_due(&s, now + waits[i] - 1));
        assert_true(supervise_is_due(&s, now + waits[i]));
        now += waits[i];
        supervise_started(&s);
        assert_false(supervise_is_due(&s, now));
    }
    supervise_ended(&s, &policy, now);
    assert_int_equal(s.life, LIFE_DISABLED);
    assert_false(supervise_is_due(&s, UINT64_MAX));
    assert_int_equal(s.restarts, 3);
}

static void follows_without_failing(void **state)
{
    static const struct policy never = {.limit = 0, .backoff_ms = 100};
    struct supervised s = {0};

    (void)state;
    for (uint32_t i = 1; i <= 10; i++) {
        supervise_started(&s);
        supervise_ready(&s);
        supervise_follow(&s, 1000);
        assert_int_equal(s.life, LIFE_BACKOFF);
        assert_true(supervise_is_due(&s, 1000));
        assert_int_equal(s.restarts, i);
    }
    supervise_started(&s);
    supervise_ended(&s, &never, 1001); /* this is one */
    assert_int_equal(s.life, LIFE_DISABLED);
}

static void forgets_old_failures(void **state)
{
    struct supervised s = {0};
    uint64_t now = SUPERVISE_WINDOW_MS;

    (void)state;
    for (int i = 0; i < 10; i++) {
        supervise_started(&s);
        supervise_ended(&s, &policy, now);
        assert_int_equal(s.life, LIFE_BACKOFF);
        assert_int_equal(s.due_ms - now, 100);
        now += SUPERVISE_WINDOW_MS;
    }
    assert_int_equal(s.restarts, 10);
}

static void wait_has_a_limit(void **state)
{
    const struct policy patient = {.limit = 100, .backoff_ms = 100};
    struct supervised s = {0};

    (void)state;
    for (int i = 0; i < 50; i++) {
        supervise_started(&s);
        supervise_ended(&s, &patient, 1000);
    }
    assert_int_equal(s.due_ms, 1000 + SUPERVISE_BACKOFF_MAX_MS);
}

static void once_is_once(void **state)
{
    const struct policy once = {.limit = 3, .backoff_ms = 100, .once = true};
    struct supervised s = {0};

    (void)state;
    supervise_started(&s);
    supervise_ended(&s, &once, 0);
    assert_int_equal(s.life, LIFE_STOPPED);
    supervise_reset(&s, 5);
    assert_true(supervise_is_due(&s, 5));
}

static void reset_enables_again(void **state)
{
    const struct policy none = {.limit = 0, .backoff_ms = 100};
    struct supervised s = {0};

    (void)state;
    supervise_started(&s);
    supervise_ended(&s, &none, 0);
    assert_int_equal(s.life, LIFE_DISABLED);
    supervise_reset(&s, 7);
    assert_true(supervise_is_due(&s, 7));
}

static void stray_events_change_nothing(void **state)
{
    struct supervised s = {0};

    (void)state;
    supervise_ready(&s);
    assert_int_equal(s.life, LIFE_WAITING);
    supervise_ended(&s, &policy, 0);
    assert_int_equal(s.life, LIFE_WAITING);
    s.life = LIFE_DISABLED;
    supervise_ended(&s, &policy, 0);
    supervise_ready(&s);
    assert_int_equal(s.life, LIFE_DISABLED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(backs_off_and_gives_up),
                                       cmocka_unit_test(follows_without_failing),
                                       cmocka_unit_test(forgets_old_failures),
                                       cmocka_unit_test(wait_has_a_limit),
                                       cmocka_unit_test(once_is_once),
                                       cmocka_unit_test(reset_enables_again),
                                       cmocka_unit_test(stray_events_change_nothing)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
