/* fold.c - libsys' reduce against the kernel's slots. */
#include "fold.h"

#include <stdio.h>
#include <stdlib.h>

#include "harness.h"
#include "irq.h"
#include "reduce.h"
#include "view.h"

enum { NODES = 8192 };
char fold_message[256];
static struct reduce own, *fold = &own;
static void *memory;

void fold_begin(void)
{
    if (memory == NULL) memory = malloc(reduce_bytes(NODES));
    if (memory == NULL) abort();
    reduce_init(&own, memory, NODES);
    fold_use(&own);
}

void fold_use(struct reduce *r)
{
    fold = r;
}

/* How log.h says that the cursor shows a slot, written a second time. */
static struct walk_item item_of(const struct slot *s)
{
    struct walk_item i = {.slot = ptr_to_phys(s), .type = s->type, .rights = s->rights};
    i.flags = s->flags & (CAP_FLAG_BOUND | CAP_FLAG_DEVICE);
    i.bits = s->bits & 0xff;
    i.depth = s->depth;
    i.obj = s->obj;
    i.badge = s->badge;
    i.child = s->child == NULL ? 0 : ptr_to_phys(s->child);
    bool last = s->next == &cap_root || s->next->last == s;
    i.next = (s->next == &cap_root ? 0 : ptr_to_phys(s->next)) | (last ? 1 : 0);
    const void *obj = s->obj < FAKE_MEMORY ? phys_to_ptr(s->obj) : NULL;
    switch (s->type) {
    case CAP_FRAME:
    case CAP_PTABLE:
        i.extra = s->extra & ~(PAGE_BYTES - 1);
        break;
    case CAP_THREAD:
        i.badge = (uint64_t)((const struct thread *)obj)->priority << 8 |
                  ((const struct thread *)obj)->flags;
        break;
    case CAP_SCHED:
        i.badge = ((const struct sched *)obj)->budget;
        i.extra = ((const struct sched *)obj)->period | ((const struct sched *)obj)->cpu
                                                            << SCHED_CPU_SHIFT;
        break;
    case CAP_IRQ:
    case CAP_LOG: {
        const struct irq_line *l = &irq_lines[s->type == CAP_LOG ? LOG_LINE : s->obj];
        i.badge = l->badge;
        i.extra = l->notification == NULL ? 0 : ptr_to_phys(l->notification);
        break;
    }
    default:
        break;
    }
    return i;
}

static uint32_t marks_in(const struct view *v)
{
    uint32_t n = 0;
    if (v->marks != MARKS_UNKNOWN) return v->marks;
    for (uint32_t i = 0; i < v->object_count; i++) {
        if (v->objects[i].type != CAP_CNODE && v->objects[i].type != CAP_THREAD) continue;
        const struct container *c = phys_to_ptr(v->objects[i].obj);
        for (uint32_t s = 1; s < c->count; s++) {
            n += container_slot(c, s)->type == CAP_REVOKED;
        }
    }
    return n;
}

static bool differs(const struct slot *s, const struct reduce_node *n)
{
    struct walk_item expected = reduce_item(fold, n), found = item_of(s);
    struct reduce_difference d;
    if (!reduce_differs(&expected, &found, &d)) return false;
    snprintf(fold_message, sizeof(fold_message),
             "fold: %s of slot %#llx (type %u): commits say %#llx, it is %#llx", d.field,
             (unsigned long long)found.slot, s->type, (unsigned long long)d.expected,
             (unsigned long long)d.found);
    return true;
}

bool fold_follow(void)
{
    while (fold->count < commits()) {
        const struct commit *c = commit_at(fold->count);
        enum reduce_result r = reduce_apply(fold, c);
        if (r == REDUCE_OK) continue;
        snprintf(fold_message, sizeof(fold_message), "fold: commit %llu, operation %u: %s",
                 (unsigned long long)c->seq, c->op, reduce_text(r));
        return false;
    }
    return true;
}

bool fold_agrees(void)
{
    if (!fold_follow()) return false;
    const struct view *v = view_last();
    const struct reduce_node *n = NULL;
    for (uint32_t i = 0; i < v->slot_count; i++) {
        n = reduce_next(fold, n);
        if (n == NULL) break; /* the numbers below differ */
        if (differs(v->slots[i].slot, n)) return false;
    }
    uint32_t marks = marks_in(v);
    if (fold->live == v->slot_count && fold->marked == marks) return true;
    snprintf(fold_message, sizeof(fold_message),
             "fold: %u capabilities and %u marks, not %u and %u", fold->live, fold->marked,
             v->slot_count, marks);
    return false;
}
