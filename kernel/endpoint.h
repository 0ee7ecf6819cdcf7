/*
 * endpoint.h - synchronous messages: send, receive, call, reply, and faults as messages.
 *
 * Point of no return: a message is delivered whole or not at all. What would make it impossible is
 * checked first; then the sender fails, and the receiver goes on waiting.
 */
#pragma once
#include "thread.h"

/* What follows a system call's checks of its register arguments. Where the thread now waits, the
 * result is OK and its state is no longer T_RUNNING. */
MUST_USE enum err ipc_send(struct thread *t, struct slot *via, bool is_call, bool may_block);
MUST_USE enum err ipc_receive(struct thread *t, struct slot *ep, bool may_block);
MUST_USE enum err ipc_reply(struct thread *t, struct slot *reply);
/* Registers of a send or receive: lengths, receive slots, Reply. Changes nothing. */
MUST_USE enum err ipc_check_send(const struct thread *t, const struct slot *via, bool is_call);
MUST_USE enum err ipc_check_receive(const struct thread *t, const struct slot *ep);

/* `t` faulted: the message goes to its fault endpoint. It stops if it has none. */
void ipc_fault(struct thread *t, enum fault_kind kind, const uint64_t words[6]);
/* A receive ends without a message: its Reply is free again. */
void ipc_receive_done(struct thread *t);
/* `t` stops: it leaves the Reply it waits on or has named. */
void ipc_abandon(struct thread *t);
/* The capability in `via` goes: sends through it are cancelled. False: work is used up. */
bool ipc_cancel_via(struct slot *via, uint32_t *work);
bool ipc_has_senders(const struct slot *via); /* somebody's send through it waits */
/* The endpoint goes: whoever waits is told. False: work is used up. */
bool endpoint_cancel(struct endpoint *ep, uint32_t *work);
void reply_cancel(struct reply *r);
