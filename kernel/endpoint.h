/*
 * endpoint.h - synchronous messages: send, receive, call, reply, and faults as messages.
 *
 * Point of no return: a message is delivered whole or not at all. What would make it impossible is
 * checked first; then the sender fails, and the receiver goes on waiting.
 */
#pragma once
#include "thread.h"

/* The message in `t`'s registers through the capability `via`. Where `t` has to wait, the result is
 * OK and its state tells. */
MUST_USE enum err ipc_send(struct thread *t, struct slot *via, bool is_call, bool may_block);
/* `replies`: answers the Reply named in rbx first, if it is bound. ERR_PARTIAL: the system call is
 * to run again, as if it had not begun. */
MUST_USE enum err ipc_receive(struct thread *t, struct slot *ep, bool replies, bool may_block);
MUST_USE enum err ipc_reply(struct thread *t, struct slot *reply);
/* Those of `count` words that are in buffer pages, which both have. */
void words_copy_page(const struct thread *from, struct thread *to, uint32_t count);
/* What `t`'s registers say of a message it sends, and of where capabilities are to arrive. */
MUST_USE enum err message_check(const struct thread *t, bool sends, bool receives);
/* Into the queue: whoever waits does so through a capability, and no longer than it is there. */
void wait_through(struct thread *t, struct slot *via, struct queue *q, enum thread_state state);
/* `t` faulted: the message in `t->fault` goes to its fault endpoint. It stops if it has none. */
void ipc_fault(struct thread *t, enum fault_kind kind);
/* `t` ends a receive or stops waiting for an answer: its Reply, named or bound, is free. */
void ipc_leave_reply(struct thread *t);

/* The capability in `via` goes elsewhere, or away: whoever waits through it is told, so when the
 * last one goes nobody waits. False: work is used up. */
bool ipc_cancel_via(struct slot *via, uint32_t *work);
void ipc_cancel_reply(const struct reply *r);

/* A word of bits that signals OR into. Signalling never waits. */
void notification_signal(struct notification *n, uint64_t badge);
MUST_USE enum err notification_wait(struct thread *t, struct slot *via, bool may_block);
