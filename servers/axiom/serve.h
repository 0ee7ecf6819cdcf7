/*
 * serve.h - what the handlers of axiom's interfaces share.
 */
#pragma once
#include "logs.h"
#include "memory.h"
#include "process.h"
#include "space.h"

extern const struct self_ops self_ops;
extern const struct process_ops process_ops;
extern const struct observe_ops observe_ops;
extern const struct boot_ops boot_ops;
extern const struct memory_ops memory_ops;
extern const struct devices_ops devices_ops;

struct serve {
    cap_t endpoint; /* unbadged: what all of axiom's objects are minted from */
    cap_t scratch;  /* an empty slot of axiom's own CNode */
    cap_t receive;  /* first of MSG_CAPS_MAX */
    const struct boot_info *boot;
    uint64_t tick_hz;     /* time stamp ticks a second */
    uint64_t start_ticks; /* when axiom began to run */
};
extern struct serve serve;

/* The asker: never NULL in a handler, as a dead process has no threads; but a Memory's. */
struct process *serve_asker(const struct request *rq);
/* The process that a Process or Self capability in the message names; NULL: none, or it ended. */
struct process *serve_named(const struct cap_arg *cap);

/* A derived copy of what came in the message, in a slot of `to`. */
struct derive {
    const struct cap_arg *source;
    uint32_t slot;
    uint32_t rights;
    uint64_t badge;
    uint32_t flags;
};
MUST_USE enum err serve_derive(struct process *to, const struct derive *d);
/* A new object of the process in its slot. */
MUST_USE enum err serve_object(struct process *p, uint32_t type, uint32_t slot, uint64_t badge);
/* `storage` processes go on while the log memory has little room. */
bool serve_refused(const struct process *p);
