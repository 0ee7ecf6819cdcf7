/* irq.c - interrupt lines and I/O ports. */
#include "irq.h"

#include "arch.h"
#include "commit.h"
#include "core.h"
#include "invoke.h"
#include "notification.h"

static struct irq_line lines[IRQ_LINES];

const struct irq_line *irq_line(uint64_t line)
{
    return &lines[line];
}

void irq_fired(uint32_t line)
{
    arch_irq_mask(line);
    if (lines[line].notification != NULL)
        notification_signal(lines[line].notification, lines[line].badge);
}

void irq_release(uint32_t line)
{
    arch_irq_mask(line);
    lines[line] = (struct irq_line){0};
}

void irq_forget(const struct notification *n)
{
    for (uint32_t i = 0; i < IRQ_LINES; i++) {
        if (lines[i].notification != n) continue;
        lines[i].notification = NULL;
        lines[i].badge = 0;
    }
}

/* A new capability below a control capability: what both kinds of `get` share. */
static enum err get_decode(const struct request *rq, uint64_t name, struct plan *out)
{
    *out = (struct plan){.src = rq->cap, .a = rq->w[0], .b = rq->w[1]};
    uint64_t index;
    enum err e = request_place(rq, name, &out->into, &index);
    if (e == OK) e = slot_lookup_empty(out->into, index, &out->dst);
    out->index = (uint32_t)index;
    return e;
}

static void get_apply(const struct plan *p, enum cap_type type, uint64_t obj)
{
    slot_insert(p->dst, p->index,
                &(struct slot){.obj = obj, .type = (uint8_t)type, .rights = RIGHTS_ALL}, p->src);
    commit_slot(COMMIT_COPY, p->dst, p->src, NULL);
}

enum err irq_get_decode(const struct request *rq, struct plan *out)
{
    if (rq->w[0] >= IRQ_LINES) return ERR_RANGE;
    if (lines[rq->w[0]].taken) return ERR_BUSY;
    return get_decode(rq, rq->w[1], out);
}

enum err irq_get_apply(const struct plan *p, uint64_t *out)
{
    (void)out;
    lines[p->a].taken = true;
    get_apply(p, CAP_IRQ, p->a);
    return OK;
}

enum err irq_bind_decode(const struct request *rq, struct plan *out)
{
    struct slot *s;
    enum err e = request_cap(rq, rq->w[0], CAP_NOTIFICATION, RIGHT_WRITE, &s);
    if (e != OK) return e;
    *out = (struct plan){.dst = rq->cap, .src = s};
    return OK;
}

enum err irq_bind_apply(const struct plan *p, uint64_t *out)
{
    (void)out;
    struct irq_line *l = &lines[p->dst->obj];
    l->notification = cap_object(p->src);
    l->badge = p->src->badge;
    commit_emit(&(struct commit){.op = COMMIT_BIND,
                                 .type = CAP_IRQ,
                                 .dst = ptr_to_phys(p->dst),
                                 .obj = p->src->obj,
                                 .badge = p->src->badge});
    return OK;
}

enum err irq_ack_decode(const struct request *rq, struct plan *out)
{
    *out = (struct plan){.a = rq->cap->obj};
    return OK;
}

enum err irq_ack_apply(const struct plan *p, uint64_t *out)
{
    (void)out;
    arch_irq_unmask((uint32_t)p->a);
    return OK;
}

static uint64_t ports_first(const struct slot *s)
{
    return s->obj & 0xffff;
}

static uint64_t ports_last(const struct slot *s)
{
    return s->obj >> 16;
}

enum err ports_get_decode(const struct request *rq, struct plan *out)
{
    if (rq->w[1] > 0xffff || rq->w[0] > rq->w[1]) return ERR_RANGE;
    return get_decode(rq, rq->w[2], out);
}

enum err ports_get_apply(const struct plan *p, uint64_t *out)
{
    (void)out;
    get_apply(p, CAP_PORTS, p->a | p->b << 16);
    return OK;
}

static enum err port_decode(const struct request *rq, struct plan *out)
{
    uint64_t port = rq->w[0], bytes = rq->w[1];
    if (bytes != 1 && bytes != 2 && bytes != 4) return ERR_RANGE;
    if (port < ports_first(rq->cap) || port > ports_last(rq->cap)) return ERR_RANGE;
    if (port + bytes - 1 > ports_last(rq->cap)) return ERR_RANGE;
    *out = (struct plan){.a = port, .b = bytes, .c = rq->w[2]};
    return OK;
}

enum err port_in_decode(const struct request *rq, struct plan *out)
{
    return port_decode(rq, out);
}

enum err port_in_apply(const struct plan *p, uint64_t *out)
{
    out[0] = arch_port_in((uint16_t)p->a, (uint32_t)p->b);
    return OK;
}

enum err port_out_decode(const struct request *rq, struct plan *out)
{
    return port_decode(rq, out);
}

enum err port_out_apply(const struct plan *p, uint64_t *out)
{
    (void)out;
    arch_port_out((uint16_t)p->a, (uint32_t)p->b, (uint32_t)p->c);
    return OK;
}
