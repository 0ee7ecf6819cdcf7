#include "supervise.h"

void supervise_started(struct supervised *s)
{
    s->life = LIFE_STARTING;
}

void supervise_ready(struct supervised *s)
{
    if (s->life == LIFE_STARTING) s->life = LIFE_READY;
}

static uint64_t backoff_ms(const struct policy *p, uint32_t recent)
{
    uint64_t wait = p->backoff_ms;

    for (uint32_t i = 0; i < recent && wait < SUPERVISE_BACKOFF_MAX_MS; i++) {
        wait *= 2;
    }
    return wait < SUPERVISE_BACKOFF_MAX_MS ? wait : SUPERVISE_BACKOFF_MAX_MS;
}

void supervise_ended(struct supervised *s, const struct policy *p, uint64_t now_ms)
{
    if (s->life != LIFE_STARTING && s->life != LIFE_READY) return;
    if (p->once) {
        s->life = LIFE_STOPPED;
        return;
    }
    if (now_ms - s->window_ms >= SUPERVISE_WINDOW_MS) {
        s->window_ms = now_ms;
        s->recent = 0;
    }
    if (s->recent >= p->limit) {
        s->life = LIFE_DISABLED;
        return;
    }
    s->life = LIFE_BACKOFF;
    s->due_ms = now_ms + backoff_ms(p, s->recent);
    s->recent++;
    s->restarts++;
}

void supervise_give_up(struct supervised *s)
{
    s->life = LIFE_DISABLED;
}

bool supervise_is_due(const struct supervised *s, uint64_t now_ms)
{
    return s->life == LIFE_BACKOFF && now_ms >= s->due_ms;
}

void supervise_follow(struct supervised *s, uint64_t now_ms)
{
    s->due_ms = now_ms;
    s->life = LIFE_BACKOFF;
    s->restarts++;
}

void supervise_reset(struct supervised *s, uint64_t now_ms)
{
    s->recent = 0;
    s->window_ms = now_ms;
    s->due_ms = now_ms;
    s->life = LIFE_BACKOFF;
}

const char *life_name(enum life life)
{
    switch (life) {
    case LIFE_WAITING:
        return "waiting";
    case LIFE_STARTING:
        return "starting";
    case LIFE_READY:
        return "ready";
    case LIFE_BACKOFF:
        return "backoff";
    case LIFE_DISABLED:
        return "disabled";
    case LIFE_STOPPED:
        return "stopped";
    }
    return "?";
}
