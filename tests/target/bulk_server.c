/* bulk_server.c - see bulk_test.h. */
#include "bulk_test.h"

#include "bytes.h"
#include "heap.h"
#include "memory.h"
#include "panic.h"
#include "service.h"
#include "slots.h"

enum { SESSIONS = 16, HELD_MAX = 4096, TURN = 64, SIGNAL_RING = 1 };

/* On the heap of whoever serves: each child has all static memory of this program. */
static struct {
    struct service service;
    struct bulk_server sessions[SESSIONS]; /* by badge */
    bool ending[SESSIONS];
    cap_t source;
    uint64_t signals;
    struct {
        struct bulk_server *of;
        uint32_t id;
    } held[HELD_MAX];
    uint32_t held_count;
} * server;

static void complete(struct bulk_server *b, const struct ring_submission *s, uint32_t result,
                     uint64_t value)
{
    bulk_complete(b, s->id, result, value);
}

static void release(void)
{
    for (uint32_t i = 0; i < server->held_count; i++) {
        bulk_complete(server->held[i].of, server->held[i].id, OK, i);
    }
    server->held_count = 0;
}

static void cancel(struct bulk_server *b, const struct ring_submission *s)
{
    for (uint32_t i = 0; i < server->held_count; i++) {
        if (server->held[i].of != b || server->held[i].id != (uint32_t)s->sector) continue;
        bulk_complete(b, server->held[i].id, ERR_CANCELLED, 0);
        server->held[i] = server->held[--server->held_count];
        complete(b, s, OK, 0);
        return;
    }
    complete(b, s, ERR_BUSY, 0);
}

static void sum(struct bulk_server *b, const struct ring_submission *s)
{
    const volatile uint64_t *words = ring_data(&b->ring, s->data, s->count * sizeof(uint64_t));
    uint64_t total = 0;

    for (uint32_t i = 0; words != NULL && i < s->count; i++) {
        total += words[i];
    }
    complete(b, s, words == NULL || s->data % 8 != 0 ? ERR_RANGE : OK, total);
}

static uint64_t alive(void)
{
    uint64_t count = 0;

    for (uint32_t i = 0; i < SESSIONS; i++) {
        count += server->sessions[i].memory != 0;
    }
    return count;
}

static void serve(struct bulk_server *b, const struct ring_submission *s)
{
    switch (s->op) {
    case OP_ECHO:
        return complete(b, s, OK, s->sector + 1);
    case OP_HOLD:
        if (server->held_count == HELD_MAX) return complete(b, s, ERR_BUSY, 0);
        server->held[server->held_count].of = b;
        server->held[server->held_count++].id = s->id;
        return;
    case OP_RELEASE:
        release();
        return complete(b, s, OK, 0);
    case OP_SUM:
        return sum(b, s);
    case OP_DIE:
        program_exit(7);
    case OP_SIGNALS:
        return complete(b, s, OK, server->signals);
    case OP_ALIVE:
        return complete(b, s, OK, alive());
    case RING_OP_CANCEL:
        return cancel(b, s);
    default:
        return complete(b, s, ERR_SYSCALL, 0);
    }
}

/* One turn for each, until nobody has more. */
static void serve_all(void)
{
    bool more = true;

    while (more) {
        more = false;
        for (uint32_t i = 0; i < SESSIONS; i++) {
            struct bulk_server *b = &server->sessions[i];
            if (!server->ending[i] && bulk_serve(b, TURN, serve)) more = true;
            bulk_flush(b);
        }
    }
}

static void on_signal(struct service *svc, uint64_t bits)
{
    (void)svc;
    if (bits & SIGNAL_RING) server->signals++;
    serve_all();
}

/* What it had in flight is completed: nobody hears of it. */
static void on_death(struct service *svc, uint64_t badge)
{
    struct bulk_server *b = &server->sessions[badge % SESSIONS];
    uint32_t kept = 0;

    (void)svc;
    if (bulk_end(b)) return;
    for (uint32_t i = 0; i < server->held_count; i++) {
        if (server->held[i].of == b) {
            bulk_complete(b, server->held[i].id, OK, 0);
        } else {
            server->held[kept++] = server->held[i];
        }
    }
    server->held_count = kept;
    if (!bulk_end(b)) program_exit(8);
}

static int on_attach(struct request *rq, const struct bulk_attach_in *in,
                     struct bulk_attach_out *out)
{
    struct bulk_server *b = &server->sessions[rq->badge % SESSIONS];
    struct bulk_attach_in given = *in;
    char how = test_word()[0];

    if (how == 's') given.data_pages++;
    int err = bulk_serve_attach(rq, &given, out, b, server->source);
    if (how == 'm') out->memory = out->signal;
    if (how == 'l') atomic_store(&b->ring.complete.control->tail, 5);
    return err;
}

static int dispatch(struct service *svc, struct request *rq)
{
    static const struct bulk_ops ops = {.attach = on_attach};

    (void)svc;
    return bulk_dispatch(&ops, rq);
}

int child_bulk_serves(void)
{
    server = heap_alloc_zeroed(sizeof(*server));
    if (server == NULL) return 9;
    server->service = (struct service){.endpoint = startup_cap("service"),
                                       .reply_count = 1,
                                       .receive_slots = 1,
                                       .dispatch = dispatch,
                                       .signal = on_signal,
                                       .death = on_death};
    if (service_init(&server->service) != OK) return 1;
    if (service_watch_deaths(&server->service) != OK) return 2;
    if (service_signal_source(&server->service, SIGNAL_RING, &server->source) != OK) return 3;
    service_run(&server->service);
}

/* The parent's side. */

enum { SERVER_PAGES = 512 };

static bool start(struct bulk_peer *p, const char *how, uint32_t pages)
{
    struct spawn_cap caps[] = {{.name = "service", .source = p->endpoint, .rights = RIGHTS_ALL}};
    struct test_child_args args = {.name = "bulk_serves",
                                   .caps = caps,
                                   .cap_count = TEST_COUNT(caps),
                                   .word = how,
                                   .pages = pages != 0 ? pages : SERVER_PAGES};

    return test_child_start(&args, &p->child);
}

bool bulk_peer_start(struct bulk_peer *p, const char *how, uint32_t pages)
{
    *p = (struct bulk_peer){.endpoint = test_endpoint()};
    return start(p, how, pages);
}

bool bulk_peer_again(struct bulk_peer *p)
{
    return start(p, "", 0);
}

cap_t bulk_of(const struct bulk_peer *p, uint64_t badge)
{
    return test_mint(p->endpoint, RIGHT_WRITE | RIGHT_GRANT, badge);
}

int bulk_new(struct bulk_client *b, cap_t bulk, uint32_t entries, uint32_t data_pages)
{
    const struct bulk_open_args args = {.bulk = bulk, .entries = entries, .data_pages = data_pages};

    return bulk_open(b, &args);
}

int bulk_do(struct bulk_client *b, uint16_t op, uint64_t sector, uint64_t *out_value)
{
    const struct ring_submission s = {.op = op, .sector = sector};
    struct ring_completion c = {0};
    uint64_t cookie;
    uint32_t id;
    int err = (int)ring_submit(&b->ring, &s, 0, &id);

    if (err == OK) err = bulk_submitted(b);
    if (err == OK) err = bulk_wait(b, &c, &cookie);
    *out_value = c.value;
    return err != OK ? err : (int)c.result;
}
