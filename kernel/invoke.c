/* invoke.c - the table of operations, and how operands are named. */
#include "invoke.h"

#include "commit.h"

struct row {
    uint8_t type; /* of the capability in rdi; for slot operations of the slot's container */
    uint8_t right;
    uint8_t op; /* enum operation */
    decode_fn *decode;
    apply_fn *apply;
};

static const struct row rows[] = {
    {CAP_CNODE, RIGHT_WRITE, OP_COPY, copy_decode, copy_apply},
    {CAP_CNODE, RIGHT_WRITE, OP_MINT, mint_decode, copy_apply},
    {CAP_CNODE, RIGHT_WRITE, OP_MOVE, move_decode, move_apply},
    {CAP_CNODE, RIGHT_WRITE, OP_DELETE, delete_decode, delete_apply},
    {CAP_CNODE, RIGHT_WRITE, OP_REVOKE, revoke_decode, revoke_apply},
    {CAP_CNODE, RIGHT_WRITE, OP_CREDIT, credit_decode, credit_apply},
    {CAP_UNTYPED, RIGHT_WRITE, OP_RETYPE, retype_decode, retype_apply},
    {CAP_THREAD, RIGHT_WRITE, OP_COPY, copy_decode, copy_apply},
    {CAP_THREAD, RIGHT_WRITE, OP_MINT, mint_decode, copy_apply},
    {CAP_THREAD, RIGHT_WRITE, OP_DELETE, delete_decode, delete_apply},
    {CAP_THREAD, RIGHT_WRITE, OP_THREAD_START, start_decode, start_apply},
    {CAP_THREAD, RIGHT_WRITE, OP_THREAD_CONFIG, config_decode, config_apply},
    {CAP_THREAD, RIGHT_WRITE, OP_THREAD_STOP, stop_decode, stop_apply},
    {CAP_THREAD, RIGHT_READ, OP_THREAD_READ, read_decode, read_apply},
    {CAP_SCHED, RIGHT_WRITE, OP_SCHED_CONFIG, sched_config_decode, sched_config_apply},
    {CAP_SCHED, RIGHT_READ, OP_SCHED_READ, sched_read_decode, sched_read_apply},
    {CAP_PTABLE, RIGHT_WRITE, OP_MAP, table_map_decode, table_map_apply},
    {CAP_PTABLE, RIGHT_WRITE, OP_UNMAP, unmap_decode, unmap_apply},
    {CAP_FRAME, 0, OP_MAP, frame_map_decode, frame_map_apply},
    {CAP_FRAME, 0, OP_UNMAP, unmap_decode, unmap_apply},
    {CAP_FRAME, RIGHT_GRANT, OP_PADDR, paddr_decode, paddr_apply},
    {CAP_IRQ_CONTROL, RIGHT_WRITE, OP_IRQ_GET, irq_get_decode, irq_get_apply},
    {CAP_IRQ, RIGHT_GRANT, OP_IRQ_BIND, irq_bind_decode, irq_bind_apply},
    {CAP_IRQ, RIGHT_WRITE, OP_IRQ_ACK, irq_ack_decode, irq_ack_apply},
    {CAP_PORT_CONTROL, RIGHT_WRITE, OP_PORTS_GET, ports_get_decode, ports_get_apply},
    {CAP_PORTS, RIGHT_READ, OP_PORT_IN, port_in_decode, port_in_apply},
    {CAP_PORTS, RIGHT_WRITE, OP_PORT_OUT, port_out_decode, port_out_apply},
    {CAP_LOG, RIGHT_WRITE, OP_LOG_ACK, log_ack_decode, log_ack_apply},
    {CAP_LOG, RIGHT_WRITE, OP_LOG_BIND, log_bind_decode, log_bind_apply},
    {CAP_LOG, RIGHT_WRITE, OP_LOG_DRAIN, log_drain_decode, log_drain_apply},
    {CAP_LOG, RIGHT_WRITE, OP_LOG_MODE, log_mode_decode, log_mode_apply},
    {CAP_LOG, RIGHT_READ, OP_LOG_WALK, walk_decode, walk_apply},
    {CAP_LOG, RIGHT_READ, OP_LOG_INFO, log_info_decode, log_info_apply},
};

enum err request_place(const struct request *rq, uint64_t name, struct container **out,
                       uint64_t *index)
{
    struct slot *s;
    struct container *own = thread_cspace(rq->caller);
    *index = (uint32_t)name;
    if (name >> 32 == 0) {
        *out = own;
        return OK;
    }
    enum err e = slot_lookup(own, name >> 32, &s);
    if (e != OK) return e;
    if (s->type != CAP_CNODE && s->type != CAP_THREAD) return ERR_CAP_TYPE;
    if (!(s->rights & RIGHT_WRITE)) return ERR_RIGHTS;
    *out = cap_object(s);
    return OK;
}

enum err request_cap(const struct request *rq, uint64_t name, enum cap_type type, uint8_t rights,
                     struct slot **out)
{
    struct container *c;
    uint64_t index;
    enum err e = request_place(rq, name, &c, &index);
    if (e == OK) e = slot_lookup(c, index, out);
    if (e != OK) return e;
    if ((*out)->type != type) return ERR_CAP_TYPE;
    return ((*out)->rights & rights) == rights ? OK : ERR_RIGHTS;
}

static bool is_slot_operation(uint32_t op)
{
    return op >= OP_COPY && op <= OP_REVOKE;
}

static const struct row *row_of(uint32_t type, uint32_t op)
{
    for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].type == type && rows[i].op == op) return &rows[i];
    }
    return NULL;
}

/* The row for the target. A slot operation needs a container named by capability: a thread's own
 * CNode (the short form) gives no authority over its slots. */
static enum err target_decode(struct request *rq, uint64_t name, uint32_t op,
                              const struct row **out)
{
    enum err e = request_place(rq, name, &rq->into, &rq->index);
    if (e != OK) return e;
    if (is_slot_operation(op)) {
        if (name >> 32 == 0) return ERR_CAP_TYPE;
        *out = row_of(rq->into->type, op);
        return *out != NULL ? OK : ERR_CAP_TYPE;
    }
    e = slot_lookup(rq->into, rq->index, &rq->cap);
    if (e != OK) return e;
    *out = row_of(rq->cap->type, op);
    if (*out == NULL) return ERR_CAP_TYPE;
    return (rq->cap->rights & (*out)->right) == (*out)->right ? OK : ERR_RIGHTS;
}

enum err invoke(struct thread *t)
{
    uint32_t op = msg_label(t->regs.rsi);
    struct request rq = {.caller = t, .w = t->regs.w};
    const struct row *row;
    struct plan plan;
    uint64_t out[MSG_REGISTERS] = {0};
    enum err e = target_decode(&rq, t->regs.rdi, op, &row);
    if (e == OK && !log_has_room() && op != OP_LOG_ACK) e = ERR_LOG_FULL;
    if (e == OK) e = row->decode(&rq, &plan);
    if (e == OK) e = row->apply(&plan, out);
    for (uint32_t i = 0; i < MSG_REGISTERS; i++) {
        t->regs.w[i] = out[i];
    }
    return e;
}
