/* space.c - Keystore: the keys of the asker's space, by name. Whose space it is says the badge. */
#include <sodium.h>
#include <string.h>

#include "badge.h"
#include "idl/axiom.h"
#include "server.h"
#include "startup.h"

enum { LIST_MAX = 8 };

static struct server *server_of(const struct request *rq)
{
    return request_service(rq)->state;
}

static uint32_t space_of(const struct request *rq)
{
    return badge_space_number(rq->badge);
}

/* Before all else: the space, and whether there are keys at all. */
static int may_ask(const struct request *rq)
{
    if (space_of(rq) == 0) return KEYSTORE_NO_SPACE;
    return server_of(rq)->state == KEYSTORE_STATE_OPEN ? OK : KEYSTORE_LOCKED;
}

static struct change *change_begin(const struct request *rq, enum change_type type,
                                   struct text name)
{
    struct change *c = &server_of(rq)->change;
    *c = (struct change){.type = (uint8_t)type, .space = space_of(rq)};
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
    int err = may_ask(rq);
    if (err != OK) return err;
    struct server *s = server_of(rq);
    struct change *c = change_begin(rq, CHANGE_CREATE, name);
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
    int err = may_ask(rq);
    if (err != OK) return err;
    (void)change_begin(rq, CHANGE_DELETE, in->name);
    return server_commit(server_of(rq));
}

/* The key, or why there is none. */
static int find(const struct request *rq, struct text name, const struct key **out)
{
    int err = may_ask(rq);
    if (err != OK) return err;
    if (!keys_name_is_good(name.at, name.len)) return KEYSTORE_BAD_NAME;
    *out = keys_find(&server_of(rq)->keys, space_of(rq), name.at, name.len);
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
    int err = may_ask(rq);
    if (err != OK) return err;
    const struct keys *k = &server_of(rq)->keys;
    struct keys_text prefix = {in->prefix.at, in->prefix.len}, at = {in->after.at, in->after.len};
    const struct key *key = keys_next(k, space_of(rq), prefix, at);
    while (key != NULL && out->keys.count < LIST_MAX) {
        out->keys.at[out->keys.count++] = (struct keystore_key_entry){
            .name = text_from(key->name, key->name_len),
            .kind = kind_shown(key),
            .bytes = key->bytes,
        };
        at = (struct keys_text){key->name, key->name_len};
        key = keys_next(k, space_of(rq), prefix, at);
    }
    out->more = key != NULL;
    return OK;
}

static int on_write(struct request *rq, const struct keystore_write_in *in)
{
    int err = may_ask(rq);
    if (err != OK) return err;
    struct change *c = change_begin(rq, in->append ? CHANGE_APPEND : CHANGE_WRITE, in->name);
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

/* Handles. */

static struct handle *handle_free(struct server *s)
{
    struct self_sync_out out;
    /* Axiom learns of deaths when it empties the kernel's rings: before they run out, at once. */
    if (s->handles_used + HANDLES_SPARE >= HANDLES_MAX && self_sync(CAP_SLOT_SELF, &out) == OK)
        service_drain_deaths(&s->service);
    for (uint32_t i = 0; i < HANDLES_MAX; i++) {
        if (s->handles[i].badge == 0) return &s->handles[i];
    }
    return NULL;
}

static int on_open(struct request *rq, const struct keystore_open_in *in,
                   struct keystore_open_out *out)
{
    struct server *s = server_of(rq);
    const struct key *key;
    int err = find(rq, in->name, &key);
    if (err != OK) return err;
    if (key->kind == KEYS_DATA) return KEYSTORE_WRONG_KIND;
    struct handle *h = handle_free(s);
    if (h == NULL) return KEYSTORE_NO_ROOM;
    h->generation++;
    h->entry = (uint32_t)(key - s->keys.list);
    h->version = key->version;
    h->badge = badge_make(KIND_KEY, startup_page()->pid, h->generation, (uint32_t)(h - s->handles));
    s->handles_used++;
    out->key = (struct cap_arg){
        .slot = s->service.endpoint, .rights = RIGHT_WRITE | RIGHT_GRANT, .badge = h->badge};
    return OK;
}

bool handle_is_ours(const struct server *s, uint64_t badge)
{
    return badge_kind(badge) == KIND_KEY && s->handles[badge_index(badge)].badge == badge;
}

const struct key *handle_key(const struct server *s, uint64_t badge)
{
    const struct handle *h = &s->handles[badge_index(badge)];
    const struct key *key = &s->keys.list[h->entry];
    return key->space != 0 && key->version == h->version ? key : NULL;
}

void handle_close(struct server *s, uint64_t badge)
{
    if (!handle_is_ours(s, badge)) return;
    s->handles[badge_index(badge)].badge = 0;
    s->handles_used--;
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
    };
    return keystore_dispatch(&ops, rq);
}
