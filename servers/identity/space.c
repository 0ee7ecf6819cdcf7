/* space.c - a user's own keys: a space of the keystore that stands for the user of a session. */
#include "idl/keystore.h"
#include "keep.h"
#include "server.h"
#include "slots.h"
#include "startup.h"

/* Not of a keystore that has ended since. */
static bool lives(cap_t space)
{
    static const char any[] = "/keys/any";
    const struct keystore_has_in in = {.name = text_from(any, sizeof(any) - 1)};
    struct keystore_has_out out;
    uint32_t tries = 0;
    int err;

    if (space == 0) return false;
    do {
        err = keystore_has(space, &in, &out);
    } while (call_again(err, &tries));
    return err == OK || err == KEYSTORE_LOCKED;
}

static int space_make(struct server *s, uint32_t session)
{
    const struct user *u = &s->state.users[s->state.sessions[session].user];
    const struct keystore_space_in in = {.owner = data_from(u->id, ID_BYTES)};
    struct keystore_space_out out = {.space = {.slot = slot_alloc()}};
    cap_t store = startup_cap("keys");
    uint32_t tries = 0;
    int err;

    do {
        err = store == 0 ? ERR_CAP_EMPTY : keystore_space(store, &in, &out);
    } while (call_again(err, &tries));
    if (err != OK) {
        slot_release(out.space.slot);
        return err;
    }
    err = keep_put(KEEP_SPACE | session_key(s, session), out.space.slot, RIGHT_WRITE | RIGHT_GRANT,
                   &s->spaces[session]);
    slot_discard(out.space.slot);
    return err;
}

int on_keys(struct request *rq, struct user_session_keys_out *out)
{
    struct server *s = server_of(rq);
    uint16_t machine = s->state.sessions[s->session].machine;
    enum identity_refusal no = machine_may(&s->state, machine, MAY_KEYS, server_unix(s));

    if (no != ID_OK) return error_of(no);
    if (!lives(s->spaces[s->session])) {
        space_drop(s, s->session);
        int err = space_make(s, s->session);
        if (err == KEYSTORE_NO_ROOM) return USER_SESSION_LIMIT;
        if (err != OK) return USER_SESSION_KEYS_LOCKED;
    }
    out->keys =
        (struct cap_arg){.slot = s->spaces[s->session], .rights = RIGHT_WRITE | RIGHT_GRANT};
    return OK;
}

void space_drop(struct server *s, uint32_t session)
{
    if (s->spaces[session] == 0) return;
    (void)keystore_close(s->spaces[session]); /* and what was opened in it */
    keep_end(KEEP_SPACE | session_key(s, session));
    slot_discard(s->spaces[session]);
    s->spaces[session] = 0;
}
