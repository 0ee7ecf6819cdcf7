/* invoke.c - the table of operations, and how operands are named. */
#include "invoke.h"

enum { ANY = 255, AT_TARGET = 9 }; /* any type; the destination is the slot in rdi itself */
enum { R = RIGHT_READ, W = RIGHT_WRITE, G = RIGHT_GRANT };
#define T(type) (1u << CAP_##type)

/* Operations of one line. */
static void brief_apply(struct request *rq)
{
    void *object = cap_object(rq->cap);
    if (rq->op == OP_CREDIT) ((struct container *)object)->credits = rq->w[0];
    if (rq->op == OP_THREAD_STOP) thread_stop(object);
    if (rq->op == OP_SCHED_READ) sched_pay(cpu(), cpu()->now);
    if (rq->op == OP_SCHED_READ) rq->w[0] = ((const struct sched *)object)->consumed;
    if (rq->op == OP_PADDR) rq->w[0] = rq->cap->obj;
    if (rq->op == OP_IRQ_ACK) arch_irq_unmask((uint32_t)rq->cap->obj);
    if (rq->op == OP_CPU_START) arch_cpu_start((uint8_t)rq->w[0]);
}

static const struct row {
    uint32_t types;         /* a bit for each type of the capability in rdi, or of its container */
    uint8_t right;          /* that it needs; to the slots of a container, the name has W */
    uint8_t arg, arg_right; /* operand 0 names a capability of this type, with this right; 0 none */
    uint8_t place;          /* this operand (from 1) names a destination; 0 none */
    check_fn *check;
    apply_fn *apply;
} rows[] = {
    /* by enum operation */
    [OP_COPY] = {T(CNODE) | T(THREAD), W, ANY, 0, AT_TARGET, copy_check, copy_apply},
    [OP_MINT] = {T(CNODE) | T(THREAD), W, ANY, 0, AT_TARGET, copy_check, copy_apply},
    [OP_MOVE] = {T(CNODE), W, ANY, 0, AT_TARGET, move_check, move_apply},
    [OP_DELETE] = {T(CNODE) | T(THREAD), W, 0, 0, 0, busy_check, delete_apply},
    [OP_REVOKE] = {T(CNODE), W, 0, 0, 0, NULL, revoke_apply},
    [OP_CREDIT] = {T(CNODE), W, 0, 0, 0, NULL, brief_apply},
    [OP_RETYPE] = {T(UNTYPED), W, 0, 0, 4, retype_check, retype_apply},
    [OP_THREAD_START] = {T(THREAD), W, 0, 0, 0, start_check, start_apply},
    [OP_THREAD_CONFIG] = {T(THREAD), W, 0, 0, 0, config_check, config_apply},
    [OP_THREAD_STOP] = {T(THREAD), W, 0, 0, 0, NULL, brief_apply},
    [OP_THREAD_READ] = {T(THREAD), R, 0, 0, 0, read_check, read_apply},
    [OP_SCHED_CONFIG] = {T(SCHED), W, 0, 0, 0, sched_check, sched_config_apply},
    [OP_SCHED_READ] = {T(SCHED), R, 0, 0, 0, NULL, brief_apply},
    [OP_MAP] = {T(PTABLE) | T(FRAME), 0, CAP_ASPACE, W, 0, map_check, map_apply},
    [OP_UNMAP] = {T(PTABLE) | T(FRAME), 0, 0, 0, 0, busy_check, unmap_apply},
    [OP_PADDR] = {T(FRAME), G, 0, 0, 0, NULL, brief_apply},
    [OP_IRQ_GET] = {T(IRQ_CONTROL), W, 0, 0, 2, get_check, get_apply},
    [OP_CPU_START] = {T(IRQ_CONTROL), W, 0, 0, 0, NULL, brief_apply},
    [OP_IRQ_BIND] = {T(IRQ), G, CAP_NOTIFICATION, W, 0, NULL, irq_bind_apply},
    [OP_IRQ_ACK] = {T(IRQ), W, 0, 0, 0, NULL, brief_apply},
    [OP_PORTS_GET] = {T(PORT_CONTROL), W, 0, 0, 3, get_check, get_apply},
    [OP_PORT_IN] = {T(PORTS), R, 0, 0, 0, port_check, port_apply},
    [OP_PORT_OUT] = {T(PORTS), W, 0, 0, 0, port_check, port_apply},
    [OP_LOG_ACK] = {T(LOG), W, 0, 0, 0, log_ack_check, log_ack_apply},
    [OP_LOG_BIND] = {T(LOG), W, CAP_NOTIFICATION, W, 0, NULL, irq_bind_apply},
    [OP_LOG_MODE] = {T(LOG), W, 0, 0, 0, NULL, log_ack_apply},
    [OP_LOG_WALK] = {T(LOG), R, 0, 0, 0, walk_check, walk_apply},
};

/* The container and index of a 64-bit name. */
static enum err place_decode(const struct request *rq, uint64_t name, struct container **out,
                             uint64_t *index)
{
    struct slot *s;
    *out = rq->caller->cspace;
    *index = (uint32_t)name;
    if (name >> 32 == 0) return OK;
    enum err e = slot_lookup(*out, name >> 32, &s);
    if (e != OK) return e;
    if (s->type != CAP_CNODE && s->type != CAP_THREAD) return ERR_CAP_TYPE;
    *out = cap_object(s);
    return s->rights & RIGHT_WRITE ? OK : ERR_RIGHTS;
}

/* The row for the target. A slot operation needs its container named by a capability: a thread's
 * own CNode (the short form) gives no authority over its slots. */
static enum err target_decode(struct request *rq, uint64_t name, const struct row **out)
{
    bool on_slot = rq->op >= OP_COPY && rq->op <= OP_REVOKE;
    enum err e = place_decode(rq, name, &rq->into, &rq->index);
    if (e == OK && on_slot && name >> 32 == 0) e = ERR_CAP_TYPE;
    if (e == OK && !on_slot) e = slot_lookup(rq->into, rq->index, &rq->cap);
    if (e != OK) return e;
    uint8_t type = on_slot ? rq->into->type : rq->cap->type;
    const struct row *r = *out = &rows[rq->op < sizeof(rows) / sizeof(rows[0]) ? rq->op : 0];
    if (!(r->types >> type & 1)) return ERR_CAP_TYPE;
    return on_slot || (rq->cap->rights & r->right) == r->right ? OK : ERR_RIGHTS;
}

static enum err operands_decode(struct request *rq, const struct row *r)
{
    struct container *from;
    uint64_t index;
    if (r->arg != 0) {
        enum err e = place_decode(rq, rq->w[0], &from, &index);
        if (e == OK) e = slot_lookup(from, index, &rq->arg);
        if (e != OK) return e;
        if (r->arg != ANY && rq->arg->type != r->arg) return ERR_CAP_TYPE;
        if ((rq->arg->rights & r->arg_right) != r->arg_right) return ERR_RIGHTS;
    }
    if (r->place == 0 || r->place == AT_TARGET) return OK;
    enum err e = place_decode(rq, rq->w[r->place - 1], &rq->into, &rq->index);
    return e == OK && rq->into->type != CAP_CNODE ? ERR_CAP_TYPE : e;
}

/* Is there room for a new capability in the tree, and in its slot? */
static enum err place_check(struct request *rq, const struct row *r)
{
    const struct slot *parent = r->arg == ANY ? rq->arg : rq->cap;
    if (parent->flags & SLOT_FROZEN) return ERR_BUSY;
    if (parent->depth == 255 && rq->op != OP_MOVE) return ERR_DEPTH;
    return slot_lookup_empty(rq->into, rq->index, &rq->dst);
}

enum err invoke(struct request *rq, uint64_t name)
{
    const struct row *row;
    enum err e = target_decode(rq, name, &row);
    if (e == OK) e = operands_decode(rq, row);
    if (e == OK && (rq->op == OP_DELETE || rq->op == OP_REVOKE)) {
        e = slot_lookup(rq->into, rq->index, &rq->cap);
        bool clears = e == ERR_REVOKED && rq->op == OP_DELETE; /* the owner clears the mark */
        if (clears) rq->cap = container_slot(rq->into, (uint32_t)rq->index);
        if (clears) e = OK;
    }
    if (e == OK && row->check != NULL) e = row->check(rq);
    if (e == OK && row->place != 0) e = place_check(rq, row);
    if (e == OK && !log_has_room() && rq->op != OP_LOG_ACK) e = ERR_LOG_FULL;
    if (e != OK) return e;
    row->apply(rq);
    return rq->result;
}
