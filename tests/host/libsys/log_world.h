/*
 * log_world.h - what the tests of a service with a stream play: the kernel, the ledger, and a
 * server that adds numbers.
 */
#pragma once
#include <setjmp.h>

#include "service_log.h"

enum { ENDPOINT = 9, STREAM_CAP = 10, NOTIFICATION = 11, FIRST_REPLY = 100, REPLIES = 3 };
enum { RECORDS = 20000, PARTS = 64, OBJECTS = 8, DEATHS = 3 };

extern jmp_buf panicked;
extern bool panic_expected;

struct stored {
    uint32_t len;
    uint8_t bytes[LOG_RECORD_MAX];
};
struct ledger {
    struct stored *records;
    uint64_t next, durable, room, at;
    uint32_t parts, coming;
    struct stored part[PARTS], coming_part[PARTS];
    uint32_t boot, appends, watches, lose_answers, refuse_parts;
    uint32_t hurries, busy, busy_parts;
    uint64_t hurried; /* records that somebody is in a hurry for */
    bool sealed;
    bool at_once; /* durable as soon as it is there */
    int err;      /* of the next append */
};
extern struct ledger ledger;
enum err ledger_call(struct message *m);

struct kernel {
    struct message next, answered[64]; /* by sys_reply, by Reply */
    uint64_t answered_words[64], answered_badge[64];
    uint32_t answers[64];
    struct message answer; /* with the last receive */
    uint64_t answer_reply;
    uint32_t waits;
    void (*on_wait)(void);
    uint64_t meanwhile;      /* signals that come while the next one is handled, which waits */
    uint64_t living;         /* a badge that somebody holds */
    uint64_t deaths[DEATHS]; /* badges that axiom tells of */
    uint64_t died;           /* objects whose end the service was told of, a bit for each index */
};
extern struct kernel kernel;

/* The server: a sum, and how many were added. */
enum {
    ADD = 1,
    READ = 2,
    READ_VOLATILE = 3,
    LONG = 4,
    BIG = 5,
    LATER = 6,
    FAIL = 7,
    ONCE = 8,
    LIGHT = 9
};
enum { SIGNAL_ADDS = 8 };
struct sums {
    uint64_t sum, count, boots;
};
extern struct sums state;
extern struct service service;
extern struct service_log service_log;
extern uint64_t signalled_bits, token;

void world_booted(void *at);
uint64_t world_object(uint32_t index); /* its badge */
void world_reset(void *at);
void world_snapshot(struct service *svc);
int world_setup(void **unused);
void start_again(void); /* a new process */
void arrives(uint32_t label, uint64_t value);
void arrives_from(uint64_t badge, uint32_t label, uint64_t value);
void signal_arrives(uint64_t bits);
void world_durable(void); /* for kernel.on_wait: all that is sent is durable */
