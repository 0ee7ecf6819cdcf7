/*
 * ring.h - many requests in flight through shared memory: a submission ring, a completion ring and
 * a data area. No system calls here (host-tested); bulk.h has them.
 *
 *     0        256                    256 + 32 n             ring_bytes(n), a page   + data bytes
 *     | control | submissions, 32 each | completions, 16 each | data                  |
 *
 * Each ring has one producer, who alone writes its entries and its tail, and one consumer. How far
 * the consumer has come is nobody else's business: a client with a completion for each but n of its
 * submissions knows that their places are free, so n entries of both rings are never overrun.
 *
 * The peer is not trusted. Of what it writes each side reads only the tail, the entries and the
 * flag `asleep`, each once and into private memory; a tail that claims more than may be in flight,
 * an id that is in use or unknown ends the ring (ERR_MESSAGE) and harms nobody else. No loop here
 * is longer than n, whatever the peer does meanwhile.
 *
 * Who is about to wait says `asleep` and looks again; who produced looks at `asleep` after it has
 * published, and is told to signal if the peer sleeps: one signal a sleep, none to who is awake.
 */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "abi/error.h"

enum {
    RING_ENTRIES_MIN = 16, /* entries are a power of two */
    RING_ENTRIES_MAX = 4096,
    RING_OP_CANCEL = 0xffff, /* `sector`: id of the request that is no longer wanted */
};

struct ring_submission {
    uint32_t id; /* the library's; id % entries is different for all that are in flight */
    uint16_t op, flags;
    uint64_t sector; /* or offset: what the interface says */
    uint32_t count;
    uint32_t zero;
    uint64_t data; /* offset in the data area */
};
struct ring_completion {
    uint32_t id;
    uint32_t result; /* enum err, or the interface's errors */
    uint64_t value;
};
_Static_assert(sizeof(struct ring_submission) == 32, "two in a cache line");
_Static_assert(sizeof(struct ring_completion) == 16, "four in a cache line");

struct ring_control {
    _Alignas(64) _Atomic uint32_t tail;   /* entries produced, modulo 2^32; the producer's */
    _Alignas(64) _Atomic uint32_t asleep; /* 1: the consumer waits; the producer makes it 0 */
};
struct ring_shared {
    struct ring_control submit, complete;
};
_Static_assert(sizeof(struct ring_shared) == 256, "the entries follow");

/* One side of one ring: private. */
struct ring_end {
    struct ring_control *control;
    _Atomic uint64_t *words;
    uint32_t mask; /* entries less 1 */
    uint32_t at;   /* entries produced or consumed */
    uint32_t seen; /* the tail as published, or as read last and found good */
};

struct ring_ticket { /* the client's note of a request */
    uint64_t cookie;
    uint32_t id;   /* of the one in flight; else the next one's, with RING_FREE in it */
    uint32_t next; /* free ticket, of one that is free */
};
/* A free ticket's id is that of no entry with its place: so it is never taken for one in flight. */
enum { RING_FREE = 1 };
struct ring_request { /* the server's */
    uint32_t id;
    bool in_flight, cancelled;
};

struct ring_client {
    struct ring_end submit, complete;
    struct ring_ticket *tickets; /* `entries` of them, given by the caller */
    uint32_t free_ticket;
    bool broken;
    uint8_t *data;
    uint64_t data_bytes;
};
struct ring_server {
    struct ring_end submit, complete;
    struct ring_request *requests; /* `entries` of them, given by the caller */
    uint32_t in_flight;
    bool broken, closed;
    uint8_t *data;
    uint64_t data_bytes;
};

struct ring_place { /* where the shared memory is, and how it is divided */
    void *at;
    uint32_t entries;
    uint64_t data_bytes;
};
bool ring_entries_good(uint32_t entries);
/* Offset of the data area: bytes of control and rings, in whole pages. */
uint64_t ring_bytes(uint32_t entries);

/* Submissions without a completion: each gets one. */
static inline uint32_t ring_in_flight(const struct ring_client *c)
{
    return c->submit.at - c->complete.at;
}

/* The memory is zero: a new ring. */
void ring_client_init(struct ring_client *c, const struct ring_place *p, struct ring_ticket *t);
/* Takes a copy and sets its id. ERR_BUSY: full, the last place is kept for RING_OP_CANCEL. The
 * server sees it after ring_client_publish(). */
MUST_USE enum err ring_submit(struct ring_client *c, const struct ring_submission *s,
                              uint64_t cookie, uint32_t *out_id);
/* True: signal the server. */
MUST_USE bool ring_client_publish(struct ring_client *c);
/* The next completion, in any order of ids. ERR_WOULD_BLOCK: none. */
MUST_USE enum err ring_poll(struct ring_client *c, struct ring_completion *out,
                            uint64_t *out_cookie);
/* The same without taking it: OK, there are some. */
MUST_USE enum err ring_client_look(struct ring_client *c);
/* True: nothing came, and who completes next will signal: wait. False: poll. */
MUST_USE bool ring_client_sleep(struct ring_client *c);
/* The cookie of a request that is in flight: what to do again with another server. False: no more.
 * `*at` starts at 0. */
bool ring_unanswered(const struct ring_client *c, uint32_t *at, uint64_t *out_cookie);

void ring_server_init(struct ring_server *s, const struct ring_place *p, struct ring_request *r);
/* The next request. ERR_WOULD_BLOCK: none. ERR_MESSAGE: the client broke the rules, and nothing
 * comes any more. A RING_OP_CANCEL comes only for a request in flight, which is marked; both are to
 * be completed. Who serves several takes a bounded number from each in turn. */
MUST_USE enum err ring_take(struct ring_server *s, struct ring_submission *out);
/* The same without taking it: OK, there are some. */
MUST_USE enum err ring_server_look(struct ring_server *s);
/* ERR_RANGE: no such request is in flight. */
enum err ring_complete(struct ring_server *s, const struct ring_completion *c);
MUST_USE bool ring_server_publish(struct ring_server *s); /* true: signal the client */
MUST_USE bool ring_server_sleep(struct ring_server *s);   /* false: take */
bool ring_is_cancelled(const struct ring_server *s, uint32_t id);
/* The client is gone: nothing is taken any more; what is in flight is still to be completed, then
 * (in_flight 0) the memory may go. */
void ring_server_close(struct ring_server *s);
/* That piece of the data area; NULL: it is not all inside. */
void *ring_data(const struct ring_server *s, uint64_t offset, uint64_t bytes);
