#include "state.h"

#include "bytes.h"

uint32_t record_bytes(const struct permission_record *r)
{
    const size_t head = offsetof(struct permission_record, subject);

    switch ((enum record_type)r->type) {
    case RECORD_POLICY:
        return (uint32_t)(offsetof(struct permission_record, policy.text) + r->policy.bytes);
    case RECORD_SUBJECT:
        return (uint32_t)(head + sizeof(r->subject));
    case RECORD_GRANT:
        return (uint32_t)(head + sizeof(r->grant));
    case RECORD_EVENT:
        return (uint32_t)(head + sizeof(r->event));
    case RECORD_COUNTS:
        return (uint32_t)(head + sizeof(r->counts));
    case RECORD_NOTICE:
        return (uint32_t)(head + sizeof(r->notice));
    case RECORD_SEEN:
        return (uint32_t)(head + sizeof(r->seen));
    case RECORD_OUTBOX:
        return (uint32_t)(head + sizeof(r->outbox));
    case RECORD_SINCE:
        return (uint32_t)(head + sizeof(r->since));
    case RECORD_PROBLEM:
        return (uint32_t)(head + sizeof(r->problem));
    case RECORD_SUBJECT_END:
    case RECORD_GRANT_END:
    case RECORD_ALL_END:
        break;
    }
    return (uint32_t)head;
}

static void subject_end(struct permission *s, uint32_t index)
{
    uint32_t generation = s->subjects[index].generation;

    memset(&s->subjects[index], 0, sizeof(s->subjects[index]));
    s->subjects[index].generation = generation;
    memset(&s->outboxes[index], 0, sizeof(s->outboxes[index]));
    for (uint32_t i = 0; i < GRANTS_MAX; i++) {
        if (s->grants[i].id != 0 && s->grants[i].subject == index) {
            s->grants[i] = (struct grant){0};
        }
    }
    for (uint32_t i = 0; i < SUBJECTS_MAX; i++) {
        if (s->subjects[i].used && s->subjects[i].parent == index) s->subjects[i].parent = NOBODY;
    }
}

/* The rule in `p` that says the same, RULES_MAX: none. */
static uint32_t rule_find(const struct policy *p, const struct rule *r)
{
    for (uint32_t i = 0; i < p->count; i++) {
        if (rules_same(&p->rules[i], r)) return i;
    }
    return RULES_MAX;
}

uint32_t policy_change(const struct policy *from, const struct policy *to)
{
    uint32_t came = 0, went = 0;

    for (uint32_t i = 0; i < to->count; i++) {
        if (rule_find(from, &to->rules[i]) == RULES_MAX) came++;
    }
    for (uint32_t i = 0; i < from->count; i++) {
        if (rule_find(to, &from->rules[i]) == RULES_MAX) went++;
    }
    return came | went << 8 | to->count << 16;
}

/* A rule that was there keeps the event by which it came; of the others that is the next one. */
static void since_apply(struct permission *s, const struct policy *before)
{
    uint64_t since[RULES_MAX] = {0};

    for (uint32_t i = 0; i < s->policy.count; i++) {
        uint32_t was = rule_find(before, &s->policy.rules[i]);
        since[i] = was < RULES_MAX ? s->since[was] : s->event_last + 1;
    }
    memcpy(s->since, since, sizeof(since));
}

static void policy_apply(struct permission *s, const struct permission_record *r)
{
    static struct policy before;

    before = s->policy;
    s->policy_bytes = r->policy.bytes;
    memset(s->policy_text, 0, sizeof(s->policy_text));
    memcpy(s->policy_text, r->policy.text, r->policy.bytes);
    memset(&s->policy, 0, sizeof(s->policy));
    (void)policy_read(s->policy_text, s->policy_bytes, &s->policy);
    since_apply(s, &before);
}

static void event_apply(struct permission *s, const struct event *e)
{
    s->events[e->number % EVENTS_MAX] = *e;
    if (e->number > s->event_last) s->event_last = e->number;
}

/* The oldest go when there are too many. */
static void outbox_drop(struct outbox *o, uint32_t count)
{
    memmove(o->at, o->at + count, (o->count - count) * sizeof(o->at[0]));
    memset(o->at + o->count - count, 0, count * sizeof(o->at[0]));
    o->count -= count;
}

static void notice_apply(struct outbox *o, const struct notice *n)
{
    if (o->count == NOTICES_MAX) outbox_drop(o, 1);
    o->at[o->count] = *n;
    o->at[o->count++].number = ++o->last;
}

static void seen_apply(struct outbox *o, uint32_t seen)
{
    uint32_t count = 0;

    while (count < o->count && o->at[count].number <= seen) {
        count++;
    }
    outbox_drop(o, count);
}

void permission_apply(struct permission *s, const struct permission_record *r)
{
    switch ((enum record_type)r->type) {
    case RECORD_POLICY:
        policy_apply(s, r);
        break;
    case RECORD_SUBJECT:
        s->subjects[r->index] = r->subject;
        break;
    case RECORD_SUBJECT_END:
        subject_end(s, r->index);
        break;
    case RECORD_GRANT:
        s->grants[r->index] = r->grant;
        if (r->grant.id > s->grant_last) s->grant_last = r->grant.id;
        break;
    case RECORD_GRANT_END:
        s->grants[r->index] = (struct grant){0};
        break;
    case RECORD_ALL_END:
        for (uint32_t i = 0; i < SUBJECTS_MAX; i++) {
            subject_end(s, i);
        }
        break;
    case RECORD_EVENT:
        event_apply(s, &r->event);
        break;
    case RECORD_COUNTS:
        s->event_last = r->counts.event_last;
        s->grant_last = r->counts.grant_last;
        break;
    case RECORD_NOTICE:
        notice_apply(&s->outboxes[r->index], &r->notice);
        break;
    case RECORD_SINCE:
        memcpy(s->since, r->since, sizeof(s->since));
        break;
    case RECORD_PROBLEM:
        s->problem = r->problem;
        break;
    case RECORD_SEEN:
        seen_apply(&s->outboxes[r->index], r->seen);
        break;
    case RECORD_OUTBOX:
        s->outboxes[r->index] = r->outbox;
        break;
    }
}

static bool record_at(const struct permission *s, uint32_t at, struct permission_record *r)
{
    memset(r, 0, sizeof(*r));
    r->index = at;
    if (at < SUBJECTS_MAX) {
        r->type = RECORD_SUBJECT;
        r->subject = s->subjects[at];
        return r->subject.generation != 0;
    }
    r->index = at -= SUBJECTS_MAX;
    if (at < GRANTS_MAX) {
        r->type = RECORD_GRANT;
        r->grant = s->grants[at];
        return r->grant.id != 0;
    }
    r->index = at -= GRANTS_MAX;
    if (at < SUBJECTS_MAX) {
        r->type = RECORD_OUTBOX;
        r->outbox = s->outboxes[at];
        return r->outbox.last != 0;
    }
    r->index = at -= SUBJECTS_MAX;
    if (at < EVENTS_MAX) {
        r->type = RECORD_EVENT;
        r->event = s->events[at];
        return r->event.number != 0;
    }
    if (at == EVENTS_MAX) {
        r->type = RECORD_COUNTS;
        r->counts.event_last = s->event_last;
        r->counts.grant_last = s->grant_last;
        return true;
    }
    if (at == EVENTS_MAX + 1) {
        r->type = RECORD_POLICY;
        r->policy.bytes = s->policy_bytes;
        memcpy(r->policy.text, s->policy_text, s->policy_bytes);
        return true;
    }
    r->index = 0;
    r->type = at == EVENTS_MAX + 2 ? RECORD_SINCE : RECORD_PROBLEM;
    if (r->type == RECORD_SINCE) {
        memcpy(r->since, s->since, sizeof(r->since));
    } else {
        r->problem = s->problem;
    }
    return true;
}

bool permission_snapshot(const struct permission *s, uint32_t *at,
                         struct permission_record *out_record)
{
    while (*at < 2 * SUBJECTS_MAX + GRANTS_MAX + EVENTS_MAX + 4) {
        if (record_at(s, (*at)++, out_record)) return true;
    }
    return false;
}

uint16_t subject_of(const struct permission *s, uint32_t index, uint32_t generation)
{
    if (index >= SUBJECTS_MAX || !s->subjects[index].used) return NOBODY;
    return s->subjects[index].generation == generation ? (uint16_t)index : NOBODY;
}

uint16_t grant_of(const struct permission *s, uint32_t id)
{
    for (uint16_t i = 0; id != 0 && i < GRANTS_MAX; i++) {
        if (s->grants[i].id == id) return i;
    }
    return NOBODY;
}

bool decide_subject(const struct permission *s, const struct manifest *m, uint16_t parent,
                    struct permission_record *r)
{
    for (r->index = 0; r->index < SUBJECTS_MAX; r->index++) {
        if (s->subjects[r->index].used) continue;
        memset(&r->subject, 0, sizeof(r->subject));
        r->type = RECORD_SUBJECT;
        r->subject.used = true;
        r->subject.parent = parent;
        r->subject.generation = (s->subjects[r->index].generation + 1) & 0xffffff;
        r->subject.manifest = *m;
        return true;
    }
    return false;
}

bool decide_grant(const struct permission *s, const struct grant *g, struct permission_record *r)
{
    uint32_t free = GRANTS_MAX, own = 0;

    for (uint32_t i = GRANTS_MAX; i-- > 0;) {
        if (s->grants[i].id == 0) free = i;
        if (s->grants[i].id != 0 && s->grants[i].subject == g->subject) own++;
    }
    r->type = RECORD_GRANT;
    r->index = free;
    r->grant = *g;
    r->grant.id = s->grant_last + 1;
    return free < GRANTS_MAX && own < GRANTS_OF_ONE;
}

void record_event(const struct permission *s, const struct event *e, struct permission_record *r)
{
    r->type = RECORD_EVENT;
    r->index = 0;
    r->event = *e;
    r->event.number = s->event_last + 1;
}

const char *permission_is_sound(const struct permission *s)
{
    static struct policy read;

    if (policy_read(s->policy_text, s->policy_bytes, &read) != 0) return "PERM-3: the policy";
    if (read.count != s->policy.count) return "PERM-3: another policy";
    for (uint32_t i = 0; i < SUBJECTS_MAX; i++) {
        const struct subject *e = &s->subjects[i];
        if (!e->used || e->parent == NOBODY) continue;
        if (e->parent >= SUBJECTS_MAX || !s->subjects[e->parent].used) return "PERM-2: a parent";
    }
    for (uint32_t i = 0; i < SUBJECTS_MAX; i++) {
        const struct outbox *o = &s->outboxes[i];
        if (o->last != 0 && !s->subjects[i].used) return "PERM-4: a notice for nobody";
        if (o->count > NOTICES_MAX) return "PERM-4: too many notices";
        for (uint32_t j = 0; j < o->count; j++) {
            if (o->at[j].number != o->last - o->count + 1 + j) return "PERM-4: a notice's number";
        }
    }
    for (uint32_t i = 0; i < GRANTS_MAX; i++) {
        const struct grant *g = &s->grants[i];
        if (g->id == 0) continue;
        if (!s->subjects[g->subject].used) return "PERM-1: a grant of nobody";
        if (manifest_need(&s->subjects[g->subject].manifest, g->object, g->rights) == NULL) {
            return "PERM-1: a grant that is in no manifest";
        }
    }
    return NULL;
}
