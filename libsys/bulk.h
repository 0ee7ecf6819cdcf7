/*
 * bulk.h - rings (ring.h) between two processes: made, handed over by a Bulk, waited on, taken
 * down.
 *
 * The server makes the memory on its account and answers `attach` with a Memory and a notification;
 * the client maps it on its own account. Either may die at any moment: the memory stays under the
 * other (axiom's Memory). The client hears of it by a notification, the server by the death of the
 * Bulk's badge.
 */
#pragma once
#include "idl/bulk.h"
#include "request.h"
#include "ring_run.h"

/* The server. One for each Bulk that it handed out; zero before bulk_serve_attach(). */
struct bulk_server {
    struct ring_server ring;
    cap_t memory; /* 0: not attached */
    cap_t wake;   /* the client's */
    uint64_t address;
    uint32_t pages;
};

/* The handler of Bulk.attach. `signal`: a source of the server's notification (service.h), kept by
 * the caller. After it the rings are at `b->address`, and a Memory that the program may ask axiom
 * about, for one. */
int bulk_serve_attach(struct request *rq, const struct bulk_attach_in *in,
                      struct bulk_attach_out *out, struct bulk_server *b, cap_t signal);
/* The next request. ERR_WOULD_BLOCK: none, and the next one signals. ERR_BUSY: none was found, but
 * something came meanwhile, for which nobody signals. Any other error: none any more. */
MUST_USE enum err bulk_take(struct bulk_server *b, struct ring_submission *out);
/* Waits for nothing: OK, there are requests; else as bulk_take(). */
MUST_USE enum err bulk_look(struct bulk_server *b);
/* Takes up to `max` requests, gives each to `serve`, and tells the client what was completed. True:
 * there are more, and nobody signals for them. False: all are taken, and the next one signals. */
bool bulk_serve(struct bulk_server *b, uint32_t max,
                void (*serve)(struct bulk_server *b, const struct ring_submission *s));
/* The same with `serve` inlined, which answers most of them at once. */
RING_INLINE bool bulk_serve_many(struct bulk_server *b, uint32_t max, ring_serve *serve,
                                 void *context);
/* Completes one; bulk_flush() tells the client of all since the last one. */
void bulk_complete(struct bulk_server *b, uint32_t id, uint32_t result, uint64_t value);
void bulk_flush(struct bulk_server *b);
/* The client is gone, or cut off. False: requests are still in flight; call it again after each
 * is completed. True: the memory is gone, and `b` zero. */
bool bulk_end(struct bulk_server *b);

/* The client. */
enum { BULK_WAKE = 1, BULK_GONE = 2 }; /* bits of the notification that it makes for itself */

struct bulk_client {
    struct ring_client ring;
    struct ring_ticket *tickets;
    cap_t memory, signal;
    cap_t own[3]; /* a notification and two sources, if it made them itself */
    uint64_t address;
    uint32_t pages;
    bool gone; /* the server; or set by the caller who waits elsewhere and was told */
};
struct bulk_open_args {
    cap_t bulk;
    uint32_t entries, data_pages;
    /* Notifications to be signalled when something is completed, and when the server is gone;
     * 0 for both: it makes its own, for bulk_wait(). */
    cap_t wake, gone;
};
/* 0, the kernel's or axiom's error, or Bulk's. */
int bulk_open(struct bulk_client *b, const struct bulk_open_args *args);
/* Lets the server see what was submitted. ERR_PEER_DIED: it is gone. */
int bulk_submitted(struct bulk_client *b);
/* The next completion. ERR_WOULD_BLOCK: none yet. ERR_PEER_DIED: none any more. */
int bulk_poll(struct bulk_client *b, struct ring_completion *out, uint64_t *out_cookie);
/* Waits until there are completions. */
int bulk_await(struct bulk_client *b);
/* As bulk_poll(), but waits. */
int bulk_wait(struct bulk_client *b, struct ring_completion *out, uint64_t *out_cookie);
/* Unmaps it and drops all capabilities but the Bulk itself; then `b` is zero. */
void bulk_close(struct bulk_client *b);

RING_INLINE bool bulk_serve_many(struct bulk_server *b, uint32_t max, ring_serve *serve,
                                 void *context)
{
    enum err err = OK;
    for (uint32_t left = max; left > 0;) {
        err = bulk_look(b);
        if (err != OK) break;
        left -= ring_serve_many(&b->ring, left, serve, context);
    }
    bulk_flush(b);
    return err == OK || err == ERR_BUSY;
}
