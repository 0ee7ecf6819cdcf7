/* commit.c - ring space and emission. */
#include "commit.h"

#include "invoke.h"
#include "notification.h"
#include "sched.h"

static struct {
    struct log_header *header;
    struct commit *commits;
    struct event *events;
    uint64_t event_number; /* of the step that runs */
    uint64_t dropped_run;  /* events dropped since the last one recorded */
    struct event current;
    struct binding bound;
    bool signalled; /* since the last acknowledgement */
    struct queue stopped;
} log;

void log_init(uint64_t base)
{
    log.header = phys_to_ptr(base);
    log.commits = phys_to_ptr(base + PAGE_BYTES);
    log.events = phys_to_ptr(base + PAGE_BYTES + LOG_COMMIT_BYTES);
    log.header->commit_slots = 1u << LOG_COMMIT_BITS;
    log.header->event_slots = 1u << LOG_EVENT_BITS;
}

uint64_t log_base(void)
{
    return ptr_to_phys(log.header);
}

static uint64_t commit_room(void)
{
    return log.header->commit_slots - (log.header->commit_head - log.header->commit_tail);
}

static uint64_t event_room(void)
{
    return log.header->event_slots - (log.header->event_head - log.header->event_tail);
}

bool log_has_room(void)
{
    return commit_room() >= COMMITS_PER_STEP;
}

bool log_admits(const struct thread *t)
{
    if (t->flags & THREAD_DRAIN) return true;
    if (commit_room() < COMMIT_RESERVE + COMMITS_PER_STEP) return false;
    return log.header->sigma != 0 || event_room() > EVENT_RESERVE;
}

void log_stop(struct thread *t)
{
    thread_move(t, T_STOPPED);
    queue_push(&log.stopped, t);
}

/* Once for each acknowledgement: a full ring costs no more signals than a half full one. */
static void signal_consumer(void)
{
    if (log.signalled || log.bound.notification == NULL) return;
    if (event_room() > log.header->event_slots / 2 && commit_room() > log.header->commit_slots / 2)
        return;
    log.signalled = true;
    notification_signal(log.bound.notification, log.bound.badge);
}

static void event_write(const struct event *e)
{
    log.events[log.header->event_head & (log.header->event_slots - 1)] = *e;
    log.header->event_head++;
}

void event_begin(const struct event *e)
{
    log.current = *e;
    log.current.time = cpu()->now;
    log.current.thread = cpu()->current != NULL ? cpu()->current->id : 0;
}

void event_end(uint8_t result)
{
    uint64_t reserve = log.header->sigma != 0 && log.current.kind == EVENT_SYSCALL &&
                               !(cpu()->current != NULL && cpu()->current->flags & THREAD_DRAIN)
                           ? EVENT_RESERVE
                           : 0;
    log.event_number++;
    if (event_room() < reserve + 2) { /* the event and the count of those before it */
        log.dropped_run++;
        log.header->events_dropped++;
        return;
    }
    if (log.dropped_run != 0) {
        event_write(
            &(struct event){.time = cpu()->now, .kind = EVENT_GAP, .badge = log.dropped_run});
        log.dropped_run = 0;
    }
    log.current.result = result;
    event_write(&log.current);
    signal_consumer();
}

void commit_emit(const struct commit *c)
{
    struct commit *out = &log.commits[log.header->commit_head & (log.header->commit_slots - 1)];
    *out = *c;
    out->seq = log.header->commit_head;
    out->time = cpu()->now;
    out->cause = log.event_number;
    out->actor = cpu()->current != NULL ? cpu()->current->id : 0;
    log.header->commit_head++;
}

void commit_slot(enum commit_op op, const struct slot *dst, const struct slot *src, uint64_t arg0,
                 uint64_t arg1)
{
    commit_emit(&(struct commit){.op = (uint8_t)op,
                                 .type = dst->type,
                                 .rights = dst->rights,
                                 .flags = dst->flags & (CAP_FLAG_BOUND | CAP_FLAG_DEVICE),
                                 .dst = ptr_to_phys(dst),
                                 .src = src != NULL ? ptr_to_phys(src) : 0,
                                 .obj = dst->obj,
                                 .badge = dst->badge,
                                 .arg0 = arg0,
                                 .arg1 = arg1,
                                 .bits = (uint8_t)dst->bits,
                                 .depth = dst->depth});
}

void commit_bind(const struct slot *dst, const struct slot *notification)
{
    struct commit c = {.op = COMMIT_BIND, .type = dst->type, .dst = ptr_to_phys(dst)};
    c.obj = notification->obj;
    c.badge = notification->badge;
    commit_emit(&c);
}

uint64_t commit_count(void)
{
    return log.header->commit_head;
}

void log_forget(const struct notification *n)
{
    if (log.bound.notification == n) log.bound = (struct binding){0};
}

struct binding log_binding(void)
{
    return log.bound;
}

/* New tails, never back and never beyond the heads. */
enum err log_ack_check(const struct request *rq)
{
    const struct log_header *h = log.header;
    if (rq->w[0] < h->commit_tail || rq->w[0] > h->commit_head) return ERR_RANGE;
    return rq->w[1] < h->event_tail || rq->w[1] > h->event_head ? ERR_RANGE : OK;
}

enum err log_ack_apply(struct request *rq)
{
    log.header->commit_tail = rq->w[0];
    log.header->event_tail = rq->w[1];
    log.signalled = false;
    for (uint32_t i = 0; i < LOG_WAKES_PER_STEP && log.stopped.head != NULL; i++) {
        sched_ready(log.stopped.head);
    }
    rq->w[0] = log.stopped.head != NULL;
    return OK;
}

enum err log_bind_apply(struct request *rq)
{
    log.bound = (struct binding){cap_object(rq->arg), rq->arg->badge};
    commit_bind(rq->cap, rq->arg);
    return OK;
}

enum err log_drain_apply(struct request *rq)
{
    struct thread *t = cap_object(rq->arg);
    t->flags |= THREAD_DRAIN;
    commit_slot(COMMIT_CONFIGURE, rq->arg, NULL, t->priority, t->flags);
    return OK;
}

enum err log_mode_check(const struct request *rq)
{
    return rq->w[0] > 1 ? ERR_RANGE : OK;
}

enum err log_mode_apply(struct request *rq)
{
    log.header->sigma = rq->w[0];
    return OK;
}

enum err log_info_apply(struct request *rq)
{
    (void)rq;
    const struct log_header *h = log.header;
    rq->w[0] = h->commit_head;
    rq->w[1] = h->commit_tail;
    rq->w[2] = h->event_head;
    rq->w[3] = h->event_tail;
    rq->w[4] = h->events_dropped;
    rq->w[5] = h->sigma;
    return OK;
}
