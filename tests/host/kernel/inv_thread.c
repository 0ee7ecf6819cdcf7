/* inv_thread.c - threads, the queues they are in, and whom they wait for. */
#include "harness.h"
#include "invariants.h"

/* The queue of stopped threads has no name outside its file. */
static bool is_stopped_queue(const struct queue *q)
{
    return fake_is_kernel_variable(q) && ((const char *)q < (const char *)cpus ||
                                          (const char *)q >= (const char *)(cpus + CPUS_MAX));
}

static bool is_in_right_queue(const struct thread *t)
{
    const struct queue *q = t->queue;
    const struct cpu *c = t->cpu;
    switch ((enum thread_state)t->state) {
    case T_INACTIVE:
    case T_AWAIT_REPLY:
        return q == NULL;
    case T_RUNNING:
        return q == NULL && c->current == t;
    case T_READY:
        return q == &c->ready[t->priority];
    case T_PARKED:
        return q == &c->parked;
    case T_STOPPED:
        return q != NULL && is_stopped_queue(q);
    case T_SENDING:
    case T_RECEIVING:
        return view_has_object(CAP_ENDPOINT, q);
    case T_WAITING:
        return view_has_object(CAP_NOTIFICATION,
                               (const char *)q - offsetof(struct notification, queue));
    }
    return false;
}

static bool is_cspace_right(const struct thread *t)
{
    const struct container *c = thread_object(t, TS_CSPACE, CAP_CNODE);
    return t->cspace == (c != NULL ? c : &no_cspace) && no_cspace.count == 0;
}

static bool is_linked_by_state(const struct thread *t)
{
    bool waits_reply = t->state == T_AWAIT_REPLY;
    if ((t->borrower != NULL && !waits_reply) || (t->reply == NULL && waits_reply)) return false;
    if (t->reply != NULL && !waits_reply && t->state != T_RECEIVING) return false;
    if (t->is_fault && !waits_reply && t->state != T_SENDING) return false;
    return t->lender == NULL || (t->state != T_INACTIVE && t->state != T_RECEIVING);
}

bool inv_thread_queued(struct view *v)
{
    for (uint32_t i = 0; i < v->thread_count; i++) {
        const struct thread *t = v->threads[i];
        v->blame = t;
        if (!is_in_right_queue(t) || !is_linked_by_state(t) || !is_cspace_right(t)) return false;
    }
    for (uint32_t i = 0; i <= cpu_last; i++) {
        const struct thread *t = cpus[i].current;
        v->blame = t;
        if (t == NULL) continue;
        if (!view_has_object(CAP_THREAD, t) || t->state != T_RUNNING || t->cpu != &cpus[i])
            return false;
    }
    return true;
}

/* How many stand in it; -1 if a link is wrong. */
static int queue_length(const struct queue *q)
{
    const struct thread *before = NULL;
    int n = 0;
    for (const struct thread *t = q->head; t != NULL; t = t->q_next) {
        if (!view_has_object(CAP_THREAD, t) || t->queue != q || t->q_prev != before) return -1;
        if (n++ > VIEW_THREADS) return -1;
        before = t;
    }
    return q->tail == before ? n : -1;
}

static struct queue *object_queue(const struct seen_object *o)
{
    if (o->type == CAP_ENDPOINT) return &((struct endpoint *)phys_to_ptr(o->obj))->queue;
    if (o->type == CAP_NOTIFICATION) return &((struct notification *)phys_to_ptr(o->obj))->queue;
    return NULL;
}

static bool count_queue(struct view *v, const struct queue *q, int *total)
{
    int n = queue_length(q);
    v->blame = q;
    *total += n;
    return n >= 0;
}

bool inv_queue_linked(struct view *v)
{
    const struct queue *stopped = NULL;
    int total = 0, queued = 0;
    for (uint32_t i = 0; i < v->thread_count; i++) {
        queued += v->threads[i]->queue != NULL;
        if (v->threads[i]->state == T_STOPPED) stopped = v->threads[i]->queue;
    }
    for (uint32_t i = 0; i < (cpu_last + 1) * 256; i++) {
        if (!count_queue(v, &cpus[i / 256].ready[i % 256], &total)) return false;
    }
    for (uint32_t i = 0; i <= cpu_last; i++) {
        if (!count_queue(v, &cpus[i].parked, &total)) return false;
    }
    if (stopped != NULL && !count_queue(v, stopped, &total)) return false;
    for (uint32_t i = 0; i < v->object_count; i++) {
        const struct queue *q = object_queue(&v->objects[i]);
        if (q != NULL && !count_queue(v, q, &total)) return false;
    }
    v->blame = NULL;
    return total == queued;
}

bool inv_endpoint_one_kind(struct view *v)
{
    for (uint32_t i = 0; i < v->object_count; i++) {
        const struct queue *q = object_queue(&v->objects[i]);
        if (q == NULL || q->head == NULL) continue;
        for (const struct thread *t = q->head; t != NULL; t = t->q_next) {
            v->blame = t;
            if (t->state != q->head->state) return false;
        }
    }
    return true;
}

bool inv_sender_via(struct view *v)
{
    for (uint32_t i = 0; i < v->thread_count; i++) {
        const struct thread *t = v->threads[i];
        bool waits = t->state == T_WAITING;
        if (t->state != T_SENDING && t->state != T_RECEIVING && !waits) continue;
        v->blame = t;
        uint8_t right = t->state == T_SENDING ? RIGHT_WRITE : RIGHT_READ;
        if (!view_has_slot(t->via) || !(t->via->rights & right)) return false;
        if (t->via->type != (waits ? CAP_NOTIFICATION : CAP_ENDPOINT)) return false;
        const struct notification *n = cap_object(t->via);
        if ((waits ? (const void *)&n->queue : n) != t->queue) return false;
        if (!(t->via->flags & SLOT_WAITED)) return false;
    }
    return true;
}

static bool reply_is_right(const struct reply *r)
{
    const struct thread *t = r->thread;
    switch ((enum reply_state)r->state) {
    case REPLY_FREE:
        return t == NULL;
    case REPLY_NAMED:
        return view_has_object(CAP_THREAD, t) && t->state == T_RECEIVING && t->reply == r;
    case REPLY_BOUND:
        return view_has_object(CAP_THREAD, t) && t->state == T_AWAIT_REPLY && t->reply == r;
    }
    return false;
}

bool inv_reply_linked(struct view *v)
{
    for (uint32_t i = 0; i < v->object_count; i++) {
        if (v->objects[i].type != CAP_REPLY) continue;
        v->blame = phys_to_ptr(v->objects[i].obj);
        if (!reply_is_right(v->blame)) return false;
    }
    for (uint32_t i = 0; i < v->thread_count; i++) {
        const struct thread *t = v->threads[i];
        v->blame = t;
        if (t->reply == NULL) continue;
        if (!view_has_object(CAP_REPLY, t->reply) || t->reply->thread != t) return false;
    }
    return true;
}

bool inv_notification_empty(struct view *v)
{
    for (uint32_t i = 0; i < v->object_count; i++) {
        if (v->objects[i].type != CAP_NOTIFICATION) continue;
        const struct notification *n = phys_to_ptr(v->objects[i].obj);
        v->blame = n;
        if (n->word != 0 && n->queue.head != NULL) return false;
    }
    return true;
}

bool inv_notification_user(struct view *v)
{
    for (uint32_t i = 0; i < v->object_count; i++) {
        if (v->objects[i].type != CAP_NOTIFICATION) continue;
        const struct notification *n = phys_to_ptr(v->objects[i].obj);
        v->blame = n;
        if (n->user == NULL) continue;
        if (!view_has_object(CAP_THREAD, n->user)) return false;
        const struct slot *s = thread_slot(n->user, TS_NOTIFY);
        if (s->type != CAP_NOTIFICATION || cap_object(s) != n) return false;
    }
    for (uint32_t i = 0; i < v->thread_count; i++) {
        const struct slot *s = thread_slot(v->threads[i], TS_NOTIFY);
        v->blame = v->threads[i];
        if (s->type == CAP_EMPTY) continue;
        if (s->type != CAP_NOTIFICATION) return false;
        if (((const struct notification *)cap_object(s))->user != v->threads[i]) return false;
    }
    return true;
}
