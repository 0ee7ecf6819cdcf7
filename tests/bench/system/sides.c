/* sides.c - what the other side of a row does. */
#include "bench.h"
#include "bulk.h"
#include "bytes.h"
#include "panic.h"
#include "service_run.h"

enum { TURN = 64, SIGNAL_RING = 1 };

/* Answers each call with four words, without stubs. */
static int side_raw(void)
{
    cap_t endpoint = startup_cap("service"), reply = new_reply();
    struct message m = {.info = 0};
    enum err e = sys_recv(endpoint, reply, 0, &m);
    while (e == OK) {
        m.info = msg_info(OK, 4, 0, 0);
        m.w[0] = m.w[1] = m.w[2] = m.w[3] = 1;
        e = sys_reply_recv(endpoint, reply, 0, &m);
    }
    return EXIT_ERROR;
}

/* The same four words by a service's handler: a Memory, as it is asked what it is. */
static int on_info(struct request *rq, struct memory_info_out *out)
{
    (void)rq;
    *out = (struct memory_info_out){.pages = 1, .write = true, .maps = 1, .made = 1};
    return OK;
}

static int dispatch_memory(struct service *svc, struct request *rq)
{
    static const struct memory_ops ops = {.info = on_info};
    (void)svc;
    return memory_dispatch(&ops, rq);
}

static struct service service;

static int side_typed(void)
{
    service = (struct service){.endpoint = startup_cap("service"), .reply_count = 1};
    if (service_init(&service) != OK) return EXIT_ERROR;
    service_serve(&service, dispatch_memory);
}

static struct bulk_server ring;
static cap_t ring_source;

static bool add_one(void *context, const struct ring_submission *s, struct ring_completion *out)
{
    (void)context;
    out->value = s->sector + 1;
    return true;
}

static void on_signal(struct service *svc, uint64_t bits)
{
    (void)svc;
    (void)bits;
    while (bulk_serve_many(&ring, TURN, add_one, NULL)) {
    }
}

static int on_attach(struct request *rq, const struct bulk_attach_in *in,
                     struct bulk_attach_out *out)
{
    return bulk_serve_attach(rq, in, out, &ring, ring_source);
}

static int dispatch_ring(struct service *svc, struct request *rq)
{
    static const struct bulk_ops ops = {.attach = on_attach};
    (void)svc;
    return bulk_dispatch(&ops, rq);
}

static int side_ring(void)
{
    service = (struct service){.endpoint = startup_cap("service"),
                               .reply_count = 1,
                               .receive_slots = 1,
                               .dispatch = dispatch_ring,
                               .signal = on_signal};
    if (service_init(&service) != OK || service_bind_notification(&service) != OK)
        return EXIT_ERROR;
    if (service_signal_source(&service, SIGNAL_RING, &ring_source) != OK) return EXIT_ERROR;
    service_run(&service);
}

/* Says when it ran, and when it is about to end. */
static int side_born(void)
{
    struct message m = {.info = msg_info(0, 1, 0, 0), .w = {stamp()}};
    if (sys_send(startup_cap("service"), &m) != OK) return EXIT_ERROR;
    m = (struct message){.info = msg_info(0, 1, 0, 0), .w = {stamp()}};
    return sys_send(startup_cap("service"), &m) == OK ? EXIT_OK : EXIT_ERROR;
}

int side_run(const char *what)
{
    if (strcmp(what, "raw") == 0) return side_raw();
    if (strcmp(what, "typed") == 0) return side_typed();
    if (strcmp(what, "ring") == 0) return side_ring();
    return strcmp(what, "born") == 0 ? side_born() : EXIT_ERROR;
}
