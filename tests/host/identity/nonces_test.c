/* nonces_test.c - challenges: single use, 30 seconds, one asker, one user. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "nonces.h"

static struct nonces all;

static int setup(void **state)
{
    (void)state;
    memset(&all, 0, sizeof(all));
    return 0;
}

static struct nonce nonce(uint8_t what, uint8_t user, uint64_t asker, uint64_t made)
{
    return (struct nonce){.bytes = {what}, .user = {user}, .asker = asker, .made = made};
}

static bool add(uint8_t what, uint64_t asker, uint64_t made)
{
    struct nonce n = nonce(what, 1, asker, made);

    return nonce_add(&all, &n);
}

static enum identity_refusal spend(uint8_t what, uint8_t user, uint64_t asker, uint64_t now)
{
    struct nonce n = nonce(what, user, asker, 0);

    return nonce_spend(&all, &n, now);
}

static void it_is_spent_once(void **state)
{
    (void)state;
    assert_true(add(7, 1, 100));
    assert_int_equal(spend(7, 1, 1, 101), ID_OK);
    assert_int_equal(spend(7, 1, 1, 102), ID_REPLAYED);
    assert_int_equal(spend(8, 1, 1, 102), ID_UNKNOWN_NONCE);
}

static void its_time_ends(void **state)
{
    (void)state;
    assert_true(add(1, 1, 100));
    assert_true(add(2, 1, 100));
    assert_int_equal(spend(1, 1, 1, 100 + NONCE_LIFE_MS - 1), ID_OK);
    assert_int_equal(spend(2, 1, 1, 100 + NONCE_LIFE_MS), ID_EXPIRED);
    assert_int_equal(spend(2, 1, 1, 100 + NONCE_LIFE_MS), ID_REPLAYED);
}

/* A failed attempt spends it, too. */
static void it_is_for_one_user(void **state)
{
    (void)state;
    assert_true(add(1, 1, 100));
    assert_int_equal(spend(1, 2, 1, 101), ID_WRONG_USER);
    assert_int_equal(spend(1, 1, 1, 101), ID_REPLAYED);
}

static void it_is_the_askers(void **state)
{
    (void)state;
    assert_true(add(1, 1, 100));
    assert_int_equal(spend(1, 1, 2, 101), ID_UNKNOWN_NONCE);
    assert_int_equal(spend(1, 1, 1, 101), ID_OK);
}

/* Nobody pushes out another's: the oldest of one's own goes. */
static void an_asker_has_a_few(void **state)
{
    (void)state;
    assert_true(add(100, 2, 5));
    for (uint8_t i = 0; i < NONCES_OF_ONE + 1; i++) {
        assert_true(add(i, 1, (uint64_t)10 + i));
    }
    assert_int_equal(spend(0, 1, 1, 20), ID_UNKNOWN_NONCE);
    assert_int_equal(spend(1, 1, 1, 20), ID_OK);
    assert_int_equal(spend(100, 1, 2, 20), ID_OK);
}

static void many_askers_wait_for_each_others_time(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < NONCES_MAX; i++) {
        assert_true(add((uint8_t)i, i + 1, 100));
    }
    assert_false(add(200, 1000, 100 + NONCE_LIFE_MS - 1));
    assert_true(add(200, 1000, 100 + NONCE_LIFE_MS));
    assert_int_equal(spend(200, 1, 1000, 100 + NONCE_LIFE_MS), ID_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(it_is_spent_once, setup),
        cmocka_unit_test_setup(its_time_ends, setup),
        cmocka_unit_test_setup(it_is_for_one_user, setup),
        cmocka_unit_test_setup(it_is_the_askers, setup),
        cmocka_unit_test_setup(an_asker_has_a_few, setup),
        cmocka_unit_test_setup(many_askers_wait_for_each_others_time, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
