/* space.c - Keystore: the keys of the asker's space, by name. Whose space it is says the badge. */
#include <sodium.h>
#include <string.h>

#include "badge.h"
#include "server.h"

enum { LIST_MAX = 8 };

static struct server *server_of(const struct request *rq)
{
    return request_service(rq)->state;
}

/* Whose keys are meant is what the badge says: the description's space, or an inner one. */
static struct keys_space space_of(const struct request *rq)
{
    const struct server *s = server_of(rq);
    if (inner_is_ours(s, rq->badge)) return s->inners[badge_index(rq->badge)].space;
    return (struct keys_space){.number = badge_space_number(rq->badge)};
}

int space_may_ask(const struct request *rq, struct keys_space *out_space)
{
    *out_space = space_of(rq);
    if (out_space->number == 0) return KEYSTORE_NO_SPACE;
    return server_of(rq)->state == KEYSTORE_STATE_OPEN ? OK : KEYSTORE_LOCKED;
}

static struct change *change_begin(const struct request *rq, enum change_type type,
                                   struct text name, const struct keys_space *space)
{
    struct change *c = &server_of(rq)->change;
    *c = (struct change){.type = (uint8_t)type, .space = *space};
    c->name_len = name.len <= KEYS_NAME_MAX ? (uint8_t)name.len : 0;
    memcpy(c->name, name.at, c->name_len);
    return c;
}

/* 0, or why a key of that kind cannot be. */
static int kind_of(enum keystore_key_kind kind, uint8_t *out)
{
    switch (kind) {
    case KEYSTORE_KEY_KIND_SIGN:
        *out = KEYS_SIGN;
        return OK;
    case KEYSTORE_KEY_KIND_AGREE:
        *out = KEYS_AGREE;
        return OK;
    case KEYSTORE_KEY_KIND_SEAL:
        *out = KEYS_SEAL;
        return OK;
    case KEYSTORE_KEY_KIND_HYBRID_SIGN:
    case KEYSTORE_KEY_KIND_HYBRID_AGREE:
        return KEYSTORE_NOT_OFFERED;
    case KEYSTORE_KEY_KIND_DATA:
        break;
    }
    return KEYSTORE_WRONG_KIND; /* data is written */
}

static enum keystore_key_kind kind_shown(const struct key *key)
{
    static const enum keystore_key_kind kinds[] = {[KEYS_SIGN] = KEYSTORE_KEY_KIND_SIGN,
                                                   [KEYS_AGREE] = KEYSTORE_KEY_KIND_AGREE,
                                                   [KEYS_SEAL] = KEYSTORE_KEY_KIND_SEAL,
                                                   [KEYS_DATA] = KEYSTORE_KEY_KIND_DATA};
    return kinds[key->kind];
}

/* c->data begins with the secret: the public half behind it. */
static void half_make(struct change *c)
{
    uint8_t *secret = c->data, *half = c->data + KEYS_HALF_BYTES, both[64];
    c->bytes = 2 * KEYS_HALF_BYTES;
    if (c->kind == KEYS_SIGN) (void)crypto_sign_ed25519_seed_keypair(half, both, secret);
    if (c->kind == KEYS_AGREE) (void)crypto_scalarmult_base(half, secret);
    sodium_memzero(both, sizeof(both));
}

static int add(const struct request *rq, struct text name, enum keystore_key_kind kind,
               const struct data *secret)
{
    struct keys_space space;
    int err = space_may_ask(rq, &space);
    if (err != OK) return err;
    struct server *s = server_of(rq);
    struct change *c = change_begin(rq, CHANGE_CREATE, name, &space);
    err = kind_of(kind, &c->kind);
    if (err != OK) return err;
    if (secret != NULL && secret->len != KEYS_HALF_BYTES) return KEYSTORE_TOO_LONG;
    if (secret != NULL) {
        memcpy(c->data, secret->at, KEYS_HALF_BYTES);
    } else if (crypto_random(c->data, KEYS_HALF_BYTES) != OK) {
        return KEYSTORE_UNHEALTHY;
    }
    half_make(c);
    return server_commit(s);
}

static int on_create(struct request *rq, const struct keystore_create_in *in)
{
    return add(rq, in->name, in->kind, NULL);
}

static int on_import(struct request *rq, const struct keystore_import_in *in)
{
    return add(rq, in->name, in->kind, &in->secret);
}

static int on_delete(struct request *rq, const struct keystore_delete_in *in)
{
    struct keys_space space;
    int err = space_may_ask(rq, &space);
    if (err != OK) return err;
    (void)change_begin(rq, CHANGE_DELETE, in->name, &space);
    return server_commit(server_of(rq));
}

/* The key, or why there is none. */
static int find(const struct request *rq, struct text name, const struct key **out)
{
    struct keys_space space;
    int err = space_may_ask(rq, &space);
    if (err != OK) return err;
    if (!keys_name_is_good(name.at, name.len)) return KEYSTORE_BAD_NAME;
    *out = keys_find(&server_of(rq)->keys, &space, name.at, name.len);
    return *out != NULL ? OK : KEYSTORE_NOT_FOUND;
}

static int on_has(struct request *rq, const struct keystore_has_in *in,
                  struct keystore_has_out *out)
{
    const struct key *key;
    int err = find(rq, in->name, &key);
    out->there = err == OK;
    return err == KEYSTORE_NOT_FOUND ? OK : err;
}

static int on_list(struct request *rq, const struct keystore_list_in *in,
                   struct keystore_list_out *out)
{
    struct keys_space space;
    int err = space_may_ask(rq, &space);
    if (err != OK) return err;
    const struct keys *k = &server_of(rq)->keys;
    struct keys_text prefix = {in->prefix.at, in->prefix.len}, at = {in->after.at, in->after.len};
    const struct key *key = keys_next(k, &space, prefix, at);
    while (key != NULL && out->keys.count < LIST_MAX) {
        out->keys.at[out->keys.count++] = (struct keystore_key_entry){
            .name = text_from(key->name, key->name_len),
            .kind = kind_shown(key),
            .bytes = key->bytes,
        };
        at = (struct keys_text){key->name, key->name_len};
        key = keys_next(k, &space, prefix, at);
    }
    out->more = key != NULL;
    return OK;
}

static int on_write(struct request *rq, const struct keystore_write_in *in)
{
    struct keys_space space;
    int err = space_may_ask(rq, &space);
    if (err != OK) return err;
    enum change_type type = in->append ? CHANGE_APPEND : CHANGE_WRITE;
    struct change *c = change_begin(rq, type, in->name, &space);
    c->bytes = in->data.len;
    memcpy(c->data, in->data.at, in->data.len);
    return server_commit(server_of(rq));
}

static int on_read(struct request *rq, const struct keystore_read_in *in,
                   struct keystore_read_out *out)
{
    const struct key *key;
    int err = find(rq, in->name, &key);
    if (err != OK) return err;
    if (key->kind != KEYS_DATA) return KEYSTORE_WRONG_KIND;
    uint8_t *at = (uint8_t *)rq->scratch;
    out->data = data_from(at, keys_read(key, in->offset, at, KEYS_PIECE_MAX));
    out->size = key->bytes;
    return OK;
}

static int on_open(struct request *rq, const struct keystore_open_in *in,
                   struct keystore_open_out *out)
{
    const struct key *key;
    int err = find(rq, in->name, &key);
    if (err != OK) return err;
    if (key->kind == KEYS_DATA) return KEYSTORE_WRONG_KIND;
    return handle_open(rq, key, &out->key);
}

/* Spaces within the asker's. */

static int on_space(struct request *rq, const struct keystore_space_in *in,
                    struct keystore_space_out *out)
{
    struct keys_space space = {.number = badge_space_number(rq->badge)};
    if (space.number == 0) return KEYSTORE_NO_SPACE;
    bool good = in->owner.len == KEYS_OWNER_BYTES && !sodium_is_zero(in->owner.at, in->owner.len);
    if (!good) return KEYSTORE_BAD_NAME;
    memcpy(space.owner, in->owner.at, KEYS_OWNER_BYTES);
    return inner_open(rq, &space, &out->space);
}

static int on_close(struct request *rq)
{
    if (!inner_is_ours(server_of(rq), rq->badge)) return KEYSTORE_NO_SPACE;
    inner_close(server_of(rq), rq->badge);
    return OK;
}

static int on_clear(struct request *rq, const struct keystore_clear_in *in)
{
    struct keys_space space;
    int err = space_may_ask(rq, &space);
    if (err != OK) return err;
    (void)change_begin(rq, CHANGE_CLEAR, in->prefix, &space);
    return server_commit(server_of(rq));
}

static int on_owners(struct request *rq, const struct keystore_owners_in *in,
                     struct keystore_owners_out *out)
{
    struct keys_space space;
    uint8_t(*shown)[KEYS_OWNER_BYTES] = (void *)rq->scratch, at[KEYS_OWNER_BYTES] = {0};
    int err = space_may_ask(rq, &space);
    if (err != OK) return err;
    if (in->after.len != 0 && in->after.len != sizeof(at)) return KEYSTORE_BAD_NAME;
    if (in->after.len != 0) memcpy(at, in->after.at, sizeof(at));
    if (badge_space_number(rq->badge) == 0) return KEYSTORE_NO_SPACE;
    while (keys_owner_next(&server_of(rq)->keys, space.number, at)) {
        out->more = out->owners.count == LIST_MAX;
        if (out->more) break;
        memcpy(shown[out->owners.count], at, sizeof(at));
        out->owners.at[out->owners.count].id = data_from(shown[out->owners.count], sizeof(at));
        out->owners.count++;
    }
    return OK;
}

int space_serve(struct request *rq)
{
    static const struct keystore_ops ops = {
        .create = on_create,
        .import = on_import,
        .open = on_open,
        .delete = on_delete,
        .list = on_list,
        .has = on_has,
        .write = on_write,
        .read = on_read,
        .space = on_space,
        .close = on_close,
        .clear = on_clear,
        .owners = on_owners,
    };
    return keystore_dispatch(&ops, rq);
}
