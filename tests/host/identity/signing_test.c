/* signing_test.c - what machine keys sign, and the secrets that they agree on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "sealing.h"

static void what_is_signed_means_one_thing(void **state)
{
    struct signer signer = {.user = {1}, .machine = 2, .epoch = 3};
    uint8_t nonce[NONCE_BYTES] = {4}, seed[SEED_BYTES] = {5}, public[PUBLIC_BYTES];
    uint8_t signature[SIGNATURE_BYTES];
    struct signed_text text, other;
    struct statement s = {.message = nonce, .message_len = 8, .domain = "ab", .domain_len = 2};

    (void)state;
    public_of(seed, public);
    login_text(&signer, nonce, &text);
    assert_int_equal(text.len, ID_BYTES + 8 + NONCE_BYTES);
    assert_string_equal(text.domain, "machine login 1");
    text_sign(seed, &text, signature);
    assert_true(signature_is_good(public, &text, signature));
    signer.epoch++; /* the next epoch's key signs something else */
    login_text(&signer, nonce, &other);
    assert_int_equal(other.len, text.len);
    assert_false(signature_is_good(public, &other, signature));
    signer.epoch--;
    other = text; /* the same bytes for another purpose */
    other.domain = "machine statement 1";
    assert_false(signature_is_good(public, &other, signature));
    /* "ab" + "..." is not "a" + "b...". */
    statement_text(&signer, &s, &text);
    text_sign(seed, &text, signature);
    assert_true(signature_is_good(public, &text, signature));
    s.domain_len = 1;
    uint8_t shifted[9] = {'b'};
    s.message = shifted;
    s.message_len = 9;
    statement_text(&signer, &s, &other);
    assert_int_equal(other.len, text.len);
    assert_false(signature_is_good(public, &other, signature));
}

/* RFC 8032, 7.1, test 1: the seed's public key; and what is signed is as crypto.h has it. */
static void signatures_are_ed25519(void **state)
{
    static const char domain[] = "machine login 1";
    uint8_t seed[SEED_BYTES], public[PUBLIC_BYTES], want[PUBLIC_BYTES];
    uint8_t signature[SIGNATURE_BYTES], whole[13 + 1 + sizeof(domain) - 1 + 3];
    const struct signed_text text = {.domain = domain, .len = 3, .bytes = "abc"};

    (void)state;
    sodium_hex2bin(seed, sizeof(seed),
                   "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", 64, NULL,
                   NULL, NULL);
    sodium_hex2bin(want, sizeof(want),
                   "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", 64, NULL,
                   NULL, NULL);
    public_of(seed, public);
    assert_memory_equal(public, want, sizeof(want));
    text_sign(seed, &text, signature);
    memcpy(whole, "waterlight 1", 13);
    whole[13] = sizeof(domain) - 1;
    memcpy(whole + 14, domain, sizeof(domain) - 1);
    memcpy(whole + 14 + sizeof(domain) - 1, "abc", 3);
    assert_int_equal(crypto_sign_verify_detached(signature, whole, sizeof(whole), public), 0);
}

/* Both sides have the same in common, whoever of them asks, and nobody else. */
static void agreements_are_of_two(void **state)
{
    uint8_t one[SEED_BYTES] = {1}, two[SEED_BYTES] = {2}, a[PUBLIC_BYTES], b[PUBLIC_BYTES];
    uint8_t first[KEY_BYTES], second[KEY_BYTES], none[PUBLIC_BYTES] = {0};
    struct agreement with = {.domain = "mail", .domain_len = 4, .peer = b};

    (void)state;
    agree_of(one, a);
    agree_of(two, b);
    public_of(one, first);
    assert_memory_not_equal(a, first, PUBLIC_BYTES); /* a key for each use */
    assert_true(seed_agree(one, &with, first));
    with.peer = a;
    assert_true(seed_agree(two, &with, second));
    assert_memory_equal(first, second, KEY_BYTES);
    with.domain = "chat";
    assert_true(seed_agree(two, &with, second));
    assert_memory_not_equal(first, second, KEY_BYTES);
    with.domain_len = 0;
    assert_false(seed_agree(two, &with, second));
    with.domain_len = 4;
    with.peer = none; /* of small order */
    assert_false(seed_agree(two, &with, second));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_signed_means_one_thing),
        cmocka_unit_test(signatures_are_ed25519),
        cmocka_unit_test(agreements_are_of_two),
    };

    if (sodium_init() < 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
