/*
 * main.c - capabilities beyond what the system description gives.
 *
 * Policy, subjects, grants and history are the state, a fold of the stream. A program asks through
 * its Subject, which whoever starts it has made from its manifest: the badge says who asks, and the
 * manifest what for. What is given is a copy of a capability that stays here.
 */
#include "bytes.h"
#include "description.h"
#include "idl/registry.h"
#include "idl/time.h"
#include "panic.h"
#include "server.h"
#include "startup.h"

enum { REPLIES = 4, SIGNAL_TIMER = 1, MINUTES_AN_HOUR = 60 };

static struct server server;
static struct service service;
struct service_log server_log;

uint64_t server_uptime_ms(void)
{
    uint64_t hz = startup_page()->tick_hz, ticks = ticks_now();

    return hz < 1000 ? ticks : ticks / hz * 1000 + ticks % hz * 1000 / hz;
}

int32_t server_minute(struct server *s)
{
    struct time_now_out out;

    if (time_now(s->time, &out) != OK || !out.known) return -1;
    return out.date.hour * MINUTES_AN_HOUR + out.date.minute;
}

void server_commit(struct service *svc, const struct permission_record *r)
{
    service_commit(svc, r->type, r, record_bytes(r));
}

void server_event(struct service *svc, const struct event *e)
{
    struct server *s = svc->state;

    record_event(&s->state, e, &s->record);
    server_commit(svc, &s->record);
}

static void on_apply(void *state, const struct record *record)
{
    static const struct permission_record all = {.type = RECORD_ALL_END};
    struct server *s = state;

    if (record->type < RECORD_OWN) {
        permission_apply(&s->state, (const struct permission_record *)record->payload);
    } else if (record->type == RECORD_BOOTED) {
        permission_apply(&s->state, &all);
    }
}

static void on_reset(void *state)
{
    struct server *s = state;

    memset(&s->state, 0, sizeof(s->state));
}

static void on_snapshot(struct service *svc)
{
    struct server *s = svc->state;
    uint32_t at = 0;

    while (permission_snapshot(&s->state, &at, &s->record)) {
        server_commit(svc, &s->record);
    }
}

static void on_death(struct service *svc, uint64_t badge)
{
    struct server *s = svc->state;

    if ((badge & BADGE_LOOKUP) != 0 || badge_kind(badge) != KIND_SUBJECT) return;
    if (!badge_is_from(badge, (uint32_t)server_log.boot)) return;
    uint16_t subject = subject_of(&s->state, badge_index(badge), badge_generation(badge));
    if (subject != NOBODY) subject_end(svc, subject);
}

static void on_signal(struct service *svc, uint64_t bits)
{
    if ((bits & SERVICE_SIGNAL_TOLD) != 0) timer_open(svc); /* perhaps the clock */
    if ((bits & (SERVICE_SIGNAL_TOLD | SIGNAL_TIMER)) != 0) grants_expire(svc);
}

static int dispatch_subject(struct server *s, struct request *rq)
{
    bool of_boot = badge_is_from(rq->badge, (uint32_t)server_log.boot);

    s->subject = of_boot
                     ? subject_of(&s->state, badge_index(rq->badge), badge_generation(rq->badge))
                     : NOBODY;
    if (s->subject == NOBODY) {
        rq->answer.info = msg_info(ERR_PEER_DIED, 0, 0, 0);
        return ERR_PEER_DIED;
    }
    return subject_dispatch(&server_subject_ops, rq);
}

static int dispatch(struct service *svc, struct request *rq)
{
    struct server *s = svc->state;
    bool is_subject = (rq->badge & BADGE_LOOKUP) == 0 && badge_kind(rq->badge) == KIND_SUBJECT;

    return is_subject ? dispatch_subject(s, rq) : permission_dispatch(&server_permission_ops, rq);
}

static void reconcile(void)
{
    for (uint32_t i = 0; i < SUBJECTS_MAX; i++) {
        const struct subject *e = &server.state.subjects[i];
        uint64_t badge = badge_make(KIND_SUBJECT, (uint32_t)server_log.boot, e->generation, i);
        if (!e->used || service_badge_lives(&service, badge)) continue;
        on_death(&service, badge);
        service_apply(&service);
    }
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    server.time = startup_cap("clock");
    server.identity = startup_cap("people");
    server_log = (struct service_log){
        .stream = startup_cap("stream"), .reset = on_reset, .snapshot = on_snapshot};
    service = (struct service){
        .state = &server,
        .endpoint = startup_cap("service"),
        .notification = startup_cap("wake"),
        .reply_count = REPLIES,
        .receive_slots = 1,
        .dispatch = dispatch,
        .apply = on_apply,
        .signal = on_signal,
        .death = on_death,
        .log = &server_log,
    };
    if (service_init(&service) != OK) PANIC("no Reply");
    if (service_bind_notification(&service) != OK) PANIC("no notification");
    service_recover(&service);
    timer_open(&service);
    if (service_watch_deaths(&service) != OK) PANIC("deaths are not told");
    reconcile();
    (void)registry_ready(CAP_SLOT_REGISTRY);
    service_run(&service);
}
