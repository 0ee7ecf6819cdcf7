/* domain.c - signatures and agreed secrets in a domain. See crypto.h. */
#include <sodium.h>
#include <string.h>

#include "crypto.h"

static const char prefix[] = "waterlight 1"; /* its zero is signed, too */
enum { TEXT_MAX = sizeof(prefix) + 1 + CRYPTO_DOMAIN_MAX + CRYPTO_MESSAGE_MAX };

/* What is signed; 0: domain or message cannot be. */
static size_t text_of(uint8_t out[TEXT_MAX], const struct crypto_signed *what)
{
    size_t domain = what->domain.len, message = what->message.len, at = sizeof(prefix) + 1;
    if (domain == 0 || domain > CRYPTO_DOMAIN_MAX || message > CRYPTO_MESSAGE_MAX) return 0;
    memcpy(out, prefix, sizeof(prefix));
    out[sizeof(prefix)] = (uint8_t)domain;
    memcpy(out + at, what->domain.at, domain);
    if (message > 0) memcpy(out + at + domain, what->message.at, message);
    return at + domain + message;
}

bool crypto_domain_sign(uint8_t out_signature[CRYPTO_SIGNATURE_BYTES],
                        const uint8_t secret[2 * CRYPTO_KEY_BYTES],
                        const struct crypto_signed *what)
{
    uint8_t text[TEXT_MAX];
    size_t len = text_of(text, what);
    if (len == 0) return false;
    (void)crypto_sign_ed25519_detached(out_signature, NULL, text, len, secret);
    return true;
}

bool crypto_domain_verify(const uint8_t signature[CRYPTO_SIGNATURE_BYTES],
                          const uint8_t public_key[CRYPTO_PUBLIC_BYTES],
                          const struct crypto_signed *what)
{
    uint8_t text[TEXT_MAX];
    size_t len = text_of(text, what);
    return len != 0 && crypto_sign_ed25519_verify_detached(signature, text, len, public_key) == 0;
}

bool crypto_domain_agree(uint8_t out_secret[CRYPTO_KEY_BYTES], const struct crypto_pair *pair,
                         struct crypto_bytes domain)
{
    static const uint8_t agree[] = "waterlight agree 1";
    uint8_t shared[CRYPTO_KEY_BYTES];
    crypto_generichash_state h;
    if (domain.len == 0 || domain.len > CRYPTO_DOMAIN_MAX) return false;
    if (crypto_scalarmult(shared, pair->secret, pair->peer) != 0) return false;
    bool own_first = memcmp(pair->own, pair->peer, CRYPTO_PUBLIC_BYTES) < 0;
    (void)crypto_generichash_init(&h, shared, sizeof(shared), CRYPTO_KEY_BYTES);
    (void)crypto_generichash_update(&h, agree, sizeof(agree));
    (void)crypto_generichash_update(&h, own_first ? pair->own : pair->peer, CRYPTO_PUBLIC_BYTES);
    (void)crypto_generichash_update(&h, own_first ? pair->peer : pair->own, CRYPTO_PUBLIC_BYTES);
    (void)crypto_generichash_update(&h, domain.at, domain.len);
    (void)crypto_generichash_final(&h, out_secret, CRYPTO_KEY_BYTES);
    sodium_memzero(&h, sizeof(h));
    sodium_memzero(shared, sizeof(shared));
    return true;
}
