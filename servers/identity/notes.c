/* notes.c - methods of UserSession about credentials and preferences. */
#include <string.h>

#include "server.h"

enum { LIST_MAX = 8 };

/* What is used here has to be there: others are whatever a person likes. */
static bool means_something(const struct server *s, const struct note *n)
{
    uint32_t at = 0;
    uint16_t i;

    if (strcmp(n->key, "scheme") == 0) return strcmp(n->value, "ed25519") == 0;
    if (strcmp(n->key, "machine") != 0) return true;
    while ((i = machine_next(&s->state, n->user, &at)) != NOBODY) {
        const struct machine *m = &s->state.machines[i];
        if (strcmp(m->name, n->value) == 0) return !m->revoked && !m->external;
    }
    return false;
}

static int note_set(struct request *rq, uint32_t kind, struct text key, struct text value)
{
    struct server *s = server_of(rq);
    struct identity_record *r = &s->record;

    *r = (struct identity_record){0};
    r->note = (struct note){.user = s->state.sessions[s->session].user, .kind = (uint8_t)kind};
    memcpy(r->note.key, key.at, key.len);
    memcpy(r->note.value, value.at, value.len);
    bool good = kind != NOTE_PREFERENCE || value.len == 0 || means_something(s, &r->note);
    enum identity_refusal no = good ? decide_note(&s->state, r) : ID_NOT_FOUND;
    if (no == ID_OK) server_commit(rq, r);
    return error_of(no);
}

int on_credential_set(struct request *rq, const struct user_session_credential_set_in *in)
{
    return note_set(rq, NOTE_CREDENTIAL, in->kind, in->value);
}

int on_preference_set(struct request *rq, const struct user_session_preference_set_in *in)
{
    return note_set(rq, NOTE_PREFERENCE, in->key, in->value);
}

int on_notes(struct request *rq, const struct user_session_notes_in *in,
             struct user_session_notes_out *out)
{
    const struct server *s = server_of(rq);
    uint32_t kind = in->credentials ? NOTE_CREDENTIAL : NOTE_PREFERENCE;

    out->notes.count = 0;
    out->next = 0;
    for (uint32_t i = in->after; i < NOTES_MAX; i++) {
        const struct note *n = &s->state.notes[i];
        if (n->kind != kind || n->user != s->state.sessions[s->session].user) continue;
        if (out->notes.count == LIST_MAX) {
            out->next = i;
            break;
        }
        out->notes.at[out->notes.count++] =
            (struct identity_note){.key = text_of(n->key), .value = text_of(n->value)};
    }
    return OK;
}
