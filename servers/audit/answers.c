/* answers.c - see answers.h. */
#include "answers.h"

#include "bytes.h"
#include "idl/axiom.h"

enum {
    LOG_MAX = 12,
    SYSLOG_MAX = 14,
    CAPS_MAX = 28,
    HOLDERS_MAX = 28,
    LIVES_MAX = 24,
    BOOTS_MAX = 16,
    SCAN_MAX = 4096, /* events looked at for one answer */
};

/* The state after `count` commits of a boot, UINT64_MAX all: of this boot with those that axiom has
 * not taken out of the ring yet. */
static int state_of(uint32_t boot, uint64_t count, const struct view **out)
{
    struct self_sync_out synced;
    (void)self_sync(CAP_SLOT_SELF, &synced);
    return book_view(boot, count, out);
}

static int on_head(struct request *rq, const struct audit_head_in *in, struct audit_head_out *out)
{
    const struct logmem *l = book.log;
    struct tape_boot b;
    int err = tape_boot(in->boot, &b);
    if (err != OK) return err;
    memcpy(rq->scratch, b.head, HASH_BYTES);
    out->commits = out->hashed = b.count;
    out->hash = data_from(rq->scratch, HASH_BYTES);
    out->tick_hz = l->tick_hz;
    if (!b.now) return OK;
    out->hashed = logmem_ledger(l)->hashed;
    out->hash = data_from(logmem_hash(l, out->hashed - 1), out->hashed > 0 ? HASH_BYTES : 0);
    out->commits_max = l->commit_slots;
    out->events = l->event_head;
    out->events_kept = l->event_head < l->event_slots ? l->event_head : l->event_slots;
    out->requests = l->request_head;
    return OK;
}

static int on_boots(struct request *rq, const struct audit_boots_in *in,
                    struct audit_boots_out *out)
{
    struct tape_boot b;
    uint8_t *heads = (uint8_t *)rq->scratch;
    for (uint32_t number = in->from; out->boots.count < BOOTS_MAX; number++) {
        int err = tape_boot(number, &b);
        if (err == AUDIT_NO_BOOT && number > in->from) return OK;
        if (err != OK) return err;
        uint8_t *head = heads + out->boots.count * 2ull * HASH_BYTES;
        memcpy(head, b.head, HASH_BYTES);
        memcpy(head + HASH_BYTES, b.note.last_head, HASH_BYTES);
        out->boots.at[out->boots.count++] =
            (struct audit_boot){.number = b.number,
                                .now = b.now,
                                .commits = b.count,
                                .head = data_from(head, b.now ? 0 : HASH_BYTES),
                                .before = data_from(head + HASH_BYTES, HASH_BYTES)};
        if (b.now) return OK;
    }
    return OK;
}

static int on_log(struct request *rq, const struct audit_log_in *in, struct audit_log_out *out)
{
    const struct view *v;
    (void)rq;
    int err = book_view(in->boot, UINT64_MAX, &v);
    for (uint32_t i = 0; err == OK && i < in->count && i < LOG_MAX; i++) {
        err = book_record(v, in->from + i, &out->records.at[i], NULL);
        if (err == AUDIT_NO_RECORD) return OK;
        if (err == OK) out->records.count++;
    }
    return err;
}

static int on_syslog(struct request *rq, const struct audit_syslog_in *in,
                     struct audit_syslog_out *out)
{
    (void)rq;
    uint64_t head = book.log->event_head, slots = book.log->event_slots;
    uint64_t oldest = head > slots ? head - slots : 0;
    uint64_t at = in->from > oldest ? in->from : oldest;
    uint32_t want = in->count < SYSLOG_MAX ? in->count : SYSLOG_MAX;
    book_look();
    int err = book_fold(book_commits());
    if (err != OK) return err;
    for (uint32_t i = 0; i < SCAN_MAX && at < head && out->entries.count < want; i++, at++) {
        uint32_t n = out->entries.count;
        out->entries.count += syslog_entries(at, &out->entries.at[n], want - n);
    }
    out->next = at;
    return OK;
}

static int on_show(struct request *rq, const struct audit_show_in *in, struct audit_show_out *out)
{
    const struct view *v;
    struct tape_hash hash;
    int err = book_view(in->boot, UINT64_MAX, &v);
    if (err == OK) err = book_record(v, in->seq, &out->record, &hash);
    if (err != OK) return err;
    memcpy(rq->scratch, hash.bytes, hash.kept);
    out->hash = data_from(rq->scratch, hash.kept);
    if (!v->boot.now) return OK;
    out->causes.count = syslog_entries(out->record.cause, out->causes.at, 1);
    if (out->record.actor != book.log->axiom_thread) return OK;
    bool by_answer = out->record.op == COMMIT_TRANSFER;
    if (syslog_request(in->seq, by_answer, &out->causes.at[out->causes.count])) out->causes.count++;
    return OK;
}

/* Whose capability that one was derived from. */
static struct text giver_of(const struct view *v, const struct reduce_node *n)
{
    uint32_t index;
    if (n->parent == 0) return (struct text){0};
    const struct reduce_node *parent = &v->fold.nodes[n->parent];
    const struct log_life *l = book_holder(v, parent->slot, v->fold.count - 1, &index);
    return l != NULL ? book_name(l) : (struct text){0};
}

/* What the process holds behind slot `after`, at most CAPS_MAX; true: there is more. */
static bool caps_list(const struct view *v, const struct log_life *l, uint32_t after,
                      struct audit_cap_info *out, uint32_t *out_count)
{
    *out_count = 0;
    for (uint64_t slot = after + 1ull; slot < l->slots; slot++) {
        const struct reduce_node *n = reduce_find(&v->fold, l->cnode + (slot << SLOT_BITS));
        if (n == NULL) continue;
        if (*out_count == CAPS_MAX) return true;
        out[(*out_count)++] = (struct audit_cap_info){.slot = (uint32_t)slot,
                                                      .type = n->type,
                                                      .rights = n->rights,
                                                      .flags = n->flags,
                                                      .bits = n->bits,
                                                      .depth = n->depth,
                                                      .badge = n->badge,
                                                      .obj = n->obj,
                                                      .since = n->made,
                                                      .giver = giver_of(v, n)};
    }
    return false;
}

static int on_caps(struct request *rq, const struct audit_caps_in *in, struct audit_caps_out *out)
{
    const struct view *v;
    (void)rq;
    int err = state_of(in->boot, UINT64_MAX, &v);
    if (err != OK) return err;
    const struct log_life *l = book_process(v, in->process);
    if (l == NULL) return AUDIT_NO_PROCESS;
    out->more = caps_list(v, l, in->after, out->caps.at, &out->caps.count);
    return OK;
}

static int on_caps_at(struct request *rq, const struct audit_caps_at_in *in,
                      struct audit_caps_at_out *out)
{
    const struct view *v;
    (void)rq;
    if (in->seq == UINT64_MAX) return AUDIT_NO_RECORD;
    int err = state_of(in->boot, in->seq + 1, &v);
    if (err != OK) return err;
    if (v->fold.count != in->seq + 1) return AUDIT_NO_RECORD; /* the fold is broken before it */
    const struct log_life *l = book_process_at(v, in->process, in->seq);
    if (l == NULL) return AUDIT_NO_PROCESS;
    out->more = caps_list(v, l, in->after, out->caps.at, &out->caps.count);
    return OK;
}

/* The commit that put into that slot what is there, or, of a process that ended, what was there
 * last. */
static int filled_by(const struct view *v, const struct log_life *l, uint32_t slot,
                     uint64_t *out_seq)
{
    uint64_t at = l->cnode + ((uint64_t)slot << SLOT_BITS);
    const struct reduce_node *n = reduce_find(&v->fold, at);
    if (slot >= l->slots || (l->ended == UINT64_MAX && n == NULL)) return AUDIT_NO_SLOT;
    if (l->ended == UINT64_MAX) {
        *out_seq = n->made;
        return OK;
    }
    uint64_t ended = l->ended < v->fold.count ? l->ended : v->fold.count;
    int err = view_filled(v, at, l->commits, ended, out_seq);
    return err == OK && *out_seq == UINT64_MAX ? AUDIT_NO_SLOT : err;
}

static int on_why(struct request *rq, const struct audit_why_in *in, struct audit_why_out *out)
{
    const struct view *v;
    uint64_t seq, before = UINT64_MAX;
    (void)rq;
    int err = state_of(in->boot, UINT64_MAX, &v);
    if (err != OK) return err;
    const struct log_life *l = book_process(v, in->process);
    if (l == NULL) return AUDIT_NO_PROCESS;
    err = filled_by(v, l, in->slot, &seq);
    for (uint32_t step = 0; err == OK && seq != before; step++) {
        if (step >= in->skip && out->steps.count == LOG_MAX) {
            out->more = true;
            return OK;
        }
        if (step >= in->skip) {
            err = book_record(v, seq, &out->steps.at[out->steps.count], NULL);
            out->steps.count++;
        }
        before = seq;
        if (err == OK) err = view_source(v, before, &seq);
    }
    return err;
}

static int on_who(struct request *rq, const struct audit_who_in *in, struct audit_who_out *out)
{
    uint32_t found = 0, index;
    const struct view *v;
    (void)rq;
    int err = state_of(in->boot, UINT64_MAX, &v);
    if (err != OK) return err;
    for (const struct reduce_node *n = reduce_next(&v->fold, NULL); n != NULL;
         n = reduce_next(&v->fold, n)) {
        if (n->obj != in->object || found++ < in->skip) continue;
        if (out->holders.count == HOLDERS_MAX) {
            out->more = true;
            return OK;
        }
        const struct log_life *l = book_holder(v, n->slot, v->fold.count, &index);
        struct audit_holder *h = &out->holders.at[out->holders.count++];
        *h = (struct audit_holder){.pid = l != NULL ? l->pid : 0,
                                   .address = n->slot,
                                   .type = n->type,
                                   .rights = n->rights,
                                   .flags = n->flags,
                                   .badge = n->badge,
                                   .since = n->made};
        h->process = book_slot_name(v, n->slot, v->fold.count, &h->slot);
    }
    return OK;
}

static int on_lives(struct request *rq, const struct audit_lives_in *in,
                    struct audit_lives_out *out)
{
    const struct view *v;
    uint64_t at = in->from;
    (void)rq;
    int err = book_view(in->boot, UINT64_MAX, &v);
    if (err != OK) return err;
    for (; at < book_lives(v) && out->lives.count < LIVES_MAX; at++) {
        const struct log_life *l = book_life(v, at);
        if (l == NULL) continue;
        out->lives.at[out->lives.count++] =
            (struct audit_life){.pid = l->pid,
                                .parent = l->parent,
                                .event = (enum audit_life_event)l->event,
                                .code = l->code,
                                .commit = l->commits,
                                .time = l->time,
                                .cnode = l->cnode,
                                .name = book_name(l),
                                .ended = l->ended,
                                .ended_time = l->ended_time};
    }
    out->next = at;
    return OK;
}

const struct audit_ops audit_ops = {
    .head = on_head,
    .boots = on_boots,
    .log = on_log,
    .syslog = on_syslog,
    .show = on_show,
    .caps = on_caps,
    .caps_at = on_caps_at,
    .why = on_why,
    .who = on_who,
    .lives = on_lives,
    .verify = answer_verify,
};
