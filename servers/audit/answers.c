/* answers.c - see answers.h. */
#include "answers.h"

#include "bytes.h"
#include "idl/axiom.h"
#include "provenance.h"

enum {
    LOG_MAX = 12,
    SYSLOG_MAX = 14,
    CAPS_MAX = 28,
    HOLDERS_MAX = 28,
    LIVES_MAX = 24,
    SCAN_MAX = 4096, /* events looked at for one answer */
};

/* What is held now: with the commits that axiom has not taken out of the ring yet. */
static void fold_now(void)
{
    struct self_sync_out synced;
    (void)self_sync(CAP_SLOT_SELF, &synced);
    book_fold(book_commits());
}

static int on_head(struct request *rq, struct audit_head_out *out)
{
    (void)rq;
    const struct logmem *l = book.log;
    out->commits = book_commits();
    out->hashed = logmem_ledger(l)->hashed;
    if (out->hashed > 0) out->hash = data_from(logmem_hash(l, out->hashed - 1), HASH_BYTES);
    out->commits_max = l->commit_slots;
    out->events = l->event_head;
    out->events_kept = l->event_head < l->event_slots ? l->event_head : l->event_slots;
    out->requests = l->request_head;
    out->tick_hz = l->tick_hz;
    return OK;
}

static int on_log(struct request *rq, const struct audit_log_in *in, struct audit_log_out *out)
{
    (void)rq;
    book_fold(book_commits());
    for (uint32_t i = 0; i < in->count && i < LOG_MAX; i++) {
        if (in->from >= book_commits() || in->from + i >= book_commits()) break;
        book_record(in->from + i, &out->records.at[i]);
        out->records.count++;
    }
    return OK;
}

static int on_syslog(struct request *rq, const struct audit_syslog_in *in,
                     struct audit_syslog_out *out)
{
    (void)rq;
    uint64_t head = book.log->event_head, slots = book.log->event_slots;
    uint64_t oldest = head > slots ? head - slots : 0;
    uint64_t at = in->from > oldest ? in->from : oldest;
    uint32_t want = in->count < SYSLOG_MAX ? in->count : SYSLOG_MAX;
    book_fold(book_commits());
    for (uint32_t i = 0; i < SCAN_MAX && at < head && out->entries.count < want; i++, at++) {
        uint32_t n = out->entries.count;
        out->entries.count += syslog_entries(at, &out->entries.at[n], want - n);
    }
    out->next = at;
    return OK;
}

static int on_show(struct request *rq, const struct audit_show_in *in, struct audit_show_out *out)
{
    (void)rq;
    if (in->seq >= book_commits()) return AUDIT_NO_RECORD;
    book_fold(book_commits());
    book_record(in->seq, &out->record);
    if (in->seq < logmem_ledger(book.log)->hashed)
        out->hash = data_from(logmem_hash(book.log, in->seq), HASH_BYTES);
    out->causes.count = syslog_entries(out->record.cause, out->causes.at, 1);
    if (out->record.actor != book.log->axiom_thread) return OK;
    bool by_answer = out->record.op == COMMIT_TRANSFER;
    if (syslog_request(in->seq, by_answer, &out->causes.at[out->causes.count])) out->causes.count++;
    return OK;
}

/* Whose capability that one was derived from. */
static struct text giver_of(const struct reduce *fold, const struct reduce_node *n)
{
    uint32_t index;
    if (n->parent == 0) return (struct text){0};
    const struct reduce_node *parent = &fold->nodes[n->parent];
    const struct log_life *l = book_holder(parent->slot, fold->count - 1, &index);
    return l != NULL ? book_name(l) : (struct text){0};
}

/* What the process holds behind slot `after`, at most CAPS_MAX; true: there is more. */
static bool caps_list(const struct reduce *fold, const struct log_life *l, uint32_t after,
                      struct audit_cap_info *out, uint32_t *out_count)
{
    *out_count = 0;
    for (uint64_t slot = after + 1ull; slot < l->slots; slot++) {
        const struct reduce_node *n = reduce_find(fold, l->cnode + (slot << SLOT_BITS));
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
                                                      .giver = giver_of(fold, n)};
    }
    return false;
}

static int on_caps(struct request *rq, const struct audit_caps_in *in, struct audit_caps_out *out)
{
    (void)rq;
    const struct log_life *l = book_process(in->process);
    if (l == NULL) return AUDIT_NO_PROCESS;
    fold_now();
    out->more = caps_list(&book.fold, l, in->after, out->caps.at, &out->caps.count);
    return OK;
}

static int on_caps_at(struct request *rq, const struct audit_caps_at_in *in,
                      struct audit_caps_at_out *out)
{
    (void)rq;
    fold_now();
    if (in->seq >= book.fold.count) return AUDIT_NO_RECORD;
    const struct log_life *l = book_process_at(in->process, in->seq);
    if (l == NULL) return AUDIT_NO_PROCESS;
    const struct reduce *past = book_past(in->seq + 1);
    if (past == NULL) return ERR_NO_MEMORY;
    out->more = caps_list(past, l, in->after, out->caps.at, &out->caps.count);
    return OK;
}

static const struct reduce_node *slot_of(const struct log_life *l, uint32_t slot)
{
    if (slot >= l->slots) return NULL;
    return reduce_find(&book.fold, l->cnode + ((uint64_t)slot << SLOT_BITS));
}

/* The commit that put into that slot what is there, or, of a process that ended, what was there
 * last; UINT64_MAX: nothing. */
static uint64_t filled_by(const struct log_life *l, uint32_t slot)
{
    const struct reduce_node *n = slot_of(l, slot);
    if (l->ended == UINT64_MAX) return n != NULL ? n->made : UINT64_MAX;
    uint64_t at = l->cnode + ((uint64_t)slot << SLOT_BITS);
    uint64_t seq = provenance_before(logmem_commits(book.log), at, l->ended);
    return slot < l->slots && seq >= l->commits && seq < l->ended ? seq : UINT64_MAX;
}

static int on_why(struct request *rq, const struct audit_why_in *in, struct audit_why_out *out)
{
    (void)rq;
    const struct log_life *l = book_process(in->process);
    if (l == NULL) return AUDIT_NO_PROCESS;
    fold_now();
    uint64_t seq = filled_by(l, in->slot), before = seq;
    if (seq == UINT64_MAX) return AUDIT_NO_SLOT;
    for (uint32_t step = 0; step == 0 || before != seq; step++) {
        seq = before;
        before = provenance_step(logmem_commits(book.log), seq);
        if (step < in->skip) continue;
        if (out->steps.count == LOG_MAX) {
            out->more = true;
            return OK;
        }
        book_record(seq, &out->steps.at[out->steps.count++]);
    }
    return OK;
}

static int on_who(struct request *rq, const struct audit_who_in *in, struct audit_who_out *out)
{
    (void)rq;
    uint32_t found = 0, index;
    fold_now();
    for (const struct reduce_node *n = reduce_next(&book.fold, NULL); n != NULL;
         n = reduce_next(&book.fold, n)) {
        if (n->obj != in->object || found++ < in->skip) continue;
        if (out->holders.count == HOLDERS_MAX) {
            out->more = true;
            return OK;
        }
        const struct log_life *l = book_holder(n->slot, book.fold.count, &index);
        struct audit_holder *h = &out->holders.at[out->holders.count++];
        *h = (struct audit_holder){.pid = l != NULL ? l->pid : 0,
                                   .address = n->slot,
                                   .type = n->type,
                                   .rights = n->rights,
                                   .flags = n->flags,
                                   .badge = n->badge,
                                   .since = n->made};
        h->process = book_slot_name(n->slot, book.fold.count, &h->slot);
    }
    return OK;
}

static int on_lives(struct request *rq, const struct audit_lives_in *in,
                    struct audit_lives_out *out)
{
    (void)rq;
    uint64_t head = book.log->life_head, slots = book.log->life_slots;
    uint64_t oldest = head > slots ? head - slots : 0;
    uint64_t at = in->from > oldest ? in->from : oldest;
    for (; at < head && out->lives.count < LIVES_MAX; at++) {
        const struct log_life *l = logmem_life(book.log, at);
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
