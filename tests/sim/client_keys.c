/*
 * client_keys.c - a client of the keystore, and the person who unlocks it: makes, uses and deletes
 * keys, writes data, and knows what must come of it.
 *
 * What the disk refused may be there after all, so it is locked then, and looks.
 */
#include <string.h>

#include "client.h"
#include "idl/keystore.h"
#include "slots.h"
#include "startup.h"

enum { NAMES = 5, DATA_NAMES = 2, DATA_BYTES = 700, PUBLIC_BYTES = 32 };

struct model_key {
    bool exists, known; /* known: which key it is */
    uint8_t fill;       /* of data */
    uint16_t len;
    uint8_t public[PUBLIC_BYTES];
};
struct model_state {
    struct model_key key[NAMES];
};
static struct model {
    struct model_state now, next; /* next: what is under way leads to that */
    bool pending;
} * model;
static cap_t vault, keys;

static struct text path_of(uint32_t key)
{
    static char path[] = "/keys/x";
    path[6] = (char)('0' + key);
    return text_from(path, 7);
}

static bool is_data(uint32_t key)
{
    return key < DATA_NAMES;
}

/* What was kept cannot be read, it says so, and gives nothing. */
_Noreturn static void stays_damaged(void)
{
    for (;;) {
        sim_client_damaged(OF_KEYS);
        sim_client_did();
        sys_yield();
    }
}

static void unlock(void)
{
    static const char phrase[] = "correct horse battery";
    const struct data passphrase = data_from(phrase, sizeof(phrase) - 1);
    for (uint32_t tries = 0; tries < 10000; tries++) {
        struct vault_status_out out;
        int err = vault_status(vault, &out);
        if (cut_off(err)) continue;
        if (err != OK) sim_client_fails("status", err);
        if (out.status.state == KEYSTORE_STATE_OPEN) return;
        bool empty = out.status.state == KEYSTORE_STATE_EMPTY;
        if (empty) err = vault_setup(vault, &(struct vault_setup_in){passphrase});
        if (!empty) err = vault_unlock(vault, &(struct vault_unlock_in){passphrase});
        if (err == VAULT_DAMAGED) stays_damaged();
        bool later = err == VAULT_NO_DISK || err == VAULT_IO_ERROR || err == VAULT_UNHEALTHY ||
                     err == VAULT_WRONG_STATE;
        if (err != OK && !later && !cut_off(err)) sim_client_fails("unlock", err);
        sys_yield();
    }
    sim_client_fails("the keystore is not unlocked", 0);
}

/* Whether it is to be asked again. */
static bool again(int err)
{
    if (err == KEYSTORE_LOCKED || err == KEY_LOCKED) unlock();
    return cut_off(err) || err == KEYSTORE_LOCKED || err == KEY_LOCKED;
}

static bool data_is_as(uint32_t key, struct model_key *k)
{
    const struct keystore_read_in in = {path_of(key), 0};
    struct keystore_read_out out;
    int err;
    do {
        err = keystore_read(keys, &in, &out);
    } while (again(err));
    if (err == KEYSTORE_NOT_FOUND) return !k->exists;
    if (err != OK) sim_client_fails("read", err);
    bool same = k->exists && out.size == k->len && out.data.len == k->len;
    for (uint32_t i = 0; same && i < k->len; i++) {
        same = ((const uint8_t *)out.data.at)[i] == k->fill;
    }
    return same;
}

/* Signs, has it verified, and looks whether it is the key that was made. */
static int key_use(cap_t key, struct model_key *k, bool *out_same)
{
    const struct text domain = text_from("sim", 3);
    struct key_public_out half;
    struct key_sign_out made;
    struct key_verify_out seen;
    uint8_t signature[64];
    int err = key_public(key, &half);
    if (err != OK) return err;
    if (half.key.len != PUBLIC_BYTES) sim_client_fails("a public key", (int)half.key.len);
    if (!k->known) memcpy(k->public, half.key.at, PUBLIC_BYTES);
    *out_same = memcmp(k->public, half.key.at, PUBLIC_BYTES) == 0;
    if (k->exists) k->known = true;
    err = key_sign(key, &(struct key_sign_in){domain, data_from("m", 1)}, &made);
    if (err != OK) return err;
    if (made.signature.len != sizeof(signature)) sim_client_fails("a signature", 0);
    memcpy(signature, made.signature.at, sizeof(signature));
    const struct key_verify_in in = {domain, data_from("m", 1), data_from(signature, 64)};
    err = key_verify(key, &in, &seen);
    if (err == OK && !seen.good) sim_client_fails("a signature is wrong", 0);
    return err;
}

static bool key_is_as(uint32_t key, struct model_key *k)
{
    bool same = false;
    int err;
    do {
        struct keystore_open_out out = {.key = {.slot = slot_alloc()}};
        err = keystore_open(keys, &(struct keystore_open_in){path_of(key)}, &out);
        if (err == OK) err = key_use(out.key.slot, k, &same);
        slot_discard(out.key.slot);
    } while (again(err));
    if (err == KEYSTORE_NOT_FOUND) return !k->exists;
    if (err != OK) sim_client_fails("use", err);
    return k->exists && same;
}

static bool is_as(uint32_t key, struct model_key *k)
{
    return is_data(key) ? data_is_as(key, k) : key_is_as(key, k);
}

static bool all_are_as(struct model_state *s)
{
    for (uint32_t i = 0; i < NAMES; i++) {
        if (!is_as(i, &s->key[i])) return false;
    }
    return true;
}

/* Locked and unlocked again it knows what its disk has, and nothing else is under way. */
static void find_out(void)
{
    (void)vault_lock(vault);
    if (!all_are_as(&model->now)) {
        if (!model->pending || !all_are_as(&model->next)) sim_client_fails("lost", 0);
        model->now = model->next;
    }
    model->pending = false;
}

static int change(uint32_t key, struct model_key *next)
{
    if (is_data(key) && sim_random(3) > 0) {
        uint8_t bytes[DATA_BYTES];
        *next = (struct model_key){.exists = true, .fill = (uint8_t)sim_random(256)};
        next->len = (uint16_t)(1 + sim_random(DATA_BYTES));
        memset(bytes, next->fill, sizeof(bytes));
        return keystore_write(
            keys, &(struct keystore_write_in){path_of(key), data_from(bytes, next->len), false});
    }
    bool there = next->exists;
    *next = (struct model_key){.exists = !there && !is_data(key)};
    if (there || is_data(key)) {
        int err = keystore_delete(keys, &(struct keystore_delete_in){path_of(key)});
        return err == KEYSTORE_NOT_FOUND && !there ? OK : err;
    }
    return keystore_create(keys,
                           &(struct keystore_create_in){path_of(key), KEYSTORE_KEY_KIND_SIGN});
}

static void step(void)
{
    uint32_t key = sim_random(NAMES);
    if (sim_random(3) == 0) {
        if (!all_are_as(&model->now)) sim_client_fails("lost", 1);
        return;
    }
    model->next = model->now;
    model->pending = true;
    int err = change(key, &model->next.key[key]);
    if (err == OK) {
        model->now = model->next;
        model->pending = false;
    } else if (cut_off(err) || err == KEYSTORE_IO_ERROR) {
        find_out();
    } else if (again(err) || err == KEYSTORE_UNHEALTHY) {
        model->pending = false; /* it was refused before anything was written */
    } else {
        sim_client_fails("refused", err);
    }
    sim_client_did();
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    vault = startup_cap("vault");
    keys = startup_cap("keys");
    model = sim_client_memory(sizeof(*model));
    unlock();
    find_out();
    for (;;) {
        step();
    }
}
