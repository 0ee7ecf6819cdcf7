/*
 * logmem.h - the log memory: where axiom puts what leaves the kernel's rings, and the ledger its
 * hashes. Axiom maps it at boot on its own account; ledger and audit get mappings from axiom.
 *
 * One range of 2 MiB pages: control page, lives and requests; events; commits; hashes; streams; and
 * the ledger's page. Axiom writes everything but hashes, streams and ledger page, which the ledger
 * writes. The streams are the services' own: only the ledger has them in its mapping.
 * Heads only grow; what lies below a head does not change, but for the circular areas: entry n is
 * at n & (slots - 1), and the last `slots` entries are kept. That is all but streams and those who
 * live, who stand in a table before the circle of those who ended, so that no number of short lives
 * pushes out a long one. Commits, and their hashes, take the place of others only when these are
 * durable on a disk: logmem_filled() is never more than there are slots for.
 */
#pragma once
#include <stdint.h>

#include "abi/log.h"

#define LOGMEM_ADDRESS 0x300000000ull /* where ledger and audit find it */
#define LOGMEM_MAGIC 0x3167304c72745777ull

enum { HASH_BYTES = 32, LIFE_NAME_MAX = 32, REQUEST_WORDS_MAX = 8, EVENT_REQUEST = 16 };
enum { LIVING_SLOTS = 256 }; /* processes at once: the one with pid p is at p % LIVING_SLOTS */
enum life_event { LIFE_CREATED = 0, LIFE_EXITED = 1, LIFE_KILLED = 2 };

struct log_life {     /* axiom's service commits: what the fold of the kernel's cannot name */
    uint64_t commits; /* count when it began to be made */
    uint64_t time;
    uint64_t cnode; /* address of the process's CNode */
    uint32_t pid, parent;
    int32_t code;
    uint8_t event; /* enum life_event */
    uint8_t name_len;
    uint8_t zero[2];
    char name[LIFE_NAME_MAX];
    uint64_t slots; /* of the CNode */
    uint64_t ended; /* count of commits when it had ended, UINT64_MAX while it lives */
    uint64_t ended_time;
    uint64_t zero2[4];
};
_Static_assert(sizeof(struct log_life) == 128, "a power of two");

struct log_request { /* to axiom, with the words of its arguments */
    uint64_t time;
    uint64_t event;   /* number of the last event before it */
    uint64_t commits; /* count when it was answered */
    uint64_t badge;   /* object kind << 56 | asker << 32 | pid */
    uint32_t caps;
    uint16_t method;
    uint16_t words;  /* length of the message; the first REQUEST_WORDS_MAX are kept */
    uint32_t result; /* label of the answer */
    uint32_t zero;
    uint64_t args[REQUEST_WORDS_MAX];
    uint64_t zero2[2];
};
_Static_assert(sizeof(struct log_request) == 128, "a power of two");

struct logmem {     /* the control page */
    uint64_t magic; /* LOGMEM_MAGIC */
    uint64_t tick_hz;
    uint64_t bytes; /* of the whole range */
    uint64_t lives_at, requests_at, events_at, commits_at, hashes_at, streams_at,
        ledger_at; /* offsets */
    uint64_t life_slots, request_slots, event_slots, commit_slots;
    uint64_t axiom_cnode;    /* address */
    uint64_t axiom_thread;   /* id */
    uint64_t axiom_endpoint; /* address */
    volatile uint64_t life_head, request_head, commit_head;
    volatile uint64_t event_head; /* event numbers; what the ring dropped reads as zeros */
};

enum log_keeps { LOG_KEEPS_UNDECIDED, LOG_KEEPS_IN_MEMORY, LOG_KEEPS_ON_DISK };
struct log_ledger {            /* the ledger's page */
    volatile uint64_t hashed;  /* hashes [0, hashed) stand */
    uint32_t keeps;            /* enum log_keeps: where the streams are, all through a boot */
    uint32_t reason;           /* in memory: why; else what is wrong with it; the ledger's */
    uint8_t boot_id[16];       /* what the log on the disk calls this boot */
    volatile uint64_t durable; /* commits [0, durable) are on the disk for good: they may go */
    uint32_t boot;             /* its number there, once that is durable; 0: it has none */
};

static inline struct log_ledger *logmem_ledger(const struct logmem *l)
{
    return (struct log_ledger *)((uintptr_t)l + l->ledger_at);
}
/* Commits that are nowhere else: read once, as the ledger goes on. More than were made cannot be
 * durable, whatever it says. */
static inline uint64_t logmem_filled(const struct logmem *l)
{
    uint64_t durable = logmem_ledger(l)->durable, head = l->commit_head;
    return durable < head ? head - durable : 0;
}
static inline struct commit *logmem_commit(const struct logmem *l, uint64_t seq)
{
    return (struct commit *)((uintptr_t)l + l->commits_at) + (seq & (l->commit_slots - 1));
}
static inline struct event *logmem_event(const struct logmem *l, uint64_t number)
{
    return (struct event *)((uintptr_t)l + l->events_at) + (number & (l->event_slots - 1));
}
/* Of those who ended. */
static inline struct log_life *logmem_life(const struct logmem *l, uint64_t number)
{
    return (struct log_life *)((uintptr_t)l + l->lives_at) + LIVING_SLOTS +
           (number & (l->life_slots - 1));
}
/* The process there lives if its pid is not 0. */
static inline struct log_life *logmem_living(const struct logmem *l, uint32_t pid)
{
    return (struct log_life *)((uintptr_t)l + l->lives_at) + pid % LIVING_SLOTS;
}
static inline struct log_request *logmem_request(const struct logmem *l, uint64_t number)
{
    return (struct log_request *)((uintptr_t)l + l->requests_at) +
           (number & (l->request_slots - 1));
}
static inline void *logmem_streams(const struct logmem *l)
{
    return (void *)((uintptr_t)l + l->streams_at);
}
static inline uint8_t *logmem_hash(const struct logmem *l, uint64_t seq)
{
    return (uint8_t *)((uintptr_t)l + l->hashes_at) + (seq & (l->commit_slots - 1)) * HASH_BYTES;
}

/* Where everything lies: sets all of `l` that follows from the size of memory. */
void logmem_layout(struct logmem *l, uint64_t memory_bytes);
/* A process was made, or ended: `life` without what its end adds. */
void logmem_born(struct logmem *l, const struct log_life *life);
void logmem_ended(struct logmem *l, const struct log_life *life);
