/*
 * step.c - takes one step of the kernel and checks what every step owes: it does not panic, it has
 * its one event, its commits say when, by whom and why, and only who was refused has an error.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "explore.h"

static uint64_t first_commit, first_event;

static void segv(int number, siginfo_t *info, void *context)
{
    (void)context;
    if (lines_fault(info->si_addr)) return;
    if (!fake.catching) {
        signal(number, SIG_DFL);
        return;
    }
    fake.panic = "the kernel went astray";
    longjmp(fake.catch, 1);
}

/* The kernel never loops: a step that takes seconds is one that does not end. */
static void stuck(int number)
{
    (void)number;
    if (!fake.catching) return;
    fake.panic = "the step does not end";
    longjmp(fake.catch, 1);
}

void step_watch(void)
{
    const struct itimerval patience = {.it_value.tv_sec = 1};
    if (setitimer(ITIMER_VIRTUAL, &patience, NULL) != 0) abort();
}

void step_begin(void)
{
    struct sigaction watch = {.sa_handler = stuck, .sa_flags = SA_NODEFER};
    if (sigaction(SIGVTALRM, &watch, NULL) != 0) abort();
    struct sigaction act = {.sa_sigaction = segv, .sa_flags = SA_SIGINFO | SA_NODEFER};
    if (sigaction(SIGSEGV, &act, NULL) != 0) abort();
}

uint64_t step_first_commit(void)
{
    return first_commit;
}

uint64_t step_first_event(void)
{
    return first_event;
}

void step_brief(struct step *s)
{
    for (uint32_t i = 0; i < world.thread_count; i++) {
        const struct thread *t = world.threads[i];
        s->before[i] = (struct brief){t->state, t->is_fault, t->borrower != NULL};
    }
}

/* Makes the actor current. False: it cannot act, or not like this. */
static bool actor_ready(const struct op *op, struct thread *t)
{
    if (t->head.type != CAP_THREAD || (t->state != T_READY && t->state != T_RUNNING)) return false;
    if ((t->regs.rip == RIP_CALL) != (op->kind == KIND_AGAIN)) return false;
    fake_cpu = t->cpu;
    if (world.real_order) return cpu()->current == t;
    return canon_run(t);
}

/* The first tick that is due, on whatever CPU: time does not pass it. */
static uint64_t next_tick(void)
{
    uint64_t first = ~0ull;
    for (uint32_t i = 0; i <= cpu_last; i++) {
        if (cpus[i].timer < first) first = cpus[i].timer;
    }
    return first;
}

static bool can_happen(const struct op *op, struct step *s, uint64_t *at)
{
    *at = canon_time() + op->delay;
    fake_cpu = &cpus[op->cpu];
    switch ((enum op_kind)op->kind) {
    case KIND_IRQ:
        return !fake.masked[op->name];
    case KIND_TICK:
        if (cpu()->timer > *at) *at = cpu()->timer;
        return cpu()->timer != ~0ull && cpu()->timer == next_tick();
    case KIND_LATER:
        return *at < next_tick();
    case KIND_POKE:
        return fake.poked[op->cpu];
    default:
        s->actor = world.threads[op->actor];
        return actor_ready(op, s->actor);
    }
}

bool step_the_long_way;

static void take(const struct op *op, struct thread *t, uint64_t at)
{
    struct ipc_buffer *b = t != NULL ? thread_buffer(t) : NULL;
    if (op->kind == KIND_SYSCALL) {
        t->regs = (struct thread_regs){
            .rax = op->number, .rdi = op->name, .rsi = op->info, .rbx = op->rbx, .rip = RIP_AFTER};
        memcpy(t->regs.w, op->w, sizeof(op->w));
        if (b != NULL) b->caps[0] = op->cap;
    }
    if (op->kind == KIND_AGAIN) t->regs.rip = RIP_AFTER;
    if (step_the_long_way) cpu()->calm = 0; /* it is set anew at the end */
    if (op->kind == KIND_SYSCALL || op->kind == KIND_AGAIN) fake_syscall(at);
    if (op->kind == KIND_FAULT) core_fault(FAULT_MEMORY, 14, 6, op->name, at);
    if (op->kind == KIND_IRQ) core_irq((uint32_t)op->name, at);
    if (op->kind == KIND_POKE) fake.poked[op->cpu] = false;
    if (op->kind == KIND_TICK || op->kind == KIND_LATER || op->kind == KIND_POKE) core_tick(at);
}

/* One event, and what ARGS it has. */
static const char *event_wrong(const struct op *op, const struct step *s, uint64_t at)
{
    static const uint8_t kinds[] = {
        [KIND_SYSCALL] = EVENT_SYSCALL, [KIND_AGAIN] = EVENT_SYSCALL, [KIND_FAULT] = EVENT_FAULT,
        [KIND_IRQ] = EVENT_IRQ,         [KIND_TICK] = EVENT_TICK,     [KIND_LATER] = EVENT_TICK,
        [KIND_POKE] = EVENT_TICK};
    const struct event *e = event_at(at);
    bool stopped = s->actor != NULL && s->actor->state == T_STOPPED;
    uint64_t head = log_header()->event_head;
    if (head == at) return log_header()->events_dropped == 1 ? NULL : "no event for it";
    if (e->kind == EVENT_GAP) e = event_at(++at);
    if (e->kind != (stopped ? EVENT_STOPPED : kinds[op->kind]))
        return "its event is of another kind";
    if (e->time != cpu()->now) return "its event has another time";
    if (e->cpu != cpu() - cpus) return "its event names another CPU";
    if (s->actor != NULL && e->thread != s->actor->id) return "its event names another thread";
    while (++at < head) {
        if (event_at(at)->kind != EVENT_ARGS) return "more than one event for it";
    }
    return NULL;
}

static const char *commits_wrong(const struct step *s, uint64_t event)
{
    if (s->actor == NULL && s->commits != 0) return "a commit without a thread's doing";
    for (uint64_t i = 0; i < s->commits; i++) {
        const struct commit *c = commit_at(first_commit + i);
        if (c->seq != first_commit + i) return "a commit has another number";
        if (c->time != cpu()->now) return "a commit has another time";
        if (c->cause != event) return "a commit names another cause";
        if (c->actor != s->actor->id) return "a commit names another thread";
        if (c->cpu != cpu() - cpus) return "a commit names another CPU";
    }
    return NULL;
}

/* Errors after which something has changed all the same; kernel/abi/syscall.h says so of each. */
static bool may_change(const struct op *op, uint32_t result)
{
    uint32_t label = msg_label(op->info);
    if (op->kind != KIND_SYSCALL || world.real_rings) return true;
    if (result == OK || result == EVENT_BLOCKED || result == ERR_PARTIAL) return true;
    /* the senders before found out that they cannot; what it served is over */
    if (op->number == SYS_NB_RECV && result == ERR_WOULD_BLOCK) return true;
    if (op->number == SYS_REPLY_RECV) return true;
    return op->number == SYS_INVOKE && result == ERR_BUSY &&
           (label == OP_DELETE || label == OP_REVOKE);
}

/* As its event says; as its thread has it, if that was dropped. */
static uint32_t result_of_step(const struct step *s, uint64_t event)
{
    const struct event *e = event_at(event);
    const struct thread *t = s->actor;
    if (log_header()->event_head == event) {
        bool runs = t != NULL && (t->state == T_READY || t->state == T_RUNNING);
        return runs ? (uint32_t)t->regs.rax : EVENT_BLOCKED;
    }
    if (e->kind == EVENT_GAP) e = event_at(event + 1);
    return e->kind == EVENT_STOPPED ? EVENT_BLOCKED : e->result;
}

void step_tick_instead(const struct op *op)
{
    struct step s;
    uint64_t at;
    if (can_happen(op, &s, &at)) core_tick(at);
}

bool step_run(const struct op *op, struct step *s, const char **broken)
{
    uint64_t at;
    s->op = op;
    s->actor = NULL;
    *broken = NULL;
    if (!can_happen(op, s, &at)) return false;
    uint64_t event = log_header()->event_head, number = canon_event();
    first_event = event;
    first_commit = log_header()->commit_head;
    CATCH_PANIC(take(op, s->actor, at));
    if (fake.panic != NULL) {
        *broken = fake.panic;
        return true;
    }
    s->commits = log_header()->commit_head - first_commit;
    *broken = event_wrong(op, s, event);
    if (*broken == NULL) *broken = commits_wrong(s, number);
    if (*broken == NULL && canon_event() != number + 1) *broken = "it counts for several events";
    s->result = result_of_step(s, event);
    s->refused = !may_change(op, s->result);
    return true;
}
