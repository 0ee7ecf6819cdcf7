/* cnode.c - copy, mint, move; what goes into a thread's slots configures it. */
#include "commit.h"
#include "endpoint.h"
#include "invoke.h"
#include "notification.h"
#include "sched.h"

static const struct {
    uint8_t type, rights;
} config_caps[TS_COUNT] = {
    [TS_CSPACE] = {CAP_CNODE, 0},
    [TS_ASPACE] = {CAP_ASPACE, 0},
    [TS_BUFFER] = {CAP_FRAME, RIGHT_READ | RIGHT_WRITE},
    [TS_FAULT] = {CAP_ENDPOINT, RIGHT_WRITE},
    [TS_SCHED] = {CAP_SCHED, 0},
    [TS_NOTIFY] = {CAP_NOTIFICATION, RIGHT_READ},
};

/* May `cap` configure a thread in slot `index`? A context and a notification serve one thread. */
static enum err config_check(const struct slot *cap, uint8_t rights, uint64_t index)
{
    if (cap->type != config_caps[index].type) return ERR_CAP_TYPE;
    if ((rights & config_caps[index].rights) != config_caps[index].rights) return ERR_RIGHTS;
    if (index == TS_BUFFER && (cap->bits != PAGE_BITS || cap->flags & CAP_FLAG_DEVICE))
        return ERR_RANGE;
    if (index == TS_SCHED && ((const struct sched *)cap_object(cap))->home != NULL)
        return ERR_BUSY;
    if (index == TS_NOTIFY && ((const struct notification *)cap_object(cap))->bound != NULL)
        return ERR_BUSY;
    return OK;
}

static void config_set(const struct slot *s)
{
    struct thread *t = thread_of(slot_container(s));
    if (s->index == TS_SCHED) ((struct sched *)cap_object(s))->home = t;
    if (s->index == TS_NOTIFY) ((struct notification *)cap_object(s))->bound = t;
}

static enum err derive_decode(const struct request *rq, struct plan *out)
{
    struct container *from;
    uint64_t index;
    struct plan p = {.into = rq->into, .index = (uint32_t)rq->index, .a = rq->w[1]};
    enum err e = request_place(rq, rq->w[0], &from, &index);
    if (e == OK) e = slot_lookup(from, index, &p.src);
    if (e != OK) return e;
    /* These name one holder: their state is in the slot, or they are used once. */
    uint8_t type = p.src->type;
    if (type == CAP_UNTYPED || type == CAP_PTABLE || type == CAP_REPLY) return ERR_CAP_TYPE;
    if (rq->w[1] > RIGHTS_ALL) return ERR_RANGE;
    e = slot_lookup_empty(rq->into, rq->index, &p.dst);
    if (e != OK) return e;
    if (rq->into->type == CAP_THREAD)
        e = config_check(p.src, (uint8_t)(p.src->rights & p.a), rq->index);
    if (e != OK) return e;
    if (p.src->flags & SLOT_FROZEN) return ERR_BUSY;
    if (p.src->depth == 255) return ERR_DEPTH;
    p.b = p.src->badge;
    p.c = p.src->flags & (CAP_FLAG_DEVICE | CAP_FLAG_BOUND);
    p.d = COMMIT_COPY;
    if (type == CAP_FRAME) p.b = 0; /* the copy is not mapped */
    *out = p;
    return OK;
}

enum err copy_decode(const struct request *rq, struct plan *out)
{
    return derive_decode(rq, out);
}

enum err mint_decode(const struct request *rq, struct plan *out)
{
    enum err e = derive_decode(rq, out);
    if (e != OK) return e;
    bool badged = out->src->type == CAP_ENDPOINT || out->src->type == CAP_NOTIFICATION;
    if (rq->w[2] != 0 && (!badged || (out->b != 0 && out->b != rq->w[2]))) return ERR_RANGE;
    if (rq->w[3] & ~(uint64_t)CAP_FLAG_BOUND) return ERR_RANGE;
    if (rq->w[2] != 0) out->b = rq->w[2];
    out->c |= rq->w[3];
    out->d = COMMIT_MINT;
    return OK;
}

enum err copy_apply(const struct plan *p, uint64_t *out)
{
    (void)out;
    struct slot cap = *p->src;
    cap.rights &= (uint8_t)p->a;
    cap.badge = p->b;
    cap.extra = 0;
    cap.flags = (uint8_t)p->c;
    slot_insert(p->dst, p->index, &cap, p->src);
    if (p->into->type == CAP_THREAD) config_set(p->dst);
    commit_slot((enum commit_op)p->d, p->dst, p->src, NULL);
    return OK;
}

enum err move_decode(const struct request *rq, struct plan *out)
{
    struct container *from;
    uint64_t index;
    struct plan p = {.index = (uint32_t)rq->index};
    enum err e = request_place(rq, rq->w[0], &from, &index);
    if (e == OK) e = slot_lookup(from, index, &p.src);
    if (e == OK && from->type != CAP_CNODE) e = ERR_CAP_TYPE;
    if (e == OK) e = slot_lookup_empty(rq->into, rq->index, &p.dst);
    if (e != OK) return e;
    if (p.src->flags & SLOT_FROZEN || ipc_has_senders(p.src)) return ERR_BUSY;
    *out = p;
    return OK;
}

enum err move_apply(const struct plan *p, uint64_t *out)
{
    (void)out;
    slot_replace(p->dst, p->index, p->src);
    commit_slot(COMMIT_MOVE, p->dst, p->src, NULL);
    return OK;
}

enum err credit_decode(const struct request *rq, struct plan *out)
{
    *out = (struct plan){.into = cap_object(rq->cap), .a = rq->w[0]};
    return OK;
}

enum err credit_apply(const struct plan *p, uint64_t *out)
{
    (void)out;
    p->into->credits = p->a;
    return OK;
}
