/* show.c - threads, queues, interrupt lines, rings. */
#include "show.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "fake.h"
#include "irq.h"
#include "objects.h"
#include "sched.h"
#include "show_space.h"

static const char *state_name(const struct thread *t)
{
    static const char *const names[] = {"inactive", "ready",     "running", "parked",     "stopped",
                                        "sending",  "receiving", "waiting", "await_reply"};
    return t->state < sizeof(names) / sizeof(names[0]) ? names[t->state] : "?";
}

/* What it waits for, or runs on. */
static void show_wait(const struct thread *t)
{
    bool queued = t->state == T_SENDING || t->state == T_RECEIVING || t->state == T_WAITING;
    if (queued)
        printf(" at %s %#" PRIx64 " by slot %u badge %#" PRIx64,
               t->via->type == CAP_NOTIFICATION ? "notification" : "endpoint", t->via->obj,
               t->via->index, t->via->badge);
    if (t->state == T_SENDING) printf(t->is_fault ? ", a fault" : t->is_call ? ", a call" : "");
    if (t->reply != NULL) printf(", reply %#" PRIx64, ptr_to_phys(t->reply));
    if (t->lender != NULL) printf(", on the time of %u", t->lender->id);
    if (t->borrower != NULL) printf(", lends its time to %u", t->borrower->id);
}

static void show_thread(const struct slot *s, void *context)
{
    const struct thread *t = cap_object(s);
    const struct slot *home = thread_slot(t, TS_SCHED);
    (void)context;
    printf("%6u %-11s %3u %3u %s%s", t->id, state_name(t), (uint32_t)(t->cpu - cpus), t->priority,
           t->flags & THREAD_FPU ? "f" : "-", t->flags & THREAD_DRAIN ? "d" : "-");
    if (home->type == CAP_SCHED) {
        const struct sched *c = cap_object(home);
        printf(" %12" PRId64 " of %" PRIu64 "/%" PRIu64, c->remaining, c->budget, c->period);
    }
    show_wait(t);
    printf("\n");
}

static void show_queue(const char *name, const struct queue *q)
{
    if (q->head == NULL) return;
    printf("%s:", name);
    for (const struct thread *t = q->head; t != NULL; t = t->q_next) {
        printf(" %u", t->id);
    }
    printf("\n");
}

static void show_waiting(const struct slot *s, void *context)
{
    char name[80];
    const struct notification *n = cap_object(s);
    (void)context;
    if (s->type == CAP_ENDPOINT) {
        const struct queue *q = &((const struct endpoint *)cap_object(s))->queue;
        bool send = q->head != NULL && q->head->state == T_SENDING;
        snprintf(name, sizeof(name), "endpoint %#" PRIx64 " %s", s->obj, send ? "send" : "receive");
        show_queue(name, q);
        return;
    }
    if (n->word != 0) printf("notification %#" PRIx64 " has %#" PRIx64 "\n", s->obj, n->word);
    snprintf(name, sizeof(name), "notification %#" PRIx64, s->obj);
    show_queue(name, &n->queue);
}

static void show_reply(const struct slot *s, void *context)
{
    const struct reply *r = cap_object(s);
    (void)context;
    if (r->state != REPLY_FREE)
        printf("reply %#" PRIx64 " %s %u\n", s->obj,
               r->state == REPLY_BOUND ? "bound: owes" : "named:", r->thread->id);
}

static void show_queues(void)
{
    char name[32];
    for (const struct cpu *c = cpus; c <= cpus + cpu_last; c++) {
        printf("cpu %u runs %u\n", (uint32_t)(c - cpus), c->current != NULL ? c->current->id : 0);
        for (uint32_t p = 256; p-- > 0;) {
            snprintf(name, sizeof(name), "  ready %u", p);
            show_queue(name, &c->ready[p]);
        }
        show_queue("  parked", &c->parked);
    }
    objects_each(CAP_ENDPOINT, show_waiting, NULL);
    objects_each(CAP_NOTIFICATION, show_waiting, NULL);
    objects_each(CAP_REPLY, show_reply, NULL);
}

static void show_lines(void)
{
    for (uint32_t i = 0; i < LINES; i++) {
        const struct irq_line *l = &irq_lines[i];
        if (!l->taken && l->notification == NULL) continue;
        printf("line %u%s", i, i == LOG_LINE ? " (the log's)" : fake.masked[i] ? " masked" : "");
        if (l->notification != NULL)
            printf(" signals %#" PRIx64 " of notification %#" PRIx64, l->badge,
                   ptr_to_phys(l->notification));
        printf("\n");
    }
}

static void show_log(void)
{
    const struct log_header *h = &engine.rings->header;
    printf("commits: %" PRIu64 ", acknowledged %" PRIu64 "; records: %" PRIu64
           ", acknowledged %" PRIu64 "; sigma %" PRIu64 ", dropped %" PRIu64 "\n",
           h->commit_head, h->commit_tail, h->event_head, h->event_tail, h->sigma,
           h->events_dropped);
}

static void show_threads(void)
{
    printf("thread state       cpu pri fl       budget\n");
    objects_each(CAP_THREAD, show_thread, NULL);
}

static bool show_one(const char *what, uint32_t id)
{
    const struct thread *t = id != 0 ? objects_thread(id) : cpu()->current;
    if (t == NULL) return false;
    if (strcmp(what, "cspace") == 0) show_cspace(t);
    if (strcmp(what, "maps") == 0) show_maps(thread_slot(t, TS_ASPACE)->obj);
    return true;
}

bool show(const char *what)
{
    char name[16];
    uint32_t id = 0;
    int fields = sscanf(what, "%15[a-z]=%u", name, &id);
    bool all = fields == 1 && strcmp(name, "all") == 0;
    bool known = all;
    const struct {
        const char *name;
        void (*print)(void);
    } views[] = {{"threads", show_threads}, {"queues", show_queues}, {"lines", show_lines},
                 {"log", show_log},         {"tree", show_tree},     {"cspace", show_cspaces},
                 {"maps", show_all_maps}};
    if (fields == 2) return show_one(name, id);
    for (uint32_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
        if (!all && (fields != 1 || strcmp(views[i].name, name) != 0)) continue;
        if (all) printf("--- %s\n", views[i].name);
        views[i].print();
        known = true;
    }
    return known;
}
