/*
 * service_log.h - a service whose state outlives its process: the records of each request go to a
 * stream (idl/stream.capnp) as one record of that stream, and a new process folds them.
 *
 * Decide and apply happen at once, in memory; the append follows, and every answer, of reads too,
 * is held until the stream is durable up to the state it was computed from. What an interface calls
 * volatile is not held.
 *
 * The program fills the first parts of both structures, calls service_begin(), gets what it needs
 * beside its state, calls service_objects_begin(), and then says that it is ready. Records that the
 * framework makes itself have types from RECORD_OWN up; apply does not get them.
 */
#pragma once
#include "badge.h"
#include "service.h"

enum {
    LOG_RECORD_MAX = 4056, /* bytes of all records of one request */
    LOG_PART_MAX = 4032,   /* and of one part of a checkpoint */
    LOG_PENDING_BYTES = 65536,
    LOG_HELD_MAX = 16, /* replies of a service with a stream */
    LOG_OUTCOMES = 256,
    LOG_OUTCOME_WORDS = 4,
    LOG_OUTCOME_HINTS = 64,
};
#ifndef LOG_PLACE_LEAST /* tests/sim counts bytes only */
#define LOG_PLACE_LEAST 512u
#endif
#define SERVICE_SIGNAL_STREAM (1ull << 60) /* bit of the service's notification */

enum record_own {
    RECORD_OWN = 0xffffff00,
    /* A boot began, payload[0] its number, below 2^24: booted() is called. Also the first record
     * ever. Without a stream, or with one that takes no more, each process is a
     * boot. */
    RECORD_BOOTED = RECORD_OWN,
    RECORD_OUTCOME, /* struct service_outcome: of a request that is done at most once */
    RECORD_FORGET,  /* payload[0]: a badge that is dead, and its outcomes with it */
};

/* What came of the last request of a client's thread through one badge. */
struct service_outcome {
    uint64_t badge;
    uint64_t number; /* pid and thread of the client above 24 bits of its count */
    uint64_t info;   /* of the answer */
    uint64_t words[LOG_OUTCOME_WORDS];
    uint64_t cap_badge, cap_rights; /* of a capability to the endpoint, if the answer had one */
    uint64_t order;                 /* when it came; the table's, not the record's */
};

struct service_held { /* an answer that waits */
    uint64_t upto;    /* 0: none; the stream is to be durable below this */
    struct message m;
    struct msg_cap caps[MSG_CAPS_MAX];
    uint64_t words[MSG_WORDS_MAX - MSG_REGISTERS];
};

enum log_mode { LOG_SERVES, LOG_COUNTS /* parts of a checkpoint */, LOG_SENDS };

struct service_log {
    cap_t stream;                /* service_begin(); 0: the state ends with the process */
    void (*reset)(void *state);  /* to the one before the first record */
    void (*booted)(void *state); /* a change of it: all badges of former boots are dead; or NULL */
    /* Gives the state as records, by service_commit(): applied after reset() they make it. */
    void (*snapshot)(struct service *service);
    /* Objects that badges of the endpoint stand for, if there are: their most, and the badge of
     * each, of this boot; 0: there is none. Their end is service->death(). */
    uint32_t objects;
    uint64_t (*object)(void *state, uint32_t index);

    /* The framework's. */
    uint64_t boot;                 /* number, of the last RECORD_BOOTED */
    uint64_t next;                 /* record of the stream to come: the number of the state */
    uint64_t sent;                 /* the stream has those below */
    uint64_t durable;              /* for good */
    uint64_t wanted;               /* somebody waits for those below */
    uint64_t hurried;              /* and the ledger was told so of these */
    uint64_t room;                 /* bytes that may still be appended */
    uint64_t since, last;          /* bytes since the last checkpoint, and its own */
    uint64_t taken;                /* as `since`, with the place that short records take */
    uint8_t mode;                  /* enum log_mode */
    cap_t source;                  /* SERVICE_SIGNAL_STREAM, for the ledger */
    bool watched, on_disk, sealed; /* sealed: the stream takes nothing more */
    bool lost;                     /* lost: the ledger has not got a part of the checkpoint */
    uint32_t part, parts;
    uint64_t first; /* number of the oldest record in `pending` */
    uint32_t used;  /* bytes of it: each a word with the length, then the records */
    uint64_t pending[LOG_PENDING_BYTES / 8];
    uint32_t held_map; /* a bit for each that waits */
    struct service_held held[LOG_HELD_MAX];
    uint64_t order;                                /* of the last outcome */
    uint8_t hints[LOG_OUTCOME_HINTS];              /* where a client's outcome was last */
    struct service_outcome outcomes[LOG_OUTCOMES]; /* number 0: free */
};

/* What a record takes of a log at least, however short: one that is waited for has a block there,
 * and who folds reads all of that. */
static inline uint64_t log_place(uint64_t bytes)
{
    return bytes > LOG_PLACE_LEAST ? bytes : LOG_PLACE_LEAST;
}

/* Whether the badge is of an object of this boot: those of former ones are dead. */
static inline bool log_has_object(const struct service_log *log, uint64_t badge)
{
    return badge_is_object(badge) && badge_is_from(badge, (uint32_t)log->boot);
}
/* With what the description gives a service: endpoint, notification and stream are found,
 * service_init() and service_recover() called. Panics where one of them fails. */
void service_begin(struct service *service);
/* From now on service->death is called for objects of this boot, and for those that went while no
 * process listened. Comes after service_begin(). */
void service_objects_begin(struct service *service);
/* Whether an answer that a client may ask for again hands out this badge: it is not dead although
 * no capability carries it. */
bool service_owes(const struct service *service, uint64_t badge);
/* Folds the stream and begins the boot's part of it. The endpoint's deaths are watched after it.
 * Panics when the stream cannot be had: without its state a service must not answer. */
void service_recover(struct service *service);
