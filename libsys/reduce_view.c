/* reduce_view.c - looking at the folded state: reduce.h. */
#include <stddef.h>

#include "reduce.h"

const char *reduce_text(enum reduce_result result)
{
    switch (result) {
    case REDUCE_OK:
        return "ok";
    case REDUCE_FULL:
        return "no room to fold";
    case REDUCE_SEQUENCE:
        return "sequence number";
    case REDUCE_UNKNOWN:
        return "unknown record";
    case REDUCE_NO_DST:
        return "slot is empty";
    case REDUCE_DST_USED:
        return "slot is in use";
    case REDUCE_NO_SRC:
        return "no source";
    case REDUCE_RIGHTS:
        return "exceeds its parent";
    case REDUCE_MEMORY:
        return "memory overlaps";
    case REDUCE_DIFFERS:
        return "record differs";
    case REDUCE_LEFT:
        return "container not empty";
    default:
        return "?";
    }
}

struct reduce_node *reduce_next(const struct reduce *r, const struct reduce_node *n)
{
    uint32_t i = n == NULL ? r->root : n->first;
    while (n != NULL && i == 0) {
        i = n->next;
        if (i != 0 || n->parent == 0) break;
        n = &r->nodes[n->parent];
    }
    return i != 0 ? &r->nodes[i] : NULL;
}

static const struct reduce_object *object_of(const struct reduce *r, const struct reduce_node *n)
{
    uint64_t key = n->obj * 32 + n->type;
    uint32_t i =
        r->object_buckets[(uint32_t)(key * 0x9e3779b97f4a7c15ull >> 40) & (r->object_max - 1)];
    while (i != 0 && (r->objects[i].type != n->type || r->objects[i].obj != n->obj)) {
        i = r->objects[i].chain;
    }
    return i != 0 ? &r->objects[i] : NULL;
}

struct walk_item reduce_item(const struct reduce *r, const struct reduce_node *n)
{
    struct walk_item item = {
        .slot = n->slot,
        .type = n->type,
        .rights = n->rights,
        .flags = n->flags,
        .bits = n->bits,
        .depth = n->depth,
        .obj = n->obj,
        .badge = n->badge,
        .extra = n->extra,
        .child = n->first != 0 ? r->nodes[n->first].slot : 0,
    };
    if (n->next != 0) {
        item.next = r->nodes[n->next].slot;
    } else {
        item.next = (n->parent != 0 ? r->nodes[n->parent].slot : 0) | 1;
    }
    bool configured =
        n->type == CAP_THREAD || n->type == CAP_SCHED || n->type == CAP_IRQ || n->type == CAP_LOG;
    const struct reduce_object *o = configured ? object_of(r, n) : NULL;
    if (configured) item.badge = item.extra = 0;
    if (o != NULL) {
        item.badge = o->a;
        item.extra = o->b;
    }
    return item;
}

bool reduce_differs(const struct walk_item *expected, const struct walk_item *found,
                    struct reduce_difference *out)
{
    const struct reduce_difference fields[] = {
        {"slot", expected->slot, found->slot},       {"type", expected->type, found->type},
        {"rights", expected->rights, found->rights}, {"flags", expected->flags, found->flags},
        {"bits", expected->bits, found->bits},       {"depth", expected->depth, found->depth},
        {"obj", expected->obj, found->obj},          {"badge", expected->badge, found->badge},
        {"extra", expected->extra, found->extra},    {"child", expected->child, found->child},
        {"next", expected->next, found->next},
    };
    for (uint32_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (fields[i].expected == fields[i].found) continue;
        *out = fields[i];
        return true;
    }
    return false;
}
