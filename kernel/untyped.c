/* untyped.c - memory becomes objects: retype. */
#include "arch.h"
#include "commit.h"
#include "invoke.h"

enum { RETYPE_MAX = 64 };

/* Bits that an object of `type` takes; 0: the type cannot be made. `bits` is the caller's wish. */
static uint32_t object_bits(uint64_t type, uint64_t bits)
{
    switch (type) {
    case CAP_UNTYPED:
        return bits >= UNTYPED_BITS_MIN && bits <= UNTYPED_BITS_MAX ? (uint32_t)bits : 0;
    case CAP_CNODE:
        return bits >= CNODE_BITS_MIN && bits <= CNODE_BITS_MAX ? (uint32_t)bits : 0;
    case CAP_FRAME:
        return bits == PAGE_BITS || bits == LARGE_PAGE_BITS ? (uint32_t)bits : 0;
    case CAP_THREAD:
        return THREAD_BITS;
    case CAP_SCHED:
        return SCHED_BITS;
    case CAP_ENDPOINT:
        return ENDPOINT_BITS;
    case CAP_NOTIFICATION:
        return NOTIFICATION_BITS;
    case CAP_REPLY:
        return REPLY_BITS;
    case CAP_ASPACE:
    case CAP_PTABLE:
        return TABLE_BITS;
    default:
        return 0;
    }
}

/* Offset of the first object: behind the watermark, naturally aligned. */
static uint64_t retype_start(const struct slot *ut, uint32_t bits)
{
    return (ut->badge + (1ull << bits) - 1) & ~((1ull << bits) - 1);
}

enum err retype_check(const struct request *rq)
{
    const struct slot *ut = rq->cap;
    uint32_t bits = object_bits(rq->w[0], rq->w[1]);
    if (bits == 0 || rq->w[2] == 0 || rq->w[2] > RETYPE_MAX) return ERR_RANGE;
    bool memory = rq->w[0] == CAP_UNTYPED || rq->w[0] == CAP_FRAME;
    if (ut->flags & CAP_FLAG_DEVICE && !memory) return ERR_CAP_TYPE;
    /* no sum exceeds 2^46 + 64 * 2^46 */
    if (retype_start(ut, bits) + (rq->w[2] << bits) > 1ull << ut->bits) return ERR_NO_MEMORY;
    struct slot *s;
    enum err e = OK;
    for (uint64_t i = 1; i < rq->w[2] && e == OK; i++) {
        e = slot_lookup_empty(rq->into, rq->index + i, &s);
    }
    return e;
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

void retype_apply(struct request *rq)
{
    struct slot *ut = rq->cap;
    uint32_t bits = object_bits(rq->w[0], rq->w[1]);
    uint64_t start = retype_start(ut, bits), end = start + (rq->w[2] << bits);
    bool device = ut->flags & CAP_FLAG_DEVICE, untyped = rq->w[0] == CAP_UNTYPED;
    if (!device && !untyped && !clear_until(ut, start, end)) rq->result = ERR_PARTIAL;
    if (rq->result != OK) return;
    if (untyped && ut->extra < end) ut->extra = end; /* the child clears what it gives out */
    for (uint32_t i = 0; i < rq->w[2]; i++) {
        struct slot cap = {.obj = ut->obj + start + ((uint64_t)i << bits),
                           .type = (uint8_t)rq->w[0],
                           .rights = RIGHTS_ALL,
                           .flags = ut->flags & CAP_FLAG_DEVICE,
                           .bits = bits & 0xff};
        object_init(cap.type, cap.obj, bits);
        ut->badge = start + ((uint64_t)(i + 1) << bits);
        slot_insert(rq->dst + i, (uint32_t)rq->index + i, &cap, ut);
        uint64_t id = cap.type == CAP_THREAD ? ((struct thread *)phys_to_ptr(cap.obj))->id : 0;
        commit_slot(COMMIT_RETYPE, rq->dst + i, ut, ut->badge, id);
    }
}
