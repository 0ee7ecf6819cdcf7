/*
 * vectors.c - published test vectors through libsodium as it is linked here: on the host and inside
 * the system. FIPS 180-4 examples, RFC 4231, 5869, 7693, 7748, 8032, 8439, the draft of XChaCha
 * (draft-irtf-cfrg-xchacha-03), and the reference implementation of Argon2. Those of RFC 9106 take
 * a secret and several lanes, which libsodium does not offer.
 */
#include <sodium.h>
#include <string.h>

#include "crypto.h"

enum { BYTES_MAX = 256 };

struct vector {
    const char *name;
    bool (*check)(const struct vector *v);
    const char *key, *more, *text, *want; /* hex, but for `text` where it begins with '!' */
};

struct value {
    uint8_t at[BYTES_MAX];
    size_t len;
};

static uint8_t digit(char c)
{
    return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static struct value value(const char *hex)
{
    struct value v = {.len = 0};
    if (hex[0] == '!') {
        v.len = strlen(hex + 1);
        memcpy(v.at, hex + 1, v.len);
        return v;
    }
    for (; hex[0] != '\0'; hex += 2) {
        v.at[v.len++] = (uint8_t)(digit(hex[0]) << 4 | digit(hex[1]));
    }
    return v;
}

static bool is(const uint8_t *got, size_t len, const struct vector *v)
{
    struct value want = value(v->want);
    return len == want.len && memcmp(got, want.at, len) == 0;
}

static bool sha256(const struct vector *v)
{
    struct value text = value(v->text);
    uint8_t got[crypto_hash_sha256_BYTES];
    return crypto_hash_sha256(got, text.at, text.len) == 0 && is(got, sizeof(got), v);
}

static bool sha512(const struct vector *v)
{
    struct value text = value(v->text);
    uint8_t got[crypto_hash_sha512_BYTES];
    return crypto_hash_sha512(got, text.at, text.len) == 0 && is(got, sizeof(got), v);
}

static bool blake2b(const struct vector *v)
{
    struct value text = value(v->text);
    uint8_t got[64];
    return crypto_generichash(got, sizeof(got), text.at, text.len, NULL, 0) == 0 &&
           is(got, sizeof(got), v);
}

/* Of any length of the key, which the functions for one go do not take. */
#define HMAC(name, kind)                                                                           \
    static bool name(const struct vector *v)                                                       \
    {                                                                                              \
        struct value text = value(v->text), key = value(v->key);                                   \
        uint8_t got[kind##_BYTES];                                                                 \
        kind##_state s;                                                                            \
        kind##_init(&s, key.at, key.len);                                                          \
        kind##_update(&s, text.at, text.len);                                                      \
        kind##_final(&s, got);                                                                     \
        return is(got, sizeof(got), v);                                                            \
    }
HMAC(hmac256, crypto_auth_hmacsha256)
HMAC(hmac512, crypto_auth_hmacsha512)

static bool hkdf(const struct vector *v)
{
    struct value secret = value(v->text), salt = value(v->key), info = value(v->more);
    const struct crypto_hkdf from = {crypto_bytes(secret.at, secret.len),
                                     crypto_bytes(salt.at, salt.len),
                                     crypto_bytes(info.at, info.len)};
    uint8_t got[42];
    return crypto_hkdf(got, sizeof(got), &from) && is(got, sizeof(got), v);
}

/* key: one's secret; more: the other's public key. */
static bool x25519(const struct vector *v)
{
    struct value secret = value(v->key), other = value(v->more);
    uint8_t got[crypto_scalarmult_BYTES];
    int err = other.len == 0 ? crypto_scalarmult_base(got, secret.at)
                             : crypto_scalarmult(got, secret.at, other.at);
    return err == 0 && is(got, sizeof(got), v);
}

/* key: the seed; more: the public key. */
static bool ed25519(const struct vector *v)
{
    struct value seed = value(v->key), public_key = value(v->more), text = value(v->text);
    uint8_t own[32], secret[64], got[64];
    crypto_sign_seed_keypair(own, secret, seed.at);
    if (memcmp(own, public_key.at, sizeof(own)) != 0) return false;
    crypto_sign_detached(got, NULL, text.at, text.len, secret);
    if (!is(got, sizeof(got), v)) return false;
    if (crypto_sign_verify_detached(got, text.at, text.len, own) != 0) return false;
    got[1] ^= 1;
    return crypto_sign_verify_detached(got, text.at, text.len, own) != 0;
}

#define SEAL_KEY "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
#define SEAL_MORE "50515253c0c1c2c3c4c5c6c7"
#define SEAL_TEXT                                                                                  \
    "!Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future," \
    " sunscreen would be it."

/* key: the nonce, by whose length it is the one or the other. */
static bool seal(const struct vector *v)
{
    struct value nonce = value(v->key), text = value(v->text), key = value(SEAL_KEY);
    struct value more = value(v->more);
    uint8_t got[BYTES_MAX], back[BYTES_MAX];
    unsigned long long len = 0, again = 0;
    bool wide = nonce.len == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
    if (wide) {
        crypto_aead_xchacha20poly1305_ietf_encrypt(got, &len, text.at, text.len, more.at, more.len,
                                                   NULL, nonce.at, key.at);
    } else {
        crypto_aead_chacha20poly1305_ietf_encrypt(got, &len, text.at, text.len, more.at, more.len,
                                                  NULL, nonce.at, key.at);
    }
    if (!is(got, (size_t)len, v)) return false;
    if (!wide) return true;
    int err = crypto_aead_xchacha20poly1305_ietf_decrypt(back, &again, NULL, got, len, more.at,
                                                         more.len, nonce.at, key.at);
    if (err != 0 || again != text.len || memcmp(back, text.at, text.len) != 0) return false;
    got[5] ^= 1;
    return crypto_aead_xchacha20poly1305_ietf_decrypt(back, &again, NULL, got, len, more.at,
                                                      more.len, nonce.at, key.at) != 0;
}

/* want: as the reference implementation writes it down. */
static bool argon2id(const struct vector *v)
{
    return crypto_pwhash_argon2id_str_verify(v->want, v->text + 1, strlen(v->text + 1)) == 0 &&
           crypto_pwhash_argon2id_str_verify(v->want, "other", 5) != 0;
}

static const struct vector vectors[] = {
    {"SHA-256", sha256, "", "", "!abc",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"SHA-512", sha512, "", "", "!abc",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
    {"BLAKE2b, RFC 7693", blake2b, "", "", "!abc",
     "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
     "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"},
    {"HMAC-SHA-256, RFC 4231, 1", hmac256, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "",
     "!Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"HMAC-SHA-256, RFC 4231, 2", hmac256, "!Jefe", "", "!what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {"HMAC-SHA-512, RFC 4231, 1", hmac512, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "",
     "!Hi There",
     "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
     "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"},
    {"HKDF, RFC 5869, A.1", hkdf, "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
     "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
     "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
    {"HKDF, RFC 5869, A.3", hkdf, "", "", "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
     "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
    {"X25519, RFC 7748, a public key", x25519,
     "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a", "", "",
     "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"},
    {"X25519, RFC 7748, a secret", x25519,
     "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
     "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f", "",
     "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"},
    {"Ed25519, RFC 8032, 1", ed25519,
     "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9"
     "b46bd25bf5f0595bbe24655141438e7a100b"},
    {"Ed25519, RFC 8032, 2", ed25519,
     "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f1"
     "1d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"ChaCha20-Poly1305, RFC 8439", seal, "070000004041424344454647", SEAL_MORE, SEAL_TEXT,
     "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92"
     "728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b"
     "4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691"},
    {"XChaCha20-Poly1305", seal, "404142434445464748494a4b4c4d4e4f5051525354555657", SEAL_MORE,
     SEAL_TEXT,
     "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda"
     "7e39ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b23835"
     "65d3fff921f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49"},
    {"Argon2id, reference implementation", argon2id, "", "", "!password",
     "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"},
};

const char *crypto_vectors_check(uint32_t *out_count)
{
    const uint32_t all = sizeof(vectors) / sizeof(vectors[0]);
    for (*out_count = 0; *out_count < all; ++*out_count) {
        const struct vector *v = &vectors[*out_count];
        if (!v->check(v)) return v->name;
    }
    return NULL;
}
