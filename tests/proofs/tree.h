/* tree.h - what contracts say of slots and their links. */
#pragma once
#include "cap.h"

/*@ predicate same_cap{L}(struct slot *s, struct slot c) =
        s->obj == c.obj && s->badge == c.badge && s->extra == c.extra && s->type == c.type &&
        s->rights == c.rights && s->flags == c.flags && s->bits == c.bits;

    predicate same_links{L}(struct slot *s, struct slot c) =
        s->prev == c.prev && s->next == c.next && s->child == c.child && s->last == c.last &&
        s->depth == c.depth;

    // It fits the bit field.
    predicate index_ok(integer index) = 0 < index <= 0xffffff && (index & 0xffffff) == index;

    // `top` of the container in which `s` has this index.
    logic uint32_t *top_of(struct slot *s, integer index) = &((struct container *)(s - index))->top;

    predicate ends_agree{L}(struct slot *s) = s->child == \null <==> s->last == \null;
*/

/*@ axiomatic climbing { predicate listed(struct slot *s); } */

/*@ predicate one_object{L}(struct slot *a, struct slot *b) =
        a->type == b->type && a->obj == b->obj;

    predicate apart(struct slot *a, struct slot *b) = a == b || \separated(a, b);

    // Both neighbours name `s`, and so do its ends; no two of these overlap.
    predicate linked{L}(struct slot *s) = \valid(s) && \valid(s->prev) && \valid(s->next) &&
        \separated(s, s->prev) && \separated(s, s->next) && apart(s->prev, s->next) &&
        (s->prev->child == s || s->prev->next == s) &&
        (s->next->last == s || s->next->prev == s) &&
        (s->child != \null ==> \valid(s->child) && \valid(s->last) && apart(s->child, s->last) &&
            \separated(s, s->child) && \separated(s, s->last) &&
            \separated(s->child, s->prev) && \separated(s->child, s->next) &&
            \separated(s->last, s->prev) && \separated(s->last, s->next));

    // The link of `prev` towards the back that named a slot: to its first child, or its next.
    predicate front_names{L}(struct slot *prev, boolean is_parent, struct slot *s) =
        is_parent ? prev->child == s : prev->next == s;
    predicate back_names{L}(struct slot *next, boolean is_parent, struct slot *s) =
        is_parent ? next->last == s : next->prev == s;

    // `listed` is any set of slots that is closed under climbing, with depth falling on the way up.
    predicate climbs{L} = \forall struct slot *s; listed(s) ==> \valid_read(s) &&
        \valid_read(s->next) && (s->next->last == s ==> s->next == &cap_root ||
            (listed(s->next) && s->next->depth < s->depth));
*/
