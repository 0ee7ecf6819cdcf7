/*
 * keys.h - the flows of a person's keys, from random bytes and a password to what is kept and
 * shown.
 * No messages and no state: the same objects run in the host tests.
 */
#pragma once
#include "sealing.h"

enum { SHARDS_SHOWN = 3 };

/* The program's: random bytes. What is made while keys_noise_failed() is not to be used. */
void keys_noise(unsigned char *out_bytes, unsigned count);
bool keys_noise_failed(void);

/* The program's: the keystore. Mixes into the master what only a key there gives for this salt;
 * false: it is locked, or there is none. */
bool keys_vault_is_open(void);
bool keys_vault_mix(const uint8_t salt[SALT_BYTES], uint8_t master[MASTER_BYTES]);

/* A machine key of that user, number and epoch in the keystore: random, and nowhere else. Fills in
 * both public keys. */
enum identity_refusal keys_vault_make(const struct user *u, struct machine *m);

/* What the user's password gives, with the keystore's part where it has one. */
enum identity_refusal keys_master(const struct user *u, const char *password, uint32_t len,
                                  uint8_t out_master[MASTER_BYTES]);
/* A new salt for a new password, with the keystore's part if it is open. */
void keys_salt(struct user *u);

struct shards_shown {
    char text[SHARDS_SHOWN][SHARE_TEXT_MAX];
};

/* A new splitting: two of the five sealed into the user, three to be shown. */
enum identity_refusal keys_share(struct user *u, const uint8_t key[KEY_BYTES],
                                 const uint8_t master[MASTER_BYTES],
                                 struct shards_shown *out_shown);
/* A new person: the neural key, the identity key, id, salt and shares; the first machine key. */
enum identity_refusal keys_make(struct user *u, struct machine *m, const char *password,
                                uint32_t len, struct shards_shown *out_shown);
/* From shards as text: any three of the present set. */
struct shard_texts {
    const char *at[SHARES];
    uint32_t len[SHARES], count;
};
enum identity_refusal keys_recover(const struct user *u, const struct shard_texts *texts,
                                   uint8_t out_key[KEY_BYTES]);
/* From one shard as text, and the two that the password opens. */
enum identity_refusal keys_open(const struct user *u, const uint8_t master[MASTER_BYTES],
                                const char *text, uint32_t len, uint8_t out_key[KEY_BYTES]);
/* Gives the machine key this seed, kept under the password. */
void keys_machine(struct machine *m, const uint8_t seed[SEED_BYTES],
                  const uint8_t master[MASTER_BYTES]);
/* A new random one of its number and epoch: in the keystore, if that has a part in the password. */
enum identity_refusal keys_fresh(const struct user *u, struct machine *m,
                                 const uint8_t master[MASTER_BYTES]);
/* The same with the next epoch. */
enum identity_refusal keys_rotate(const struct user *u, struct machine *m,
                                  const uint8_t master[MASTER_BYTES]);
