/* cases.c - every method of Keystore and Key, and every refusal that a client can cause. */
#include <sodium.h>
#include <string.h>

#include "crypto.h"
#include "keytest.h"
#include "slots.h"

enum { MIB = 1 << 20, PIECE = 3000, HANDLES = 256, MANY = 19 };

static struct text named(const char *name)
{
    return text_from(name, strlen(name));
}

static struct data bytes_of(const char *text)
{
    return data_from(text, strlen(text));
}

void case_names(void)
{
    char name[80] = "/keys/";
    struct keystore_list_in in = {named("/keys/many/"), named("")};
    static struct keystore_list_out out;
    struct keystore_has_out has;
    cap_t key;
    IS(make("", KEYSTORE_KEY_KIND_SIGN), KEYSTORE_BAD_NAME);
    IS(make("/a", KEYSTORE_KEY_KIND_SIGN), KEYSTORE_BAD_NAME);
    IS(make("/keys/../a b", KEYSTORE_KEY_KIND_SIGN), KEYSTORE_BAD_NAME);
    memset(name + 6, 'n', sizeof(name) - 7);
    name[65] = '\0';
    IS(make(name, KEYSTORE_KEY_KIND_SIGN), ERR_MESSAGE); /* not even sent */
    name[64] = '\0';
    IS(make(name, KEYSTORE_KEY_KIND_SIGN), OK);
    IS(make(name, KEYSTORE_KEY_KIND_SIGN), KEYSTORE_EXISTS);
    IS(drop(name), OK);
    IS(drop(name), KEYSTORE_NOT_FOUND);
    IS(make("/keys/a", KEYSTORE_KEY_KIND_HYBRID_SIGN), KEYSTORE_NOT_OFFERED);
    IS(make("/keys/a", KEYSTORE_KEY_KIND_HYBRID_AGREE), KEYSTORE_NOT_OFFERED);
    IS(make("/keys/a", KEYSTORE_KEY_KIND_DATA), KEYSTORE_WRONG_KIND);
    IS(import("/keys/a", KEYSTORE_KEY_KIND_SEAL, name, 31), KEYSTORE_TOO_LONG);
    IS(open_key("/keys/a", &key), KEYSTORE_NOT_FOUND);
    IS(open_key("a", &key), KEYSTORE_BAD_NAME);
    IS(keystore_has(keystore(), &(struct keystore_has_in){named("a")}, &has), KEYSTORE_BAD_NAME);
    for (int i = 0; i < MANY; i++) {
        memcpy(name, "/keys/many/00", 14);
        name[11] = (char)('0' + i / 10);
        name[12] = (char)('0' + i % 10);
        IS(make(name, KEYSTORE_KEY_KIND_SEAL), OK);
    }
    IS(keystore_list(keystore(), &in, &out), OK);
    IS(out.keys.count, 8);
    IS(out.more, true);
    IS(memcmp(out.keys.at[7].name.at, "/keys/many/07", 13), 0);
    in.after = named("/keys/many/17");
    IS(keystore_list(keystore(), &in, &out), OK);
    IS(out.keys.count, 1);
    IS(out.more, false);
    for (int i = 0; i < MANY; i++) {
        name[11] = (char)('0' + i / 10);
        name[12] = (char)('0' + i % 10);
        IS(drop(name), OK);
    }
}

/* RFC 8032, 7.1, test 1: its seed and public key. */
void case_signatures(void)
{
    uint8_t seed[32], wanted[32], signature[64], own[32];
    struct key_public_out half;
    struct key_sign_out out;
    struct key_verify_out good;
    cap_t key;
    (void)sodium_hex2bin(seed, 32,
                         "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", 64,
                         NULL, NULL, NULL);
    (void)sodium_hex2bin(wanted, 32,
                         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", 64,
                         NULL, NULL, NULL);
    IS(import("/keys/s", KEYSTORE_KEY_KIND_SIGN, seed, 32), OK);
    IS(open_key("/keys/s", &key), OK);
    IS(key_public(key, &half), OK);
    IS(half.kind, KEYSTORE_KEY_KIND_SIGN);
    IS(half.key.len == 32 && memcmp(half.key.at, wanted, 32) == 0, true);
    memcpy(own, half.key.at, 32);
    struct key_sign_in in = {named("login"), bytes_of("hello")};
    IS(key_sign(key, &in, &out), OK);
    IS(out.signature.len, 64);
    memcpy(signature, out.signature.at, 64);
    struct crypto_signed text = {{"login", 5}, {"hello", 5}}, other = {{"logou", 5}, {"hello", 5}};
    IS(crypto_domain_verify(signature, own, &text), true); /* without the keystore */
    IS(crypto_domain_verify(signature, own, &other), false);
    struct key_verify_in check = {named("login"), bytes_of("hello"), data_from(signature, 64)};
    IS(key_verify(key, &check, &good), OK);
    IS(good.good, true);
    check.signature.len = 63;
    IS(key_verify(key, &check, &good), OK);
    IS(good.good, false);
    in.domain = named("");
    IS(key_sign(key, &in, &out), KEY_BAD_DOMAIN);
    in.domain = named("a domain of 33 bytes, one too many");
    IS(key_sign(key, &in, &out), ERR_MESSAGE);
    IS(key_seal(key, &(struct key_seal_in){named("d"), bytes_of("x")}, &(struct key_seal_out){0}),
       KEY_WRONG_KIND);
    IS(drop("/keys/s"), OK);
    in.domain = named("login");
    IS(key_sign(key, &in, &out), KEY_GONE);
    IS(make("/keys/s", KEYSTORE_KEY_KIND_SIGN), OK); /* another of that name is another key */
    IS(key_sign(key, &in, &out), KEY_GONE);
    IS(drop("/keys/s"), OK);
    slot_discard(key);
}

/* RFC 7748, 6.1: Alice's secret and public key, Bob's public key, and what they have in common. */
static void agreement_vector(void)
{
    static const char *const hex[] = {
        "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
        "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
        "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
        "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"};
    enum { SECRET, ALICE, BOB, COMMON, VALUES };
    static const char prefix[] = "waterlight agree 1";
    uint8_t value[VALUES][32], text[sizeof(prefix) + 64 + 4], wanted[32];
    struct key_public_out half;
    struct key_agree_out out;
    cap_t key;
    for (int i = 0; i < VALUES; i++) {
        (void)sodium_hex2bin(value[i], 32, hex[i], 64, NULL, NULL, NULL);
    }
    IS(import("/keys/v", KEYSTORE_KEY_KIND_AGREE, value[SECRET], 32), OK);
    IS(open_key("/keys/v", &key), OK);
    IS(key_public(key, &half), OK);
    IS(memcmp(half.key.at, value[ALICE], 32), 0);
    IS(key_agree(key, &(struct key_agree_in){named("mail"), data_from(value[BOB], 32)}, &out), OK);
    memcpy(text, prefix, sizeof(prefix)); /* as crypto.h says; the lower public key first */
    memcpy(text + sizeof(prefix), value[ALICE], 32);
    memcpy(text + sizeof(prefix) + 32, value[BOB], 32);
    memcpy(text + sizeof(prefix) + 64, "mail", 4);
    (void)crypto_generichash(wanted, 32, text, sizeof(text), value[COMMON], 32);
    IS(memcmp(out.secret.at, wanted, 32), 0);
    IS(drop("/keys/v"), OK);
    slot_discard(key);
}

static void pair_make(enum keystore_key_kind kind, cap_t *out_one, cap_t *out_two)
{
    IS(make("/keys/1", kind), OK);
    IS(make("/keys/2", kind), OK);
    IS(open_key("/keys/1", out_one), OK);
    IS(open_key("/keys/2", out_two), OK);
}

static void pair_drop(cap_t one, cap_t two)
{
    IS(drop("/keys/1"), OK);
    IS(drop("/keys/2"), OK);
    slot_discard(one);
    slot_discard(two);
}

void case_agreement(void)
{
    uint8_t a[32], b[32], first[32];
    struct key_public_out half;
    struct key_agree_out out;
    cap_t one, two;
    agreement_vector();
    pair_make(KEYSTORE_KEY_KIND_AGREE, &one, &two);
    IS(key_public(one, &half), OK);
    memcpy(a, half.key.at, 32);
    IS(key_public(two, &half), OK);
    memcpy(b, half.key.at, 32);
    struct key_agree_in in = {named("channel"), data_from(b, 32)};
    IS(key_agree(one, &in, &out), OK);
    memcpy(first, out.secret.at, 32);
    in.peer = data_from(a, 32);
    IS(key_agree(two, &in, &out), OK);
    IS(memcmp(first, out.secret.at, 32), 0);
    in.domain = named("another");
    IS(key_agree(two, &in, &out), OK);
    IS(memcmp(first, out.secret.at, 32) != 0, true);
    memset(a, 0, sizeof(a));
    IS(key_agree(two, &in, &out), KEY_BAD_PEER); /* of small order: the secret would be none */
    in.peer.len = 31;
    IS(key_agree(two, &in, &out), KEY_BAD_PEER);
    IS(key_sign(one, &(struct key_sign_in){named("d"), bytes_of("x")}, &(struct key_sign_out){0}),
       KEY_WRONG_KIND);
    pair_drop(one, two);
}

void case_sealing(void)
{
    static uint8_t sealed[3112], text[3072];
    struct key_seal_out out;
    struct key_unseal_out back;
    struct key_public_out half;
    cap_t one, two;
    pair_make(KEYSTORE_KEY_KIND_SEAL, &one, &two);
    IS(key_public(one, &half), OK);
    IS(half.key.len, 0);
    memset(text, 'x', sizeof(text));
    IS(key_seal(one, &(struct key_seal_in){named("d"), data_from(text, sizeof(text))}, &out), OK);
    IS(out.sealed.len, sizeof(sealed));
    memcpy(sealed, out.sealed.at, sizeof(sealed));
    struct key_unseal_in in = {named("d"), data_from(sealed, sizeof(sealed))};
    IS(key_unseal(one, &in, &back), OK);
    IS(back.data.len == sizeof(text) && memcmp(back.data.at, text, sizeof(text)) == 0, true);
    IS(key_unseal(two, &in, &back), KEY_NOT_SEALED);
    in.domain = named("e");
    IS(key_unseal(one, &in, &back), KEY_NOT_SEALED);
    in.domain = named("d");
    sealed[100] ^= 1;
    IS(key_unseal(one, &in, &back), KEY_NOT_SEALED);
    in.sealed.len = 39;
    IS(key_unseal(one, &in, &back), KEY_NOT_SEALED);
    pair_drop(one, two);
}

void case_data(void)
{
    static uint8_t piece[PIECE];
    struct keystore_read_out out;
    struct keystore_write_in in = {named("/keys/d"), data_from(piece, PIECE), true};
    cap_t key;
    uint32_t bytes = 0;
    IS(keystore_write(keystore(), &in), KEYSTORE_NOT_FOUND);
    in.append = false;
    for (int err = OK; err == OK; bytes += PIECE) {
        memset(piece, (int)(bytes / PIECE), PIECE);
        err = keystore_write(keystore(), &in);
        if (err != OK) IS(err, KEYSTORE_TOO_LONG);
        if (err != OK) break;
        in.append = true;
    }
    IS(bytes, MIB / PIECE * PIECE);
    IS(keystore_read(keystore(), &(struct keystore_read_in){named("/keys/d"), 7 * PIECE + 1}, &out),
       OK);
    IS(out.size, bytes);
    IS(out.data.len == PIECE && out.data.at[0] == 7 && out.data.at[PIECE - 1] == 8, true);
    IS(keystore_read(keystore(), &(struct keystore_read_in){named("/keys/d"), bytes}, &out), OK);
    IS(out.data.len, 0);
    IS(open_key("/keys/d", &key), KEYSTORE_WRONG_KIND);
    IS(make("/keys/s", KEYSTORE_KEY_KIND_SIGN), OK);
    IS(keystore_read(keystore(), &(struct keystore_read_in){named("/keys/s"), 0}, &out),
       KEYSTORE_WRONG_KIND); /* a key is not read */
    in.name = named("/keys/s");
    IS(keystore_write(keystore(), &in), KEYSTORE_WRONG_KIND);
    IS(drop("/keys/s"), OK);
    IS(drop("/keys/d"), OK);
}

void case_handles(void)
{
    static cap_t keys[HANDLES + 1];
    uint32_t count = 0;
    int err = OK;
    IS(make("/keys/h", KEYSTORE_KEY_KIND_SIGN), OK);
    while (count <= HANDLES && (err = open_key("/keys/h", &keys[count])) == OK) {
        count++;
    }
    IS(err, KEYSTORE_NO_ROOM);
    IS(count, HANDLES);
    for (uint32_t i = 0; i < count; i++) {
        slot_discard(keys[i]);
    }
    IS(open_key("/keys/h", &keys[0]), OK);
    slot_discard(keys[0]);
    IS(drop("/keys/h"), OK);
}
