/*
 * cnode.c - copy, mint, move, delete, revoke, drop; what goes into a thread's slots configures it.
 *
 * How things end is preemptible between two slots: work is counted down, ERR_PARTIAL says that it
 * is used up, and every stop is between two whole steps, each with its commits (INV-DESTROY-1). A
 * container is emptied, top slot first, before it goes; the first step freezes it, so progress is
 * certain.
 */
#include "endpoint.h"
#include "invoke.h"
#include "irq.h"
#include "vspace.h"

enum { NESTING_MAX = 8, SCAN_PER_WORK = 32 };

static const uint32_t stateless = 1 << CAP_UNTYPED | 1 << CAP_PTABLE | 1 << CAP_FRAME |
                                  1 << CAP_PORTS | 1 << CAP_IRQ_CONTROL | 1 << CAP_PORT_CONTROL |
                                  1 << CAP_LOG;

struct deletion {
    enum commit_op op; /* COMMIT_DELETE or COMMIT_DROP */
    bool marks;
    uint64_t why;  /* the slot revoked, 0 none */
    uint32_t work; /* what is left of this step's */
};

/* The highest slot in use, NULL if none. `top` only ever falls past empty ones. */
static struct slot *container_last(struct container *c, uint32_t *work)
{
    for (uint32_t scanned = 1; c->top > 0; c->top--, scanned++) {
        struct slot *s = container_slot(c, c->top);
        if (s->type != CAP_EMPTY && s->type != CAP_REVOKED) return s;
        if (scanned % SCAN_PER_WORK == 0 && --*work == 0) return s;
    }
    return NULL;
}

/* What has to go before `s` can: itself, or the last slot of the container that it alone names, and
 * so on inwards. NULL if that goes too deep. */
static struct slot *innermost(struct slot *s, uint32_t *work)
{
    for (uint32_t level = 0; level < NESTING_MAX; level++) {
        if ((s->type != CAP_CNODE && s->type != CAP_THREAD) || !slot_is_last(s)) return s;
        struct container *c = cap_object(s);
        if (s->type == CAP_THREAD && !c->frozen) thread_stop((struct thread *)c);
        c->frozen = true;
        struct slot *inner = container_last(c, work);
        if (inner == NULL || *work == 0) return s;
        s = inner;
    }
    return NULL;
}

static void object_gone(const struct slot *s)
{
    if (s->type == CAP_ASPACE) arch_tlb_flush(s->obj, ~0ull);
    if (s->type == CAP_THREAD) arch_thread_gone(cap_object(s));
    if (s->type == CAP_IRQ) arch_irq_mask((uint32_t)s->obj);
    if (s->type == CAP_IRQ) irq_lines[s->obj] = (struct irq_line){0};
    if (s->type == CAP_NOTIFICATION) irq_forget(cap_object(s));
    if (!(stateless >> s->type & 1))
        commit_emit(&(struct commit){.op = COMMIT_DESTROY, .type = s->type, .obj = s->obj});
}

/* One slot goes; its waiters are told already. */
static void slot_end(struct slot *s, enum commit_op op, bool marks, uint64_t why)
{
    struct thread *t = (struct thread *)slot_container(s);
    uint32_t which = t->head.type == CAP_THREAD ? s->index : 0; /* it configures */
    if (which == TS_ASPACE) thread_stop(t);
    if (which == TS_CSPACE) t->cspace = &no_cspace;
    if (which == TS_SCHED) sched_home_gone(t);
    if (which == TS_SCHED || which == TS_NOTIFY) *(struct thread **)cap_object(s) = NULL;
    if (vspace_is_mapped(s)) vspace_unmap(s);
    struct slot was = *s;
    bool last = slot_is_last(s);
    s->flags = marks ? DELETE_MARKS : 0;
    commit_slot(op, s, NULL, why, 0);
    slot_remove(s, marks);
    if (last) object_gone(&was);
}

static enum err slot_delete(struct slot *s, struct deletion *d)
{
    if (s->type == CAP_REVOKED) { /* its holder has seen it */
        s->type = CAP_EMPTY;
        commit_emit(
            &(struct commit){.op = COMMIT_DROP, .type = CAP_REVOKED, .dst = ptr_to_phys(s)});
        return OK;
    }
    for (;;) {
        if (d->work == 0) return ERR_PARTIAL;
        struct slot *x = innermost(s, &d->work);
        if (x == NULL) return ERR_BUSY;
        if (vspace_is_busy(x)) return ERR_BUSY;
        if (x->type == CAP_REPLY) ipc_cancel_reply(cap_object(x));
        if (x->flags & SLOT_WAITED && !ipc_cancel_via(x, &d->work)) return ERR_PARTIAL;
        if (d->work == 0) return ERR_PARTIAL;
        d->work -= x->type == CAP_PTABLE && d->work > 1 ? 2 : 1; /* all entries were looked at */
        slot_end(x, x == s ? d->op : COMMIT_DELETE, x == s && d->marks, d->why);
        if (x == s) return OK;
    }
}

void delete_apply(struct request *rq)
{
    struct deletion d = {.op = COMMIT_DELETE, .work = WORK_PER_STEP};
    rq->result = slot_delete(rq->cap, &d);
}

/* Leaves first. A slot that its owner did not empty itself is marked, so that an old index never
 * silently names something new. */
void revoke_apply(struct request *rq)
{
    struct deletion d = {.op = COMMIT_DELETE, .why = ptr_to_phys(rq->cap), .work = WORK_PER_STEP};
    rq->cap->flags |= SLOT_FROZEN;
    while (rq->cap->child != NULL) {
        struct slot *leaf = rq->cap->child;
        for (uint32_t deep = 1; leaf->child != NULL; deep++) { /* at most 255: INV-CAP-3 */
            if (deep % SCAN_PER_WORK == 0 && d.work > 1) d.work--;
            leaf = leaf->child;
        }
        const struct container *c = slot_container(leaf);
        d.marks = c->type == CAP_CNODE && c != rq->caller->cspace;
        rq->result = slot_delete(leaf, &d);
        if (rq->result != OK) return;
    }
    rq->cap->flags &= (uint8_t)~SLOT_FROZEN;
    if (rq->cap->type == CAP_EMPTY) return; /* it lay in what it was revoked of */
    commit_emit(&(struct commit){.op = COMMIT_REVOKED, .dst = d.why});
}

enum err drop(struct thread *t, uint64_t name)
{
    struct slot *s;
    struct container *c = t->cspace;
    enum err e = slot_lookup(c, name, &s);
    if (e != OK && e != ERR_REVOKED) return e;
    if (c->credits == 0) return ERR_LOG_QUOTA;
    s = container_slot(c, (uint32_t)name);
    if (e == OK && !cap_is_use(s)) return ERR_CAP_TYPE;
    struct deletion d = {.op = COMMIT_DROP, .work = WORK_PER_STEP};
    e = slot_delete(s, &d);
    if (e == OK && c->credits != ~0ull) c->credits--;
    return e;
}

/* By enum thread_slot. */
static const uint8_t config_types[TS_COUNT] = {
    0, CAP_CNODE, CAP_ASPACE, CAP_FRAME, CAP_ENDPOINT, CAP_SCHED, CAP_NOTIFICATION};
static const uint8_t config_rights[TS_COUNT] = {0,           0, 0,         RIGHT_READ | RIGHT_WRITE,
                                                RIGHT_WRITE, 0, RIGHT_READ};

/* May `cap` configure a thread in slot `index`? A context and a notification serve one thread. */
/*@ requires \valid_read(cap) && index < TS_COUNT && \valid_read((struct thread **)object_of(cap));
    assigns \nothing;
    ensures \result == OK && index == TS_CSPACE ==> cap->type == CAP_CNODE;
    ensures \result == OK && index == TS_ASPACE ==> cap->type == CAP_ASPACE;
    ensures \result == OK && index == TS_BUFFER ==> cap->type == CAP_FRAME &&
        cap->bits == PAGE_BITS;
    ensures \result == OK && index == TS_FAULT ==> cap->type == CAP_ENDPOINT;
    ensures \result == OK && index == TS_SCHED ==> cap->type == CAP_SCHED &&
        *(struct thread **)object_of(cap) == \null;
    ensures \result == OK && index == TS_NOTIFY ==> cap->type == CAP_NOTIFICATION &&
        *(struct thread **)object_of(cap) == \null; */
static enum err slot_config_check(const struct slot *cap, uint64_t rights, uint64_t index)
{
    if (cap->type != config_types[index]) return ERR_CAP_TYPE;
    if ((rights & config_rights[index]) != config_rights[index]) return ERR_RIGHTS;
    if (index == TS_BUFFER && (cap->bits != PAGE_BITS || cap->flags & CAP_FLAG_DEVICE))
        return ERR_RANGE;
    struct thread *const *user = cap_object(cap); /* the first member of both */
    return (index == TS_SCHED || index == TS_NOTIFY) && *user != NULL ? ERR_BUSY : OK;
}

/* What has a holder is not copied; a badge is set once. */
/*@ requires readable(rq) && \valid_read(rq->arg) && \valid_read(rq->into);
    requires \valid_read((struct thread **)object_of(rq->arg));
    assigns \nothing;
    ensures \result == OK ==> !(rq->arg->type \in {CAP_UNTYPED, CAP_PTABLE, CAP_REPLY});
    ensures \result == OK ==> rq->w[1] <= RIGHTS_ALL;
    ensures \result == OK && rq->op == OP_MINT && rq->w[2] != 0 ==>
        rq->arg->type \in {CAP_ENDPOINT, CAP_NOTIFICATION} &&
        rq->arg->badge \in {0, rq->w[2]}; */
enum err copy_check(const struct request *rq)
{
    const struct slot *s = rq->arg;
    uint64_t badge = rq->op == OP_MINT ? rq->w[2] : 0, flags = rq->op == OP_MINT ? rq->w[3] : 0;
    /* These name one holder: their state is in the slot, or they are used once. */
    if (s->type == CAP_UNTYPED || s->type == CAP_PTABLE || s->type == CAP_REPLY)
        return ERR_CAP_TYPE;
    if (rq->w[1] > RIGHTS_ALL || flags & ~(uint64_t)CAP_FLAG_BOUND) return ERR_RANGE;
    bool badged = s->type == CAP_ENDPOINT || s->type == CAP_NOTIFICATION;
    if (badge != 0 && (!badged || (s->badge != 0 && s->badge != badge))) return ERR_RANGE;
    if (rq->into->type != CAP_THREAD || rq->index >= TS_COUNT) return OK;
    return slot_config_check(s, s->rights & rq->w[1], rq->index);
}

void copy_apply(struct request *rq)
{
    bool mints = rq->op == OP_MINT;
    struct slot *s = rq->dst;
    slot_insert(s, (uint32_t)rq->index, rq->arg, rq->arg);
    s->rights &= (uint8_t)rq->w[1];
    s->extra = 0;
    s->flags &= CAP_FLAG_DEVICE | CAP_FLAG_BOUND;
    if (s->type == CAP_FRAME) s->badge = 0; /* the copy is not mapped */
    if (mints && rq->w[2] != 0) s->badge = rq->w[2];
    if (mints) s->flags |= (uint8_t)rq->w[3];
    struct thread *t = rq->into->type == CAP_THREAD ? (struct thread *)rq->into : NULL;
    bool held = t != NULL && (rq->index == TS_SCHED || rq->index == TS_NOTIFY);
    if (held) *(struct thread **)cap_object(s) = t;
    if (t != NULL) sched_place(t);
    if (held && s->type == CAP_NOTIFICATION)
        notification_signal(cap_object(s), 0); /* it may wait */
    commit_slot(mints ? COMMIT_MINT : COMMIT_COPY, s, rq->arg, 0, 0);
}

enum err move_check(const struct request *rq)
{
    return slot_container(rq->arg)->type != CAP_CNODE ? ERR_CAP_TYPE : OK;
}

void move_apply(struct request *rq)
{
    uint32_t work = WORK_PER_STEP;
    rq->result = ipc_cancel_via(rq->arg, &work) ? OK : ERR_PARTIAL; /* who waits by the old name */
    if (rq->result != OK) return;
    slot_replace(rq->dst, (uint32_t)rq->index, rq->arg);
    commit_slot(COMMIT_MOVE, rq->dst, rq->arg, 0, 0);
}
