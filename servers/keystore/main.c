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
#include "registers.h"
#include "server.h"
#include "service_run.h"
#include "startup.h"

enum {
    STACK_GAP = 256,
    STACK_BYTES = 8192, /* where requests are decoded and answered; what derives keys wipes more */
};

struct server server;

static int serve(struct request *rq)
{
    struct server *s = &server;
    if (badge_is_control(rq->badge)) return vault_serve(rq);
    if ((rq->badge & BADGE_LOOKUP) != 0 || rq->badge == 0) return space_serve(rq);
    if (inner_is_ours(s, rq->badge)) return space_serve(rq);
    if (handle_is_ours(s, rq->badge)) return key_serve(rq);
    /* A handle of a former process: as good as an object that died. */
    return request_refuse(rq, ERR_PEER_DIED);
}

/* Secrets came in the words, in the message page, and went through `change`; `kept` words of the
 * answer are still to be given. */
static void forget(struct service *svc, struct request *rq, uint32_t kept)
{
    struct server *s = svc->state;
    sodium_memzero(&s->change, sizeof(s->change));
    sodium_memzero(s->packed, sizeof(s->packed));
    sodium_memzero(svc->words, sizeof(svc->words));
    sodium_memzero(svc->scratch, sizeof(svc->scratch));
    if (kept <= MSG_REGISTERS) sodium_memzero(rq->buffer->words, sizeof(rq->buffer->words));
    if (kept == 0) sodium_memzero(rq->answer.w, sizeof(rq->answer.w));
}

/* Answered here and now, so that the answer is forgotten, too: what it says may be a secret. One
 * with a capability says nothing else, and is the loop's to give. */
static int dispatch(struct service *svc, struct request *rq)
{
    int err = serve(rq);
    if (msg_caps(rq->answer.info) != 0 || (rq->info & MSG_CALL) == 0) {
        forget(svc, rq, msg_words(rq->answer.info));
        return err;
    }
    struct message m = rq->answer;
    (void)request_answer(rq->token, &m); /* whoever does not wait for it any more has none */
    forget(svc, rq, 0);
    return REPLY_LATER;
}

/* Not just below its caller: the first words there are not wiped by sodium_stackzero(), whose own
 * frame they are. */
__attribute__((noinline)) static bool turn(void)
{
    volatile uint8_t gap[STACK_GAP];
    gap[0] = 0;
    bool goes_on = service_turn_by(&server.service, dispatch);
    gap[0] = 1;
    return goes_on;
}

/* The frames of a turn had words of its request, and registers have them. The next turn waits in
 * its first lines, with nothing of this one. */
_Noreturn static void turns(void)
{
    service_first(&server.service);
    while (turn()) {
        sodium_stackzero(STACK_BYTES);
        registers_forget();
    }
    service_gone();
}

static void on_death(struct service *svc, uint64_t badge)
{
    badge_gone(svc->state, badge);
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
    turns();
}
