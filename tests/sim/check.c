/*
 * check.c - is the state of a service the fold of its stream?
 *
 * What a service appends is noted. Its shadow is the same program once more: it has recovered from
 * what was noted, and folds what comes; after each step that changed something, whenever the
 * service waits for the next request, both are asked for their snapshots, which must be the same.
 */
#include <stdlib.h>
#include <string.h>

#include "../../servers/vfs/vfs.h"
#include "idl/axiom.h"
#include "idl/stream.h"
#include "service_recover.h"
#include "sim.h"

enum { RECORDS = 1 << 20, SNAPSHOT_BYTES = 1 << 20 };

struct noted {
    uint32_t len;
    uint8_t *bytes;
};
static struct checked {
    struct noted records[RECORDS];
    uint64_t noted, durable; /* records; and most that the service was told are durable */
    uint64_t folded, seen;   /* by the shadow; svc->applied at the last look */
    bool shadow_stands, shadow_wrong;
} checked[CHECKED];
static struct snapshot {
    uint8_t bytes[SNAPSHOT_BYTES] __attribute__((aligned(8)));
    uint32_t len;
} one, other, *taking;

static bool is_checked(const struct process *p)
{
    return number_of(p) >= FIRST_CHECKED && number_of(p) < FIRST_SHADOW;
}

static struct process *process_of(const struct checked *c)
{
    return &sim.processes[FIRST_CHECKED + (c - checked)];
}

static struct process *shadow_of(const struct checked *c)
{
    return &sim.processes[FIRST_SHADOW + (c - checked)];
}

static void fold_one(struct process *p, const struct noted *r)
{
    struct service *svc = p->program->service;
    struct task *was = sim.current;
    visit(p);
    memcpy(svc->records, r->bytes, r->len);
    svc->record_bytes = r->len;
    p->program->once_apply(svc);
    p->program->fold(svc);
    sim.current = was;
}

void check_append(struct process *p, uint64_t sequence, const void *bytes, uint32_t len)
{
    if (!is_checked(p)) return;
    struct checked *c = &checked[number_of(p) - FIRST_CHECKED];
    if (sequence >= RECORDS) sim_fail("more than %d records", RECORDS);
    struct noted *r = &c->records[sequence];
    bool same = sequence < c->noted && r->len == len && memcmp(r->bytes, bytes, len) == 0;
    if (sequence < c->noted && !same && sequence < c->durable)
        sim_fail("%s: record %lu, which is durable, becomes another", p->program->name, sequence);
    if (sequence < c->folded && !same) c->shadow_wrong = true;
    if (sequence > c->noted)
        sim_fail("%s: record %lu follows %lu", p->program->name, sequence, c->noted);
    if (same) return;
    c->noted = sequence + 1;
    free(r->bytes);
    r->bytes = malloc(len + 1u);
    r->len = len;
    memcpy(r->bytes, bytes, len);
    if (sequence % 100 == 99 && sim_plants("twice")) fold_one(p, r);
}

/* The stream of a shadow: all that was noted, from the first record on. */
static int on_info(struct request *rq, struct stream_info_out *out)
{
    const struct checked *c = &checked[rq->badge];
    *out = (struct stream_info_out){.next = c->folded,
                                    .durable = c->folded,
                                    .room = 1 << 24,
                                    .boot = (uint32_t)process_of(c)->program->service->log->boot};
    return OK;
}

static int on_read(struct request *rq, const struct stream_read_in *in, struct stream_read_out *out)
{
    uint8_t *to = (uint8_t *)rq->scratch;
    const struct noted *r = &checked[rq->badge].records[in->sequence];
    uint64_t len = r->len;
    memset(rq->scratch, 0, MSG_WORDS_MAX * sizeof(uint64_t));
    memcpy(to, &len, sizeof(len));
    memcpy(to + sizeof(len), r->bytes, r->len);
    out->next = in->sequence + 1;
    out->records = data_from(to, sizeof(len) + (r->len + 7) / 8 * 8);
    return OK;
}

static int on_watch(struct request *rq, const struct stream_watch_in *in)
{
    (void)rq;
    (void)in;
    return OK;
}

/* The shadow has recovered when it asks for anything else: it is not asked to go on. */
static bool serves_shadow(struct process *p, uint64_t badge, struct message *m)
{
    static const struct stream_ops ops = {.info = on_info, .read = on_read, .watch = on_watch};
    static uint64_t words[MSG_WORDS_MAX], scratch[MSG_WORDS_MAX];
    struct request rq = {.badge = badge,
                         .info = m->info,
                         .words = words,
                         .scratch = scratch,
                         .buffer = &sim.current->buffer};
    (void)p;
    memcpy(words, m->w, sizeof(m->w));
    rq.caps[0].type = CAP_NOTIFICATION;
    rq.caps[0].slot = 1;
    int err = stream_dispatch(&ops, &rq);
    if (err != OK) rq.answer = (struct message){.info = msg_info((uint32_t)err, 0, 0, 0)};
    memcpy(m->w, rq.answer.w, sizeof(m->w));
    m->info = rq.answer.info;
    return true;
}

struct object *check_stream(void)
{
    static struct object *stream;
    if (stream == NULL) stream = object_make(CAP_ENDPOINT);
    stream->serves = serves_shadow;
    return stream;
}

static void shadow_begin(struct checked *c)
{
    struct process *p = shadow_of(c);
    if (p->lives) life_end(p);
    sim.count.crashes -= p->crashes > 0;
    c->folded = process_of(c)->program->service->log->next;
    life_begin(p);
    c->shadow_stands = false;
    for (uint32_t i = 0; !c->shadow_stands; i++) {
        if (i > 1000000) sim_fail("%s does not recover", p->program->name);
        sim_run_one(p);
        c->shadow_stands = p->program->service->keeper != NULL;
    }
    c->shadow_wrong = false;
    sim.count.folded += c->folded;
}

static void shadow_fold(struct checked *c, uint64_t upto)
{
    for (; c->folded < upto; c->folded++) {
        fold_one(shadow_of(c), &c->records[c->folded]);
        sim.count.folded++;
    }
}

/* What a block of a file holds beside what was written since its contents went to their disk is no
 * state, and differs between who has stored it and who has only heard of it. */
static bool is_beside(const struct service *svc, const struct record *r)
{
    static bool stored[VFS_NODES_MAX];
    const struct vfs_record *v = (const struct vfs_record *)r->payload;
    bool vfs = svc == programs[PROGRAM_VFS].service || svc == programs[PROGRAM_VFS_SHADOW].service;
    if (!vfs || r->type >= RECORD_OWN) return false;
    if (r->type == VFS_NODE) stored[v->node] = false;
    if (r->type == VFS_STORED) stored[v->node] = true;
    return r->type == VFS_BLOCK && stored[v->node];
}

static void take(struct service *svc)
{
    if (taking->len + svc->record_bytes > SNAPSHOT_BYTES) sim_fail("a snapshot is too large");
    for (uint32_t at = 0; at < svc->record_bytes;) { /* what pads a record means nothing */
        const struct record *r = (const struct record *)((const char *)svc->records + at);
        uint32_t bytes = (uint32_t)sizeof(*r) + (r->len + 7) / 8 * 8;
        at += bytes;
        if (is_beside(svc, r)) continue;
        memset(taking->bytes + taking->len, 0, bytes);
        memcpy(taking->bytes + taking->len, r, sizeof(*r) + r->len);
        if (r->type == RECORD_OUTCOME) { /* they come in their order, however it is counted */
            struct service_outcome *o = (void *)(taking->bytes + taking->len + sizeof(*r));
            o->order = 0;
        }
        taking->len += bytes;
    }
    svc->record_bytes = 0;
}

static void snapshot(struct process *p, struct snapshot *out)
{
    struct service *svc = p->program->service;
    static const struct service_keeper keeper = {.flush = take};
    const struct service_keeper *was = svc->keeper;
    uint32_t most = svc->record_max;
    visit(p);
    out->len = 0;
    taking = out;
    svc->keeper = &keeper;
    p->program->once_snapshot(svc);
    svc->log->snapshot(svc);
    take(svc);
    svc->keeper = was;
    svc->record_max = most;
}

static bool waits(const struct process *p)
{
    for (uint32_t i = 0; i < TASKS; i++) {
        const struct task *t = &sim.tasks[i];
        if (t->state == TASK_RECEIVES && t->process == p) return true;
    }
    return false;
}

/* The first record of the snapshots that differs, by its type. */
_Noreturn static void fail_where(const struct checked *c, uint64_t count)
{
    uint32_t at = 0, number = 0;
    for (;; number++) {
        const struct record *r = (const struct record *)(one.bytes + at);
        uint32_t bytes = (uint32_t)sizeof(*r) + (r->len + 7) / 8 * 8;
        bool both = at + bytes <= one.len && at + bytes <= other.len;
        if (!both || memcmp(one.bytes + at, other.bytes + at, bytes) != 0) break;
        at += bytes;
    }
    const uint64_t *a = (const uint64_t *)(one.bytes + at),
                   *b = (const uint64_t *)(other.bytes + at);
    uint32_t word = 1;
    while (at + word * 8 + 8 <= one.len && a[word] == b[word]) {
        word++;
    }
    sim_fail("%s: its state is not the fold of its stream: %lu records; %u and %u bytes of a "
             "snapshot, whose record %u (type %x) differs: word %u is %lx, not %lx",
             process_of(c)->program->name, count, one.len, other.len, number,
             ((const struct record *)a)->type, word, a[word], b[word]);
}

static void check(struct checked *c)
{
    struct process *p = process_of(c);
    const struct service *svc = p->program->service;
    const struct service_log *log = svc->log;
    if (!p->lives || !p->ready || svc->applied == c->seen || !waits(p)) return;
    if (log->sealed && sim.disk) sim.given_up = true;
    if (log->sealed || log->sent < log->next) return;
    c->seen = svc->applied;
    if (log->durable > c->durable) c->durable = log->durable;
    if (log->next < c->durable)
        sim_fail("%s: %lu records are durable, %lu are there", p->program->name, c->durable,
                 log->next);
    if (!c->shadow_stands || c->shadow_wrong || c->folded > log->next) shadow_begin(c);
    shadow_fold(c, log->next);
    snapshot(p, &one);
    snapshot(shadow_of(c), &other);
    sim.count.checks++;
    if (one.len != other.len || memcmp(one.bytes, other.bytes, one.len) != 0)
        fail_where(c, log->next);
}

void check_state(void)
{
    for (struct checked *c = checked; c < checked + CHECKED; c++) {
        check(c);
    }
}

void check_ended(struct process *p)
{
    enum program_number n = number_of(p);
    if (is_checked(p)) checked[n - FIRST_CHECKED].seen = 0;
    if (n >= FIRST_SHADOW && n < FIRST_DISK) checked[n - FIRST_SHADOW].shadow_stands = false;
}
