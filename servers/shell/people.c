/* people.c - commands about users and sessions. */
#include "bytes.h"
#include "commands.h"
#include "idl/identity.h"
#include "slots.h"

enum { MS_A_MINUTE = 60000, ID_SHOWN = 16 };

static const char lacks[] = "capEmpty";

void shell_hex(struct shell *sh, struct data bytes)
{
    uint8_t copy[64]; /* printing uses the message page */
    uint32_t len = bytes.len < sizeof(copy) ? bytes.len : sizeof(copy);

    memcpy(copy, bytes.at, len);
    for (uint32_t i = 0; i < len; i++) {
        shell_print(sh, "%02x", copy[i]);
    }
}

/* Shards of the answer in the message page, shown this once. */
static void shards_show(struct shell *sh, const struct identity_shard *at, uint32_t count)
{
    char texts[3][97];

    for (uint32_t i = 0; i < count && i < 3; i++) {
        uint32_t len = at[i].text.len < 96 ? at[i].text.len : 96;
        memcpy(texts[i], at[i].text.at, len);
        texts[i][len] = '\0';
    }
    shell_print(sh, "write these down and keep them apart: they are shown this once\n");
    for (uint32_t i = 0; i < count && i < 3; i++) {
        shell_print(sh, "  %s\n", texts[i]);
    }
    memset(texts, 0, sizeof(texts));
}

static int failed(struct shell *sh, const char *what, int err)
{
    return shell_failed(sh, what, IDENTITY_ID, err);
}

/* The same twice, or nothing is done. */
static bool password_choose(struct shell *sh, struct secret *out_secret)
{
    struct secret again;
    bool same = secret_read(sh, "new password: ", out_secret) &&
                secret_read(sh, "the same again: ", &again) && again.len == out_secret->len &&
                memcmp(again.at, out_secret->at, again.len) == 0;

    secret_wipe(&again);
    if (!same) {
        secret_wipe(out_secret);
        (void)shell_refused(sh, "password", "not the same twice");
    }
    return same;
}

static int user_create(struct shell *sh, const char *name)
{
    struct identity_create_out out;
    struct secret password;

    if (!password_choose(sh, &password)) return STATUS_ERROR;
    const struct identity_create_in in = {.name = text_from(name, strlen(name)),
                                          .password = secret_text(&password)};
    int err = identity_create(sh->identity, &in, &out);
    secret_wipe(&password);
    if (err != OK) return failed(sh, name, err);
    bool vaulted = out.user.vaulted;
    shards_show(sh, out.shards.at, out.shards.count);
    if (!vaulted) shell_print(sh, "the keystore is not open: keys are kept under the password\n");
    return STATUS_OK;
}

/* Three shards, and a password of one's choice. */
static int user_recover(struct shell *sh, const char *name)
{
    static struct secret shards[3];
    struct identity_recover_in in = {.name = text_from(name, strlen(name))};
    struct identity_recover_out out;
    struct secret password;

    for (uint32_t i = 0; i < 3; i++) {
        if (!secret_read(sh, "shard: ", &shards[i])) return STATUS_INTERRUPTED;
        if (shards[i].len == 0) break; /* too few: let the server say so */
        in.shards.at[in.shards.count++].text = secret_text(&shards[i]);
    }
    if (!password_choose(sh, &password)) return STATUS_ERROR;
    in.password = secret_text(&password);
    int err = identity_recover(sh->identity, &in, &out);
    secret_wipe(&password);
    for (uint32_t i = 0; i < 3; i++) {
        secret_wipe(&shards[i]);
    }
    if (err != OK) return failed(sh, name, err);
    shards_show(sh, out.shards.at, out.shards.count);
    return STATUS_OK;
}

static int users_list(struct shell *sh)
{
    static struct identity_list_out out;
    struct identity_list_in in = {0};
    static struct {
        char name[33];
        uint8_t id[ID_SHOWN];
    } shown[8];

    shell_print(sh, "%-34s%-18s%-10s%s\n", "ID", "MACHINE KEYS", "SESSIONS", "NAME");
    do {
        int err = identity_list(sh->identity, &in, &out);
        if (err != OK) return failed(sh, "users", err);
        for (uint32_t i = 0; i < out.users.count; i++) {
            const struct identity_user *u = &out.users.at[i];
            memset(&shown[i], 0, sizeof(shown[i]));
            memcpy(shown[i].name, u->name.at, u->name.len);
            memcpy(shown[i].id, u->id.at, u->id.len);
        }
        for (uint32_t i = 0; i < out.users.count; i++) {
            const struct identity_user *u = &out.users.at[i];
            shell_hex(sh, data_from(shown[i].id, ID_SHOWN));
            shell_print(sh, "  %-18u%-10u%s%s\n", u->machines, u->sessions, shown[i].name,
                        u->locked ? ", locked" : "");
        }
        in.after = out.next;
    } while (in.after != 0);
    return STATUS_OK;
}

int run_users(struct shell *sh, int argc, char **argv)
{
    if (sh->identity == 0) return shell_refused(sh, "identity", lacks);
    if (argc == 1) return users_list(sh);
    if (argc != 3) return shell_wrong(sh, "what, and NAME");
    const char *name = argv[2];
    const struct text text = text_from(name, strlen(name));
    int err;
    if (strcmp(argv[1], "create") == 0) return user_create(sh, name);
    if (strcmp(argv[1], "recover") == 0) return user_recover(sh, name);
    if (strcmp(argv[1], "remove") == 0) {
        err = identity_remove(sh->identity, &(struct identity_remove_in){.name = text});
    } else if (strcmp(argv[1], "lock") == 0 || strcmp(argv[1], "unlock") == 0) {
        const struct identity_lock_in in = {.name = text, .locked = argv[1][0] == 'l'};
        err = identity_lock(sh->identity, &in);
    } else {
        return shell_wrong(sh, "create, remove, lock, unlock or recover");
    }
    return err == OK ? STATUS_OK : failed(sh, name, err);
}

/* Files are those of the start again, too. */
int person_log_out(struct shell *sh)
{
    int err = user_session_logout(sh->person);

    slot_discard(sh->person);
    sh->person = 0;
    shell_files_set(sh, 0);
    return err;
}

/* From here on files are seen as the user, or nobody is logged in. */
static int files_begin(struct shell *sh)
{
    struct user_session_files_out out = {.root = {.slot = slot_alloc()}};
    int err = user_session_files(sh->person, &out);

    if (err != OK) {
        slot_release(out.root.slot);
        (void)person_log_out(sh);
        return err;
    }
    shell_files_set(sh, out.root.slot);
    return OK;
}

int person_session(struct shell *sh, const char *name, const struct secret *password,
                   cap_t *out_session)
{
    struct identity_get_out got;
    struct identity_challenge_out challenge;
    struct identity_sign_out sign;
    uint8_t id[16], nonce[32], signature[64];
    const struct identity_get_in get = {.name = text_from(name, strlen(name))};
    int err = identity_get(sh->identity, &get, &got);

    if (err != OK) return err;
    memcpy(id, got.user.id.at, sizeof(id));
    const struct identity_challenge_in ask = {.user = data_from(id, sizeof(id))};
    err = identity_challenge(sh->identity, &ask, &challenge);
    if (err != OK) return err;
    memcpy(nonce, challenge.nonce.at, sizeof(nonce));
    const struct identity_sign_in in = {.name = get.name,
                                        .password = secret_text(password),
                                        .nonce = data_from(nonce, sizeof(nonce))};
    err = identity_sign(sh->identity, &in, &sign);
    if (err != OK) return err;
    memcpy(signature, sign.signature.at, sizeof(signature));
    const struct identity_login_in login = {.user = ask.user,
                                            .machine = sign.machine,
                                            .nonce = in.nonce,
                                            .signature = data_from(signature, sizeof(signature))};
    struct identity_login_out out = {.session = {.slot = slot_alloc()}};
    err = identity_login(sh->identity, &login, &out);
    if (err != OK) slot_release(out.session.slot);
    *out_session = err == OK ? out.session.slot : 0;
    return err;
}

/* This shell acts for somebody, in place of whom it did before. */
static int assume(struct shell *sh, const char *name, const struct secret *password)
{
    cap_t session;
    int err = person_session(sh, name, password, &session);

    if (err != OK) return err;
    if (sh->person != 0) (void)person_log_out(sh);
    sh->person = session;
    return files_begin(sh);
}

int run_assume(struct shell *sh, int argc, char **argv)
{
    struct secret password;

    (void)argc;
    if (sh->of_person) return shell_refused(sh, argv[1], "somebody is logged in");
    if (sh->identity == 0) return shell_refused(sh, "identity", lacks);
    if (!secret_read(sh, "password: ", &password)) return STATUS_INTERRUPTED;
    int err = assume(sh, argv[1], &password);
    secret_wipe(&password);
    return err == OK ? STATUS_OK : failed(sh, argv[1], err);
}

int run_logout(struct shell *sh, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    if (sh->person == 0) return shell_refused(sh, "nobody", "not logged in");
    int err = person_log_out(sh);
    sh->leaving = sh->of_person; /* with all that it started */
    return err == OK ? STATUS_OK : failed(sh, "session", err);
}

int run_whoami(struct shell *sh, int argc, char **argv)
{
    struct user_session_whoami_out out;
    char name[33] = {0}, machine[33] = {0};
    uint8_t id[ID_SHOWN];

    if (sh->person == 0) return shell_refused(sh, "nobody", "not logged in");
    if (argc == 2 && strcmp(argv[1], "--extend") != 0) return shell_wrong(sh, "--extend, or none");
    if (argc == 2) {
        struct user_session_extend_out extended;
        int err = user_session_extend(sh->person, &extended);
        if (err != OK) return failed(sh, "session", err);
    }
    int err = user_session_whoami(sh->person, &out);
    if (err != OK) return failed(sh, "session", err);
    memcpy(name, out.user.name.at, out.user.name.len);
    memcpy(machine, out.machine.name.at, out.machine.name.len);
    memcpy(id, out.user.id.at, sizeof(id));
    shell_print(sh, "%s, with the machine key %u, %s, epoch %u\nid ", name, out.machine.number,
                machine, out.machine.epoch);
    shell_hex(sh, data_from(id, sizeof(id)));
    shell_print(sh, "\nsession of %lu minutes more, %u attached\n", out.left_ms / MS_A_MINUTE,
                out.attached);
    return STATUS_OK;
}

int run_passwd(struct shell *sh, int argc, char **argv)
{
    struct secret old, new;

    (void)argc;
    (void)argv;
    if (sh->person == 0) return shell_refused(sh, "nobody", "not logged in");
    if (!secret_read(sh, "password: ", &old)) return STATUS_INTERRUPTED;
    if (!password_choose(sh, &new)) return STATUS_ERROR;
    const struct user_session_password_in in = {.old = secret_text(&old), .new = secret_text(&new)};
    int err = user_session_password(sh->person, &in);
    secret_wipe(&old);
    secret_wipe(&new);
    return err == OK ? STATUS_OK : failed(sh, "password", err);
}

/* Of all users, as far as this shell has control of identity. */
int run_sessions(struct shell *sh, int argc, char **argv)
{
    static struct identity_sessions_out out;
    struct identity_sessions_in in = {0};
    static char names[8][3][33];

    (void)argc;
    (void)argv;
    if (sh->identity == 0) return shell_refused(sh, "identity", lacks);
    shell_print(sh, "%-12s%-20s%-20s%s\n", "MINUTES LEFT", " USER", "MACHINE KEY", "ATTACHED");
    do {
        int err = identity_sessions(sh->identity, &in, &out);
        if (err != OK) return failed(sh, "sessions", err);
        memset(names, 0, sizeof(names));
        for (uint32_t i = 0; i < out.sessions.count; i++) {
            const struct identity_session_info *e = &out.sessions.at[i];
            memcpy(names[i][0], e->user.at, e->user.len);
            memcpy(names[i][1], e->machine.at, e->machine.len);
            memcpy(names[i][2], e->label.at, e->label.len);
        }
        for (uint32_t i = 0; i < out.sessions.count; i++) {
            shell_print(sh, "%12lu %-20s%-20s%s\n", out.sessions.at[i].left_ms / MS_A_MINUTE,
                        names[i][0], names[i][1], names[i][2]);
        }
        in.after = out.next;
    } while (in.after != 0);
    return STATUS_OK;
}
