/* derive.c - keys from passphrases and from other secrets. See crypto.h. */
#include <sodium.h>
#include <string.h>

#include "crypto.h"

enum { HASH = crypto_auth_hmacsha256_BYTES, INFO_MAX = 1024 };

bool crypto_password_key(uint8_t out_key[CRYPTO_KEY_BYTES], struct crypto_bytes password,
                         const uint8_t salt[CRYPTO_SALT_BYTES], const struct crypto_cost *cost)
{
    if (cost->memory_kib < 8 || cost->passes == 0) return false;
    return crypto_pwhash(out_key, CRYPTO_KEY_BYTES, password.at, password.len, salt, cost->passes,
                         (size_t)cost->memory_kib * 1024, crypto_pwhash_ALG_ARGON2ID13) == 0;
}

/* libsodium takes no NULL, also not with a length of 0. */
static const uint8_t *some(struct crypto_bytes b)
{
    static const uint8_t nothing;
    return b.len > 0 ? b.at : &nothing;
}

static void hmac(uint8_t out[HASH], struct crypto_bytes key, struct crypto_bytes a,
                 struct crypto_bytes b)
{
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, some(key), key.len);
    crypto_auth_hmacsha256_update(&state, some(a), a.len);
    crypto_auth_hmacsha256_update(&state, some(b), b.len);
    crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof(state));
}

/* T(n) = HMAC(PRK, T(n-1) | info | n) */
bool crypto_hkdf(uint8_t *out, size_t bytes, const struct crypto_hkdf *from)
{
    uint8_t prk[HASH], block[HASH] = {0}, tail[INFO_MAX + 1];
    if (bytes > 255 * HASH || from->info.len > INFO_MAX) return false;
    hmac(prk, from->salt, from->secret, crypto_bytes(NULL, 0));
    if (from->info.len > 0) memcpy(tail, from->info.at, from->info.len);
    for (size_t done = 0, n = 1; done < bytes; done += HASH, n++) {
        tail[from->info.len] = (uint8_t)n;
        hmac(block, crypto_bytes(prk, HASH), crypto_bytes(block, n == 1 ? 0 : HASH),
             crypto_bytes(tail, from->info.len + 1));
        memcpy(out + done, block, bytes - done < HASH ? bytes - done : HASH);
    }
    sodium_memzero(prk, sizeof(prk));
    sodium_memzero(block, sizeof(block));
    return true;
}
