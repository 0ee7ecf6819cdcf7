/* vault.c - what the keystore adds to a password: a signature by a key that never leaves it. */
#include "keys.h"

#include <sodium.h>
#include <string.h>

#include "idl/keystore.h"
#include "service.h"
#include "slots.h"
#include "startup.h"

static const char name[] = "/keys/passwords", domain[] = "passwords of people";

static struct text text_of(const char *text)
{
    return text_from(text, strlen(text));
}

/* A capability to the key; it is made where there is none. 0: the keystore is locked, or has no
 * disk. */
static cap_t key_open(void)
{
    struct keystore_open_out out = {.key = {.slot = slot_alloc()}};
    const struct keystore_open_in in = {text_of(name)};
    cap_t store = startup_cap("keys");
    uint32_t tries = 0;
    int err;

    do {
        err = store == 0 ? ERR_CAP_EMPTY : keystore_open(store, &in, &out);
        if (err == KEYSTORE_NOT_FOUND) {
            const struct keystore_create_in create = {text_of(name), KEYSTORE_KEY_KIND_SIGN};
            err = keystore_create(store, &create);
            if (err == OK) err = keystore_open(store, &in, &out);
        }
    } while (call_again(err, &tries));
    if (err == OK) return out.key.slot;
    slot_release(out.key.slot);
    return 0;
}

bool keys_vault_is_open(void)
{
    cap_t key = key_open();

    slot_discard(key);
    return key != 0;
}

/* Ed25519 signatures are the same for the same message: so is what comes of one. */
bool keys_vault_mix(const uint8_t salt[SALT_BYTES], uint8_t master[MASTER_BYTES])
{
    struct key_sign_out out;
    const struct key_sign_in in = {text_of(domain), data_from(salt, SALT_BYTES)};
    uint8_t pepper[SIGNATURE_BYTES], mixed[MASTER_BYTES];
    cap_t key = key_open();
    bool good = key != 0 && key_sign(key, &in, &out) == OK && out.signature.len == sizeof(pepper);

    slot_discard(key);
    if (!good) return false;
    memcpy(pepper, out.signature.at, sizeof(pepper));
    (void)crypto_generichash(mixed, sizeof(mixed), pepper, sizeof(pepper), master, MASTER_BYTES);
    memcpy(master, mixed, sizeof(mixed));
    sodium_memzero(pepper, sizeof(pepper));
    sodium_memzero(mixed, sizeof(mixed));
    return true;
}
