/*
 * sealed.c - files that are encrypted by a key of the keystore, which does it: neither this shell
 * nor the file server has the key.
 *
 * After a word that says what it is come pieces of PIECE_BYTES, the last one shorter. What is
 * sealed in each begins with the first bytes of the piece before (they are drawn for each piece),
 * its number, and whether it is the last: so none is exchanged, left out or taken from elsewhere.
 */
#include "bytes.h"
#include "commands.h"
#include "idl/identity.h"
#include "idl/keystore.h"
#include "slots.h"

enum { BEFORE_BYTES = 24, TEXT_BYTES = 3000, PIECE_BYTES = 3072, MARK_BYTES = 16 };
#define IS_LAST (1ull << 63)
static const char mark[MARK_BYTES + 1] = "waterlight seal1";
static const char domain[] = "file";

struct plain {
    uint8_t before[BEFORE_BYTES];
    uint64_t number;
    uint8_t text[TEXT_BYTES];
};
_Static_assert(sizeof(struct plain) + 40 == PIECE_BYTES, "a sealed piece is one write of a file");

static int key_open(struct shell *sh, const char *name, cap_t *out_key)
{
    struct keystore_open_in in = {.name = text_from(name, strlen(name))};
    struct keystore_open_out out = {.key.slot = slot_alloc()};
    cap_t keys = sh->keys;
    int err = OK;

    if (sh->person != 0) keys = shell_keys(sh, &err);
    if (err != OK) {
        slot_release(out.key.slot);
        return shell_failed(sh, name, USER_SESSION_ID, err);
    }
    err = keys == 0 ? ERR_CAP_EMPTY : keystore_open(keys, &in, &out);
    if (sh->person != 0) slot_discard(keys);
    *out_key = out.key.slot;
    if (err == OK) return STATUS_OK;
    slot_discard(out.key.slot);
    return shell_failed(sh, name, KEYSTORE_ID, err);
}

struct sealing {
    cap_t key, file;
    struct plain p;
    uint32_t used; /* of p.text */
    uint64_t at;
};

/* Result: an error of Key, or with `*out_of_file` one of File. */
static int piece_write(struct sealing *s, bool last, bool *out_of_file)
{
    const struct key_seal_in in = {
        .domain = text_from(domain, sizeof(domain) - 1),
        .data = data_from(&s->p, (uint32_t)(sizeof(s->p) - TEXT_BYTES) + s->used)};
    static uint8_t piece[PIECE_BYTES];
    struct key_seal_out out;
    struct file_write_out written;

    s->p.number |= last ? IS_LAST : 0;
    int err = key_seal(s->key, &in, &out);
    if (err != OK) return err;
    uint32_t len = out.sealed.len < PIECE_BYTES ? out.sealed.len : PIECE_BYTES;
    memcpy(piece, out.sealed.at, len);
    memcpy(s->p.before, piece, BEFORE_BYTES);
    s->p.number++;
    s->used = 0;
    struct file_write_in write = {.offset = s->at, .data = data_from(piece, len)};
    s->at += len;
    *out_of_file = true;
    return file_write(s->file, &write, &written);
}

static int seal_all(struct shell *sh, struct sealing *s, struct reader *r, bool *out_of_file)
{
    const char *bytes;
    uint32_t len;
    int err = OK;

    while (err == OK && !shell_stopped(sh) && (len = reader_bytes(r, &bytes)) > 0) {
        while (err == OK && len > 0) {
            uint32_t part = TEXT_BYTES - s->used < len ? TEXT_BYTES - s->used : len;
            if (part == 0) err = piece_write(s, false, out_of_file);
            memcpy(s->p.text + s->used, bytes, part);
            s->used += part;
            bytes += part;
            len -= part;
        }
    }
    return err == OK ? piece_write(s, true, out_of_file) : err;
}

/* From a file, or else from the input. */
int run_seal(struct shell *sh, int argc, char **argv)
{
    static struct reader r;
    static struct sealing s;
    const struct directory_open_in how = {.create = true, .write = true, .truncate = true};
    struct file_write_out written;
    bool of_file = true;
    int err;

    s = (struct sealing){.at = MARK_BYTES};
    if (!reader_open(sh, &r, argc > 3 ? argv[3] : NULL)) return STATUS_ERROR;
    if (key_open(sh, argv[1], &s.key) != STATUS_OK) {
        (void)reader_close(&r);
        return STATUS_ERROR;
    }
    s.file = file_open_at(sh, argv[2], &how, &err);
    struct file_write_in first = {.data = data_from(mark, MARK_BYTES)};
    if (err == OK) err = file_write(s.file, &first, &written);
    if (err == OK) {
        of_file = false;
        err = seal_all(sh, &s, &r, &of_file);
    }
    memset(&s.p, 0, sizeof(s.p));
    if (s.file != 0) file_close(sh, s.file);
    slot_discard(s.key);
    if (reader_close(&r) != STATUS_OK) return STATUS_ERROR;
    if (err == OK) return STATUS_OK;
    return of_file ? file_failed(sh, argv[2], err) : shell_failed(sh, argv[1], KEY_ID, err);
}

enum why { WHY_NOTHING, WHY_FILE, WHY_KEY, WHY_MARK, WHY_ORDER, WHY_END };

/* Nothing follows. */
static bool is_end(const struct sealing *s, enum why *out_why)
{
    struct file_stat_out out;

    if (file_stat(s->file, &out) == OK && out.stat.size == s->at) return true;
    *out_why = WHY_ORDER;
    return false;
}

/* One piece, shown. True: it was the last. */
static bool piece_read(struct shell *sh, struct sealing *s, enum why *out_why, int *out_err)
{
    static uint8_t piece[PIECE_BYTES];
    const struct file_read_in in = {.offset = s->at, .count = PIECE_BYTES};
    struct file_read_out got;
    struct key_unseal_out out;
    static struct plain p;

    *out_why = WHY_FILE;
    *out_err = file_read(s->file, &in, &got);
    if (*out_err != OK) return false;
    uint32_t len = got.data.len;
    memcpy(piece, got.data.at, len);
    *out_why = len == 0 ? WHY_END : WHY_KEY;
    if (len == 0) return false;
    const struct key_unseal_in open = {.domain = text_from(domain, sizeof(domain) - 1),
                                       .sealed = data_from(piece, len)};
    *out_err = key_unseal(s->key, &open, &out);
    if (*out_err != OK) return false;
    *out_why = WHY_ORDER;
    uint32_t head = sizeof(p) - TEXT_BYTES;
    if (out.data.len < head || out.data.len > sizeof(p)) return false;
    memcpy(&p, out.data.at, out.data.len);
    uint32_t text = out.data.len - head;
    bool next =
        memcmp(p.before, s->p.before, BEFORE_BYTES) == 0 && (p.number & ~IS_LAST) == s->p.number;
    if (!next) return false;
    *out_why = WHY_NOTHING;
    memcpy(s->p.before, piece, BEFORE_BYTES);
    s->p.number++;
    s->at += len;
    bool last = (p.number & IS_LAST) != 0;
    if (last) last = is_end(s, out_why);
    shell_bytes(sh, (const char *)p.text, text);
    memset(&p, 0, sizeof(p));
    return last;
}

static int unseal_all(struct shell *sh, struct sealing *s, char **argv)
{
    struct file_read_out got;
    enum why why = WHY_FILE;
    int err = file_read(s->file, &(struct file_read_in){.count = MARK_BYTES}, &got);

    if (err == OK) {
        bool is_sealed = got.data.len == MARK_BYTES && memcmp(got.data.at, mark, MARK_BYTES) == 0;
        why = is_sealed ? WHY_NOTHING : WHY_MARK;
    }
    while (why == WHY_NOTHING && !shell_stopped(sh)) {
        if (piece_read(sh, s, &why, &err)) return STATUS_OK;
    }
    switch (why) {
    case WHY_NOTHING:
        return STATUS_INTERRUPTED;
    case WHY_FILE:
        return file_failed(sh, argv[2], err);
    case WHY_KEY:
        return shell_failed(sh, argv[2], KEY_ID, err);
    case WHY_MARK:
        return shell_refused(sh, argv[2], "it is no sealed file");
    case WHY_ORDER:
        return shell_refused(sh, argv[2], "its pieces are not in their order");
    case WHY_END:
        break;
    }
    return shell_refused(sh, argv[2], "its end is missing");
}

int run_unseal(struct shell *sh, int argc, char **argv)
{
    static struct sealing s;
    int err, status = STATUS_ERROR;

    (void)argc;
    s = (struct sealing){.at = MARK_BYTES};
    if (key_open(sh, argv[1], &s.key) != STATUS_OK) return STATUS_ERROR;
    s.file = file_open_at(sh, argv[2], &(struct directory_open_in){.create = false}, &err);
    status = err != OK ? file_failed(sh, argv[2], err) : unseal_all(sh, &s, argv);
    if (s.file != 0) file_close(sh, s.file);
    slot_discard(s.key);
    return status;
}
