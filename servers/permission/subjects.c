/* subjects.c - the methods of Permission and Subject but for grants. */
#include "bytes.h"
#include "idl/identity.h"
#include "keep.h"
#include "server.h"
#include "slots.h"
#include "startup.h"

enum { LIST_MAX = 8 };

static struct text text_of(const char *text)
{
    return text_from(text, strlen(text));
}

void contact_tell(struct service *svc, uint16_t subject, const struct notice *notice)
{
    struct server *s = svc->state;

    s->record =
        (struct permission_record){.type = RECORD_NOTICE, .index = subject, .notice = *notice};
    server_commit(svc, &s->record);
    if (s->contacts[subject] != 0) (void)sys_signal(s->contacts[subject]);
}

static void contact_drop(struct server *s, uint16_t subject)
{
    keep_end(subject_key(s, subject));
    slot_discard(s->contacts[subject]);
    s->contacts[subject] = 0;
}

static void kept_check(void *state, uint64_t number)
{
    const struct server *s = state;

    if (badge_kind(number) != KIND_SUBJECT) return;
    if (subject_of(&s->state, badge_index(number), badge_generation(number)) == NOBODY) {
        keep_end(number);
    }
}

void contacts_resume(struct server *s)
{
    keep_each(kept_check, s);
    for (uint16_t i = 0; i < SUBJECTS_MAX; i++) {
        if (!s->state.subjects[i].used) continue;
        s->contacts[i] = keep_get(subject_key(s, i));
        bool tell = s->contacts[i] != 0 && s->state.outboxes[i].count != 0;
        if (tell) (void)sys_signal(s->contacts[i]);
    }
}

void subject_end(struct service *svc, uint16_t subject)
{
    struct server *s = svc->state;
    struct event e = {.at = startup_uptime_ms(), .kind = EVENT_ENDED};

    memcpy(e.subject, s->state.subjects[subject].manifest.name, sizeof(e.subject));
    for (uint16_t i = 0; i < GRANTS_MAX; i++) {
        if (s->state.grants[i].id == 0 || s->state.grants[i].subject != subject) continue;
        grant_end(svc, i, EVENT_RELEASED);
        service_apply(svc);
    }
    contact_drop(s, subject);
    s->record = (struct permission_record){.type = RECORD_SUBJECT_END, .index = subject};
    server_commit(svc, &s->record);
    server_event(svc, &e);
}

static int subject_make(struct request *rq, struct text text, uint16_t parent,
                        struct cap_arg *out_cap)
{
    struct server *s = server_of(rq);
    struct manifest m;
    struct event e = {.at = startup_uptime_ms(), .kind = EVENT_SUBJECT};

    s->problem = manifest_read(text.at, text.len, &m);
    if (parent != NOBODY && m.class != CLASS_APP && s->problem == 0) s->problem = 1;
    if (s->problem != 0) return parent == NOBODY ? PERMISSION_BAD_MANIFEST : SUBJECT_BAD_MANIFEST;
    if (!decide_subject(&s->state, &m, parent, &s->record)) {
        return parent == NOBODY ? PERMISSION_LIMIT : SUBJECT_LIMIT;
    }
    *out_cap = (struct cap_arg){
        .slot = request_service(rq)->endpoint,
        .rights = RIGHT_WRITE | RIGHT_GRANT,
        .badge = subject_badge(s->record.subject.generation, s->record.index),
    };
    memcpy(e.subject, m.name, sizeof(e.subject));
    server_commit(request_service(rq), &s->record);
    server_event(request_service(rq), &e);
    return OK;
}

static int on_register(struct request *rq, const struct permission_register_in *in,
                       struct permission_register_out *out)
{
    if (!badge_is_control(rq->badge)) return PERMISSION_DENIED;
    return subject_make(rq, in->manifest, NOBODY, &out->subject);
}

static int on_problem(struct request *rq, struct permission_problem_out *out)
{
    out->line = server_of(rq)->problem;
    return OK;
}

static void grant_fill(const struct server *s, uint16_t grant, struct permission_grant *out)
{
    const struct grant *g = &s->state.grants[grant];
    const struct subject *subject = &s->state.subjects[g->subject];
    uint64_t now = startup_uptime_ms();

    *out = (struct permission_grant){
        .id = g->id,
        .subject = text_of(subject->manifest.name),
        .parent = text_of(
            subject->parent == NOBODY ? "" : s->state.subjects[subject->parent].manifest.name),
        .object = text_of(g->object),
        .rights = g->rights,
        .left_ms = g->expires > now ? g->expires - now : 0,
        .line = g->line,
        .user = text_of(g->user),
        .gone = s->anchors[grant] == 0,
    };
}

static int on_grants(struct request *rq, const struct permission_grants_in *in,
                     struct permission_grants_out *out)
{
    const struct server *s = server_of(rq);

    if (!badge_is_control(rq->badge)) return PERMISSION_DENIED;
    out->grants.count = 0;
    out->next = 0;
    for (uint32_t i = in->after; i < GRANTS_MAX; i++) {
        if (s->state.grants[i].id == 0) continue;
        if (out->grants.count == LIST_MAX) {
            out->next = i;
            break;
        }
        grant_fill(s, (uint16_t)i, &out->grants.at[out->grants.count++]);
    }
    return OK;
}

static int on_revoke(struct request *rq, const struct permission_revoke_in *in)
{
    struct server *s = server_of(rq);
    uint16_t grant = grant_of(&s->state, in->grant);

    if (!badge_is_control(rq->badge)) return PERMISSION_DENIED;
    if (grant == NOBODY) return PERMISSION_NO_GRANT;
    grant_end(request_service(rq), grant, EVENT_REVOKED);
    return OK;
}

static int on_history(struct request *rq, const struct permission_history_in *in,
                      struct permission_history_out *out)
{
    const struct permission *p = &server_of(rq)->state;
    uint64_t number = in->before == 0 ? p->event_last : in->before - 1;

    if (!badge_is_control(rq->badge)) return PERMISSION_DENIED;
    out->events.count = 0;
    for (; number > 0 && out->events.count < LIST_MAX; number--) {
        const struct event *e = &p->events[number % EVENTS_MAX];
        if (e->number != number) break; /* older ones are gone */
        out->events.at[out->events.count++] = (struct permission_event){
            .number = e->number,
            .at_ms = e->at,
            .kind = (enum permission_event_kind)e->kind,
            .code = e->code,
            .grant = e->grant,
            .line = e->line,
            .rights = e->rights,
            .subject = text_of(e->subject),
            .object = text_of(e->object),
        };
    }
    return OK;
}

const struct permission_ops server_permission_ops = {
    .register_ = on_register,
    .problem = on_problem,
    .set_policy = on_set_policy,
    .policy = on_policy,
    .grants = on_grants,
    .revoke = on_revoke,
    .history = on_history,
    .rule = on_rule,
};

static int on_child(struct request *rq, const struct subject_child_in *in,
                    struct subject_child_out *out)
{
    return subject_make(rq, in->manifest, server_of(rq)->subject, &out->subject);
}

static int on_notify(struct request *rq, const struct subject_notify_in *in)
{
    struct server *s = server_of(rq);
    uint16_t subject = s->subject;

    if (in->notification.type != CAP_NOTIFICATION) return ERR_CAP_TYPE;
    contact_drop(s, subject);
    return keep_put(subject_key(s, subject), in->notification.slot, RIGHT_WRITE,
                    &s->contacts[subject]);
}

/* An answer that does not arrive is asked for again: only what was seen is forgotten. */
static int on_notices(struct request *rq, const struct subject_notices_in *in,
                      struct subject_notices_out *out)
{
    static struct outbox copy; /* until the answer has been copied */
    struct server *s = server_of(rq);

    copy = s->state.outboxes[s->subject];
    out->notices.count = 0;
    for (uint32_t i = 0; i < copy.count; i++) {
        if (copy.at[i].number <= in->seen) continue;
        out->notices.at[out->notices.count++] = (struct permission_notice){
            .grant = copy.at[i].grant,
            .object = text_of(copy.at[i].object),
            .why = (enum permission_notice_why)copy.at[i].why,
            .number = copy.at[i].number,
        };
    }
    if (out->notices.count == copy.count) return OK;
    s->record =
        (struct permission_record){.type = RECORD_SEEN, .index = s->subject, .seen = in->seen};
    server_commit(request_service(rq), &s->record);
    return OK;
}

static int on_needs(struct request *rq, const struct subject_needs_in *in,
                    struct subject_needs_out *out)
{
    const struct server *s = server_of(rq);
    const struct manifest *m = &s->state.subjects[s->subject].manifest;

    if (in->at >= m->count) return SUBJECT_NO_OBJECT;
    const struct need *n = &m->needs[in->at];
    out->object = text_of(n->object);
    out->rights = n->rights;
    out->required = n->required;
    out->reason = text_of(n->reason);
    out->more = in->at + 1 < m->count;
    return OK;
}

const struct subject_ops server_subject_ops = {
    .request = on_request,
    .release = on_release,
    .child = on_child,
    .notify = on_notify,
    .notices = on_notices,
    .needs = on_needs,
};
