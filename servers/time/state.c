#include "state.h"

enum { GENERATION_MASK = 0xffffff }; /* what a badge holds */

void state_init(struct state *s)
{
    *s = (struct state){.hour24 = true};
}

enum state_error state_decide_settings(int32_t zone_minutes, bool hour24,
                                       struct state_record *out_record)
{
    if (zone_minutes < ZONE_MIN || zone_minutes > ZONE_MAX) return STATE_BAD_ZONE;
    *out_record =
        (struct state_record){.type = STATE_SETTINGS, .value = zone_minutes, .flag = hour24};
    return STATE_OK;
}

enum state_error state_decide_open(const struct state *s, uint64_t owner,
                                   struct state_record *out_record)
{
    uint32_t free = TIMERS_MAX, own = 0;

    for (uint32_t i = TIMERS_MAX; i-- > 0;) {
        if (!s->timers[i].used) free = i;
        if (s->timers[i].used && s->timers[i].owner == owner) own++;
    }
    if (free == TIMERS_MAX || own >= TIMERS_OF_ONE) return STATE_LIMIT;
    *out_record = (struct state_record){.type = STATE_OPEN, .timer = free, .a = owner};
    return STATE_OK;
}

bool state_decide_close(const struct state *s, uint32_t timer, uint32_t generation,
                        struct state_record *out_record)
{
    *out_record = (struct state_record){.type = STATE_CLOSE, .timer = timer};
    return state_timer(s, timer, generation) != NULL;
}

enum state_error state_decide_set(uint32_t timer, uint64_t deadline, uint64_t period,
                                  struct state_record *out_record)
{
    if (period != 0 && period < PERIOD_MIN_NS) return STATE_BAD_PERIOD;
    *out_record =
        (struct state_record){.type = STATE_SET, .timer = timer, .a = deadline, .b = period};
    return STATE_OK;
}

static void close_one(struct timer *t)
{
    *t = (struct timer){.generation = t->generation};
}

static void apply_timer(struct timer *t, const struct state_record *r)
{
    switch ((enum state_record_type)r->type) {
    case STATE_OPEN:
        *t = (struct timer){
            .used = true, .owner = r->a, .generation = (t->generation + 1) & GENERATION_MASK};
        break;
    case STATE_CLOSE:
        close_one(t);
        break;
    case STATE_SET:
        t->deadline = r->a;
        t->period = r->b;
        break;
    case STATE_TIMER:
        t->used = r->flag != 0;
        t->owner = r->a;
        t->generation = (uint32_t)r->value;
        break;
    case STATE_SETTINGS:
    case STATE_CLOSE_ALL:
        break;
    }
}

void state_apply(struct state *s, const struct state_record *r)
{
    if (r->type == STATE_SETTINGS) {
        s->zone_minutes = r->value;
        s->hour24 = r->flag != 0;
    } else if (r->type == STATE_CLOSE_ALL) {
        for (uint32_t i = 0; i < TIMERS_MAX; i++) {
            close_one(&s->timers[i]);
        }
    } else {
        apply_timer(&s->timers[r->timer], r);
    }
}

const struct timer *state_timer(const struct state *s, uint32_t timer, uint32_t generation)
{
    if (timer >= TIMERS_MAX || !s->timers[timer].used) return NULL;
    return s->timers[timer].generation == generation ? &s->timers[timer] : NULL;
}

uint64_t timer_expirations(const struct timer *t, uint64_t now)
{
    if (t->deadline == 0 || now < t->deadline) return 0;
    return t->period == 0 ? 1 : 1 + (now - t->deadline) / t->period;
}

uint64_t timer_next(const struct timer *t, uint64_t expirations)
{
    if (t->deadline == 0 || (t->period == 0 && expirations > 0)) return 0;
    return t->deadline + expirations * t->period;
}

/* Each timer that was ever used gives two records: what it is, and to what it is set. */
bool state_snapshot(const struct state *s, uint32_t *at, struct state_record *out_record)
{
    uint32_t place = (*at)++;

    if (place == 0) {
        *out_record = (struct state_record){
            .type = STATE_SETTINGS, .value = s->zone_minutes, .flag = s->hour24};
        return true;
    }
    for (; place - 1 < 2 * TIMERS_MAX; place = (*at)++) {
        uint32_t i = (place - 1) / 2;
        const struct timer *t = &s->timers[i];
        bool settings = (place - 1) % 2 != 0;
        if (t->generation == 0 || (settings && t->deadline == 0)) continue;
        *out_record = (struct state_record){.type = STATE_TIMER,
                                            .timer = i,
                                            .value = (int32_t)t->generation,
                                            .flag = t->used,
                                            .a = t->owner};
        if (settings) (void)state_decide_set(i, t->deadline, t->period, out_record);
        return true;
    }
    return false;
}

const char *state_is_sound(const struct state *s)
{
    for (uint32_t i = 0; i < TIMERS_MAX; i++) {
        const struct timer *t = &s->timers[i];
        uint32_t own = 0;
        for (uint32_t k = 0; t->used && k < TIMERS_MAX; k++) {
            if (s->timers[k].used && s->timers[k].owner == t->owner) own++;
        }
        if (own > TIMERS_OF_ONE) return "TIME-1: too many of one owner";
        if (!t->used && (t->deadline != 0 || t->owner != 0)) return "TIME-1: a free one is set";
        if (t->period != 0 && t->period < PERIOD_MIN_NS) return "TIME-1: a period is too short";
    }
    if (s->zone_minutes < ZONE_MIN || s->zone_minutes > ZONE_MAX) return "TIME-1: the zone";
    return NULL;
}
