/* service_log.c - see service_log.h: what is appended, and which answers wait for it. */
#include "service_log.h"

#include "bytes.h"
#include "description.h"
#include "idl/stream.h"
#include "panic.h"
#include "service_recover.h"

#ifndef LOG_CHECKPOINT_BYTES /* tests/sim makes them more often */
#define LOG_CHECKPOINT_BYTES (256 << 10)
#endif
/* A checkpoint is made when so many times its own bytes were taken: what it costs is that part of
 * all. */
enum { ROOM_SPARE = 65536, SINCE_LEAST = LOG_CHECKPOINT_BYTES, CARE_PART = 4 };

/* Answers that wait. */

/* Of the message page what the message has. */
static void page_copy(struct ipc_buffer *buffer, struct service_held *h, bool back)
{
    uint32_t words = msg_words(h->m.info);
    size_t bytes = words > MSG_REGISTERS ? (words - MSG_REGISTERS) * sizeof(h->words[0]) : 0;
    memcpy(back ? buffer->words : h->words, back ? h->words : buffer->words, bytes);
    if (msg_caps(h->m.info) == 0) return;
    memcpy(back ? buffer->caps : h->caps, back ? h->caps : buffer->caps, sizeof(h->caps));
}

static void held_drop(struct service_log *log, uint32_t reply)
{
    log->held[reply].upto = 0;
    log->held_map &= ~(1u << reply);
}

static void held_give(struct service *svc, uint32_t reply)
{
    struct service_held *h = &svc->log->held[reply];
    page_copy(ipc_buffer(), h, true);
    held_drop(svc->log, reply);
    (void)sys_reply(svc->replies[reply].slot, &h->m); /* who asked may be gone */
    svc->replies[reply].held = 0;
}

static bool held_release(struct service *svc)
{
    struct service_log *log = svc->log;
    for (uint32_t map = log->held_map; map != 0; map &= map - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(map);
        if (log->held[i].upto <= log->durable) held_give(svc, i);
    }
    return log->held_map != 0;
}

/* The answer to the present call leaves with the next receive, if it need not wait. */
static bool held_answers(struct service *svc, uint32_t reply)
{
    struct service_held *h = &svc->log->held[reply];
    bool now = h->upto != 0 && h->upto <= svc->log->durable && svc->deferred == 0;
    if (now) held_drop(svc->log, reply);
    (void)held_release(svc); /* of others: uses the message page */
    if (!now) return false;
    page_copy(ipc_buffer(), h, true);
    svc->rq.answer = h->m;
    return true;
}

static void held_put(struct service *svc, uint32_t reply, const struct message *m, uint64_t upto)
{
    struct service_log *log = svc->log;
    struct service_held *h = &log->held[reply];
    struct ipc_buffer *buffer = ipc_buffer();
    h->m = *m;
    page_copy(buffer, h, false);
    h->upto = upto;
    log->held_map |= 1u << reply;
    if (upto > log->wanted) log->wanted = upto;
    if (log->hurried < upto && upto <= log->sent) {
        log->hurried = upto;
        (void)stream_hurry(
            log->stream); /* one that died has its successor told with the next record */
    }
}

/* Records on their way. */

/* Those that are durable need not be appended again. */
static void pending_release(struct service_log *log)
{
    uint32_t at = 0;
    while (log->first < log->durable && at < log->used) {
        at += 8 + ((uint32_t)log->pending[at / 8] + 7) / 8 * 8;
        log->first++;
    }
    log->used -= at;
    memmove(log->pending, (char *)log->pending + at, log->used);
}

void service_settle(struct service *svc)
{
    bool settled = svc->log->durable == svc->log->next;
    svc->odd = (svc->odd & ~(uint32_t)SERVICE_UNSETTLED) | (settled ? 0 : SERVICE_UNSETTLED);
}

static void durable_set(struct service *svc, uint64_t durable)
{
    struct service_log *log = svc->log;
    if (durable <= log->durable) return;
    log->durable = durable;
    service_settle(svc);
    pending_release(log);
}

/* What the stream has got: after the ledger was started again it may be less than was sent. */
static void stream_meet(struct service *svc)
{
    struct service_log *log = svc->log;
    struct stream_info_out info;
    service_meet(svc, &info);
    /* It must have all that it called durable, and nothing that was never sent. */
    CHECK(info.next >= log->first && info.next <= log->next && info.durable >= log->durable);
    log->sent = info.next;
    log->room = info.room;
    log->sealed = info.sealed;
    log->on_disk = info.on_disk;
    durable_set(svc, info.durable);
}

static bool ledger_died(int err)
{
    return err == ERR_PEER_DIED || err == ERR_CANCELLED;
}

static void pending_send(struct service *svc)
{
    struct service_log *log = svc->log;
    while (log->sent < log->next) {
        uint32_t at = 0;
        for (uint64_t i = log->first; i < log->sent; i++) {
            at += 8 + ((uint32_t)log->pending[at / 8] + 7) / 8 * 8;
        }
        struct stream_append_in in = {
            .sequence = log->sent,
            .record = data_from(log->pending + at / 8 + 1, log->pending[at / 8]),
            .hurry = log->sent < log->wanted,
        };
        struct stream_append_out out;
        int err = stream_append(log->stream, &in, &out);
        if (err == OK) {
            log->sent++;
            log->room = out.room;
            durable_set(svc, out.durable);
        } else if (err == ERR_BUSY) {
            return; /* it signals when it takes more */
        } else if (ledger_died(err) || err == STREAM_GAP) {
            stream_meet(svc);
        } else {
            /* The state is ahead of the stream: only a new process, which folds it, may answer. */
            PANIC("the stream takes no more records");
        }
    }
}

/* A signal, of whatever kind; those that are not the stream's are for later. */
static void signal_wait(struct service *svc)
{
    uint64_t bits = 0;
    CHECK(sys_wait(svc->notification, &bits) == OK);
    svc->deferred |= bits & ~SERVICE_SIGNAL_STREAM;
    if ((bits & SERVICE_SIGNAL_TOLD) != 0) svc->log->watched = false;
}

static void signal_await(struct service *svc)
{
    signal_wait(svc);
    stream_meet(svc);
    pending_send(svc);
}

/* Neither in the stream nor in the next process. */
static void fold_only(struct service *svc)
{
    once_apply(svc);
    service_fold(svc);
}

/* Room in the stream for these records and for the next checkpoint. */
static bool log_admits(const struct service *svc)
{
    const struct service_log *log = svc->log;
    return !log->sealed && log->room >= svc->record_bytes + log->since + log->last + ROOM_SPARE;
}

static void log_append(struct service *svc)
{
    struct service_log *log = svc->log;
    while (log->used + 8 + svc->record_bytes > LOG_PENDING_BYTES) {
        /* By us: else nobody may be in a hurry. */
        if (log->wanted < log->next) log->wanted = log->next;
        if (log->hurried < log->sent) (void)stream_hurry(log->stream);
        log->hurried = log->sent;
        signal_await(svc);
    }
    uint64_t *at = log->pending + log->used / 8;
    at[0] = svc->record_bytes;
    memcpy(at + 1, svc->records, svc->record_bytes);
    log->used += 8 + svc->record_bytes;
    log->since += svc->record_bytes;
    log->taken += log_place(svc->record_bytes);
    log->next++;
    service_settle(svc);
    once_apply(svc);
    service_fold(svc);
    pending_send(svc);
}

/* Checkpoints. */

static void part_flush(struct service *svc)
{
    struct service_log *log = svc->log;
    CHECK(log->mode != LOG_SERVES); /* a request with more records than the stream takes */
    struct stream_checkpoint_in in = {.at = log->next,
                                      .part = log->part++,
                                      .parts = log->parts,
                                      .bytes = data_from(svc->records, svc->record_bytes)};
    log->last += svc->record_bytes;
    svc->record_bytes = 0;
    if (log->mode != LOG_SENDS || log->lost) return;
    int err = stream_checkpoint(log->stream, &in);
    while (err == ERR_BUSY) {
        signal_wait(svc);
        err = stream_checkpoint(log->stream, &in);
    }
    log->lost = err != OK;
}

static void parts_make(struct service *svc, enum log_mode mode)
{
    struct service_log *log = svc->log;
    log->mode = (uint8_t)mode;
    log->part = 0;
    log->last = 0;
    svc->record_max = LOG_PART_MAX;
    service_commit(svc, RECORD_BOOTED, &log->boot, sizeof(log->boot));
    once_snapshot(svc);
    log->snapshot(svc);
    part_flush(svc);
    svc->record_max = LOG_RECORD_MAX;
    log->mode = LOG_SERVES;
}

/* The parts are counted before they are made: nothing else happens in between. A checkpoint that
 * the ledger did not get whole is none; the next one is tried later. */
static void log_checkpoint(struct service *svc)
{
    struct service_log *log = svc->log;
    uint64_t last = log->last;
    parts_make(svc, LOG_COUNTS);
    log->parts = log->part;
    log->lost = false;
    parts_make(svc, LOG_SENDS);
    if (log->lost) log->last = last;
    log->since = log->taken = log->lost ? SINCE_LEAST / 2 : 0;
    stream_meet(svc);
    pending_send(svc);
    (void)held_release(svc); /* a wait for a part may have used up the signal that tells of them */
}

static void log_care(struct service *svc)
{
    struct service_log *log = svc->log;
    bool many = log->taken >= SINCE_LEAST && log->taken / CARE_PART >= log->last;
    bool tight = log->room < 2 * (log->last + log->since + ROOM_SPARE) &&
                 log->since >= ROOM_SPARE / 2 + log->last / 4;
    if (log->snapshot != NULL && !log->sealed && (many || tight)) log_checkpoint(svc);
}

/* What the loop calls. */

static bool keeper_decided(struct service *svc, struct request *rq, bool answered)
{
    struct service_log *log = svc->log;
    uint32_t reply = (uint32_t)(svc->current - svc->replies);
    bool commits = svc->record_bytes > 0;
    if (commits && answered) once_commit(svc, rq);
    /* Signals that came while it waited are handled when no answer stands in the message page. */
    bool signalled = svc->deferred != 0;
    if (!commits && !signalled && (rq->is_volatile || log->durable == log->next)) return answered;
    /* The message page holds the answer, and is needed to append. */
    if (answered) held_put(svc, reply, &rq->answer, log->next + commits);
    if (commits && answered && !log_admits(svc)) {
        stream_meet(svc); /* how much room there is just now, and whether there ever will be */
        bool room = log->on_disk || log->room >= svc->record_bytes + log->since + log->last;
        if (!log_admits(svc) && !(rq->is_light && (log->sealed || room))) {
            held_drop(log, reply);
            svc->record_bytes = 0;
            rq->answer = (struct message){.info = msg_info(ERR_LOG_FULL, 0, 0, 0)};
            return true;
        }
    }
    if (commits && log->sealed) {
        if (answered) log->held[reply].upto = log->next;
        fold_only(svc);
    } else if (commits) {
        log_append(svc);
    }
    if (commits) log_care(svc);
    if (answered) return held_answers(svc, reply);
    (void)held_release(svc);
    return false;
}

/* Deaths and signals cannot be refused; what is spared at the requests is for them. */
static void keeper_commit(struct service *svc)
{
    if (svc->log->sealed) {
        fold_only(svc); /* badges that died: the next boot knows it anyway */
        return;
    }
    log_append(svc);
    (void)held_release(svc);
    log_care(svc);
}

static bool keeper_keeps(struct service *svc, uint32_t reply, const struct message *m)
{
    const struct service_log *log = svc->log;
    uint64_t upto = log->next + (svc->record_bytes > 0 && !log->sealed);
    if (upto <= log->durable) return false;
    held_put(svc, reply, m, upto);
    return true;
}

static void keeper_signal(struct service *svc, uint64_t bits)
{
    if ((bits & (SERVICE_SIGNAL_STREAM | SERVICE_SIGNAL_TOLD)) == 0) return;
    if ((bits & SERVICE_SIGNAL_TOLD) != 0) svc->log->watched = false;
    stream_meet(svc);
    pending_send(svc);
    (void)held_release(svc);
}

static void keeper_wait(struct service *svc)
{
    bool some_free = false;
    while (!some_free && held_release(svc)) {
        for (uint32_t i = 0; i < svc->reply_count; i++) {
            some_free = some_free || !svc->replies[i].held;
        }
        if (!some_free) signal_await(svc);
    }
}

const struct service_keeper service_log_keeper = {
    .decided = keeper_decided,
    .commit = keeper_commit,
    .keeps = keeper_keeps,
    .signal = keeper_signal,
    .wait = keeper_wait,
    .flush = part_flush,
    .death = once_death,
    .recall = once_recall,
};
