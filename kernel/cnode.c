/* cnode.c - copy, mint, move; what goes into a thread's slots configures it. */
#include "commit.h"
#include "endpoint.h"
#include "invoke.h"
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
static enum err slot_config_check(const struct slot *cap, uint64_t rights, uint64_t index)
{
    if (cap->type != config_caps[index].type) return ERR_CAP_TYPE;
    if ((rights & config_caps[index].rights) != config_caps[index].rights) return ERR_RIGHTS;
    if (index == TS_BUFFER && (cap->bits != PAGE_BITS || cap->flags & CAP_FLAG_DEVICE))
        return ERR_RANGE;
    struct thread *const *user = cap_object(cap); /* the first member of both */
    return (index == TS_SCHED || index == TS_NOTIFY) && *user != NULL ? ERR_BUSY : OK;
}

enum err copy_check(const struct request *rq)
{
    /* These name one holder: their state is in the slot, or they are used once. */
    uint8_t type = rq->arg->type;
    if (type == CAP_UNTYPED || type == CAP_PTABLE || type == CAP_REPLY) return ERR_CAP_TYPE;
    if (rq->w[1] > RIGHTS_ALL) return ERR_RANGE;
    if (rq->arg->flags & SLOT_FROZEN) return ERR_BUSY;
    if (rq->arg->depth == 255) return ERR_DEPTH;
    if (rq->into->type != CAP_THREAD || rq->index >= TS_COUNT) return OK;
    return slot_config_check(rq->arg, rq->arg->rights & rq->w[1], rq->index);
}

enum err mint_check(const struct request *rq)
{
    const struct slot *s = rq->arg;
    uint64_t badge = rq->w[2];
    bool badged = s->type == CAP_ENDPOINT || s->type == CAP_NOTIFICATION;
    if (badge != 0 && (!badged || (s->badge != 0 && s->badge != badge))) return ERR_RANGE;
    return rq->w[3] & ~(uint64_t)CAP_FLAG_BOUND ? ERR_RANGE : copy_check(rq);
}

void copy_apply(struct request *rq)
{
    bool mints = rq->op == OP_MINT;
    struct slot cap = *rq->arg;
    cap.rights &= (uint8_t)rq->w[1];
    cap.extra = 0;
    cap.flags &= CAP_FLAG_DEVICE | CAP_FLAG_BOUND;
    if (cap.type == CAP_FRAME) cap.badge = 0; /* the copy is not mapped */
    if (mints && rq->w[2] != 0) cap.badge = rq->w[2];
    if (mints) cap.flags |= (uint8_t)rq->w[3];
    slot_insert(rq->dst, (uint32_t)rq->index, &cap, rq->arg);
    if (rq->into->type == CAP_THREAD && (rq->index == TS_SCHED || rq->index == TS_NOTIFY))
        *(struct thread **)cap_object(rq->dst) = thread_of(rq->into);
    commit_slot(mints ? COMMIT_MINT : COMMIT_COPY, rq->dst, rq->arg, 0, 0);
}

enum err move_check(const struct request *rq)
{
    if (slot_container(rq->arg)->type != CAP_CNODE) return ERR_CAP_TYPE;
    return rq->arg->flags & SLOT_FROZEN ? ERR_BUSY : OK;
}

void move_apply(struct request *rq)
{
    uint32_t work = WORK_PER_STEP;
    rq->result = ipc_cancel_via(rq->arg, &work) ? OK : ERR_PARTIAL; /* who sends by the old name */
    if (rq->result != OK) return;
    slot_replace(rq->dst, (uint32_t)rq->index, rq->arg);
    commit_slot(COMMIT_MOVE, rq->dst, rq->arg, 0, 0);
}

void credit_apply(struct request *rq)
{
    ((struct container *)cap_object(rq->cap))->credits = rq->w[0];
}
