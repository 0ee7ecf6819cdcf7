/* commit.c - ring space and emission. */
#include "commit.h"

#include "invoke.h"
#include "irq.h"
#include "sched.h"

static struct {
    struct log_header *header;
    struct commit *commits;
    struct event *events;
    uint64_t event_number; /* of the step that runs */
    uint64_t dropped_run;  /* events dropped since the last one recorded */
    bool signalled;        /* since the last acknowledgement */
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
    queue_insert(&log.stopped, t, NULL);
}

/* Once for each acknowledgement: a full ring costs no more signals than a half full one. */
static void signal_consumer(void)
{
    bool half = event_room() <= log.header->event_slots / 2 ||
                commit_room() <= log.header->commit_slots / 2;
    if (half && !log.signalled) irq_signal(LOG_LINE);
    log.signalled |= half;
}

static void event_write(const struct event *e)
{
    struct event *out = &log.events[log.header->event_head++ & (log.header->event_slots - 1)];
    *out = *e;
    out->time = cpu()->now;
    out->thread = cpu()->actor != NULL ? cpu()->actor->id : 0;
}

void event_record(const struct event *e)
{
    const struct thread *t = cpu()->actor;
    bool may_drop = log.header->sigma != 0 && e->kind == EVENT_SYSCALL &&
                    !(t != NULL && t->flags & THREAD_DRAIN);
    log.event_number++;
    if (event_room() < (may_drop ? EVENT_RESERVE : 0) + 2) { /* it, and the count of those before */
        log.dropped_run++;
        log.header->events_dropped++;
        return;
    }
    if (log.dropped_run != 0)
        event_write(&(struct event){.kind = EVENT_GAP, .badge = log.dropped_run});
    log.dropped_run = 0;
    event_write(e);
    signal_consumer();
}

void commit_emit(const struct commit *c)
{
    uint64_t seq = log.header->commit_head++;
    struct commit *out = &log.commits[seq & (log.header->commit_slots - 1)];
    *out = *c;
    out->seq = seq;
    out->time = cpu()->now;
    out->cause = log.event_number;
    out->actor = cpu()->actor != NULL ? cpu()->actor->id : 0;
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

uint64_t commit_count(void)
{
    return log.header->commit_head;
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

enum err log_drain_apply(struct request *rq)
{
    struct thread *t = cap_object(rq->arg);
    t->flags |= THREAD_DRAIN;
    commit_slot(COMMIT_CONFIGURE, rq->arg, NULL, t->priority, t->flags);
    return OK;
}

enum err log_mode_apply(struct request *rq)
{
    log.header->sigma = rq->w[0];
    return OK;
}
