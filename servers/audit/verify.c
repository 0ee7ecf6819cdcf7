/*
 * verify.c - is the log what was written, and is the kernel what the log says?
 *
 * Incremental: chain and fold go on from where the last verification stopped; beside that, each one
 * hashes a stretch of the older records again, so that all of them come round.
 */
#include "answers.h"

#include "bytes.h"
#include "chain.h"
#include "check.h"
#include "heap.h"
#include "idl/axiom.h"
#include "startup.h"

enum { AGAIN = 4096, PIECE = 64, YIELDS_MAX = 1000 };

struct piece { /* of the log, where something is wrong */
    struct commit commits[PIECE];
    uint8_t kept[PIECE][HASH_BYTES];
};

static struct {
    struct chain chain; /* verified so far */
    struct chain again; /* the second look at it */
    struct chain past;  /* of that earlier boot, while it is verified piece by piece; 0: none */
    uint32_t past_boot;
    uint32_t pass;
    cap_t cursor;
    struct walk_item items[WALK_ITEMS_MAX];
    struct piece piece;
    struct extent *room; /* for check_state, of so many nodes: as the fold has */
    uint32_t room_nodes;
} verifier;

static void chain_report(struct report *report, enum chain_fault fault, uint64_t at)
{
    if (fault == CHAIN_OK) return;
    report_add(report, &(struct finding){
                           .invariant = "I13", .what = chain_text(fault), .slot = 0, .seq = at});
}

/* What is wrong with commit `chain->count`, by those that follow it. */
static enum chain_fault fault_at(const struct tape_boot *b, const struct chain *chain)
{
    struct piece *p = &verifier.piece;
    struct chain copy = *chain;
    struct chain_log log = {
        .commits = p->commits, .first = chain->count, .kept = p->kept[0], .count = chain->count};
    for (uint32_t i = 0; i < PIECE; i++) {
        struct tape_hash hash;
        if (tape_get(b, log.count, &p->commits[i], &hash) != OK) break;
        if (hash.kept == HASH_BYTES) memcpy(p->kept[i], hash.bytes, HASH_BYTES);
        if (hash.kept == HASH_BYTES && log.hashed == log.count) log.hashed++;
        log.count++;
    }
    enum chain_fault fault = chain_verify(&copy, &log, chain->count + 1);
    return fault != CHAIN_OK ? fault : CHAIN_CHANGED;
}

/* Goes on to `until`; what is kept of the hashes is compared. */
static int chain_on(const struct tape_boot *b, struct chain *chain, uint64_t until,
                    struct report *report)
{
    while (chain->count < until) {
        struct chain next = *chain;
        struct tape_hash hash;
        struct commit c;
        if (tape_tired()) return AUDIT_BEHIND;
        int err = tape_get(b, chain->count, &c, &hash);
        if (err != OK) return err;
        chain_append(&next, &c);
        if (c.seq != chain->count || memcmp(next.head, hash.bytes, hash.kept) != 0) {
            chain_report(report, fault_at(b, chain), chain->count);
            return OK;
        }
        *chain = next;
    }
    return OK;
}

/* The hashes are made by another thread: it is given the time for those of the last commits. */
static void hashes_await(uint64_t count)
{
    for (uint32_t i = 0; i < YIELDS_MAX && logmem_ledger(book.log)->hashed < count; i++) {
        sys_yield();
    }
}

static int verify_chain(struct report *report)
{
    uint64_t count = book_commits();
    hashes_await(count);
    int err = chain_on(&book.now.boot, &verifier.chain, count, report);
    if (err != OK || report->count > 0) return err;
    if (logmem_ledger(book.log)->hashed > book_commits()) {
        chain_report(report, CHAIN_TRUNCATED, book_commits());
    }
    if (verifier.again.count >= verifier.chain.count) verifier.again = (struct chain){0};
    uint64_t until = verifier.again.count + AGAIN;
    return chain_on(&book.now.boot, &verifier.again, until < count ? until : count, report);
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
static int fold_until(uint64_t seq)
{
    struct self_sync_out synced;
    if (book_commits() < seq) (void)self_sync(CAP_SLOT_SELF, &synced);
    return book_fold(seq);
}

/* `again`: the fold was built anew in the middle, and its marks are gone. */
static int verify_walk(struct report *report, struct audit_verify_out *out, bool *out_again)
{
    uint64_t began = 0, seq = 0;
    uint32_t count, nodes = book.now.nodes;
    bool done = false;
    verifier.pass++;
    *out_again = false;
    for (bool start = true; !done; start = false) {
        enum err err = walk_step(start, &seq, &count, &done);
        if (err != OK) {
            report_add(
                report,
                &(struct finding){.invariant = "I12", .what = "no cursor", .found = (uint64_t)err});
            return OK;
        }
        if (start) began = seq;
        int folded = fold_until(seq);
        *out_again = book.now.nodes != nodes;
        if (folded != OK || book.now.broken != REDUCE_OK || *out_again) return folded;
        for (uint32_t i = 0; i < count; i++) {
            check_item(&book.now.fold, &verifier.items[i], verifier.pass, report);
        }
    }
    check_unseen(&book.now.fold, verifier.pass, began, report);
    out->quiet = began == seq;
    return OK;
}

static bool room_made(uint32_t nodes)
{
    if (verifier.room_nodes >= nodes) return true;
    heap_free(verifier.room);
    verifier.room = heap_alloc(nodes * sizeof(*verifier.room));
    verifier.room_nodes = verifier.room != NULL ? nodes : 0;
    return verifier.room != NULL;
}

/* Where the fold stands, it does not go on. */
static void report_broken(const struct view *v, struct report *report)
{
    struct commit c = {0};
    if (v->broken == REDUCE_OK) return;
    (void)tape_get(&v->boot, v->fold.count, &c, NULL);
    report_add(report, &(struct finding){.invariant = "I12",
                                         .what = reduce_text(v->broken),
                                         .slot = c.dst,
                                         .seq = v->fold.count});
}

static struct text text_of(const char *from)
{
    return text_from(from, __builtin_strlen(from));
}

/* Chain, fold, walk; and the chain once more, to where the walk has brought the fold. */
static int verify_all(struct report *report, struct audit_verify_out *out)
{
    bool again = true;
    uint64_t start = ticks_now();
    int err = verify_chain(report);
    uint64_t hashed = ticks_now();
    if (err == OK) err = book_fold(book_commits());
    uint64_t folded = ticks_now();
    while (err == OK && again) {
        err = verify_walk(report, out, &again);
    }
    if (err == OK && report->count == 0) {
        hashes_await(book.now.fold.count);
        err = chain_on(&book.now.boot, &verifier.chain, book.now.fold.count, report);
    }
    out->hash_ticks = hashed - start;
    out->fold_ticks = folded - hashed;
    out->walk_ticks = ticks_now() - folded;
    return err;
}

/* Of an earlier boot all commits are hashed and folded; there is nothing to walk. */
static int verify_past(const struct tape_boot *b, struct report *report, const struct view **out)
{
    struct chain *chain = &verifier.past;
    if (verifier.past_boot != b->number) *chain = (struct chain){0};
    verifier.past_boot = b->number;
    int err = chain_on(b, chain, b->count, report);
    if (err == OK) err = book_view(b->number, UINT64_MAX, out);
    if (err != OK) return err;
    verifier.past_boot = 0; /* the next time from the start */
    if (report->count == 0 && memcmp(chain->head, b->head, HASH_BYTES) != 0) {
        chain_report(report, CHAIN_CHANGED, b->count);
    }
    return OK;
}

static void findings_give(const struct report *report, struct audit_verify_out *out)
{
    out->finding_count = report->count;
    for (uint32_t i = 0; i < report->count && i < FINDINGS_MAX; i++) {
        const struct finding *f = &report->findings[i];
        out->findings.at[out->findings.count++] =
            (struct audit_finding){.invariant = text_of(f->invariant),
                                   .what = text_of(f->what),
                                   .slot = f->slot,
                                   .seq = f->seq,
                                   .expected = f->expected,
                                   .found = f->found};
    }
}

int answer_verify(struct request *rq, const struct audit_verify_in *in,
                  struct audit_verify_out *out)
{
    struct report report = {0};
    struct self_sync_out synced;
    struct tape_boot boot;
    const struct view *v = &book.now;
    (void)rq;
    verifier.cursor = startup_cap("cursor");
    (void)self_sync(CAP_SLOT_SELF, &synced);
    int err = tape_boot(in->boot, &boot);
    if (err == OK) err = boot.now ? verify_all(&report, out) : verify_past(&boot, &report, &v);
    if (err != OK) return err;
    report_broken(v, &report);
    if (!room_made(v->nodes)) return ERR_NO_MEMORY;
    uint64_t axiom_cnode = boot.now ? book.log->axiom_cnode : v->axiom_cnode;
    check_state(&v->fold, axiom_cnode, verifier.room, &report);
    const struct chain *chain = boot.now ? &verifier.chain : &verifier.past;
    uint64_t kept = boot.now ? logmem_ledger(book.log)->hashed : boot.count;
    out->ok = report.count == 0;
    out->commits = v->fold.count;
    out->hashed = chain->count < kept ? chain->count : kept;
    out->slots = v->fold.live;
    out->compared = report.compared;
    out->authority = report.authority;
    out->derived = report.derived;
    out->objects = report.objects;
    out->mapped = report.mapped;
    out->head = data_from(chain->head, HASH_BYTES);
    findings_give(&report, out);
    return OK;
}
