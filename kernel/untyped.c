/* untyped.c - memory becomes objects: retype. */
#include "arch.h"
#include "commit.h"
#include "invoke.h"

enum { RETYPE_MAX = 64 };

/* Bits that an object of `type` takes; 0: the type cannot be made. `bits` is the caller's wish. */
static uint32_t object_bits(uint64_t type, uint64_t bits)
{
    switch (type) {
    case CAP_UNTYPED: return bits >= UNTYPED_BITS_MIN && bits <= UNTYPED_BITS_MAX ? (uint32_t)bits : 0;
    case CAP_CNODE: return bits >= CNODE_BITS_MIN && bits <= CNODE_BITS_MAX ? (uint32_t)bits : 0;
    case CAP_FRAME: return bits == PAGE_BITS || bits == LARGE_PAGE_BITS ? (uint32_t)bits : 0;
    case CAP_THREAD: return THREAD_BITS;
    case CAP_SCHED: return SCHED_BITS;
    case CAP_ENDPOINT: return ENDPOINT_BITS;
    case CAP_NOTIFICATION: return NOTIFICATION_BITS;
    case CAP_REPLY: return REPLY_BITS;
    case CAP_ASPACE:
    case CAP_PTABLE: return TABLE_BITS;
    default: return 0;
    }
}

enum err retype_decode(const struct request *rq, struct plan *out)
{
    const struct slot *ut = rq->cap;
    uint32_t bits = object_bits(rq->w[0], rq->w[1]);
    struct plan p = {.src = rq->cap, .count = (uint32_t)rq->w[2], .a = rq->w[0], .b = bits};
    struct slot *s;
    uint64_t index;
    if (bits == 0 || rq->w[2] == 0 || rq->w[2] > RETYPE_MAX) return ERR_RANGE;
    bool memory = rq->w[0] == CAP_UNTYPED || rq->w[0] == CAP_FRAME;
    if (ut->flags & CAP_FLAG_DEVICE && !memory) return ERR_CAP_TYPE;
    enum err e = request_place(rq, rq->w[3], &p.into, &index);
    if (e != OK) return e;
    if (p.into == NULL || p.into->type != CAP_CNODE) return ERR_CAP_TYPE;
    p.index = (uint32_t)index;
    for (uint32_t i = 0; i < p.count; i++) {
        e = slot_lookup_empty(p.into, index + i, &s);
        if (e != OK) return e;
    }
    /* No sum below exceeds 2^46 + 64 * 2^46. */
    uint64_t size = 1ull << bits;
    p.c = (ut->badge + size - 1) & ~(size - 1);
    p.d = p.c + size * p.count;
    if (p.d > 1ull << ut->bits) return ERR_NO_MEMORY;
    if (ut->flags & SLOT_FROZEN) return ERR_BUSY;
    if (ut->depth == 255) return ERR_DEPTH;
    *out = p;
    return OK;
}

/* Memory below `extra` is zero. False: this step's share is done, and more is left. */
static bool clear_until(struct slot *ut, uint64_t from, uint64_t end)
{
    if (ut->extra < from) ut->extra = from & ~(PAGE_BYTES - 1);
    for (uint32_t work = WORK_PER_STEP; ut->extra < end; ut->extra += PAGE_BYTES) {
        if (work-- == 0) return false;
        arch_clear_page(phys_to_ptr(ut->obj + ut->extra));
    }
    return true;
}

static void object_init(uint64_t type, uint64_t obj, uint64_t bits)
{
    void *at = phys_to_ptr(obj);
    if (type == CAP_CNODE) container_init(at, CAP_CNODE, 1u << (bits - SLOT_BITS));
    if (type == CAP_THREAD) thread_init(at);
    if (type == CAP_ASPACE) arch_aspace_init(obj);
}

enum err retype_apply(const struct plan *p, uint64_t *out)
{
    (void)out;
    struct slot *ut = p->src;
    bool device = ut->flags & CAP_FLAG_DEVICE, memory = p->a == CAP_UNTYPED;
    if (!device && !memory && !clear_until(ut, p->c, p->d)) return ERR_PARTIAL;
    if (memory && ut->extra < p->d) ut->extra = p->d; /* the child clears what it gives out */
    for (uint32_t i = 0; i < p->count; i++) {
        struct slot cap = {.obj = ut->obj + p->c + ((uint64_t)i << p->b),
                           .type = (uint8_t)p->a,
                           .rights = RIGHTS_ALL,
                           .flags = ut->flags & CAP_FLAG_DEVICE,
                           .bits = p->b & 0xff};
        struct slot *dst = container_slot(p->into, p->index + i);
        object_init(p->a, cap.obj, p->b);
        ut->badge = p->c + ((uint64_t)(i + 1) << p->b);
        slot_insert(dst, p->index + i, &cap, ut);
        uint64_t id = p->a == CAP_THREAD ? ((struct thread *)cap_object(dst))->id : 0;
        commit_slot(COMMIT_RETYPE, dst, ut, (uint64_t[]){ut->badge, id});
    }
    return OK;
}
