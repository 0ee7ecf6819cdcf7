#include "sealing.h"

#include <sodium.h>
#include <string.h>

#include "crypto.h"

enum { PASSES = 5, MEMORY_BYTES = 7 << 20, PURPOSE_BYTES = 32 };
_Static_assert(BOX_NONCE_BYTES == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "libsodium's");
_Static_assert(BOX_TAG_BYTES == crypto_aead_xchacha20poly1305_ietf_ABYTES, "libsodium's");
_Static_assert(SALT_BYTES == crypto_pwhash_SALTBYTES, "libsodium's");

static const char for_shares[PURPOSE_BYTES] = "waterlight seal of shares v1";
static const char for_seed[PURPOSE_BYTES] = "waterlight seal of a seed v1";
static const char for_keys[PURPOSE_BYTES] = "waterlight keys of a person v1";
static const char for_agreement[PURPOSE_BYTES] = "waterlight agreement v1";

bool password_master(const char *password, uint32_t len, const uint8_t salt[SALT_BYTES],
                     uint8_t out_master[MASTER_BYTES])
{
    return crypto_pwhash(out_master, MASTER_BYTES, password, len, salt, PASSES, MEMORY_BYTES,
                         crypto_pwhash_ALG_ARGON2ID13) == 0;
}

static void key_for(const char purpose[PURPOSE_BYTES], const uint8_t from[32], uint32_t number,
                    uint8_t out_key[32])
{
    uint8_t what[PURPOSE_BYTES + sizeof(number)];

    memcpy(what, purpose, PURPOSE_BYTES);
    memcpy(what + PURPOSE_BYTES, &number, sizeof(number));
    (void)crypto_generichash(out_key, 32, what, sizeof(what), from, 32);
}

static void seal(const char *purpose, const uint8_t master[MASTER_BYTES], const uint8_t *nonce,
                 struct statement plain, uint8_t *out_box)
{
    uint8_t key[32];

    key_for(purpose, master, 0, key);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(out_box, NULL, plain.message,
                                                     plain.message_len, NULL, 0, NULL, nonce, key);
    sodium_memzero(key, sizeof(key));
}

static bool unseal(const char *purpose, const uint8_t master[MASTER_BYTES], const uint8_t *nonce,
                   struct statement box, uint8_t *out_plain)
{
    uint8_t key[32];

    key_for(purpose, master, 0, key);
    int bad = crypto_aead_xchacha20poly1305_ietf_decrypt(out_plain, NULL, NULL, box.message,
                                                         box.message_len, NULL, 0, nonce, key);
    sodium_memzero(key, sizeof(key));
    return bad == 0;
}

void shares_seal(const struct share shares[2], const uint8_t master[MASTER_BYTES],
                 struct box_shares *box)
{
    uint8_t plain[2 * SHARE_BYTES];

    for (uint32_t i = 0; i < 2; i++) {
        plain[i * SHARE_BYTES] = shares[i].number;
        memcpy(plain + i * SHARE_BYTES + 1, shares[i].bytes, KEY_BYTES);
    }
    const struct statement s = {.message = plain, .message_len = sizeof(plain)};
    seal(for_shares, master, box->nonce, s, box->bytes);
    sodium_memzero(plain, sizeof(plain));
}

bool shares_unseal(const struct box_shares *box, const uint8_t master[MASTER_BYTES],
                   struct share out_shares[2])
{
    const struct statement s = {.message = box->bytes, .message_len = sizeof(box->bytes)};
    uint8_t plain[2 * SHARE_BYTES];
    bool good = unseal(for_shares, master, box->nonce, s, plain);

    for (uint32_t i = 0; good && i < 2; i++) {
        out_shares[i].number = plain[i * SHARE_BYTES];
        memcpy(out_shares[i].bytes, plain + i * SHARE_BYTES + 1, KEY_BYTES);
    }
    sodium_memzero(plain, sizeof(plain));
    return good;
}

void seed_seal(const uint8_t seed[SEED_BYTES], const uint8_t master[MASTER_BYTES],
               struct box_seed *box)
{
    const struct statement s = {.message = seed, .message_len = SEED_BYTES};

    seal(for_seed, master, box->nonce, s, box->bytes);
}

bool seed_unseal(const struct box_seed *box, const uint8_t master[MASTER_BYTES],
                 uint8_t out_seed[SEED_BYTES])
{
    const struct statement s = {.message = box->bytes, .message_len = sizeof(box->bytes)};

    return unseal(for_seed, master, box->nonce, s, out_seed);
}

void seed_derive(const uint8_t key[KEY_BYTES], uint8_t out_seed[SEED_BYTES])
{
    key_for(for_keys, key, 0, out_seed);
}

void public_of(const uint8_t seed[SEED_BYTES], uint8_t out_public[PUBLIC_BYTES])
{
    uint8_t secret[crypto_sign_SECRETKEYBYTES];

    (void)crypto_sign_seed_keypair(out_public, secret, seed);
    sodium_memzero(secret, sizeof(secret));
}

void agree_of(const uint8_t seed[SEED_BYTES], uint8_t out_agree[PUBLIC_BYTES])
{
    uint8_t secret[KEY_BYTES];

    key_for(for_agreement, seed, 0, secret);
    (void)crypto_scalarmult_base(out_agree, secret);
    sodium_memzero(secret, sizeof(secret));
}

bool seed_agree(const uint8_t seed[SEED_BYTES], const struct agreement *with,
                uint8_t out_secret[KEY_BYTES])
{
    uint8_t secret[KEY_BYTES], own[PUBLIC_BYTES];
    const struct crypto_pair pair = {secret, own, with->peer};

    key_for(for_agreement, seed, 0, secret);
    (void)crypto_scalarmult_base(own, secret);
    bool good =
        crypto_domain_agree(out_secret, &pair, crypto_bytes(with->domain, with->domain_len));
    sodium_memzero(secret, sizeof(secret));
    return good;
}

void id_of(const uint8_t public[PUBLIC_BYTES], uint8_t out_id[ID_BYTES])
{
    uint8_t hash[crypto_hash_sha256_BYTES];

    (void)crypto_hash_sha256(hash, public, PUBLIC_BYTES);
    memcpy(out_id, hash, ID_BYTES);
}

static uint8_t *put(uint8_t *at, const void *bytes, size_t len)
{
    if (len > 0) memcpy(at, bytes, len);
    return at + len;
}

static uint8_t *head_put(struct signed_text *text, const char *domain, const struct signer *signer)
{
    text->domain = domain;
    uint8_t *at = put(text->bytes, signer->user, ID_BYTES);
    at = put(at, &signer->machine, sizeof(signer->machine));
    return put(at, &signer->epoch, sizeof(signer->epoch));
}

void login_text(const struct signer *signer, const uint8_t nonce[NONCE_BYTES],
                struct signed_text *out_text)
{
    uint8_t *at = head_put(out_text, "machine login 1", signer);

    out_text->len = (uint32_t)(put(at, nonce, NONCE_BYTES) - out_text->bytes);
}

void statement_text(const struct signer *signer, const struct statement *s,
                    struct signed_text *out_text)
{
    uint8_t *at = head_put(out_text, "machine statement 1", signer);

    at = put(at, &s->domain_len, sizeof(s->domain_len));
    at = put(at, s->domain, s->domain_len);
    at = put(at, &s->message_len, sizeof(s->message_len));
    out_text->len = (uint32_t)(put(at, s->message, s->message_len) - out_text->bytes);
}

static struct crypto_signed signed_of(const struct signed_text *text)
{
    return (struct crypto_signed){crypto_bytes(text->domain, strlen(text->domain)),
                                  crypto_bytes(text->bytes, text->len)};
}

void text_sign(const uint8_t seed[SEED_BYTES], const struct signed_text *text,
               uint8_t out_signature[SIGNATURE_BYTES])
{
    uint8_t secret[crypto_sign_SECRETKEYBYTES], public[PUBLIC_BYTES];
    const struct crypto_signed what = signed_of(text);

    (void)crypto_sign_seed_keypair(public, secret, seed);
    bool done = crypto_domain_sign(out_signature, secret, &what);
    sodium_memzero(secret, sizeof(secret));
    if (!done) memset(out_signature, 0, SIGNATURE_BYTES); /* never: texts are short enough */
}

bool signature_is_good(const uint8_t public[PUBLIC_BYTES], const struct signed_text *text,
                       const uint8_t signature[SIGNATURE_BYTES])
{
    const struct crypto_signed what = signed_of(text);

    return crypto_domain_verify(signature, public, &what);
}
