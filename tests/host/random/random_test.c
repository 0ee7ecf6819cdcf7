/* random_test.c - the health tests of a source, and the generator behind them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "drbg.h"
#include "health.h"

/* A byte, 0 excluded: zeros are what the tests put in. */
static uint8_t good_byte(void)
{
    return (uint8_t)(1 + randombytes_uniform(255));
}

static bool take(struct health *h, uint8_t sample)
{
    return health_take(h, &sample, 1);
}

static void good_noise_passes(void **state)
{
    struct health h = {0};
    uint8_t noise[4096];

    (void)state;
    for (int i = 0; i < 256; i++) {
        randombytes_buf(noise, sizeof(noise));
        assert_true(health_take(&h, noise, sizeof(noise)));
    }
    assert_int_equal(h.samples, 256 * sizeof(noise));
    assert_int_equal(h.failures, 0);
}

static void repeats_are_seen_at_the_cutoff(void **state)
{
    struct health h = {0};

    (void)state;
    assert_true(take(&h, good_byte()));
    for (int i = 1; i < HEALTH_REPEATS; i++) {
        assert_true(take(&h, 0));
    }
    struct health before = h;
    assert_true(take(&h, 7)); /* one short: no failure */
    assert_false(take(&before, 0));
    assert_int_equal(before.failures, 1);
}

/* Every second byte is 0, so it never repeats; half of the window is twice too much. */
static void a_share_is_seen_at_the_cutoff(void **state)
{
    struct health h = {0};
    int zeros = 0;

    (void)state;
    for (;;) {
        bool whole = take(&h, 0);
        zeros++;
        if (!whole) break;
        assert_true(zeros < HEALTH_SHARE);
        assert_true(take(&h, good_byte()));
    }
    assert_int_equal(zeros, HEALTH_SHARE);
}

/* A share just below the cutoff, in window after window, is borne. */
static void a_window_ends(void **state)
{
    struct health h = {0};

    (void)state;
    for (int i = 0; i < 20 * HEALTH_WINDOW; i++) {
        int at = i % HEALTH_WINDOW;
        bool zero = at % 2 == 0 && at / 2 < HEALTH_SHARE - 1;
        assert_true(take(&h, zero ? 0 : good_byte()));
    }
}

static void a_failure_is_for_good(void **state)
{
    struct health h = {0};
    uint8_t zeros[64] = {0}, noise[64];

    (void)state;
    assert_false(health_take(&h, zeros, sizeof(zeros)));
    for (int i = 0; i < 100; i++) {
        randombytes_buf(noise, sizeof(noise));
        assert_false(health_take(&h, noise, sizeof(noise)));
    }
}

static void same_material_gives_the_same(void **state)
{
    struct drbg a = {0}, b = {0};
    uint8_t from_a[100], from_b[100], material[3] = {1, 2, 3};

    (void)state;
    drbg_mix(&a, material, sizeof(material));
    drbg_mix(&b, material, sizeof(material));
    drbg_draw(&a, from_a, sizeof(from_a));
    drbg_draw(&b, from_b, sizeof(from_b));
    assert_memory_equal(from_a, from_b, sizeof(from_a));
    material[1] ^= 1;
    drbg_mix(&b, material, sizeof(material));
    drbg_draw(&a, from_a, sizeof(from_a));
    drbg_draw(&b, from_b, sizeof(from_b));
    assert_memory_not_equal(from_a, from_b, sizeof(from_a));
}

/* The first draw is the ChaCha20 stream behind the next key; the key is replaced, and nothing of
 * the answer stays. */
static void a_draw_is_the_stream_and_leaves_nothing(void **state)
{
    struct drbg d = {.key = {9}};
    uint8_t want[DRBG_KEY_BYTES + DRBG_DRAW_MAX], got[DRBG_DRAW_MAX];
    const uint8_t nonce[crypto_stream_chacha20_NONCEBYTES] = {0}, zeros[sizeof(want)] = {0};

    (void)state;
    crypto_stream_chacha20(want, sizeof(want), nonce, d.key);
    drbg_draw(&d, got, sizeof(got));
    assert_memory_equal(got, want + DRBG_KEY_BYTES, sizeof(got));
    assert_memory_equal(d.key, want, DRBG_KEY_BYTES);
    assert_memory_equal(d.stream, zeros, sizeof(d.stream));
    assert_int_equal(d.drawn, sizeof(got));
}

static void draws_differ(void **state)
{
    struct drbg d = {0};
    uint8_t first[32], next[32];

    (void)state;
    drbg_draw(&d, first, sizeof(first));
    for (int i = 0; i < 1000; i++) {
        drbg_draw(&d, next, sizeof(next));
        assert_memory_not_equal(first, next, sizeof(first));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_noise_passes),
        cmocka_unit_test(repeats_are_seen_at_the_cutoff),
        cmocka_unit_test(a_share_is_seen_at_the_cutoff),
        cmocka_unit_test(a_window_ends),
        cmocka_unit_test(a_failure_is_for_good),
        cmocka_unit_test(same_material_gives_the_same),
        cmocka_unit_test(a_draw_is_the_stream_and_leaves_nothing),
        cmocka_unit_test(draws_differ),
    };

    if (sodium_init() < 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
