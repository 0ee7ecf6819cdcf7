/*
 * grant_load.c - asks for a capability, uses it and gives it back, again and again, while the
 * permission server is ended under it. For tests/e2e/permission.py, whose policy gives `random`.
 *
 * What an answer said holds whatever happens to the server: what was given works until it is given
 * back, and never after. The exit code is 0, or the number of the first check that failed.
 */
#include "bytes.h"
#include "idl/axiom.h"
#include "idl/permission.h"
#include "idl/random.h"
#include "slots.h"
#include "startup.h"
#include "text.h"

#define CHECK_THAT(what)                                                                           \
    do {                                                                                           \
        if (!(what)) return __COUNTER__ + 1;                                                       \
    } while (0)

static const char manifest[] =
    "id x.load\nname load\nversion 1\nclass app\nneeds random w \"to draw\"\n";
static cap_t subject;

static int draw(cap_t random)
{
    struct random_bytes_out out;

    return random_bytes(random, &(struct random_bytes_in){.count = 8}, &out);
}

static bool again(int err)
{
    return err == ERR_PEER_DIED || err == ERR_CAP_LOST;
}

/* A request whose answer was lost may have given something: the subject's end takes it back. */
static int open_subject(cap_t permission)
{
    struct permission_register_in in = {text_from(manifest, sizeof(manifest) - 1)};
    struct permission_register_out out = {.subject = {.slot = slot_alloc()}};
    int err;

    slot_discard(subject);
    do {
        err = permission_register(permission, &in, &out);
    } while (again(err));
    subject = out.subject.slot;
    return err;
}

static int release(uint32_t grant)
{
    bool asked_again = false;

    for (;;) {
        int err = subject_release(subject, &(struct subject_release_in){grant});
        if (err == SUBJECT_NO_GRANT && asked_again) return OK; /* the first time did it */
        if (!again(err)) return err;
        asked_again = true;
    }
}

static int turn(cap_t permission, cap_t slot)
{
    const struct subject_request_in in = {.object = text_from("random", 6), .rights = RIGHT_WRITE};
    struct subject_request_out out = {.capability = {.slot = slot}};
    int err = subject_request(subject, &in, &out);

    if (again(err)) return open_subject(permission);
    if (err != OK) return err;
    struct self_mint_in copy = {
        .source = {slot, RIGHTS_ALL, 0, 0}, .slot = slot_alloc(), .rights = RIGHT_WRITE};
    CHECK_THAT(self_mint(CAP_SLOT_SELF, &copy) == OK);
    CHECK_THAT(draw(slot) == OK && draw(copy.slot) == OK);
    CHECK_THAT(release(out.grant) == OK);
    CHECK_THAT(draw(slot) == ERR_REVOKED && draw(copy.slot) == ERR_REVOKED);
    (void)slot_empty(slot);
    slot_discard(copy.slot);
    return 0;
}

int main(int argc, char **argv)
{
    cap_t permission = startup_cap("permission"), slot = slot_alloc();
    uint64_t turns;

    CHECK_THAT(argc == 2 && text_parse_u64(argv[1], strlen(argv[1]), &turns));
    CHECK_THAT(open_subject(permission) == OK);
    for (uint64_t i = 0; i < turns; i++) {
        int wrong = turn(permission, slot);
        if (wrong != 0) return wrong;
    }
    return 0;
}
