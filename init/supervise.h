/*
 * supervise.h - the life of one service: when it is started again, and when no more.
 *
 *   WAITING -> STARTING -> READY        its needs are ready; spawned; it called `ready`
 *   STARTING, READY -> BACKOFF          it ended or faulted; back to STARTING when it is due
 *   STARTING, READY -> DISABLED         it ended more often than its limit within a minute
 *   STARTING, READY -> STOPPED          it ended, and the description says once
 *   BACKOFF, DISABLED, STOPPED -> STARTING   also by `restart`
 *
 * Pure: the time is an argument. The numbers are those of Registry.State.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum life { LIFE_WAITING, LIFE_STARTING, LIFE_READY, LIFE_BACKOFF, LIFE_DISABLED, LIFE_STOPPED };
enum { SUPERVISE_WINDOW_MS = 60000, SUPERVISE_BACKOFF_MAX_MS = 10000 };

struct policy {
    uint32_t limit;      /* restarts within the window */
    uint32_t backoff_ms; /* before the first one; doubles */
    bool once;
};

struct supervised {
    enum life life;
    uint32_t restarts;  /* since boot */
    uint32_t recent;    /* since `window_ms` */
    uint64_t window_ms; /* when the present series of restarts began */
    uint64_t due_ms;    /* only in BACKOFF */
};

void supervise_started(struct supervised *s);
void supervise_ready(struct supervised *s);
/* It is gone, for whatever reason; also when it could not be started. */
void supervise_ended(struct supervised *s, const struct policy *p, uint64_t now_ms);
/* It cannot be started, and waiting will not help. */
void supervise_give_up(struct supervised *s);
bool supervise_is_due(const struct supervised *s, uint64_t now_ms);
/* It was ended because one that it needs began anew: starts at once, and counts as no failure. */
void supervise_follow(struct supervised *s, uint64_t now_ms);
/* A person asked for it: forgets the series of failures. */
void supervise_reset(struct supervised *s, uint64_t now_ms);
const char *life_name(enum life life);
