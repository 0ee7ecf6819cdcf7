/*
 * client_clock.c - a client of the time server: changes the settings and knows what they are; sets
 * timers, and is never told too early.
 */
#include "client.h"
#include "idl/time.h"
#include "slots.h"
#include "startup.h"

enum { LONGEST_NS = 60000000, SHORTEST_PERIOD_NS = 10000000 };

struct settings {
    int16_t zone;
    bool hour24;
};
static struct model {
    struct settings now, next;
    bool known, pending;
    uint64_t uptime;
} * model;
static cap_t time_cap, timer;

static void look(struct time_now_out *out)
{
    int err;
    do {
        err = time_now(time_cap, out);
    } while (cut_off(err));
    if (err != OK) sim_client_fails("now", err);
    if (out->uptime_ns < model->uptime) sim_client_fails("the uptime goes back", 0);
    model->uptime = out->uptime_ns;
}

static bool is(const struct time_now_out *seen, const struct settings *s)
{
    return seen->zone_minutes == s->zone && seen->hour24 == s->hour24;
}

static void step_configure(const struct settings *next)
{
    const struct time_configure_in in = {.zone_minutes = next->zone, .hour24 = next->hour24};
    model->next = *next;
    model->pending = true;
    int err = time_configure(time_cap, &in);
    if (cut_off(err)) return; /* asked for once, and now nobody knows */
    if (err != OK) sim_client_fails("configure", err);
    model->now = *next;
    model->known = true;
    model->pending = false;
}

/* `now` says what may be gone again, so what is not known is said once more. */
static void step_look(void)
{
    struct time_now_out out;
    look(&out);
    if (!model->known) model->now = (struct settings){out.zone_minutes, out.hour24};
    model->known = true;
    if (is(&out, &model->now) && !model->pending) return;
    if (!model->pending || (!is(&out, &model->now) && !is(&out, &model->next)))
        sim_client_fails("lost settings", out.zone_minutes);
    step_configure(&(struct settings){model->next.zone, model->next.hour24});
}

static void timer_drop(void)
{
    slot_discard(timer);
    timer = 0;
}

/* Waits for one that it sets: the answer comes when the time is over, and the times are counted. */
static void step_timer(void)
{
    struct time_timer_out made = {.timer = {.slot = slot_alloc()}};
    struct timer_wait_out out;
    struct time_now_out before, after;
    uint64_t period = sim_random(2) == 0 ? 0 : SHORTEST_PERIOD_NS;
    const struct timer_set_in in = {.after_ns = sim_random(LONGEST_NS), .period_ns = period};
    if (timer == 0) {
        int err = time_timer(time_cap, &(struct time_timer_in){0}, &made);
        if (err != OK && !cut_off(err)) sim_client_fails("timer", err);
        timer = err == OK ? made.timer.slot : 0;
    }
    if (made.timer.slot != timer) slot_release(made.timer.slot);
    if (timer == 0) return;
    look(&before);
    int err = timer_set(timer, &in);
    if (err == OK) err = timer_wait(timer, &(struct timer_wait_in){0}, &out);
    look(&after);
    if (err == OK && after.uptime_ns < before.uptime_ns + in.after_ns)
        sim_client_fails("a timer expires too early", 0);
    if (err == OK && (out.expirations == 0 || (period == 0 && out.expirations > 1)))
        sim_client_fails("a timer counts wrong", (int)out.expirations);
    if (err != OK && err != TIMER_IDLE && !cut_off(err)) sim_client_fails("wait", err);
    if (cut_off(err) || sim_random(3) == 0) timer_drop();
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    time_cap = startup_cap("time");
    model = sim_client_memory(sizeof(*model));
    step_look();
    for (;;) {
        uint32_t what = sim_random(4);
        const struct settings next = {(int16_t)(60 * (sim_random(27) - 12)), sim_random(2) == 0};
        if (what == 0 && !model->pending) step_configure(&next);
        if (what == 1) step_timer();
        step_look();
        sim_client_did();
    }
}
