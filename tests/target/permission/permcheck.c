/*
 * permcheck.c - a program that was started with a manifest: asks for what it may have, uses it, and
 * sees it end. For tests/e2e/permission.py, whose policy gives `random` for two seconds and denies
 * `files`. The exit code is 0, or the number of the first check that failed.
 */
#include "bytes.h"
#include "idl/axiom.h"
#include "idl/permission.h"
#include "idl/random.h"
#include "idl/vfs.h"
#include "slots.h"
#include "startup.h"

#define CHECK_THAT(what)                                                                           \
    do {                                                                                           \
        if (!(what)) return __COUNTER__ + 1;                                                       \
    } while (0)

enum { WAIT_SECONDS = 30 };

static cap_t subject;

static struct text text_of(const char *text)
{
    return text_from(text, strlen(text));
}

static int ask(const char *object, uint8_t rights, cap_t slot, struct subject_request_out *out)
{
    const struct subject_request_in in = {.object = text_of(object), .rights = rights};

    *out = (struct subject_request_out){.capability = {.slot = slot}};
    return subject_request(subject, &in, out);
}

static int draw(cap_t random)
{
    struct random_bytes_out out;

    return random_bytes(random, &(struct random_bytes_in){.count = 8}, &out);
}

/* Manifests of what it starts itself: of the class app only. */
static int children(cap_t slot)
{
    struct subject_child_out child = {.subject = {.slot = slot}};
    struct subject_child_in in = {text_of("id x.y\nname helper\nversion 1\nclass app\n"
                                          "wants random w \"for fun\"\n")};
    struct subject_request_out out;

    CHECK_THAT(subject_child(subject, &in, &child) == OK);
    cap_t mine = subject;
    subject = slot;
    CHECK_THAT(ask("random", RIGHT_WRITE, slot_alloc(), &out) == SUBJECT_PARENT);
    subject = mine;
    in.manifest = text_of("id x.y\nname helper\nversion 1\nclass system\n");
    child.subject.slot = slot_alloc();
    CHECK_THAT(subject_child(subject, &in, &child) == SUBJECT_BAD_MANIFEST);
    in.manifest = text_of("id x.y\nname helper\n");
    CHECK_THAT(subject_child(subject, &in, &child) == SUBJECT_BAD_MANIFEST);
    slot_discard(slot);
    return 0;
}

/* What is no session is shown as one: an endpoint of its own, and another's. */
static int sessions(void)
{
    struct self_endpoint_create_in own = {.slot = slot_alloc()};
    struct subject_request_in in = {.object = text_of("random"), .rights = RIGHT_WRITE};
    struct subject_request_out out = {.capability = {.slot = slot_alloc()}};

    CHECK_THAT(self_endpoint_create(CAP_SLOT_SELF, &own) == OK);
    in.session = (struct cap_arg){.slot = own.slot, .rights = RIGHT_WRITE};
    CHECK_THAT(subject_request(subject, &in, &out) == SUBJECT_NO_SESSION);
    in.session = (struct cap_arg){.slot = startup_cap("files"), .rights = RIGHT_WRITE};
    CHECK_THAT(subject_request(subject, &in, &out) == SUBJECT_NO_SESSION);
    return 0;
}

static int ends(cap_t random, uint32_t grant)
{
    struct self_mint_in copy = {
        .source = {random, RIGHTS_ALL, 0, 0}, .slot = slot_alloc(), .rights = RIGHT_WRITE};
    struct self_notification_create_in note = {.slot = slot_alloc(), .badge = 1};
    uint64_t start = ticks_now(), hz = startup_page()->tick_hz, word;
    struct subject_notices_in seen = {0};
    struct subject_notices_out notices;

    CHECK_THAT(self_notification_create(CAP_SLOT_SELF, &note) == OK);
    const struct subject_notify_in notify = {
        .notification = {.slot = note.slot, .rights = RIGHT_WRITE}};
    CHECK_THAT(subject_notify(subject, &notify) == OK);
    CHECK_THAT(self_mint(CAP_SLOT_SELF, &copy) == OK);
    CHECK_THAT(draw(random) == OK && draw(copy.slot) == OK);
    CHECK_THAT(sys_wait(note.slot, &word) == OK);
    CHECK_THAT(ticks_now() - start < WAIT_SECONDS * hz);
    CHECK_THAT(draw(random) == ERR_REVOKED && draw(copy.slot) == ERR_REVOKED);
    CHECK_THAT(subject_notices(subject, &seen, &notices) == OK && notices.notices.count == 1);
    CHECK_THAT(notices.notices.at[0].grant == grant);
    CHECK_THAT(notices.notices.at[0].why == PERMISSION_NOTICE_WHY_EXPIRED);
    CHECK_THAT(subject_notices(subject, &seen, &notices) == OK && notices.notices.count == 1);
    seen.seen = notices.notices.at[0].number;
    CHECK_THAT(subject_notices(subject, &seen, &notices) == OK && notices.notices.count == 0);
    seen.seen = 0;
    CHECK_THAT(subject_notices(subject, &seen, &notices) == OK && notices.notices.count == 0);
    return 0;
}

int main(int argc, char **argv)
{
    struct subject_request_out out;
    cap_t random = slot_alloc(), other = slot_alloc();

    (void)argc;
    (void)argv;
    subject = startup_cap("peer");
    CHECK_THAT(ask("clock", RIGHT_WRITE, other, &out) == SUBJECT_NOT_IN_MANIFEST);
    CHECK_THAT(ask("random", RIGHT_WRITE | RIGHT_GRANT, other, &out) == SUBJECT_NOT_IN_MANIFEST);
    CHECK_THAT(ask("moon", RIGHT_WRITE, other, &out) == SUBJECT_NO_OBJECT);
    CHECK_THAT(ask("files", RIGHT_WRITE, other, &out) == SUBJECT_RULE);
    CHECK_THAT(ask("random", RIGHT_READ, other, &out) == SUBJECT_NOT_IN_MANIFEST);
    int wrong = children(slot_alloc());
    if (wrong == 0) wrong = sessions();
    if (wrong != 0) return wrong;
    CHECK_THAT(ask("random", RIGHT_WRITE, other, &out) == OK);
    CHECK_THAT(subject_release(subject, &(struct subject_release_in){out.grant}) == OK);
    CHECK_THAT(draw(other) == ERR_REVOKED);
    CHECK_THAT(subject_release(subject, &(struct subject_release_in){out.grant}) ==
               SUBJECT_NO_GRANT);
    CHECK_THAT(subject_release(subject, &(struct subject_release_in){1}) == SUBJECT_NO_GRANT);
    CHECK_THAT(ask("random", RIGHT_WRITE, random, &out) == OK && out.left_ms == 2000);
    return ends(random, out.grant);
}
