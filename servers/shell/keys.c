/* keys.c - the keystore, and this shell's own keys in it. */
#include "bytes.h"
#include "commands.h"
#include "idl/identity.h"
#include "idl/keystore.h"
#include "print.h"
#include "slots.h"

enum {
    SIGNATURE_BYTES = 64,
    NOT_GOOD = -1,
    NO_SIGNATURE = -2,
    NOT_TYPED = -3,
    NO_KEY = -4,
    PUBLIC_BYTES = 32
};

/* keystore: its disk and passphrase. */

static const char *const state_words[] = {
    [KEYSTORE_STATE_NO_DISK] = "no disk: there are no keys",
    [KEYSTORE_STATE_EMPTY] = "empty: `keystore setup` makes it",
    [KEYSTORE_STATE_FOREIGN] = "the disk holds something else, and is left alone",
    [KEYSTORE_STATE_VERSION] = "the disk is of another version, and is left alone",
    [KEYSTORE_STATE_DAMAGED] = "damaged",
    [KEYSTORE_STATE_LOCKED] = "locked: `keystore unlock`",
    [KEYSTORE_STATE_OPEN] = "open",
    [KEYSTORE_STATE_TOO_SMALL] = "the disk is too small",
    [KEYSTORE_STATE_IO_ERROR] = "the disk does not work",
};

int keystore_line(struct shell *sh)
{
    struct vault_status_out out;
    int err = vault_status(sh->vault, &out);
    if (err != OK) return shell_failed(sh, "keystore", VAULT_ID, err);
    shell_print(sh, "keys: %s", state_words[out.status.state]);
    if (out.status.state == KEYSTORE_STATE_DAMAGED)
        shell_print(sh, ", at sector %lu", out.status.damaged_sector);
    if (out.status.state == KEYSTORE_STATE_OPEN && out.status.unattended)
        shell_print(sh, ", by what stands on the disk itself: who has the disk has the keys");
    shell_print(sh, "\n");
    return STATUS_OK;
}

static int status_show(struct shell *sh)
{
    struct vault_status_out out;
    int err = keystore_line(sh);
    if (err != STATUS_OK) return err;
    err = vault_status(sh->vault, &out);
    if (err != OK) return shell_failed(sh, "keystore", VAULT_ID, err);
    struct keystore_status s = out.status;
    char serial[21] = {0};
    if (s.serial.len < sizeof(serial)) memcpy(serial, s.serial.at, s.serial.len);
    if (s.state != KEYSTORE_STATE_NO_DISK) shell_print(sh, "disk        %s\n", serial);
    if (s.state != KEYSTORE_STATE_NO_DISK && s.state != KEYSTORE_STATE_EMPTY)
        shell_print(sh, "unattended  %s\n",
                    s.unattended ? "yes: who has the disk has the keys" : "no");
    if (s.state != KEYSTORE_STATE_OPEN) return STATUS_OK;
    shell_print(sh,
                "keys        %u, and %u bytes of data\nin use      %u of them\n"
                "journal     %lu records, %lu of %lu sectors%s\n",
                s.keys, s.data_bytes, s.handles, s.records, s.used_sectors, s.area_sectors,
                s.torn ? "; the last one was cut off, before it was answered" : "");
    return STATUS_OK;
}

/* 0, an error of Vault, or NOT_TYPED. */
static int with_passphrase(struct shell *sh, bool setup)
{
    static struct secret first, again;
    int err = NOT_TYPED;
    if (secret_read(sh, "passphrase: ", &first)) {
        const struct data words = data_from(first.at, first.len);
        if (setup && !secret_read(sh, "again: ", &again)) {
            secret_wipe(&first);
            return err;
        }
        bool same =
            !setup || (first.len == again.len && memcmp(first.at, again.at, first.len) == 0);
        if (!same) shell_print(sh, "keystore: they are not the same\n");
        if (same && setup) err = vault_setup(sh->vault, &(struct vault_setup_in){words});
        if (same && !setup) err = vault_unlock(sh->vault, &(struct vault_unlock_in){words});
    }
    secret_wipe(&first);
    secret_wipe(&again);
    return err;
}

static int change_passphrase(struct shell *sh)
{
    static struct secret old, next, again;
    int err = NOT_TYPED;
    bool all = secret_read(sh, "old passphrase: ", &old) &&
               secret_read(sh, "new passphrase: ", &next) && secret_read(sh, "again: ", &again);
    bool same = next.len == again.len && memcmp(next.at, again.at, next.len) == 0;
    if (all && !same) shell_print(sh, "keystore: they are not the same\n");
    if (all && same)
        err = vault_passphrase(sh->vault,
                               &(struct vault_passphrase_in){data_from(old.at, old.len),
                                                             data_from(next.at, next.len)});
    secret_wipe(&old);
    secret_wipe(&next);
    secret_wipe(&again);
    return err;
}

static int unattended(struct shell *sh, const char *word)
{
    struct vault_unattended_in in = {.on = strcmp(word, "on") == 0};
    if (!in.on && strcmp(word, "off") != 0) return shell_wrong(sh, "unattended is on or off");
    int err = vault_unattended(sh->vault, &in);
    if (err == OK && in.on)
        shell_print(sh, "From now on who has the disk has the keys, without any passphrase.\n");
    return err == OK ? STATUS_OK : shell_failed(sh, "unattended", VAULT_ID, err);
}

int run_keystore(struct shell *sh, int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "status";
    int err;
    if (sh->vault == 0) return shell_failed(sh, "keystore", VAULT_ID, ERR_CAP_EMPTY);
    if (strcmp(what, "unattended") == 0) return unattended(sh, argc > 2 ? argv[2] : "");
    if (argc > 2) return shell_wrong(sh, "too many words");
    if (strcmp(what, "status") == 0) return status_show(sh);
    if (strcmp(what, "setup") == 0) {
        err = with_passphrase(sh, true);
    } else if (strcmp(what, "unlock") == 0) {
        err = with_passphrase(sh, false);
    } else if (strcmp(what, "passphrase") == 0) {
        err = change_passphrase(sh);
    } else if (strcmp(what, "lock") == 0) {
        err = vault_lock(sh->vault);
    } else {
        return shell_wrong(sh, "there is no such word");
    }
    if (err == NOT_TYPED) return STATUS_INTERRUPTED;
    return err == OK ? STATUS_OK : shell_failed(sh, what, VAULT_ID, err);
}

/* keys: by name. */

static const char *const kind_words[] = {"sign", "agree",       "seal",
                                         "data", "hybrid-sign", "hybrid-agree"};
enum { KINDS = sizeof(kind_words) / sizeof(kind_words[0]) };

cap_t shell_keys(struct shell *sh, int *out_err)
{
    struct user_session_keys_out out = {.keys = {.slot = slot_alloc()}};

    *out_err = user_session_keys(sh->person, &out);
    if (*out_err == OK) return out.keys.slot;
    slot_release(out.keys.slot);
    return 0;
}

static int list(struct shell *sh, cap_t keys, const char *prefix)
{
    static struct keystore_list_out out;
    struct keystore_key_entry e;
    char after[65] = "", name[65];
    struct keystore_list_in in = {.prefix = text_from(prefix, strlen(prefix))};
    do {
        in.after = text_from(after, strlen(after));
        int err = keystore_list(keys, &in, &out);
        if (err != OK) return shell_failed(sh, "keys", KEYSTORE_ID, err);
        char lines[8][96];
        uint32_t count = out.keys.count;
        for (uint32_t i = 0; i < count; i++) { /* printing uses the message page */
            e = out.keys.at[i];
            memcpy(name, e.name.at, e.name.len);
            name[e.name.len] = '\0';
            print_format(lines[i], sizeof(lines[i]), "%-12s %s", kind_words[e.kind], name);
            if (i + 1 == count) memcpy(after, name, sizeof(after));
        }
        for (uint32_t i = 0; i < count; i++) {
            shell_print(sh, "%s\n", lines[i]);
        }
    } while (out.more);
    return STATUS_OK;
}

static int make(struct shell *sh, cap_t keys, const char *kind, struct text name)
{
    struct keystore_create_in in = {.name = name};
    uint32_t at = 0;
    while (at < KINDS && strcmp(kind_words[at], kind) != 0) {
        at++;
    }
    if (at == KINDS) return shell_wrong(sh, "kinds are sign, agree, seal");
    in.kind = (enum keystore_key_kind)at;
    int err = keystore_create(keys, &in);
    return err == OK ? STATUS_OK : shell_failed(sh, "keys", KEYSTORE_ID, err);
}

static void hex_show(struct shell *sh, const uint8_t *bytes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        shell_print(sh, "%02x", bytes[i]);
    }
    shell_print(sh, "\n");
}

static bool hex_read(const char *text, uint8_t *out, uint32_t count)
{
    static const char digits[] = "0123456789abcdef";
    if (strlen(text) != 2 * count) return false;
    for (uint32_t i = 0; i < 2 * count; i++) {
        const char *at = strchr(digits, text[i]);
        if (at == NULL || text[i] == '\0') return false;
        out[i / 2] = (uint8_t)(out[i / 2] << 4 | (at - digits));
    }
    return true;
}

/* With a peer's public key, in a domain. */
static int agree(struct shell *sh, cap_t key, const char *domain, const char *peer)
{
    uint8_t bytes[PUBLIC_BYTES];
    struct key_agree_out out;
    if (!hex_read(peer, bytes, sizeof(bytes))) return NO_KEY;
    const struct key_agree_in in = {text_from(domain, strlen(domain)),
                                    data_from(bytes, sizeof(bytes))};
    int err = key_agree(key, &in, &out);
    if (err != OK) return err;
    memcpy(bytes, out.secret.at, sizeof(bytes));
    hex_show(sh, bytes, sizeof(bytes));
    memset(bytes, 0, sizeof(bytes));
    return OK;
}

/* argv: NAME, and of sign DOMAIN TEXT, of verify the signature too. 0, an error of
 * Key, or one of the above. */
static int with_key(struct shell *sh, cap_t key, int argc, char **argv)
{
    uint8_t bytes[SIGNATURE_BYTES];
    int err;
    if (argc == 1) {
        struct key_public_out out;
        err = key_public(key, &out);
        uint32_t len = err == OK && out.key.len <= sizeof(bytes) ? out.key.len : 0;
        if (len > 0) memcpy(bytes, out.key.at, len);
        if (err == OK) hex_show(sh, bytes, len);
        return err;
    }
    struct text domain = text_from(argv[1], strlen(argv[1]));
    struct data message = data_from((const uint8_t *)argv[2], strlen(argv[2]));
    if (argc == 3) {
        struct key_sign_out out;
        err = key_sign(key, &(struct key_sign_in){domain, message}, &out);
        if (err == OK) memcpy(bytes, out.signature.at, sizeof(bytes));
        if (err == OK) hex_show(sh, bytes, sizeof(bytes));
        return err;
    }
    struct key_verify_out out;
    if (!hex_read(argv[3], bytes, sizeof(bytes))) return NO_SIGNATURE;
    err = key_verify(key, &(struct key_verify_in){domain, message, data_from(bytes, sizeof(bytes))},
                     &out);
    if (err == OK) shell_print(sh, out.good ? "good\n" : "not good\n");
    return err != OK ? err : out.good ? OK : NOT_GOOD;
}

static int use(struct shell *sh, cap_t keys, int argc, char **argv)
{
    struct keystore_open_in in = {.name = text_from(argv[0], strlen(argv[0]))};
    struct keystore_open_out out = {.key.slot = slot_alloc()};
    int err = keystore_open(keys, &in, &out);
    if (err != OK) {
        slot_release(out.key.slot);
        return shell_failed(sh, "keys", KEYSTORE_ID, err);
    }
    bool agrees = strcmp(argv[-1], "agree") == 0;
    err =
        agrees ? agree(sh, out.key.slot, argv[1], argv[2]) : with_key(sh, out.key.slot, argc, argv);
    slot_discard(out.key.slot);
    if (err == NOT_GOOD) return STATUS_ERROR;
    if (err == NO_SIGNATURE)
        return shell_wrong(sh, "a signature is 128 digits of 0 to 9 and a to f");
    if (err == NO_KEY) return shell_wrong(sh, "a public key is 64 digits of 0 to 9 and a to f");
    return err == OK ? STATUS_OK : shell_failed(sh, "keys", KEY_ID, err);
}

static int in_space(struct shell *sh, cap_t keys, int argc, char **argv)
{
    static const struct {
        const char *word;
        int argc;
    } words[] = {{"make", 4}, {"delete", 3}, {"public", 3},
                 {"sign", 5}, {"verify", 6}, {"agree", 5}};
    enum { WORDS = sizeof(words) / sizeof(words[0]) };
    uint32_t at = 0;
    if (argc == 1 || (argc == 2 && argv[1][0] == '/'))
        return list(sh, keys, argc > 1 ? argv[1] : "");
    while (at < WORDS && strcmp(words[at].word, argv[1]) != 0) {
        at++;
    }
    if (at == WORDS) return shell_wrong(sh, "there is no such word");
    if (argc != words[at].argc) return shell_wrong(sh, "not so many words");
    if (at == 0) return make(sh, keys, argv[2], text_from(argv[3], strlen(argv[3])));
    if (at > 1) return use(sh, keys, argc - 2, argv + 2);
    struct keystore_delete_in in = {.name = text_from(argv[2], strlen(argv[2]))};
    int err = keystore_delete(keys, &in);
    return err == OK ? STATUS_OK : shell_failed(sh, "keys", KEYSTORE_ID, err);
}

int run_keys(struct shell *sh, int argc, char **argv)
{
    int err = sh->person == 0 && sh->keys == 0 ? ERR_CAP_EMPTY : OK;
    if (err != OK) return shell_failed(sh, "keys", KEYSTORE_ID, err);
    if (sh->person == 0) return in_space(sh, sh->keys, argc, argv);
    cap_t keys = shell_keys(sh, &err);
    if (err != OK) return shell_failed(sh, "keys", USER_SESSION_ID, err);
    int status = in_space(sh, keys, argc, argv);
    slot_discard(keys);
    return status;
}
