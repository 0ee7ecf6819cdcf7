/*
 * canon.c - one representative for all states that behave alike. The README says why each of these
 * may be left out.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore.h"
#include "sched.h"

#define RAW __attribute__((no_sanitize("address")))

static uint64_t time_base;
static struct log_header heads;   /* as every canonical state has them */
static struct log_header *header; /* the kernel's own, writable */
static uint64_t *event_number, event_base;
static uint32_t *last_id, last_id_base;

extern char __start_kernel_bss[], __stop_kernel_bss[];

/* What the kernel's variables and its two counters were at an earlier moment. */
static struct {
    char *variables;
    uint64_t bytes, events;
    uint32_t id;
} early;

/* All since boot: ARGS are of the event before them. */
static uint64_t events_told(void)
{
    uint64_t n = 0, head = log_header()->event_head;
    if (head > LOG_EVENTS) abort();
    for (uint64_t i = 0; i < head; i++) {
        n += event_at(i)->kind != EVENT_ARGS;
    }
    return n;
}

RAW void canon_mark(uint32_t id)
{
    free(early.variables);
    early.bytes = (uint64_t)(__stop_kernel_bss - __start_kernel_bss);
    early.variables = malloc(early.bytes);
    if (early.variables == NULL) abort();
    for (uint64_t i = 0; i < early.bytes; i++) {
        early.variables[i] = __start_kernel_bss[i];
    }
    early.events = events_told();
    early.id = id;
}

/* The search knows no name that is private to the kernel's files: a counter is the one variable
 * that had this value at both moments. */
RAW static void *find_counter(const char *what, uint32_t bytes, uint64_t then, uint64_t value)
{
    char *found = NULL;
    uint32_t count = 0;
    for (uint64_t i = 0; i + bytes <= early.bytes; i += bytes) {
        uint64_t a = 0, b = 0;
        for (uint32_t k = bytes; k-- > 0;) {
            a = a << 8 | (uint8_t)early.variables[i + k];
            b = b << 8 | (uint8_t)__start_kernel_bss[i + k];
        }
        if (a != then || b != value) continue;
        found = __start_kernel_bss + i;
        count++;
    }
    if (count != 1) {
        fprintf(stderr, "explore: %u variables of the kernel count %s, not one\n", count, what);
        exit(2);
    }
    return found;
}

void canon_find(uint32_t id)
{
    event_number = find_counter("events", 8, early.events, events_told());
    last_id = find_counter("threads", 4, early.id, id);
}

void canon_begin(void)
{
    header = (struct log_header *)log_header();
    event_base = *event_number;
    last_id_base = *last_id;
    time_base = cpu()->now;
    heads = *header;
}

uint64_t canon_event(void)
{
    return *event_number;
}

uint64_t canon_time(void)
{
    return time_base;
}

static void set_priority(struct thread *t, uint8_t priority)
{
    bool ready = t->state == T_READY;
    if (ready) thread_move(t, T_INACTIVE);
    t->priority = priority;
    if (ready) sched_ready(t, false);
}

bool canon_run(struct thread *t)
{
    struct thread *before = cpu()->current;
    if (before == t) return true;
    if (t->state != T_READY) return false;
    uint8_t own = t->priority, others = before != NULL ? before->priority : 0;
    set_priority(t, 255);
    if (before != NULL) before->priority = 0;
    core_tick(cpu()->now);
    if (before != NULL) set_priority(before, others);
    set_priority(t, own);
    return cpu()->current == t;
}

/* Where whoever is ready may act, neither who is current nor their order says anything: the first
 * of the world's threads runs, the others stand by address. */
static void settle(void)
{
    struct queue *q = &cpu()->ready[WORLD_PRIORITY];
    for (uint32_t i = 0; i < world.thread_count; i++) {
        struct thread *t = world.threads[i];
        if (t->state != T_READY && t->state != T_RUNNING) continue;
        canon_run(t);
        break;
    }
    for (uint32_t i = 0; i < world.thread_count; i++) {
        struct thread *t = world.threads[i];
        if (t->queue != q) continue;
        queue_remove(t);
        queue_insert(q, t, NULL);
    }
}

static bool waits(const struct thread *t)
{
    return t->state == T_SENDING || t->state == T_RECEIVING || t->state == T_WAITING;
}

static void canon_thread(struct thread *t)
{
    bool again = t->regs.rip == RIP_CALL && t->state != T_INACTIVE;
    bool sends = t->state == T_SENDING && !t->is_fault;
    if (!again && !sends) t->regs = (struct thread_regs){.rip = RIP_AFTER};
    if (t->state != T_SENDING) t->is_call = 0;
    if (!t->is_fault) t->fault_kind = 0;
    if (!t->is_fault) memset(t->fault, 0, sizeof(t->fault));
    if (!sends || msg_caps(t->regs.rsi) == 0) memset(t->caps, 0, sizeof(t->caps));
    if (!waits(t)) t->via = NULL;
    if (t->queue == NULL) t->q_prev = t->q_next = NULL;
}

/* Of one CPU. What an idle one last did is over; its `sched` is not, if others ask who runs on
 * it. */
static void canon_cpu(struct cpu *c, uint64_t shift)
{
    bool idle = c->current == NULL;
    c->now = idle ? time_base : c->now - shift;
    c->charged = idle ? time_base : c->charged - shift;
    if (c->timer != 0 && c->timer != ~0ull) c->timer -= shift;
    fake.timers[c - cpus] = c->timer;
    c->calm = idle || c->calm == 0 ? 0 : c->calm - shift;
    c->actor = NULL;
    c->acts = 0;
    if (idle && cpu_last == 0) c->sched = NULL;
}

/* Times are told from now; what is due is due, however long. */
static void canon_times(void)
{
    uint64_t end = cpu()->now, shift = end - time_base;
    sched_pay(cpu(), end); /* which a step leaves to the next one that asks */
    for (uint32_t i = 0; i < world.thread_count; i++) {
        struct sched *s = world.scheds[i];
        if (!world_has_sched(i)) continue;
        s->consumed = 0;
        if (s->refill_at == 0) continue;
        s->refill_at = s->refill_at <= end ? time_base : s->refill_at - shift;
    }
    for (uint32_t i = 0; i <= cpu_last; i++) {
        canon_cpu(&cpus[i], shift);
    }
    fake.timer = cpu_last == 0 ? cpus[0].timer : 0; /* of whichever CPU set its last */
}

static void canon_rings(void)
{
    uint64_t commits = header->commit_head - header->commit_tail;
    uint64_t events = header->event_head - header->event_tail;
    if (events > world.event_fill_max) events = world.event_fill_max;
    header->commit_head = heads.commit_head;
    header->event_head = heads.event_head;
    header->commit_tail = heads.commit_head - (world.real_rings ? commits : 0);
    header->event_tail = heads.event_head - (world.real_rings ? events : 0);
    header->events_dropped = 0;
    *event_number = event_base;
    *last_id = last_id_base;
}

void canon(void)
{
    if (!world.real_order) settle();
    canon_times();
    canon_rings();
    for (uint32_t i = 0; i < world.thread_count; i++) {
        struct thread *t = world.threads[i];
        if (t->head.type != CAP_THREAD) continue; /* its memory is clear again */
        canon_thread(t);
        if (world.buffers[i] != NULL && t->regs.rip != RIP_CALL) /* else it is read again */
            memset(world.buffers[i]->caps, 0, sizeof(world.buffers[i]->caps));
    }
    const uint64_t counts = offsetof(struct fake, port_ops), end = offsetof(struct fake, output);
    memset((char *)&fake + counts, 0, end - counts); /* what the machine was asked */
    fake.timer_sets = fake.holds = 0;
    fake_cpu = cpus;
}
