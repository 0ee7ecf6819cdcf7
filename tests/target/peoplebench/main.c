/*
 * main.c - peoplebench USER PASSWORD: what a signature, its check and a login cost by the time
 * stamp: instructions, where the machine counts time by them. tests/bench/people.py runs it.
 *
 * `FIGURE NAME COUNT TICKS`: the least of some stretches, so that what others do meanwhile is out.
 */
#include "bytes.h"
#include "idl/identity.h"
#include "idl/keystore.h"
#include "panic.h"
#include "say.h"
#include "slots.h"
#include "startup.h"

enum { STRETCHES = 5, SIGNATURES = 40, LOGINS = 1, MESSAGE = 64 };

static const char name[] = "/keys/bench", domain[] = "bench";
static uint8_t message[MESSAGE], signature[64];
static const char *user, *password;
static cap_t key, identity;

static struct text text_of(const char *text)
{
    return text_from(text, strlen(text));
}

static void must(int err, const char *what)
{
    if (err == OK) return;
    say("FAILED %s %d\n", what, err);
    program_exit(EXIT_ERROR);
}

static void sign(void)
{
    const struct key_sign_in in = {.domain = text_of(domain),
                                   .message = data_from(message, sizeof(message))};
    struct key_sign_out out;

    must(key_sign(key, &in, &out), "sign");
    memcpy(signature, out.signature.at, sizeof(signature));
}

static void verify(void)
{
    const struct key_verify_in in = {.domain = text_of(domain),
                                     .message = data_from(message, sizeof(message)),
                                     .signature = data_from(signature, sizeof(signature))};
    struct key_verify_out out;

    must(key_verify(key, &in, &out), "verify");
    if (!out.good) PANIC("a good signature is refused");
}

/* From the password to a session, its files, and its end. */
static void login(void)
{
    struct identity_get_out got;
    struct identity_challenge_out challenge;
    struct identity_sign_out signed_;
    struct identity_login_out begun = {.session = {.slot = slot_alloc()}};
    struct user_session_files_out files = {.root = {.slot = slot_alloc()}};
    uint8_t id[16], nonce[32], answer[64];

    must(identity_get(identity, &(struct identity_get_in){.name = text_of(user)}, &got), "get");
    memcpy(id, got.user.id.at, sizeof(id));
    const struct identity_challenge_in ask = {.user = data_from(id, sizeof(id))};
    must(identity_challenge(identity, &ask, &challenge), "challenge");
    memcpy(nonce, challenge.nonce.at, sizeof(nonce));
    const struct identity_sign_in with = {.name = text_of(user),
                                          .password = text_of(password),
                                          .nonce = data_from(nonce, sizeof(nonce))};
    must(identity_sign(identity, &with, &signed_), "sign of a login");
    memcpy(answer, signed_.signature.at, sizeof(answer));
    const struct identity_login_in in = {.user = ask.user,
                                         .machine = signed_.machine,
                                         .nonce = with.nonce,
                                         .signature = data_from(answer, sizeof(answer))};
    must(identity_login(identity, &in, &begun), "login");
    must(user_session_files(begun.session.slot, &files), "files");
    must(user_session_logout(begun.session.slot), "logout");
    slot_discard(files.root.slot);
    slot_discard(begun.session.slot);
}

static void figure(const char *what, void (*run)(void), uint32_t count)
{
    uint64_t least = UINT64_MAX;

    for (uint32_t stretch = 0; stretch < STRETCHES; stretch++) {
        uint64_t start = ticks_now();
        for (uint32_t i = 0; i < count; i++) {
            run();
        }
        uint64_t took = ticks_now() - start;
        if (took < least) least = took;
    }
    say("FIGURE %s %u %lu\n", what, count, (unsigned long)least);
}

int main(int argc, char **argv)
{
    struct keystore_open_out opened = {.key = {.slot = slot_alloc()}};
    cap_t keys = startup_cap("keys");

    if (argc != 3) return EXIT_ERROR;
    user = argv[1];
    password = argv[2];
    identity = startup_cap("identity");
    const struct keystore_create_in make = {.name = text_of(name), .kind = KEYSTORE_KEY_KIND_SIGN};
    must(keystore_create(keys, &make), "create");
    must(keystore_open(keys, &(struct keystore_open_in){.name = make.name}, &opened), "open");
    key = opened.key.slot;
    figure("sign", sign, SIGNATURES);
    figure("verify", verify, SIGNATURES);
    figure("login", login, LOGINS);
    say("FIGURE end 0 0\n");
    return 0;
}
