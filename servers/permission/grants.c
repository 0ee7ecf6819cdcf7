/* grants.c - capabilities given, taken back, and ended by the clock. */
#include "bytes.h"
#include "idl/axiom.h"
#include "idl/identity.h"
#include "idl/registry.h"
#include "idl/time.h"
#include "keep.h"
#include "panic.h"
#include "server.h"
#include "slots.h"
#include "startup.h"

enum { NS_A_MS = 1000000, SIGNAL_TIMER = 1 };

/* What it may give: its own capabilities to services, by the names that the description gives. */
static const struct {
    const char *name;
    uint32_t rights;
} objects[] = {
    {"files", RIGHT_WRITE | RIGHT_GRANT},  {"random", RIGHT_WRITE | RIGHT_GRANT},
    {"clock", RIGHT_WRITE | RIGHT_GRANT},  {"terminal", RIGHT_WRITE | RIGHT_GRANT},
    {"people", RIGHT_WRITE | RIGHT_GRANT},
};
enum { OBJECTS = sizeof(objects) / sizeof(objects[0]) };

uint32_t object_rights(const char *name)
{
    for (uint32_t i = 0; i < OBJECTS; i++) {
        if (strcmp(objects[i].name, name) == 0) return objects[i].rights;
    }
    return 0;
}

cap_t object_find(const char *name)
{
    return object_rights(name) != 0 ? startup_cap(name) : 0;
}

static void anchor_drop(struct server *s, uint32_t grant, uint32_t id)
{
    keep_end(KEEP_GRANT | id);
    slot_discard(s->anchors[grant]);
    s->anchors[grant] = 0;
}

/* The one under init, of which copies go out: ending it empties all of them. A process that ends
 * before the grant is in the stream has given nothing: grants_resume() ends it. */
static int anchor_make(struct server *s, const struct permission_record *r, cap_t object)
{
    slot_discard(s->anchors[r->index]); /* of one that was not written after all */
    int err = keep_put(KEEP_GRANT | r->grant.id, object, r->grant.rights, &s->anchors[r->index]);
    return err == REGISTRY_FULL ? SUBJECT_LIMIT : err;
}

static void kept_check(void *state, uint64_t number)
{
    const struct server *s = state;
    bool is_grant = (number & KEEP_GRANT) != 0 && number < 2 * KEEP_GRANT;

    if (is_grant && grant_of(&s->state, (uint32_t)number) == NOBODY) keep_end(number);
}

/* One that is in the stream and not kept was being ended: it stays until that is asked again, so
 * that who asked for it gets the answer. */
void grants_resume(struct service *svc)
{
    struct server *s = svc->state;

    keep_each(kept_check, s);
    for (uint32_t i = 0; i < GRANTS_MAX; i++) {
        if (s->state.grants[i].id == 0) continue;
        s->anchors[i] = keep_get(KEEP_GRANT | s->state.grants[i].id);
    }
    grants_expire(svc);
}

void grant_end(struct service *svc, uint16_t grant, enum event_kind why)
{
    struct server *s = svc->state;
    const struct grant g = s->state.grants[grant];
    struct event e = {
        .at = startup_uptime_ms(), .kind = why, .grant = g.id, .line = g.line, .rights = g.rights};
    struct notice n = {.grant = g.id, .why = why == EVENT_EXPIRED};

    anchor_drop(s, grant, g.id);
    memcpy(e.subject, s->state.subjects[g.subject].manifest.name, sizeof(e.subject));
    memcpy(e.object, g.object, sizeof(e.object));
    memcpy(n.object, g.object, sizeof(n.object));
    s->record = (struct permission_record){.type = RECORD_GRANT_END, .index = grant};
    server_commit(svc, &s->record);
    server_event(svc, &e);
    if (why == EVENT_REVOKED || why == EVENT_EXPIRED) contact_tell(svc, g.subject, &n);
}

/* One a time: each is a request of its own for the stream. */
void grants_expire(struct service *svc)
{
    struct server *s = svc->state;
    uint64_t now = startup_uptime_ms();

    for (uint16_t i = 0; i < GRANTS_MAX; i++) {
        const struct grant *g = &s->state.grants[i];
        if (g->id == 0 || g->expires == 0 || now < g->expires) continue;
        grant_end(svc, i, EVENT_EXPIRED);
        service_apply(svc);
    }
    timer_set_next(svc, 0);
}

void timer_set_next(struct service *svc, uint64_t also)
{
    struct server *s = svc->state;
    uint64_t now = startup_uptime_ms(), next = also;

    for (uint32_t i = 0; i < GRANTS_MAX; i++) {
        const struct grant *g = &s->state.grants[i];
        bool ends = g->id != 0 && g->expires != 0;
        if (ends && (next == 0 || g->expires < next)) next = g->expires;
    }
    if (next == 0 || s->timer == 0) return;
    const struct timer_set_in in = {.after_ns = next > now ? (next - now) * NS_A_MS : 0};
    if (timer_set(s->timer, &in) != OK) timer_open(svc);
}

/* A timer of the time server that signals this one; again when that was started again. */
void timer_open(struct service *svc)
{
    static cap_t source;
    struct server *s = svc->state;
    struct time_timer_out out = {.timer = {.slot = slot_alloc()}};
    uint32_t tries = 0;
    int err;

    if (source == 0 && service_signal_source(svc, SIGNAL_TIMER, &source) != OK) {
        PANIC("no notification");
    }
    slot_discard(s->timer);
    s->timer = 0;
    do {
        err = time_timer(s->time, &(struct time_timer_in){0}, &out);
    } while (call_again(err, &tries));
    if (err != OK) {
        slot_release(out.timer.slot);
        return;
    }
    const struct timer_notify_in notify = {.notification = {.slot = source, .rights = RIGHT_WRITE}};
    (void)timer_notify(out.timer.slot, &notify);
    s->timer = out.timer.slot;
}

/* Whose session was shown. Only the identity server is asked: it knows its own badges, and what
 * else was shown instead never gets a call from here. */
static enum policy_refusal session_user(struct server *s, const struct cap_arg *session,
                                        char out_user[33])
{
    struct identity_whose_out out;
    const struct identity_whose_in in = {
        .session = {.slot = session->slot, .rights = session->rights}};

    if (identity_whose(s->identity, &in, &out) != OK) return POLICY_SESSION;
    memcpy(out_user, out.user.name.at, out.user.name.len);
    out_user[out.user.name.len] = '\0';
    return POLICY_OK;
}

static int refused(struct request *rq, const struct event *e, int err)
{
    struct server *s = server_of(rq);
    struct permission_record *r = &s->record;
    struct event refusal = *e;

    /* Refused requests commit nothing, so the history gets it by itself. */
    refusal.kind = EVENT_REFUSED;
    refusal.code = (uint32_t)err;
    record_event(&s->state, &refusal, r);
    server_commit(request_service(rq), r);
    service_apply(request_service(rq));
    return err;
}

int on_request(struct request *rq, const struct subject_request_in *in,
               struct subject_request_out *out)
{
    struct server *s = server_of(rq);
    const struct subject *me = &s->state.subjects[s->subject];
    const struct subject *parent = me->parent == NOBODY ? NULL : &s->state.subjects[me->parent];
    struct grant g = {.subject = s->subject, .rights = in->rights};
    struct event e = {.at = startup_uptime_ms(), .kind = EVENT_GRANTED, .rights = in->rights};
    bool shown = in->session.type != CAP_EMPTY;

    memcpy(g.object, in->object.at, in->object.len);
    memcpy(e.object, g.object, sizeof(e.object));
    memcpy(e.subject, me->manifest.name, sizeof(e.subject));
    cap_t object = object_find(g.object);
    if (object == 0) return refused(rq, &e, SUBJECT_NO_OBJECT);
    if (manifest_need(&me->manifest, g.object, g.rights) == NULL) {
        return refused(rq, &e, SUBJECT_NOT_IN_MANIFEST);
    }
    if (shown && session_user(s, &in->session, g.user) != POLICY_OK) {
        return refused(rq, &e, SUBJECT_NO_SESSION);
    }
    const struct facts facts = {.name = me->manifest.name,
                                .parent = parent == NULL ? "system" : parent->manifest.name,
                                .object = g.object,
                                .user = shown ? g.user : NULL,
                                .class = me->manifest.class,
                                .rights = in->rights,
                                .all_rights = object_rights(g.object),
                                .minute = server_minute(s)};
    const struct decision d = policy_decide(&s->state.policy, &facts);
    e.line = g.line = d.line;
    if (d.refusal != POLICY_OK) {
        return refused(rq, &e, SUBJECT_NO_RULE + (int)d.refusal - POLICY_NO_RULE);
    }
    if (d.seconds != 0) g.expires = e.at + d.seconds * 1000ull;
    if (!decide_grant(&s->state, &g, &s->record)) return refused(rq, &e, SUBJECT_LIMIT);
    uint32_t at = s->record.index, id = s->record.grant.id;
    int err = anchor_make(s, &s->record, object);
    if (err != OK) return refused(rq, &e, err); /* never an answer that it went well */
    server_commit(request_service(rq), &s->record);
    e.grant = id;
    server_event(request_service(rq), &e);
    if (g.expires != 0) timer_set_next(request_service(rq), g.expires);
    out->capability = (struct cap_arg){.slot = s->anchors[at], .rights = g.rights};
    out->grant = id;
    out->left_ms = d.seconds * 1000ull;
    return OK;
}

int on_release(struct request *rq, const struct subject_release_in *in)
{
    struct server *s = server_of(rq);
    uint16_t grant = grant_of(&s->state, in->grant);

    if (grant == NOBODY || s->state.grants[grant].subject != s->subject) return SUBJECT_NO_GRANT;
    grant_end(request_service(rq), grant, EVENT_RELEASED);
    return OK;
}
