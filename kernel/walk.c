/* walk.c - the cursor, and what a slot looks like from outside. */
#include "walk.h"

#include "commit.h"
#include "invoke.h"
#include "irq.h"
#include "vspace.h"

static struct slot *at; /* the next slot to report; NULL: the walk is over */

void walk_leaves(const struct slot *s)
{
    if (at == s) at = slot_after(s);
}

void walk_moves(const struct slot *from, struct slot *to)
{
    if (at == from) at = to;
}

static uint64_t address_or_0(const struct slot *s)
{
    return s == NULL || s == &cap_root ? 0 : ptr_to_phys(s);
}

static void describe_object(const struct slot *s, struct walk_item *out)
{
    if (s->type == CAP_THREAD) {
        const struct thread *t = cap_object(s);
        out->badge = (uint64_t)t->priority << 8 | t->flags;
    }
    if (s->type == CAP_SCHED) {
        const struct sched *sc = cap_object(s);
        out->badge = sc->budget;
        out->extra = sc->period;
    }
    if (s->type == CAP_IRQ || s->type == CAP_LOG) {
        const struct irq_line *l = &irq_lines[s->obj];
        out->badge = l->badge;
        out->extra = l->notification != NULL ? ptr_to_phys(l->notification) : 0;
    }
}

static void describe(const struct slot *s, struct walk_item *out)
{
    *out = (struct walk_item){
        .slot = ptr_to_phys(s),
        .type = s->type,
        .rights = s->rights,
        .flags = s->flags & (CAP_FLAG_BOUND | CAP_FLAG_DEVICE),
        .bits = s->bits & 0xff,
        .depth = s->depth,
        .obj = s->obj,
        .badge = s->badge,
        .extra = vspace_is_mapped(s) ? s->extra & ~(PAGE_BYTES - 1) : 0,
        .child = address_or_0(s->child),
        .next = address_or_0(s->next) | (s->next->last == s),
    };
    describe_object(s, out);
}

enum err walk_check(const struct request *rq)
{
    return thread_buffer(rq->caller) == NULL ? ERR_MESSAGE : OK;
}

enum err walk_apply(struct request *rq)
{
    struct walk_item *items = (void *)thread_buffer(rq->caller);
    uint32_t n = 0;
    if (rq->w[0] != 0) at = cap_root.child;
    for (; at != NULL && n < WALK_ITEMS_MAX; at = slot_after(at)) {
        describe(at, &items[n++]);
    }
    rq->w[0] = commit_count();
    rq->w[1] = n;
    rq->w[2] = at == NULL;
    return OK;
}
