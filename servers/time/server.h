/* server.h - what the files of the time server share, but for the state machine. */
#pragma once
#include "badge.h"
#include "chip.h"
#include "idl/time.h"
#include "service_log.h"
#include "state.h"

enum { KIND_TIMER = BADGE_KIND_CONTROL + 1 };
enum {
    WAITS_MAX = 12, /* held calls: some Replies are left for others */
    WAITS_OF_ONE = 4,
};

/* What a process knows of a timer beside the state: it ends with the process. */
struct watch {
    bool waits;
    uint64_t token, after, owner; /* of who waits */
    cap_t notification;           /* or 0 */
    uint64_t told;                /* expirations that it was signalled for */
};

struct server {
    struct state state;
    struct watch watches[TIMERS_MAX];
    struct chip_port chip;
    cap_t ports, irq;
    bool ticking;
    uint32_t timer; /* index that the capability of the present request stands for */
    /* The wall clock: what the chip said last, and when. */
    bool known;
    int64_t unix_at;
    uint64_t read_at;
};

extern struct service_log server_log;
extern const struct time_ops server_time_ops;
extern const struct timer_ops server_timer_ops;

static inline uint64_t timer_badge(uint32_t generation, uint32_t index)
{
    return badge_make(KIND_TIMER, (uint32_t)server_log.boot, generation, index);
}

/* clock.c */
void clock_open(struct server *s);
uint64_t clock_uptime(void); /* ns since the processor started */
/* Seconds since 1970. False: the machine's clock says nothing. */
bool clock_unix(struct server *s, int64_t *out_unix);
struct time_date clock_date(int64_t unix_seconds);
/* False: there is no such date from 1970 to 2199. */
bool clock_seconds(const struct time_date *date, int64_t *out_unix);
/* False: the chip does not take it. */
bool clock_set(struct server *s, int64_t unix_seconds);
void clock_tick(struct server *s, bool on);
void clock_ticked(struct server *s);

/* handlers.c */
/* Tells all who wait for what has expired, and stops the ticks if nothing else will. */
void watches_serve(struct server *s);
void watch_end(struct server *s, uint32_t timer);
