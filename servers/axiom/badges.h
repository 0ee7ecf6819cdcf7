/*
 * badges.h - how many capabilities carry which badge of which endpoint. No kernel calls
 * (host-tested); fed with the commits that axiom drains.
 *
 * A badge that reached 0 and whose endpoint is watched stays until badges_collect() reports it. An
 * endpoint is watched from badges_watch() until it is destroyed, whoever serves it.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct badge_entry {
    uint64_t endpoint; /* address; 0: free */
    uint64_t badge;
    uint32_t count;
    uint32_t zero;
};

enum { WATCHES_MAX = 64, WATCHES_EACH = 8 };

struct badge_watch {
    uint64_t endpoint; /* 0: free */
    uint32_t pid;      /* whose `deaths` reports it */
    uint32_t signal;   /* slot of the notification */
    uint32_t pending;  /* entries at 0 */
    bool due;          /* the notification is to be signalled */
};

struct badges {
    struct badge_entry *table;
    uint32_t size; /* a power of two */
    uint32_t used; /* entries that are not free */
    bool lost;     /* the table was full once: counts may be too low */
    struct badge_watch watches[WATCHES_MAX];
};

void badges_add(struct badges *b, uint64_t endpoint, uint64_t badge);
/* If this was the last, and the endpoint is watched, the watch becomes due. */
void badges_remove(struct badges *b, uint64_t endpoint, uint64_t badge);
uint32_t badges_count(const struct badges *b, uint64_t endpoint, uint64_t badge);
/* The watch of an endpoint, now the process's; NULL: all are in use, or it has its share. */
struct badge_watch *badges_watch(struct badges *b, uint64_t endpoint, uint32_t pid);
/* The endpoint is gone. Its watch's signal slot, 0 none. */
uint32_t badges_forget(struct badges *b, uint64_t endpoint);
/* Dead badges of endpoints that `pid` watches, each once: at most `max`. `*more`: call again. */
uint32_t badges_collect(struct badges *b, uint32_t pid, uint64_t *out, uint32_t max, bool *more);
/* True when a larger table is due; `table` of `size` entries is zeroed and takes over. */
bool badges_crowded(const struct badges *b);
void badges_rehash(struct badges *b, struct badge_entry *table, uint32_t size);
