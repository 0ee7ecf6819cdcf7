/*
 * main.c - the clocks of the machine, and timers as capabilities.
 *
 * Settings and timers are the state, in a stream; the wall clock is the chip's. Timers are measured
 * in uptime and end with the boot, as all badges do. The chip's periodic interrupt runs only while
 * somebody waits for a timer.
 */
#include "badge.h"
#include "idl/registry.h"
#include "panic.h"
#include "server.h"
#include "thread.h"

enum { REPLIES = 16, SIGNAL_IRQ = 1, RELAY_STACK_PAGES = 2, RELAY_PRIORITY = 146 };

static struct server server;
static struct service service;
struct service_log server_log;

static void on_apply(void *state, const struct record *record)
{
    struct server *s = state;

    state_apply(&s->state, (const struct state_record *)record->payload);
}

static void on_booted(void *state)
{
    static const struct state_record all = {.type = STATE_CLOSE_ALL};
    struct server *s = state;

    state_apply(&s->state, &all);
}

static void on_reset(void *state)
{
    struct server *s = state;

    state_init(&s->state);
}

static void on_snapshot(struct service *svc)
{
    const struct server *s = svc->state;
    struct state_record r;
    uint32_t at = 0;

    while (state_snapshot(&s->state, &at, &r)) {
        service_commit(svc, r.type, &r, sizeof(r));
    }
}

static void on_death(struct service *svc, uint64_t badge)
{
    struct server *s = svc->state;
    struct state_record r;

    if (!state_decide_close(&s->state, badge_index(badge), badge_generation(badge), &r)) return;
    service_commit(svc, r.type, &r, sizeof(r));
    watch_end(s, badge_index(badge));
}

static void on_signal(struct service *svc, uint64_t bits)
{
    struct server *s = svc->state;

    if ((bits & SIGNAL_IRQ) == 0) return;
    clock_ticked(s);
    watches_serve(s);
}

static int dispatch_timer(struct server *s, struct request *rq)
{
    uint32_t index = badge_index(rq->badge);
    bool lives = log_has_object(&server_log, rq->badge) &&
                 state_timer(&s->state, index, badge_generation(rq->badge)) != NULL;

    if (!lives) return request_refuse(rq, ERR_PEER_DIED);
    s->timer = index;
    return timer_dispatch(&server_timer_ops, rq);
}

static int dispatch(struct service *svc, struct request *rq)
{
    if (badge_is_object(rq->badge)) return dispatch_timer(svc->state, rq);
    return time_dispatch(&server_time_ops, rq);
}

static uint64_t badge_of(void *state, uint32_t index)
{
    const struct server *s = state;
    const struct timer *t = &s->state.timers[index];

    return t->used ? timer_badge(t->generation, index) : 0;
}

/* The interrupt signals a notification that came with it; the loop waits for another one. */
static void relay(void *argument)
{
    const cap_t source = *(const cap_t *)argument, irq = startup_cap("irq_wake");
    uint64_t word;

    while (sys_wait(irq, &word) == OK) {
        (void)sys_signal(source);
    }
    PANIC("no interrupt to wait for");
}

static void relay_start(void)
{
    static cap_t source;
    const struct thread_args args = {.entry = relay,
                                     .argument = &source,
                                     .stack_pages = RELAY_STACK_PAGES,
                                     .priority = RELAY_PRIORITY,
                                     .fpu = true};
    uint32_t thread;

    if (service_signal_source(&service, SIGNAL_IRQ, &source) != OK) PANIC("no notification");
    if (thread_create(&args, &thread) != OK) PANIC("no second thread");
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    server_log = (struct service_log){.reset = on_reset,
                                      .booted = on_booted,
                                      .snapshot = on_snapshot,
                                      .objects = TIMERS_MAX,
                                      .object = badge_of};
    service = (struct service){
        .state = &server,
        .receive_slots = 1,
        .reply_count = REPLIES,
        .dispatch = dispatch,
        .apply = on_apply,
        .signal = on_signal,
        .death = on_death,
        .log = &server_log,
    };
    service_begin(&service);
    relay_start();
    clock_open(&server);
    service_objects_begin(&service);
    (void)registry_ready(CAP_SLOT_REGISTRY);
    service_run(&service);
}
