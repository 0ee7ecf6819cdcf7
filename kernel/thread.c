/* thread.c - thread states, and the operations on threads. */
#include "endpoint.h"
#include "invoke.h"

/*@ requires \valid(q) && \valid(t) && \separated(q, t);
    requires before != \null ==> \valid(before) && \separated(before, t, q);
    requires q->tail != \null ==> \valid(q->tail) && \separated(q->tail, t, q);
    requires before != \null && before->q_prev != \null ==>
        \valid(before->q_prev) && \separated(before->q_prev, before, t, q);
    assigns *q, t->queue, t->q_prev, t->q_next, before->q_prev, q->tail->q_next,
        before->q_prev->q_next;
    ensures t->queue == q && t->q_next == before;
    ensures before != \null ==> t->q_prev == \old(before->q_prev) && before->q_prev == t;
    ensures before == \null ==> t->q_prev == \old(q->tail) && q->tail == t;
    ensures t->q_prev != \null ==> t->q_prev->q_next == t;
    ensures t->q_prev == \null ==> q->head == t; */
void queue_insert(struct queue *q, struct thread *t, struct thread *before)
{
    struct thread *prev = before != NULL ? before->q_prev : q->tail;
    t->queue = q;
    t->q_prev = prev;
    t->q_next = before;
    *(prev != NULL ? &prev->q_next : &q->head) = t;
    *(before != NULL ? &before->q_prev : &q->tail) = t;
}

/*@ requires \valid(t) && \valid(t->queue) && \separated(t, t->queue);
    requires t->q_prev != \null ==> \valid(t->q_prev) && \separated(t->q_prev, t, t->queue);
    requires t->q_next != \null ==> \valid(t->q_next) && \separated(t->q_next, t, t->queue);
    requires t->q_prev != \null && t->q_next != \null ==> \separated(t->q_prev, t->q_next);
    assigns *t->queue, t->queue, t->q_prev->q_next, t->q_next->q_prev;
    ensures t->queue == \null;
    ensures t->q_prev == \null ? \old(t->queue)->head == t->q_next : t->q_prev->q_next == t->q_next;
    ensures t->q_next == \null ? \old(t->queue)->tail == t->q_prev
                               : t->q_next->q_prev == t->q_prev; */
void queue_remove(struct thread *t)
{
    struct queue *q = t->queue;
    *(t->q_prev != NULL ? &t->q_prev->q_next : &q->head) = t->q_next;
    *(t->q_next != NULL ? &t->q_next->q_prev : &q->tail) = t->q_prev;
    t->queue = NULL;
}

void thread_init(struct thread *t)
{
    static uint32_t last_id;
    container_init(&t->head, CAP_THREAD, TS_COUNT);
    t->id = ++last_id;
    t->cpu = t->goes = cpus;
    t->cspace = &no_cspace;
}

void thread_move(struct thread *t, enum thread_state to)
{
    if (t->queue != NULL) queue_remove(t);
    if (t->state == T_READY) sched_unready(t);
    if (t->state == T_PARKED) t->cpu->calm = 0; /* its refill is no longer waited for */
    t->state = (uint8_t)to;
    struct cpu *c = t->cpu;
    if (c->current != t) return;
    if (c != cpu()) arch_cpu_hold(c); /* it stops, and has paid */
    if (c->charged != cpu()->now) sched_pay(c, cpu()->now);
    c->current = NULL;
}

void thread_stop(struct thread *t)
{
    ipc_leave_reply(t);
    t->is_fault = false;
    sched_take_back(t);
    if (t->lender != NULL) sched_take_back(t->lender);
    thread_move(t, T_INACTIVE);
}

/*@ requires readable(rq) && \valid_read(rq->cap);
    requires thread_readable((struct thread *)object_of(rq->cap));
    assigns \nothing;
    ensures \result == OK ==> USER_MIN <= rq->w[0] < USER_MAX && rq->w[1] < USER_MAX &&
        rq->w[3] < USER_MAX && ((struct thread *)object_of(rq->cap))->state == T_INACTIVE; */
enum err start_check(const struct request *rq)
{
    const struct thread *t = cap_object(rq->cap);
    if (rq->w[0] < USER_MIN || rq->w[0] >= USER_MAX) return ERR_RANGE;
    if (rq->w[1] >= USER_MAX || rq->w[3] >= USER_MAX) return ERR_RANGE;
    return t->state != T_INACTIVE || thread_slot(t, TS_ASPACE)->obj == 0 ? ERR_BUSY : OK;
}

void start_apply(struct request *rq)
{
    struct thread *t = cap_object(rq->cap);
    t->regs = (struct thread_regs){.rip = rq->w[0],
                                   .rsp = rq->w[1],
                                   .rdi = rq->w[2],
                                   .fs_base = rq->w[3],
                                   .rflags = RFLAGS_USER};
    __builtin_memset(t->fpu, 0, sizeof(t->fpu));
    arch_fpu_init(t->fpu);
    t->by_syscall = false;
    sched_ready(t, false);
}

/*@ requires readable(rq);
    assigns \nothing;
    ensures \result == OK ==> rq->w[0] <= 255 && (rq->w[1] & ~(uint64_t)THREAD_FPU) == 0; */
enum err config_check(const struct request *rq)
{
    return rq->w[0] > 255 || rq->w[1] & ~(uint64_t)THREAD_FPU ? ERR_RANGE : OK;
}

void config_apply(struct request *rq)
{
    struct thread *t = cap_object(rq->cap);
    bool ready = t->state == T_READY;
    if (ready) thread_move(t, T_INACTIVE);
    t->priority = (uint8_t)rq->w[0];
    t->flags = (uint8_t)((t->flags & THREAD_DRAIN) | rq->w[1]);
    if (ready) sched_ready(t, false);
    commit_slot(COMMIT_CONFIGURE, rq->cap, NULL, t->priority, t->flags);
}

/* Then read_apply() reads inside `regs`. */
/*@ requires readable(rq) && \valid_read(rq->cap);
    requires thread_readable((struct thread *)object_of(rq->cap));
    assigns \nothing;
    ensures \result == OK ==> rq->w[0] + MSG_REGISTERS <= THREAD_REGS; */
enum err read_check(const struct request *rq)
{
    if (rq->w[0] > THREAD_REGS - MSG_REGISTERS) return ERR_RANGE;
    return ((const struct thread *)cap_object(rq->cap))->state == T_RUNNING ? ERR_BUSY : OK;
}

void read_apply(struct request *rq)
{
    const struct thread *t = cap_object(rq->cap);
    __builtin_memcpy(rq->w, (const uint64_t *)&t->regs + rq->w[0], sizeof(t->regs.w));
}
