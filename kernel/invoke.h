/*
 * invoke.h - operations on objects: one row of the table in invoke.c a (type, operation).
 *
 * Decode is common: it resolves the capability in rdi, the operand capability and the destination
 * slots that the row names, and checks their types and rights; then the row's own check. None of it
 * changes anything. Apply cannot fail. It may answer ERR_PARTIAL where an operation is preemptible:
 * a bounded part is done and logged, and the caller calls again.
 */
#pragma once
#include "commit.h"
#include "sched.h"

enum { WORK_PER_STEP = 16 }; /* slots deleted, waiters woken or pages cleared in one step */

struct request {
    struct thread *caller;
    struct slot *cap, *arg; /* the object, or the slot operated on; the operand, if any */
    struct container *into; /* where destination slots are, */
    uint64_t index;         /* from here on, */
    struct slot *dst;       /* and the first of them, empty */
    uint64_t *w;            /* operand words; apply leaves its results there */
    uint32_t op;
    enum err result; /* of apply: OK, or ERR_PARTIAL, ERR_BUSY in mid-destruction */
};

/* Drops a use capability, or clears a REVOKED slot. `name`: short form. ERR_PARTIAL: go on. */
MUST_USE enum err drop(struct thread *t, uint64_t name);

typedef enum err check_fn(const struct request *rq);
typedef void apply_fn(struct request *rq);

/* Runs the operation that `rq` names by caller, op and words on the object named `name`. */
MUST_USE enum err invoke(struct request *rq, uint64_t name);

check_fn copy_check, move_check, busy_check, retype_check, start_check, config_check, read_check;
check_fn sched_check, map_check, get_check, port_check, log_ack_check, walk_check;
apply_fn copy_apply, move_apply, delete_apply, revoke_apply, retype_apply, start_apply, read_apply;
apply_fn config_apply, sched_config_apply, map_apply, unmap_apply, get_apply, irq_bind_apply;
apply_fn port_apply, log_ack_apply, walk_apply;
