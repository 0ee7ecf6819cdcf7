/* sched.c - ready queues, budgets, lending. */
#include "sched.h"

#include "invoke.h"

struct cpu cpus[CPUS_MAX] __attribute__((aligned(64)));
uint32_t cpu_last;
struct container no_cspace;
enum { SCAN_MAX = 512, PARKS = 32 }; /* a look at a parked thread; to park one costs more */

/* NULL: it has none, or one that was never configured. */
static struct sched *home_of(const struct thread *t)
{
    struct sched *home = thread_object(t, TS_SCHED, CAP_SCHED);
    return home != NULL && home->budget != 0 ? home : NULL;
}

/* A context that can run its user now. The period starts with the first use of a full budget. */
/*@ requires \valid(s) && sched_ok(s) && now <= TIME_MAX;
    assigns s->remaining, s->refill_at;
    ensures \result <==> s->remaining > 0;
    ensures \result ==> s->refill_at != 0;
    ensures s->remaining <= s->budget;
    ensures \old(s->refill_at) == 0 || now < \old(s->refill_at) ==>
        s->remaining == \old(s->remaining);
    ensures s->remaining > \old(s->remaining) ==> \old(s->refill_at) != 0 &&
        now >= \old(s->refill_at) && s->refill_at == now + s->period; */
static bool sched_usable(struct sched *s, uint64_t now)
{
    if (s->refill_at != 0 && now >= s->refill_at) {
        s->remaining = (int64_t)s->budget + (s->remaining < 0 ? s->remaining : 0);
        s->refill_at = s->remaining > 0 ? 0 : now + s->period;
    }
    if (s->remaining <= 0) return false;
    if (s->refill_at == 0) s->refill_at = now + s->period;
    return true;
}

/*@ requires \valid(c) && c->charged <= now <= TIME_MAX;
    requires c->sched != \null ==> \valid(c->sched) && \separated(c, c->sched) &&
        c->sched->remaining >= -TIME_MAX;
    assigns c->sched->remaining, c->sched->consumed, c->charged;
    ensures c->charged == now;
    ensures c->sched != \null && c->current != \null ==> c->sched->remaining ==
        \old(c->sched->remaining) - (now - \old(c->charged)); */
void sched_pay(struct cpu *c, uint64_t now)
{
    if (c->sched != NULL && c->current != NULL) {
        c->sched->remaining -= (int64_t)(now - c->charged);
        c->sched->consumed += now - c->charged;
    }
    c->charged = now;
}

/* What runs on `s` has to find another context: at the end of this step, or by its own tick. */
SELDOM static void sched_leave(const struct sched *s)
{
    for (struct cpu *c = cpus; c <= cpus + cpu_last; c++) {
        if (c->sched != s) continue;
        sched_pay(c, cpu()->now);
        c->sched = NULL;
        c->calm = 0;
        if (c != cpu()) arch_cpu_poke(c);
    }
}

void sched_ready(struct thread *t, bool front)
{
    thread_move(t, T_READY);
    struct cpu *c = t->cpu = t->goes;
    struct queue *q = &c->ready[t->priority];
    queue_insert(q, t, front ? q->head : NULL);
    c->ready_map[t->priority / 64] |= 1ull << t->priority % 64;
    if (c->top <= t->priority) c->top = t->priority + 1u;
    if (c != cpu() && (c->current == NULL || c->current->priority < t->priority)) arch_cpu_poke(c);
}

void sched_unready(const struct thread *t)
{
    struct cpu *c = t->cpu;
    if (c->ready[t->priority].head != NULL) return;
    uint32_t i = t->priority / 64;
    c->ready_map[i] &= ~(1ull << t->priority % 64);
    if (c->top > t->priority + 1u) return;
    while (i > 0 && c->ready_map[i] == 0) {
        i--;
    }
    c->top = c->ready_map[i] ? i * 64 + 64 - (uint32_t)__builtin_clzll(c->ready_map[i]) : 0;
}

void sched_place(struct thread *t)
{
    const struct sched *home = home_of(t);
    const struct slot *cspace = thread_slot(t, TS_CSPACE);
    if (cspace->type == CAP_CNODE) t->cspace = cap_object(cspace);
    if (home == NULL) return;
    t->goes = &cpus[home->cpu];
    if ((t->state == T_READY || t->state == T_PARKED) && t->cpu != t->goes) sched_ready(t, false);
}

/*@ requires \valid(caller) && \valid(server) && \separated(caller, server);
    requires caller->lend_depth < LEND_DEPTH_MAX;
    assigns caller->borrower, server->lender, server->lend_depth;
    ensures caller->borrower == server && server->lender == caller &&
        server->lend_depth == caller->lend_depth + 1 <= LEND_DEPTH_MAX; */
void sched_lend(struct thread *caller, struct thread *server)
{
    caller->borrower = server;
    server->lender = caller;
    server->lend_depth = caller->lend_depth + 1;
}

void sched_take_back(struct thread *caller)
{
    struct thread *server = caller->borrower;
    if (server == NULL) return;
    struct cpu *c = server->cpu;
    if (c->current == server) c->calm = 0;
    if (c != cpu() && c->current == server) sched_leave(c->sched);
    server->lender = NULL;
    server->lend_depth = 0;
    caller->borrower = NULL;
}

/* The context `t` runs on now. One lent that is used up or gone is given back at once, nearest home
 * last: `t` goes on at home, and the lender's debt is its own. NULL: none of `t`'s is usable. */
OFTEN static inline struct sched *sched_of(struct thread *t, uint64_t now)
{
    for (;;) {
        struct thread *owner = t;
        while (owner->lender != NULL) { /* at most LEND_DEPTH_MAX */
            owner = owner->lender;
        }
        struct sched *s = home_of(owner);
        if (s != NULL && sched_usable(s, now)) return s;
        if (owner == t) return NULL;
        sched_take_back(owner);
    }
}

void sched_rest(struct thread *t)
{
    struct sched *s = cpu()->sched;
    sched_ready(t, false); /* it has paid */
    if (s != NULL && s->user == t && s->budget < s->period && s->remaining > 0) s->remaining = 0;
}

void sched_home_gone(struct thread *t)
{
    if (home_of(t) != NULL) sched_leave(home_of(t));
    if (t->state == T_PARKED) thread_move(t, T_INACTIVE);
}

/* The highest ready thread that has time to run; those without are parked, or left inactive. Work
 * is bounded: if it ends before one is found, the timer goes off at once and the rest follows. */
static void pick(struct cpu *c)
{
    for (uint32_t work = 0; work < SCAN_MAX && c->top != 0; work += PARKS) {
        struct thread *t = c->ready[c->top - 1].head;
        c->sched = sched_of(t, c->now);
        if (c->sched != NULL) {
            thread_move(t, T_RUNNING);
            c->current = t;
            return;
        }
        const struct sched *home = home_of(t);
        thread_move(t, home != NULL ? T_PARKED : T_INACTIVE);
        if (home == NULL) continue;
        struct thread *before = c->parked.head;
        while (before != NULL && home_of(before)->refill_at <= home->refill_at) {
            before = before->q_next;
            work++;
        }
        queue_insert(&c->parked, t, before);
    }
}

APART static void choose(struct cpu *c, struct thread *t)
{
    sched_pay(c, c->now);
    for (uint32_t i = 0; i < WORK_PER_STEP && c->parked.head != NULL; i++) {
        if (home_of(c->parked.head)->refill_at > c->now) break;
        sched_ready(c->parked.head, false);
    }
    if (t != NULL) {
        const struct sched *s = c->sched; /* of which nothing is asked while calm */
        bool over = c->now >= c->calm && (!s || s->remaining <= 0 || sched_of(t, c->now) != s);
        if (over || c->top > t->priority + 1u) sched_ready(t, !over);
    }
    if (c->current == NULL) pick(c);
    uint64_t until = ~0ull;
    if (c->current != NULL && c->sched != NULL) until = c->now + (uint64_t)c->sched->remaining;
    const struct sched *next = c->parked.head != NULL ? home_of(c->parked.head) : NULL;
    if (next != NULL && next->refill_at < until) until = next->refill_at;
    if (c->current == NULL && c->top != 0) until = c->now; /* `pick` gave up */
    if (until != c->timer) arch_timer_set(c->timer = until);
    c->calm = c->sched == NULL ? 0 : until < c->sched->refill_at ? until : c->sched->refill_at;
}

void sched_finish(void)
{
    struct thread *t = my_cpu->current;
    bool due = t == NULL || my_cpu->now >= my_cpu->calm || my_cpu->top > t->priority + 1u;
    if (due) choose(cpu(), t);
}

/*@ requires readable(rq);
    assigns \nothing;
    ensures \result == OK <==>
        BUDGET_TICKS_MIN <= rq->w[0] <= rq->w[1] && rq->w[1] <= PERIOD_TICKS_MAX &&
        rq->w[2] <= cpu_last; */
enum err sched_check(const struct request *rq)
{
    bool bad = rq->w[0] < BUDGET_TICKS_MIN || rq->w[1] < rq->w[0] || rq->w[1] > PERIOD_TICKS_MAX;
    return bad || rq->w[2] > cpu_last ? ERR_RANGE : OK;
}

void sched_config_apply(struct request *rq)
{
    struct sched *s = cap_object(rq->cap);
    if (s->cpu != rq->w[2]) sched_leave(s);
    s->budget = rq->w[0];
    s->period = rq->w[1];
    s->cpu = rq->w[2];
    if (s->refill_at == 0) s->remaining = (int64_t)s->budget;
    if (s->user != NULL) sched_place(s->user);
    commit_slot(COMMIT_CONFIGURE, rq->cap, NULL, s->budget, s->period | s->cpu << SCHED_CPU_SHIFT);
}
