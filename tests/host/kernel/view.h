/*
 * view.h - all that lives in the kernel at one moment, found from the root of the derivation tree.
 *
 * The walk trusts no link: it stops at the first that is wrong. So a broken tree is reported, not
 * followed.
 */
#pragma once
#include "core.h"
#include "thread.h"

#ifndef VIEW_SCALE
#define VIEW_SCALE 1
#endif
enum { VIEW_SLOTS = 16384 * VIEW_SCALE, VIEW_OBJECTS = 8192 * VIEW_SCALE };
enum { VIEW_THREADS = 256 * VIEW_SCALE };

struct seen_slot {
    struct slot *slot;
    uint32_t parent; /* position in `slots`, VIEW_ROOT for genesis capabilities */
};
#define VIEW_ROOT UINT32_MAX
#define MARKS_UNKNOWN UINT32_MAX

struct seen_object {
    uint8_t type;
    uint64_t obj;
    struct slot *first; /* the first capability to it, in preorder */
    uint32_t refs;
};

struct view {
    const struct slot *wrong_link; /* where the walk stopped; NULL: it saw all */
    const struct slot *split;      /* a relative that stands apart, NULL none */
    struct seen_slot slots[VIEW_SLOTS];
    uint32_t slot_count;
    struct seen_object objects[VIEW_OBJECTS]; /* untyped, controls and ports are not objects */
    uint32_t object_count;
    struct thread *threads[VIEW_THREADS];
    uint32_t thread_count;
    uint32_t marks;    /* REVOKED slots, if INV-CAP-5 has counted them; else MARKS_UNKNOWN */
    const void *blame; /* what a predicate found wrong */
};

const struct view *view_take(void);
const struct view *view_last(void); /* the one taken last */
uint64_t view_epoch(void);          /* its number: what was looked up in it holds as long */
/* In the last view taken: is `s` a live slot; is there an object of this type at `p`? */
bool view_has_slot(const struct slot *s);
bool view_has_object(enum cap_type type, const void *p);
bool view_in_arena(const void *p);
uint64_t object_bytes(const struct slot *s); /* 0: not memory */
