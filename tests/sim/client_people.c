/*
 * client_people.c - a client of the identity server: makes, locks and removes users, logs in as
 * one, notes something, logs out; and knows what must come of it.
 */
#include <string.h>

#include "client.h"
#include "idl/identity.h"
#include "slots.h"
#include "startup.h"

enum { USERS = 3, ID_BYTES = 16 };

struct model_user {
    bool exists, locked, known; /* known: its id */
    uint8_t id[ID_BYTES];
    uint8_t note; /* a letter, 0: there is none */
};
struct model_state {
    struct model_user user[USERS];
};
static struct model {
    struct model_state now, next; /* next: what is under way leads to that */
    bool pending, noted;          /* noted: it is the note of `user` */
    uint32_t user;
} * model;
static cap_t identity;
static const char password[] = "a long password";

static struct text text_of(const char *text)
{
    return text_from(text, strlen(text));
}

static struct text name_of(uint32_t user)
{
    static const char *const names[USERS] = {"anna", "bert", "carla"};
    return text_of(names[user]);
}

static bool is_as(uint32_t user, struct model_user *u)
{
    struct identity_get_out out;
    int err;
    do {
        err = identity_get(identity, &(struct identity_get_in){name_of(user)}, &out);
    } while (cut_off(err));
    if (err == IDENTITY_NO_USER) return !u->exists;
    if (err != OK) sim_client_fails("get", err);
    if (!u->exists || out.user.locked != u->locked) return false;
    if (!u->known) memcpy(u->id, out.user.id.at, ID_BYTES);
    u->known = true;
    return memcmp(u->id, out.user.id.at, ID_BYTES) == 0;
}

static bool all_are_as(struct model_state *s)
{
    for (uint32_t i = 0; i < USERS; i++) {
        if (!is_as(i, &s->user[i])) return false;
    }
    return true;
}

static void find_out(void)
{
    if (model->noted) return; /* only a session shows that */
    if (!all_are_as(&model->now)) {
        if (!model->pending || !all_are_as(&model->next)) sim_client_fails("lost", 0);
        model->now = model->next;
    }
    model->pending = false;
}

/* Other servers may be away, locked, or without a disk. */
static bool of_others(int err)
{
    return err == IDENTITY_KEYS_LOCKED || err == IDENTITY_NO_RANDOM || err == IDENTITY_NO_CLOCK;
}

static int user_create(uint32_t user)
{
    struct identity_create_out out;
    const struct identity_create_in in = {name_of(user), text_of(password)};
    model->next.user[user] = (struct model_user){.exists = true};
    return identity_create(identity, &in, &out);
}

static int user_lock(uint32_t user, bool locked)
{
    model->next.user[user].locked = locked;
    return identity_lock(identity, &(struct identity_lock_in){name_of(user), locked});
}

static int user_remove(uint32_t user)
{
    model->next.user[user] = (struct model_user){0};
    return identity_remove(identity, &(struct identity_remove_in){name_of(user)});
}

static void step_change(uint32_t user)
{
    bool there = model->now.user[user].exists;
    model->next = model->now;
    model->pending = true;
    int err = !there               ? user_create(user)
              : sim_random(4) == 0 ? user_remove(user)
                                   : user_lock(user, !model->now.user[user].locked);
    if (cut_off(err)) {
        find_out();
        return;
    }
    if (err != OK && !of_others(err)) sim_client_fails("refused", err);
    if (err == OK) model->now = model->next;
    model->pending = false;
}

/* A session in the slot; an error: why not. */
static int login(uint32_t user, cap_t slot)
{
    const struct model_user *u = &model->now.user[user];
    const struct data id = data_from(u->id, ID_BYTES);
    struct identity_challenge_out asked;
    struct identity_sign_out made;
    struct identity_login_out out = {.session = {.slot = slot}};
    uint8_t nonce[32], signature[64];
    int err = identity_challenge(identity, &(struct identity_challenge_in){id}, &asked);
    if (err != OK) return err;
    memcpy(nonce, asked.nonce.at, sizeof(nonce));
    const struct identity_sign_in sign = {name_of(user), text_of(password), data_from(nonce, 32)};
    err = identity_sign(identity, &sign, &made);
    if (err != OK) return err;
    memcpy(signature, made.signature.at, sizeof(signature));
    const struct identity_login_in in = {id, made.machine, data_from(nonce, 32),
                                         data_from(signature, 64)};
    return identity_login(identity, &in, &out);
}

/* What the user noted is there, or what is about to be. */
static int notes_look(cap_t session, struct model_user *u)
{
    struct user_session_notes_out out;
    int err = user_session_notes(session, &(struct user_session_notes_in){false, 0}, &out);
    if (err != OK) return err;
    uint8_t found = out.notes.count == 0 ? 0 : ((const uint8_t *)out.notes.at[0].value.at)[0];
    bool may = model->pending && found == model->next.user[u - model->now.user].note;
    if (found != u->note && !may) sim_client_fails("lost a note", found);
    u->note = found;
    model->pending = model->noted = false;
    return OK;
}

static int session_use(cap_t session, uint32_t user)
{
    struct model_user *u = &model->now.user[user];
    struct user_session_whoami_out who;
    char value[] = "?";
    int err = user_session_whoami(session, &who);
    if (err != OK) return err;
    if (memcmp(who.user.id.at, u->id, ID_BYTES) != 0) sim_client_fails("somebody else", 0);
    err = notes_look(session, u);
    if (err != OK) return err;
    value[0] = (char)('a' + sim_random(26));
    model->next = model->now;
    model->next.user[user].note = (uint8_t)value[0];
    model->user = user;
    model->pending = model->noted = true;
    const struct user_session_preference_set_in in = {text_of("likes"), text_of(value)};
    err = user_session_preference_set(session, &in);
    if (err != OK && !cut_off(err)) sim_client_fails("a preference", err);
    if (err == OK) {
        model->now = model->next;
        model->pending = model->noted = false;
    } else {
        err = notes_look(session, u); /* if that is cut off, too, it stays open */
        if (err != OK) return err;
    }
    return user_session_logout(session);
}

/* A note that may be there or not stays `noted` until somebody looks. */
static void step_login(uint32_t user)
{
    const struct model_user *u = &model->now.user[user];
    cap_t slot = slot_alloc();
    int err = login(user, slot);
    if (err == IDENTITY_LOCKED && u->locked) err = ERR_PEER_DIED;
    if (of_others(err) || err == IDENTITY_LIMIT) err = ERR_PEER_DIED;
    if (err == IDENTITY_UNKNOWN_NONCE) err = ERR_PEER_DIED; /* it was a former process's */
    if (err != OK && !cut_off(err)) sim_client_fails("login", err);
    if (err == OK && u->locked) sim_client_fails("a locked user logs in", 0);
    if (err == OK) {
        err = session_use(slot, user);
        if (err != OK && !cut_off(err)) sim_client_fails("a session", err);
        struct user_session_whoami_out who;
        if (err == OK && user_session_whoami(slot, &who) == OK)
            sim_client_fails("a session is there after its end", 0);
    }
    slot_discard(slot);
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    identity = startup_cap("identity");
    model = sim_client_memory(sizeof(*model));
    find_out();
    for (;;) {
        uint32_t user = sim_random(USERS);
        bool note = model->noted;
        if (note) user = model->user;
        const struct model_user *u = &model->now.user[user];
        if (u->exists && u->known && (note || sim_random(2) == 0))
            step_login(user);
        else if (!note)
            step_change(user);
        find_out();
        sim_client_did();
    }
}
