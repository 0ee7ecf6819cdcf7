/*
 * idcheck.c - a client that has a machine key of its own, and a capability to the identity server
 * without control: each refusal of a login, and what ends with a session. For tests/e2e/people.py
 * and people_keys.py, which have enrolled the key for "bert", and know "anna".
 *
 * idcheck: all but time. idcheck late: a challenge whose time is over. idcheck keys: the user's own
 * keys. The exit code is 0, or the number of the first check that failed.
 */
#include <sodium.h>
#include <string.h>

#include "crypto.h"
#include "idl/axiom.h"
#include "idl/identity.h"
#include "idl/keystore.h"
#include "idl/time.h"
#include "libc/fpu_note.h"
#include "slots.h"
#include "startup.h"

#define CHECK_THAT(what)                                                                           \
    do {                                                                                           \
        if (!(what)) return __COUNTER__ + 1;                                                       \
    } while (0)

enum { MACHINE = 2, EPOCH = 1 };

static const uint8_t seed[32] = {42};
static uint8_t secret[64], public[32], bert[16], anna[16];
static cap_t identity;

static struct text text_of(const char *text)
{
    return text_from(text, strlen(text));
}

static bool id_get(const char *name, uint8_t out_id[16])
{
    struct identity_get_out out;
    const struct identity_get_in in = {.name = text_of(name)};

    if (identity_get(identity, &in, &out) != OK || out.user.id.len != 16) return false;
    memcpy(out_id, out.user.id.at, 16);
    return true;
}

static bool nonce_get(const uint8_t user[16], uint8_t out_nonce[32])
{
    const struct identity_challenge_in in = {.user = data_from(user, 16)};
    struct identity_challenge_out out;

    if (identity_challenge(identity, &in, &out) != OK || out.nonce.len != 32) return false;
    memcpy(out_nonce, out.nonce.at, 32);
    return true;
}

struct attempt {
    const char *purpose;
    const uint8_t *user;
    uint32_t machine, epoch;
    bool broken; /* the signature */
};

/* Signs as idl/identity.capnp says, and asks for a session. */
static int attempt(const struct attempt *a, const uint8_t nonce[32], cap_t slot)
{
    uint8_t message[16 + 8 + 32], signature[64];
    const struct crypto_signed what = {crypto_bytes(a->purpose, strlen(a->purpose)),
                                       crypto_bytes(message, sizeof(message))};

    memcpy(message, bert, 16);
    memcpy(message + 16, &a->machine, 4);
    memcpy(message + 20, &a->epoch, 4);
    memcpy(message + 24, nonce, 32);
    if (!crypto_domain_sign(signature, secret, &what)) return -1;
    if (a->broken) signature[10] ^= 1;
    const struct identity_login_in in = {.user = data_from(a->user, 16),
                                         .machine = a->machine,
                                         .nonce = data_from(nonce, 32),
                                         .signature = data_from(signature, sizeof(signature))};
    struct identity_login_out out = {.session = {.slot = slot}};
    return identity_login(identity, &in, &out);
}

static int refusals(cap_t slot)
{
    const struct attempt right = {"machine login 1", bert, MACHINE, EPOCH, false};
    struct attempt a = right;
    uint8_t nonce[32] = {1};

    CHECK_THAT(attempt(&a, nonce, slot) == IDENTITY_UNKNOWN_NONCE);
    a.broken = true;
    CHECK_THAT(nonce_get(bert, nonce) && attempt(&a, nonce, slot) == IDENTITY_BAD_SIGNATURE);
    CHECK_THAT(attempt(&right, nonce, slot) == IDENTITY_REPLAYED);
    CHECK_THAT(nonce_get(anna, nonce) && attempt(&right, nonce, slot) == IDENTITY_WRONG_USER);
    CHECK_THAT(attempt(&right, nonce, slot) == IDENTITY_REPLAYED);
    a = right;
    a.user = anna; /* with bert's signature */
    CHECK_THAT(nonce_get(anna, nonce) && attempt(&a, nonce, slot) == IDENTITY_BAD_SIGNATURE);
    a = right;
    a.purpose = "machine statement 1";
    CHECK_THAT(nonce_get(bert, nonce) && attempt(&a, nonce, slot) == IDENTITY_BAD_SIGNATURE);
    a = right;
    a.epoch++;
    CHECK_THAT(nonce_get(bert, nonce) && attempt(&a, nonce, slot) == IDENTITY_BAD_SIGNATURE);
    a = right;
    a.machine = 9;
    CHECK_THAT(nonce_get(bert, nonce) && attempt(&a, nonce, slot) == IDENTITY_NO_MACHINE);
    const uint8_t nobody[16] = {0};
    a = right;
    a.user = nobody;
    CHECK_THAT(!nonce_get(nobody, nonce) && attempt(&a, nonce, slot) == IDENTITY_NO_USER);
    CHECK_THAT(nonce_get(bert, nonce) && attempt(&right, nonce, slot) == OK);
    CHECK_THAT(attempt(&right, nonce, slot_alloc()) == IDENTITY_REPLAYED);
    return 0;
}

/* What needs control, by who has none. */
static int no_control(void)
{
    const struct text name = text_of("bert");
    const struct identity_create_in create = {name, text_of("long enough for all")};
    struct identity_create_out created;
    struct identity_sessions_out all;

    CHECK_THAT(identity_create(identity, &create, &created) == IDENTITY_DENIED);
    CHECK_THAT(identity_remove(identity, &(struct identity_remove_in){name}) == IDENTITY_DENIED);
    CHECK_THAT(identity_lock(identity, &(struct identity_lock_in){name, true}) == IDENTITY_DENIED);
    CHECK_THAT(identity_set_node(identity, &(struct identity_set_node_in){name}) ==
               IDENTITY_DENIED);
    CHECK_THAT(identity_sessions(identity, &(struct identity_sessions_in){0}, &all) ==
               IDENTITY_DENIED);
    return 0;
}

/* A program in a session asks who it is; it changes nothing of the person. */
static int attached(cap_t session, cap_t slot)
{
    const struct user_session_attach_in in = {.label = text_of("editor")};
    struct user_session_attach_out out = {.session = {.slot = slot}};
    struct user_session_attached_out labels;
    struct user_session_whoami_out who;
    struct user_session_machines_out machines;
    struct user_session_extend_out left;

    CHECK_THAT(user_session_attach(session, &in, &out) == OK);
    CHECK_THAT(user_session_whoami(slot, &who) == OK && who.label.len == 6);
    CHECK_THAT(who.user.name.len == 4 && memcmp(who.user.name.at, "bert", 4) == 0);
    CHECK_THAT(user_session_attached(session, &labels) == OK && labels.labels.count == 1);
    const struct user_session_machines_in all = {0};
    CHECK_THAT(user_session_machines(slot, &all, &machines) == USER_SESSION_DENIED);
    CHECK_THAT(user_session_extend(slot, &left) == USER_SESSION_DENIED);
    out.session.slot = slot_alloc();
    CHECK_THAT(user_session_attach(slot, &in, &out) == USER_SESSION_DENIED);
    const struct user_session_preference_set_in prefer = {text_of("theme"), text_of("dark")};
    CHECK_THAT(user_session_preference_set(slot, &prefer) == USER_SESSION_DENIED);
    struct user_session_keys_out keys = {.keys = {.slot = slot_alloc()}};
    CHECK_THAT(user_session_keys(slot, &keys) == USER_SESSION_DENIED);
    return 0;
}

/* The key may authenticate, and nothing else. */
static int rights(cap_t session)
{
    struct user_session_sign_out signature;
    struct user_session_machine_enrol_out enrolled;
    const struct user_session_sign_in sign = {.domain = text_of("x"), .message = {0}};
    const struct user_session_machine_enrol_in enrol = {
        .name = text_of("more"), .public_key = data_from(public, 32), .rights = 1};
    const struct user_session_machine_revoke_in revoke = {.number = 1};

    CHECK_THAT(user_session_sign(session, &sign, &signature) == USER_SESSION_NO_RIGHT);
    CHECK_THAT(user_session_machine_enrol(session, &enrol, &enrolled) == USER_SESSION_NO_RIGHT);
    CHECK_THAT(user_session_machine_revoke(session, &revoke) == USER_SESSION_NO_RIGHT);
    const struct user_session_agree_in agree = {.domain = text_of("x"),
                                                .peer = data_from(public, 32)};
    struct user_session_agree_out agreed;
    CHECK_THAT(user_session_agree(session, &agree, &agreed) == USER_SESSION_NO_RIGHT);
    struct user_session_keys_out keys = {.keys = {.slot = slot_alloc()}};
    CHECK_THAT(user_session_keys(session, &keys) == USER_SESSION_NO_RIGHT);
    return 0;
}

/* All copies end with the session, wherever they are, and what was attached to it. */
static int logout(cap_t session, cap_t program)
{
    struct self_mint_in copy = {
        .source = {session, RIGHTS_ALL, 0, 0}, .slot = slot_alloc(), .rights = RIGHT_WRITE};
    struct user_session_whoami_out who;

    CHECK_THAT(self_mint(CAP_SLOT_SELF, &copy) == OK);
    CHECK_THAT(user_session_whoami(copy.slot, &who) == OK);
    CHECK_THAT(user_session_logout(session) == OK);
    CHECK_THAT(user_session_whoami(session, &who) == ERR_REVOKED);
    CHECK_THAT(user_session_whoami(copy.slot, &who) == ERR_REVOKED);
    CHECK_THAT(user_session_whoami(program, &who) == ERR_REVOKED);
    return 0;
}

static int late(cap_t slot)
{
    const struct attempt right = {"machine login 1", bert, MACHINE, EPOCH, false};
    const struct timer_set_in after = {.after_ns = 30000000000ull};
    struct time_timer_out timer = {.timer = {.slot = slot_alloc()}};
    struct timer_wait_out waited;
    uint8_t nonce[32];

    CHECK_THAT(nonce_get(bert, nonce));
    CHECK_THAT(time_timer(startup_cap("time"), &(struct time_timer_in){0}, &timer) == OK);
    CHECK_THAT(timer_set(timer.timer.slot, &after) == OK);
    CHECK_THAT(timer_wait(timer.timer.slot, &(struct timer_wait_in){0}, &waited) == OK);
    CHECK_THAT(attempt(&right, nonce, slot) == IDENTITY_EXPIRED);
    return 0;
}

/* A space of one's own, and what ends with the session: also what was opened in it. */
static int own_keys(cap_t session)
{
    const struct attempt right = {"machine login 1", bert, MACHINE, EPOCH, false};
    const struct keystore_create_in make = {text_of("/keys/check"), KEYSTORE_KEY_KIND_SIGN};
    const struct keystore_delete_in drop = {make.name};
    const struct key_sign_in sign = {text_of("check"), data_from(public, 32)};
    struct user_session_keys_out keys = {.keys = {.slot = slot_alloc()}}, again;
    struct keystore_open_out opened = {.key = {.slot = slot_alloc()}};
    struct keystore_space_out inner = {.space = {.slot = slot_alloc()}};
    struct keystore_owners_out owners;
    struct keystore_has_out has;
    struct key_sign_out signature;
    uint8_t nonce[32];

    CHECK_THAT(nonce_get(bert, nonce) && attempt(&right, nonce, session) == OK);
    CHECK_THAT(user_session_keys(session, &keys) == OK);
    CHECK_THAT(keystore_create(keys.keys.slot, &make) == OK);
    CHECK_THAT(keystore_open(keys.keys.slot, &(struct keystore_open_in){make.name}, &opened) == OK);
    CHECK_THAT(key_sign(opened.key.slot, &sign, &signature) == OK);
    /* The same space for who asks again, and it takes nothing from who asked before. */
    again.keys = (struct cap_arg){.slot = slot_alloc()};
    CHECK_THAT(user_session_keys(session, &again) == OK);
    CHECK_THAT(keystore_has(again.keys.slot, &(struct keystore_has_in){make.name}, &has) == OK);
    CHECK_THAT(has.there && key_sign(opened.key.slot, &sign, &signature) == OK);
    /* None within it, and nobody else's: not by anybody's id. */
    const struct keystore_space_in others = {data_from(anna, 16)};
    CHECK_THAT(keystore_space(keys.keys.slot, &others, &inner) == KEYSTORE_NO_SPACE);
    const struct keystore_owners_in all = {0};
    CHECK_THAT(keystore_owners(keys.keys.slot, &all, &owners) == KEYSTORE_NO_SPACE);
    CHECK_THAT(vault_lock(keys.keys.slot) == ERR_MESSAGE);
    CHECK_THAT(user_session_logout(session) == OK);
    CHECK_THAT(key_sign(opened.key.slot, &sign, &signature) == KEY_GONE);
    CHECK_THAT(keystore_delete(keys.keys.slot, &drop) == ERR_REVOKED);
    CHECK_THAT(keystore_delete(again.keys.slot, &drop) == ERR_REVOKED);
    return 0;
}

int main(int argc, char **argv)
{
    cap_t session = slot_alloc(), program = slot_alloc();

    identity = startup_cap("identity");
    crypto_sign_seed_keypair(public, secret, seed);
    if (!id_get("bert", bert) || !id_get("anna", anna)) return 200;
    if (argc == 2 && strcmp(argv[1], "late") == 0) return late(session);
    if (argc == 2 && strcmp(argv[1], "keys") == 0) return own_keys(session);
    int wrong = refusals(session);
    if (wrong == 0) wrong = no_control();
    if (wrong == 0) wrong = attached(session, program);
    if (wrong == 0) wrong = rights(session);
    if (wrong == 0) wrong = logout(session, program);
    return wrong;
}
