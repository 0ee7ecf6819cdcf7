/* chain.c - see chain.h. */
#include "chain.h"

#include <sodium/crypto_generichash_blake2b.h>
#include <string.h>

enum made { MADE_NOT, MADE_SOON, MADE };

/* All hashes begin alike, and beginning is a tenth of one: it is done once, and copied. */
static void hash_begin(crypto_generichash_blake2b_state *out)
{
    static crypto_generichash_blake2b_state begun;
    static uint32_t made; /* enum made; by whichever thread is the first */
    uint32_t not_yet = MADE_NOT;
    if (__atomic_load_n(&made, __ATOMIC_ACQUIRE) == MADE) {
        *out = begun;
        return;
    }
    (void)crypto_generichash_blake2b_init(out, NULL, 0, HASH_BYTES);
    if (!__atomic_compare_exchange_n(&made, &not_yet, MADE_SOON, false, __ATOMIC_RELAXED,
                                     __ATOMIC_RELAXED))
        return;
    begun = *out;
    __atomic_store_n(&made, MADE, __ATOMIC_RELEASE);
}

static void link_hash(uint8_t out[HASH_BYTES], const uint8_t before[HASH_BYTES],
                      const struct commit *c)
{
    crypto_generichash_blake2b_state state;
    uint8_t block[HASH_BYTES + sizeof(*c)];
    memcpy(block, before, HASH_BYTES);
    memcpy(block + HASH_BYTES, c, sizeof(*c));
    hash_begin(&state);
    (void)crypto_generichash_blake2b_update(&state, block, sizeof(block));
    (void)crypto_generichash_blake2b_final(&state, out, HASH_BYTES);
}

void chain_append(struct chain *chain, const struct commit *c)
{
    link_hash(chain->head, chain->head, c);
    chain->count++;
}

/* Why record `at` is not the one that was hashed. */
static enum chain_fault classify(const struct chain_log *log, uint64_t at, const uint8_t *before)
{
    uint8_t next[HASH_BYTES];
    const struct commit *found = &log->commits[at - log->first];
    uint64_t seq = found->seq;
    if (seq == at) {
        if (at + 1 >= log->count || at + 1 >= log->hashed) return CHAIN_CHANGED;
        link_hash(next, before, found);
        link_hash(next, next, found + 1);
        bool right = memcmp(next, log->kept + (at + 1 - log->first) * HASH_BYTES, HASH_BYTES) == 0;
        return right ? CHAIN_HASH : CHAIN_CHANGED;
    }
    if (seq + 1 == at) return CHAIN_REPEATED;
    if (seq > at && seq < log->count && found[seq - at].seq == at) return CHAIN_SWAPPED;
    return seq > at ? CHAIN_DROPPED : CHAIN_CHANGED;
}

enum chain_fault chain_verify(struct chain *chain, const struct chain_log *log, uint64_t until)
{
    while (chain->count < until && chain->count < log->count) {
        uint64_t at = chain->count;
        struct chain next = *chain;
        const struct commit *c = &log->commits[at - log->first];
        chain_append(&next, c);
        bool kept = log->kept != NULL && at < log->hashed;
        const uint8_t *hash = log->kept + (kept ? at - log->first : 0) * HASH_BYTES;
        bool same = !kept || memcmp(next.head, hash, HASH_BYTES) == 0;
        if (!same || c->seq != at) return classify(log, at, chain->head);
        *chain = next;
    }
    return log->kept != NULL && log->count < log->hashed ? CHAIN_TRUNCATED : CHAIN_OK;
}

const char *chain_text(enum chain_fault fault)
{
    switch (fault) {
    case CHAIN_OK:
        return "ok";
    case CHAIN_CHANGED:
        return "record changed";
    case CHAIN_DROPPED:
        return "record missing";
    case CHAIN_REPEATED:
        return "record repeated";
    case CHAIN_SWAPPED:
        return "records swapped";
    case CHAIN_TRUNCATED:
        return "log truncated";
    case CHAIN_HASH:
        return "hash changed";
    default:
        return "?";
    }
}
