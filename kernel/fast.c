/*
 * fast.c - a call to a thread that waits for it, and the answer to a caller whose context the
 * answerer runs on, where nothing else is to be done: no capabilities, nobody as urgent ready, no
 * budget and no ring at its end. All is checked before anything changes; what is out of the
 * ordinary goes the long way, through endpoint.c and sched.c, which does the same (I17).
 */
#include "commit.h"
#include "core.h"
#include "endpoint.h"
#include "sched.h"

OFTEN static inline struct thread *fast(struct thread *t, uint64_t now, const bool answers,
                                        const bool paged)
{
    struct cpu *c = cpu();
    const struct slot *space = thread_slot(t, TS_CSPACE), *bound = thread_slot(t, TS_NOTIFY);
    const struct container *slots = cap_object(space);
    uint64_t name = t->regs.rdi;
    if (space->type != CAP_CNODE || name >= slots->count) return NULL;
    struct slot *via = container_slot(slots, (uint32_t)name); /* 0, the header, looks empty */
    if (via->type != CAP_ENDPOINT || !(via->rights & (answers ? RIGHT_READ : RIGHT_WRITE)))
        return NULL;
    struct queue *q = &((struct endpoint *)cap_object(via))->queue;
    struct thread *to = answers ? t->lender : q->head;
    if (to == NULL) return NULL;
    if (paged && (!thread_buffer(t) || !thread_buffer(to))) return NULL;
    struct reply *r = to->reply; /* who sends has none */
    if (answers) {
        uint32_t index = (uint32_t)t->regs.rbx;
        const struct slot *rs = container_slot(slots, index);
        const struct notification *n = cap_object(bound);
        if (index >= slots->count || rs->type != CAP_REPLY || cap_object(rs) != r) return NULL;
        if (q->head != NULL && q->head->state != T_RECEIVING) return NULL;
        if (bound->type == CAP_NOTIFICATION && n->word != 0) return NULL;
    } else if (r == NULL || t->lend_depth == LEND_DEPTH_MAX) {
        return NULL;
    }
    if (to->goes != c || now >= c->calm || to->priority < c->top) return NULL;
    if (!event_fast(t, now, answers)) return NULL;

    c->now = now;
    *r = (struct reply){t, answers ? REPLY_NAMED : REPLY_BOUND};
    t->reply = r;
    to->reply = NULL;
    if (answers) {
        t->lender = to->borrower = NULL;
        t->lend_depth = 0;
        t->state = T_RECEIVING;
        t->via = via;
        via->flags |= SLOT_WAITED;
        queue_insert(q, t, NULL);
    } else {
        struct thread *next = q->head = to->q_next;
        *(next != NULL ? &next->q_prev : &q->tail) = NULL;
        to->queue = NULL;
        sched_lend(t, to);
        t->state = T_AWAIT_REPLY;
    }
    if (paged) words_copy_page(t, to, msg_words(t->regs.rsi));
    to->cpu = c;
    to->regs.rdi = answers ? 0 : via->badge;
    to->regs.rsi = (t->regs.rsi & 0xffff03ff) | (answers ? 0 : MSG_CALL);
    to->state = T_RUNNING;
    return c->current = to;
}

static __attribute__((noinline)) struct thread *fast_paged(struct thread *t, uint64_t now,
                                                           bool answers)
{
    if (msg_words(t->regs.rsi) > MSG_WORDS_MAX) return NULL;
    return answers ? fast(t, now, true, true) : fast(t, now, false, true);
}

struct thread *core_fast(struct thread *t, uint64_t now, bool answers)
{
    if (msg_caps(t->regs.rsi) != 0) return NULL;
    if (msg_slots(t->regs.rsi) != 0 && message_check(t, false, true) != OK) return NULL;
    if (msg_words(t->regs.rsi) > MSG_REGISTERS) return fast_paged(t, now, answers);
    return answers ? fast(t, now, true, false) : fast(t, now, false, false);
}
