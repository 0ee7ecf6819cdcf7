/* machines.c - methods of UserSession about machine keys. */
#include <sodium.h>
#include <string.h>

#include "server.h"

enum { LIST_MAX = 8 };

void machine_fill(const struct server *s, uint16_t machine, struct identity_machine *out_machine)
{
    const struct machine *m = &s->state.machines[machine];

    *out_machine = (struct identity_machine){
        .number = m->number,
        .name = text_of(m->name),
        .public_key = data_from(m->public, PUBLIC_BYTES),
        .epoch = m->epoch,
        .rights = m->rights,
        .expires = m->expires,
        .revoked = m->revoked != 0,
        .external = m->external != 0,
        .held = m->held != 0,
        .agree_key = data_from(m->agree, m->agrees ? PUBLIC_BYTES : 0),
    };
}

static const struct session *own(struct server *s)
{
    return &s->state.sessions[s->session];
}

/* As it will be, from the record of this request. */
static void record_fill(const struct server *s, struct identity_machine *out_machine)
{
    static struct server shown; /* machine_fill() points into it until the answer has been copied */

    shown.state.machines[0] = s->record.machine;
    machine_fill(&shown, 0, out_machine);
}

int on_machines(struct request *rq, const struct user_session_machines_in *in,
                struct user_session_machines_out *out)
{
    struct server *s = server_of(rq);
    uint32_t at = in->after;
    uint16_t i;

    out->machines.count = 0;
    out->next = 0;
    while ((i = machine_next(&s->state, own(s)->user, &at)) != NOBODY) {
        if (out->machines.count == LIST_MAX) {
            out->next = i;
            break;
        }
        machine_fill(s, i, &out->machines.at[out->machines.count++]);
    }
    return OK;
}

/* The record of a new one: named, with rights that this session's key has, too. */
static enum identity_refusal machine_new(struct server *s, struct text name, uint32_t rights,
                                         int64_t expires)
{
    const struct machine *mine = &s->state.machines[own(s)->machine];
    struct identity_record *r = &s->record;

    *r = (struct identity_record){0};
    r->machine = (struct machine){.user = own(s)->user, .rights = rights, .expires = expires};
    memcpy(r->machine.name, name.at, name.len);
    if ((mine->rights & MAY_AUTHORIZE) == 0 || (rights & ~mine->rights) != 0) return ID_NO_RIGHT;
    return decide_machine_new(&s->state, r);
}

int on_machine_create(struct request *rq, const struct user_session_machine_create_in *in,
                      struct user_session_machine_create_out *out)
{
    struct server *s = server_of(rq);
    uint16_t user = own(s)->user;
    uint8_t master[MASTER_BYTES], key[KEY_BYTES];
    enum identity_refusal no = machine_new(s, in->name, in->rights, in->expires);

    if (no == ID_OK) no = server_master(s, user, in->password, master);
    if (no != ID_OK) return error_of(no);
    no = keys_open(&s->state.users[user], master, in->shard.at, in->shard.len, key);
    sodium_memzero(key, sizeof(key)); /* that there is one is what it had to show */
    if (no == ID_OK) no = keys_fresh(&s->state.users[user], &s->record.machine, master);
    sodium_memzero(master, sizeof(master));
    if (no != ID_OK) return error_of(no);
    server_commit(rq, &s->record);
    record_fill(s, &out->machine);
    return OK;
}

int on_machine_enrol(struct request *rq, const struct user_session_machine_enrol_in *in,
                     struct user_session_machine_enrol_out *out)
{
    struct server *s = server_of(rq);

    bool agrees = in->agree_key.len == PUBLIC_BYTES;
    if (in->public_key.len != PUBLIC_BYTES) return USER_SESSION_BAD_SIGNATURE;
    if (!agrees && in->agree_key.len != 0) return USER_SESSION_BAD_PEER;
    enum identity_refusal no = machine_new(s, in->name, in->rights, in->expires);
    if (no != ID_OK) return error_of(no);
    memcpy(s->record.machine.public, in->public_key.at, PUBLIC_BYTES);
    if (agrees) memcpy(s->record.machine.agree, in->agree_key.at, PUBLIC_BYTES);
    s->record.machine.agrees = agrees;
    s->record.machine.external = 1;
    server_commit(rq, &s->record);
    record_fill(s, &out->machine);
    return OK;
}

/* The record of one of this user's; NOBODY if there is none. */
static uint16_t machine_take(struct server *s, uint32_t number)
{
    uint16_t machine = machine_of(&s->state, own(s)->user, number);

    if (machine != NOBODY) record_of_machine(&s->state, machine, &s->record);
    return machine;
}

int on_machine_rename(struct request *rq, const struct user_session_machine_rename_in *in)
{
    struct server *s = server_of(rq);
    uint32_t at = 0;
    uint16_t other;

    if (machine_take(s, in->number) == NOBODY) return USER_SESSION_NO_MACHINE;
    if (!name_is_valid(in->name.at, in->name.len)) return USER_SESSION_BAD_NAME;
    struct machine *m = &s->record.machine;
    memset(m->name, 0, sizeof(m->name));
    memcpy(m->name, in->name.at, in->name.len);
    while ((other = machine_next(&s->state, m->user, &at)) != NOBODY) {
        if (strcmp(s->state.machines[other].name, m->name) == 0) return USER_SESSION_TAKEN;
    }
    server_commit(rq, &s->record);
    return OK;
}

int on_machine_rotate(struct request *rq, const struct user_session_machine_rotate_in *in,
                      struct user_session_machine_rotate_out *out)
{
    struct server *s = server_of(rq);
    uint8_t master[MASTER_BYTES];

    if (machine_take(s, in->number) == NOBODY) return USER_SESSION_NO_MACHINE;
    struct machine *m = &s->record.machine;
    if (m->revoked) return USER_SESSION_REVOKED;
    if (m->external) return USER_SESSION_NO_MACHINE; /* it is not here */
    enum identity_refusal no = server_master(s, m->user, in->password, master);
    if (no != ID_OK) return error_of(no);
    no = keys_rotate(&s->state.users[m->user], m, master);
    sodium_memzero(master, sizeof(master));
    s->sweep = true;
    if (no != ID_OK) return error_of(no);
    server_commit(rq, &s->record);
    record_fill(s, &out->machine);
    return OK;
}

int on_machine_revoke(struct request *rq, const struct user_session_machine_revoke_in *in)
{
    struct server *s = server_of(rq);
    uint16_t machine = machine_take(s, in->number);

    if (machine == NOBODY) return USER_SESSION_NO_MACHINE;
    if ((s->state.machines[own(s)->machine].rights & MAY_REVOKE) == 0) return USER_SESSION_NO_RIGHT;
    if (machine == own(s)->machine) return USER_SESSION_CURRENT;
    s->record.machine.revoked = 1;
    s->record.machine.seed = (struct box_seed){0}; /* nobody needs it any more */
    s->record.machine.held = 0;
    s->sweep = true;
    sessions_revoke(s, own(s)->user, machine);
    server_commit(rq, &s->record);
    return OK;
}

/* Its public keys are for everybody. */
int on_machine(struct request *rq, const struct identity_machine_in *in,
               struct identity_machine_out *out)
{
    const struct server *s = server_of(rq);
    uint16_t user = in->user.len == ID_BYTES ? user_by_id(&s->state, in->user.at) : NOBODY;

    if (user == NOBODY) return IDENTITY_NO_USER;
    uint16_t machine = machine_of(&s->state, user, in->number);
    if (machine == NOBODY) return IDENTITY_NO_MACHINE;
    machine_fill(s, machine, &out->machine);
    return OK;
}
