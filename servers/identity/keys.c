#include "keys.h"

#include <sodium.h>
#include <string.h>

/* The pairs of five that may be kept here: which one is chosen at random. */
static const uint8_t pairs[10][2] = {{0, 1}, {0, 2}, {0, 3}, {0, 4}, {1, 2},
                                     {1, 3}, {1, 4}, {2, 3}, {2, 4}, {3, 4}};

static uint32_t pair_choose(void)
{
    unsigned char byte;

    do {
        keys_noise(&byte, 1);
    } while (byte >= 250 && !keys_noise_failed()); /* 25 times each pair, no remainder */
    return byte % 10u;
}

enum identity_refusal keys_master(const struct user *u, const char *password, uint32_t len,
                                  uint8_t out_master[MASTER_BYTES])
{
    if (!password_master(password, len, u->salt, out_master)) return ID_LIMIT;
    if (!u->vaulted || keys_vault_mix(u->salt, out_master)) return ID_OK;
    sodium_memzero(out_master, MASTER_BYTES);
    return ID_KEYS_LOCKED;
}

void keys_salt(struct user *u)
{
    keys_noise(u->salt, sizeof(u->salt));
    u->vaulted = keys_vault_is_open();
}

enum identity_refusal keys_share(struct user *u, const uint8_t key[KEY_BYTES],
                                 const uint8_t master[MASTER_BYTES], struct shards_shown *out_shown)
{
    struct share all[SHARES], kept[2];
    uint32_t pair = pair_choose(), shown = 0;

    keys_noise(u->set, sizeof(u->set));
    keys_noise(u->shares.nonce, sizeof(u->shares.nonce));
    if (!shares_split(key, u->set, all)) return ID_LIMIT;
    kept[0] = all[pairs[pair][0]];
    kept[1] = all[pairs[pair][1]];
    shares_seal(kept, master, &u->shares);
    for (uint32_t i = 0; i < SHARES; i++) {
        if (i == pairs[pair][0] || i == pairs[pair][1]) continue;
        share_write(&all[i], out_shown->text[shown++]);
    }
    sodium_memzero(all, sizeof(all));
    sodium_memzero(kept, sizeof(kept));
    return keys_noise_failed() ? ID_NO_SOURCE : ID_OK;
}

void keys_machine(struct machine *m, const uint8_t seed[SEED_BYTES],
                  const uint8_t master[MASTER_BYTES])
{
    keys_noise(m->seed.nonce, sizeof(m->seed.nonce));
    public_of(seed, m->public);
    agree_of(seed, m->agree);
    seed_seal(seed, master, &m->seed);
    m->held = 0;
    m->agrees = 1;
}

enum identity_refusal keys_fresh(const struct user *u, struct machine *m,
                                 const uint8_t master[MASTER_BYTES])
{
    uint8_t seed[SEED_BYTES];

    if (u->vaulted) {
        m->held = m->agrees = 1;
        m->seed = (struct box_seed){0};
        return keys_vault_make(u, m);
    }
    keys_noise(seed, sizeof(seed));
    keys_machine(m, seed, master);
    sodium_memzero(seed, sizeof(seed));
    return keys_noise_failed() ? ID_NO_SOURCE : ID_OK;
}

enum identity_refusal keys_rotate(const struct user *u, struct machine *m,
                                  const uint8_t master[MASTER_BYTES])
{
    m->epoch++;
    return keys_fresh(u, m, master);
}

enum identity_refusal keys_make(struct user *u, struct machine *m, const char *password,
                                uint32_t len, struct shards_shown *out_shown)
{
    uint8_t key[KEY_BYTES], seed[SEED_BYTES], master[MASTER_BYTES];

    if (len < PASSWORD_MIN) return ID_WEAK_PASSWORD;
    keys_noise(key, sizeof(key));
    keys_salt(u);
    enum identity_refusal no = keys_master(u, password, len, master);
    if (no != ID_OK) return no;
    seed_derive(key, seed);
    public_of(seed, u->public);
    id_of(u->public, u->id);
    m->number = m->epoch = 1;
    no = keys_fresh(u, m, master);
    if (no == ID_OK) no = keys_share(u, key, master, out_shown);
    sodium_memzero(key, sizeof(key));
    sodium_memzero(seed, sizeof(seed));
    sodium_memzero(master, sizeof(master));
    return no;
}

/* What three shares give must be the key of this user. */
static enum identity_refusal key_check(const struct user *u, const uint8_t key[KEY_BYTES])
{
    uint8_t seed[SEED_BYTES], public[PUBLIC_BYTES];

    seed_derive(key, seed);
    public_of(seed, public);
    sodium_memzero(seed, sizeof(seed));
    return sodium_memcmp(public, u->public, PUBLIC_BYTES) == 0 ? ID_OK : ID_MISMATCH;
}

static enum identity_refusal key_from(const struct user *u, const struct share *shares,
                                      uint32_t count, uint8_t out_key[KEY_BYTES])
{
    enum identity_refusal no = shares_combine(shares, count, u->set, out_key);

    if (no == ID_OK) no = key_check(u, out_key);
    if (no != ID_OK) sodium_memzero(out_key, KEY_BYTES);
    return no;
}

enum identity_refusal keys_recover(const struct user *u, const struct shard_texts *texts,
                                   uint8_t out_key[KEY_BYTES])
{
    struct share shares[SHARES];
    enum identity_refusal no = ID_OK;

    for (uint32_t i = 0; i < texts->count && no == ID_OK; i++) {
        if (!share_read(texts->at[i], texts->len[i], &shares[i])) no = ID_BAD_SHARD;
    }
    if (no == ID_OK) no = key_from(u, shares, texts->count, out_key);
    sodium_memzero(shares, sizeof(shares));
    return no;
}

enum identity_refusal keys_open(const struct user *u, const uint8_t master[MASTER_BYTES],
                                const char *text, uint32_t len, uint8_t out_key[KEY_BYTES])
{
    struct share shares[SHARES_NEEDED];
    enum identity_refusal no = ID_OK;

    if (!shares_unseal(&u->shares, master, shares)) no = ID_BAD_PASSWORD;
    memcpy(shares[0].set, u->set, SET_BYTES);
    memcpy(shares[1].set, u->set, SET_BYTES);
    if (no == ID_OK && !share_read(text, len, &shares[2])) no = ID_BAD_SHARD;
    if (no == ID_OK) no = key_from(u, shares, SHARES_NEEDED, out_key);
    sodium_memzero(shares, sizeof(shares));
    return no;
}
