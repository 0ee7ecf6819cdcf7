/*
 * log.h - the records that leave the kernel, and the rings they leave by.
 *
 * Objects and slots are named by physical address, which is unique while they live. A slot of a
 * CNode or Thread at address A has address A + 64 * index. Neither record holds message contents.
 */
#pragma once
#include <stdint.h>

/*
 * One change of authority state. `state = fold(commits)`; the fold itself is libsys/reduce.h.
 *
 * BOOT       the state is empty. arg0 memory bytes, arg1 image checksum
 * GENESIS    dst: a root capability made at boot, as it stands there
 * RETYPE     dst: child of the untyped src. arg0 new watermark, arg1 thread id if a thread
 * COPY       dst: child of src, as it stands there. A new IrqHandler or IoPorts is a child of its
 *            control capability
 * MINT       as COPY
 * TRANSFER   as COPY, by a message. arg0 sender's thread id, arg1 endpoint, 0 a reply
 * MOVE       dst takes the place of src
 * DELETE     dst is gone; its children take its place. flags: DELETE_MARKS, it became REVOKED, not
 *            empty; arg0 the slot revoked, 0 none. type obj badge rights of what went
 * REVOKED    nothing below dst is left
 * DROP       as DELETE, by its holder; type CAP_REVOKED: a REVOKED slot became empty
 * DESTROY    the object obj is gone with its last capability, which the record before deleted.
 *            CNode, Thread, SchedContext, Endpoint, Notification, Reply, AddressSpace, IrqHandler;
 *            the others have no state
 * MAP        dst: mapped. obj address space, arg0 address, rights RIGHT_* | MAP_*
 * UNMAP      dst: no longer mapped
 * BIND       dst: IrqHandler or Log, signals badge to the notification obj
 * CONFIGURE  dst: thread (arg0 priority, arg1 flags) or context (arg0 budget in
 *            ticks, arg1 period | CPU << SCHED_CPU_SHIFT)
 *
 * "As it stands": type rights flags bits depth obj badge are those of dst.
 */
/* clang-format off */
enum commit_op {
    COMMIT_BOOT = 1, COMMIT_GENESIS, COMMIT_RETYPE, COMMIT_COPY, COMMIT_MINT, COMMIT_TRANSFER,
    COMMIT_MOVE, COMMIT_DELETE, COMMIT_REVOKED, COMMIT_DROP, COMMIT_DESTROY, COMMIT_MAP,
    COMMIT_UNMAP, COMMIT_BIND, COMMIT_CONFIGURE
};
/* clang-format on */
enum { DELETE_MARKS = 1, SCHED_CPU_SHIFT = 56 };

struct commit {
    uint64_t seq, time, cause; /* from 0 without gaps; ticks; number of the event that caused it */
    uint8_t op, type, rights, flags; /* enum commit_op, enum cap_type, RIGHT_*, CAP_FLAG_* */
    uint32_t actor;                  /* thread id, 0 the kernel */
    uint64_t dst, src, obj, badge;
    uint64_t arg0, arg1;
    uint8_t bits, depth, cpu, zero[13];
};
_Static_assert(sizeof(struct commit) == 96, "96 bytes and a 32-byte hash are one BLAKE2b block");

/*
 * One step of the kernel, with all that decides its course: the same events, executed again from
 * BOOT on, give the same state. Event numbers count from 0; GAP has none, but counts for as many as
 * it says, and ARGS share the number of the event they follow.
 *
 * BOOT     ARGS: base and size of the kernel, its pool, the boot image, and each memory region
 * SYSCALL  op: number - SYS_BASE, 255 for none of ours; INVOKE has its operation in `info`.
 *          arg: for INVOKE the high half of the name, for CALL to REPLY rbx.
 *          ARGS: operand words 0..3 of INVOKE, but never the value of PORT_OUT; struct msg_cap[] of
 *          CALL to REPLY, as many as `info` says
 * IRQ      slot: line
 * FAULT    op: enum fault_kind; slot: vector; arg: address
 * GAP      arg: how many events were dropped here
 * STOPPED  a system call found no room in the rings: its thread waits, and will run it again
 * ARGS     words 3 * op to 3 * op + 2 of a list, in the place of `time`, of `slot` and `info`, and
 *          of `arg`; three zeros are left out
 */
/* clang-format off */
enum event_kind { EVENT_BOOT = 1, EVENT_SYSCALL, EVENT_IRQ, EVENT_TICK, EVENT_FAULT, EVENT_GAP,
                  EVENT_STOPPED, EVENT_ARGS };
/* clang-format on */
/* BLOCKED: `result` of a step after which its thread waits. */
enum { EVENT_BLOCKED = 255, ARGS_WORDS = 3 };

struct event {
    uint64_t time;
    uint32_t thread;               /* id, 0 none */
    uint8_t kind, op, cpu, result; /* enum event_kind; result: enum err, or EVENT_BLOCKED */
    uint32_t slot; /* the capability named in rdi; ~0: two parts where only one can be */
    uint32_t info; /* low half of rsi: label, and the shape of the message */
    uint64_t arg;
};
_Static_assert(sizeof(struct event) == 32, "two a cache line");

/* The rings, written by the kernel, readable by the holder of their frames. Record n is at n modulo
 * the size. */
enum { LOG_COMMITS = 8192, LOG_EVENTS = 32768 };
struct log_header {
    uint64_t commit_head, commit_tail; /* records ever written, ever acknowledged */
    uint64_t event_head, event_tail;
    uint64_t events_dropped, sigma;
    uint64_t zero[506];
};
struct log_rings {
    struct log_header header; /* one page */
    struct commit commits[LOG_COMMITS];
    struct event events[LOG_EVENTS];
};
enum { LOG_BYTES = sizeof(struct log_rings) };

/* OP_LOG_WALK: slots of the derivation forest, in preorder. The answer has in registers: 0 the
 * number of commits at which it was read, 1 count of items, 2 nonzero when the walk is done; the
 * items are in the buffer page from its first word. A slot deleted between two answers is
 * skipped. */
/* badge: Frame, PageTable: mapped address | map rights, 0 unmapped; Untyped: watermark; Thread:
 * priority << 8 | flags; SchedContext: budget; IrqHandler, Log: signalled badge. extra: Frame,
 * PageTable: address space; SchedContext: period | CPU << SCHED_CPU_SHIFT; IrqHandler, Log: bound
 * notification. child: the first, 0 none. next: sibling, for the last one its parent | 1, for the
 * last root 1. */
struct walk_item {
    uint64_t obj, badge, extra, slot, next, child, zero;
    uint8_t type, rights, flags, depth, index[3], bits; /* index: in its container */
};
_Static_assert(sizeof(struct walk_item) == 64, "as a slot");
enum { WALK_ITEMS_MAX = 63 };
