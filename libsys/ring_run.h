/*
 * ring_run.h - what each request of a ring takes, inline, and the same for several at a time: then
 * the peer's tail is read once and the own one written once for all of them. See ring.h; whoever
 * has one request at a time uses that.
 *
 * Several at a time work on a copy of the ring's private side, which never reaches memory. So a
 * callback does nothing with the ring but what it says below; what it did all the same traps.
 *
 * Entries are read and written by words, each once by one instruction: RING-1.
 */
#pragma once
#include <stddef.h>

#include "ring.h"

#define RING_INLINE __attribute__((always_inline)) static inline
#define RING_WRONG(fact) __builtin_expect((fact), 0)

enum {
    RING_SUBMISSION_WORDS = sizeof(struct ring_submission) / 8,
    RING_COMPLETION_WORDS = sizeof(struct ring_completion) / 8,
};
_Static_assert(offsetof(struct ring_submission, op) == 4 &&
                   offsetof(struct ring_submission, flags) == 6 &&
                   offsetof(struct ring_submission, count) == 16,
               "as the words below");
_Static_assert(offsetof(struct ring_completion, result) == 4, "as the words below");

/* The place of the next entry, which from now on is produced or consumed. */
RING_INLINE _Atomic uint64_t *ring_step(struct ring_end *e, uint32_t words)
{
    uint32_t at = e->at++;
    return (_Atomic uint64_t *)((char *)e->words + (uint64_t)(at & e->mask) * words * 8);
}

RING_INLINE void ring_store(_Atomic uint64_t *word, uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_relaxed);
}

RING_INLINE uint64_t ring_load(const _Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

RING_INLINE void ring_trap(bool good)
{
    if (RING_WRONG(!good)) __builtin_trap();
}

/* ---- client ---- */

/* Submits; there is room. Result: its id. */
RING_INLINE uint32_t ring_put(struct ring_client *c, const struct ring_submission *s,
                              uint64_t cookie)
{
    struct ring_ticket *t = &c->tickets[c->free_ticket];
    uint32_t id = t->id ^ RING_FREE;
    c->free_ticket = t->next;
    t->id = id;
    t->cookie = cookie;
    _Atomic uint64_t *words = ring_step(&c->submit, RING_SUBMISSION_WORDS);
    ring_store(&words[0], (uint64_t)s->flags << 48 | (uint64_t)s->op << 32 | id);
    ring_store(&words[1], s->sector);
    ring_store(&words[2], s->count);
    ring_store(&words[3], s->data);
    return id;
}

/* The next completion; there is one. False: the server lied, and the ring is broken. */
MUST_USE RING_INLINE bool ring_get(struct ring_client *c, struct ring_completion *out,
                                   uint64_t *out_cookie)
{
    const _Atomic uint64_t *words = ring_step(&c->complete, RING_COMPLETION_WORDS);
    uint64_t first = ring_load(&words[0]);
    uint32_t id = (uint32_t)first, index = id & c->submit.mask;
    struct ring_ticket *t = &c->tickets[index];
    if (RING_WRONG(t->id != id)) {
        c->complete.at--; /* it is no answer to anything */
        c->broken = true;
        return false;
    }
    t->id = (id + c->submit.mask + 1) ^ RING_FREE; /* so that an old id names nothing for long */
    t->next = c->free_ticket;
    c->free_ticket = index;
    *out = (struct ring_completion){
        .id = id, .result = (uint32_t)(first >> 32), .value = ring_load(&words[1])};
    *out_cookie = t->cookie;
    return true;
}

/* Says what the `i`th of several is, all but its id. Result: its cookie. */
typedef uint64_t ring_fill(void *context, uint32_t i, struct ring_submission *s);
/* Submits up to `count`; result: how many. None of them is a cancel. */
RING_INLINE uint32_t ring_submit_many(struct ring_client *c, uint32_t count, ring_fill *fill,
                                      void *context)
{
    uint32_t used = ring_in_flight(c), most = c->submit.mask;
    uint32_t room = c->broken || used > most ? 0 : most - used;
    uint32_t some = count < room ? count : room;
    const uint32_t before = c->submit.at;
    struct ring_client own = *c;
    for (uint32_t i = 0; i < some; i++) {
        struct ring_submission s = {0};
        uint64_t cookie = fill(context, i, &s);
        (void)ring_put(&own, &s, cookie);
    }
    ring_trap(c->submit.at == before);
    c->submit.at = own.submit.at;
    c->free_ticket = own.free_ticket;
    return some;
}

/* Is given a completion and the cookie of what it answers. */
typedef void ring_done(void *context, uint64_t cookie, const struct ring_completion *c);
/* Takes up to `max` of those that ring_client_look() has seen; result: how many. */
RING_INLINE uint32_t ring_poll_many(struct ring_client *c, uint32_t max, ring_done *done,
                                    void *context)
{
    const uint32_t before = c->complete.at, free_ticket = c->free_ticket;
    uint32_t seen = c->complete.seen - before, some = max < seen ? max : seen, i = 0;
    struct ring_client own = *c;
    for (; i < some; i++) {
        struct ring_completion one;
        uint64_t cookie;
        if (!ring_get(&own, &one, &cookie)) break;
        done(context, cookie, &one);
    }
    ring_trap(c->complete.at == before && c->free_ticket == free_ticket);
    c->complete.at = own.complete.at;
    c->free_ticket = own.free_ticket;
    c->broken = own.broken;
    return i;
}

/* ---- server ---- */

/* The next submission; there is one. It is not noted yet. False: its id is in use, and the ring is
 * broken. */
MUST_USE RING_INLINE bool ring_next(struct ring_server *s, struct ring_submission *out)
{
    const _Atomic uint64_t *words = ring_step(&s->submit, RING_SUBMISSION_WORDS);
    uint64_t first = ring_load(&words[0]);
    uint32_t id = (uint32_t)first;
    if (RING_WRONG(s->requests[id & s->submit.mask].in_flight)) {
        s->broken = true;
        return false;
    }
    *out = (struct ring_submission){.id = id,
                                    .op = (uint16_t)(first >> 32),
                                    .flags = (uint16_t)(first >> 48),
                                    .sector = ring_load(&words[1]),
                                    .count = (uint32_t)ring_load(&words[2]),
                                    .data = ring_load(&words[3])};
    return true;
}

/* It is in flight until ring_complete(). */
RING_INLINE void ring_note(struct ring_server *s, uint32_t id)
{
    struct ring_request *r = &s->requests[id & s->submit.mask];
    *r = (struct ring_request){.id = id, .in_flight = true};
    s->in_flight++;
}

/* Marks what a RING_OP_CANCEL means. False: it is not in flight, or no longer; it is answered. */
MUST_USE bool ring_cancel(struct ring_server *s, const struct ring_submission *cancel);

/* Completes a submission that is not noted. */
RING_INLINE void ring_answer(struct ring_server *s, uint32_t id, uint32_t result, uint64_t value)
{
    _Atomic uint64_t *words = ring_step(&s->complete, RING_COMPLETION_WORDS);
    ring_store(&words[0], (uint64_t)result << 32 | id);
    ring_store(&words[1], value);
}

RING_INLINE void ring_server_back(struct ring_server *s, const struct ring_server *own)
{
    s->submit.at = own->submit.at;
    s->complete.at = own->complete.at;
    s->in_flight = own->in_flight;
    s->broken = own->broken;
}

/* True: `out` says what came of it. False: ring_complete() will, later; it is in flight from now
 * on. Serving a RING_OP_CANCEL it may complete others. */
typedef bool ring_serve(void *context, const struct ring_submission *s,
                        struct ring_completion *out);
/* Serves up to `max` of those that ring_server_look() has seen; result: how many. */
RING_INLINE uint32_t ring_serve_many(struct ring_server *s, uint32_t max, ring_serve *serve,
                                     void *context)
{
    uint32_t seen = s->submit.seen - s->submit.at, some = max < seen ? max : seen, i = 0;
    struct ring_server own = *s;
    for (; i < some; i++) {
        struct ring_submission one;
        struct ring_completion done = {0};
        if (!ring_next(&own, &one)) break;
        bool cancels = one.op == RING_OP_CANCEL;
        if (RING_WRONG(cancels)) {
            const struct ring_submission cancel = one; /* `one` itself never reaches memory */
            ring_server_back(s, &own);
            bool goes_on = ring_cancel(s, &cancel);
            own = *s;
            if (!goes_on) continue;
        }
        bool answered = serve(context, &one, &done);
        if (RING_WRONG(cancels)) own = *s;
        if (answered) {
            ring_answer(&own, one.id, done.result, done.value);
        } else {
            ring_note(&own, one.id);
        }
    }
    ring_trap(!s->closed);
    ring_server_back(s, &own);
    return i;
}
