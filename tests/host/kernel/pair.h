/*
 * pair.h - what most tests of messages need: a server that can receive, and two clients of it.
 */
#pragma once
#include "harness.h"

/* Slots of their own CNodes. */
enum {
    S_EP = 8,      /* server: the endpoint, READ. Clients: WRITE and GRANT, with a badge */
    S_REPLY = 9,   /* server: a Reply; clients too, for tests that turn round */
    S_REPLY2 = 10, /* server */
    S_NTFN = 11,   /* server: a notification, READ */
    S_CAP = 12,    /* clients: an endpoint of their own, all rights, unbadged */
    S_FREE = 16,   /* from here up empty */
};
enum { BADGE_CLIENT = 7, BADGE_OTHER = 8 };

struct pair {
    struct proc server, client, other;
    uint64_t ep, ntfn, cap; /* axiom's slots */
    struct thread *s, *c, *o;
};

struct pair pair_make(void);
/* The server waits with Reply S_REPLY and `slots` receive slots from S_FREE. */
void pair_serve(const struct pair *p, uint32_t slots);
/* The client calls with `words` words and no capabilities; the server has the call. */
void pair_call(const struct pair *p);
/* Puts a capability into a thread's buffer page, at position `i`. */
void put_cap(struct thread *t, uint32_t i, uint32_t slot, uint32_t rights, uint64_t badge);
const struct msg_cap *got_cap(const struct thread *t, uint32_t i);
