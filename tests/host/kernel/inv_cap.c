/* inv_cap.c - slots, the derivation tree, and who owns which memory. */
#include <string.h>

#include "harness.h"
#include "invariants.h"

static const struct slot *parent_of(const struct view *v, uint32_t i)
{
    return v->slots[i].parent == VIEW_ROOT ? NULL : v->slots[v->slots[i].parent].slot;
}

static bool same_object(const struct slot *a, const struct slot *b)
{
    return a->type == b->type && a->obj == b->obj;
}

bool inv_tree_linked(struct view *v)
{
    v->blame = v->wrong_link;
    return v->wrong_link == NULL;
}

static bool is_within(const struct slot *s, const struct slot *p)
{
    bool badged = s->type == CAP_ENDPOINT || s->type == CAP_NOTIFICATION;
    if (s->rights & ~p->rights) return false;
    if (badged && p->badge != 0 && s->badge != p->badge) return false;
    if ((s->flags ^ p->flags) & CAP_FLAG_DEVICE) return false;
    return !(p->flags & CAP_FLAG_BOUND) || s->flags & CAP_FLAG_BOUND;
}

bool inv_rights_narrow(struct view *v)
{
    for (uint32_t i = 0; i < v->slot_count; i++) {
        const struct slot *s = v->slots[i].slot, *p = parent_of(v, i);
        v->blame = s;
        if (s->rights > RIGHTS_ALL) return false;
        if (p == NULL || s->type == CAP_UNTYPED || !same_object(s, p)) continue;
        if (!is_within(s, p)) return false;
    }
    return true;
}

bool inv_depth_grows(struct view *v)
{
    for (uint32_t i = 0; i < v->slot_count; i++) {
        const struct slot *s = v->slots[i].slot, *p = parent_of(v, i);
        v->blame = s;
        if (s->depth <= (p == NULL ? 0 : p->depth)) return false;
    }
    return true;
}

bool inv_flags_known(struct view *v)
{
    for (uint32_t i = 0; i < v->slot_count; i++) {
        const struct slot *s = v->slots[i].slot;
        uint32_t device = s->type == CAP_UNTYPED || s->type == CAP_FRAME ? CAP_FLAG_DEVICE : 0;
        bool waited = s->type == CAP_ENDPOINT || s->type == CAP_NOTIFICATION;
        uint32_t senders = waited ? SLOT_WAITED : 0;
        v->blame = s;
        if (s->flags & ~(CAP_FLAG_BOUND | SLOT_FROZEN | device | senders)) return false;
    }
    return true;
}

static bool is_clear(const struct slot *s)
{
    struct slot clear;
    memset(&clear, 0, sizeof(clear));
    clear.type = s->type;
    return memcmp(s, &clear, sizeof(clear)) == 0;
}

static bool slot_is_right(const struct container *c, uint32_t i)
{
    const struct slot *s = container_slot(c, i);
    if (s->type == CAP_EMPTY || s->type == CAP_REVOKED) return is_clear(s);
    return view_has_slot(s) && s->index == i && i <= c->top && s->type < CAP_TYPE_COUNT;
}

bool inv_container_holds(struct view *v)
{
    uint32_t held = 0;
    for (uint32_t n = 0; n < v->object_count; n++) {
        const struct seen_object *o = &v->objects[n];
        if (o->type != CAP_CNODE && o->type != CAP_THREAD) continue;
        const struct container *c = phys_to_ptr(o->obj);
        uint32_t count = o->type == CAP_THREAD ? TS_COUNT : 1u << (o->first->bits - SLOT_BITS);
        v->blame = c;
        if (c->type != o->type || c->count != count || c->frozen > 1 || c->top >= count)
            return false;
        for (uint32_t i = 1; i < count; i++) {
            v->blame = container_slot(c, i);
            if (!slot_is_right(c, i)) return false;
            held += container_slot(c, i)->type > CAP_REVOKED;
        }
    }
    v->blame = NULL;
    return held == v->slot_count;
}

bool inv_relatives_together(struct view *v)
{
    v->blame = v->split;
    return v->split == NULL;
}

static bool child_fits(const struct slot *s, const struct slot *p)
{
    switch (p->type) {
    case CAP_UNTYPED:
        return object_bytes(s) != 0 && s->obj >= p->obj &&
               s->obj + object_bytes(s) <= p->obj + object_bytes(p);
    case CAP_IRQ_CONTROL:
        return s->type == CAP_IRQ || same_object(s, p);
    case CAP_PORT_CONTROL:
        return s->type == CAP_PORTS || same_object(s, p);
    default:
        return same_object(s, p);
    }
}

bool inv_parent_fits(struct view *v)
{
    for (uint32_t i = 0; i < v->slot_count; i++) {
        const struct slot *p = parent_of(v, i);
        v->blame = v->slots[i].slot;
        if (p != NULL && !child_fits(v->slots[i].slot, p)) return false;
    }
    return true;
}

/* New children come first and lie above older ones; what moves up keeps its place. */
static bool children_apart(const struct slot *ut)
{
    uint64_t limit = ut->obj + ut->badge;
    const struct slot *last = NULL;
    if (ut->badge > object_bytes(ut)) return false;
    for (const struct slot *s = ut->child; s != NULL && s != ut; s = s->next) {
        if (last != NULL && same_object(s, last)) continue;
        if (s->obj + object_bytes(s) > limit || s->obj % object_bytes(s) != 0) return false;
        limit = s->obj;
        last = s;
    }
    return true;
}

bool inv_untyped_children(struct view *v)
{
    for (uint32_t i = 0; i < v->slot_count; i++) {
        const struct slot *s = v->slots[i].slot;
        v->blame = s;
        if (s->type == CAP_UNTYPED && !children_apart(s)) return false;
        if (s->type == CAP_UNTYPED && s->child == NULL && s->badge != 0) return false;
    }
    return true;
}

/* One bit for each 64 bytes: a page is a word. */
static uint64_t owned[FAKE_MEMORY / PAGE_BYTES];

static bool own(uint64_t at, uint64_t bytes)
{
    for (uint64_t end = at + bytes; at < end && at < FAKE_MEMORY;) {
        uint64_t *word = &owned[at / PAGE_BYTES];
        uint64_t first = at % PAGE_BYTES / 64, left = (end - at) / 64;
        uint64_t n = left < 64 - first ? left : 64 - first;
        uint64_t bits = n == 64 ? ~0ull : ((1ull << n) - 1) << first;
        if (*word & bits) return false;
        *word |= bits;
        at += n * 64;
    }
    return true;
}

bool inv_memory_disjoint(struct view *v)
{
    memset(owned, 0, sizeof(owned));
    for (uint32_t i = 0; i < v->object_count; i++) {
        const struct seen_object *o = &v->objects[i];
        v->blame = o->first;
        if (o->type != CAP_IRQ && !own(o->obj, object_bytes(o->first))) return false;
    }
    for (uint32_t i = 0; i < v->slot_count; i++) {
        const struct slot *s = v->slots[i].slot;
        if (s->type != CAP_UNTYPED) continue;
        uint64_t free = (s->badge + 63) & ~63ull;
        v->blame = s;
        if (!own(s->obj + free, object_bytes(s) - free)) return false;
    }
    return true;
}

/* Looks at the first pages only: the rest of what a large retype has cleared comes later. */
bool inv_untyped_clean(struct view *v)
{
    enum { LOOK_BYTES = 2 * PAGE_BYTES };
    for (uint32_t i = 0; i < v->slot_count; i++) {
        const struct slot *s = v->slots[i].slot;
        if (s->type != CAP_UNTYPED || s->flags & CAP_FLAG_DEVICE) continue;
        v->blame = s;
        if (s->extra > object_bytes(s) || s->extra < s->badge) return false;
        uint64_t end = s->extra < s->badge + LOOK_BYTES ? s->extra : s->badge + LOOK_BYTES;
        for (uint64_t at = s->badge; at < end; at += 8) {
            if (*(const uint64_t *)phys_to_ptr(s->obj + at) != 0) return false;
        }
    }
    return true;
}
