/*
 * crypto.h - what programs use beside libsodium's own functions: random bytes of the random server,
 * keys from passphrases, HKDF, and signatures in a domain.
 *
 * libsodium is used as it is: crypto_sign_*, crypto_scalarmult, crypto_generichash, crypto_hash_*,
 * crypto_auth_*, crypto_aead_*; vectors.c checks them. Only two things differ here. Nothing in it
 * draws random bytes by itself: who calls crypto_sign_keypair() or randombytes_buf() before
 * crypto_setup(), or while no healthy source is there, ends. And sodium_init(), sodium_malloc() are
 * not for us: they ask Linux.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CRYPTO_KEY_BYTES = 32,
    CRYPTO_PUBLIC_BYTES = 32,
    CRYPTO_SIGNATURE_BYTES = 64,
    CRYPTO_SALT_BYTES = 16,
    CRYPTO_DOMAIN_MAX = 32,
    CRYPTO_MESSAGE_MAX = 3072,
};

struct crypto_bytes {
    const void *at;
    size_t len;
};
static inline struct crypto_bytes crypto_bytes(const void *at, size_t len)
{
    return (struct crypto_bytes){at, len};
}

/* From now on random bytes are the random server's. `random`: a capability to it, or 0. */
void crypto_setup(uint32_t random);
/* Random bytes; 0, or why there are none: an error of Random, or the kernel's. */
__attribute__((warn_unused_result)) int crypto_random(void *out, uint32_t bytes);

/* What a passphrase costs who tries them. */
struct crypto_cost {
    uint32_t memory_kib, passes;
};
/* Argon2id, version 1.3. False: there is no memory, or the cost is none. */
__attribute__((warn_unused_result)) bool crypto_password_key(uint8_t out_key[CRYPTO_KEY_BYTES],
                                                             struct crypto_bytes password,
                                                             const uint8_t salt[CRYPTO_SALT_BYTES],
                                                             const struct crypto_cost *cost);

struct crypto_hkdf {
    struct crypto_bytes secret, salt, info;
};
/* RFC 5869 with HMAC-SHA-256; at most 255 * 32 bytes. False: more, or more than 1024 of info. */
__attribute__((warn_unused_result)) bool crypto_hkdf(uint8_t *out, size_t bytes,
                                                     const struct crypto_hkdf *from);

/*
 * Signatures in a domain. A signature for one purpose is worth nothing for another: what is signed
 * by Ed25519 is "waterlight 1", a zero, the length of the domain, the domain, and the message. The
 * domain is 1 to CRYPTO_DOMAIN_MAX bytes, the message at most CRYPTO_MESSAGE_MAX.
 */
struct crypto_signed {
    struct crypto_bytes domain, message;
};
/* `secret`: seed and public key, as libsodium has it. False: domain or message is too long or none.
 */
__attribute__((warn_unused_result)) bool
crypto_domain_sign(uint8_t out_signature[CRYPTO_SIGNATURE_BYTES],
                   const uint8_t secret[2 * CRYPTO_KEY_BYTES], const struct crypto_signed *what);
__attribute__((warn_unused_result)) bool
crypto_domain_verify(const uint8_t signature[CRYPTO_SIGNATURE_BYTES],
                     const uint8_t public_key[CRYPTO_PUBLIC_BYTES],
                     const struct crypto_signed *what);

/* What two X25519 keys have in common in a domain, whoever of the two asks: BLAKE2b, keyed with
 * what X25519 gives, of "waterlight agree 1", a zero, both public keys, the lower one first, and
 * the domain. */
struct crypto_pair {
    const uint8_t *secret, *own, *peer; /* 32 bytes each: a secret and its public key, another's */
};
/* False: no domain, or `peer` is no key. */
__attribute__((warn_unused_result)) bool crypto_domain_agree(uint8_t out_secret[CRYPTO_KEY_BYTES],
                                                             const struct crypto_pair *pair,
                                                             struct crypto_bytes domain);

/* vectors.c: published test vectors, each through libsodium as it is linked here. NULL, or the name
 * of the first that fails. `out_count`: how many were right until then. */
const char *crypto_vectors_check(uint32_t *out_count);
