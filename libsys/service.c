/* service.c - see service.h. */
#include "service.h"

#include "bytes.h"
#include "panic.h"
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
    uint32_t end = svc->record_bytes;
    for (uint32_t at = 0; at < end;) {
        struct record *record = (struct record *)((char *)svc->records + at);
        CHECK(svc->apply != NULL);
        svc->apply(svc->state, record);
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

static void take_caps(struct request *rq)
{
    uint32_t count = msg_caps(rq->info);
    const struct msg_cap *caps = rq->buffer->caps;
    for (uint32_t i = 0; i < count && i < MSG_CAPS_MAX; i++) {
        rq->caps[i] = (struct cap_arg){.slot = caps[i].slot,
                                       .rights = (uint8_t)caps[i].rights,
                                       .type = (uint8_t)(caps[i].rights >> 8),
                                       .badge = caps[i].badge};
    }
}

/* What arrived and was not kept goes, so that the run of slots is empty again when the answer
 * leaves: a handler that passes a received capability on has kept it. */
static void rearm(struct service *svc, const struct request *rq, uint32_t arrived)
{
    uint32_t kept = arrived;
    for (uint32_t i = 0; i < MSG_CAPS_MAX; i++) {
        if (rq->caps[i].slot == 0) continue;
        (void)slot_empty(rq->caps[i].slot);
        kept &= ~(1u << (rq->caps[i].slot - svc->receive));
    }
    if (kept == 0) return;
    for (uint32_t i = 0; i < svc->receive_slots; i++) {
        if ((kept & 1u << i) == 0) slot_release(svc->receive + i);
    }
    svc->receive = slot_alloc_run(svc->receive_slots); /* 0: tried again at the next turn */
}

/* One bit for each receive slot that is filled. */
static uint32_t arrived_slots(const struct service *svc, const struct request *rq)
{
    uint32_t arrived = 0;
    for (uint32_t i = 0; i < MSG_CAPS_MAX; i++) {
        if (rq->caps[i].slot == 0) continue;
        CHECK(rq->caps[i].slot - svc->receive < svc->receive_slots);
        arrived |= 1u << (rq->caps[i].slot - svc->receive);
    }
    return arrived;
}

/* Requests. */

static void request_open(struct service *svc, const struct message *m, struct request *rq)
{
    uint32_t words = msg_words(m->info);
    struct ipc_buffer *buffer = ipc_buffer();
    for (uint32_t i = 0; i < MSG_REGISTERS; i++) {
        svc->words[i] = m->w[i];
    }
    if (words > MSG_REGISTERS) {
        memcpy(svc->words + MSG_REGISTERS, buffer->words,
               ((words <= MSG_WORDS_MAX ? words : MSG_WORDS_MAX) - MSG_REGISTERS) * 8);
    }
    rq->badge = m->cap;
    rq->info = m->info;
    rq->words = svc->words;
    rq->token = svc->current != NULL ? token_of(svc, svc->current) : UINT64_MAX;
    rq->service = svc;
    rq->scratch = svc->scratch;
    rq->buffer = buffer;
    rq->answer.info = 0;
    rq->number = 0;
    rq->is_light = false;
    rq->recall = svc->keeper != NULL ? svc->keeper->recall : NULL;
    rq->is_volatile = msg_label(m->info) == MESSAGE_DESCRIBE;
    for (uint32_t i = 0; i < MSG_CAPS_MAX; i++) {
        rq->caps[i] = (struct cap_arg){0};
    }
    if (msg_caps(m->info) > 0) take_caps(rq);
}

static int request_decide(struct service *svc, struct request *rq)
{
    if ((rq->info & MSG_FAULT) == 0) return svc->dispatch(svc, rq);
    return svc->fault != NULL ? svc->fault(svc, rq) : REPLY_LATER;
}

/* True: rq->answer is to be given. */
static bool request_handle(struct service *svc, struct request *rq)
{
    uint32_t arrived = msg_caps(rq->info) == 0 ? 0 : arrived_slots(svc, rq);
    struct service_reply *reply = svc->current;
    bool is_call = reply != NULL && (rq->info & (MSG_CALL | MSG_FAULT)) != 0;
    if (is_call) {
        /* Held while the handler runs: it may answer by itself and then say REPLY_LATER. */
        reply->generation++;
        reply->held = 1;
        rq->token = token_of(svc, reply);
    }
    int result = request_decide(svc, rq);
    bool answered = is_call && result != REPLY_LATER;
    bool refused = result != REPLY_LATER && msg_label(rq->answer.info) != OK;
    if (refused) svc->record_bytes = 0;
    CHECK(!answered || reply->held); /* an answer by token and a result would be two answers */
    if (svc->keeper != NULL) {
        answered = svc->keeper->decided(svc, rq, answered);
    } else {
        service_apply(svc);
    }
    if (answered && reply != NULL) reply->held = 0; /* the keeper answers calls only */
    if (arrived != 0) rearm(svc, rq, arrived);
    return answered;
}

int request_answer(uint64_t token, struct message *m)
{
    struct service *svc = thread_self()->service;
    uint64_t index = token & UINT32_MAX;
    CHECK(svc != NULL);
    if (index >= svc->reply_count) return ERR_RANGE;

    struct service_reply *reply = &svc->replies[index];
    if (!reply->held || reply->generation != token >> 32) return ERR_BUSY;
    if (svc->keeper != NULL && svc->keeper->keeps(svc, (uint32_t)index, m)) return OK;
    reply->held = 0;
    return (int)sys_reply(reply->slot, m);
}

/* The loop. */

static void signal_handle(struct service *svc, uint64_t bits)
{
    if (bits & SERVICE_SIGNAL_DEATHS) service_drain_deaths(svc);
    bits &= ~SERVICE_SIGNAL_DEATHS;
    if (svc->keeper != NULL) svc->keeper->signal(svc, bits);
    if (bits != 0 && svc->signal != NULL) svc->signal(svc, bits);
    service_apply(svc);
}

/* Not while an answer stands in the message page. */
static void deferred_handle(struct service *svc)
{
    uint64_t bits = svc->deferred;
    svc->deferred = 0;
    if (bits != 0) signal_handle(svc, bits);
}

/* Full rings are a matter of moments: axiom drains them. */
static enum err receive_once(const struct service *svc, struct message *m)
{
    for (;;) {
        struct message now = *m;
        enum err err = svc->current != NULL
                           ? sys_reply_recv(svc->endpoint, svc->current->slot, svc->receive, &now)
                           : sys_recv(svc->endpoint, 0, svc->receive, &now);
        if (err == OK) *m = now;
        if (err != ERR_LOG_FULL) return err;
        sys_yield();
    }
}

/* An answer that the kernel refuses as it stands becomes its error. False: receiving fails. */
static bool receive(const struct service *svc, struct message *m)
{
    uint32_t slots = svc->receive != 0 ? svc->receive_slots : 0;
    m->info |= msg_info(0, 0, 0, slots);
    enum err err = receive_once(svc, m);
    if (err == OK) return true;
    m->info = msg_info(err, 0, 0, slots);
    return receive_once(svc, m) == OK;
}

bool service_turn(struct service *svc, struct message *m)
{
    if (svc->receive == 0 && svc->receive_slots > 0) {
        svc->receive = slot_alloc_run(svc->receive_slots);
    }
    if (svc->current == NULL && svc->keeper != NULL) {
        svc->keeper->wait(svc);
        deferred_handle(svc);
        svc->current = free_reply(svc);
    }
    if (!receive(svc, m)) return false;
    if (m->info & MSG_SIGNAL) {
        signal_handle(svc, m->cap);
        m->info = 0;
    } else {
        struct request rq;
        request_open(svc, m, &rq);
        bool answered = request_handle(svc, &rq);
        *m = rq.answer;
        if (!answered) m->info = 0;
    }
    if (m->info == 0) deferred_handle(svc);
    if (svc->current == NULL || svc->current->held) svc->current = free_reply(svc);
    return true;
}

void service_first(struct service *svc, struct message *out_message)
{
    thread_self()->service = svc;
    svc->current = free_reply(svc);
    *out_message = (struct message){0};
}

_Noreturn void service_run(struct service *svc)
{
    struct message m;
    service_first(svc, &m);
    while (service_turn(svc, &m)) {
    }
    PANIC("the endpoint is gone");
}

bool call_again(int err, uint32_t *tries)
{
    if (err != ERR_PEER_DIED && err != ERR_CAP_LOST) return false;
    return ++*tries < CALL_TRIES_MAX;
}
