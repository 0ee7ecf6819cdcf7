/* use.c - what machine keys are used for: statements signed and checked, secrets agreed on. */
#include <sodium.h>

#include "server.h"

static const struct session *own(struct server *s)
{
    return &s->state.sessions[s->session];
}

/* The key has that right now; and the password is right, where there is one or has to be. */
static enum identity_refusal may_use(struct server *s, uint32_t right, struct text password,
                                     uint8_t out_master[MASTER_BYTES])
{
    const struct machine *m = &s->state.machines[own(s)->machine];
    enum identity_refusal no = machine_may(&s->state, own(s)->machine, right, server_unix(s));

    if (no == ID_OK && m->external) no = ID_NO_MACHINE;
    if (no != ID_OK || (m->held && password.len == 0)) return no;
    return server_master(s, own(s)->user, password, out_master);
}

enum identity_refusal machine_sign(struct server *s, uint16_t machine, const uint8_t *master,
                                   const struct signed_text *text,
                                   uint8_t out_signature[SIGNATURE_BYTES])
{
    const struct machine *m = &s->state.machines[machine];
    const struct signer signer = signer_of(s, machine);
    uint8_t seed[SEED_BYTES];

    if (m->held) return vault_sign(&signer, text, out_signature);
    if (!seed_unseal(&m->seed, master, seed)) return ID_BAD_PASSWORD;
    text_sign(seed, text, out_signature);
    sodium_memzero(seed, sizeof(seed));
    return ID_OK;
}

static void text_make(const struct signer *signer, struct text domain, struct data message,
                      struct signed_text *out_text)
{
    const struct statement what = {.message = message.at,
                                   .message_len = message.len,
                                   .domain = domain.at,
                                   .domain_len = domain.len};

    statement_text(signer, &what, out_text);
}

int on_session_sign(struct request *rq, const struct user_session_sign_in *in,
                    struct user_session_sign_out *out)
{
    struct server *s = server_of(rq);
    uint16_t machine = own(s)->machine;
    const struct signer signer = signer_of(s, machine);
    uint8_t master[MASTER_BYTES] = {0}, *signature = (uint8_t *)rq->scratch;
    struct signed_text text;
    enum identity_refusal no = may_use(s, MAY_SIGN, in->password, master);

    if (no != ID_OK) return error_of(no);
    text_make(&signer, in->domain, in->message, &text);
    no = machine_sign(s, machine, master, &text, signature);
    sodium_memzero(master, sizeof(master));
    out->signature = data_from(signature, SIGNATURE_BYTES);
    out->machine = signer.machine;
    out->epoch = signer.epoch;
    return error_of(no);
}

static enum identity_refusal machine_agree(struct server *s, const uint8_t *master,
                                           const struct agreement *with,
                                           uint8_t out_secret[KEY_BYTES])
{
    const struct machine *m = &s->state.machines[own(s)->machine];
    const struct signer signer = signer_of(s, own(s)->machine);
    uint8_t seed[SEED_BYTES];

    if (m->held) return vault_agree(&signer, with, out_secret);
    if (!seed_unseal(&m->seed, master, seed)) return ID_BAD_PASSWORD;
    bool good = seed_agree(seed, with, out_secret);
    sodium_memzero(seed, sizeof(seed));
    return good ? ID_OK : ID_BAD_PEER;
}

int on_agree(struct request *rq, const struct user_session_agree_in *in,
             struct user_session_agree_out *out)
{
    struct server *s = server_of(rq);
    const struct agreement with = {
        .domain = in->domain.at, .domain_len = in->domain.len, .peer = in->peer.at};
    uint8_t master[MASTER_BYTES] = {0}, *secret = (uint8_t *)rq->scratch;

    if (in->peer.len != PUBLIC_BYTES || in->domain.len == 0) return USER_SESSION_BAD_PEER;
    enum identity_refusal no = may_use(s, MAY_AGREE, in->password, master);
    if (no != ID_OK) return error_of(no);
    const struct signer signer = signer_of(s, own(s)->machine);
    no = machine_agree(s, master, &with, secret);
    sodium_memzero(master, sizeof(master));
    out->secret = data_from(secret, KEY_BYTES);
    out->machine = signer.machine;
    out->epoch = signer.epoch;
    return error_of(no);
}

int on_verify(struct request *rq, const struct identity_verify_in *in)
{
    struct server *s = server_of(rq);
    uint16_t user = in->user.len == ID_BYTES ? user_by_id(&s->state, in->user.at) : NOBODY;
    struct signed_text text;

    if (user == NOBODY) return IDENTITY_NO_USER;
    uint16_t machine = machine_of(&s->state, user, in->machine);
    if (machine == NOBODY) return IDENTITY_NO_MACHINE;
    const struct signer signer = signer_of(s, machine);
    if (in->epoch != signer.epoch) return IDENTITY_OLD_EPOCH;
    enum identity_refusal no = machine_may(&s->state, machine, MAY_SIGN, server_unix(s));
    if (no != ID_OK) return error_of(no);
    text_make(&signer, in->domain, in->message, &text);
    bool good = in->signature.len == SIGNATURE_BYTES &&
                signature_is_good(s->state.machines[machine].public, &text, in->signature.at);
    return good ? OK : IDENTITY_BAD_SIGNATURE;
}
