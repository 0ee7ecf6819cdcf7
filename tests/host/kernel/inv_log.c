/* inv_log.c - the rings, and what signals whom. */
#include "harness.h"
#include "invariants.h"
#include "irq.h"

bool inv_ring_bounds(struct view *v)
{
    const struct log_header *h = log_header();
    v->blame = h;
    return h->commit_head - h->commit_tail <= LOG_COMMITS &&
           h->event_head - h->event_tail <= LOG_EVENTS;
}

/* Of the last step, whatever CPU it was on. */
static uint64_t latest(void)
{
    uint64_t time = 0;
    for (uint32_t i = 0; i <= cpu_last; i++) {
        if (cpus[i].now > time) time = cpus[i].now;
    }
    return time;
}

/* The last few: a step writes fewer than a hundred. */
bool inv_ring_numbers(struct view *v)
{
    const struct log_header *h = log_header();
    uint64_t time = latest(), cause = ~0ull;
    for (uint64_t i = 0; i < 100 && i < h->commit_head; i++) {
        const struct commit *c = commit_at(h->commit_head - 1 - i);
        v->blame = c;
        if (c->seq != h->commit_head - 1 - i || c->time > time || c->cause > cause) return false;
        if (c->op < COMMIT_BOOT || c->op > COMMIT_CONFIGURE) return false;
        time = c->time;
        cause = c->cause;
    }
    time = latest();
    for (uint64_t i = 0; i < 8 && i < h->event_head; i++) {
        const struct event *e = event_at(h->event_head - 1 - i);
        v->blame = e;
        if (e->kind == EVENT_ARGS) continue;
        if (e->time > time || e->kind < EVENT_BOOT || e->kind > EVENT_STOPPED) return false;
        time = e->time;
    }
    return true;
}

bool inv_lines_bound(struct view *v)
{
    bool handled[LINES] = {false};
    for (uint32_t i = 0; i < v->object_count; i++) {
        if (v->objects[i].type == CAP_IRQ && v->objects[i].obj < LINES)
            handled[v->objects[i].obj] = true;
    }
    for (uint32_t i = 0; i < LINES; i++) {
        const struct irq_line *l = &irq_lines[i];
        v->blame = l;
        if (l->notification != NULL && !view_has_object(CAP_NOTIFICATION, l->notification))
            return false;
        if (i == LOG_LINE) continue;
        if (l->taken != handled[i]) return false;
        if (!handled[i] && (l->notification != NULL || !fake.masked[i])) return false;
    }
    return true;
}

bool inv_log_read_only(struct view *v)
{
    uint64_t log = ptr_to_phys(log_header());
    for (uint32_t i = 0; i < v->slot_count; i++) {
        const struct slot *s = v->slots[i].slot;
        if (s->type != CAP_FRAME || s->extra == 0) continue;
        if (s->obj + object_bytes(s) <= log || s->obj >= log + LOG_BYTES) continue;
        v->blame = s;
        if (s->badge & RIGHT_WRITE) return false;
    }
    return true;
}
