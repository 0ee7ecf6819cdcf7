/* keys.c - see keys.h. */
#include "keys.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const char prefix_of_all[] = "/keys/";

bool keys_name_is_good(const char *name, size_t len)
{
    size_t head = sizeof(prefix_of_all) - 1;
    if (len <= head || len > KEYS_NAME_MAX || memcmp(name, prefix_of_all, head) != 0) return false;
    for (size_t i = head; i < len; i++) {
        if (name[i] <= ' ' || name[i] > '~') return false;
        if (name[i] == '/' && (name[i - 1] == '/' || i + 1 == len)) return false;
    }
    return true;
}

static bool is_in(const struct key *key, const struct keys_space *space)
{
    return key->space.number == space->number &&
           memcmp(key->space.owner, space->owner, KEYS_OWNER_BYTES) == 0;
}

struct key *keys_find(struct keys *k, const struct keys_space *space, const char *name, size_t len)
{
    for (uint32_t i = 0; i < KEYS_MAX; i++) {
        struct key *key = &k->list[i];
        bool named = key->name_len == len && memcmp(key->name, name, len) == 0;
        if (named && is_in(key, space)) return key;
    }
    return NULL;
}

static int compare(struct keys_text a, struct keys_text b)
{
    int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);
    if (order != 0) return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

const struct key *keys_next(const struct keys *k, const struct keys_space *space,
                            struct keys_text prefix, struct keys_text after)
{
    const struct key *best = NULL;
    for (uint32_t i = 0; i < KEYS_MAX; i++) {
        const struct key *key = &k->list[i];
        struct keys_text name = {key->name, key->name_len};
        if (!is_in(key, space) || name.len < prefix.len) continue;
        if (memcmp(name.at, prefix.at, prefix.len) != 0 || compare(name, after) <= 0) continue;
        if (best == NULL || compare(name, (struct keys_text){best->name, best->name_len}) < 0)
            best = key;
    }
    return best;
}

bool keys_owner_next(const struct keys *k, uint32_t number, uint8_t after[KEYS_OWNER_BYTES])
{
    const struct key *best = NULL;
    for (uint32_t i = 0; i < KEYS_MAX; i++) {
        const struct key *key = &k->list[i];
        if (key->space.number != number) continue;
        if (memcmp(key->space.owner, after, KEYS_OWNER_BYTES) <= 0) continue;
        if (best == NULL || memcmp(key->space.owner, best->space.owner, KEYS_OWNER_BYTES) < 0)
            best = key;
    }
    if (best != NULL) memcpy(after, best->space.owner, KEYS_OWNER_BYTES);
    return best != NULL;
}

/* Whether an owner's space takes one key and so many bytes of data more: nobody fills it up for
 * others. */
static bool owner_has_room(const struct keys *k, const struct change *c, uint32_t more,
                           uint32_t bytes)
{
    uint32_t keys = more, all = bytes;
    if (sodium_is_zero(c->space.owner, KEYS_OWNER_BYTES)) return true;
    for (uint32_t i = 0; i < KEYS_MAX; i++) {
        if (!is_in(&k->list[i], &c->space)) continue;
        keys++;
        all += k->list[i].bytes;
    }
    return keys <= KEYS_OF_OWNER && all <= KEYS_DATA_OF_OWNER;
}

static enum keys_error check_data(const struct keys *k, const struct key *key,
                                  const struct change *c)
{
    bool append = c->type == CHANGE_APPEND;
    if (append && key == NULL) return KEYS_NOT_FOUND;
    if (key != NULL && key->kind != KEYS_DATA) return KEYS_WRONG_KIND;
    if (key == NULL && k->count == KEYS_MAX) return KEYS_FULL;
    uint32_t own = key != NULL ? key->bytes : 0, kept = append ? own : 0;
    if (kept + c->bytes > KEYS_DATA_MAX) return KEYS_TOO_LONG;
    if (k->pieces == KEYS_PIECES_MAX) return KEYS_FULL;
    if (!owner_has_room(k, c, key == NULL, kept + c->bytes - own)) return KEYS_FULL;
    return k->bytes - own + kept + c->bytes > KEYS_DATA_ALL_MAX ? KEYS_FULL : KEYS_OK;
}

enum keys_error keys_check(struct keys *k, const struct change *c)
{
    if (c->space.number == 0) return KEYS_BAD_NAME;
    if (c->type == CHANGE_CLEAR) {
        struct keys_text begin = {c->name, c->name_len}, none = {"", 0};
        return keys_next(k, &c->space, begin, none) != NULL ? KEYS_OK : KEYS_NOT_FOUND;
    }
    if (!keys_name_is_good(c->name, c->name_len)) return KEYS_BAD_NAME;
    const struct key *key = keys_find(k, &c->space, c->name, c->name_len);
    if (c->type == CHANGE_DELETE) return key != NULL ? KEYS_OK : KEYS_NOT_FOUND;
    if (c->type != CHANGE_CREATE) return check_data(k, key, c);
    if (c->kind < KEYS_SIGN || c->kind > KEYS_SEAL) return KEYS_WRONG_KIND;
    if (c->bytes != 2 * KEYS_HALF_BYTES) return KEYS_TOO_LONG;
    if (key != NULL) return KEYS_EXISTS;
    return k->count == KEYS_MAX || !owner_has_room(k, c, 1, 0) ? KEYS_FULL : KEYS_OK;
}

static void data_drop(struct keys *k, struct key *key)
{
    while (key->first != NULL) {
        struct piece *p = key->first;
        key->first = p->next;
        sodium_memzero(p, sizeof(*p) + p->bytes);
        free(p);
        k->pieces--;
    }
    k->bytes -= key->bytes;
    key->last = NULL;
    key->bytes = 0;
}

static void key_drop(struct keys *k, struct key *key)
{
    uint32_t version = key->version + 1;
    data_drop(k, key);
    sodium_memzero(key, sizeof(*key));
    key->version = version;
    k->count--;
}

static struct key *key_add(struct keys *k, const struct change *c)
{
    static const struct keys_space none;
    struct key *key = keys_find(k, &none, "", 0);
    key->space = c->space;
    key->kind = c->type == CHANGE_CREATE ? c->kind : KEYS_DATA;
    key->name_len = c->name_len;
    memcpy(key->name, c->name, c->name_len);
    k->count++;
    return key;
}

static bool data_apply(struct keys *k, struct key *key, const struct change *c)
{
    struct piece *p = malloc(sizeof(*p) + c->bytes);
    if (p == NULL) return false;
    if (key == NULL) key = key_add(k, c);
    if (c->type == CHANGE_WRITE) data_drop(k, key);
    *p = (struct piece){.bytes = c->bytes};
    memcpy(p->at, c->data, c->bytes);
    if (key->last != NULL) key->last->next = p;
    if (key->first == NULL) key->first = p;
    key->last = p;
    key->bytes += c->bytes;
    k->pieces++;
    k->bytes += c->bytes;
    return true;
}

static void clear_apply(struct keys *k, const struct change *c)
{
    for (uint32_t i = 0; i < KEYS_MAX; i++) {
        struct key *key = &k->list[i];
        if (!is_in(key, &c->space) || key->name_len < c->name_len) continue;
        if (memcmp(key->name, c->name, c->name_len) == 0) key_drop(k, key);
    }
}

bool keys_apply(struct keys *k, const struct change *c)
{
    struct key *key = keys_find(k, &c->space, c->name, c->name_len);
    if (c->type == CHANGE_CLEAR) {
        clear_apply(k, c);
        return true;
    }
    if (c->type == CHANGE_DELETE) {
        key_drop(k, key);
        return true;
    }
    if (c->type != CHANGE_CREATE) return data_apply(k, key, c);
    key = key_add(k, c);
    memcpy(key->secret, c->data, KEYS_HALF_BYTES);
    memcpy(key->half, c->data + KEYS_HALF_BYTES, KEYS_HALF_BYTES);
    return true;
}

uint32_t keys_read(const struct key *key, uint32_t offset, uint8_t *out, uint32_t most)
{
    uint32_t done = 0;
    for (const struct piece *p = key->first; p != NULL && done < most; p = p->next) {
        if (offset >= p->bytes) {
            offset -= p->bytes;
            continue;
        }
        uint32_t part = p->bytes - offset < most - done ? p->bytes - offset : most - done;
        memcpy(out + done, p->at + offset, part);
        done += part;
        offset = 0;
    }
    return done;
}

void keys_wipe(struct keys *k)
{
    for (uint32_t i = 0; i < KEYS_MAX; i++) {
        if (k->list[i].space.number != 0) key_drop(k, &k->list[i]);
    }
}
