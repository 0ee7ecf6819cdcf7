/*
 * footprint.c - I9's first half: a step by a process changes only what its capabilities lead to.
 * From its CSpace and its thread's slots: the objects named there, who waits on those, whom its
 * Replies bind, whose time runs it, and for each such thread where it receives. Of all else only
 * these may change: links of the derivation tree, places in ready queues, the time.
 */
#include <stddef.h>
#include <string.h>

#include "explore.h"
#include "view.h"

enum { GRANULES = FAKE_MEMORY / sizeof(struct slot), OBJECTS_MAX = 127, NOBODY = 0 };

static uint8_t owner[GRANULES]; /* number of the object there, NOBODY */
static uint8_t types[OBJECTS_MAX + 1];
static uint64_t from[OBJECTS_MAX + 1];
static uint32_t count;
static key_t128 reach[THREADS_MAX];

static uint32_t owner_of(const void *at)
{
    return view_in_arena(at) ? owner[((uint64_t)at - FAKE_WINDOW) / sizeof(struct slot)] : NOBODY;
}

static key_t128 object(const void *at)
{
    uint32_t n = owner_of(at);
    return n == NOBODY ? 0 : (key_t128)1 << n;
}

void footprint_begin(void)
{
    const struct view *v = view_take();
    memset(owner, NOBODY, sizeof(owner));
    count = 0;
    for (uint32_t i = 0; i < v->object_count && count < OBJECTS_MAX; i++) {
        const struct seen_object *o = &v->objects[i];
        if (o->type == CAP_IRQ) continue;
        uint64_t granule = o->obj / sizeof(struct slot);
        types[++count] = o->type;
        from[count] = (uint64_t)phys_to_ptr(o->obj);
        memset(owner + granule, (int)count, object_bytes(o->first) / sizeof(struct slot));
    }
}

/* A thread that a step may speak to: what it is told, and where. */
static key_t128 of_thread(const struct thread *t)
{
    key_t128 all = object(t);
    if (all == 0) return 0;
    for (const struct thread *up = t->lender; up != NULL; up = up->lender) {
        all |= object(up);
    }
    return all | object(t->borrower) | object(t->reply) | object(t->cspace) |
           object(thread_buffer(t));
}

static key_t128 of_queue(const struct queue *q)
{
    key_t128 all = 0;
    for (const struct thread *t = q->head; t != NULL; t = t->q_next) {
        all |= of_thread(t);
    }
    return all;
}

static key_t128 of_slot(const struct slot *s)
{
    if (s->type == CAP_EMPTY || s->type == CAP_REVOKED || s->obj >= FAKE_MEMORY) return 0;
    const void *at = cap_object(s);
    const struct notification *n = at;
    key_t128 all = object(at);
    if (s->type == CAP_ENDPOINT) all |= of_queue(&((const struct endpoint *)at)->queue);
    if (s->type == CAP_NOTIFICATION) all |= of_queue(&n->queue);
    if (s->type == CAP_NOTIFICATION && n->user != NULL) all |= of_thread(n->user);
    if (s->type == CAP_REPLY) {
        const struct thread *t = ((const struct reply *)at)->thread;
        if (t != NULL) all |= of_thread(t);
    }
    return all;
}

void footprint_parent(void)
{
    for (uint32_t i = 1; i < world.thread_count; i++) {
        const struct thread *t = world.threads[i];
        reach[i] = 0;
        if (t->head.type != CAP_THREAD || (t->state != T_READY && t->state != T_RUNNING)) continue;
        reach[i] = of_thread(t);
        for (uint32_t k = 1; k < TS_COUNT; k++) {
            reach[i] |= of_slot(container_slot(&t->head, k));
        }
        const struct container *c = t->cspace;
        for (uint32_t k = 1; k <= c->top; k++) {
            reach[i] |= of_slot(container_slot(c, k));
        }
    }
}

/* The scheduler may choose another, and leaves alone whoever has no context. */
static bool is_scheduled(const struct thread *t, uint8_t is, uint8_t was)
{
    bool runs = is == T_READY || is == T_RUNNING;
    bool idle = is == T_INACTIVE && thread_slot(t, TS_SCHED)->type != CAP_SCHED;
    return (was == T_READY || was == T_RUNNING) && (runs || idle);
}

/* Of a thread that is none of its business: where it stands among the ready. */
static bool only_queued(const struct thread *t, uint64_t offset, const uint64_t *is,
                        const uint64_t *was)
{
    enum { WORDS = sizeof(struct slot) / 8 };
    for (uint64_t i = 0; i < WORDS; i++) {
        uint64_t at = offset + i * 8, state = offsetof(struct thread, state);
        if (is[i] == was[i] || at == offsetof(struct thread, q_prev) ||
            at == offsetof(struct thread, q_next) || at == offsetof(struct thread, queue))
            continue;
        if (at != state / 8 * 8) return false;
        uint64_t shift = state % 8 * 8;
        if ((is[i] ^ was[i]) & ~(0xffull << shift)) return false;
        if (!is_scheduled(t, (uint8_t)(is[i] >> shift), (uint8_t)(was[i] >> shift))) return false;
    }
    return true;
}

static bool only_links(const struct slot *is, const struct slot *was)
{
    struct slot x = *was;
    x.prev = is->prev;
    x.next = is->next;
    x.child = is->child;
    x.last = is->last;
    return memcmp(&x, is, sizeof(x)) == 0;
}

bool footprint_allows(uint32_t actor, const void *at, const void *is, const void *was)
{
    uint32_t n = owner_of(at);
    if (actor == 0 || world.real_order) return true;
    if (n == NOBODY) return !view_in_arena(at) || at == (const void *)log_header();
    if (reach[actor] >> n & 1) return true;
    uint64_t offset = (uint64_t)at - from[n];
    bool thread = types[n] == CAP_THREAD, slots = thread || types[n] == CAP_CNODE;
    if (types[n] == CAP_SCHED) return true; /* time passes for all; the rest has its commits */
    if (thread && offset >= TS_COUNT * sizeof(struct slot))
        return only_queued((const struct thread *)from[n], offset, is, was);
    return slots && offset != 0 && only_links(is, was);
}
