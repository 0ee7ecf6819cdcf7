/*
 * message.h - the types that generated interface code and its users share. See idl/README.md.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "abi/object.h"
#include "syscall.h"

/* Bytes without NUL; not terminated. What a stub returns lies in the thread's message page and is
 * valid until its next call; what a handler gets lies in its request. */
struct text {
    const char *at;
    uint32_t len;
};
struct data {
    const uint8_t *at;
    uint32_t len;
};

/*
 * A capability in a message.
 *
 * Sent: the slot, a mask of rights (0 leaves none), a badge to set or 0. Slot 0: absent.
 * Received: a slot of one's own and the type there; or, when the capability is one to the very
 * endpoint the message came through, slot 0 and its badge, type CAP_ENDPOINT. Type CAP_EMPTY:
 * absent. For an answer's capability the caller sets `slot` to an empty slot before the call.
 */
struct cap_arg {
    cap_t slot;
    uint8_t rights;
    uint8_t type; /* enum cap_type */
    uint64_t badge;
};

enum {
    MESSAGE_DESCRIBE = 0xffff, /* ordinal: answers the interface id in word 0 */
    REPLY_LATER = -1,          /* a handler's result: NAME_answer() follows */
};

static inline struct text text_from(const char *at, size_t len)
{
    return (struct text){.at = at, .len = (uint32_t)len};
}
static inline struct data data_from(const void *at, size_t len)
{
    return (struct data){.at = (const uint8_t *)at, .len = (uint32_t)len};
}
