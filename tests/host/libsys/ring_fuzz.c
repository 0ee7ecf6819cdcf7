/*
 * ring_fuzz.c - a peer that writes what it likes where it likes: the other side keeps its promises.
 *
 * The input is a sequence of steps: words written anywhere into the shared memory between and
 * amid calls of the honest client and the honest server, which both look at that memory.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ring_run.h"

enum { ENTRIES = 16, DATA = 64, STEP_BYTES = 4 };
enum step {
    SCRIBBLE,
    AIM,
    SUBMIT,
    CANCEL,
    PUBLISH,
    POLL,
    TAKE,
    COMPLETE,
    FLUSH,
    SLEEP,
    MANY,
    CLOSE
};

#define PROMISE(fact)                                                                              \
    do {                                                                                           \
        if (!(fact)) abort();                                                                      \
    } while (0)

static struct {
    uint8_t *shared; /* as long as it has to be, and not a byte more */
    struct ring_client client;
    struct ring_server server;
    struct ring_ticket *tickets;
    struct ring_request *requests;
    uint32_t held[ENTRIES], held_count;
} f;

static void setup(void)
{
    size_t bytes = ring_bytes(ENTRIES) + DATA;
    f.shared = aligned_alloc(64, (bytes + 63) / 64 * 64);
    f.tickets = malloc(ENTRIES * sizeof(*f.tickets));
    f.requests = malloc(ENTRIES * sizeof(*f.requests));
    PROMISE(f.shared != NULL && f.tickets != NULL && f.requests != NULL);
    memset(f.shared, 0, bytes);
    struct ring_place p = {.at = f.shared, .entries = ENTRIES, .data_bytes = DATA};
    ring_client_init(&f.client, &p, f.tickets);
    ring_server_init(&f.server, &p, f.requests);
    f.held_count = 0;
}

static void check(void)
{
    uint32_t at = 0, tickets = 0, requests = 0;
    uint64_t cookie;
    while (ring_unanswered(&f.client, &at, &cookie)) {
        tickets++;
    }
    for (uint32_t i = 0; i < ENTRIES; i++) {
        requests += f.requests[i].in_flight;
    }
    PROMISE(tickets == ring_in_flight(&f.client) && tickets <= ENTRIES);
    PROMISE(requests == f.server.in_flight && requests == f.held_count);
}

static void submit(uint8_t a, uint16_t op, uint64_t word)
{
    uint32_t id;
    struct ring_submission s = {.op = op, .sector = word, .data = word, .count = a};
    enum err err = ring_submit(&f.client, &s, a, &id);
    PROMISE(err == OK || err == ERR_BUSY || err == ERR_MESSAGE);
    PROMISE(err != OK || ring_in_flight(&f.client) > 0);
}

static void take(void)
{
    struct ring_submission s;
    enum err err = ring_take(&f.server, &s);
    PROMISE(err == OK || err == ERR_WOULD_BLOCK || err == ERR_MESSAGE || err == ERR_PEER_DIED);
    if (err != OK) return;
    PROMISE(f.held_count < ENTRIES);
    for (uint32_t i = 0; i < f.held_count; i++) {
        PROMISE(f.held[i] % ENTRIES != s.id % ENTRIES);
    }
    f.held[f.held_count++] = s.id;
    uint8_t *data = ring_data(&f.server, s.data, s.count);
    if (data != NULL) memset(data, 1, s.count); /* the sanitizer watches */
}

static void complete(uint8_t a)
{
    if (f.held_count == 0) {
        PROMISE(ring_complete(&f.server, &(struct ring_completion){.id = a}) == ERR_RANGE);
        return;
    }
    uint32_t at = a % f.held_count;
    PROMISE(ring_complete(&f.server, &(struct ring_completion){.id = f.held[at]}) == OK);
    f.held[at] = f.held[--f.held_count];
}

static void poll_one(void)
{
    struct ring_completion c;
    uint64_t cookie;
    uint32_t before = ring_in_flight(&f.client);
    enum err err = ring_poll(&f.client, &c, &cookie);
    PROMISE(err == OK || err == ERR_WOULD_BLOCK || err == ERR_MESSAGE);
    PROMISE(ring_in_flight(&f.client) == before - (err == OK));
    PROMISE(err != OK || cookie <= UINT8_MAX);
}

static uint64_t fill(void *context, uint32_t i, struct ring_submission *s)
{
    const uint8_t *byte = context;
    s->op = *byte;
    s->sector = i;
    return *byte;
}

static void done(void *context, uint64_t cookie, const struct ring_completion *c)
{
    (void)context;
    (void)c;
    PROMISE(cookie <= UINT8_MAX);
}

/* Keeps each third. */
static bool serve(void *context, const struct ring_submission *s, struct ring_completion *out)
{
    uint32_t *count = context;
    for (uint32_t i = 0; i < f.held_count; i++) {
        PROMISE(f.held[i] % ENTRIES != s->id % ENTRIES);
    }
    out->value = 1;
    if (++*count % 3 != 0) return true;
    PROMISE(f.held_count < ENTRIES);
    f.held[f.held_count++] = s->id;
    return false;
}

static void many(uint8_t which, uint8_t byte)
{
    uint32_t count = 0;
    if (which % 3 == 0) PROMISE(ring_submit_many(&f.client, byte % 32, fill, &byte) < ENTRIES);
    if (which % 3 == 1 && ring_client_look(&f.client) == OK)
        PROMISE(ring_poll_many(&f.client, byte, done, NULL) <= ENTRIES);
    if (which % 3 == 2 && ring_server_look(&f.server) == OK)
        PROMISE(ring_serve_many(&f.server, byte, serve, &count) <= ENTRIES);
}

/* Near what matters: tails, flags, ids. */
static void aim(uint8_t a, uint8_t b, uint8_t c)
{
    struct ring_shared *shared = (struct ring_shared *)f.shared;
    uint32_t change = (uint32_t)(int8_t)c;
    if (a % 4 == 0) shared->submit.tail += change;
    if (a % 4 == 1) shared->complete.tail += change;
    if (a % 4 == 2) ((uint32_t *)(shared + 1))[b % ENTRIES * 8] = c;
    if (a % 4 == 3) ((uint32_t *)(shared + 1))[ENTRIES * 8 + b % ENTRIES * 4] = c;
}

static void step(const uint8_t *at)
{
    switch ((enum step)(at[0] % (CLOSE + 1))) {
    case SCRIBBLE:
        f.shared[(at[1] << 8 | at[2]) % (ring_bytes(ENTRIES) + DATA)] = at[3];
        return;
    case AIM:
        return aim(at[1], at[2], at[3]);
    case SUBMIT:
        return submit(at[1], at[2], at[3]);
    case CANCEL:
        return submit(at[1], RING_OP_CANCEL, at[3]);
    case PUBLISH:
        (void)!ring_client_publish(&f.client);
        return;
    case POLL:
        return poll_one();
    case TAKE:
        return take();
    case COMPLETE:
        return complete(at[1]);
    case FLUSH:
        (void)!ring_server_publish(&f.server);
        return;
    case SLEEP:
        (void)!(at[1] & 1 ? ring_server_sleep(&f.server) : ring_client_sleep(&f.client));
        return;
    case MANY:
        return many(at[1], at[2]);
    case CLOSE:
        if (at[1] < 8) ring_server_close(&f.server);
        return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    setup();
    for (size_t at = 0; at + STEP_BYTES <= size; at += STEP_BYTES) {
        step(data + at);
        check();
    }
    free(f.shared);
    free(f.tickets);
    free(f.requests);
    return 0;
}
