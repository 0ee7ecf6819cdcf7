/* state.c - the tables: looked up, changed by records, and given as records. */
#include "state.h"

#include <string.h>

static const uint8_t no_id[ID_BYTES];

static bool user_is(const struct identity *s, uint32_t user)
{
    return user < USERS_MAX && memcmp(s->users[user].id, no_id, ID_BYTES) != 0;
}

uint16_t user_by_name(const struct identity *s, const char *name, uint32_t len)
{
    for (uint16_t i = 0; i < USERS_MAX; i++) {
        const char *known = s->users[i].name;
        if (user_is(s, i) && strlen(known) == len && memcmp(known, name, len) == 0) return i;
    }
    return NOBODY;
}

uint16_t user_by_id(const struct identity *s, const uint8_t id[ID_BYTES])
{
    for (uint16_t i = 0; i < USERS_MAX; i++) {
        if (user_is(s, i) && memcmp(s->users[i].id, id, ID_BYTES) == 0) return i;
    }
    return NOBODY;
}

uint16_t machine_next(const struct identity *s, uint16_t user, uint32_t *at)
{
    for (; *at < MACHINES_MAX; (*at)++) {
        const struct machine *m = &s->machines[*at];
        if (m->number != 0 && m->user == user) return (uint16_t)(*at)++;
    }
    return NOBODY;
}

uint16_t machine_of(const struct identity *s, uint16_t user, uint32_t number)
{
    uint32_t at = 0;
    uint16_t i;

    while ((i = machine_next(s, user, &at)) != NOBODY) {
        if (s->machines[i].number == number) return i;
    }
    return NOBODY;
}

uint16_t session_of(const struct identity *s, uint32_t index, uint32_t generation)
{
    if (index >= SESSIONS_MAX || s->sessions[index].expires == 0) return NOBODY;
    return s->sessions[index].generation == generation ? (uint16_t)index : NOBODY;
}

uint16_t note_of(const struct identity *s, uint16_t user, uint32_t kind, const char *key)
{
    for (uint16_t i = 0; i < NOTES_MAX; i++) {
        const struct note *n = &s->notes[i];
        if (n->kind == kind && n->user == user && strcmp(n->key, key) == 0) return i;
    }
    return NOBODY;
}

static void session_end(struct identity *s, uint32_t index)
{
    uint32_t generation = s->sessions[index].generation;

    s->sessions[index] = (struct session){.generation = generation};
    for (uint32_t i = 0; i < SESSIONS_MAX;
         i++) { /* one step: none is attached to an attached one */
        struct session *child = &s->sessions[i];
        if (child->expires == 0 || child->parent != index) continue;
        *child = (struct session){.generation = child->generation};
    }
}

/* All of the user's, or those that one machine key began (`machine` NOBODY: of any). */
static void sessions_end(struct identity *s, uint32_t user, uint32_t machine)
{
    for (uint32_t i = 0; i < SESSIONS_MAX; i++) {
        const struct session *e = &s->sessions[i];
        if (e->expires == 0 || e->user != user) continue;
        if (machine == NOBODY || e->machine == machine) session_end(s, i);
    }
}

static void user_gone(struct identity *s, uint32_t user)
{
    sessions_end(s, user, NOBODY);
    for (uint32_t i = 0; i < MACHINES_MAX; i++) {
        if (s->machines[i].user == user) s->machines[i] = (struct machine){0};
    }
    for (uint32_t i = 0; i < NOTES_MAX; i++) {
        if (s->notes[i].user == user) s->notes[i] = (struct note){0};
    }
    s->users[user] = (struct user){0};
}

uint32_t record_bytes(const struct identity_record *r)
{
    uint32_t head = offsetof(struct identity_record, user);

    switch ((enum record_type)r->type) {
    case RECORD_USER:
        return head + (uint32_t)sizeof(r->user);
    case RECORD_MACHINE:
        return head + (uint32_t)sizeof(r->machine);
    case RECORD_SESSION:
        return head + (uint32_t)sizeof(r->session);
    case RECORD_NOTE:
        return head + (uint32_t)sizeof(r->note);
    case RECORD_NODE:
        return head + (uint32_t)sizeof(r->node);
    case RECORD_USER_GONE:
    case RECORD_USER_SESSIONS_END:
    case RECORD_SESSION_END:
    case RECORD_SESSIONS_END:
        break;
    }
    return head;
}

void identity_apply(struct identity *s, const struct identity_record *r)
{
    switch ((enum record_type)r->type) {
    case RECORD_USER:
        s->users[r->index] = r->user;
        if (r->user.locked) sessions_end(s, r->index, NOBODY);
        break;
    case RECORD_USER_GONE:
        user_gone(s, r->index);
        break;
    case RECORD_MACHINE:
        s->machines[r->index] = r->machine;
        if (r->machine.number > s->users[r->machine.user].machines_made) {
            s->users[r->machine.user].machines_made = r->machine.number;
        }
        if (r->machine.revoked) sessions_end(s, r->machine.user, r->index);
        break;
    case RECORD_USER_SESSIONS_END:
        sessions_end(s, r->index, NOBODY);
        break;
    case RECORD_SESSION:
        s->sessions[r->index] = r->session;
        break;
    case RECORD_SESSION_END:
        session_end(s, r->index);
        break;
    case RECORD_SESSIONS_END:
        for (uint32_t i = 0; i < SESSIONS_MAX; i++) {
            session_end(s, i);
        }
        break;
    case RECORD_NOTE:
        s->notes[r->index] = r->note;
        break;
    case RECORD_NODE:
        memcpy(s->node, r->node, sizeof(s->node));
        break;
    }
}

/* Whether the entry at that place of all tables is worth a record, which is filled with it. */
static bool record_at(const struct identity *s, uint32_t at, struct identity_record *r)
{
    *r = (struct identity_record){.index = at};
    if (at < USERS_MAX) {
        r->type = RECORD_USER;
        r->user = s->users[at];
        return user_is(s, at);
    }
    r->index = at -= USERS_MAX;
    if (at < MACHINES_MAX) {
        r->type = RECORD_MACHINE;
        r->machine = s->machines[at];
        return r->machine.number != 0;
    }
    r->index = at -= MACHINES_MAX;
    if (at < SESSIONS_MAX) {
        r->type = RECORD_SESSION;
        r->session = s->sessions[at];
        return r->session.generation != 0;
    }
    r->index = at -= SESSIONS_MAX;
    if (at < NOTES_MAX) {
        r->type = RECORD_NOTE;
        r->note = s->notes[at];
        return r->note.kind != NOTE_FREE;
    }
    r->index = 0;
    r->type = RECORD_NODE;
    memcpy(r->node, s->node, sizeof(r->node));
    return true;
}

bool identity_snapshot(const struct identity *s, uint32_t *at, struct identity_record *out_record)
{
    enum { ALL = USERS_MAX + MACHINES_MAX + SESSIONS_MAX + NOTES_MAX + 1 };

    while (*at < ALL) {
        if (record_at(s, (*at)++, out_record)) return true;
    }
    return false;
}

static const char *users_are_sound(const struct identity *s)
{
    for (uint32_t i = 0; i < USERS_MAX; i++) {
        const struct user *u = &s->users[i];
        if (!user_is(s, i)) continue;
        if (!name_is_valid(u->name, (uint32_t)strlen(u->name))) return "IDENT-1: a name";
        if (user_by_name(s, u->name, (uint32_t)strlen(u->name)) != i) return "IDENT-1: two names";
        if (user_by_id(s, u->id) != i) return "IDENT-1: two ids";
    }
    return NULL;
}

const char *identity_is_sound(const struct identity *s)
{
    for (uint32_t i = 0; i < MACHINES_MAX; i++) {
        const struct machine *m = &s->machines[i];
        if (m->number == 0) continue;
        if (!user_is(s, m->user)) return "IDENT-2: a machine key of nobody";
        if (machine_of(s, m->user, m->number) != i) return "IDENT-2: two of a number";
        if (m->number > s->users[m->user].machines_made) return "IDENT-2: a number is free again";
        if (m->epoch == 0) return "IDENT-4: an epoch 0";
        if (m->held && m->external) return "IDENT-5: a machine key in two places";
    }
    for (uint32_t i = 0; i < SESSIONS_MAX; i++) {
        const struct session *e = &s->sessions[i];
        if (e->expires == 0) continue;
        if (!user_is(s, e->user)) return "IDENT-2: a session of nobody";
        if (e->parent == NOBODY) continue;
        const struct session *parent = &s->sessions[e->parent];
        bool good = parent->expires != 0 && parent->user == e->user && parent->parent == NOBODY;
        if (!good) return "IDENT-3: a session without its parent";
    }
    for (uint32_t i = 0; i < NOTES_MAX; i++) {
        const struct note *n = &s->notes[i];
        if (n->kind != NOTE_FREE && !user_is(s, n->user)) return "IDENT-2: a note of nobody";
    }
    return users_are_sound(s);
}
