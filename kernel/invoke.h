/*
 * invoke.h - operations on objects: one row a (type, operation), each a decode and an apply.
 *
 * Decode checks everything and changes nothing; apply cannot fail. It may answer ERR_PARTIAL, where
 * the operation is preemptible: a bounded part is done and logged, the caller calls again. Checks run
 * in the order of error.h.
 */
#pragma once
#include "thread.h"

enum { WORK_PER_STEP = 16 }; /* slots deleted, waiters woken or pages cleared in one step */

struct request { /* what the caller said, read once; the object's capability is looked up */
    struct thread *caller;
    struct slot *cap;       /* NULL if the target is a slot of a container */
    struct container *into; /* that container, and the index in it */
    uint64_t index;
    const uint64_t *w; /* operand words 0..7 */
};

struct plan { /* checked */
    struct slot *dst, *src, *aux;
    struct container *into;
    uint32_t index, count;
    uint64_t a, b, c, d;
};

typedef enum err decode_fn(const struct request *rq, struct plan *out);
typedef enum err apply_fn(const struct plan *p, uint64_t *out);

/* Resolves a 64-bit operand name: into a container and index, or to a capability of `type` with
 * `rights`. */
MUST_USE enum err request_place(const struct request *rq, uint64_t name, struct container **out,
                                uint64_t *index);
MUST_USE enum err request_cap(const struct request *rq, uint64_t name, enum cap_type type,
                              uint8_t rights, struct slot **out);

enum err invoke(struct thread *t);

decode_fn copy_decode, mint_decode, move_decode, delete_decode, revoke_decode, credit_decode;
apply_fn copy_apply, move_apply, delete_apply, revoke_apply, credit_apply;
decode_fn retype_decode;
apply_fn retype_apply;
decode_fn start_decode, config_decode, stop_decode, read_decode;
apply_fn start_apply, config_apply, stop_apply, read_apply;
decode_fn sched_config_decode, sched_read_decode;
apply_fn sched_config_apply, sched_read_apply;
decode_fn frame_map_decode, table_map_decode, unmap_decode, paddr_decode;
apply_fn frame_map_apply, table_map_apply, unmap_apply, paddr_apply;
decode_fn irq_get_decode, irq_bind_decode, irq_ack_decode;
apply_fn irq_get_apply, irq_bind_apply, irq_ack_apply;
decode_fn ports_get_decode, port_in_decode, port_out_decode;
apply_fn ports_get_apply, port_in_apply, port_out_apply;
decode_fn log_ack_decode, log_bind_decode, log_drain_decode, log_mode_decode, log_info_decode;
apply_fn log_ack_apply, log_bind_apply, log_drain_apply, log_mode_apply, log_info_apply;
decode_fn walk_decode;
apply_fn walk_apply;
