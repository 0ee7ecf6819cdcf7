/* thread.c - thread states, and the operations on threads. */
#include "arch.h"
#include "check.h"
#include "commit.h"
#include "endpoint.h"
#include "invoke.h"
#include "sched.h"

#define TO(s) (1u << (s))

/* Row: from. Bits: allowed next states. Every state may also become T_INACTIVE. */
static const uint16_t next_states[T_COUNT] = {
    [T_INACTIVE] = TO(T_READY),
    [T_READY] = TO(T_RUNNING) | TO(T_PARKED),
    [T_RUNNING] = TO(T_READY) | TO(T_PARKED) | TO(T_STOPPED) | TO(T_SENDING) | TO(T_RECEIVING) |
                  TO(T_WAITING) | TO(T_AWAIT_REPLY),
    [T_PARKED] = TO(T_READY),
    [T_STOPPED] = TO(T_READY),
    [T_SENDING] = TO(T_READY) | TO(T_AWAIT_REPLY),
    [T_RECEIVING] = TO(T_READY),
    [T_WAITING] = TO(T_READY),
    [T_AWAIT_REPLY] = TO(T_READY),
};

void queue_push(struct queue *q, struct thread *t)
{
    t->queue = q;
    t->q_next = NULL;
    t->q_prev = q->tail;
    if (q->tail != NULL) {
        q->tail->q_next = t;
    } else {
        q->head = t;
    }
    q->tail = t;
}

void queue_insert_before(struct queue *q, struct thread *t, struct thread *at)
{
    if (at == NULL) {
        queue_push(q, t);
        return;
    }
    t->queue = q;
    t->q_next = at;
    t->q_prev = at->q_prev;
    if (at->q_prev != NULL) {
        at->q_prev->q_next = t;
    } else {
        q->head = t;
    }
    at->q_prev = t;
}

void queue_remove(struct thread *t)
{
    struct queue *q = t->queue;
    if (t->q_prev != NULL) {
        t->q_prev->q_next = t->q_next;
    } else {
        q->head = t->q_next;
    }
    if (t->q_next != NULL) {
        t->q_next->q_prev = t->q_prev;
    } else {
        q->tail = t->q_prev;
    }
    t->queue = NULL;
    if (q->head == NULL) sched_queue_empty(q);
}

void thread_init(struct thread *t)
{
    static uint32_t last_id;
    container_init(&t->head, CAP_THREAD, TS_COUNT);
    t->id = ++last_id;
    arch_fpu_init(t->fpu);
}

void thread_move(struct thread *t, enum thread_state to)
{
    CHECK(to == T_INACTIVE || next_states[t->state] & TO(to));
    if (t->queue != NULL) queue_remove(t);
    t->state = (uint8_t)to;
    if (cpu()->current == t && to != T_RUNNING) cpu()->current = NULL;
}

void thread_wake(struct thread *t, enum err result)
{
    if (!t->is_fault) {
        t->regs.rax = result;
        t->regs.rdi = t->regs.rsi = 0;
    }
    t->is_fault = false;
    sched_ready(t);
}

void thread_stop(struct thread *t)
{
    ipc_abandon(t);
    sched_unlink(t);
    thread_move(t, T_INACTIVE);
}

enum err start_decode(const struct request *rq, struct plan *out)
{
    const struct thread *t = cap_object(rq->cap);
    if (rq->w[0] < USER_MIN || rq->w[0] >= USER_MAX) return ERR_RANGE;
    if (rq->w[1] >= USER_MAX || rq->w[3] >= USER_MAX) return ERR_RANGE;
    if (t->state != T_INACTIVE || thread_aspace(t) == 0) return ERR_BUSY;
    *out = (struct plan){
        .dst = rq->cap, .a = rq->w[0], .b = rq->w[1], .c = rq->w[2], .d = rq->w[3]};
    return OK;
}

enum err start_apply(const struct plan *p, uint64_t *out)
{
    (void)out;
    struct thread *t = cap_object(p->dst);
    t->regs = (struct thread_regs){
        .rip = p->a, .rsp = p->b, .rdi = p->c, .fs_base = p->d, .rflags = RFLAGS_USER};
    t->by_syscall = false;
    t->is_fault = false;
    sched_ready(t);
    return OK;
}

enum err config_decode(const struct request *rq, struct plan *out)
{
    if (rq->w[0] > 255 || rq->w[1] & ~(uint64_t)THREAD_FPU) return ERR_RANGE;
    *out = (struct plan){.dst = rq->cap, .a = rq->w[0], .b = rq->w[1]};
    return OK;
}

enum err config_apply(const struct plan *p, uint64_t *out)
{
    (void)out;
    struct thread *t = cap_object(p->dst);
    bool queued = t->state == T_READY;
    if (queued) queue_remove(t);
    t->priority = (uint8_t)p->a;
    t->flags = (uint8_t)((t->flags & THREAD_DRAIN) | p->b);
    if (queued) sched_ready(t);
    commit_slot(COMMIT_CONFIGURE, p->dst, NULL, (uint64_t[]){t->priority, t->flags});
    return OK;
}

enum err stop_decode(const struct request *rq, struct plan *out)
{
    *out = (struct plan){.dst = rq->cap};
    return OK;
}

enum err stop_apply(const struct plan *p, uint64_t *out)
{
    (void)out;
    thread_stop(cap_object(p->dst));
    return OK;
}

enum err read_decode(const struct request *rq, struct plan *out)
{
    const struct thread *t = cap_object(rq->cap);
    if (rq->w[0] > THREAD_REGS - MSG_REGISTERS) return ERR_RANGE;
    if (t->state == T_RUNNING) return ERR_BUSY;
    *out = (struct plan){.dst = rq->cap, .a = rq->w[0]};
    return OK;
}

enum err read_apply(const struct plan *p, uint64_t *out)
{
    const struct thread *t = cap_object(p->dst);
    for (uint32_t i = 0; i < MSG_REGISTERS; i++) {
        out[i] = ((const uint64_t *)&t->regs)[p->a + i];
    }
    return OK;
}
