/* permissions.c - who was given what: the permission server asked. */
#include "bytes.h"
#include "commands.h"
#include "idl/identity.h"
#include "idl/permission.h"
#include "slots.h"
#include "trace.h"

enum { RIGHTS_SHOWN = 4, MANIFEST_MAX = 1500, MS_A_SECOND = 1000 };

static int failed(struct shell *sh, const char *what, uint64_t interface, int err)
{
    return shell_failed(sh, what, interface, err);
}

static void rights_show(uint32_t rights, char out_text[RIGHTS_SHOWN])
{
    out_text[0] = (rights & RIGHT_WRITE) != 0 ? 'w' : '-';
    out_text[1] = (rights & RIGHT_GRANT) != 0 ? 'g' : '-';
    out_text[2] = '\0';
}

static bool rights_parse(const char *word, uint8_t *out_rights)
{
    *out_rights = 0;
    for (; *word == 'w' || *word == 'g'; word++) {
        *out_rights |= *word == 'w' ? RIGHT_WRITE : RIGHT_GRANT;
    }
    return *word == '\0' && *out_rights != 0;
}

struct names { /* of a grant: printing uses the message page, where they lie */
    char object[33], subject[33], parent[33], user[33];
};

static void name_take(struct text name, char out_name[33])
{
    memcpy(out_name, name.at, name.len);
    out_name[name.len] = '\0';
}

static void grant_show(struct shell *sh, const struct permission_grant *g, const struct names *n)
{
    char rights[RIGHTS_SHOWN];

    rights_show(g->rights, rights);
    shell_print(sh, "%5u  %-8s%-12s%-16s%-16s%-16s%4u  ", g->id, rights, n->object, n->subject,
                n->parent, n->user, g->line);
    if (g->left_ms != 0) shell_print(sh, "in %lu s", g->left_ms / MS_A_SECOND);
    shell_print(sh, "%s\n", g->gone ? "gone" : "");
}

static int grants_list(struct shell *sh)
{
    static struct permission_grants_out out;
    struct permission_grants_in in = {0};
    static struct names names[8];

    shell_print(sh, "   ID  RIGHTS  %-12s%-16s%-16s%-16sRULE  ENDS\n", "OBJECT", "SUBJECT",
                "PARENT", "USER");
    do {
        int err = permission_grants(sh->permission, &in, &out);
        if (err != OK) return failed(sh, "grants", PERMISSION_ID, err);
        for (uint32_t i = 0; i < out.grants.count; i++) {
            const struct permission_grant *g = &out.grants.at[i];
            name_take(g->object, names[i].object);
            name_take(g->subject, names[i].subject);
            name_take(g->parent, names[i].parent);
            name_take(g->user, names[i].user);
        }
        for (uint32_t i = 0; i < out.grants.count; i++) {
            grant_show(sh, &out.grants.at[i], &names[i]);
        }
        in.after = out.next;
    } while (in.after != 0);
    return STATUS_OK;
}

/* Of a file that is no policy: its column, or why it was not read. */
static void bad_show(struct shell *sh, uint32_t code)
{
    if ((code >> 31) == 0) {
        shell_print(sh, "  column %u", code);
    } else {
        shell_print(sh, "  %s", policy_problem(code & 7));
    }
}

static void event_show(struct shell *sh, const struct permission_event *e, const char *subject,
                       const char *object)
{
    static const char *const kinds[] = {"",        "granted", "refused", "released", "revoked",
                                        "expired", "policy",  "subject", "ended",    "bad"};
    const char *why = trace_error_name(trace_interface_find(SUBJECT_ID), e->code);
    char rights[RIGHTS_SHOWN];

    rights_show(e->rights, rights);
    shell_print(sh, "%5lu  %8lu ms  %-9s%-16s%-12s%s", e->number, e->at_ms, kinds[e->kind], subject,
                object, e->rights != 0 ? rights : "");
    if (e->kind == PERMISSION_EVENT_KIND_REFUSED) shell_print(sh, "  %s", why != NULL ? why : "");
    if (e->kind == PERMISSION_EVENT_KIND_POLICY) {
        shell_print(sh, "  +%u -%u, %u rules", e->code & 0xff, e->code >> 8 & 0xff, e->code >> 16);
    }
    if (e->line != 0) shell_print(sh, "  line %u", e->line);
    if (e->kind == PERMISSION_EVENT_KIND_BAD_POLICY) bad_show(sh, e->code);
    if (e->grant != 0) shell_print(sh, "  grant %u", e->grant);
    shell_print(sh, "\n");
}

static int history_list(struct shell *sh)
{
    static struct permission_history_out out;
    struct permission_history_in in = {0};
    static char names[8][2][33];

    do {
        int err = permission_history(sh->permission, &in, &out);
        if (err != OK) return failed(sh, "history", PERMISSION_ID, err);
        memset(names, 0, sizeof(names));
        for (uint32_t i = 0; i < out.events.count; i++) {
            const struct permission_event *e = &out.events.at[i];
            memcpy(names[i][0], e->subject.at, e->subject.len);
            memcpy(names[i][1], e->object.at, e->object.len);
        }
        for (uint32_t i = 0; i < out.events.count; i++) {
            event_show(sh, &out.events.at[i], names[i][0], names[i][1]);
            in.before = out.events.at[i].number;
        }
    } while (out.events.count != 0 && in.before > 1 && !shell_stopped(sh));
    return STATUS_OK;
}

int subject_register(struct shell *sh, struct text manifest, cap_t *out_subject)
{
    const struct permission_register_in in = {.manifest = manifest};
    struct permission_register_out out = {.subject = {.slot = slot_alloc()}};
    int err = permission_register(sh->permission, &in, &out);

    if (err != OK) slot_release(out.subject.slot);
    *out_subject = err == OK ? out.subject.slot : 0;
    return err;
}

/* Who is logged in has no control: what is started is a child of what they ask as. */
static int subject_child_of(struct shell *sh, struct text manifest, cap_t *out_subject)
{
    const struct subject_child_in in = {.manifest = manifest};
    struct subject_child_out out = {.subject = {.slot = slot_alloc()}};
    int err = subject_child(sh->subject, &in, &out);

    if (err != OK) slot_release(out.subject.slot);
    *out_subject = err == OK ? out.subject.slot : 0;
    return err == SUBJECT_BAD_MANIFEST ? PERMISSION_BAD_MANIFEST
           : err == SUBJECT_LIMIT      ? PERMISSION_LIMIT
                                       : err;
}

/* A subject from the manifest in a file, in a new slot; 0 after a message. */
static cap_t subject_make(struct shell *sh, const char *path)
{
    struct permission_problem_out problem;
    bool child = sh->of_person && sh->subject != 0;
    struct text from;
    cap_t subject;

    if (text_take(sh, path, MANIFEST_MAX, &from)) {
        int err =
            child ? subject_child_of(sh, from, &subject) : subject_register(sh, from, &subject);
        if (err == OK) return subject;
        if (err != PERMISSION_BAD_MANIFEST || permission_problem(sh->permission, &problem) != OK) {
            (void)failed(sh, path, PERMISSION_ID, err);
        } else {
            char why[48];
            struct out o = out_to(why, sizeof(why));
            out_print(&o, "line %u of the manifest is wrong", problem.line);
            (void)shell_refused(sh, path, why);
        }
    }
    return 0;
}

struct wish {
    const char *object;
    uint8_t rights;
    struct subject_request_out got; /* its capability in a slot of ours */
};

/* Asks for it, with the session of who is logged in. */
static int ask(struct shell *sh, cap_t subject, struct wish *w)
{
    struct subject_request_in in = {.object = text_from(w->object, strlen(w->object)),
                                    .rights = w->rights};

    w->got = (struct subject_request_out){.capability = {.slot = slot_alloc()}};
    if (sh->person != 0) in.session = (struct cap_arg){.slot = sh->person, .rights = RIGHT_WRITE};
    int err = subject_request(subject, &in, &w->got);
    if (err != OK) slot_release(w->got.capability.slot);
    return err;
}

static int request(struct shell *sh, const char *object, const char *word)
{
    struct wish w = {.object = object};

    if (!rights_parse(word, &w.rights)) return shell_wrong(sh, "RIGHTS are letters of w and g");
    if (sh->subject == 0) return shell_refused(sh, "no manifest", "perm manifest FILE comes first");
    int err = ask(sh, sh->subject, &w);
    if (err != OK) return failed(sh, object, SUBJECT_ID, err);
    shell_print(sh, "grant %u: slot %lu%s", w.got.grant, (unsigned long)w.got.capability.slot,
                w.got.left_ms == 0 ? "\n" : "");
    if (w.got.left_ms != 0) shell_print(sh, ", for %lu s\n", w.got.left_ms / MS_A_SECOND);
    return STATUS_OK;
}

static int manifest(struct shell *sh, const char *path)
{
    cap_t subject = subject_make(sh, path);

    if (subject == 0) return STATUS_ERROR;
    if (sh->of_person) {
        slot_discard(subject);
        return shell_refused(sh, path, "who is logged in asks as what the login gave");
    }
    slot_discard(sh->subject); /* with what it was given */
    sh->subject = subject;
    sh->noticed = 0;
    return STATUS_OK;
}

/* Starts a program of a manifest: not without what it needs. */
static int run_with(struct shell *sh, const char *path, const char *name)
{
    const char *const argv[] = {name};
    cap_t subject = subject_make(sh, path);
    struct subject_needs_in at = {0};
    struct subject_needs_out need;
    int err = OK;

    if (subject == 0) return STATUS_ERROR;
    do {
        char object[33] = {0}, reason[41] = {0}, why[160];
        err = subject_needs(subject, &at, &need);
        if (err != OK) break;
        memcpy(object, need.object.at, need.object.len);
        memcpy(reason, need.reason.at, need.reason.len);
        const bool required = need.required, more = need.more;
        struct wish w = {.object = object, .rights = need.rights};
        if (required) err = ask(sh, subject, &w);
        if (required && err == OK) { /* it could have it, and asks itself */
            const struct subject_release_in back = {.grant = w.got.grant};
            (void)subject_release(subject, &back);
            slot_discard(w.got.capability.slot);
        }
        if (err != OK) {
            struct out o = out_to(why, sizeof(why));
            out_print(&o, "needs %s, \"%s\"", object, reason);
            slot_discard(subject);
            return failed(sh, why, SUBJECT_ID, err);
        }
        at.at = more ? at.at + 1 : 0;
    } while (at.at != 0);
    const struct program p = {
        .argc = 1, .argv = argv, .endpoint = subject, .endpoint_rights = RIGHT_WRITE | RIGHT_GRANT};
    struct job *job = job_start(sh, &p);
    int status = job == NULL ? STATUS_ERROR : job_wait(sh, job);
    slot_discard(subject);
    return status;
}

void permissions_news(struct shell *sh)
{
    static const char *const whys[] = {"revoked", "expired"};
    struct subject_notices_in in = {.seen = sh->noticed};
    struct subject_notices_out out;
    struct permission_notice at[8];
    char names[8][33] = {{0}};

    if (sh->subject == 0 || subject_notices(sh->subject, &in, &out) != OK) return;
    for (uint32_t i = 0; i < out.notices.count; i++) {
        at[i] = out.notices.at[i];
        memcpy(names[i], at[i].object.at, at[i].object.len);
    }
    for (uint32_t i = 0; i < out.notices.count; i++) {
        shell_print(sh, "shell: grant %u, %s, was %s\n", at[i].grant, names[i], whys[at[i].why]);
        sh->noticed = at[i].number;
    }
}

int run_perm(struct shell *sh, int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "list";
    uint64_t number;

    if (sh->permission == 0) return shell_refused(sh, "permission", "capEmpty");
    if (argc <= 2 && strcmp(what, "list") == 0) return grants_list(sh);
    if (argc == 2 && strcmp(what, "policy") == 0) return policy_show(sh);
    if (argc == 2 && strcmp(what, "rules") == 0) return rules_list(sh);
    if (argc == 2 && strcmp(what, "history") == 0) return history_list(sh);
    if (argc == 3 && strcmp(what, "policy") == 0) return policy_set(sh, argv[2]);
    if (argc == 3 && strcmp(what, "manifest") == 0) return manifest(sh, argv[2]);
    if (argc == 4 && strcmp(what, "request") == 0) return request(sh, argv[2], argv[3]);
    if (argc == 4 && strcmp(what, "run") == 0) return run_with(sh, argv[2], argv[3]);
    bool ends = strcmp(what, "revoke") == 0 || strcmp(what, "release") == 0;
    if (argc != 3 || !ends || !shell_number(argv[2], &number)) {
        return shell_wrong(
            sh, "list, policy, rules, manifest, request, release, run, revoke or history");
    }
    int err;
    if (what[2] == 'v') {
        const struct permission_revoke_in in = {.grant = (uint32_t)number};
        err = permission_revoke(sh->permission, &in);
        return err == OK ? STATUS_OK : failed(sh, argv[2], PERMISSION_ID, err);
    }
    const struct subject_release_in in = {.grant = (uint32_t)number};
    err = sh->subject == 0 ? (int)SUBJECT_NO_GRANT : subject_release(sh->subject, &in);
    return err == OK ? STATUS_OK : failed(sh, argv[2], SUBJECT_ID, err);
}
