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

/* All bits in which a slot differs from zeros, but for its type. */
static uint64_t bits_set(const struct slot *s)
{
    const uint64_t *w = (const uint64_t *)s;
    const uint64_t type = 0xff; /* the first byte of word 7 */
    _Static_assert(offsetof(struct slot, type) == 56, "the type is there");
    return w[0] | w[1] | w[2] | w[3] | w[4] | w[5] | w[6] | (w[7] & ~type);
}

static bool slot_is_right(const struct container *c, uint32_t i)
{
    const struct slot *s = container_slot(c, i);
    if (s->type <= CAP_REVOKED) return bits_set(s) == 0;
    return view_has_slot(s) && s->index == i && i <= c->top && s->type < CAP_TYPE_COUNT;
}

bool inv_container_holds(struct view *v)
{
    uint32_t held = 0, marks = 0;
    for (uint32_t n = 0; n < v->object_count; n++) {
        const struct seen_object *o = &v->objects[n];
        if (o->type != CAP_CNODE && o->type != CAP_THREAD) continue;
        const struct container *c = phys_to_ptr(o->obj);
        uint32_t count = o->type == CAP_THREAD ? TS_COUNT : 1u << (o->first->bits - SLOT_BITS);
        v->blame = c;
        if (c->type != o->type || c->count != count || c->frozen > 1 || c->top >= count)
            return false;
        for (uint32_t i = 1; i < count; i++) {
            const struct slot *s = container_slot(c, i);
            v->blame = s;
            if (!slot_is_right(c, i)) return false;
            held += s->type > CAP_REVOKED;
            marks += s->type == CAP_REVOKED;
        }
    }
    v->blame = NULL;
    v->marks = marks;
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

/* One bit for each page with an owner, one for each that has a single one, and, of the others, one
 * for each 64 bytes. `parts` of a page that nobody has touched is not read. */
enum { PAGES = FAKE_MEMORY / PAGE_BYTES };
static uint64_t touched[PAGES / 64], whole[PAGES / 64], parts[PAGES];

static bool own_pages(uint64_t first, uint64_t end)
{
    while (first < end) {
        uint64_t at = first % 64, n = end - first < 64 - at ? end - first : 64 - at;
        uint64_t bits = (n == 64 ? ~0ull : (1ull << n) - 1) << at;
        if (touched[first / 64] & bits) return false;
        touched[first / 64] |= bits;
        whole[first / 64] |= bits;
        first += n;
    }
    return true;
}

static bool own_part(uint64_t page, uint64_t offset, uint64_t bytes)
{
    uint64_t n = bytes / 64, bits = (n == 64 ? ~0ull : (1ull << n) - 1) << offset / 64;
    uint64_t bit = 1ull << page % 64;
    if (whole[page / 64] & bit) return false;
    if (!(touched[page / 64] & bit)) parts[page] = 0;
    touched[page / 64] |= bit;
    if (parts[page] & bits) return false;
    parts[page] |= bits;
    return true;
}

static bool own(uint64_t at, uint64_t bytes)
{
    uint64_t end = at + bytes < FAKE_MEMORY ? at + bytes : FAKE_MEMORY;
    while (at < end) {
        uint64_t offset = at % PAGE_BYTES, left = end - at, n = PAGE_BYTES - offset;
        if (offset == 0 && left >= PAGE_BYTES) {
            n = left & ~(PAGE_BYTES - 1);
            if (!own_pages(at / PAGE_BYTES, (at + n) / PAGE_BYTES)) return false;
        } else {
            if (n > left) n = left;
            if (!own_part(at / PAGE_BYTES, offset, n)) return false;
        }
        at += n;
    }
    return true;
}

bool inv_memory_disjoint(struct view *v)
{
    memset(touched, 0, sizeof(touched));
    memset(whole, 0, sizeof(whole));
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

static bool is_zero(uint64_t phys, uint64_t bytes)
{
    if (bytes == 0) return true;
    const uint64_t *w = phys_to_ptr(phys), *end = w + bytes / 8;
    (void)phys_to_ptr(phys + bytes - 1); /* all of it is memory */
    uint64_t bits = 0;
    while (w < end) {
        bits |= *w++;
    }
    return bits == 0;
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
        if (end > s->badge && !is_zero(s->obj + s->badge, end - s->badge)) return false;
    }
    return true;
}
