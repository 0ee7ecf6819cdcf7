/*
 * ring_stress.c - client and server as two threads, under the thread sanitizer. Argument: entries.
 *
 * Each waits only when the ring says so, and a wait that nobody ends is a lost wake-up. What comes
 * back is checked against what was asked, and each request comes back once.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ring.h"

enum { ENTRIES = 64, DATA = 4096, SECONDS = 120 };

#define MUST(fact)                                                                                 \
    do {                                                                                           \
        if (!(fact)) {                                                                             \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #fact);                     \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* A notification: a signal is kept until somebody waits. */
struct bell {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    bool rung;
    uint64_t rings;
};

static struct ring_shared *shared;
static struct bell to_server = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, 0};
static struct bell to_client = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, 0};
static uint64_t total = 1000000;

static void bell_ring(struct bell *b)
{
    pthread_mutex_lock(&b->mutex);
    b->rung = true;
    b->rings++;
    pthread_cond_signal(&b->cond);
    pthread_mutex_unlock(&b->mutex);
}

static void bell_wait(struct bell *b)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += SECONDS;
    pthread_mutex_lock(&b->mutex);
    while (!b->rung) {
        MUST(pthread_cond_timedwait(&b->cond, &b->mutex, &until) != ETIMEDOUT);
    }
    b->rung = false;
    pthread_mutex_unlock(&b->mutex);
}

static uint64_t next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static struct ring_place place(void)
{
    return (struct ring_place){.at = shared, .entries = ENTRIES, .data_bytes = DATA};
}

/* Completes what it holds in an order of its own, adding what the data says. */
static void complete_some(struct ring_server *s, struct ring_submission *held, uint32_t *count,
                          uint64_t *seed)
{
    uint64_t want = next(seed) % (*count + 1);
    for (uint64_t i = 0; i < want; i++) {
        uint32_t at = (uint32_t)(next(seed) % *count);
        const uint32_t *data = ring_data(s, held[at].data, sizeof(*data));
        struct ring_completion c = {.id = held[at].id, .value = held[at].sector * 3 + *data};
        MUST(ring_complete(s, &c) == OK);
        held[at] = held[--*count];
    }
    if (ring_server_publish(s)) bell_ring(&to_client);
}

static void *serve(void *argument)
{
    static struct ring_request requests[ENTRIES];
    static struct ring_submission held[ENTRIES];
    struct ring_server s;
    struct ring_place p = place();
    uint64_t seed = 99, taken = 0;
    uint32_t count = 0;
    (void)argument;
    ring_server_init(&s, &p, requests);
    while (taken < total || count > 0) {
        struct ring_submission one;
        enum err err = ring_take(&s, &one);
        MUST(err == OK || err == ERR_WOULD_BLOCK);
        if (err == OK) {
            MUST(one.sector == taken);
            held[count++] = one;
            taken++;
        } else if (count > 0) {
            complete_some(&s, held, &count, &seed);
        } else if (ring_server_sleep(&s)) {
            bell_wait(&to_server);
        }
        if (count == ENTRIES) complete_some(&s, held, &count, &seed);
    }
    MUST(s.in_flight == 0);
    return NULL;
}

static uint64_t submit_some(struct ring_client *c, uint64_t sector, uint64_t *seed)
{
    uint64_t want = next(seed) % ENTRIES;
    for (uint64_t i = 0; i < want && sector < total; i++) {
        uint32_t id, at = (uint32_t)(c->free_ticket % ENTRIES);
        struct ring_submission s = {.op = 1, .sector = sector, .data = at * sizeof(uint32_t)};
        if (ring_in_flight(c) < ENTRIES - 1) /* then nobody looks at this place */
            ((uint32_t *)c->data)[at] = (uint32_t)sector;
        if (ring_submit(c, &s, sector, &id) == ERR_BUSY) break;
        sector++;
    }
    if (ring_client_publish(c)) bell_ring(&to_server);
    return sector;
}

int main(int argc, char **argv)
{
    static struct ring_ticket tickets[ENTRIES];
    struct ring_client c;
    struct ring_completion done;
    uint64_t seed = 7, submitted = 0, completed = 0, cookie, sum = 0;
    pthread_t server;
    if (argc > 1) total = strtoull(argv[1], NULL, 10);
    shared = aligned_alloc(4096, ring_bytes(ENTRIES) + DATA);
    MUST(shared != NULL);
    memset(shared, 0, ring_bytes(ENTRIES) + DATA);
    struct ring_place p = place();
    ring_client_init(&c, &p, tickets);
    MUST(pthread_create(&server, NULL, serve, NULL) == 0);
    while (completed < total) {
        submitted = submit_some(&c, submitted, &seed);
        enum err err;
        while ((err = ring_poll(&c, &done, &cookie)) == OK) {
            MUST(done.value == cookie * 3 + (uint32_t)cookie);
            sum += cookie;
            completed++;
        }
        MUST(err == ERR_WOULD_BLOCK);
        if (ring_in_flight(&c) > 0 && ring_client_sleep(&c)) bell_wait(&to_client);
    }
    MUST(pthread_join(server, NULL) == 0);
    MUST(sum == total * (total - 1) / 2 && ring_in_flight(&c) == 0);
    printf("%llu entries, %llu signals there and %llu back\n", (unsigned long long)total,
           (unsigned long long)to_server.rings, (unsigned long long)to_client.rings);
    free(shared);
    return 0;
}
