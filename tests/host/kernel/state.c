/* state.c - the digest. */
#include "state.h"

#include "harness.h"
#include "irq.h"
#include "view.h"

static uint64_t sum;

static void add(uint64_t word)
{
    sum = (sum ^ word) * 0x9e3779b97f4a7c15ull;
    sum ^= sum >> 29;
}

static void add_words(const void *at, uint64_t bytes)
{
    const uint64_t *w = at;
    for (uint64_t i = 0; i < bytes / 8; i++) {
        add(w[i]);
    }
}

static void add_container(const struct container *c)
{
    add_words(c, sizeof(*c));
    for (uint32_t i = 1; i < c->count; i++) {
        if (container_slot(c, i)->type == CAP_REVOKED) add(i);
    }
}

static void add_queue(const struct queue *q)
{
    for (const struct thread *t = q->head; t != NULL; t = t->q_next) {
        add(t->id);
    }
    add(0);
}

static void add_thread(const struct thread *t)
{
    bool runnable = t->state == T_READY || t->state == T_RUNNING || t->state == T_PARKED;
    add_container(&t->head);
    add(runnable ? T_READY : t->state);
    add(t->priority);
    add(t->flags);
    add(t->queue != NULL && !runnable && t->state != T_STOPPED ? (uint64_t)t->via : 0);
    add((uint64_t)t->reply);
    add((uint64_t)t->lender);
    add((uint64_t)t->borrower);
    if (!runnable) add_words(&t->regs, sizeof(t->regs));
    if (!runnable) add((uint64_t)t->is_call << 8 | t->is_fault);
    const struct ipc_buffer *b = thread_buffer(t);
    if (b != NULL) add_words(b, sizeof(*b));
}

static void add_object(const struct seen_object *o)
{
    const void *at = o->type == CAP_IRQ || o->obj >= FAKE_MEMORY ? NULL : phys_to_ptr(o->obj);
    if (o->type == CAP_CNODE) add_container(at);
    if (o->type == CAP_THREAD) add_thread(at);
    if (o->type == CAP_ENDPOINT) add_queue(&((const struct endpoint *)at)->queue);
    if (o->type == CAP_NOTIFICATION) {
        const struct notification *n = at;
        add(n->word);
        add((uint64_t)n->user);
        add_queue(&n->queue);
    }
    if (o->type == CAP_REPLY) add_words(at, 16);
    if (o->type == CAP_SCHED) {
        const struct sched *s = at;
        add((uint64_t)s->user);
        add(s->budget);
        add(s->period);
    }
    if (o->type == CAP_ASPACE || o->type == CAP_PTABLE) add_words(at, PAGE_BYTES);
}

uint64_t state_digest(void)
{
    const struct view *v = view_take();
    const struct log_header *h = log_header();
    sum = 1;
    for (uint32_t i = 0; i < v->slot_count; i++) {
        add((uint64_t)v->slots[i].slot);
        add_words(v->slots[i].slot, sizeof(struct slot));
    }
    for (uint32_t i = 0; i < v->object_count; i++) {
        add_object(&v->objects[i]);
    }
    for (uint32_t i = 0; i < LINES; i++) {
        add((uint64_t)irq_lines[i].notification);
        add(irq_lines[i].badge);
        add(irq_lines[i].taken);
        if (i < FAKE_LINES) add(fake.masked[i]);
    }
    add(h->commit_head);
    add(h->commit_tail);
    add(h->event_tail);
    add(h->sigma);
    add(fake.port_ops);
    return sum;
}
