/* cap.c - slots and the derivation tree. */
#include "cap.h"

struct slot cap_root, *cap_cursor;

/*@ requires cspace != \null ==> container_ok(cspace);
    requires \valid(out) && (cspace != \null ==> \separated(out, cspace));
    assigns *out;
    ensures \result == OK <==> cspace != \null && 0 < index < cspace->count &&
        slot_at(cspace, index)->type > CAP_REVOKED;
    ensures \result == OK ==> *out == slot_at(cspace, index);
    ensures \result != OK ==> *out == \old(*out); */
MUST_USE enum err slot_lookup(const struct container *cspace, uint64_t index, struct slot **out)
{
    if (cspace == NULL || index == 0 || index >= cspace->count) return ERR_CAP_EMPTY;
    struct slot *s = container_slot(cspace, (uint32_t)index);
    if (s->type == CAP_EMPTY) return ERR_CAP_EMPTY;
    if (s->type == CAP_REVOKED) return ERR_REVOKED;
    *out = s;
    return OK;
}

/*@ requires c != \null ==> container_ok(c);
    requires \valid(out) && (c != \null ==> \separated(out, c));
    assigns *out;
    ensures \result == OK <==> c != \null && is_free(c, index);
    ensures \result == OK ==> *out == slot_at(c, index);
    ensures \result != OK ==> *out == \old(*out); */
MUST_USE enum err slot_lookup_empty(const struct container *c, uint64_t index, struct slot **out)
{
    if (c == NULL || index == 0 || index >= c->count) return ERR_RANGE;
    struct slot *s = container_slot(c, (uint32_t)index);
    if (s->type == CAP_REVOKED) return ERR_REVOKED;
    if (s->type != CAP_EMPTY) return ERR_SLOT_USED;
    if (c->frozen) return ERR_BUSY;
    *out = s;
    return OK;
}

static bool same_object(const struct slot *a, const struct slot *b)
{
    return a->type == b->type && a->obj == b->obj;
}

/* The neighbours of a slot are siblings or its parent; relatives of one object stand together. */
bool slot_is_last(const struct slot *s)
{
    return (s->child == NULL || !same_object(s, s->child)) && !same_object(s, s->prev) &&
           !same_object(s, s->next);
}

/* Climbs at most 255 times: derivation is no deeper (INV-CAP-3). */
struct slot *slot_after(const struct slot *s)
{
    if (s->child != NULL) return s->child;
    while (s != &cap_root && s->next->last == s) {
        s = s->next;
    }
    return s == &cap_root ? NULL : s->next;
}

/* What stood at `from` towards the front (or the back) of the sibling list now is `to`. */
static void link_front(struct slot *prev, const struct slot *from, struct slot *to)
{
    *(prev->child == from ? &prev->child : &prev->next) = to;
}

static void link_back(struct slot *next, const struct slot *from, struct slot *to)
{
    *(next->last == from ? &next->last : &next->prev) = to;
}

static void slot_fill(struct slot *dst, uint32_t index, const struct slot *cap)
{
    *dst = *cap;
    dst->index = index & 0xffffff;
    struct container *c = slot_container(dst);
    if (c->top < index) c->top = index;
}

void slot_insert(struct slot *dst, uint32_t index, const struct slot *cap, struct slot *parent)
{
    struct slot *first = parent->child;
    slot_fill(dst, index, cap);
    dst->depth = (uint8_t)(parent->depth + 1);
    dst->child = dst->last = NULL;
    dst->prev = parent;
    dst->next = first != NULL ? first : parent;
    *(first != NULL ? &first->prev : &parent->last) = dst;
    parent->child = dst;
}

void slot_remove(struct slot *s, bool marks)
{
    if (cap_cursor == s) cap_cursor = slot_after(s);
    struct slot *prev = s->prev, *next = s->next, *first = s->child, *last = s->last;
    if (first != NULL) {
        link_front(prev, s, first);
        link_back(next, s, last);
        first->prev = prev;
        last->next = next;
    } else if (prev == next && prev->child == s) { /* an only child */
        prev->child = prev->last = NULL;
        if (prev->type == CAP_UNTYPED) prev->badge = prev->extra = 0;
    } else {
        link_front(prev, s, next);
        link_back(next, s, prev);
    }
    *s = (struct slot){.type = marks ? CAP_REVOKED : CAP_EMPTY};
}

void slot_replace(struct slot *dst, uint32_t index, struct slot *src)
{
    if (cap_cursor == src) cap_cursor = dst;
    slot_fill(dst, index, src);
    link_front(src->prev, src, dst);
    link_back(src->next, src, dst);
    if (src->child != NULL) src->child->prev = src->last->next = dst;
    *src = (struct slot){.type = CAP_EMPTY};
}

void container_init(struct container *c, uint8_t type, uint32_t count)
{
    *c = (struct container){.credits = ~0ull, .count = count, .type = type};
}
