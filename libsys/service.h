/*
 * service.h - a server: the three parts it is written in.
 *
 *   decide   a handler: reads the state, changes nothing, appends records with request_commit()
 *            and gives an answer or an error. After an error its records are thrown away.
 *   apply    service.apply: the only code that changes the state, one record at a time.
 *   main     the loop, service_run.h: receives, copies, dispatches, applies, answers.
 *
 * A call is answered once: a Reply is either the one the loop answers, or held under a token after
 * REPLY_LATER until request_answer(). Records become part of the state before the answer leaves;
 * what the answer says was computed from the state before them.
 *
 * A state that is to outlive the process: service_log.h.
 *
 * Capabilities that arrive are dropped after the handler, but for those it keeps.
 */
#pragma once
#include "request.h"

enum {
    SERVICE_REPLIES_MAX = 64,
    SERVICE_RECORD_BYTES = 8192, /* of all records of one request */
};
#define SERVICE_SIGNAL_DEATHS (1ull << 62) /* bit of the service's notification */

struct record {
    uint32_t type;
    uint32_t len;
    uint64_t payload[]; /* `len` bytes */
};

struct service_reply {
    cap_t slot;
    uint32_t generation; /* of the token of its last call */
    uint64_t held;       /* 1 or 0; a word, so that an index is a shift away from its address */
};

/* What the end of a turn has to look at beside records. */
enum service_odd {
    SERVICE_UNSETTLED = 1 << 0, /* the stream is not durable up to the state */
    SERVICE_UNARMED = 1 << 1,   /* there are no receive slots */
    SERVICE_ANSWERED = 1 << 2,  /* the current call is, by its token; or there is none */
    SERVICE_SENT = 1 << 3,      /* what came is no call */
    SERVICE_ARRIVED = 1 << 4,   /* and the bits above, for each receive slot that is filled */
    SERVICE_OF_TURN = (1 << 8) - SERVICE_ANSWERED,
};
_Static_assert(SERVICE_ARRIVED << MSG_CAPS_MAX == 1 << 8, "a bit for each");

struct service_log;
/* What service_log.c does in the loop: a service without a stream does not even link it. */
struct service_keeper {
    /* Applies and appends what the request committed. True: the answer leaves now. */
    bool (*decided)(struct service *service, struct request *rq, bool answered);
    void (*commit)(struct service *service); /* the same for what no request committed */
    /* True: the answer to a held call is kept back. */
    bool (*keeps)(struct service *service, uint32_t reply, const struct message *m);
    void (*signal)(struct service *service, uint64_t bits);
    void (*wait)(struct service *service);  /* until a Reply is free again */
    void (*flush)(struct service *service); /* the records are more than `record_max` */
    void (*death)(struct service *service, uint64_t badge);
    bool (*recall)(struct request *rq); /* request.h */
};

struct service {
    /* Set by the program before service_init(). */
    void *state;
    cap_t endpoint;
    uint32_t reply_count;   /* calls that may wait at once, this one included; 0 is 1 */
    uint32_t receive_slots; /* capabilities taken from one message, 0 to MSG_CAPS_MAX */
    /* Checks the request and calls the handler, which is chosen by the badge: one of the generated
     * NAME_dispatch. Result: what that returned. */
    int (*dispatch)(struct service *service, struct request *rq);
    void (*apply)(void *state, const struct record *record); /* NULL: no state to change */
    /* The bits of the bound notification that arrived; may use service_commit(). */
    void (*signal)(struct service *service, uint64_t bits);
    /* A thread's fault: label kind, words as abi/syscall.h says. 0 lets it run again. */
    int (*fault)(struct service *service, struct request *rq);
    /* The last capability with this badge is gone; may use service_commit(). */
    void (*death)(struct service *service, uint64_t badge);
    struct service_log *log; /* NULL: the state ends with the process */

    /* The framework's. */
    const struct service_keeper *keeper; /* while there is a stream */
    uint64_t deferred;                   /* signals that came while the keeper waited */
    struct service_reply replies[SERVICE_REPLIES_MAX];
    struct service_reply *current; /* the one to receive with; NULL: all are held */
    uint64_t receive_call, receive_aux, receive_info; /* the next receive */
    cap_t receive;                                    /* first of receive_slots empty slots, or 0 */
    cap_t notification; /* may be set before service_init(): an unbadged one of the program */
    bool bound;
    uint64_t applied; /* records so far: the number of the state */
    uint32_t record_max;
    union {
        struct {
            uint32_t record_bytes;
            uint32_t odd; /* enum service_odd */
        };
        uint64_t unusual; /* 0 after a call that changed nothing and was answered at once */
    };
    struct request rq; /* the one that is served; between turns the answer to give */
    uint64_t records[SERVICE_RECORD_BYTES / 8];
    uint64_t words[MSG_WORDS_MAX];
    uint64_t scratch[MSG_WORDS_MAX];
};

/* Makes the Reply objects. Error: the kernel's or axiom's. */
MUST_USE int service_init(struct service *service);
/* The loop, by service->dispatch. service_run.h has one that a program inlines. */
_Noreturn void service_run(struct service *service);

/* One receive and all that follows from it, the former answer before. False: the endpoint is gone.
 * service_first() comes before the first one. */
bool service_turn(struct service *service);
void service_first(struct service *service);

/* Makes the service's notification, if it has none, and lets `recv` of this thread deliver it. */
MUST_USE int service_bind_notification(struct service *service);
/* A capability that sets `bits` of it when signalled, in a slot of one's own: for others. */
MUST_USE int service_signal_source(struct service *service, uint64_t bits, cap_t *out_slot);
/* From now on service->death is called for badges of the endpoint. */
MUST_USE int service_watch_deaths(struct service *service);
/* Whether any capability to the endpoint carries the badge; true if that cannot be known. */
bool service_badge_lives(struct service *service, uint64_t badge);
/* Asks axiom for them; the loop does so when it is signalled. */
void service_drain_deaths(struct service *service);
/* Makes the pending records part of the state and of the stream; the loop does so after each
 * callback. */
void service_apply(struct service *service);
/* Of the state only. */
void service_fold(struct service *service);

/* Adds a record. Only in a handler, a signal or a death. The payload is copied. */
void service_commit(struct service *service, uint32_t type, const void *payload, uint32_t len);
void request_commit(struct request *rq, uint32_t type, const void *payload, uint32_t len);
/* In two parts, as a head and the data it speaks of. */
void request_commit_parts(struct request *rq, uint32_t type, struct data head, struct data body);
/* The handler keeps the received capability: it is the program's until slot_discard(). */
cap_t request_keep(struct request *rq, cap_t slot);

static inline struct service *request_service(const struct request *rq)
{
    return (struct service *)rq->service;
}

/* For a client: whether to repeat a call that `err` ended. Only for methods that can be done
 * twice; gives up after a few attempts. `*tries` starts at 0. */
bool call_again(int err, uint32_t *tries);
