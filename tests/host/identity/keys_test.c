/* keys_test.c - the flows of a person's keys: split, sealed, opened, recovered, signed with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "keys.h"

static const char password[] = "correct horse battery";
static bool noise_broken, vault_open;
static struct user user;
static struct machine machine;
static struct shards_shown shown;

void keys_noise(unsigned char *out_bytes, unsigned count)
{
    randombytes_buf(out_bytes, count);
}

bool keys_noise_failed(void)
{
    return noise_broken;
}

bool keys_vault_is_open(void)
{
    return vault_open;
}

bool keys_vault_mix(const uint8_t salt[SALT_BYTES], uint8_t master[MASTER_BYTES])
{
    for (uint32_t i = 0; i < SALT_BYTES; i++) {
        master[i] ^= salt[i] ^ 0x5a;
    }
    return vault_open;
}

/* As the keystore: random keys that are not told. */
static uint8_t held_seed[SEED_BYTES];
enum identity_refusal keys_vault_make(const struct user *u, struct machine *m)
{
    assert_memory_not_equal(u->id, (uint8_t[ID_BYTES]){0}, ID_BYTES);
    if (!vault_open) return ID_KEYS_LOCKED;
    randombytes_buf(held_seed, sizeof(held_seed));
    public_of(held_seed, m->public);
    agree_of(held_seed, m->agree);
    return ID_OK;
}

static int setup(void **state)
{
    (void)state;
    vault_open = false;
    shares_open(keys_noise);
    noise_broken = false;
    user = (struct user){0};
    machine = (struct machine){.number = 1, .epoch = 1};
    return keys_make(&user, &machine, password, sizeof(password) - 1, &shown) != ID_OK;
}

static void master_of(const char *text, uint8_t out_master[MASTER_BYTES])
{
    assert_true(password_master(text, (uint32_t)strlen(text), user.salt, out_master));
}

/* All ten threes give the key; no two do, and each of them is consistent with every key. */
static void any_three_give_it_back(void **state)
{
    const uint8_t set[SET_BYTES] = {1, 2, 3, 4};
    uint8_t key[KEY_BYTES], got[KEY_BYTES];
    struct share all[SHARES];
    uint32_t threes = 0;

    (void)state;
    randombytes_buf(key, sizeof(key));
    assert_true(shares_split(key, set, all));
    for (uint32_t a = 0; a < SHARES; a++) {
        for (uint32_t b = 0; b < SHARES; b++) {
            for (uint32_t c = 0; c < SHARES; c++) {
                if (a == b || b == c || a == c) continue;
                const struct share three[] = {all[a], all[b], all[c]};
                assert_int_equal(shares_combine(three, 3, set, got), ID_OK);
                assert_memory_equal(got, key, sizeof(key));
                threes++;
            }
        }
    }
    assert_int_equal(threes, 60);
}

/* With two true shares, each third one that could be makes another key: two say nothing. */
static void two_say_nothing(void **state)
{
    const uint8_t set[SET_BYTES] = {0};
    uint8_t key[KEY_BYTES], got[KEY_BYTES];
    struct share all[SHARES];
    bool seen[256] = {false};

    (void)state;
    randombytes_buf(key, sizeof(key));
    assert_true(shares_split(key, set, all));
    for (unsigned guess = 0; guess < 256; guess++) {
        all[2].bytes[0] = (uint8_t)guess;
        assert_int_equal(shares_combine(all, 3, set, got), ID_OK);
        assert_false(seen[got[0]]);
        seen[got[0]] = true;
    }
}

static void bad_sets_of_shares_are_told_apart(void **state)
{
    const uint8_t set[SET_BYTES] = {9}, other[SET_BYTES] = {8};
    uint8_t key[KEY_BYTES] = {5}, got[KEY_BYTES];
    struct share all[SHARES], mixed[SHARES];

    (void)state;
    assert_true(shares_split(key, set, all));
    assert_true(shares_split(key, other, mixed));
    assert_int_equal(shares_combine(all, 2, set, got), ID_TOO_FEW);
    const struct share twice[] = {all[0], all[1], all[0]};
    assert_int_equal(shares_combine(twice, 3, set, got), ID_TWICE);
    const struct share both[] = {all[0], all[1], mixed[2]};
    assert_int_equal(shares_combine(both, 3, set, got), ID_WRONG_SET);
}

static void text_of_a_share_is_checked(void **state)
{
    char text[SHARE_TEXT_MAX];
    struct share s, back;

    (void)state;
    memcpy(text, shown.text[0], sizeof(text));
    assert_int_equal(strlen(text), SHARE_TEXT_MAX - 1);
    assert_true(share_read(text, SHARE_TEXT_MAX - 1, &s));
    share_write(&s, text);
    assert_string_equal(text, shown.text[0]);
    for (uint32_t i = 0; i < SHARE_TEXT_MAX - 1; i++) {
        memcpy(text, shown.text[0], sizeof(text));
        text[i] = text[i] == 'a' ? 'b' : 'a';
        assert_false(share_read(text, SHARE_TEXT_MAX - 1, &back));
    }
    for (uint32_t len = 0; len < SHARE_TEXT_MAX - 1; len++) {
        assert_false(share_read(shown.text[0], len, &back));
    }
}

static struct shard_texts texts_of(const struct shards_shown *from, uint32_t count)
{
    struct shard_texts texts = {.count = count};

    for (uint32_t i = 0; i < count; i++) {
        texts.at[i] = from->text[i];
        texts.len[i] = (uint32_t)strlen(from->text[i]);
    }
    return texts;
}

static void a_person_is_known_by_the_key(void **state)
{
    uint8_t hash[crypto_hash_sha256_BYTES], key[KEY_BYTES], seed[SEED_BYTES], public[PUBLIC_BYTES];
    const struct shard_texts texts = texts_of(&shown, 3);

    (void)state;
    crypto_hash_sha256(hash, user.public, PUBLIC_BYTES);
    assert_memory_equal(user.id, hash, ID_BYTES);
    assert_int_equal(keys_recover(&user, &texts, key), ID_OK);
    seed_derive(key, seed);
    public_of(seed, public);
    assert_memory_equal(public, user.public, PUBLIC_BYTES);
    assert_memory_not_equal(machine.public, user.public, PUBLIC_BYTES);
}

static void recovery_refuses(void **state)
{
    struct shards_shown other = shown;
    struct user stranger = user;
    struct shard_texts texts = texts_of(&shown, 2);
    uint8_t key[KEY_BYTES];
    struct share forged;

    (void)state;
    assert_int_equal(keys_recover(&user, &texts, key), ID_TOO_FEW);
    texts = texts_of(&other, 3);
    other.text[1][20] = other.text[1][20] == '0' ? '1' : '0';
    assert_int_equal(keys_recover(&user, &texts, key), ID_BAD_SHARD);
    /* One that was forged with its check: only the key itself shows it. */
    assert_true(share_read(shown.text[1], SHARE_TEXT_MAX - 1, &forged));
    forged.bytes[5] ^= 1;
    share_write(&forged, other.text[1]);
    assert_int_equal(keys_recover(&user, &texts, key), ID_MISMATCH);
    other = shown;
    stranger.set[0] ^= 1;
    assert_int_equal(keys_recover(&stranger, &texts, key), ID_WRONG_SET);
    memcpy(other.text[1], other.text[0], SHARE_TEXT_MAX);
    assert_int_equal(keys_recover(&user, &texts, key), ID_TWICE);
}

static void two_are_here_under_the_password(void **state)
{
    uint8_t master[MASTER_BYTES], key[KEY_BYTES];
    struct share kept[2];
    const struct shard_texts texts = texts_of(&shown, 3);
    uint8_t want[KEY_BYTES];

    (void)state;
    assert_int_equal(keys_recover(&user, &texts, want), ID_OK);
    master_of(password, master);
    for (uint32_t i = 0; i < SHARDS_SHOWN; i++) {
        assert_int_equal(keys_open(&user, master, shown.text[i], SHARE_TEXT_MAX - 1, key), ID_OK);
        assert_memory_equal(key, want, sizeof(key));
    }
    assert_true(shares_unseal(&user.shares, master, kept));
    assert_int_equal(keys_open(&user, master, "", 0, key), ID_BAD_SHARD);
    master_of("correct horse batterz", master);
    assert_int_equal(keys_open(&user, master, shown.text[0], SHARE_TEXT_MAX - 1, key),
                     ID_BAD_PASSWORD);
    /* And what was changed in the box is seen. */
    master_of(password, master);
    user.shares.bytes[3] ^= 1;
    assert_false(shares_unseal(&user.shares, master, kept));
}

/* A user made while the keystore is open needs it for the password, and one made without it does
 * not. */
static void the_keystore_has_its_part(void **state)
{
    uint8_t master[MASTER_BYTES], plain[MASTER_BYTES];
    struct share kept[2];

    (void)state;
    vault_open = true;
    assert_false(user.vaulted);
    assert_int_equal(keys_master(&user, password, sizeof(password) - 1, master), ID_OK);
    assert_true(shares_unseal(&user.shares, master, kept));
    assert_int_equal(keys_make(&user, &machine, password, sizeof(password) - 1, &shown), ID_OK);
    assert_true(user.vaulted);
    assert_int_equal(keys_master(&user, password, sizeof(password) - 1, master), ID_OK);
    assert_true(shares_unseal(&user.shares, master, kept));
    master_of(password, plain); /* the password alone */
    assert_false(shares_unseal(&user.shares, plain, kept));
    vault_open = false;
    assert_int_equal(keys_master(&user, password, sizeof(password) - 1, master), ID_KEYS_LOCKED);
    keys_salt(&user);
    assert_false(user.vaulted);
}

/* Which two are kept is chosen at random: each pair of the five comes up. */
static void the_pair_is_chosen_at_random(void **state)
{
    uint8_t master[MASTER_BYTES] = {1}, key[KEY_BYTES] = {2};
    bool seen[6][6] = {{false}};
    uint32_t pairs = 0;
    struct share kept[2];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(keys_share(&user, key, master, &shown), ID_OK);
        assert_true(shares_unseal(&user.shares, master, kept));
        if (!seen[kept[0].number][kept[1].number]) pairs++;
        seen[kept[0].number][kept[1].number] = true;
        for (uint32_t k = 0; k < SHARDS_SHOWN; k++) {
            assert_true(shown.text[k][0] - '0' != kept[0].number);
            assert_true(shown.text[k][0] - '0' != kept[1].number);
        }
    }
    assert_int_equal(pairs, 10);
}

static void passwords_have_a_least_length(void **state)
{
    (void)state;
    assert_int_equal(keys_make(&user, &machine, password, PASSWORD_MIN - 1, &shown),
                     ID_WEAK_PASSWORD);
    noise_broken = true;
    assert_int_equal(keys_make(&user, &machine, password, PASSWORD_MIN, &shown), ID_NO_SOURCE);
}

static void a_rotated_key_is_another(void **state)
{
    uint8_t master[MASTER_BYTES], seed[SEED_BYTES], public[PUBLIC_BYTES];
    struct machine before = machine;

    (void)state;
    master_of(password, master);
    assert_int_equal(keys_rotate(&user, &machine, master), ID_OK);
    assert_int_equal(machine.epoch, before.epoch + 1);
    assert_int_equal(machine.held, 0);
    assert_memory_not_equal(machine.public, before.public, PUBLIC_BYTES);
    assert_memory_not_equal(machine.agree, before.agree, PUBLIC_BYTES);
    assert_true(seed_unseal(&machine.seed, master, seed));
    public_of(seed, public);
    assert_memory_equal(public, machine.public, PUBLIC_BYTES);
    master[0] ^= 1;
    assert_false(seed_unseal(&machine.seed, master, seed));
}

/* Where the keystore has a part in the password it has the machine keys, and nothing is here. */
static void the_keystore_has_machine_keys(void **state)
{
    uint8_t master[MASTER_BYTES];
    const struct box_seed nothing = {0};

    (void)state;
    vault_open = true;
    assert_int_equal(keys_make(&user, &machine, password, sizeof(password) - 1, &shown), ID_OK);
    assert_int_equal(machine.held, 1);
    assert_memory_equal(&machine.seed, &nothing, sizeof(nothing));
    assert_int_equal(keys_master(&user, password, sizeof(password) - 1, master), ID_OK);
    struct machine before = machine;
    assert_int_equal(keys_rotate(&user, &machine, master), ID_OK);
    assert_int_equal(machine.epoch, before.epoch + 1);
    assert_memory_not_equal(machine.public, before.public, PUBLIC_BYTES);
    assert_memory_equal(&machine.seed, &nothing, sizeof(nothing));
    vault_open = false;
    assert_int_equal(keys_rotate(&user, &machine, master), ID_KEYS_LOCKED);
    /* Recovery needs none: then the key is here again. */
    keys_salt(&user);
    assert_int_equal(keys_master(&user, password, sizeof(password) - 1, master), ID_OK);
    assert_int_equal(keys_rotate(&user, &machine, master), ID_OK);
    assert_int_equal(machine.held, 0);
    assert_memory_not_equal(&machine.seed, &nothing, sizeof(nothing));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(any_three_give_it_back, setup),
        cmocka_unit_test_setup(two_say_nothing, setup),
        cmocka_unit_test_setup(bad_sets_of_shares_are_told_apart, setup),
        cmocka_unit_test_setup(text_of_a_share_is_checked, setup),
        cmocka_unit_test_setup(a_person_is_known_by_the_key, setup),
        cmocka_unit_test_setup(recovery_refuses, setup),
        cmocka_unit_test_setup(two_are_here_under_the_password, setup),
        cmocka_unit_test_setup(the_keystore_has_its_part, setup),
        cmocka_unit_test_setup(the_pair_is_chosen_at_random, setup),
        cmocka_unit_test_setup(passwords_have_a_least_length, setup),
        cmocka_unit_test_setup(a_rotated_key_is_another, setup),
        cmocka_unit_test_setup(the_keystore_has_machine_keys, setup),
    };

    if (sodium_init() < 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
