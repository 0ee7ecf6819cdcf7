/* sessions.c - sessions begun, shown, ended; methods of UserSession about itself, the password. */
#include <sodium.h>
#include <string.h>

#include "idl/axiom.h"
#include "keep.h"
#include "panic.h"
#include "server.h"
#include "slots.h"
#include "startup.h"

enum { ATTACHED_MAX = 16, ANCHORS = 2 /* init's, and the one here */ };

static void anchor_drop(struct server *s, uint32_t index)
{
    files_drop(s, index);
    space_drop(s, index);
    if (s->anchors[index] == 0) return;
    keep_end(session_key(s, index));
    slot_discard(s->anchors[index]);
    s->anchors[index] = 0;
}

static void kept_check(void *state, uint64_t number)
{
    const struct server *s = state;
    uint64_t badge = number & ~(KEEP_ROOT | KEEP_SPACE);

    if (session_of(&s->state, badge_index(badge), badge_generation(badge)) == NOBODY) {
        keep_end(number);
    }
}

void sessions_resume(struct server *s)
{
    keep_each(kept_check, s);
    for (uint32_t i = 0; i < SESSIONS_MAX; i++) {
        if (s->state.sessions[i].expires == 0) continue;
        s->anchors[i] = keep_get(session_key(s, i));
        s->roots[i] = keep_get(KEEP_ROOT | session_key(s, i));
        s->spaces[i] = keep_get(KEEP_SPACE | session_key(s, i));
    }
}

static bool is_of(const struct session *e, uint32_t index, uint32_t session)
{
    return e->expires != 0 && (index == session || e->parent == session);
}

/* The session's capabilities, and those of the ones attached to it. */
static void session_revoke(struct server *s, uint32_t session)
{
    for (uint32_t i = 0; i < SESSIONS_MAX; i++) {
        if (is_of(&s->state.sessions[i], i, session)) anchor_drop(s, i);
    }
}

void sessions_revoke(struct server *s, uint16_t user, uint16_t machine)
{
    for (uint32_t i = 0; i < SESSIONS_MAX; i++) {
        const struct session *e = &s->state.sessions[i];
        if (e->expires == 0 || e->user != user) continue;
        if (machine == NOBODY || e->machine == machine) anchor_drop(s, i);
    }
}

void sessions_reap(struct service *svc)
{
    struct server *s = svc->state;
    uint64_t now = startup_uptime_ms();

    for (uint32_t i = 0; i < SESSIONS_MAX; i++) {
        const struct session *e = &s->state.sessions[i];
        struct self_badge_count_in in = {.endpoint = {svc->endpoint, RIGHTS_ALL, 0, 0},
                                         .badge = session_badge(e->generation, i)};
        struct self_badge_count_out out;
        if (e->expires == 0 || server_log.boot == 0) continue;
        bool held = self_badge_count(CAP_SLOT_SELF, &in, &out) != OK ||
                    out.count > (s->anchors[i] != 0 ? ANCHORS : 0u);
        if (held && now < e->expires) continue;
        session_revoke(s, i);
        const struct identity_record r = {.type = RECORD_SESSION_END, .index = i};
        service_commit(svc, r.type, &r, record_bytes(&r));
        service_apply(svc);
    }
}

/* The capability that goes out is a copy of one that stays here, so that all copies can be taken
 * back at once. */
static int anchor_make(struct request *rq, uint32_t index, uint64_t badge)
{
    struct server *s = server_of(rq);
    struct self_mint_in in = {.source = {request_service(rq)->endpoint, RIGHTS_ALL, 0, 0},
                              .slot = slot_alloc(),
                              .rights = RIGHT_WRITE | RIGHT_GRANT,
                              .badge = badge};

    files_drop(s, index); /* of a session that ended without it */
    space_drop(s, index);
    slot_discard(s->anchors[index]);
    s->anchors[index] = 0;
    int err = in.slot == 0 ? ERR_NO_MEMORY : self_mint(CAP_SLOT_SELF, &in);
    if (err != OK) {
        slot_release(in.slot);
        return err;
    }
    err = keep_put(badge, in.slot, in.rights, &s->anchors[index]);
    slot_discard(in.slot);
    return err;
}

enum identity_refusal session_begin(struct request *rq, const struct session *e,
                                    struct cap_arg *out_cap)
{
    struct server *s = server_of(rq);
    struct identity_record *r = &s->record;

    *r = (struct identity_record){.session = *e};
    r->session.started = startup_uptime_ms();
    if (r->session.expires == 0) r->session.expires = r->session.started + SESSION_LIFE_MS;
    enum identity_refusal no = decide_session_new(&s->state, r);
    if (no != ID_OK) return no;
    if (anchor_make(rq, r->index, session_badge(r->session.generation, r->index)) != OK) {
        return ID_LIMIT;
    }
    *out_cap = (struct cap_arg){.slot = s->anchors[r->index], .rights = RIGHT_WRITE | RIGHT_GRANT};
    server_commit(rq, r);
    return ID_OK;
}

static const struct session *own(struct server *s)
{
    return &s->state.sessions[s->session];
}

static uint64_t left_of(const struct session *e)
{
    uint64_t now = startup_uptime_ms();

    return now < e->expires ? e->expires - now : 0;
}

static int on_whoami(struct request *rq, struct user_session_whoami_out *out)
{
    struct server *s = server_of(rq);
    const struct session *e = own(s);

    user_fill(s, e->user, &out->user);
    machine_fill(s, e->machine, &out->machine);
    out->label = text_of(e->label);
    out->started_ms = e->started;
    out->left_ms = left_of(e);
    out->attached = 0;
    for (uint32_t i = 0; i < SESSIONS_MAX; i++) {
        const struct session *other = &s->state.sessions[i];
        if (other->expires != 0 && other->parent == s->session) out->attached++;
    }
    return OK;
}

static int on_extend(struct request *rq, struct user_session_extend_out *out)
{
    struct server *s = server_of(rq);
    uint64_t until = startup_uptime_ms() + SESSION_LIFE_MS;

    if (own(s)->parent != NOBODY) return USER_SESSION_DENIED;
    for (uint32_t i = 0; i < SESSIONS_MAX; i++) {
        const struct session *e = &s->state.sessions[i];
        if (!is_of(e, i, s->session)) continue;
        struct identity_record r = {.type = RECORD_SESSION, .index = i, .session = *e};
        r.session.expires = until;
        server_commit(rq, &r);
    }
    out->left_ms = SESSION_LIFE_MS;
    return OK;
}

static int on_logout(struct request *rq)
{
    struct server *s = server_of(rq);
    const struct identity_record r = {.type = RECORD_SESSION_END, .index = s->session};

    session_revoke(s, s->session);
    server_commit(rq, &r);
    return OK;
}

static int on_attach(struct request *rq, const struct user_session_attach_in *in,
                     struct user_session_attach_out *out)
{
    struct server *s = server_of(rq);
    const struct session *e = own(s);
    struct session child = {
        .user = e->user, .machine = e->machine, .parent = s->session, .expires = e->expires};

    memcpy(child.label, in->label.at, in->label.len);
    return error_of(session_begin(rq, &child, &out->session));
}

static int on_attached(struct request *rq, struct user_session_attached_out *out)
{
    const struct server *s = server_of(rq);

    out->labels.count = 0;
    for (uint32_t i = 0; i < SESSIONS_MAX && out->labels.count < ATTACHED_MAX; i++) {
        const struct session *e = &s->state.sessions[i];
        if (e->expires == 0 || e->parent != s->session) continue;
        out->labels.at[out->labels.count++].text = text_of(e->label);
    }
    return OK;
}

/* The seeds of the user's machine keys from one password to the other. */
static enum identity_refusal machines_reseal(struct request *rq, uint16_t user,
                                             const uint8_t old[MASTER_BYTES],
                                             const uint8_t new[MASTER_BYTES])
{
    struct server *s = server_of(rq);
    struct identity_record r;
    uint8_t seed[SEED_BYTES];
    uint32_t at = 0;
    uint16_t i;

    while ((i = machine_next(&s->state, user, &at)) != NOBODY) {
        record_of_machine(&s->state, i, &r);
        if (r.machine.external || r.machine.revoked || r.machine.held) continue;
        if (!seed_unseal(&r.machine.seed, old, seed)) return ID_BAD_PASSWORD;
        keys_machine(&r.machine, seed, new);
        server_commit(rq, &r);
    }
    sodium_memzero(seed, sizeof(seed));
    return ID_OK;
}

static int on_password(struct request *rq, const struct user_session_password_in *in)
{
    struct server *s = server_of(rq);
    uint16_t user = own(s)->user;
    uint8_t old[MASTER_BYTES], new[MASTER_BYTES];
    struct share kept[2];

    if (in->new.len < PASSWORD_MIN) return USER_SESSION_WEAK_PASSWORD;
    enum identity_refusal no = server_master(s, user, in->old, old);
    if (no != ID_OK) return error_of(no);
    record_of_user(&s->state, user, &s->record);
    struct user *u = &s->record.user;
    bool opened = shares_unseal(&u->shares, old, kept);
    keys_salt(u);
    keys_noise(u->shares.nonce, sizeof(u->shares.nonce));
    no = opened ? keys_master(u, in->new.at, in->new.len, new) : ID_LIMIT;
    if (no == ID_OK) {
        shares_seal(kept, new, &u->shares);
        server_commit(rq, &s->record);
        no = machines_reseal(rq, user, old, new);
    }
    sodium_memzero(old, sizeof(old));
    sodium_memzero(new, sizeof(new));
    sodium_memzero(kept, sizeof(kept));
    if (no == ID_OK && keys_noise_failed()) no = ID_NO_SOURCE;
    return error_of(no);
}

static int on_reshare(struct request *rq, const struct user_session_reshare_in *in,
                      struct user_session_reshare_out *out)
{
    struct server *s = server_of(rq);
    uint16_t user = own(s)->user;
    uint8_t master[MASTER_BYTES], key[KEY_BYTES];
    enum identity_refusal no = server_master(s, user, in->password, master);

    if (no != ID_OK) return error_of(no);
    record_of_user(&s->state, user, &s->record);
    no = keys_open(&s->record.user, master, in->shard.at, in->shard.len, key);
    if (no == ID_OK) no = keys_share(&s->record.user, key, master, &s->shown);
    sodium_memzero(master, sizeof(master));
    sodium_memzero(key, sizeof(key));
    if (no != ID_OK) return error_of(no);
    server_commit(rq, &s->record);
    for (uint32_t i = 0; i < SHARDS_SHOWN; i++) {
        out->shards.at[i].text = text_of(s->shown.text[i]);
    }
    out->shards.count = SHARDS_SHOWN;
    return OK;
}

const struct user_session_ops server_session_ops = {
    .whoami = on_whoami,
    .extend = on_extend,
    .files = on_files,
    .logout = on_logout,
    .attach = on_attach,
    .attached = on_attached,
    .password = on_password,
    .reshare = on_reshare,
    .machines = on_machines,
    .machine_create = on_machine_create,
    .machine_enrol = on_machine_enrol,
    .machine_rename = on_machine_rename,
    .machine_rotate = on_machine_rotate,
    .machine_revoke = on_machine_revoke,
    .sign = on_session_sign,
    .agree = on_agree,
    .keys = on_keys,
    .credential_set = on_credential_set,
    .preference_set = on_preference_set,
    .notes = on_notes,
};
