/* machines.c - commands about this machine's name, machine keys, credentials and preferences. */
#include "bytes.h"
#include "commands.h"
#include "idl/identity.h"

enum { SIGNATURE_BYTES = 64, PUBLIC_BYTES = 32, ID_BYTES = 16 };

static int failed(struct shell *sh, const char *what, int err)
{
    return shell_failed(sh, what, IDENTITY_ID, err);
}

static struct text text_of(const char *text)
{
    return text_from(text, strlen(text));
}

/* Authenticate, sign, make machine keys, revoke them, agree, use keys: in the order of the bits. */
static const char letters[] = "asmrgk";
enum { RIGHTS = sizeof(letters) - 1 };

/* Letters of these, or "-". */
static bool rights_parse(const char *text, uint32_t *out_rights)
{
    *out_rights = 0;
    if (strcmp(text, "-") == 0) return true;
    for (; *text != '\0'; text++) {
        const char *at = strchr(letters, *text);
        if (at == NULL) return false;
        *out_rights |= 1u << (at - letters);
    }
    return true;
}

static bool hex_parse(const char *text, uint8_t *out_bytes, uint32_t count)
{
    static const char digits[] = "0123456789abcdef";

    if (strlen(text) != 2 * count) return false;
    for (uint32_t i = 0; i < 2 * count; i++) {
        const char *at = strchr(digits, text[i]);
        if (at == NULL) return false;
        uint8_t value = (uint8_t)(at - digits);
        out_bytes[i / 2] = i % 2 == 0 ? (uint8_t)(value << 4) : out_bytes[i / 2] | value;
    }
    return true;
}

static void machine_show(struct shell *sh, const struct identity_machine *m)
{
    const struct identity_machine copy = *m; /* printing uses the message page */
    uint8_t public[PUBLIC_BYTES];
    char name[33] = {0}, rights[RIGHTS + 1] = {0};

    memcpy(name, m->name.at, m->name.len);
    memcpy(public, m->public_key.at, sizeof(public));
    for (uint32_t i = 0; i < RIGHTS; i++) {
        rights[i] = (copy.rights & 1u << i) != 0 ? letters[i] : '-';
    }
    shell_print(sh, "%6u %6u  %s  ", copy.number, copy.epoch, rights);
    shell_hex(sh, data_from(public, sizeof(public)));
    shell_print(sh, "  %s%s%s%s", name, copy.revoked ? ", revoked" : "",
                copy.external ? ", elsewhere" : "", copy.held ? ", in the keystore" : "");
    if (copy.expires != 0) shell_print(sh, ", until %ld", copy.expires);
    shell_print(sh, "\n");
}

static int node_show(struct shell *sh)
{
    static const char *const sources[] = {"the system description", "its settings",
                                          "the boot image", "nobody: for this boot only"};
    struct identity_node_out out;
    char name[33] = {0};
    int err = identity_node(sh->identity, &out);

    if (err != OK) return failed(sh, "node", err);
    memcpy(name, out.name.at, out.name.len);
    shell_print(sh, "this machine is %s, named by %s\n", name, sources[out.source]);
    return STATUS_OK;
}

static int machines_list(struct shell *sh)
{
    static struct user_session_machines_out out;
    static struct identity_machine one;
    struct user_session_machines_in in = {0};
    int status = node_show(sh);

    if (status != STATUS_OK || sh->person == 0) return status;
    shell_print(sh, "NUMBER  EPOCH  MAY     %-66sNAME\n", "PUBLIC KEY");
    /* One a question: what is shown lies in the message page. */
    for (uint32_t skip = 0;; skip++) {
        int err = user_session_machines(sh->person, &in, &out);
        if (err != OK) return failed(sh, "machine", err);
        if (skip >= out.machines.count) return STATUS_OK;
        one = out.machines.at[skip];
        machine_show(sh, &one);
    }
}

static int machine_create(struct shell *sh, int argc, char **argv)
{
    struct user_session_machine_create_in in = {.name = text_of(argv[2])};
    struct user_session_machine_create_out out;
    struct secret shard, password;
    uint64_t expires = 0;

    bool good = argc >= 4 && argc <= 5 && rights_parse(argv[3], &in.rights) &&
                (argc == 4 || shell_number(argv[4], &expires));
    if (!good) return shell_wrong(sh, "NAME, RIGHTS of letters asmrgk, and perhaps UNTIL");
    if (!secret_read(sh, "shard: ", &shard)) return STATUS_INTERRUPTED;
    if (!secret_read(sh, "password: ", &password)) return STATUS_INTERRUPTED;
    in.expires = (int64_t)expires;
    in.shard = secret_text(&shard);
    in.password = secret_text(&password);
    int err = user_session_machine_create(sh->person, &in, &out);
    secret_wipe(&shard);
    secret_wipe(&password);
    if (err != OK) return failed(sh, argv[2], err);
    machine_show(sh, &out.machine);
    return STATUS_OK;
}

static int machine_enrol(struct shell *sh, int argc, char **argv)
{
    struct user_session_machine_enrol_in in = {.name = text_of(argv[2])};
    struct user_session_machine_enrol_out out;
    uint8_t public[PUBLIC_BYTES], agree[PUBLIC_BYTES];
    uint64_t expires = 0;

    bool good = argc >= 5 && argc <= 7 && hex_parse(argv[3], public, sizeof(public)) &&
                rights_parse(argv[4], &in.rights) &&
                (argc == 5 || shell_number(argv[5], &expires)) &&
                (argc < 7 || hex_parse(argv[6], agree, sizeof(agree)));
    if (!good) return shell_wrong(sh, "NAME, a KEY of 64 digits, RIGHTS, perhaps UNTIL and a KEY");
    in.public_key = data_from(public, sizeof(public));
    if (argc == 7) in.agree_key = data_from(agree, sizeof(agree));
    in.expires = (int64_t)expires;
    int err = user_session_machine_enrol(sh->person, &in, &out);
    if (err != OK) return failed(sh, argv[2], err);
    machine_show(sh, &out.machine);
    return STATUS_OK;
}

static int machine_rotate(struct shell *sh, uint32_t number, const char *what)
{
    struct user_session_machine_rotate_in in = {.number = number};
    struct user_session_machine_rotate_out out;
    struct secret password;

    if (!secret_read(sh, "password: ", &password)) return STATUS_INTERRUPTED;
    in.password = secret_text(&password);
    int err = user_session_machine_rotate(sh->person, &in, &out);
    secret_wipe(&password);
    if (err != OK) return failed(sh, what, err);
    machine_show(sh, &out.machine);
    return STATUS_OK;
}

/* For a key that the keystore has none is needed. */
static bool password_if_needed(struct shell *sh, struct secret *out_password)
{
    struct user_session_whoami_out who;

    *out_password = (struct secret){0};
    if (user_session_whoami(sh->person, &who) == OK && who.machine.held) return true;
    return secret_read(sh, "password: ", out_password);
}

static int machine_sign(struct shell *sh, const char *domain, const char *message)
{
    struct user_session_sign_in in = {.domain = text_of(domain),
                                      .message = data_from(message, strlen(message))};
    struct user_session_sign_out out;
    struct secret password;

    if (!password_if_needed(sh, &password)) return STATUS_INTERRUPTED;
    in.password = secret_text(&password);
    int err = user_session_sign(sh->person, &in, &out);
    secret_wipe(&password);
    if (err != OK) return failed(sh, "sign", err);
    uint8_t signature[SIGNATURE_BYTES];
    memcpy(signature, out.signature.at, sizeof(signature));
    shell_print(sh, "%u %u ", out.machine, out.epoch);
    shell_hex(sh, data_from(signature, sizeof(signature)));
    shell_print(sh, "\n");
    return STATUS_OK;
}

/* What this session's machine key and another's have in common: USER NUMBER DOMAIN */
static int machine_agree(struct shell *sh, char **argv)
{
    struct identity_get_out got;
    struct identity_machine_out other;
    struct user_session_agree_out out;
    struct secret password;
    uint8_t id[ID_BYTES], bytes[PUBLIC_BYTES] = {0};
    uint64_t number;

    if (!shell_number(argv[1], &number)) return shell_wrong(sh, "USER NUMBER DOMAIN");
    int err = identity_get(sh->identity, &(struct identity_get_in){text_of(argv[0])}, &got);
    if (err != OK) return failed(sh, argv[0], err);
    memcpy(id, got.user.id.at, sizeof(id));
    const struct identity_machine_in which = {data_from(id, sizeof(id)), (uint32_t)number};
    err = identity_machine(sh->identity, &which, &other);
    if (err != OK) return failed(sh, argv[1], err);
    memcpy(bytes, other.machine.agree_key.at, other.machine.agree_key.len);
    if (!password_if_needed(sh, &password)) return STATUS_INTERRUPTED;
    const struct user_session_agree_in in = {.domain = text_of(argv[2]),
                                             .peer = data_from(bytes, sizeof(bytes)),
                                             .password = secret_text(&password)};
    err = user_session_agree(sh->person, &in, &out);
    secret_wipe(&password);
    if (err != OK) return failed(sh, "agree", err);
    memcpy(bytes, out.secret.at, sizeof(bytes));
    shell_hex(sh, data_from(bytes, sizeof(bytes)));
    memset(bytes, 0, sizeof(bytes));
    shell_print(sh, "\n");
    return STATUS_OK;
}

/* USER NUMBER EPOCH DOMAIN TEXT SIGNATURE */
static int machine_verify(struct shell *sh, char **argv)
{
    struct identity_get_out got;
    uint64_t number, epoch;
    uint8_t id[ID_BYTES], signature[SIGNATURE_BYTES];
    bool good = shell_number(argv[1], &number) && shell_number(argv[2], &epoch) &&
                hex_parse(argv[5], signature, sizeof(signature));

    if (!good) return shell_wrong(sh, "USER NUMBER EPOCH DOMAIN TEXT, a SIGNATURE of 128 digits");
    int err = identity_get(sh->identity, &(struct identity_get_in){text_of(argv[0])}, &got);
    if (err != OK) return failed(sh, argv[0], err);
    memcpy(id, got.user.id.at, sizeof(id));
    const struct identity_verify_in in = {.user = data_from(id, sizeof(id)),
                                          .machine = (uint32_t)number,
                                          .epoch = (uint32_t)epoch,
                                          .domain = text_of(argv[3]),
                                          .message = data_from(argv[4], strlen(argv[4])),
                                          .signature = data_from(signature, sizeof(signature))};
    err = identity_verify(sh->identity, &in);
    if (err != OK) return failed(sh, "signature", err);
    shell_print(sh, "good\n");
    return STATUS_OK;
}

static int of_person(struct shell *sh, int argc, char **argv)
{
    uint64_t number;

    if (strcmp(argv[1], "create") == 0) return machine_create(sh, argc, argv);
    if (strcmp(argv[1], "enrol") == 0) return machine_enrol(sh, argc, argv);
    if (strcmp(argv[1], "sign") == 0 && argc == 4) return machine_sign(sh, argv[2], argv[3]);
    if (strcmp(argv[1], "agree") == 0 && argc == 5) return machine_agree(sh, argv + 2);
    if (!shell_number(argv[2], &number)) return shell_wrong(sh, "NUMBER is of a machine key");
    if (strcmp(argv[1], "rotate") == 0) return machine_rotate(sh, (uint32_t)number, argv[2]);
    if (strcmp(argv[1], "revoke") == 0) {
        const struct user_session_machine_revoke_in in = {.number = (uint32_t)number};
        int err = user_session_machine_revoke(sh->person, &in);
        return err == OK ? STATUS_OK : failed(sh, argv[2], err);
    }
    if (strcmp(argv[1], "rename") == 0 && argc == 4) {
        const struct user_session_machine_rename_in in = {.number = (uint32_t)number,
                                                          .name = text_of(argv[3])};
        int err = user_session_machine_rename(sh->person, &in);
        return err == OK ? STATUS_OK : failed(sh, argv[3], err);
    }
    return shell_wrong(sh, "node, create, enrol, rename, rotate, revoke, sign, agree or verify");
}

int run_machine(struct shell *sh, int argc, char **argv)
{
    if (sh->identity == 0) return shell_refused(sh, "identity", "capEmpty");
    if (argc == 1) return machines_list(sh);
    if (argc == 2) return shell_wrong(sh, "what, and with what");
    if (strcmp(argv[1], "node") == 0) {
        const struct identity_set_node_in in = {.name = text_of(argv[2])};
        int err = identity_set_node(sh->identity, &in);
        return err == OK ? STATUS_OK : failed(sh, argv[2], err);
    }
    if (strcmp(argv[1], "verify") == 0 && argc == 8) return machine_verify(sh, argv + 2);
    if (sh->person == 0) return shell_refused(sh, "nobody", "not logged in");
    return of_person(sh, argc, argv);
}

static int notes_list(struct shell *sh, bool credentials)
{
    static struct user_session_notes_out out;
    struct user_session_notes_in in = {.credentials = credentials};
    static char texts[8][2][65];

    do {
        int err = user_session_notes(sh->person, &in, &out);
        if (err != OK) return failed(sh, "session", err);
        memset(texts, 0, sizeof(texts));
        for (uint32_t i = 0; i < out.notes.count; i++) {
            memcpy(texts[i][0], out.notes.at[i].key.at, out.notes.at[i].key.len);
            memcpy(texts[i][1], out.notes.at[i].value.at, out.notes.at[i].value.len);
        }
        for (uint32_t i = 0; i < out.notes.count; i++) {
            shell_print(sh, "%-20s%s%s\n", texts[i][0], texts[i][1],
                        credentials ? ", not verified" : "");
        }
        in.after = out.next;
    } while (in.after != 0);
    return STATUS_OK;
}

/* KEY alone takes it away. */
static int run_notes(struct shell *sh, int argc, char **argv, bool credentials)
{
    const struct text value = argc == 3 ? text_of(argv[2]) : text_from("", 0);
    int err;

    if (sh->person == 0) return shell_refused(sh, "nobody", "not logged in");
    if (argc == 1) return notes_list(sh, credentials);
    if (credentials) {
        const struct user_session_credential_set_in in = {text_of(argv[1]), value};
        err = user_session_credential_set(sh->person, &in);
    } else {
        const struct user_session_preference_set_in in = {text_of(argv[1]), value};
        err = user_session_preference_set(sh->person, &in);
    }
    return err == OK ? STATUS_OK : failed(sh, argv[1], err);
}

int run_credentials(struct shell *sh, int argc, char **argv)
{
    return run_notes(sh, argc, argv, true);
}

int run_preferences(struct shell *sh, int argc, char **argv)
{
    return run_notes(sh, argc, argv, false);
}
