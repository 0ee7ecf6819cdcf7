/* subjects.c - the methods of Permission and Subject but for grants. */
#include "bytes.h"
#include "idl/identity.h"
#include "server.h"
#include "slots.h"
#include "startup.h"

enum { LIST_MAX = 8 };

static struct text text_of(const char *text)
{
    return text_from(text, strlen(text));
}

void contact_tell(struct server *s, uint16_t subject, const struct notice *notice)
{
    struct contact *c = &s->contacts[subject];

    if (c->count == NOTICES_MAX) { /* the oldest goes */
        memmove(c->notices, c->notices + 1, (NOTICES_MAX - 1) * sizeof(c->notices[0]));
        c->count--;
    }
    c->notices[c->count++] = *notice;
    if (c->notification != 0) (void)sys_signal(c->notification);
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
    s->record = (struct permission_record){.type = RECORD_SUBJECT_END, .index = subject};
    server_commit(svc, &s->record);
    server_event(svc, &e);
    slot_discard(s->contacts[subject].notification);
    s->contacts[subject] = (struct contact){0};
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

/* Read before anything changes: what is no policy changes nothing. */
static int on_set_policy(struct request *rq, const struct permission_set_policy_in *in,
                         struct permission_set_policy_out *out)
{
    static struct policy read;
    struct server *s = server_of(rq);
    struct event e = {.at = startup_uptime_ms(), .kind = EVENT_POLICY};

    if (!badge_is_control(rq->badge)) return PERMISSION_DENIED;
    out->line = s->problem = policy_read(in->text.at, in->text.len, &read);
    if (out->line != 0) return OK;
    e.code = read.count;
    s->record = (struct permission_record){.type = RECORD_POLICY};
    s->record.policy.bytes = in->text.len;
    memcpy(s->record.policy.text, in->text.at, in->text.len);
    server_commit(request_service(rq), &s->record);
    server_event(request_service(rq), &e);
    return OK;
}

static int on_policy(struct request *rq, const struct permission_policy_in *in,
                     struct permission_policy_out *out)
{
    const struct permission *p = &server_of(rq)->state;
    uint32_t at = in->offset < p->policy_bytes ? in->offset : p->policy_bytes;

    out->text = text_from(p->policy_text + at, p->policy_bytes - at);
    out->rules = p->policy.count;
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
        .lost = s->anchors[grant] == 0,
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
    if (grant == NOBODY || s->anchors[grant] == 0) return PERMISSION_NO_GRANT;
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
};

static int on_child(struct request *rq, const struct subject_child_in *in,
                    struct subject_child_out *out)
{
    return subject_make(rq, in->manifest, server_of(rq)->subject, &out->subject);
}

static int on_notify(struct request *rq, const struct subject_notify_in *in)
{
    struct server *s = server_of(rq);
    struct contact *c = &s->contacts[s->subject];

    if (in->notification.type != CAP_NOTIFICATION) return ERR_CAP_TYPE;
    slot_discard(c->notification);
    c->notification = request_keep(rq, in->notification.slot);
    return OK;
}

static int on_notices(struct request *rq, struct subject_notices_out *out)
{
    static struct notice copy[NOTICES_MAX]; /* until the answer has been copied */
    struct server *s = server_of(rq);
    struct contact *c = &s->contacts[s->subject];

    memcpy(copy, c->notices, sizeof(copy));
    out->notices.count = c->count;
    for (uint32_t i = 0; i < c->count; i++) {
        out->notices.at[i] = (struct permission_notice){
            .grant = copy[i].grant,
            .object = text_of(copy[i].object),
            .why = (enum permission_notice_why)copy[i].why,
        };
    }
    c->count = 0;
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
