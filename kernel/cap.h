/*
 * cap.h - capabilities, the slots that hold them, and the tree of who derived from whom.
 *
 * Every live slot is a node of one forest under `cap_root`. A node knows its first and last child;
 * the first child's `prev` and the last child's `next` are the parent. So every operation is O(1),
 * whatever the number of children: also removing a node whose children become its parent's.
 *
 *       parent          child = A, last = C
 *     /    |    \       A.prev = parent, A.next = B, B.next = C, C.next = parent
 *    A     B     C
 *
 * Capabilities to one object stand together: a copy is a child of its original, and children that
 * move up take their parent's place. So `slot_is_last` looks at neighbours only.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/error.h"
#include "abi/object.h"
#include "arch_window.h"

#define PAGE_BYTES 4096ull

enum { SLOT_FROZEN = 4, SLOT_WAITED = 8 }; /* flags of a slot beside CAP_FLAG_*: INV-CAP-4 */

/*
 *         obj                     badge                    extra
 * most    physical address        Endpoint, Notification
 * Untyped                         watermark                zero from the watermark to here
 * Frame, PageTable                address | rights         address space mapped in | level
 * IrqHandler line, IoPorts first | last << 16
 *
 * `depth` of derivation when it was made: an upper bound. `index` in its container.
 */
struct slot {
    uint64_t obj, badge, extra;
    struct slot *prev, *next, *child, *last;
    uint8_t type, rights, flags, depth;
    uint32_t index : 24, bits : 8;
};
_Static_assert(sizeof(struct slot) == 1 << SLOT_BITS, "a CNode of 2^n bytes has 2^(n-6) slots");

/* What holds slots: a CNode or a Thread. It stands where slot 0 would be. */
struct container {
    uint64_t credits; /* commit records that its threads' actions may still cause; ~0 unlimited */
    uint32_t count, top;            /* slots, this header included; no slot above `top` is in use */
    uint8_t type, frozen, zero[46]; /* a CNode or Thread; being destroyed: nothing is put in */
};
_Static_assert(sizeof(struct container) == sizeof(struct slot), "it takes the place of slot 0");

extern struct slot cap_root;    /* parent of all genesis capabilities; not one itself */
extern struct slot *cap_cursor; /* what OP_LOG_WALK reports next: it moves on when its slot goes */

static inline struct container *slot_container(const struct slot *s)
{
    return (struct container *)(s - s->index);
}
static inline struct slot *container_slot(const struct container *c, uint32_t index)
{
    return (struct slot *)c + index;
}
static inline void *cap_object(const struct slot *s)
{
    return phys_to_ptr(s->obj);
}

/* What anybody may hold, and drop; the rest is authority. */
static inline bool cap_is_use(const struct slot *s)
{
    return (s->type >= CAP_ENDPOINT && s->type <= CAP_REPLY) || s->type == CAP_FRAME ||
           s->type == CAP_IRQ || s->type == CAP_PORTS || s->type == CAP_LOG;
}

/* The slot of a short name in `cspace`: ERR_CAP_EMPTY, ERR_REVOKED. */
MUST_USE enum err slot_lookup(const struct container *cspace, uint64_t index, struct slot **out);
/* A destination: ERR_RANGE outside, ERR_SLOT_USED, ERR_REVOKED, ERR_BUSY while it is destroyed. */
MUST_USE enum err slot_lookup_empty(const struct container *c, uint64_t index, struct slot **out);

bool slot_is_last(const struct slot *s);       /* no other capability names its object */
struct slot *slot_after(const struct slot *s); /* next in preorder; NULL at the end */
/* `parent` gets a first child at index `index` of container `c`; the contents are `cap`'s. */
void slot_insert(struct slot *dst, uint32_t index, const struct slot *cap, struct slot *parent);
/* Takes a slot out of the tree: its children take its place. An untyped left childless is whole
 * again. `marks`: the slot becomes REVOKED, else empty. */
void slot_remove(struct slot *s, bool marks);
/* `dst` (empty) takes the place of `src`, which becomes empty. */
void slot_replace(struct slot *dst, uint32_t index, struct slot *src);
void container_init(struct container *c, uint8_t type, uint32_t count);
