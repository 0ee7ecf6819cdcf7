/* kept.c - see kept.h. */
#include "kept.h"

#include "bytes.h"
#include "idl/audit.h"
#include "idl/stream.h"
#include "service.h"
#include "startup.h"
#include "tape.h"

enum { READ_COSTS = 32 /* a segment of the log is searched for it: tape_spend() */ };

static struct {
    bool keeps;    /* there is a disk, and it takes more */
    uint32_t boot; /* this one */
    uint64_t next, first;
    uint64_t ended;                /* lives of this boot that ended and are in the stream */
    uint32_t living[LIVING_SLOTS]; /* pids of those that are, too */
    struct lifelog_record record;  /* on its way */
    uint64_t answer[4072 / 8];     /* what was read last; how much of it is done */
    uint32_t length, at;
    uint32_t loading; /* a boot whose lives are read piece by piece; 0: none */
    uint64_t load_at, load_until;
} kept;

/* The records from `number` on, as many as one answer has. False: they cannot be read. */
static bool answer_read(uint64_t number)
{
    const struct stream_read_in in = {.sequence = number};
    struct stream_read_out answer;
    uint32_t tries = 0;
    int err;
    do {
        err = stream_read(startup_cap("stream"), &in, &answer);
    } while (call_again(err, &tries));
    if (err != OK || answer.records.len > sizeof(kept.answer)) return false;
    memcpy(kept.answer, answer.records.at, answer.records.len);
    kept.length = answer.records.len;
    kept.at = 0;
    return true;
}

/* The next of them. NULL: there is none, or it is not of this format. */
static const struct lifelog_record *answer_next(void)
{
    uint64_t left = kept.length - kept.at, length;
    if (left < sizeof(length)) return NULL;
    const uint8_t *at = (const uint8_t *)kept.answer + kept.at;
    memcpy(&length, at, sizeof(length));
    const struct lifelog_record *r = (const struct lifelog_record *)(at + sizeof(length));
    if (length > left - sizeof(length) || !lifelog_check(&r->head, length)) return NULL;
    kept.at += (uint32_t)(sizeof(length) + (length + 7) / 8 * 8);
    return r;
}

static const struct lifelog_record *record_read(uint64_t number)
{
    return answer_read(number) ? answer_next() : NULL;
}

static bool stream_state(struct stream_info_out *out)
{
    uint32_t tries = 0;
    int err;
    do {
        err = stream_info(startup_cap("stream"), out);
    } while (call_again(err, &tries));
    return err == OK && out->on_disk;
}

/* The first record of a boot; `next`: there is none. */
static bool record_find(uint32_t boot, uint64_t next, uint64_t *out)
{
    uint64_t low = 0, high = next;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        const struct lifelog_record *r = record_read(middle);
        if (r == NULL) return false;
        if (r->head.boot < boot) low = middle + 1;
        if (r->head.boot >= boot) high = r->head.first < middle ? r->head.first : middle;
    }
    *out = low;
    return true;
}

/* False: that was the last one of the boot. */
static bool record_take(const struct lifelog_record *r, uint32_t boot, struct lives *out)
{
    if (r->head.boot != boot) return false;
    for (uint32_t i = 0; i < r->head.count; i++) {
        lives_add(out, &r->lives[i], true);
    }
    out->seen = r->head.ended;
    return true;
}

/* Where to begin, or to go on. */
static int load_begin(uint32_t boot, struct lives *out)
{
    struct stream_info_out info;
    if (kept.loading == boot) return OK;
    kept.loading = 0;
    out->count = 0;
    if (!stream_state(&info)) return OK;
    if (!record_find(boot, info.next, &kept.load_at)) return AUDIT_AWAY;
    kept.load_until = info.next;
    kept.loading = boot;
    return OK;
}

int kept_load(uint32_t boot, struct lives *out)
{
    int err = load_begin(boot, out);
    if (err != OK) return err;
    bool more = kept.loading == boot;
    while (more && kept.load_at < kept.load_until) {
        if (tape_tired()) return AUDIT_BEHIND;
        tape_spend(READ_COSTS);
        const struct lifelog_record *r = record_read(kept.load_at);
        if (r == NULL) return AUDIT_AWAY;
        for (; r != NULL && more; r = answer_next()) {
            more = record_take(r, boot, out);
            kept.load_at++;
        }
    }
    kept.loading = 0;
    return OK;
}

void kept_meet(const struct logmem *log, struct lives *out)
{
    struct stream_info_out info;
    kept.keeps = stream_state(&info) && !info.sealed;
    kept.boot = info.boot;
    kept.next = kept.first = info.next;
    kept.ended = 0;
    memset(kept.living, 0, sizeof(kept.living)); /* once more, so that none is missing */
    if (!kept.keeps || info.next == 0) return;
    const struct lifelog_record *last = record_read(info.next - 1);
    kept.keeps = last != NULL;
    if (!kept.keeps || last->head.boot != kept.boot) return;
    kept.first = last->head.first;
    kept.ended = last->head.ended;
    bool all = log->life_head <= log->life_slots; /* are in the log memory */
    if (out == NULL || all) return;
    int err;
    do {
        tape_rewind();
        err = kept_load(kept.boot, out);
    } while (err == AUDIT_BEHIND);
    uint32_t ended = 0;
    for (uint32_t i = 0; i < out->count; i++) { /* who lives stands in the log memory */
        if (out->at[i].ended != UINT64_MAX) out->at[ended++] = out->at[i];
    }
    out->count = ended;
}

/* Those that go into the next record. */
static void record_fill(const struct logmem *log)
{
    struct lifelog_record *r = &kept.record;
    uint64_t head = log->life_head, oldest = head > log->life_slots ? head - log->life_slots : 0;
    r->head = (struct lifelog_head){
        .version = LIFELOG_VERSION, .boot = kept.boot, .first = kept.first, .ended = kept.ended};
    if (r->head.ended < oldest) r->head.ended = oldest;
    for (; r->head.ended < head && r->head.count < LIFELOG_LIVES_MAX; r->head.ended++) {
        r->lives[r->head.count++] = *logmem_life(log, r->head.ended);
    }
    for (uint32_t i = 0; i < LIVING_SLOTS && r->head.count < LIFELOG_LIVES_MAX; i++) {
        const struct log_life *l = logmem_living(log, i);
        if (l->pid != 0 && l->pid != kept.living[i]) r->lives[r->head.count++] = *l;
    }
}

static void record_is_kept(void)
{
    const struct lifelog_head *h = &kept.record.head;
    for (uint32_t i = 0; i < h->count; i++) {
        const struct log_life *l = &kept.record.lives[i];
        if (l->ended == UINT64_MAX) kept.living[l->pid % LIVING_SLOTS] = l->pid;
    }
    kept.ended = h->ended;
    kept.next++;
}

void kept_append(const struct logmem *log)
{
    while (kept.keeps) {
        struct stream_append_out out;
        record_fill(log);
        const struct lifelog_record *r = &kept.record;
        if (r->head.count == 0) return;
        uint32_t bytes = (uint32_t)sizeof(r->head) + r->head.count * (uint32_t)sizeof(r->lives[0]);
        const struct stream_append_in in = {.sequence = kept.next, .record = data_from(r, bytes)};
        int err = stream_append(startup_cap("stream"), &in, &out);
        if (err == ERR_BUSY) return; /* with the next signal */
        if (err == OK) {
            record_is_kept();
        } else if (err == STREAM_GAP || err == ERR_PEER_DIED) {
            kept_meet(log, NULL); /* the ledger was started again, and lost what was not durable */
        } else {
            kept.keeps = false; /* it is full, or fails */
        }
    }
}
