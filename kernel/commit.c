/* commit.c - ring space and emission, and the cursor over what the commits fold to. */
#include "commit.h"

#include "invoke.h"
#include "irq.h"
#include "vspace.h"

static struct log_rings *rings;
static uint64_t event_number, dropped_run; /* of this step; dropped since the last one recorded */
static uint64_t event_calm, commit_calm;   /* below these nobody has to be told of records */
static bool signalled;                     /* since the last acknowledgement */
static struct queue stopped;

void log_init(struct log_rings *memory)
{
    rings = memory;
}

/*@ requires rings_ok(rings);
    assigns \nothing;
    ensures \result == LOG_COMMITS - (rings->header.commit_head - rings->header.commit_tail);
    ensures 0 <= \result <= LOG_COMMITS; */
static uint64_t commit_room(void)
{
    return LOG_COMMITS - (rings->header.commit_head - rings->header.commit_tail);
}

/*@ requires rings_ok(rings);
    assigns \nothing;
    ensures \result == LOG_EVENTS - (rings->header.event_head - rings->header.event_tail);
    ensures 0 <= \result <= LOG_EVENTS; */
static uint64_t event_room(void)
{
    return LOG_EVENTS - (rings->header.event_head - rings->header.event_tail);
}

/*@ requires rings_ok(rings);
    assigns \nothing;
    ensures \result <==> rings->header.commit_head + COMMITS_PER_STEP <=
        rings->header.commit_tail + LOG_COMMITS; */
bool log_has_room(void)
{
    return commit_room() >= COMMITS_PER_STEP;
}

bool log_admits(struct thread *t)
{
    if (rings->header.event_head < event_calm) return true;
    bool events = rings->header.sigma != 0 || event_room() >= EVENT_RESERVE + EVENTS_PER_STEP;
    if (t->flags & THREAD_DRAIN) return true;
    if (events && commit_room() >= COMMIT_RESERVE + COMMITS_PER_STEP) return true;
    thread_move(t, T_STOPPED);
    queue_insert(&stopped, t, NULL);
    return false;
}

/* Axiom reads the rings without the lock, so a head moves when its record is whole. No record that
 * is not acknowledged is written over. The words of struct event, without thread and CPU. */
/*@ requires rings_ok(rings) && cpu_ok;
    requires rings->header.event_head - rings->header.event_tail < LOG_EVENTS;
    assigns rings->header.event_head, rings->events[rings->header.event_head % LOG_EVENTS];
    ensures rings->header.event_head == \old(rings->header.event_head) + 1; */
OFTEN static inline void event_write(uint64_t time, uint64_t what, uint64_t place, uint64_t arg)
{
    struct event *out = &rings->events[rings->header.event_head % LOG_EVENTS];
    what |= my_cpu->acts | my_cpu->index << 48;
    out->time = time;
    *(uint64_t *)&out->thread = what;
    *(uint64_t *)&out->slot = place;
    out->arg = arg;
    __atomic_store_n(&rings->header.event_head, rings->header.event_head + 1, __ATOMIC_RELEASE);
}

/* Has it no room? What was dropped before it is told, where it has. */
static bool event_drops(uint64_t what)
{
    const struct thread *t = cpu()->actor;
    bool may_drop = rings->header.sigma != 0 && (uint8_t)(what >> 32) == EVENT_SYSCALL &&
                    !(t != NULL && t->flags & THREAD_DRAIN);
    if (event_room() < (may_drop ? EVENT_RESERVE : 0) + EVENTS_PER_STEP) {
        dropped_run++;
        rings->header.events_dropped++;
        return true;
    }
    if (dropped_run != 0) event_write(cpu()->now, EVENT(EVENT_GAP, 0ull, 0), 0, dropped_run);
    dropped_run = 0;
    return false;
}

/* Once for each acknowledgement: a full ring costs no more signals than a half full one. Also while
 * threads are left stopped: one of them may be whom all others wait for. */
static void events_tell(void)
{
    bool half = event_room() <= LOG_EVENTS / 2 || commit_room() <= LOG_COMMITS / 2 || stopped.head;
    if (half && !signalled) irq_signal(LOG_LINE);
    signalled |= half;
    event_calm = half ? 0 : rings->header.event_tail + LOG_EVENTS / 2 - 1;
    commit_calm = rings->header.commit_tail + LOG_COMMITS / 2;
}

OFTEN void event_record(uint64_t what, uint64_t place, uint64_t arg)
{
    bool calm = rings->header.event_head < event_calm;
    event_number++;
    if (!calm && event_drops(what)) return;
    event_write(my_cpu->now, what, place, arg);
    if (!calm || rings->header.commit_head >= commit_calm) events_tell();
}

OFTEN bool event_fast(const struct thread *t, uint64_t now, uint64_t name, uint64_t info,
                      uint8_t op)
{
    uint64_t head = rings->header.event_head, who = t->id | my_cpu->stamp;
    if (head >= event_calm) return false;
    struct event *out = &rings->events[head % LOG_EVENTS];
    out->time = now; /* field by field, with less in registers at once */
    __builtin_memcpy(&out->thread, &who, sizeof(who));
    if (op != 0) out->op = op;
    out->slot = (uint32_t)name;
    out->info = (uint32_t)info;
    out->arg = t->regs.rbx;
    event_number++;
    head = __atomic_load_n(&rings->header.event_head, __ATOMIC_RELAXED); /* one instruction: */
    __atomic_store_n(&rings->header.event_head, head + 1, __ATOMIC_RELEASE);
    return true;
}

OFTEN void event_arg(uint64_t index, uint64_t a, uint64_t b, uint64_t c)
{
    if ((a | b | c) != 0 && dropped_run == 0) event_write(a, EVENT(EVENT_ARGS, index, 0), b, c);
}

void event_args(const uint64_t *from, uint32_t count)
{
    for (uint32_t i = 0; i < count; i += ARGS_WORDS) {
        event_arg(i / ARGS_WORDS, from[i], from[i + 1], from[i + 2]);
    }
}

/*@ requires rings_ok(rings) && \valid_read(c) && cpu_ok;
    requires rings->header.commit_head - rings->header.commit_tail < LOG_COMMITS;
    assigns rings->header.commit_head, rings->commits[rings->header.commit_head % LOG_COMMITS];
    ensures rings->header.commit_head == \old(rings->header.commit_head) + 1;
    ensures rings->commits[\old(rings->header.commit_head) % LOG_COMMITS].seq ==
        \old(rings->header.commit_head); */
OFTEN void commit_emit(const struct commit *c)
{
    struct commit *out = &rings->commits[rings->header.commit_head % LOG_COMMITS];
    *out = *c;
    out->seq = rings->header.commit_head;
    out->time = cpu()->now;
    out->cause = event_number;
    out->actor = (uint32_t)cpu()->acts;
    out->cpu = (uint8_t)cpu()->index;
    __atomic_store_n(&rings->header.commit_head, out->seq + 1, __ATOMIC_RELEASE);
}

void commit_slot(enum commit_op op, const struct slot *dst, const struct slot *src, uint64_t arg0,
                 uint64_t arg1)
{
    struct commit c = {.op = (uint8_t)op, .arg0 = arg0, .arg1 = arg1, .depth = dst->depth};
    c.type = dst->type;
    c.rights = dst->rights;
    c.flags = dst->flags & (CAP_FLAG_BOUND | CAP_FLAG_DEVICE);
    c.bits = (uint8_t)dst->bits;
    c.dst = ptr_to_phys(dst);
    c.src = src != NULL ? ptr_to_phys(src) : 0;
    c.obj = dst->obj;
    c.badge = dst->badge;
    commit_emit(&c);
}

/* New tails, never back and never beyond the heads. */
/*@ requires readable(rq) && rings_ok(rings);
    assigns \nothing;
    ensures \result == OK <==>
        rings->header.commit_tail <= rq->w[0] <= rings->header.commit_head &&
        rings->header.event_tail <= rq->w[1] <= rings->header.event_head; */
enum err log_ack_check(const struct request *rq)
{
    const struct log_header *h = &rings->header;
    if (rq->w[0] < h->commit_tail || rq->w[0] > h->commit_head) return ERR_RANGE;
    return rq->w[1] < h->event_tail || rq->w[1] > h->event_head ? ERR_RANGE : OK;
}

void log_ack_apply(struct request *rq)
{
    if (rq->op == OP_LOG_MODE) rings->header.sigma = rq->w[0];
    if (rq->op == OP_LOG_MODE) return;
    rings->header.commit_tail = rq->w[0];
    rings->header.event_tail = rq->w[1];
    signalled = false;
    for (uint32_t i = 0; i < WORK_PER_STEP && stopped.head != NULL; i++) {
        sched_ready(stopped.head, false);
    }
    rq->w[0] = stopped.head != NULL;
}

static void describe(const struct slot *s, struct walk_item *out)
{
    __builtin_memcpy(out, s, sizeof(*out)); /* laid out alike, but for the links */
    out->extra = vspace_is_mapped(s) ? s->extra & ~(PAGE_BYTES - 1) : 0;
    out->slot = ptr_to_phys(s);
    out->next = (s->next != &cap_root ? ptr_to_phys(s->next) : 0) | (s->next->last == s);
    out->child = s->child != NULL ? ptr_to_phys(s->child) : 0;
    out->zero = 0;
    out->flags &= CAP_FLAG_BOUND | CAP_FLAG_DEVICE;
    if (s->type == CAP_THREAD) {
        const struct thread *t = cap_object(s);
        out->badge = (uint64_t)t->priority << 8 | t->flags;
    } else if (s->type == CAP_SCHED) {
        const struct sched *sched = cap_object(s);
        out->badge = sched->budget;
        out->extra = sched->period | sched->cpu << SCHED_CPU_SHIFT;
    } else if (s->type == CAP_IRQ || s->type == CAP_LOG) {
        const struct irq_line *l = &irq_lines[s->obj];
        out->badge = l->badge;
        out->extra = l->notification != NULL ? ptr_to_phys(l->notification) : 0;
    }
}

enum err walk_check(const struct request *rq)
{
    return thread_buffer(rq->caller) == NULL ? ERR_MESSAGE : OK;
}

void walk_apply(struct request *rq)
{
    struct walk_item *items = (void *)thread_buffer(rq->caller);
    uint32_t n = 0;
    if (rq->w[0] != 0) cap_cursor = cap_root.child;
    for (; cap_cursor != NULL && n < WALK_ITEMS_MAX; cap_cursor = slot_after(cap_cursor)) {
        describe(cap_cursor, &items[n++]);
    }
    rq->w[0] = rings->header.commit_head;
    rq->w[1] = n;
    rq->w[2] = cap_cursor == NULL;
}
