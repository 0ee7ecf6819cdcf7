/*
 * login.c - a person at the terminal: a shell of their own, beside this one.
 *
 * It is another process, which has a session of the console, what the session of the user gives
 * (itself, and files as the user), a subject to ask for more as, and services that everybody may
 * use, without control. Nothing of what this shell may do is passed on. When it ends, however that
 * comes, the session ends, and with it all that was derived from it.
 */
#include "bytes.h"
#include "commands.h"
#include "idl/console.h"
#include "idl/identity.h"
#include "idl/permission.h"
#include "idl/registry.h"
#include "service.h"
#include "slots.h"
#include "spawn.h"

enum { CAPS = 8, NAME_MAX = 32, LINE_MAX = 1024, LEAST_PAGES = 256 };

static const char manifest[] = "id waterlight.login\nname login\nversion 1\nclass service\n"
                               "wants files wg \"for programs\"\n"
                               "wants random wg \"for programs\"\n"
                               "wants clock wg \"for programs\"\n"
                               "wants terminal wg \"for programs\"\n"
                               "wants people wg \"for programs\"\n";

bool login_lasts(struct shell *sh)
{
    struct user_session_whoami_out out;
    uint32_t tries = 0;
    int err;

    if (!sh->of_person || sh->person == 0) return true;
    do {
        err = user_session_whoami(sh->person, &out);
    } while (call_again(err, &tries));
    if (err == OK) return true;
    shell_print(sh, "shell: the session has ended\n");
    shell_flush(sh);
    return false;
}

/* As everybody gets it: without control, whatever this shell's own capability may do. */
static cap_t plain(const char *service)
{
    const struct registry_lookup_in in = {.name = text_from(service, strlen(service))};
    struct registry_lookup_out out = {.service = {.slot = slot_alloc()}};

    if (registry_lookup(CAP_SLOT_REGISTRY, &in, &out) == OK) return out.service.slot;
    slot_release(out.service.slot);
    return 0;
}

static cap_t files_of(cap_t session, int *out_err)
{
    struct user_session_files_out out = {.root = {.slot = slot_alloc()}};

    *out_err = user_session_files(session, &out);
    if (*out_err == OK) return out.root.slot;
    slot_release(out.root.slot);
    return 0;
}

/* Half of what this shell has left: the console's own is not left without. */
static uint32_t pages_share(void)
{
    struct self_info_out self;

    if (self_info(CAP_SLOT_SELF, &self) != OK) return LEAST_PAGES;
    uint32_t half = (self.info.pages_max - self.info.pages) / 2;
    return half > LEAST_PAGES ? half : LEAST_PAGES;
}

static int caps_run(struct shell *sh, const char *name, const struct spawn_cap *caps)
{
    const char *const argv[] = {"/bin/shell", "--login", name};
    struct spawn_cap held[CAPS];
    struct program p = {.name = name, .argc = 3, .argv = argv, .caps = held};

    for (uint32_t i = 0; i < CAPS; i++) {
        if (caps[i].source != 0) held[p.cap_count++] = caps[i];
    }
    p.pages = pages_share();
    struct job *job = job_start(sh, &p);
    return job == NULL ? STATUS_ERROR : job_wait(sh, job);
}

/* Until it ends. Its exit status. */
static int person_shell(struct shell *sh, const char *name, cap_t session, cap_t files)
{
    cap_t subject = 0;

    (void)subject_register(sh, text_from(manifest, sizeof(manifest) - 1), &subject);
    const struct spawn_cap caps[CAPS] = {
        {.name = "console", .source = plain("console"), .rights = RIGHT_WRITE | RIGHT_GRANT},
        {.name = "files", .source = files, .rights = RIGHT_WRITE | RIGHT_GRANT},
        {.name = "person", .source = session, .rights = RIGHT_WRITE | RIGHT_GRANT},
        {.name = "subject", .source = subject, .rights = RIGHT_WRITE | RIGHT_GRANT},
        {.name = "random", .source = sh->random, .rights = RIGHT_WRITE},
        {.name = "time", .source = plain("time"), .rights = RIGHT_WRITE},
        {.name = "identity", .source = plain("identity"), .rights = RIGHT_WRITE},
        {.name = "permission", .source = plain("permission"), .rights = RIGHT_WRITE},
    };
    int status = caps_run(sh, name, caps);

    (void)user_session_logout(session); /* it may have done that itself */
    for (uint32_t i = 0; i < CAPS; i++) {
        if (caps[i].source != sh->random) slot_discard(caps[i].source);
    }
    return status;
}

static int login(struct shell *sh, const char *name)
{
    struct secret password;
    cap_t session, files;

    if (!secret_read(sh, "password: ", &password)) return STATUS_INTERRUPTED;
    int err = person_session(sh, name, &password, &session);
    secret_wipe(&password);
    if (err != OK) return shell_failed(sh, name, IDENTITY_ID, err);
    files = files_of(session, &err);
    if (err == OK) return person_shell(sh, name, session, files);
    (void)user_session_logout(session);
    slot_discard(session);
    return shell_failed(sh, name, USER_SESSION_ID, err);
}

static bool name_read(struct shell *sh, char out_name[NAME_MAX + 1])
{
    const struct session_mode_in cooked = {.raw = false, .echo = true};
    const struct session_mode_in raw = {.raw = true, .echo = false};
    struct session_read_out out = {0};

    (void)session_mode(sh->session, &cooked); /* before anybody answers */
    shell_print(sh, "login: ");
    shell_flush(sh);
    int err = session_read(sh->session, &(struct session_read_in){.max = LINE_MAX}, &out);
    uint32_t len = err == OK ? out.data.len : 0;
    if (len > NAME_MAX + 1) len = 0; /* nobody has such a name */
    memcpy(out_name, out.data.at, len);
    (void)session_mode(sh->session, &raw);
    if (err != OK && err != SESSION_INTERRUPTED && !shell_open(sh)) sys_yield();
    if (len < 2 || out_name[len - 1] != '\n') return false;
    out_name[len - 1] = '\0';
    return true;
}

int run_login(struct shell *sh, int argc, char **argv)
{
    char name[NAME_MAX + 1];

    if (sh->of_person) return shell_refused(sh, "login", "somebody is logged in");
    if (sh->identity == 0) return shell_refused(sh, "identity", "capEmpty");
    if (sh->person != 0) (void)person_log_out(sh);
    if (argc == 2) return login(sh, argv[1]);
    for (;;) { /* until the machine is switched off, or this process ends */
        if (name_read(sh, name)) (void)login(sh, name);
        sh->interrupted = false;
    }
}
