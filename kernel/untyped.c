/* untyped.c - memory becomes objects: retype. */
#include "invoke.h"

enum { RETYPE_MAX = 64 };

/* 0: no such object. `bits` is the caller's wish; most have one size only. */
/*@ assigns \nothing;
    ensures \result == size_bits(type, bits); */
static uint32_t object_bits(uint64_t type, uint64_t bits)
{
    if (type >= CAP_SCHED && type <= CAP_REPLY) return ENDPOINT_BITS; /* all the same */
    if (type == CAP_ASPACE || type == CAP_PTABLE) return TABLE_BITS;
    if (type == CAP_THREAD) return THREAD_BITS;
    bool fits = type == CAP_UNTYPED ? bits >= UNTYPED_BITS_MIN && bits <= UNTYPED_BITS_MAX
                : type == CAP_CNODE ? bits >= CNODE_BITS_MIN && bits <= CNODE_BITS_MAX
                                    : bits == PAGE_BITS || bits == LARGE_PAGE_BITS;
    return fits && type >= CAP_UNTYPED && type <= CAP_FRAME ? (uint32_t)bits : 0;
}

/* Offset of the first object: behind the watermark, naturally aligned. */
/*@ requires \valid_read(ut) && untyped_ok(ut) && 6 <= bits <= 46;
    assigns \nothing;
    ensures \result == aligned(ut->badge, bits);
    ensures ut->badge <= \result < ut->badge + bytes(bits) && rest(\result, bits) == 0; */
static uint64_t retype_start(const struct slot *ut, uint32_t bits)
{
    return (ut->badge + (1ull << bits) - 1) >> bits << bits;
}

/* All objects lie between the watermark and the end of the untyped: INV-UNTYPED-1. */
/*@ requires readable(rq) && \valid_read(rq->cap) && untyped_ok(rq->cap);
    requires container_ok(rq->into);
    requires rq->index <= 0xffffffff;
    assigns \nothing;
    ensures \result == OK ==> 0 < size_bits(rq->w[0], rq->w[1]) && 0 < rq->w[2] <= 64;
    ensures \result == OK ==> aligned(rq->cap->badge, size_bits(rq->w[0], rq->w[1])) +
        rq->w[2] * bytes(size_bits(rq->w[0], rq->w[1])) <= bytes(rq->cap->bits);
    ensures \result == OK ==> all_free(rq->into, rq->index + 1, rq->index + rq->w[2]); */
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
    /*@ loop invariant 1 <= i <= rq->w[2];
        loop invariant e == OK ==> all_free(rq->into, rq->index + 1, rq->index + i);
        loop assigns i, e, s;
        loop variant rq->w[2] - i; */
    for (uint64_t i = 1; i < rq->w[2] && e == OK; i++) {
        e = slot_lookup_empty(rq->into, rq->index + i, &s);
    }
    return e;
}

/* From the watermark to `extra` memory is zero, without gaps: a retype that is given up in the
 * middle may be followed by one of what it skipped. False: this step's share is done, and more is
 * left, `count` objects if not pages. */
/*@ requires \valid(ut) && untyped_ok(ut) && 12 <= ut->bits;
    requires ut->extra % PAGE_BYTES == 0 && ut->extra <= bytes(ut->bits) && end <= bytes(ut->bits);
    assigns ut->extra;
    ensures ut->extra % PAGE_BYTES == 0 && \old(ut->extra) <= ut->extra <= bytes(ut->bits);
    ensures \result ==> ut->extra >= end;
    ensures ut->extra <= \old(ut->extra) + WORK_PER_STEP * PAGE_BYTES; */
static bool clear_until(struct slot *ut, uint64_t end, uint64_t count)
{
    uint32_t work = WORK_PER_STEP;
    /*@ loop invariant ut->extra == \at(ut->extra, Pre) + (WORK_PER_STEP - work) * PAGE_BYTES;
        loop invariant work <= WORK_PER_STEP && ut->extra % PAGE_BYTES == 0;
        loop invariant ut->extra <= bytes(ut->bits);
        loop assigns work, ut->extra;
        loop variant work; */
    for (; ut->extra < end; ut->extra += PAGE_BYTES) {
        if (work-- == 0) return false;
        //@ assert in_untyped: ut->extra + PAGE_BYTES <= bytes(ut->bits);
        arch_clear_page(phys_to_ptr(ut->obj + ut->extra));
    }
    return work >= count / 4;
}

void retype_apply(struct request *rq)
{
    struct slot *ut = rq->cap;
    uint32_t bits = object_bits(rq->w[0], rq->w[1]);
    uint64_t start = retype_start(ut, bits), end = start + (rq->w[2] << bits);
    bool device = ut->flags & CAP_FLAG_DEVICE, untyped = rq->w[0] == CAP_UNTYPED;
    if (!device && !untyped && !clear_until(ut, end, rq->w[2])) rq->result = ERR_PARTIAL;
    if (rq->result != OK) return;
    if (untyped && ut->extra < end) ut->extra = end; /* the child clears what it gives out */
    for (uint32_t i = 0; i < rq->w[2]; i++) {
        struct slot cap = {.obj = ut->obj + start + ((uint64_t)i << bits),
                           .type = (uint8_t)rq->w[0],
                           .rights = RIGHTS_ALL,
                           .flags = ut->flags & CAP_FLAG_DEVICE,
                           .bits = bits & 0xff};
        void *at = phys_to_ptr(cap.obj);
        if (cap.type == CAP_CNODE) container_init(at, CAP_CNODE, 1u << (bits - SLOT_BITS));
        if (cap.type == CAP_THREAD) thread_init(at);
        if (cap.type == CAP_ASPACE) arch_aspace_init(cap.obj);
        ut->badge = start + ((uint64_t)(i + 1) << bits);
        slot_insert(rq->dst + i, (uint32_t)rq->index + i, &cap, ut);
        uint64_t id = cap.type == CAP_THREAD ? ((struct thread *)at)->id : 0;
        commit_slot(COMMIT_RETYPE, rq->dst + i, ut, ut->badge, id);
    }
}
