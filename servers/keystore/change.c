/* change.c - changes as bytes, and the state as changes. See keys.h. */
#include <string.h>

#include "keys.h"

uint32_t change_pack(const struct change *c, uint8_t out[CHANGE_BYTES_MAX])
{
    const uint8_t head[4] = {c->type, c->kind, c->name_len, 0};
    memcpy(out, head, sizeof(head));
    memcpy(out + 4, &c->space.number, sizeof(c->space.number));
    memcpy(out + 8, &c->bytes, sizeof(c->bytes));
    memcpy(out + 12, c->space.owner, KEYS_OWNER_BYTES);
    memcpy(out + CHANGE_HEAD_BYTES, c->name, c->name_len);
    memcpy(out + CHANGE_HEAD_BYTES + c->name_len, c->data, c->bytes);
    return CHANGE_HEAD_BYTES + c->name_len + c->bytes;
}

bool change_unpack(const uint8_t *bytes, size_t len, struct change *out)
{
    if (len < CHANGE_HEAD_BYTES) return false;
    *out = (struct change){.type = bytes[0], .kind = bytes[1], .name_len = bytes[2]};
    memcpy(&out->space.number, bytes + 4, sizeof(out->space.number));
    memcpy(&out->bytes, bytes + 8, sizeof(out->bytes));
    memcpy(out->space.owner, bytes + 12, KEYS_OWNER_BYTES);
    bool known = out->type >= CHANGE_CREATE && out->type <= CHANGE_CLEAR && bytes[3] == 0;
    if (!known || out->name_len > KEYS_NAME_MAX || out->bytes > KEYS_PIECE_MAX) return false;
    if (len != CHANGE_HEAD_BYTES + (size_t)out->name_len + out->bytes) return false;
    memcpy(out->name, bytes + CHANGE_HEAD_BYTES, out->name_len);
    memcpy(out->data, bytes + CHANGE_HEAD_BYTES + out->name_len, out->bytes);
    return true;
}

static void name_of(const struct key *key, struct change *out)
{
    out->kind = key->kind;
    out->name_len = key->name_len;
    out->space = key->space;
    memcpy(out->name, key->name, key->name_len);
}

bool keys_snapshot(const struct keys *k, struct keys_walk *at, struct change *out)
{
    *out = (struct change){0};
    for (; at->entry < KEYS_MAX; at->entry++, at->begun = false) {
        const struct key *key = &k->list[at->entry];
        if (key->space.number == 0) continue;
        name_of(key, out);
        if (key->kind != KEYS_DATA && !at->begun) {
            at->begun = true;
            out->type = CHANGE_CREATE;
            out->bytes = 2 * KEYS_HALF_BYTES;
            memcpy(out->data, key->secret, KEYS_HALF_BYTES);
            memcpy(out->data + KEYS_HALF_BYTES, key->half, KEYS_HALF_BYTES);
            return true;
        }
        const struct piece *p = at->begun ? at->piece : key->first;
        if (p == NULL) continue;
        out->type = at->begun ? CHANGE_APPEND : CHANGE_WRITE;
        out->bytes = p->bytes;
        memcpy(out->data, p->at, p->bytes);
        at->begun = true;
        at->piece = p->next;
        return true;
    }
    return false;
}
