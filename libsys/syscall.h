/*
 * syscall.h - the system calls as functions.
 *
 * `m` is in and out: what it holds after the call is what arrived. Words above the length in
 * `info` are not part of a message; they are written all the same, so set only what is sent.
 * The kernel's error is returned; the label of a reply (result of the method) is in m->info.
 */
#pragma once
#include <trap.h>

typedef uint32_t cap_t; /* slot of one's own CNode; 0 is none */

/* Slots that every process has. */
enum { CAP_SLOT_SELF = 1, CAP_SLOT_REGISTRY = 2 };

/* m->info: msg_info() with the count of receive slots; `receive`: the first of them, or 0. */
__attribute__((always_inline)) MUST_USE static inline enum err sys_call(cap_t to, cap_t receive,
                                                                        struct message *m)
{
    m->cap = to;
    m->aux = (uint64_t)receive << 32;
    return trap(SYS_CALL, m);
}

/* Answers `reply` if it is bound, with m->info and the words, and receives with it. The count of
 * receive slots is in m->info as well. After it m->cap is the badge. */
__attribute__((always_inline)) MUST_USE static inline enum err
sys_reply_recv(cap_t endpoint, cap_t reply, cap_t receive, struct message *m)
{
    m->cap = endpoint;
    m->aux = (uint64_t)receive << 32 | reply;
    return trap(SYS_REPLY_RECV, m);
}

/* `reply` 0: a call fails at its sender. m->info: msg_info(0, 0, 0, receive slots). */
__attribute__((always_inline)) MUST_USE static inline enum err
sys_recv(cap_t endpoint, cap_t reply, cap_t receive, struct message *m)
{
    m->cap = endpoint;
    m->aux = (uint64_t)receive << 32 | reply;
    return trap(SYS_RECV, m);
}

__attribute__((always_inline)) MUST_USE static inline enum err
sys_nb_recv(cap_t endpoint, cap_t reply, cap_t receive, struct message *m)
{
    m->cap = endpoint;
    m->aux = (uint64_t)receive << 32 | reply;
    return trap(SYS_NB_RECV, m);
}

__attribute__((always_inline)) MUST_USE static inline enum err sys_send(cap_t to, struct message *m)
{
    m->cap = to;
    m->aux = 0;
    return trap(SYS_SEND, m);
}

__attribute__((always_inline)) MUST_USE static inline enum err sys_nb_send(cap_t to,
                                                                           struct message *m)
{
    m->cap = to;
    m->aux = 0;
    return trap(SYS_NB_SEND, m);
}

/* Answers a call that was kept. ERR_BUSY when the Reply is not bound: the caller is gone. */
__attribute__((always_inline)) MUST_USE static inline enum err sys_reply(cap_t reply,
                                                                         struct message *m)
{
    m->cap = 0;
    m->aux = reply;
    return trap(SYS_REPLY, m);
}

MUST_USE static inline enum err sys_signal(cap_t notification)
{
    struct message m = {.cap = notification};
    return trap(SYS_SIGNAL, &m);
}

MUST_USE static inline enum err sys_wait(cap_t notification, uint64_t *out_word)
{
    struct message m = {.cap = notification};
    enum err err = trap(SYS_WAIT, &m);
    *out_word = m.cap;
    return err;
}

MUST_USE static inline enum err sys_poll(cap_t notification, uint64_t *out_word)
{
    struct message m = {.cap = notification};
    enum err err = trap(SYS_POLL, &m);
    *out_word = m.cap;
    return err;
}

/* Others of the same priority run first. A thread with a budget less than its period has done for
 * this period: it goes on when the next one begins, which makes it a clock that costs nothing. */
static inline void sys_yield(void)
{
    struct message m = {0};
    (void)trap(SYS_YIELD, &m);
}

/* Deletes a use capability of one's own, or makes a REVOKED slot empty again. */
static inline enum err sys_drop(cap_t slot)
{
    struct message m = {.cap = slot};
    return trap(SYS_DROP, &m);
}

/* Operands are m->w; `name` and the names in it may have two parts. */
__attribute__((always_inline)) MUST_USE static inline enum err
sys_invoke(uint64_t name, enum operation operation, uint32_t words, struct message *m)
{
    m->cap = name;
    m->info = msg_info(operation, words, 0, 0);
    m->aux = 0;
    return trap(SYS_INVOKE, m);
}

/* Debug builds of the kernel only: one byte on the kernel's console. */
static inline void sys_debug(char byte)
{
    struct message m = {.info = msg_info(0, 1, 0, 0), .w = {(uint8_t)byte}};
    (void)trap(SYS_DEBUG, &m);
}
