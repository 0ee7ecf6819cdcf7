/* irq.c - interrupt lines and I/O ports. */
#include "irq.h"

#include "core.h"
#include "endpoint.h"
#include "invoke.h"

struct irq_line irq_lines[LINES];

void irq_signal(uint32_t line)
{
    const struct irq_line *l = &irq_lines[line];
    if (l->notification != NULL) notification_signal(l->notification, l->badge);
}

void irq_forget(const struct notification *n)
{
    for (struct irq_line *l = irq_lines; l < irq_lines + LINES; l++) {
        if (l->notification == n) *l = (struct irq_line){.taken = l->taken};
    }
}

/* A free line that exists, or a range of ports in order. */
/*@ requires readable(rq);
    assigns \nothing;
    ensures \result == OK && rq->op == OP_IRQ_GET ==>
        rq->w[0] < IRQ_LINES && irq_lines[rq->w[0]].taken == 0;
    ensures \result == OK && rq->op != OP_IRQ_GET ==> rq->w[0] <= rq->w[1] <= 0xffff; */
enum err get_check(const struct request *rq)
{
    bool is_irq = rq->op == OP_IRQ_GET;
    if (is_irq ? rq->w[0] >= IRQ_LINES : rq->w[1] > 0xffff || rq->w[0] > rq->w[1]) return ERR_RANGE;
    return is_irq && irq_lines[rq->w[0]].taken ? ERR_BUSY : OK;
}

/* A new capability below a control capability. */
void get_apply(struct request *rq)
{
    bool is_irq = rq->op == OP_IRQ_GET;
    struct slot cap = {.type = is_irq ? CAP_IRQ : CAP_PORTS, .rights = rq->cap->rights};
    cap.obj = is_irq ? rq->w[0] : rq->w[0] | rq->w[1] << 16;
    if (is_irq) irq_lines[cap.obj].taken = true;
    slot_insert(rq->dst, (uint32_t)rq->index, &cap, rq->cap);
    commit_slot(COMMIT_COPY, rq->dst, rq->cap, 0, 0);
}

void irq_bind_apply(struct request *rq)
{
    struct irq_line *l = &irq_lines[rq->cap->obj];
    struct commit c = {.op = COMMIT_BIND, .type = rq->cap->type, .dst = ptr_to_phys(rq->cap)};
    l->notification = cap_object(rq->arg);
    c.obj = rq->arg->obj;
    c.badge = l->badge = rq->arg->badge;
    commit_emit(&c);
}

/* All bytes of the access lie inside the range of ports, and no sum wraps. */
/*@ requires readable(rq) && \valid_read(rq->cap);
    assigns \nothing;
    ensures \result == OK <==> rq->w[1] \in {1, 2, 4} && (rq->cap->obj & 0xffff) <= rq->w[0] &&
        rq->w[0] + rq->w[1] - 1 <= rq->cap->obj / 0x10000; */
enum err port_check(const struct request *rq)
{
    uint64_t port = rq->w[0], bytes = rq->w[1], last = rq->cap->obj >> 16;
    if (bytes != 1 && bytes != 2 && bytes != 4) return ERR_RANGE;
    return port < (rq->cap->obj & 0xffff) || port > last || port + bytes - 1 > last ? ERR_RANGE
                                                                                    : OK;
}

void port_apply(struct request *rq)
{
    uint16_t port = (uint16_t)rq->w[0];
    uint32_t bytes = (uint32_t)rq->w[1];
    if (rq->op == OP_PORT_OUT) arch_port_out(port, bytes, (uint32_t)rq->w[2]);
    if (rq->op == OP_PORT_IN) rq->w[0] = arch_port_in(port, bytes);
}
