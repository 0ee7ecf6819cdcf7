/* handlers.c - the methods of Time and Timer. */
#include "badge.h"
#include "server.h"
#include "slots.h"

enum { SECONDS_A_MINUTE = 60 };

static struct server *server_of(struct request *rq)
{
    return request_service(rq)->state;
}

static int error_of(enum state_error err)
{
    if (err == STATE_BAD_PERIOD) return TIMER_BAD_PERIOD;
    return err == STATE_OK ? OK : TIME_DENIED + (int)err - STATE_DENIED;
}

static void commit(struct request *rq, const struct state_record *r)
{
    request_commit(rq, r->type, r, sizeof(*r));
}

static int on_now(struct request *rq, struct time_now_out *out)
{
    struct server *s = server_of(rq);

    out->known = clock_unix(s, &out->unix_seconds);
    out->uptime_ns = clock_uptime();
    out->date = clock_date(out->unix_seconds + s->state.zone_minutes * SECONDS_A_MINUTE);
    out->zone_minutes = (int16_t)s->state.zone_minutes;
    out->hour24 = s->state.hour24;
    return OK;
}

static int on_configure(struct request *rq, const struct time_configure_in *in)
{
    struct state_record r;

    if (!badge_is_control(rq->badge)) return TIME_DENIED;
    int err = error_of(state_decide_settings(in->zone_minutes, in->hour24, &r));
    if (err == OK) commit(rq, &r);
    return err;
}

static int on_set_clock(struct request *rq, const struct time_set_clock_in *in)
{
    struct server *s = server_of(rq);
    int64_t local;

    if (!badge_is_control(rq->badge)) return TIME_DENIED;
    if (!clock_seconds(&in->date, &local)) return TIME_BAD_TIME;
    return clock_set(s, local - s->state.zone_minutes * SECONDS_A_MINUTE) ? OK : TIME_NO_CLOCK;
}

static int on_timer(struct request *rq, const struct time_timer_in *in, struct time_timer_out *out)
{
    struct server *s = server_of(rq);
    struct state_record r;
    int err = error_of(state_decide_open(&s->state, rq->badge, &r));

    (void)in;
    if (err != OK) return err;
    out->timer = (struct cap_arg){
        .slot = request_service(rq)->endpoint,
        .rights = RIGHT_WRITE | RIGHT_GRANT,
        .badge = timer_badge(s->state.timers[r.timer].generation + 1, r.timer),
    };
    commit(rq, &r);
    return OK;
}

const struct time_ops server_time_ops = {
    .now = on_now, .configure = on_configure, .set_clock = on_set_clock, .timer = on_timer};

/* Timer: the one of the request's badge is server.timer. */

static void wait_end(struct watch *w, int err, uint64_t expirations)
{
    const struct timer_wait_out out = {.expirations = expirations};

    if (!w->waits) return;
    w->waits = false;
    (void)timer_wait_answer(w->token, err, &out); /* who is gone needs none */
}

void watch_end(struct server *s, uint32_t timer)
{
    struct watch *w = &s->watches[timer];

    wait_end(w, TIMER_IDLE, 0);
    slot_discard(w->notification);
    *w = (struct watch){0};
}

/* True: the clock has to tick for it. */
static bool watch_serve(struct watch *w, const struct timer *t, uint64_t now)
{
    uint64_t expirations = timer_expirations(t, now);

    if (w->waits && expirations > w->after) wait_end(w, OK, expirations);
    if (w->notification != 0 && expirations > w->told) {
        w->told = expirations;
        (void)sys_signal(w->notification); /* one that is gone needs none */
    }
    return (w->waits || w->notification != 0) && timer_next(t, expirations) != 0;
}

void watches_serve(struct server *s)
{
    uint64_t now = clock_uptime();
    bool more = false;

    for (uint32_t i = 0; i < TIMERS_MAX; i++) {
        more |= watch_serve(&s->watches[i], &s->state.timers[i], now);
    }
    clock_tick(s, more);
}

static int set_to(struct request *rq, uint64_t deadline, uint64_t period)
{
    struct server *s = server_of(rq);
    struct watch *w = &s->watches[s->timer];
    struct state_record r;
    int err = error_of(state_decide_set(s->timer, deadline, period, &r));

    if (err != OK) return err;
    rq->is_light = true; /* none outlives the boot */
    commit(rq, &r);
    wait_end(w, TIMER_IDLE, 0);
    w->told = 0;
    if (w->notification != 0) clock_tick(s, true);
    return OK;
}

static int on_set(struct request *rq, const struct timer_set_in *in)
{
    uint64_t now = clock_uptime();

    return set_to(rq, in->after_ns > UINT64_MAX - now ? UINT64_MAX : now + in->after_ns,
                  in->period_ns);
}

static int on_clear(struct request *rq)
{
    return set_to(rq, 0, 0);
}

static int on_wait(struct request *rq, const struct timer_wait_in *in, struct timer_wait_out *out)
{
    struct server *s = server_of(rq);
    const struct timer *t = &s->state.timers[s->timer];
    struct watch *w = &s->watches[s->timer];
    uint32_t all = 0, own = 0;

    out->expirations = timer_expirations(t, clock_uptime());
    if (out->expirations > in->after) return OK;
    if (timer_next(t, out->expirations) == 0) return TIMER_IDLE; /* it would wait for ever */
    for (uint32_t i = 0; i < TIMERS_MAX; i++) {
        all += s->watches[i].waits;
        own += s->watches[i].waits && s->watches[i].owner == t->owner;
    }
    if (w->waits || all >= WAITS_MAX || own >= WAITS_OF_ONE) return TIMER_BUSY;
    w->waits = true;
    w->token = rq->token;
    w->after = in->after;
    w->owner = t->owner;
    clock_tick(s, true);
    return REPLY_LATER;
}

static int on_notify(struct request *rq, const struct timer_notify_in *in)
{
    struct server *s = server_of(rq);
    struct watch *w = &s->watches[s->timer];

    if (in->notification.type != CAP_NOTIFICATION) return ERR_CAP_TYPE;
    slot_discard(w->notification);
    w->notification = request_keep(rq, in->notification.slot);
    w->told = 0;
    clock_tick(s, true); /* the first tick tells whether it is needed */
    return OK;
}

const struct timer_ops server_timer_ops = {
    .set = on_set, .clear = on_clear, .wait = on_wait, .notify = on_notify};
