/* vault.h - machine keys that the keystore has. keys.h says what else it is asked for. */
#pragma once
#include "keys.h"

enum identity_refusal vault_sign(const struct signer *of, const struct signed_text *text,
                                 uint8_t out_signature[SIGNATURE_BYTES]);
enum identity_refusal vault_agree(const struct signer *of, const struct agreement *with,
                                  uint8_t out_secret[KEY_BYTES]);
/* Users that this process removed, or made keys for and refused. */
enum { GONE_MAX = 16 };
struct gone {
    uint8_t ids[GONE_MAX][ID_BYTES];
    uint32_t count;
};

/* Deletes there what belonged to those who are gone, and machine keys of former epochs. False: not
 * all of it could be: the keystore is locked. */
bool vault_sweep(const struct identity *s, const struct gone *gone);
