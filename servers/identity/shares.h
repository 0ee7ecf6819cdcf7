/*
 * shares.h - the neural key, 32 random bytes, in five shares of which any three give it back and
 * any two say nothing (Shamir over GF(256), by libgfshare). People see a share as text:
 *
 *   number "-" set (8 hex digits) "-" share (64) "-" check (8)
 *
 * `set` names the splitting, the check is the beginning of the BLAKE2b hash of all before it: what
 * was mistyped, or belongs to another splitting, is told apart from what is wrong.
 */
#pragma once
#include "state.h"

enum { KEY_BYTES = 32, SHARES = 5, SHARES_NEEDED = 3, SET_BYTES = 4 };
enum { SHARE_TEXT_MAX = 1 + 9 + 65 + 9 + 1 }; /* with the NUL */

struct share {
    uint8_t set[SET_BYTES];
    uint8_t number; /* 1 to 255 */
    uint8_t bytes[KEY_BYTES];
};

/* First of all: what fills buffers with random bytes. */
void shares_open(void (*noise)(unsigned char *out_bytes, unsigned count));
/* False: no memory. */
bool shares_split(const uint8_t key[KEY_BYTES], const uint8_t set[SET_BYTES],
                  struct share out_shares[SHARES]);
/* `count` shares, of which the first three that differ are used. */
enum identity_refusal shares_combine(const struct share *shares, uint32_t count,
                                     const uint8_t set[SET_BYTES], uint8_t out_key[KEY_BYTES]);

/* NUL-terminated. */
void share_write(const struct share *share, char out_text[SHARE_TEXT_MAX]);
bool share_read(const char *text, uint32_t len, struct share *out_share);
