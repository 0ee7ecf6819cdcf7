/* crypto_test.c - published vectors, keys from passphrases, signatures in a domain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "crypto.h"

#define TEST(name) cmocka_unit_test(name)

static void test_vectors(void **state)
{
    uint32_t count;
    const char *wrong = crypto_vectors_check(&count);
    (void)state;
    if (wrong != NULL) fail_msg("%s", wrong);
    assert_int_equal(count, 15);
}

static void test_password_key(void **state)
{
    const uint8_t salt[CRYPTO_SALT_BYTES] = "waterlight salt";
    const struct crypto_cost cost = {64, 2};
    uint8_t key[32], other[32];
    char text[65];
    (void)state;
    assert_true(crypto_password_key(key, crypto_bytes("correct horse", 13), salt, &cost));
    sodium_bin2hex(text, sizeof(text), key, sizeof(key)); /* as libc_check.c inside the system */
    assert_string_equal(text, "cc7493926e3368b37de1c4a5faeab9b40aa0a2af25a70411bc50c3273c444200");
    assert_true(crypto_password_key(other, crypto_bytes("correct horsf", 13), salt, &cost));
    assert_memory_not_equal(key, other, sizeof(key));
    assert_true(crypto_password_key(other, crypto_bytes("correct horse", 13), salt,
                                    &(struct crypto_cost){64, 3}));
    assert_memory_not_equal(key, other, sizeof(key));
    assert_false(crypto_password_key(key, crypto_bytes("a", 1), salt, &(struct crypto_cost){7, 1}));
    assert_false(crypto_password_key(key, crypto_bytes("a", 1), salt, &(struct crypto_cost){8, 0}));
}

static struct crypto_signed what(const char *domain, const char *message)
{
    return (struct crypto_signed){crypto_bytes(domain, strlen(domain)),
                                  crypto_bytes(message, strlen(message))};
}

static void test_domains(void **state)
{
    static const uint8_t seed[32] = {1, 2, 3};
    static const char most[CRYPTO_MESSAGE_MAX + 1];
    uint8_t public_key[32], secret[64], signature[64], plain[64];
    struct crypto_signed right = what("login", "one"), shifted = what("logi", "none");
    struct crypto_signed other = what("logout", "one"), none = what("", "one");
    struct crypto_signed large = {right.domain, {most, CRYPTO_MESSAGE_MAX}};
    (void)state;
    crypto_sign_seed_keypair(public_key, secret, seed);
    assert_true(crypto_domain_sign(signature, secret, &right));
    assert_true(crypto_domain_verify(signature, public_key, &right));
    assert_false(crypto_domain_verify(signature, public_key, &shifted));
    assert_false(crypto_domain_verify(signature, public_key, &other));
    /* A signature of the bare message is none in a domain, and the other way round. */
    crypto_sign_detached(plain, NULL, (const uint8_t *)"one", 3, secret);
    assert_false(crypto_domain_verify(plain, public_key, &right));
    assert_int_not_equal(
        crypto_sign_verify_detached(signature, (const uint8_t *)"one", 3, public_key), 0);
    assert_false(crypto_domain_sign(signature, secret, &none));
    assert_false(crypto_domain_verify(signature, public_key, &none));
    assert_true(crypto_domain_sign(signature, secret, &large));
    assert_true(crypto_domain_verify(signature, public_key, &large));
    large.message.len++;
    assert_false(crypto_domain_sign(signature, secret, &large));
    right.domain = crypto_bytes(most, CRYPTO_DOMAIN_MAX + 1);
    assert_false(crypto_domain_sign(signature, secret, &right));
}

static void test_hkdf_limits(void **state)
{
    static uint8_t out[255 * 32 + 1], info[1025];
    struct crypto_hkdf from = {crypto_bytes("s", 1), {NULL, 0}, crypto_bytes(info, 1024)};
    (void)state;
    assert_true(crypto_hkdf(out, 255 * 32, &from));
    assert_false(crypto_hkdf(out, sizeof(out), &from));
    from.info.len = sizeof(info);
    assert_false(crypto_hkdf(out, 1, &from));
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_vectors), TEST(test_password_key),
                                       TEST(test_domains), TEST(test_hkdf_limits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
