/* inv_sched.c - contexts, lending, ready queues and the timer. */
#include "harness.h"
#include "invariants.h"

static const struct sched *home_of(const struct thread *t)
{
    const struct slot *s = thread_slot(t, TS_SCHED);
    return s->type == CAP_SCHED ? cap_object(s) : NULL;
}

bool inv_home_linked(struct view *v)
{
    for (uint32_t i = 0; i < v->object_count; i++) {
        if (v->objects[i].type != CAP_SCHED) continue;
        const struct sched *s = phys_to_ptr(v->objects[i].obj);
        v->blame = s;
        if (s->user == NULL) continue;
        if (!view_has_object(CAP_THREAD, s->user) || home_of(s->user) != s) return false;
    }
    for (uint32_t i = 0; i < v->thread_count; i++) {
        const struct slot *s = thread_slot(v->threads[i], TS_SCHED);
        v->blame = v->threads[i];
        if (s->type == CAP_EMPTY) continue;
        if (s->type != CAP_SCHED || home_of(v->threads[i])->user != v->threads[i]) return false;
    }
    return true;
}

static bool lending_is_right(const struct thread *t)
{
    if (t->borrower != NULL &&
        (!view_has_object(CAP_THREAD, t->borrower) || t->borrower->lender != t))
        return false;
    uint32_t length = 0;
    for (const struct thread *up = t; up->lender != NULL; up = up->lender) {
        if (!view_has_object(CAP_THREAD, up->lender) || up->lender->borrower != up) return false;
        if (++length > LEND_DEPTH_MAX) return false;
    }
    return t->lend_depth >= length && t->lend_depth <= LEND_DEPTH_MAX;
}

bool inv_lending_linked(struct view *v)
{
    for (uint32_t i = 0; i < v->thread_count; i++) {
        v->blame = v->threads[i];
        if (!lending_is_right(v->threads[i])) return false;
    }
    return true;
}

bool inv_ready_mapped(struct view *v)
{
    for (uint32_t p = 0; p < 256; p++) {
        v->blame = &cpu()->ready[p];
        if (cpu()->ready[p].head != NULL && !(cpu()->ready_map[p / 64] >> p % 64 & 1)) return false;
    }
    return true;
}

bool inv_parked_sorted(struct view *v)
{
    uint64_t before = 0;
    for (const struct thread *t = cpu()->parked.head; t != NULL; t = t->q_next) {
        v->blame = t;
        if (home_of(t) == NULL || home_of(t)->refill_at < before) return false;
        before = home_of(t)->refill_at;
    }
    return true;
}

/* A step wakes and parks only so many; the rest follows at once, by a timer that is due. */
static bool goes_on(void)
{
    return cpu()->timer <= cpu()->now;
}

bool inv_due_awake(struct view *v)
{
    const struct thread *t = cpu()->parked.head;
    v->blame = t;
    return t == NULL || home_of(t)->refill_at > cpu()->now || goes_on();
}

bool inv_highest_runs(struct view *v)
{
    const struct thread *t = cpu()->current;
    for (uint32_t p = t == NULL ? 0 : t->priority + 1u; p < 256; p++) {
        v->blame = cpu()->ready[p].head;
        if (v->blame != NULL) return t == NULL && goes_on();
    }
    return true;
}

bool inv_context_right(struct view *v)
{
    const struct thread *t = cpu()->current;
    v->blame = t;
    if (t == NULL) return true;
    while (t->lender != NULL) {
        t = t->lender;
    }
    return cpu()->sched != NULL && cpu()->sched == home_of(t) && cpu()->sched->remaining > 0;
}

bool inv_timer_set(struct view *v)
{
    uint64_t until = ~0ull;
    const struct thread *parked = cpu()->parked.head;
    bool ready = false;
    if (cpu()->current != NULL) until = cpu()->now + (uint64_t)cpu()->sched->remaining;
    if (parked != NULL && home_of(parked)->refill_at < until) until = home_of(parked)->refill_at;
    for (uint32_t p = 0; p < 256; p++) {
        ready |= cpu()->ready[p].head != NULL;
    }
    if (cpu()->current == NULL && ready) until = cpu()->now;
    v->blame = cpu();
    return cpu()->timer == until && fake.timer == until;
}
