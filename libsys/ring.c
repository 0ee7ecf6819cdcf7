/* ring.c - see ring.h. */
#include <stddef.h>

#include "ring_run.h"

enum { PAGE = 4096 };

bool ring_entries_good(uint32_t entries)
{
    return entries >= RING_ENTRIES_MIN && entries <= RING_ENTRIES_MAX &&
           (entries & (entries - 1)) == 0;
}

uint64_t ring_bytes(uint32_t entries)
{
    uint64_t bytes = sizeof(struct ring_shared) + entries * sizeof(struct ring_submission) +
                     entries * sizeof(struct ring_completion);
    return (bytes + PAGE - 1) / PAGE * PAGE;
}

/* One end of a ring. */

static struct ring_end submit_end(const struct ring_place *p)
{
    struct ring_shared *shared = p->at;
    return (struct ring_end){.control = &shared->submit,
                             .words = (_Atomic uint64_t *)(shared + 1),
                             .mask = p->entries - 1};
}

static struct ring_end complete_end(const struct ring_place *p)
{
    struct ring_shared *shared = p->at;
    return (struct ring_end){.control = &shared->complete,
                             .words = (_Atomic uint64_t *)(shared + 1) +
                                      (size_t)p->entries * RING_SUBMISSION_WORDS,
                             .mask = p->entries - 1};
}

/* Tail and `asleep` are sequentially consistent on both sides: either the producer sees that the
 * consumer sleeps, or the consumer sees the new tail (tests/spin/bulk.pml). */
static bool end_publish(struct ring_end *e)
{
    if (e->seen == e->at) return false;
    e->seen = e->at;
    atomic_store(&e->control->tail, e->at);
    return atomic_load(&e->control->asleep) != 0 && atomic_exchange(&e->control->asleep, 0) != 0;
}

static bool end_sleep(struct ring_end *e)
{
    if (e->seen != e->at) return false;
    atomic_store(&e->control->asleep, 1);
    if (atomic_load(&e->control->tail) == e->at) return true;
    atomic_store(&e->control->asleep, 0);
    return false;
}

/* Looks for more only when all that was seen is consumed. */
static enum err end_look(struct ring_end *e, uint32_t limit)
{
    if (e->seen != e->at) return OK;
    uint32_t tail = atomic_load_explicit(&e->control->tail, memory_order_acquire);
    if (tail - e->at > limit) return ERR_MESSAGE;
    e->seen = tail;
    return tail != e->at ? OK : ERR_WOULD_BLOCK;
}

/* The client. */

void ring_client_init(struct ring_client *c, const struct ring_place *p, struct ring_ticket *t)
{
    *c = (struct ring_client){.submit = submit_end(p),
                              .complete = complete_end(p),
                              .tickets = t,
                              .data = (uint8_t *)p->at + ring_bytes(p->entries),
                              .data_bytes = p->data_bytes};
    for (uint32_t i = 0; i < p->entries; i++) {
        t[i] = (struct ring_ticket){.id = i ^ RING_FREE, .next = i + 1};
    }
}

enum err ring_submit(struct ring_client *c, const struct ring_submission *s, uint64_t cookie,
                     uint32_t *out_id)
{
    uint32_t kept = s->op == RING_OP_CANCEL ? 0 : 1;
    if (c->broken) return ERR_MESSAGE;
    if (ring_in_flight(c) + kept > c->submit.mask) return ERR_BUSY;
    *out_id = ring_put(c, s, cookie);
    return OK;
}

bool ring_client_publish(struct ring_client *c)
{
    return end_publish(&c->submit);
}

enum err ring_client_look(struct ring_client *c)
{
    if (c->broken) return ERR_MESSAGE;
    enum err err = end_look(&c->complete, ring_in_flight(c));
    c->broken = err == ERR_MESSAGE;
    return err;
}

enum err ring_poll(struct ring_client *c, struct ring_completion *out, uint64_t *out_cookie)
{
    enum err err = ring_client_look(c);
    if (err != OK) return err;
    return ring_get(c, out, out_cookie) ? OK : ERR_MESSAGE;
}

bool ring_client_sleep(struct ring_client *c)
{
    return !c->broken && end_sleep(&c->complete);
}

bool ring_unanswered(const struct ring_client *c, uint32_t *at, uint64_t *out_cookie)
{
    while (*at <= c->submit.mask) {
        const struct ring_ticket *t = &c->tickets[(*at)++];
        if (((t->id ^ (uint32_t)(t - c->tickets)) & c->submit.mask) != 0) continue;
        *out_cookie = t->cookie;
        return true;
    }
    return false;
}

/* The server. */

void ring_server_init(struct ring_server *s, const struct ring_place *p, struct ring_request *r)
{
    *s = (struct ring_server){.submit = submit_end(p),
                              .complete = complete_end(p),
                              .requests = r,
                              .data = (uint8_t *)p->at + ring_bytes(p->entries),
                              .data_bytes = p->data_bytes};
    for (uint32_t i = 0; i < p->entries; i++) {
        r[i] = (struct ring_request){0};
    }
}

static struct ring_request *request_find(const struct ring_server *s, uint32_t id)
{
    struct ring_request *r = &s->requests[id & s->submit.mask];
    return r->in_flight && r->id == id ? r : NULL;
}

bool ring_cancel(struct ring_server *s, const struct ring_submission *cancel)
{
    uint32_t id = (uint32_t)cancel->sector;
    struct ring_request *r = id != cancel->id ? request_find(s, id) : NULL;
    if (r == NULL) {
        ring_answer(s, cancel->id, ERR_RANGE, 0);
        return false;
    }
    r->cancelled = true;
    return true;
}

enum err ring_server_look(struct ring_server *s)
{
    if (s->closed) return ERR_PEER_DIED;
    if (s->broken) return ERR_MESSAGE;
    enum err err = end_look(&s->submit, s->submit.mask + 1 - s->in_flight);
    s->broken = err == ERR_MESSAGE;
    return err;
}

enum err ring_take(struct ring_server *s, struct ring_submission *out)
{
    /* Its tail is looked at once a call: cancels that come ever faster do not keep us here. */
    enum err err = ring_server_look(s);
    if (err != OK) return err;
    while (s->submit.seen != s->submit.at) {
        if (!ring_next(s, out)) return ERR_MESSAGE;
        if (out->op == RING_OP_CANCEL && !ring_cancel(s, out)) continue;
        ring_note(s, out->id);
        return OK;
    }
    return ERR_WOULD_BLOCK;
}

enum err ring_complete(struct ring_server *s, const struct ring_completion *c)
{
    struct ring_request *r = request_find(s, c->id);
    if (r == NULL) return ERR_RANGE;
    r->in_flight = false;
    s->in_flight--;
    if (!s->closed && !s->broken) ring_answer(s, c->id, c->result, c->value);
    return OK;
}

bool ring_server_publish(struct ring_server *s)
{
    return end_publish(&s->complete);
}

bool ring_server_sleep(struct ring_server *s)
{
    return s->closed || s->broken || end_sleep(&s->submit);
}

bool ring_is_cancelled(const struct ring_server *s, uint32_t id)
{
    const struct ring_request *r = request_find(s, id);
    return r != NULL && r->cancelled;
}

void ring_server_close(struct ring_server *s)
{
    s->closed = true;
}

void *ring_data(const struct ring_server *s, uint64_t offset, uint64_t bytes)
{
    if (offset > s->data_bytes || bytes > s->data_bytes - offset) return NULL;
    return s->data + offset;
}
