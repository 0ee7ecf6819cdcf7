/*
 * vault.c - what the keystore does for people: it has a part in a password, by a key that never
 * leaves it; and it has their machine keys, by user, number and epoch, which nobody else reads.
 */
#include "vault.h"

#include <sodium.h>
#include <string.h>

#include "idl/keystore.h"
#include "print.h"
#include "service.h"
#include "slots.h"
#include "startup.h"

enum { NAME_ROOM = 65, ID_AT = 8, NUMBER_AT = ID_AT + 2 * ID_BYTES + 1, EPOCH_AT = NUMBER_AT + 9 };

static const char passwords[] = "/keys/passwords", domain[] = "passwords of people";
static const char machines[] = "/keys/m/";

static struct text text_of(const char *text)
{
    return text_from(text, strlen(text));
}

static enum identity_refusal refused(int err)
{
    if (err == OK) return ID_OK;
    if (err == KEYSTORE_UNHEALTHY) return ID_NO_SOURCE;
    if (err == KEYSTORE_FULL || err == KEYSTORE_NO_ROOM) return ID_LIMIT;
    return err == KEYSTORE_NOT_FOUND ? ID_NO_MACHINE : ID_KEYS_LOCKED;
}

static int create(const char *name, enum keystore_key_kind kind)
{
    const struct keystore_create_in in = {text_of(name), kind};
    uint32_t tries = 0;
    int err;

    do {
        err = keystore_create(startup_cap("keys"), &in);
    } while (call_again(err, &tries));
    return err;
}

/* A capability to the key, in a slot of its own. */
static int key_open(const char *name, cap_t *out_key)
{
    struct keystore_open_out out = {.key = {.slot = slot_alloc()}};
    const struct keystore_open_in in = {text_of(name)};
    cap_t store = startup_cap("keys");
    uint32_t tries = 0;
    int err;

    do {
        err = store == 0 ? ERR_CAP_EMPTY : keystore_open(store, &in, &out);
    } while (call_again(err, &tries));
    if (err != OK) slot_release(out.key.slot);
    *out_key = err == OK ? out.key.slot : 0;
    return err;
}

/* The password's key, made where there is none. 0: the keystore is locked, or has no disk. */
static cap_t passwords_open(void)
{
    cap_t key;
    int err = key_open(passwords, &key);

    if (err != KEYSTORE_NOT_FOUND) return key;
    err = create(passwords, KEYSTORE_KEY_KIND_SIGN);
    if (err == OK || err == KEYSTORE_EXISTS) (void)key_open(passwords, &key);
    return key;
}

bool keys_vault_is_open(void)
{
    cap_t key = passwords_open();

    slot_discard(key);
    return key != 0;
}

/* Ed25519 signatures are the same for the same message: so is what comes of one. */
bool keys_vault_mix(const uint8_t salt[SALT_BYTES], uint8_t master[MASTER_BYTES])
{
    struct key_sign_out out;
    const struct key_sign_in in = {text_of(domain), data_from(salt, SALT_BYTES)};
    uint8_t pepper[SIGNATURE_BYTES], mixed[MASTER_BYTES];
    cap_t key = passwords_open();
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

/* Machine keys. */

static void name_of(const struct signer *of, char half, char out_name[NAME_ROOM])
{
    char id[2 * ID_BYTES + 1];

    (void)sodium_bin2hex(id, sizeof(id), of->user, ID_BYTES);
    print_format(out_name, NAME_ROOM, "%s%s/%08x/%08x/%c", machines, id, of->machine, of->epoch,
                 half);
}

/* One of that name that is there is of a rotation that was cut off: nothing names it. */
static int half_make(const struct signer *of, char half, uint8_t out_public[PUBLIC_BYTES])
{
    enum keystore_key_kind kind = half == 's' ? KEYSTORE_KEY_KIND_SIGN : KEYSTORE_KEY_KIND_AGREE;
    struct key_public_out out;
    char name[NAME_ROOM];
    cap_t key;

    name_of(of, half, name);
    int err = create(name, kind);
    if (err == KEYSTORE_EXISTS) {
        err = keystore_delete(startup_cap("keys"), &(struct keystore_delete_in){text_of(name)});
        if (err == OK) err = create(name, kind);
    }
    if (err == OK) err = key_open(name, &key);
    if (err != OK) return err;
    err = key_public(key, &out);
    bool good = err == OK && out.key.len == PUBLIC_BYTES;
    if (good) memcpy(out_public, out.key.at, PUBLIC_BYTES);
    slot_discard(key);
    return good ? OK : KEYSTORE_LOCKED;
}

enum identity_refusal keys_vault_make(const struct user *u, struct machine *m)
{
    struct signer of = {.machine = m->number, .epoch = m->epoch};

    memcpy(of.user, u->id, ID_BYTES);
    int err = half_make(&of, 's', m->public);
    if (err == OK) err = half_make(&of, 'a', m->agree);
    return refused(err);
}

enum identity_refusal vault_sign(const struct signer *of, const struct signed_text *text,
                                 uint8_t out_signature[SIGNATURE_BYTES])
{
    const struct key_sign_in in = {text_of(text->domain), data_from(text->bytes, text->len)};
    struct key_sign_out out;
    char name[NAME_ROOM];
    cap_t key;

    name_of(of, 's', name);
    int err = key_open(name, &key);
    if (err != OK) return refused(err);
    err = key_sign(key, &in, &out);
    bool good = err == OK && out.signature.len == SIGNATURE_BYTES;
    if (good) memcpy(out_signature, out.signature.at, SIGNATURE_BYTES);
    slot_discard(key);
    return good ? ID_OK : ID_KEYS_LOCKED;
}

enum identity_refusal vault_agree(const struct signer *of, const struct agreement *with,
                                  uint8_t out_secret[KEY_BYTES])
{
    const struct key_agree_in in = {text_from(with->domain, with->domain_len),
                                    data_from(with->peer, PUBLIC_BYTES)};
    struct key_agree_out out;
    char name[NAME_ROOM];
    cap_t key;

    name_of(of, 'a', name);
    int err = key_open(name, &key);
    if (err != OK) return refused(err);
    err = key_agree(key, &in, &out);
    bool good = err == OK && out.secret.len == KEY_BYTES;
    if (good) memcpy(out_secret, out.secret.at, KEY_BYTES);
    slot_discard(key);
    if (good) return ID_OK;
    return err == KEY_BAD_PEER || err == KEY_BAD_DOMAIN ? ID_BAD_PEER : ID_KEYS_LOCKED;
}

/* What nobody needs any more. */

static bool number_read(const char *hex, uint32_t *out_number)
{
    uint8_t bytes[4];

    if (sodium_hex2bin(bytes, sizeof(bytes), hex, 8, NULL, NULL, NULL) != 0) return false;
    *out_number =
        (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    return true;
}

static bool is_gone(const struct identity *s, const struct gone *gone, const uint8_t id[ID_BYTES])
{
    for (uint32_t i = 0; i < gone->count; i++) {
        if (memcmp(gone->ids[i], id, ID_BYTES) == 0) return user_by_id(s, id) == NOBODY;
    }
    return false;
}

/* Whether nobody needs the machine key of that name any more. What this state knows nothing of is
 * kept: the log's disk may be another one, or none, for a while. */
static bool is_over(const struct identity *s, const struct gone *gone, const char *name)
{
    uint8_t id[ID_BYTES];
    uint32_t number, epoch;

    if (strlen(name) != EPOCH_AT + 10) return false;
    if (sodium_hex2bin(id, sizeof(id), name + ID_AT, 2 * sizeof(id), NULL, NULL, NULL) != 0) {
        return false;
    }
    if (!number_read(name + NUMBER_AT, &number) || !number_read(name + EPOCH_AT, &epoch)) {
        return false;
    }
    if (is_gone(s, gone, id)) return true;
    uint16_t user = user_by_id(s, id);
    uint16_t machine = user == NOBODY ? NOBODY : machine_of(s, user, number);
    if (machine == NOBODY) return false;
    const struct machine *m = &s->machines[machine];
    return epoch < m->epoch || (epoch == m->epoch && !m->held);
}

static bool machines_sweep(const struct identity *s, const struct gone *gone, cap_t store)
{
    char after[NAME_ROOM] = "", names[8][NAME_ROOM];
    struct keystore_list_out out;

    do {
        const struct keystore_list_in in = {text_of(machines), text_of(after)};
        uint32_t count;
        if (keystore_list(store, &in, &out) != OK) return false;
        for (count = 0; count < out.keys.count && count < 8; count++) {
            memset(names[count], 0, NAME_ROOM);
            memcpy(names[count], out.keys.at[count].name.at, out.keys.at[count].name.len);
        }
        for (uint32_t i = 0; i < count; i++) {
            const struct keystore_delete_in over = {text_of(names[i])};
            if (!is_over(s, gone, names[i])) continue;
            if (keystore_delete(store, &over) != OK) return false;
        }
        if (count > 0) memcpy(after, names[count - 1], NAME_ROOM);
    } while (out.more);
    return true;
}

/* All keys of one who is no user. */
static bool owner_sweep(cap_t store, const uint8_t id[ID_BYTES])
{
    const struct keystore_space_in in = {data_from(id, ID_BYTES)};
    struct keystore_space_out out = {.space = {.slot = slot_alloc()}};

    if (keystore_space(store, &in, &out) != OK) {
        slot_release(out.space.slot);
        return false;
    }
    int err = keystore_clear(out.space.slot, &(struct keystore_clear_in){text_of("")});
    slot_discard(out.space.slot);
    return err == OK || err == KEYSTORE_NOT_FOUND;
}

bool vault_sweep(const struct identity *s, const struct gone *gone)
{
    cap_t store = startup_cap("keys");

    if (store == 0 || !machines_sweep(s, gone, store)) return false;
    for (uint32_t i = 0; i < gone->count; i++) {
        if (is_gone(s, gone, gone->ids[i]) && !owner_sweep(store, gone->ids[i])) return false;
    }
    return true;
}
