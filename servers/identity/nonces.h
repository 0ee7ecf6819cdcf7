/*
 * nonces.h - challenges that were handed out. In memory only: a server that was started again knows
 * none, and so accepts none.
 *
 * A challenge is the asker's and for one user; it lives NONCE_LIFE_MS, and is spent by the first
 * attempt, whatever comes of that. Each asker has a few: only its own are forgotten for new ones.
 */
#pragma once
#include "sealing.h"

enum { NONCES_MAX = 64, NONCES_OF_ONE = 4, NONCE_LIFE_MS = 30000 };

struct nonce {
    uint8_t bytes[NONCE_BYTES], user[ID_BYTES];
    uint64_t asker, made; /* badge; uptime in ms. asker 0: free */
    bool spent;
};
struct nonces {
    struct nonce at[NONCES_MAX];
};

/* `n` with all but `spent` filled in. False: too many askers have some. */
bool nonce_add(struct nonces *all, const struct nonce *n);
/* Spends it: unknown, replayed, expired, wrongUser, or none of these. */
enum identity_refusal nonce_spend(struct nonces *all, const struct nonce *n, uint64_t now);
