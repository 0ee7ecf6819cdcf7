/* logic.h - the words that the contracts in kernel/ use. */
#pragma once
#include "arith.h"
#include "invoke.h"
#include "irq.h"
#include "tree.h"

/* What another processor may see of it is Spin's matter (tests/spin/ring.pml). */
#define __atomic_store_n(at, value, order) ((void)(*(at) = (value)))

/*@ logic struct slot *slot_at(struct container *c, integer i) = (struct slot *)c + i;

    predicate container_ok{L}(struct container *c) =
        \valid_read(c) && \valid_read(slot_at(c, 1) + (0 .. c->count - 2));

    predicate is_free{L}(struct container *c, integer i) =
        0 < i < c->count && slot_at(c, i)->type == CAP_EMPTY && c->frozen == 0;

    predicate all_free{L}(struct container *c, integer from, integer to) =
        \forall integer i; from <= i < to ==> is_free(c, i);

    predicate readable{L}(struct request *rq) =
        \valid_read(rq) && \valid_read(rq->w + (0 .. MSG_REGISTERS - 1));
*/

/*@ // The size of an object in bits, 0 for a type or wish that there is not.
    logic integer size_bits(integer type, integer wish) =
        type == CAP_UNTYPED ? (12 <= wish <= 46 ? wish : 0) :
        type == CAP_CNODE ? (8 <= wish <= 24 ? wish : 0) :
        type == CAP_FRAME ? (wish == 12 || wish == 21 ? wish : 0) :
        type == CAP_THREAD ? 11 :
        type == CAP_ASPACE || type == CAP_PTABLE ? 12 :
        type == CAP_SCHED || type == CAP_ENDPOINT || type == CAP_REPLY ||
            type == CAP_NOTIFICATION ? 6 : 0;

    // The first multiple of 2^bits from `offset` on.
    logic integer aligned(integer offset, integer bits) =
        (offset + bytes(bits) - 1) - rest(offset + bytes(bits) - 1, bits);

    predicate untyped_ok{L}(struct slot *ut) =
        UNTYPED_BITS_MIN <= ut->bits <= UNTYPED_BITS_MAX && ut->badge <= bytes(ut->bits);
*/

/*@ // What cap_object() gives.
    logic void *object_of{L}(struct slot *s) = (void *)mapped_at(s->obj);

    predicate thread_readable{L}(struct thread *t) =
        \valid_read(t) && \valid_read(slot_at(&t->head, 1) + (0 .. TS_COUNT - 2));

    // Time stays below 2^62: 48 years at 3 GHz.
    logic integer TIME_MAX = 0x3fffffffffffffff;

    // INV-SCHED-3: budget and period as sched_check() takes them.
    predicate sched_ok{L}(struct sched *s) =
        0 < s->budget <= s->period <= PERIOD_TICKS_MAX && s->remaining <= s->budget &&
        -0x3fffffffffffffff <= s->remaining; */

/*@ predicate rings_ok{L}(struct log_rings *r) = \valid(r) &&
        r->header.commit_tail <= r->header.commit_head < 0xffffffffffffffff &&
        r->header.commit_head - r->header.commit_tail <= LOG_COMMITS &&
        r->header.event_tail <= r->header.event_head < 0xffffffffffffffff &&
        r->header.event_head - r->header.event_tail <= LOG_EVENTS;

    predicate cpu_ok{L} = \valid_read(this_cpu) &&
        (this_cpu->actor != \null ==> \valid_read(this_cpu->actor));
*/

/*@ assigns \nothing; */
void arch_clear_page(void *page);
