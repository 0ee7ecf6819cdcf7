/* vault.c - Vault: who has control of the keystore sets it up, unlocks and locks it. */
#include <sodium.h>

#include "server.h"

static int on_status(struct request *rq, struct vault_status_out *out)
{
    const struct server *s = request_service(rq)->state;
    const struct journal *j = &s->journal;
    bool open = s->state == KEYSTORE_STATE_OPEN;
    out->status = (struct keystore_status){
        .state = (enum keystore_state)s->state,
        .keys = s->keys.count,
        .data_bytes = s->keys.bytes,
        .unattended = s->unattended,
        .used_sectors = open ? j->end.at : 0,
        .area_sectors = open ? j->end.sectors : 0,
        .records = open ? s->records : 0,
        .damaged_sector = j->damaged_at,
        .serial = text_from(s->serial, __builtin_strlen(s->serial)),
        .handles = s->handles_used,
        .torn = j->torn,
    };
    return OK;
}

static int on_setup(struct request *rq, const struct vault_setup_in *in)
{
    return server_setup(request_service(rq)->state, in->passphrase);
}

static int on_unlock(struct request *rq, const struct vault_unlock_in *in)
{
    return server_unlock(request_service(rq)->state, in->passphrase);
}

static int on_lock(struct request *rq)
{
    struct server *s = request_service(rq)->state;
    if (s->state != KEYSTORE_STATE_OPEN) return VAULT_WRONG_STATE;
    server_close(s);
    return OK;
}

static int on_passphrase(struct request *rq, const struct vault_passphrase_in *in)
{
    return server_change_passphrase(request_service(rq)->state, in->old, in->new);
}

static int on_unattended(struct request *rq, const struct vault_unattended_in *in)
{
    return server_unattended(request_service(rq)->state, in->on);
}

int vault_serve(struct request *rq)
{
    static const struct vault_ops ops = {.status = on_status,
                                         .setup = on_setup,
                                         .unlock = on_unlock,
                                         .lock = on_lock,
                                         .passphrase = on_passphrase,
                                         .unattended = on_unattended};
    return vault_dispatch(&ops, rq);
}
