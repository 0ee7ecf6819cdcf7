/* grants.c - capabilities given, taken back, and ended by the clock. */
#include "bytes.h"
#include "idl/axiom.h"
#include "idl/identity.h"
#include "idl/time.h"
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

static void anchor_drop(struct server *s, uint32_t grant)
{
    if (s->anchors[grant] == 0) return;
    const struct self_revoke_in in = {.source = {s->anchors[grant], RIGHTS_ALL, 0, 0}};
    (void)self_revoke(CAP_SLOT_SELF, &in);
    slot_discard(s->anchors[grant]);
    s->anchors[grant] = 0;
}

/* One that is to be given stays here, and copies of it go out: revoking it empties all of them. */
static int anchor_make(struct server *s, uint32_t grant, cap_t object, uint8_t rights)
{
    struct self_mint_in in = {
        .source = {object, RIGHTS_ALL, 0, 0}, .slot = slot_alloc(), .rights = rights};

    anchor_drop(s, grant);
    int err = in.slot == 0 ? ERR_NO_MEMORY : self_mint(CAP_SLOT_SELF, &in);
    if (err == OK) {
        s->anchors[grant] = in.slot;
    } else {
        slot_release(in.slot);
    }
    return err;
}

void grant_end(struct service *svc, uint16_t grant, enum event_kind why)
{
    struct server *s = svc->state;
    const struct grant g = s->state.grants[grant];
    struct event e = {
        .at = startup_uptime_ms(), .kind = why, .grant = g.id, .line = g.line, .rights = g.rights};
    struct notice n = {.grant = g.id, .why = why == EVENT_EXPIRED};

    anchor_drop(s, grant);
    memcpy(e.subject, s->state.subjects[g.subject].manifest.name, sizeof(e.subject));
    memcpy(e.object, g.object, sizeof(e.object));
    memcpy(n.object, g.object, sizeof(n.object));
    s->record = (struct permission_record){.type = RECORD_GRANT_END, .index = grant};
    server_commit(svc, &s->record);
    server_event(svc, &e);
    if (why == EVENT_REVOKED || why == EVENT_EXPIRED) contact_tell(s, g.subject, &n);
}

/* One a time: each is a request of its own for the stream. Those of a former process stay: what
 * cannot be taken back is not said to be. */
void grants_expire(struct service *svc)
{
    struct server *s = svc->state;
    uint64_t now = startup_uptime_ms();

    for (uint16_t i = 0; i < GRANTS_MAX; i++) {
        const struct grant *g = &s->state.grants[i];
        if (g->id == 0 || g->expires == 0 || now < g->expires || s->anchors[i] == 0) continue;
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
        bool ends = g->id != 0 && g->expires != 0 && s->anchors[i] != 0;
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
    int err = anchor_make(s, at, object, g.rights);
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
