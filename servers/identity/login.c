/* login.c - methods of Identity: challenge and login, this machine's name, all sessions. */
#include <sodium.h>
#include <string.h>

#include "server.h"
#include "startup.h"

enum { SESSIONS_LISTED = 8 };

static bool is_long(struct data d, uint32_t len)
{
    return d.len == len;
}

static uint16_t user_of(const struct server *s, struct data id)
{
    return is_long(id, ID_BYTES) ? user_by_id(&s->state, id.at) : NOBODY;
}

int on_challenge(struct request *rq, const struct identity_challenge_in *in,
                 struct identity_challenge_out *out)
{
    struct server *s = server_of(rq);
    uint16_t user = user_of(s, in->user);
    struct nonce n = {.asker = rq->badge, .made = startup_uptime_ms()};
    uint8_t *shown = (uint8_t *)rq->scratch;

    if (user == NOBODY) return IDENTITY_NO_USER;
    memcpy(n.user, in->user.at, ID_BYTES);
    keys_noise(n.bytes, sizeof(n.bytes));
    if (keys_noise_failed()) return IDENTITY_NO_RANDOM;
    if (!nonce_add(&s->nonces, &n)) return IDENTITY_LIMIT;
    memcpy(shown, n.bytes, sizeof(n.bytes));
    out->nonce = data_from(shown, sizeof(n.bytes));
    out->life_ms = NONCE_LIFE_MS;
    return OK;
}

struct signer signer_of(const struct server *s, uint16_t machine)
{
    const struct machine *m = &s->state.machines[machine];
    struct signer signer = {.machine = m->number, .epoch = m->epoch};

    memcpy(signer.user, s->state.users[m->user].id, ID_BYTES);
    return signer;
}

/* The nonce is spent first: whatever else is wrong, there is one attempt. */
static enum identity_refusal login_check(struct request *rq, const struct identity_login_in *in,
                                         uint16_t user, uint16_t *out_machine)
{
    struct server *s = server_of(rq);
    struct nonce n = {.asker = rq->badge};
    struct signed_text text;

    if (!is_long(in->nonce, NONCE_BYTES)) return ID_UNKNOWN_NONCE;
    memcpy(n.bytes, in->nonce.at, NONCE_BYTES);
    memcpy(n.user, in->user.at, ID_BYTES);
    enum identity_refusal no = nonce_spend(&s->nonces, &n, startup_uptime_ms());
    if (no != ID_OK) return no;
    if (s->state.users[user].locked) return ID_LOCKED;
    uint16_t machine = *out_machine = machine_of(&s->state, user, in->machine);
    if (machine == NOBODY) return ID_NO_MACHINE;
    const struct signer signer = signer_of(s, machine);
    login_text(&signer, n.bytes, &text);
    bool good = is_long(in->signature, SIGNATURE_BYTES) &&
                signature_is_good(s->state.machines[machine].public, &text, in->signature.at);
    if (!good) return ID_BAD_SIGNATURE;
    return machine_may(&s->state, machine, MAY_AUTHENTICATE, server_unix(s));
}

int on_login(struct request *rq, const struct identity_login_in *in, struct identity_login_out *out)
{
    struct server *s = server_of(rq);
    struct session e = {.user = user_of(s, in->user), .parent = NOBODY};

    if (e.user == NOBODY) return IDENTITY_NO_USER;
    enum identity_refusal no = login_check(rq, in, e.user, &e.machine);
    if (no == ID_OK) no = session_begin(rq, &e, &out->session);
    return error_of(no);
}

/* The one that the user prefers, or the first one that is not elsewhere. */
static uint16_t machine_choose(const struct server *s, uint16_t user)
{
    uint16_t preferred = note_of(&s->state, user, NOTE_PREFERENCE, "machine"), i;
    uint32_t at = 0;
    uint16_t first = NOBODY;

    while ((i = machine_next(&s->state, user, &at)) != NOBODY) {
        const struct machine *m = &s->state.machines[i];
        if (m->external || m->revoked) continue;
        if (first == NOBODY) first = i;
        if (preferred != NOBODY && strcmp(m->name, s->state.notes[preferred].value) == 0) return i;
    }
    return first;
}

int on_sign(struct request *rq, const struct identity_sign_in *in, struct identity_sign_out *out)
{
    struct server *s = server_of(rq);
    uint16_t user = user_by_name(&s->state, in->name.at, in->name.len);
    uint8_t master[MASTER_BYTES], *signature = (uint8_t *)rq->scratch;
    struct signed_text text;

    if (user == NOBODY) return IDENTITY_NO_USER;
    if (!is_long(in->nonce, NONCE_BYTES)) return ERR_MESSAGE;
    uint16_t machine = machine_choose(s, user);
    if (machine == NOBODY) return IDENTITY_NO_MACHINE;
    enum identity_refusal no = server_master(s, user, in->password, master);
    if (no != ID_OK) return error_of(no);
    const struct signer signer = signer_of(s, machine);
    login_text(&signer, in->nonce.at, &text);
    no = machine_sign(s, machine, master, &text, signature);
    sodium_memzero(master, sizeof(master));
    out->machine = signer.machine;
    out->signature = data_from(signature, SIGNATURE_BYTES);
    return error_of(no);
}

int on_node(struct request *rq, struct identity_node_out *out)
{
    const struct server *s = server_of(rq);
    const char *const names[] = {s->explicit_, s->state.node, s->image, s->ephemeral};
    uint32_t source = IDENTITY_SOURCE_EXPLICIT;

    while (source < IDENTITY_SOURCE_EPHEMERAL && names[source][0] == '\0') {
        source++;
    }
    out->name = text_of(names[source]);
    out->source = (enum identity_source)source;
    return OK;
}

int on_set_node(struct request *rq, const struct identity_set_node_in *in)
{
    struct identity_record r = {.type = RECORD_NODE};

    if (!badge_is_control(rq->badge)) return IDENTITY_DENIED;
    if (in->name.len != 0 && !name_is_valid(in->name.at, in->name.len)) return IDENTITY_BAD_NAME;
    memcpy(r.node, in->name.at, in->name.len);
    server_commit(rq, &r);
    return OK;
}

/* A capability to this very endpoint comes as its badge, whoever shows it. */
int on_whose(struct request *rq, const struct identity_whose_in *in, struct identity_whose_out *out)
{
    struct server *s = server_of(rq);
    uint64_t badge = in->session.slot == 0 ? in->session.badge : 0;
    uint16_t session = NOBODY;

    if (log_has_object(&server_log, badge)) {
        session = session_of(&s->state, badge_index(badge), badge_generation(badge));
    }
    if (session == NOBODY || startup_uptime_ms() >= s->state.sessions[session].expires) {
        return IDENTITY_NOT_FOUND;
    }
    user_fill(s, s->state.sessions[session].user, &out->user);
    return OK;
}

int on_sessions(struct request *rq, const struct identity_sessions_in *in,
                struct identity_sessions_out *out)
{
    struct server *s = server_of(rq);
    uint64_t now = startup_uptime_ms();

    if (!badge_is_control(rq->badge)) return IDENTITY_DENIED;
    out->sessions.count = 0;
    out->next = 0;
    for (uint32_t i = in->after; i < SESSIONS_MAX; i++) {
        const struct session *e = &s->state.sessions[i];
        if (e->expires == 0) continue;
        if (out->sessions.count == SESSIONS_LISTED) {
            out->next = i;
            break;
        }
        out->sessions.at[out->sessions.count++] = (struct identity_session_info){
            .user = text_of(s->state.users[e->user].name),
            .machine = text_of(s->state.machines[e->machine].name),
            .label = text_of(e->label),
            .started_ms = e->started,
            .left_ms = now < e->expires ? e->expires - now : 0,
        };
    }
    return OK;
}
