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
    for (const struct cpu *c = cpus; c <= cpus + cpu_last; c++) {
        uint32_t top = 0;
        for (uint32_t p = 0; p < 256; p++) {
            v->blame = &c->ready[p];
            if (c->ready[p].head != NULL) top = p + 1;
            if ((c->ready_map[p / 64] >> p % 64 & 1) != (c->ready[p].head != NULL)) return false;
        }
        if (c->top != top) return false;
    }
    return true;
}

/* Holds for every CPU; `settled`: but for those that another has poked, which will see to it. */
static bool on_each_cpu(struct view *v, bool settled,
                        bool (*holds)(struct view *, const struct cpu *))
{
    for (uint32_t i = 0; i <= cpu_last; i++) {
        bool excused = settled && fake.poked[i] && &cpus[i] != cpu();
        if (!excused && !holds(v, &cpus[i])) return false;
    }
    return true;
}

static bool parked_sorted(struct view *v, const struct cpu *c)
{
    uint64_t before = 0;
    for (const struct thread *t = c->parked.head; t != NULL; t = t->q_next) {
        v->blame = t;
        if (home_of(t) == NULL || home_of(t)->refill_at < before) return false;
        before = home_of(t)->refill_at;
    }
    return true;
}

bool inv_parked_sorted(struct view *v)
{
    return on_each_cpu(v, false, parked_sorted);
}

/* A step wakes and parks only so many; the rest follows at once, by a timer that is due. */
static bool goes_on(const struct cpu *c)
{
    return c->timer <= c->now;
}

static bool due_awake(struct view *v, const struct cpu *c)
{
    const struct thread *t = c->parked.head;
    v->blame = t;
    return t == NULL || home_of(t)->refill_at > c->now || goes_on(c);
}

bool inv_due_awake(struct view *v)
{
    return on_each_cpu(v, true, due_awake);
}

static bool highest_runs(struct view *v, const struct cpu *c)
{
    const struct thread *t = c->current;
    for (uint32_t p = t == NULL ? 0 : t->priority + 1u; p < 256; p++) {
        v->blame = c->ready[p].head;
        if (v->blame != NULL) return t == NULL && goes_on(c);
    }
    return true;
}

bool inv_highest_runs(struct view *v)
{
    return on_each_cpu(v, true, highest_runs);
}

static bool context_right(struct view *v, const struct cpu *c)
{
    const struct thread *t = c->current;
    v->blame = t;
    if (t == NULL) return true;
    while (t->lender != NULL) {
        t = t->lender;
    }
    return c->sched != NULL && c->sched == home_of(t) && c->sched->remaining > 0;
}

bool inv_context_right(struct view *v)
{
    return on_each_cpu(v, true, context_right);
}

static bool timer_set(struct view *v, const struct cpu *c)
{
    uint64_t until = ~0ull;
    const struct thread *parked = c->parked.head;
    bool ready = false;
    if (c->current != NULL) until = c->charged + (uint64_t)c->sched->remaining;
    if (parked != NULL && home_of(parked)->refill_at < until) until = home_of(parked)->refill_at;
    for (uint32_t p = 0; p < 256; p++) {
        ready |= c->ready[p].head != NULL;
    }
    if (c->current == NULL && ready) until = c->now;
    v->blame = c;
    /* another CPU may have taken away the thread that was waited for: then a tick comes early */
    bool right = c == cpu() ? c->timer == until : c->timer <= until;
    return right && (cpu_last == 0 ? fake.timer : fake.timers[c - cpus]) == c->timer;
}

bool inv_timer_set(struct view *v)
{
    return on_each_cpu(v, true, timer_set);
}

/* Two CPUs on one context would spend it twice. */
bool inv_context_alone(struct view *v)
{
    for (uint32_t i = 0; i <= cpu_last; i++) {
        for (uint32_t j = 0; j < i; j++) {
            v->blame = cpus[i].sched;
            if (cpus[i].current == NULL || cpus[j].current == NULL) continue;
            if (cpus[i].sched != NULL && cpus[i].sched == cpus[j].sched) return false;
        }
    }
    return true;
}

/* Its context says where a thread is ready or parked; on its way out of another CPU it may run, and
 * who waits is nowhere. */
bool inv_cpu_placed(struct view *v)
{
    for (uint32_t i = 0; i < v->thread_count; i++) {
        const struct thread *t = v->threads[i];
        v->blame = t;
        const struct sched *home = home_of(t);
        if (t->cpu < cpus || t->cpu > &cpus[cpu_last]) return false;
        if (home == NULL || home->budget == 0 || &cpus[home->cpu] == t->cpu) continue;
        if (t->state == T_READY || t->state == T_PARKED) return false;
        if (t->state == T_RUNNING && t->cpu->sched == home) return false;
    }
    return true;
}
