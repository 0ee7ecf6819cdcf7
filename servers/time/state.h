/*
 * state.h - settings and timers as a state machine: decide refuses or makes a record, apply alone
 * changes. Nothing here knows messages or clocks; the same objects run in the host tests.
 *
 * What has expired is no state: it follows from a timer and the uptime. So nothing is written when
 * one expires, and a timer that was set goes on through the death of the server.
 *
 * Invariant (state_is_sound): TIME-1 `used` of an owner's timers never exceeds TIMERS_OF_ONE, only
 * used ones are set, zone and periods are within their bounds.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TIMERS_MAX = 64,
    TIMERS_OF_ONE = 16, /* of one holder of the endpoint */
    ZONE_MIN = -720,
    ZONE_MAX = 840,
    PERIOD_MIN_NS = 10000000,
};

/* In the order of Time.Error, from denied on, in idl/time.capnp; 0 is no error. */
enum state_error {
    STATE_OK,
    STATE_DENIED,
    STATE_BAD_TIME,
    STATE_BAD_ZONE,
    STATE_LIMIT,
    STATE_NO_CLOCK,
    /* Timer's. */
    STATE_BAD_PERIOD,
};

struct timer {
    bool used;
    uint64_t owner; /* badge of who asked for it */
    uint32_t generation;
    uint64_t deadline; /* uptime in ns of the first expiration; 0: not set */
    uint64_t period;   /* 0: once */
};

struct state {
    int32_t zone_minutes;
    bool hour24;
    struct timer timers[TIMERS_MAX];
};

enum state_record_type {
    STATE_SETTINGS = 1, /* value: zone; flag: 24 hours */
    STATE_OPEN,         /* a: owner */
    STATE_CLOSE,
    STATE_SET, /* a: deadline, b: period */
    STATE_CLOSE_ALL,
    STATE_TIMER, /* of a checkpoint: value: generation, flag: used, a: owner */
};

/* What goes to the stream has no byte that nobody set: no padding. */
#pragma clang diagnostic push
#pragma clang diagnostic error "-Wpadded"
struct state_record {
    uint32_t type, timer;
    int32_t value;
    uint32_t flag;
    uint64_t a, b;
};

#pragma clang diagnostic pop

void state_init(struct state *s);
enum state_error state_decide_settings(int32_t zone_minutes, bool hour24,
                                       struct state_record *out_record);
enum state_error state_decide_open(const struct state *s, uint64_t owner,
                                   struct state_record *out_record);
/* False: there is none to close. */
bool state_decide_close(const struct state *s, uint32_t timer, uint32_t generation,
                        struct state_record *out_record);
/* `deadline` 0: cleared. */
enum state_error state_decide_set(uint32_t timer, uint64_t deadline, uint64_t period,
                                  struct state_record *out_record);
void state_apply(struct state *s, const struct state_record *r);

/* NULL: that use of the timer is over. */
const struct timer *state_timer(const struct state *s, uint32_t timer, uint32_t generation);
/* How often it has expired since it was set. */
uint64_t timer_expirations(const struct timer *t, uint64_t now);
/* When it expires for the time after `expirations`; 0: never. */
uint64_t timer_next(const struct timer *t, uint64_t expirations);

/* The state as records; `*at` starts at 0. False: none is left. */
bool state_snapshot(const struct state *s, uint32_t *at, struct state_record *out_record);
/* NULL, or the invariant that is broken. */
const char *state_is_sound(const struct state *s);
