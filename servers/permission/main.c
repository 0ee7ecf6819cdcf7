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
    struct server *s = state;

    permission_apply(&s->state, (const struct permission_record *)record->payload);
}

static void on_booted(void *state)
{
    static const struct permission_record all = {.type = RECORD_ALL_END};
    struct server *s = state;

    permission_apply(&s->state, &all);
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
    uint16_t subject = subject_of(&s->state, badge_index(badge), badge_generation(badge));

    if (subject != NOBODY) subject_end(svc, subject);
}

static void on_signal(struct service *svc, uint64_t bits)
{
    if ((bits & SERVICE_SIGNAL_TOLD) != 0) timer_open(svc); /* perhaps the clock */
    if ((bits & (SERVICE_SIGNAL_TOLD | SIGNAL_TIMER)) != 0) grants_expire(svc);
    if ((bits & (SERVICE_SIGNAL_TOLD | SIGNAL_FILES)) != 0)
        policy_look(svc); /* perhaps the files */
}

static int dispatch_subject(struct server *s, struct request *rq)
{
    s->subject = log_has_object(&server_log, rq->badge)
                     ? subject_of(&s->state, badge_index(rq->badge), badge_generation(rq->badge))
                     : NOBODY;
    if (s->subject == NOBODY) return request_refuse(rq, ERR_PEER_DIED);
    return subject_dispatch(&server_subject_ops, rq);
}

static int dispatch(struct service *svc, struct request *rq)
{
    if (badge_is_object(rq->badge)) return dispatch_subject(svc->state, rq);
    return permission_dispatch(&server_permission_ops, rq);
}

static uint64_t badge_of(void *state, uint32_t index)
{
    const struct server *s = state;
    const struct subject *e = &s->state.subjects[index];

    return e->used ? subject_badge(e->generation, index) : 0;
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    server.time = startup_cap("clock");
    server.identity = startup_cap("people");
    server_log = (struct service_log){.reset = on_reset,
                                      .booted = on_booted,
                                      .snapshot = on_snapshot,
                                      .objects = SUBJECTS_MAX,
                                      .object = badge_of};
    service = (struct service){
        .state = &server,
        .reply_count = REPLIES,
        .receive_slots = 1,
        .dispatch = dispatch,
        .apply = on_apply,
        .signal = on_signal,
        .death = on_death,
        .log = &server_log,
    };
    service_begin(&service);
    timer_open(&service);
    grants_resume(&service);
    contacts_resume(&server);
    policy_look(&service);
    service_objects_begin(&service);
    (void)registry_ready(CAP_SLOT_REGISTRY);
    service_run(&service);
}
