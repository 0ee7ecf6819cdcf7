/* service_once.c - see service_log.h: what came of requests that are done at most once. */
#include "bytes.h"
#include "panic.h"
#include "service_recover.h"

enum { COUNT_BITS = 24 };

static bool is_of(const struct service_outcome *o, uint64_t badge, uint64_t number)
{
    return o->number >> COUNT_BITS == number >> COUNT_BITS && o->badge == badge && o->number != 0;
}

/* The client's, or NULL: one for each badge and thread. Looked for where such a one was last. */
static struct service_outcome *find(struct service_log *log, uint64_t badge, uint64_t number)
{
    uint8_t *hint = &log->hints[(badge ^ number >> COUNT_BITS) % LOG_OUTCOME_HINTS];
    if (is_of(&log->outcomes[*hint], badge, number)) return &log->outcomes[*hint];
    for (uint32_t i = 0; i < LOG_OUTCOMES; i++) {
        if (!is_of(&log->outcomes[i], badge, number)) continue;
        *hint = (uint8_t)i;
        return &log->outcomes[i];
    }
    return NULL;
}

/* The client's, or a free one, or the oldest. */
static struct service_outcome *place_of(struct service_log *log, const struct service_outcome *of)
{
    struct service_outcome *place = find(log, of->badge, of->number);
    if (place != NULL) return place;
    place = &log->outcomes[0];
    for (uint32_t i = 0; i < LOG_OUTCOMES; i++) {
        if (log->outcomes[i].order < place->order) place = &log->outcomes[i]; /* a free one has 0 */
    }
    return place;
}

void once_apply(struct service *svc)
{
    struct service_log *log = svc->log;
    for (uint32_t at = 0; at < svc->record_bytes;) {
        const struct record *r = (const struct record *)((const char *)svc->records + at);
        at += (uint32_t)sizeof(*r) + (r->len + 7) / 8 * 8;
        if (r->type == RECORD_BOOTED) memset(log->outcomes, 0, sizeof(log->outcomes));
        if (r->type == RECORD_OUTCOME && r->len == sizeof(struct service_outcome)) {
            struct service_outcome o;
            memcpy(&o, r->payload, sizeof(o));
            o.order = ++log->order;
            *place_of(log, &o) = o;
        }
        for (uint32_t i = 0; r->type == RECORD_FORGET && i < LOG_OUTCOMES; i++) {
            struct service_outcome *o = &log->outcomes[i];
            if (o->badge == r->payload[0]) *o = (struct service_outcome){0};
        }
    }
}

void once_commit(struct service *svc, const struct request *rq)
{
    const struct message *m = &rq->answer;
    struct service_outcome o = {.badge = rq->badge, .number = rq->number, .info = m->info};
    if (rq->number == 0 || msg_label(m->info) != OK) return;
    CHECK(msg_words(m->info) <= LOG_OUTCOME_WORDS && msg_caps(m->info) <= 1);
    memcpy(o.words, m->w, msg_words(m->info) * sizeof(uint64_t));
    if (msg_caps(m->info) == 1) {
        const struct msg_cap *cap = &rq->buffer->caps[0];
        CHECK(cap->slot == svc->endpoint); /* any other is gone with the process */
        o.cap_badge = cap->badge;
        o.cap_rights = cap->rights;
    }
    service_commit(svc, RECORD_OUTCOME, &o, sizeof(o));
}

void once_snapshot(struct service *svc)
{
    const struct service_log *log = svc->log;
    uint64_t after = 0;
    for (;;) { /* in the order in which they came */
        const struct service_outcome *next = NULL;
        for (uint32_t i = 0; i < LOG_OUTCOMES; i++) {
            const struct service_outcome *o = &log->outcomes[i];
            if (o->order > after && (next == NULL || o->order < next->order)) next = o;
        }
        if (next == NULL) return;
        after = next->order;
        service_commit(svc, RECORD_OUTCOME, next, sizeof(*next));
    }
}

void once_death(struct service *svc, uint64_t badge)
{
    const struct service_log *log = svc->log;
    for (uint32_t i = 0; i < LOG_OUTCOMES; i++) {
        if (log->outcomes[i].number == 0 || log->outcomes[i].badge != badge) continue;
        service_commit(svc, RECORD_FORGET, &badge, sizeof(badge));
        return;
    }
}

bool once_recall(struct request *rq)
{
    struct service *svc = rq->service;
    const struct service_outcome *o =
        rq->number != 0 ? find(svc->log, rq->badge, rq->number) : NULL;
    if (o == NULL || o->number != rq->number) return false;
    rq->answer.info = o->info;
    memcpy(rq->answer.w, o->words, sizeof(o->words));
    rq->buffer->caps[0] = (struct msg_cap){
        .slot = svc->endpoint, .rights = (uint32_t)o->cap_rights, .badge = o->cap_badge};
    return true;
}

bool service_owes(const struct service *svc, uint64_t badge)
{
    const struct service_log *log = svc->log;
    for (uint32_t i = 0; log != NULL && i < LOG_OUTCOMES; i++) {
        const struct service_outcome *o = &log->outcomes[i];
        if (o->number != 0 && msg_caps(o->info) == 1 && o->cap_badge == badge) return true;
    }
    return false;
}
