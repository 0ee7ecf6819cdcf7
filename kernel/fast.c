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

/* What a call changes; and an answer with its wait. Apart from the checks, so that neither needs
 * more registers than C may use freely. */
APART static struct thread *called(struct slot *via, uint64_t info, uint64_t now, struct thread *t)
{
    struct queue *q = &((struct endpoint *)cap_object(via))->queue;
    struct thread *to = q->head, *next = q->head = to->q_next;
    struct reply *r = to->reply;
    *(next != NULL ? &next->q_prev : &q->tail) = NULL;
    to->queue = NULL;
    *r = (struct reply){t, REPLY_BOUND};
    to->reply = NULL;
    t->reply = r;
    sched_lend(t, to);
    t->state = T_AWAIT_REPLY;
    to->state = T_RUNNING;
    to->regs.rdi = via->badge;
    to->regs.rsi = (info & 0xffff03ff) | MSG_CALL;
    to->cpu = to->goes;
    my_cpu->now = now;
    return my_cpu->current = to;
}

APART static struct thread *answered(struct slot *v, uint64_t info, uint64_t now, struct thread *t)
{
    struct thread *to = t->lender;
    struct reply *r = to->reply;
    *r = (struct reply){t, REPLY_NAMED};
    to->reply = NULL;
    t->reply = r;
    t->lender = to->borrower = NULL;
    t->lend_depth = 0;
    t->state = T_RECEIVING;
    t->via = v;
    v->flags |= SLOT_WAITED;
    to->state = T_RUNNING;
    to->regs.rdi = 0;
    to->regs.rsi = info & 0xffff03ff;
    to->cpu = to->goes;
    my_cpu->now = now;
    my_cpu->current = to;
    queue_insert(&((struct endpoint *)cap_object(v))->queue, t, NULL);
    return to;
}

OFTEN static inline struct thread *fast(uint64_t name, uint64_t info, uint64_t now,
                                        const bool answers, const bool paged)
{
    struct thread *t = my_cpu->current;
    const struct container *slots = t->cspace;
    if (name >= slots->count) return NULL;
    struct slot *via = container_slot(slots, (uint32_t)name); /* 0, the header, looks empty */
    if (via->type != CAP_ENDPOINT || !(via->rights & (answers ? RIGHT_READ : RIGHT_WRITE)))
        return NULL;
    struct thread *head = ((const struct endpoint *)cap_object(via))->queue.head;
    const struct thread *to = answers ? t->lender : head;
    if (to == NULL || (paged && (!thread_buffer(t) || !thread_buffer(to)))) return NULL;
    if (answers) {
        uint32_t at = (uint32_t)t->regs.rbx;
        const struct slot *rs = container_slot(slots, at), *bound = thread_slot(t, TS_NOTIFY);
        const struct notification *n = cap_object(bound);
        if (at >= slots->count || rs->type != CAP_REPLY || cap_object(rs) != to->reply) return NULL;
        if (head != NULL && head->state != T_RECEIVING) return NULL;
        if (bound->type == CAP_NOTIFICATION && n->word != 0) return NULL;
    } else if (to->reply == NULL || t->lend_depth >= LEND_DEPTH_MAX) { /* who sends has none */
        return NULL;
    }
    if (to->goes != cpu() || now >= my_cpu->calm || to->priority < my_cpu->top) return NULL;
    if (!event_fast(t, now, name, info, answers)) return NULL;
    return (answers ? answered : called)(via, info, now, t);
}

/* With receive slots, or words in the buffer pages. */
APART static struct thread *fast_more(uint64_t name, uint64_t info, uint64_t now, bool answers)
{
    struct thread *t = my_cpu->current;
    if (msg_caps(info) != 0 || msg_words(info) > MSG_WORDS_MAX) return NULL;
    if (msg_slots(info) != 0 && message_check(t, false, true) != OK) return NULL;
    bool paged = msg_words(info) > MSG_REGISTERS;
    struct thread *to = fast(name, info, now, answers, paged);
    if (to != NULL && paged) words_copy_page(t, to, msg_words(info));
    return to;
}

struct thread *core_call(uint64_t name, uint64_t info, uint64_t now)
{
    if ((uint16_t)info > MSG_REGISTERS) return fast_more(name, info, now, false);
    return fast(name, info, now, false, false);
}

struct thread *core_answer(uint64_t name, uint64_t info, uint64_t now)
{
    if ((uint16_t)info > MSG_REGISTERS) return fast_more(name, info, now, true);
    return fast(name, info, now, true, false);
}
