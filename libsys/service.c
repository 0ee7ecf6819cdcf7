/* service.c - see service.h: what is not in every turn of the loop. */
#include "bytes.h"
#include "panic.h"
#include "service_log.h"
#include "service_run.h"
#include "slots.h"

enum { CALL_TRIES_MAX = 5 };

static uint64_t token_of(const struct service *svc, const struct service_reply *reply)
{
    return (uint64_t)reply->generation << 32 | (uint64_t)(reply - svc->replies);
}

static struct service_reply *free_reply(struct service *svc)
{
    for (uint32_t i = 0; i < svc->reply_count; i++) {
        if (!svc->replies[i].held) return &svc->replies[i];
    }
    return NULL;
}

/* The current one. What uses it up or gives it free again sees it as held. */
static void reply_hold(struct service *svc)
{
    svc->current->generation = svc->rq.generation;
    svc->current->held = 1;
}

/* Commits: the records of this request, one after the other in svc->records. */

static struct record *record_add(struct service *svc, uint32_t type, uint32_t len)
{
    uint32_t bytes = (uint32_t)sizeof(struct record) + (len + 7) / 8 * 8;
    CHECK(len <= SERVICE_RECORD_BYTES && bytes <= svc->record_max);
    if (bytes > svc->record_max - svc->record_bytes) {
        CHECK(svc->keeper != NULL);
        svc->keeper->flush(svc);
    }
    struct record *record = (struct record *)((char *)svc->records + svc->record_bytes);
    record->type = type;
    record->len = len;
    svc->record_bytes += bytes;
    return record;
}

void service_commit(struct service *svc, uint32_t type, const void *payload, uint32_t len)
{
    struct record *record = record_add(svc, type, len);
    if (len > 0) memcpy(record->payload, payload, len);
}

void request_commit(struct request *rq, uint32_t type, const void *payload, uint32_t len)
{
    service_commit(request_service(rq), type, payload, len);
}

void request_commit_parts(struct request *rq, uint32_t type, struct data head, struct data body)
{
    CHECK(body.len <= SERVICE_RECORD_BYTES && head.len <= SERVICE_RECORD_BYTES);
    struct record *record = record_add(request_service(rq), type, head.len + body.len);
    if (head.len > 0) memcpy(record->payload, head.at, head.len);
    if (body.len > 0) memcpy((char *)record->payload + head.len, body.at, body.len);
}

void service_fold(struct service *svc)
{
    const struct service_log *log = svc->log;
    uint32_t end = svc->record_bytes;
    for (uint32_t at = 0; at < end;) {
        struct record *record = (struct record *)((char *)svc->records + at);
        if (record->type < RECORD_OWN || log == NULL) {
            CHECK(svc->apply != NULL);
            svc->apply(svc->state, record);
        } else if (record->type == RECORD_BOOTED && log->booted != NULL) {
            log->booted(svc->state);
        }
        svc->applied++;
        at += (uint32_t)sizeof(struct record) + (record->len + 7) / 8 * 8;
    }
    CHECK(svc->record_bytes == end); /* apply adds no records */
    svc->record_bytes = 0;
}

void service_apply(struct service *svc)
{
    if (svc->record_bytes == 0) return;
    if (svc->keeper != NULL) {
        svc->keeper->commit(svc);
    } else {
        service_fold(svc);
    }
}

/* Receive slots. */

cap_t request_keep(struct request *rq, cap_t slot)
{
    for (uint32_t i = 0; i < MSG_CAPS_MAX; i++) {
        if (slot == 0 || rq->caps[i].slot != slot) continue;
        rq->caps[i].slot = 0;
        return slot;
    }
    return 0;
}

/* A bit for each receive slot that is filled. */
static uint32_t take_caps(const struct service *svc, struct request *rq)
{
    uint32_t count = msg_caps(rq->info), arrived = 0;
    const struct msg_cap *caps = rq->buffer->caps;
    for (uint32_t i = 0; i < count && i < MSG_CAPS_MAX; i++) {
        rq->caps[i] = (struct cap_arg){.slot = caps[i].slot,
                                       .rights = (uint8_t)caps[i].rights,
                                       .type = (uint8_t)(caps[i].rights >> 8),
                                       .badge = caps[i].badge};
        if (caps[i].slot == 0) continue;
        CHECK(caps[i].slot - svc->receive < svc->receive_slots);
        arrived |= 1u << (caps[i].slot - svc->receive);
    }
    return arrived;
}

/* What arrived and was not kept goes, so that the run of slots is empty again when the answer
 * leaves: a handler that passes a received capability on has kept it. */
static void rearm(struct service *svc, struct request *rq)
{
    uint32_t kept = svc->odd / SERVICE_ARRIVED;
    for (uint32_t i = 0; i < MSG_CAPS_MAX; i++) {
        if (rq->caps[i].slot != 0) {
            (void)slot_empty(rq->caps[i].slot);
            kept &= ~(1u << (rq->caps[i].slot - svc->receive));
        }
        rq->caps[i] = (struct cap_arg){0};
    }
    if (kept == 0) return;
    for (uint32_t i = 0; i < svc->receive_slots; i++) {
        if ((kept & 1u << i) == 0) slot_release(svc->receive + i);
    }
    svc->receive = 0;
}

/* Turns. */

static void copy_words(struct service *svc, uint32_t words)
{
    if (words <= MSG_REGISTERS) return;
    if (words > MSG_WORDS_MAX) words = MSG_WORDS_MAX;
    memcpy(svc->words + MSG_REGISTERS, svc->rq.buffer->words, (words - MSG_REGISTERS) * 8);
}

static void signal_handle(struct service *svc, uint64_t bits)
{
    if (bits & SERVICE_SIGNAL_DEATHS) service_drain_deaths(svc);
    bits &= ~SERVICE_SIGNAL_DEATHS;
    if (svc->keeper != NULL) svc->keeper->signal(svc, bits);
    if (bits != 0 && svc->signal != NULL) svc->signal(svc, bits);
    service_apply(svc);
}

/* Not while an answer stands in the message page. Handling a signal may wait for another. */
static void deferred_handle(struct service *svc)
{
    while (svc->deferred != 0) {
        uint64_t bits = svc->deferred;
        svc->deferred = 0;
        signal_handle(svc, bits);
    }
}

static void reply_choose(struct service *svc)
{
    svc->current = free_reply(svc);
    if (svc->current == NULL && svc->keeper != NULL) {
        svc->keeper->wait(svc);
        deferred_handle(svc);
        svc->current = free_reply(svc);
    }
    svc->rq.token = svc->current != NULL ? token_of(svc, svc->current) : UINT64_MAX;
}

/* Readies the next receive. */
static void turn_end(struct service *svc, bool answered)
{
    if (!answered) {
        svc->rq.answer.info = 0;
        deferred_handle(svc);
    }
    svc->odd &= ~(uint32_t)SERVICE_OF_TURN;
    svc->rq.info = 0; /* none is being served */
    if (svc->current == NULL || svc->current->held) reply_choose(svc);
    if (svc->receive == 0 && svc->receive_slots > 0) {
        svc->receive = slot_alloc_run(svc->receive_slots); /* 0: tried again after the next turn */
    }
    bool armed = svc->receive != 0;
    svc->odd = (svc->odd & ~(uint32_t)SERVICE_UNARMED) |
               (armed || svc->receive_slots == 0 ? 0 : SERVICE_UNARMED);
    svc->receive_info = msg_info(0, 0, 0, armed ? svc->receive_slots : 0);
    svc->receive_call = svc->current != NULL ? SYS_REPLY_RECV : SYS_RECV;
    svc->receive_aux = (uint64_t)svc->receive << 32;
    if (svc->current != NULL) svc->receive_aux |= svc->current->slot;
}

void service_decided(struct service *svc, int result)
{
    struct request *rq = &svc->rq;
    struct service_reply *reply = svc->current;
    bool is_call = (svc->odd & SERVICE_SENT) == 0;
    bool answered = is_call && result != REPLY_LATER;
    /* An answer by token and a result would be two answers. */
    CHECK(!answered || (svc->odd & SERVICE_ANSWERED) == 0);
    if (result != REPLY_LATER && msg_label(rq->answer.info) != OK) svc->record_bytes = 0;
    if ((svc->odd & SERVICE_ANSWERED) == 0) reply_hold(svc);
    if (svc->keeper != NULL) {
        answered = svc->keeper->decided(svc, rq, answered);
    } else {
        service_apply(svc);
    }
    if (answered && reply != NULL) reply->held = 0; /* the keeper answers calls only */
    if (svc->odd >= SERVICE_ARRIVED || msg_caps(rq->info) != 0) rearm(svc, rq);
    turn_end(svc, answered);
}

/* An answer that the kernel refuses as it stands becomes its error. Full rings are a matter of
 * moments: axiom drains them. False: receiving fails. */
static bool receive_again(struct service *svc, enum err err, struct message *m)
{
    bool replaced = false;
    while (err != OK) {
        if (err == ERR_LOG_FULL) {
            sys_yield();
        } else if (replaced) {
            return false;
        } else {
            svc->rq.answer.info = msg_info(err, 0, 0, 0);
            replaced = true;
        }
        err = service_receive(svc, m);
    }
    return true;
}

/* Of what was answered, which a signal leaves in the registers: it may have been a secret. */
static void words_wipe(struct message *m)
{
    volatile uint64_t *w = m->w;
    for (uint32_t i = 0; i < MSG_REGISTERS; i++) {
        w[i] = 0;
    }
}

enum service_step service_seldom(struct service *svc, enum err err, struct message *m)
{
    struct request *rq = &svc->rq;
    if (!receive_again(svc, err, m)) return SERVICE_STEP_GONE;
    if (m->info & MSG_SIGNAL) {
        words_wipe(m);
        svc->odd |= SERVICE_ANSWERED;
        signal_handle(svc, m->cap);
        turn_end(svc, false);
        return SERVICE_STEP_DONE;
    }
    service_open(svc, m);
    copy_words(svc, msg_words(m->info));
    if (svc->current == NULL || (m->info & (MSG_CALL | MSG_FAULT)) == 0) {
        svc->odd |= SERVICE_ANSWERED | SERVICE_SENT;
    }
    if (msg_caps(m->info) > 0) svc->odd |= take_caps(svc, rq) * SERVICE_ARRIVED;
    if ((m->info & MSG_FAULT) == 0) return SERVICE_STEP_DISPATCH;
    service_decided(svc, svc->fault != NULL ? svc->fault(svc, rq) : REPLY_LATER);
    return SERVICE_STEP_DONE;
}

/* As receive_again(): the kernel takes it when its rings have room. */
static enum err reply_give(cap_t slot, const struct message *m)
{
    for (;;) {
        struct message given = *m;
        enum err err = sys_reply(slot, &given);
        if (err != ERR_LOG_FULL) return err;
        sys_yield();
    }
}

int request_answer(uint64_t token, struct message *m)
{
    struct service *svc = thread_self()->service;
    uint64_t index = token & UINT32_MAX;
    CHECK(svc != NULL);
    if (index >= svc->reply_count) return ERR_RANGE;

    struct service_reply *reply = &svc->replies[index];
    if (reply == svc->current && !reply->held) { /* of the call that is being served */
        if (token != svc->rq.token || svc->rq.info == 0) return ERR_BUSY;
        if ((svc->odd & SERVICE_ANSWERED) != 0) return ERR_BUSY;
        svc->odd |= SERVICE_ANSWERED;
        reply_hold(svc);
    }
    if (!reply->held || reply->generation != token >> 32) return ERR_BUSY;
    if (svc->keeper != NULL && svc->keeper->keeps(svc, (uint32_t)index, m)) return OK;
    reply->held = 0;
    return (int)reply_give(reply->slot, m);
}

/* The loop. */

void service_first(struct service *svc)
{
    thread_self()->service = svc;
    svc->rq = (struct request){.words = svc->words,
                               .scratch = svc->scratch,
                               .service = svc,
                               .buffer = ipc_buffer(),
                               .recall = svc->keeper != NULL ? svc->keeper->recall : NULL};
    svc->current = NULL;
    turn_end(svc, false);
}

bool service_turn(struct service *svc)
{
    return service_turn_by(svc, svc->dispatch);
}

_Noreturn void service_gone(void)
{
    PANIC("the endpoint is gone");
}

_Noreturn void service_run(struct service *svc)
{
    service_serve(svc, svc->dispatch);
}

bool call_again(int err, uint32_t *tries)
{
    if (err != ERR_PEER_DIED && err != ERR_CAP_LOST) return false;
    return ++*tries < CALL_TRIES_MAX;
}
