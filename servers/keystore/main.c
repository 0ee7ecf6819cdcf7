/*
 * main.c - keys that never leave. See README.md.
 *
 * One thread, one request at a time: a change is on the disk when its answer leaves. What requests
 * leave in memory is wiped after each.
 */
#include <sodium.h>

#include "badge.h"
#include "idl/registry.h"
#include "panic.h"
#include "server.h"
#include "startup.h"

enum {
    STACK_GAP = 256,
    STACK_BYTES = 4096, /* where requests are decoded and answered; what derives keys wipes more */
};

struct server server;

static int serve(struct request *rq)
{
    struct server *s = &server;
    if (badge_is_control(rq->badge)) return vault_serve(rq);
    if ((rq->badge & BADGE_LOOKUP) != 0 || rq->badge == 0) return space_serve(rq);
    if (handle_is_ours(s, rq->badge)) return key_serve(rq);
    /* A handle of a former process: as good as an object that died. */
    return request_refuse(rq, ERR_PEER_DIED);
}

/* Not just below its caller: the first words there are not wiped by sodium_stackzero(), whose own
 * frame they are. */
__attribute__((noinline)) static int serve_deeper(struct request *rq)
{
    volatile uint8_t gap[STACK_GAP];
    gap[0] = 0;
    int err = serve(rq);
    gap[0] = 1;
    return err;
}

/* Secrets came in the words, in the message page, and went through `change`. What the answer says
 * stands in the page from word 8 on. */
static void forget(struct service *svc, const struct request *rq)
{
    struct server *s = svc->state;
    uint32_t answer = msg_words(rq->answer.info), came = msg_words(rq->info);
    sodium_memzero(&s->change, sizeof(s->change));
    sodium_memzero(s->packed, sizeof(s->packed));
    sodium_memzero(svc->words, came * sizeof(uint64_t));
    sodium_memzero(svc->scratch, sizeof(svc->scratch));
    for (uint32_t i = answer > MSG_REGISTERS ? answer : MSG_REGISTERS; i < came; i++) {
        rq->buffer->words[i - MSG_REGISTERS] = 0;
    }
}

static int dispatch(struct service *svc, struct request *rq)
{
    int err = serve_deeper(rq);
    sodium_stackzero(STACK_BYTES); /* words of secrets, spilled */
    forget(svc, rq);
    return err;
}

static void on_death(struct service *svc, uint64_t badge)
{
    handle_close(svc->state, badge);
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    crypto_setup(startup_cap("random"));
    server.service = (struct service){
        .state = &server,
        .endpoint = startup_cap("service"),
        .dispatch = dispatch,
        .death = on_death,
    };
    if (service_init(&server.service) != OK) PANIC("no Reply");
    if (service_watch_deaths(&server.service) != OK) PANIC("deaths are not told");
    server_look(&server, true);
    (void)registry_ready(CAP_SLOT_REGISTRY);
    service_run(&server.service);
}
