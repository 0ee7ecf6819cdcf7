/*
 * verify.c - is the log what was written, and is the kernel what the log says?
 *
 * Incremental: chain and fold go on from where the last verification stopped; beside that, each one
 * hashes a stretch of the older records again, so that all of them come round.
 */
#include "answers.h"

#include "chain.h"
#include "idl/axiom.h"
#include "startup.h"

enum { AGAIN = 4096 };

static struct {
    struct chain chain; /* verified so far */
    struct chain again; /* the second look at it */
    uint32_t pass;
    cap_t cursor;
    struct walk_item items[WALK_ITEMS_MAX];
} verifier;

static void chain_report(struct report *report, enum chain_fault fault, uint64_t at)
{
    if (fault == CHAIN_OK) return;
    report_add(report, &(struct finding){
                           .invariant = "I13", .what = chain_text(fault), .slot = 0, .seq = at});
}

static void verify_chain(struct report *report)
{
    const struct chain_log log = {.commits = logmem_commits(book.log),
                                  .count = book_commits(),
                                  .kept = logmem_hash(book.log, 0),
                                  .hashed = logmem_ledger(book.log)->hashed};
    enum chain_fault fault = chain_verify(&verifier.chain, &log, log.count);
    chain_report(report, fault, verifier.chain.count);
    if (verifier.again.count >= verifier.chain.count) verifier.again = (struct chain){0};
    uint64_t until = verifier.again.count + AGAIN;
    if (until > verifier.chain.count) until = verifier.chain.count;
    fault = chain_verify(&verifier.again, &log, until);
    chain_report(report, fault, verifier.again.count);
}

/* The items of an answer stand in the message page: copied before it is used again. */
static enum err walk_step(bool start, uint64_t *out_seq, uint32_t *out_count, bool *out_done)
{
    struct message m = {.w = {start}};
    enum err err = sys_invoke(verifier.cursor, OP_LOG_WALK, 1, &m);
    if (err != OK) return err;
    *out_seq = m.w[0];
    *out_count = m.w[1] < WALK_ITEMS_MAX ? (uint32_t)m.w[1] : WALK_ITEMS_MAX;
    *out_done = m.w[2] != 0;
    const struct walk_item *items = (const struct walk_item *)ipc_buffer();
    for (uint32_t i = 0; i < *out_count; i++) {
        verifier.items[i] = items[i];
    }
    return OK;
}

/* Until the fold stands at `seq`: axiom is asked to drain what the rings still hold. */
static void fold_until(uint64_t seq)
{
    struct self_sync_out synced;
    if (book_commits() < seq) (void)self_sync(CAP_SLOT_SELF, &synced);
    book_fold(seq);
}

/* False: the fold was built anew in the middle, and its marks are gone. */
static bool verify_walk(struct report *report, struct audit_verify_out *out)
{
    uint64_t began = 0, seq = 0;
    uint32_t count, nodes = book.nodes;
    bool done = false;
    verifier.pass++;
    for (bool start = true; !done; start = false) {
        enum err err = walk_step(start, &seq, &count, &done);
        if (err != OK) {
            report_add(
                report,
                &(struct finding){.invariant = "I12", .what = "no cursor", .found = (uint64_t)err});
            return true;
        }
        if (start) began = seq;
        fold_until(seq);
        if (book.broken != REDUCE_OK) return true;
        if (book.nodes != nodes) return false;
        for (uint32_t i = 0; i < count; i++) {
            check_item(&book.fold, &verifier.items[i], verifier.pass, report);
        }
    }
    check_unseen(&book.fold, verifier.pass, began, report);
    out->quiet = began == seq;
    return true;
}

static struct text text_of(const char *from)
{
    return text_from(from, __builtin_strlen(from));
}

int answer_verify(struct request *rq, struct audit_verify_out *out)
{
    struct report report = {0};
    struct self_sync_out synced;
    (void)rq;
    verifier.cursor = startup_cap("cursor");
    (void)self_sync(CAP_SLOT_SELF, &synced);
    uint64_t start = ticks_now();
    verify_chain(&report);
    uint64_t hashed = ticks_now();
    book_fold(book_commits());
    uint64_t folded = ticks_now();
    while (!verify_walk(&report, out)) {
    }
    if (book.broken != REDUCE_OK) {
        report_add(&report, &(struct finding){.invariant = "I12",
                                              .what = reduce_text(book.broken),
                                              .slot = logmem_commits(book.log)[book.fold.count].dst,
                                              .seq = book.fold.count});
    }
    check_state(&book.fold, book.log->axiom_cnode, book.room, &report);
    out->hash_ticks = hashed - start;
    out->fold_ticks = folded - hashed;
    out->walk_ticks = ticks_now() - folded;
    out->ok = report.count == 0;
    out->commits = book.fold.count;
    out->hashed = verifier.chain.count;
    out->slots = book.fold.live;
    out->compared = report.compared;
    out->authority = report.authority;
    out->derived = report.derived;
    out->objects = report.objects;
    out->mapped = report.mapped;
    out->head = data_from(verifier.chain.head, HASH_BYTES);
    out->finding_count = report.count;
    for (uint32_t i = 0; i < report.count && i < FINDINGS_MAX; i++) {
        const struct finding *f = &report.findings[i];
        out->findings.at[out->findings.count++] =
            (struct audit_finding){.invariant = text_of(f->invariant),
                                   .what = text_of(f->what),
                                   .slot = f->slot,
                                   .seq = f->seq,
                                   .expected = f->expected,
                                   .found = f->found};
    }
    return OK;
}
