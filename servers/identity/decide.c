/* decide.c - may it be done, and what would change. Changes nothing. */
#define _GNU_SOURCE /* strnlen() */
#include <string.h>

#include "state.h"

/* Letters, digits and . _ - as they stand, single spaces inside, bytes of UTF-8 as they come. */
bool name_is_valid(const char *name, uint32_t len)
{
    if (len == 0 || len > NAME_BYTES || name[0] == ' ' || name[len - 1] == ' ') return false;
    for (uint32_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)name[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        bool joins = c == '.' || c == '_' || c == '-' || (c == ' ' && name[i - 1] != ' ');
        if (!plain && !joins && c < 0x80) return false;
    }
    return name[0] != '.' && name[0] != '-';
}

enum identity_refusal decide_user_new(const struct identity *s, struct identity_record *r)
{
    static const uint8_t no_id[ID_BYTES];
    const struct user *u = &r->user;
    uint32_t len = (uint32_t)strnlen(u->name, sizeof(u->name));

    if (!name_is_valid(u->name, len)) return ID_BAD_NAME;
    if (user_by_name(s, u->name, len) != NOBODY) return ID_TAKEN;
    /* 0 is nobody, and a hash that begins like another's is as good as impossible. */
    if (memcmp(u->id, no_id, ID_BYTES) == 0 || user_by_id(s, u->id) != NOBODY) return ID_TAKEN;
    r->type = RECORD_USER;
    for (r->index = 0; r->index < USERS_MAX; r->index++) {
        if (memcmp(s->users[r->index].id, no_id, ID_BYTES) == 0) return ID_OK;
    }
    return ID_LIMIT;
}

enum identity_refusal decide_user_gone(const struct identity *s, uint16_t user,
                                       struct identity_record *out_record)
{
    (void)s;
    *out_record = (struct identity_record){.type = RECORD_USER_GONE, .index = user};
    return user == NOBODY ? ID_NO_USER : ID_OK;
}

void record_of_user(const struct identity *s, uint16_t user, struct identity_record *out_record)
{
    *out_record = (struct identity_record){.type = RECORD_USER, .index = user};
    out_record->user = s->users[user];
}

void record_of_machine(const struct identity *s, uint16_t machine,
                       struct identity_record *out_record)
{
    *out_record = (struct identity_record){.type = RECORD_MACHINE, .index = machine};
    out_record->machine = s->machines[machine];
}

enum identity_refusal decide_machine_new(const struct identity *s, struct identity_record *r)
{
    struct machine *m = &r->machine;
    uint32_t own = 0, at = 0;
    uint16_t i;

    if (!name_is_valid(m->name, (uint32_t)strnlen(m->name, sizeof(m->name)))) return ID_BAD_NAME;
    while ((i = machine_next(s, m->user, &at)) != NOBODY) {
        if (strcmp(s->machines[i].name, m->name) == 0) return ID_TAKEN;
        own++;
    }
    if (own >= MACHINES_OF_ONE) return ID_LIMIT;
    m->number = s->users[m->user].machines_made + 1;
    m->epoch = 1;
    r->type = RECORD_MACHINE;
    for (r->index = 0; r->index < MACHINES_MAX; r->index++) {
        if (s->machines[r->index].number == 0) return ID_OK;
    }
    return ID_LIMIT;
}

enum identity_refusal machine_may(const struct identity *s, uint16_t machine, uint32_t right,
                                  int64_t now)
{
    const struct machine *m = &s->machines[machine];

    if (m->revoked) return ID_REVOKED;
    if (m->expires != 0 && now == 0) return ID_NO_CLOCK;
    if (m->expires != 0 && now >= m->expires) return ID_EXPIRED;
    return (m->rights & right) == right ? ID_OK : ID_NO_RIGHT;
}

enum identity_refusal decide_session_new(const struct identity *s, struct identity_record *r)
{
    struct session *e = &r->session;
    uint32_t free = SESSIONS_MAX, own = 0;

    if (e->parent != NOBODY && s->sessions[e->parent].parent != NOBODY) return ID_DENIED;
    if (e->parent != NOBODY &&
        !name_is_valid(e->label, (uint32_t)strnlen(e->label, sizeof(e->label)))) {
        return ID_BAD_NAME;
    }
    for (uint32_t i = SESSIONS_MAX; i-- > 0;) {
        const struct session *other = &s->sessions[i];
        if (other->expires == 0) free = i;
        if (other->expires != 0 && other->user == e->user) own++;
    }
    if (free == SESSIONS_MAX || own >= SESSIONS_OF_ONE) return ID_LIMIT;
    e->generation = (s->sessions[free].generation + 1) & 0xffffff; /* what a badge holds */
    r->type = RECORD_SESSION;
    r->index = free;
    return ID_OK;
}

/* A note without a value is taken away. */
enum identity_refusal decide_note(const struct identity *s, struct identity_record *r)
{
    struct note *n = &r->note;
    uint16_t known = note_of(s, n->user, n->kind, n->key);
    uint32_t free = NOTES_MAX, own = 0;

    r->type = RECORD_NOTE;
    r->index = known;
    if (!name_is_valid(n->key, (uint32_t)strnlen(n->key, sizeof(n->key)))) return ID_BAD_NAME;
    if (n->value[0] == '\0') {
        *n = (struct note){0};
        return known == NOBODY ? ID_NOT_FOUND : ID_OK;
    }
    if (known != NOBODY) return ID_OK;
    for (uint32_t i = NOTES_MAX; i-- > 0;) {
        if (s->notes[i].kind == NOTE_FREE) free = i;
        if (s->notes[i].kind == n->kind && s->notes[i].user == n->user) own++;
    }
    r->index = free;
    return free == NOTES_MAX || own >= NOTES_OF_ONE ? ID_LIMIT : ID_OK;
}
