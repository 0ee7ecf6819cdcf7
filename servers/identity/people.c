/* people.c - methods of Identity about users. */
#include <sodium.h>
#include <string.h>

#include "server.h"
#include "startup.h"

enum { LIST_MAX = 8 };

struct text text_of(const char *text)
{
    return text_from(text, strlen(text));
}

void user_fill(const struct server *s, uint16_t user, struct identity_user *out_user)
{
    const struct user *u = &s->state.users[user];
    uint32_t at = 0;

    *out_user = (struct identity_user){
        .name = text_of(u->name),
        .id = data_from(u->id, ID_BYTES),
        .identity_key = data_from(u->public, PUBLIC_BYTES),
        .locked = u->locked != 0,
        .vaulted = u->vaulted != 0,
    };
    while (machine_next(&s->state, user, &at) != NOBODY) {
        out_user->machines++;
    }
    for (uint32_t i = 0; i < SESSIONS_MAX; i++) {
        const struct session *e = &s->state.sessions[i];
        if (e->expires != 0 && e->user == user) out_user->sessions++;
    }
}

enum identity_refusal server_master(struct server *s, uint16_t user, struct text password,
                                    uint8_t out_master[MASTER_BYTES])
{
    struct tries *t = &s->tries[user];
    const struct user *u = &s->state.users[user];
    struct share shares[2];
    uint64_t now = startup_uptime_ms();

    if (t->wrong >= TRIES_MAX && now < t->until) return ID_TOO_OFTEN;
    enum identity_refusal no = keys_master(u, password.at, password.len, out_master);
    if (no != ID_OK) return no; /* nothing was tried */
    bool good = shares_unseal(&u->shares, out_master, shares);
    sodium_memzero(shares, sizeof(shares));
    if (good) {
        *t = (struct tries){0};
        return ID_OK;
    }
    sodium_memzero(out_master, MASTER_BYTES);
    t->wrong++;
    t->until = startup_uptime_ms() + TRIES_PAUSE_MS;
    return ID_BAD_PASSWORD;
}

int on_create(struct request *rq, const struct identity_create_in *in,
              struct identity_create_out *out)
{
    struct server *s = server_of(rq);
    struct identity_record *r = &s->record, first = {0};

    if (!badge_is_control(rq->badge)) return IDENTITY_DENIED;
    *r = (struct identity_record){0};
    memcpy(r->user.name, in->name.at, in->name.len);
    if (!name_is_valid(in->name.at, in->name.len)) return IDENTITY_BAD_NAME;
    if (user_by_name(&s->state, in->name.at, in->name.len) != NOBODY) return IDENTITY_TAKEN;
    first.machine = (struct machine){.rights = MAY_ALL, .name = "first"};
    enum identity_refusal no =
        keys_make(&r->user, &first.machine, in->password.at, in->password.len, &s->shown);
    if (no == ID_OK) no = decide_user_new(&s->state, r);
    first.machine.user = (uint16_t)r->index;
    if (no == ID_OK) no = decide_machine_new(&s->state, &first);
    if (no != ID_OK) server_gone(s, &r->user); /* what was made is of nobody */
    if (no != ID_OK) return error_of(no);
    server_commit(rq, r);
    server_commit(rq, &first);
    s->tries[r->index] = (struct tries){0};
    out->user = (struct identity_user){
        .name = in->name,
        .id = data_from(r->user.id, ID_BYTES),
        .identity_key = data_from(r->user.public, PUBLIC_BYTES),
        .machines = 1,
        .vaulted = r->user.vaulted != 0,
    };
    for (uint32_t i = 0; i < SHARDS_SHOWN; i++) {
        out->shards.at[i].text = text_of(s->shown.text[i]);
    }
    out->shards.count = SHARDS_SHOWN;
    return OK;
}

int on_get(struct request *rq, const struct identity_get_in *in, struct identity_get_out *out)
{
    struct server *s = server_of(rq);
    uint16_t user = user_by_name(&s->state, in->name.at, in->name.len);

    if (user == NOBODY) return IDENTITY_NO_USER;
    user_fill(s, user, &out->user);
    return OK;
}

int on_list(struct request *rq, const struct identity_list_in *in, struct identity_list_out *out)
{
    static const uint8_t no_id[ID_BYTES];
    const struct server *s = server_of(rq);

    out->users.count = 0;
    out->next = 0;
    for (uint32_t i = in->after; i < USERS_MAX; i++) {
        if (memcmp(s->state.users[i].id, no_id, ID_BYTES) == 0) continue;
        if (out->users.count == LIST_MAX) {
            out->next = i;
            break;
        }
        user_fill(s, (uint16_t)i, &out->users.at[out->users.count++]);
    }
    return OK;
}

int on_remove(struct request *rq, const struct identity_remove_in *in)
{
    struct server *s = server_of(rq);
    uint16_t user = user_by_name(&s->state, in->name.at, in->name.len);

    if (!badge_is_control(rq->badge)) return IDENTITY_DENIED;
    enum identity_refusal no = decide_user_gone(&s->state, user, &s->record);
    if (no != ID_OK) return error_of(no);
    sessions_revoke(s, user, NOBODY);
    server_gone(s, &s->state.users[user]);
    server_commit(rq, &s->record);
    return OK;
}

int on_lock(struct request *rq, const struct identity_lock_in *in)
{
    struct server *s = server_of(rq);
    uint16_t user = user_by_name(&s->state, in->name.at, in->name.len);

    if (!badge_is_control(rq->badge)) return IDENTITY_DENIED;
    if (user == NOBODY) return IDENTITY_NO_USER;
    record_of_user(&s->state, user, &s->record);
    s->record.user.locked = in->locked;
    if (in->locked) sessions_revoke(s, user, NOBODY);
    server_commit(rq, &s->record);
    return OK;
}

/* Machine keys here were for the password that is lost: each gets a new one. */
static enum identity_refusal machines_renew(struct request *rq, uint16_t user,
                                            const uint8_t master[MASTER_BYTES])
{
    struct server *s = server_of(rq);
    struct identity_record r;
    uint32_t at = 0;
    uint16_t i;

    while ((i = machine_next(&s->state, user, &at)) != NOBODY) {
        record_of_machine(&s->state, i, &r);
        if (r.machine.external || r.machine.revoked) continue;
        enum identity_refusal no = keys_rotate(&s->record.user, &r.machine, master);
        if (no != ID_OK) return no;
        server_commit(rq, &r);
    }
    return ID_OK;
}

static enum identity_refusal recovered(struct request *rq, uint16_t user,
                                       const struct identity_recover_in *in,
                                       struct shards_shown *out_shown)
{
    struct server *s = server_of(rq);
    struct shard_texts texts = {.count = in->shards.count};
    uint8_t key[KEY_BYTES], master[MASTER_BYTES];

    for (uint32_t i = 0; i < texts.count; i++) {
        texts.at[i] = in->shards.at[i].text.at;
        texts.len[i] = in->shards.at[i].text.len;
    }
    enum identity_refusal no = keys_recover(&s->state.users[user], &texts, key);
    if (no != ID_OK) return no;
    record_of_user(&s->state, user, &s->record);
    keys_salt(&s->record.user);
    no = keys_master(&s->record.user, in->password.at, in->password.len, master);
    if (no == ID_OK) no = keys_share(&s->record.user, key, master, out_shown);
    if (no == ID_OK) {
        server_commit(rq, &s->record);
        no = machines_renew(rq, user, master);
        s->sweep = true;
    }
    sodium_memzero(key, sizeof(key));
    sodium_memzero(master, sizeof(master));
    return no;
}

int on_recover(struct request *rq, const struct identity_recover_in *in,
               struct identity_recover_out *out)
{
    struct server *s = server_of(rq);
    uint16_t user = user_by_name(&s->state, in->name.at, in->name.len);

    if (user == NOBODY) return IDENTITY_NO_USER;
    if (in->password.len < PASSWORD_MIN) return IDENTITY_WEAK_PASSWORD;
    enum identity_refusal no = recovered(rq, user, in, &s->shown);
    if (no != ID_OK) return error_of(no);
    const struct identity_record end = {.type = RECORD_USER_SESSIONS_END, .index = user};
    sessions_revoke(s, user, NOBODY);
    server_commit(rq, &end);
    s->tries[user] = (struct tries){0};
    for (uint32_t i = 0; i < SHARDS_SHOWN; i++) {
        out->shards.at[i].text = text_of(s->shown.text[i]);
    }
    out->shards.count = SHARDS_SHOWN;
    return OK;
}
