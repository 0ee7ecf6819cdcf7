/*
 * reduce.h - the fold: what each commit means for the authority state. Pure; no kernel code.
 *
 * The state is a forest of capabilities, each in the slot that names it, and the configuration of
 * the objects that have one. A record that cannot follow from the state is refused and changes
 * nothing: then log or kernel are wrong. Rules that the records alone do not say:
 *
 *   order      A new child becomes the first child of its parent; a new root the first root.
 *   removal    The children of a removed capability take its place among its siblings, in order.
 *   move       The capability keeps its place, children and depth; only its slot is another.
 *   untyped    Its badge is its watermark: set by RETYPE, 0 again when its last child is removed.
 *   mapping    A Frame or PageTable has badge = address | rights and extra = address space;
 *              removal ends the mapping without a record of its own.
 *   objects    CONFIGURE and BIND belong to the object: every capability to it shows the same. A
 *              new object has zeros. With a notification the bindings that name it end.
 *   marks      A slot that a revoke emptied is no part of the forest, and nothing is put there
 *              until a DROP clears it. With DESTROY of its container the marks in it go as well.
 *   containers At DESTROY of a CNode or Thread no capability is left in its slots.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "abi/log.h"
#include "abi/object.h"

enum reduce_result {
    REDUCE_OK,
    REDUCE_FULL,     /* more capabilities than the memory given has room for */
    REDUCE_SEQUENCE, /* not the number that comes next */
    REDUCE_UNKNOWN,  /* no such operation, or a type that it does not apply to */
    REDUCE_NO_DST,   /* nothing is in the slot */
    REDUCE_DST_USED, /* something is in the slot */
    REDUCE_NO_SRC,   /* what it derives from is not there */
    REDUCE_RIGHTS,   /* more rights than its parent, or another object or badge: I2 */
    REDUCE_MEMORY,   /* outside its untyped, or overlapping a sibling: I4 */
    REDUCE_DIFFERS,  /* the record describes another capability than the slot has */
    REDUCE_LEFT,     /* a destroyed container still has capabilities: I1 */
};

struct reduce_node {
    uint64_t slot, obj, badge, extra;
    uint64_t made;                      /* number of the commit that put it into its slot */
    uint32_t parent, first, prev, next; /* indices, 0 none; siblings are a list */
    uint32_t chain;                     /* of its hash bucket */
    uint32_t seen;                      /* for the user: 0 when it is made */
    uint8_t type, rights, flags, bits, depth;
    uint8_t zero[7];
};

struct reduce_object {  /* with a configuration: Thread, SchedContext, IrqHandler, Log */
    uint64_t obj, a, b; /* as walk_item's badge and extra */
    uint32_t chain;
    uint8_t type;
    uint8_t zero[3];
};

struct reduce {
    struct reduce_node *nodes; /* 1 to node_max */
    struct reduce_object *objects;
    uint32_t *buckets, *object_buckets; /* as many as nodes and objects */
    uint32_t node_max, object_max;      /* powers of two */
    uint32_t node_free, object_free;    /* of `chain`ed free ones */
    uint32_t root;                      /* the first root */
    uint32_t live;                      /* capabilities */
    uint32_t marked;                    /* REVOKED slots */
    uint64_t count;                     /* commits folded */
    struct reduce_node removed;         /* by the last record */
};

/* Bytes for at most `nodes` capabilities and marks, a power of two. */
uint64_t reduce_bytes(uint32_t nodes);
/* The empty state. `memory` is aligned to 8. */
void reduce_init(struct reduce *r, void *memory, uint32_t nodes);
enum reduce_result reduce_apply(struct reduce *r, const struct commit *c);
const char *reduce_text(enum reduce_result result);

/* What is in the slot; NULL: nothing, or a mark. */
struct reduce_node *reduce_find(const struct reduce *r, uint64_t slot);
/* In preorder; NULL: the first, and NULL after the last. */
struct reduce_node *reduce_next(const struct reduce *r, const struct reduce_node *n);
/* How the kernel's cursor shows it. */
struct walk_item reduce_item(const struct reduce *r, const struct reduce_node *n);

struct reduce_difference {
    const char *field;
    uint64_t expected, found;
};
/* False: equal. Else the first field that is not. */
bool reduce_differs(const struct walk_item *expected, const struct walk_item *found,
                    struct reduce_difference *out);
