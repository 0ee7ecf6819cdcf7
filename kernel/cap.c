/* cap.c - slots and the derivation tree. */
#include "cap.h"

struct slot cap_root, *cap_cursor;

/*@ requires container_ok(cspace) && \valid(out) && \separated(out, cspace);
    assigns *out;
    ensures \result == OK <==> 0 < index < cspace->count &&
        slot_at(cspace, index)->type > CAP_REVOKED;
    ensures \result == OK ==> *out == slot_at(cspace, index);
    ensures \result != OK ==> *out == \old(*out); */
MUST_USE enum err slot_lookup(const struct container *cspace, uint64_t index, struct slot **out)
{
    if (index == 0 || index >= cspace->count) return ERR_CAP_EMPTY;
    struct slot *s = container_slot(cspace, (uint32_t)index);
    if (s->type == CAP_EMPTY) return ERR_CAP_EMPTY;
    if (s->type == CAP_REVOKED) return ERR_REVOKED;
    *out = s;
    return OK;
}

/*@ requires container_ok(c) && \valid(out) && \separated(out, c);
    assigns *out;
    ensures \result == OK <==> is_free(c, index);
    ensures \result == OK ==> *out == slot_at(c, index);
    ensures \result != OK ==> *out == \old(*out); */
MUST_USE enum err slot_lookup_empty(const struct container *c, uint64_t index, struct slot **out)
{
    if (index == 0 || index >= c->count) return ERR_RANGE;
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
/*@ requires \valid_read(s) && \valid_read(s->prev) && \valid_read(s->next);
    requires s->child != \null ==> \valid_read(s->child);
    assigns \nothing;
    ensures \result <==> !one_object(s, s->prev) && !one_object(s, s->next) &&
        (s->child == \null || !one_object(s, s->child)); */
bool slot_is_last(const struct slot *s)
{
    return (s->child == NULL || !same_object(s, s->child)) && !same_object(s, s->prev) &&
           !same_object(s, s->next);
}

/* Climbs at most 255 times: derivation is no deeper (INV-CAP-3). */
/*@ requires climbs && (listed(s) || s == &cap_root);
    assigns \nothing; */
struct slot *slot_after(const struct slot *s)
{
    if (s->child != NULL) return s->child;
    /*@ loop invariant listed(s) || s == &cap_root;
        loop assigns s;
        loop variant s == &cap_root ? 0 : s->depth + 1; */
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

/*@ requires \valid(dst) && \valid_read(cap) && index_ok(index) && \valid(top_of(dst, index));
    requires \separated(dst, top_of(dst, index));
    assigns *dst, *top_of(dst, index);
    ensures same_cap(dst, \old(*cap)) && same_links(dst, \old(*cap)) && dst->index == index;
    ensures *top_of(dst, index) >= index; */
static void slot_fill(struct slot *dst, uint32_t index, const struct slot *cap)
{
    *dst = *cap;
    dst->index = index & 0xffffff;
    struct container *c = slot_container(dst);
    if (c->top < index) c->top = index;
}

/*@ requires \valid(dst) && \valid(parent) && \valid_read(cap) && parent->depth < 255;
    requires index_ok(index) && \valid(top_of(dst, index)) && ends_agree(parent);
    requires parent->child != \null ==> \valid(parent->child);
    requires \separated(dst, parent, parent->child, top_of(dst, index));
    assigns *dst, *top_of(dst, index), parent->child, parent->last, parent->child->prev;
    ensures parent->child == dst && dst->prev == parent && dst->child == \null;
    ensures \old(parent->child) != \null ==> dst->next == \old(parent->child) &&
        \old(parent->child)->prev == dst && parent->last == \old(parent->last);
    ensures \old(parent->child) == \null ==> dst->next == parent && parent->last == dst;
    ensures dst->depth == parent->depth + 1 && same_cap(dst, \old(*cap)); */
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

/* Whoever of the neighbours named `s` now names its first or last child, or its neighbour. */
/*@ requires linked(s) && ends_agree(s) && (cap_cursor == s ==> climbs && listed(s));
    assigns *s, cap_cursor, s->prev->child, s->prev->next, s->prev->last, s->prev->badge,
        s->prev->extra, s->next->last, s->next->prev, s->child->prev, s->last->next;
    ensures s->type == (marks ? CAP_REVOKED : CAP_EMPTY) && s->child == \null;
    behavior children:
      assumes s->child != \null;
      ensures front_names(\old(s->prev), \old(s->prev->child == s), \old(s->child));
      ensures back_names(\old(s->next), \old(s->next->last == s), \old(s->last));
      ensures \old(s->child)->prev == \old(s->prev) && \old(s->last)->next == \old(s->next);
    behavior only_child:
      assumes s->child == \null && s->prev == s->next && s->prev->child == s;
      ensures \old(s->prev)->child == \null && \old(s->prev)->last == \null;
    behavior leaf:
      assumes s->child == \null && !(s->prev == s->next && s->prev->child == s);
      ensures front_names(\old(s->prev), \old(s->prev->child == s), \old(s->next));
      ensures back_names(\old(s->next), \old(s->next->last == s), \old(s->prev));
    complete behaviors; disjoint behaviors; */
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
