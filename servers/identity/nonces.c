#include "nonces.h"

#include <sodium.h>

static bool is_over(const struct nonce *n, uint64_t now)
{
    return now - n->made >= NONCE_LIFE_MS;
}

/* The asker's oldest once it has enough of them; else a free one, or one whose time is over. */
bool nonce_add(struct nonces *all, const struct nonce *n)
{
    struct nonce *place = NULL, *oldest = NULL;
    uint32_t own = 0;

    for (uint32_t i = 0; i < NONCES_MAX; i++) {
        struct nonce *known = &all->at[i];
        if (known->asker == 0 || (place == NULL && is_over(known, n->made))) place = known;
        if (known->asker != n->asker) continue;
        own++;
        if (oldest == NULL || known->made < oldest->made) oldest = known;
    }
    if (own >= NONCES_OF_ONE) place = oldest;
    if (place == NULL) return false;
    *place = *n;
    place->spent = false;
    return true;
}

enum identity_refusal nonce_spend(struct nonces *all, const struct nonce *n, uint64_t now)
{
    for (uint32_t i = 0; i < NONCES_MAX; i++) {
        struct nonce *known = &all->at[i];
        if (known->asker == 0 || known->asker != n->asker) continue;
        if (sodium_memcmp(known->bytes, n->bytes, NONCE_BYTES) != 0) continue;
        if (known->spent) return ID_REPLAYED;
        known->spent = true;
        if (is_over(known, now)) return ID_EXPIRED;
        return sodium_memcmp(known->user, n->user, ID_BYTES) == 0 ? ID_OK : ID_WRONG_USER;
    }
    return ID_UNKNOWN_NONCE;
}
