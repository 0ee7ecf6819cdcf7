/*
 * client_policy.c - a client of the permission server: sets policies and knows which one is in
 * force; makes a subject, asks for a capability as it, and looks whether it is gone when it was
 * taken back.
 */
#include <string.h>

#include "client.h"
#include "idl/permission.h"
#include "idl/random.h"
#include "slots.h"
#include "startup.h"

enum { POLICIES = 4, GIVES = 1, USE = 2 };

static struct model {
    uint32_t now, next; /* of the policies; 0: none yet */
    bool pending;
} * model;
static cap_t permission, subject;

static const char *const policies[POLICIES] = {"", "allow any random", "deny any *",
                                               "allow class:system random for=3600\n# more"};
static const char manifest[] = "id org.example.sim\nname sim\nversion 1\nclass app\n"
                               "wants random w \"it draws\"\n";

static struct text text_of(const char *text)
{
    return text_from(text, strlen(text));
}

static bool is(uint32_t policy)
{
    struct permission_policy_out out;
    int err;
    do {
        err = permission_policy(permission, &(struct permission_policy_in){0}, &out);
    } while (cut_off(err));
    if (err != OK) sim_client_fails("policy", err);
    return out.text.len == strlen(policies[policy]) &&
           memcmp(out.text.at, policies[policy], out.text.len) == 0;
}

/* A policy that was cut off may have become a file, which is read when its server comes to it. */
static void find_out(void)
{
    if (is(model->now)) return;
    if (!model->pending || !is(model->next)) sim_client_fails("lost a policy", 0);
    model->now = model->next;
    model->pending = false;
}

static void step_policy(void)
{
    struct permission_set_policy_out out;
    struct permission_set_policy_in in = {text_of("allow any random\nallow nobody")};
    bool wrong = !model->pending && sim_random(4) == 0;
    if (!model->pending) model->next = wrong ? model->now : 1 + sim_random(POLICIES - 1);
    if (!wrong) in.text = text_of(policies[model->next]);
    model->pending = true;
    int err = permission_set_policy(permission, &in, &out);
    if (cut_off(err) || err == PERMISSION_NO_FILE) return;
    if (err != OK || out.line != (wrong ? 2u : 0u)) sim_client_fails("a policy", err);
    model->now = model->next;
    model->pending = false;
}

static void subject_make(void)
{
    struct permission_register_out out = {.subject = {.slot = slot_alloc()}};
    const struct permission_register_in in = {text_of(manifest)};
    int err = permission_register(permission, &in, &out);
    if (err != OK && !cut_off(err)) sim_client_fails("a subject", err);
    subject = err == OK ? out.subject.slot : 0;
    if (err != OK) slot_discard(out.subject.slot);
}

static int draw(cap_t random)
{
    struct random_bytes_out out;
    int err;
    do {
        err = random_bytes(random, &(struct random_bytes_in){.count = 8}, &out);
    } while (cut_off(err));
    return err;
}

/* What was given is of use, and none when it was taken back by who gave it. */
static int grant_use(cap_t random, uint32_t grant)
{
    bool release = sim_random(2) == 0;
    int err = draw(random);
    if (err != OK && err != ERR_REVOKED) sim_client_fails("what was given", err);
    err = release ? subject_release(subject, &(struct subject_release_in){grant})
                  : permission_revoke(permission, &(struct permission_revoke_in){grant});
    if (err == OK && draw(random) != ERR_REVOKED) sim_client_fails("what was taken back", 0);
    /* A grant of a server that was started again may be lost to it, or be none. */
    bool none = err == PERMISSION_NO_GRANT || err == SUBJECT_NO_GRANT;
    return none ? ERR_PEER_DIED : err;
}

static void step_request(void)
{
    struct subject_request_out out = {.capability = {.slot = slot_alloc()}};
    const struct subject_request_in in = {.object = text_of("random"), .rights = USE};
    int err = subject_request(subject, &in, &out);
    if (err == SUBJECT_NO_RULE || err == SUBJECT_RULE) {
        bool gives = model->now == GIVES && !model->pending;
        if (gives) sim_client_fails("refused against the policy", err);
        err = OK;
    } else if (err == OK) {
        if (model->now != GIVES && !model->pending)
            sim_client_fails("given against the policy", (int)model->now);
        err = grant_use(out.capability.slot, out.grant);
    }
    if (err != OK && err != SUBJECT_LIMIT && !cut_off(err)) sim_client_fails("a request", err);
    slot_discard(out.capability.slot);
    if (err == OK) return;
    slot_discard(subject); /* of a boot that is over, perhaps; its grants go with it */
    subject = 0;
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    permission = startup_cap("permission");
    model = sim_client_memory(sizeof(*model));
    find_out();
    for (;;) {
        uint32_t what = sim_random(4);
        if (what == 0) step_policy();
        if (what == 1 && subject == 0) subject_make();
        if (what >= 2 && subject != 0) step_request();
        find_out();
        sim_client_did();
    }
}
