/*
 * sealing.h - what is done with keys: passwords into keys, keys into boxes, seeds into signatures.
 * All of it is libsodium's; here is only what goes into what.
 *
 *   password, salt --Argon2id--> master --keyed BLAKE2b, by purpose--> key of a box
 *   neural key     --keyed BLAKE2b, by purpose--> seed of the identity key
 *   seed           --Ed25519--> machine key; --keyed BLAKE2b, by purpose--> its X25519 half
 *
 * What a key signs is in a domain (crypto.h), so no signature means two things; and it is the same
 * whether the keystore signs or a seed that is here.
 * Whoever gets a key from here wipes it (sodium_memzero).
 */
#pragma once
#include "shares.h"

enum {
    PASSWORD_MIN = 12,
    PASSWORD_MAX = 128,
    MASTER_BYTES = 32,
    SIGNATURE_BYTES = 64,
    NONCE_BYTES = 32,
    DOMAIN_MAX = 32,
    MESSAGE_MAX = 1024,
};

/* A few MiB and a few passes, as OWASP's cheat sheet on password storage has it for Argon2id.
 * False: no memory. */
bool password_master(const char *password, uint32_t len, const uint8_t salt[SALT_BYTES],
                     uint8_t out_master[MASTER_BYTES]);

/* The boxes' nonces are filled in by the caller, from random bytes. */
void shares_seal(const struct share shares[2], const uint8_t master[MASTER_BYTES],
                 struct box_shares *box);
/* False: another password, or the box was changed. The shares' set is the caller's to fill in. */
bool shares_unseal(const struct box_shares *box, const uint8_t master[MASTER_BYTES],
                   struct share out_shares[2]);
void seed_seal(const uint8_t seed[SEED_BYTES], const uint8_t master[MASTER_BYTES],
               struct box_seed *box);
bool seed_unseal(const struct box_seed *box, const uint8_t master[MASTER_BYTES],
                 uint8_t out_seed[SEED_BYTES]);

/* Of the identity key. */
void seed_derive(const uint8_t key[KEY_BYTES], uint8_t out_seed[SEED_BYTES]);
void public_of(const uint8_t seed[SEED_BYTES], uint8_t out_public[PUBLIC_BYTES]);
/* The half of a machine key to agree by. */
void agree_of(const uint8_t seed[SEED_BYTES], uint8_t out_agree[PUBLIC_BYTES]);
/* The user's id: the first bytes of the hash of the identity key. */
void id_of(const uint8_t public[PUBLIC_BYTES], uint8_t out_id[ID_BYTES]);

/* Whose machine key signs. */
struct signer {
    uint8_t user[ID_BYTES];
    uint32_t machine, epoch;
};
/* What is signed for a login, or for `domain`. */
enum { SIGNED_MAX = ID_BYTES + 8 + 8 + DOMAIN_MAX + MESSAGE_MAX };
struct signed_text {
    const char *domain; /* of crypto.h */
    uint32_t len;
    uint8_t bytes[SIGNED_MAX];
};
void login_text(const struct signer *signer, const uint8_t nonce[NONCE_BYTES],
                struct signed_text *out_text);
struct statement {
    const uint8_t *message;
    const char *domain;
    uint32_t message_len, domain_len;
};
void statement_text(const struct signer *signer, const struct statement *statement,
                    struct signed_text *out_text);
void text_sign(const uint8_t seed[SEED_BYTES], const struct signed_text *text,
               uint8_t out_signature[SIGNATURE_BYTES]);
bool signature_is_good(const uint8_t public[PUBLIC_BYTES], const struct signed_text *text,
                       const uint8_t signature[SIGNATURE_BYTES]);

/* What the seed's key to agree by has in common with a peer's, in that domain. False: the peer's is
 * no key, or there is no domain. */
struct agreement {
    const char *domain;
    uint32_t domain_len;
    const uint8_t *peer; /* PUBLIC_BYTES */
};
bool seed_agree(const uint8_t seed[SEED_BYTES], const struct agreement *with,
                uint8_t out_secret[KEY_BYTES]);
