/*
 * cas.c - contents by what they are: ids of files and trees, and getting what has one.
 *
 * An id is written as file:HASH:BYTES or tree:HASH:COUNT. To know one gives nothing: what it names
 * is found only where whoever asks can go anyway. `put` keeps a copy, which shares the chunks, in
 * /cas.
 */
#include "bytes.h"
#include "commands.h"
#include "print.h"
#include "text.h"

enum { PATH_BYTES = 1024, HASH = 32, ID_BYTES = 2 * HASH + 32 };
static const char folder[] = "/cas", fresh[] = "/cas/.new";

struct id {
    struct vfs_id id;
    uint8_t hash[HASH];
};

static void id_text(const struct id *id, char out[ID_BYTES])
{
    const char *kind = id->id.kind == VFS_STAT_KIND_DIRECTORY ? "tree" : "file";
    uint32_t len;

    print_format(out, ID_BYTES, "%s:", kind);
    len = (uint32_t)strlen(out);
    for (uint32_t i = 0; i < HASH; i++) {
        print_format(out + len + 2 * i, ID_BYTES - len - 2 * i, "%x%x", id->hash[i] >> 4,
                     id->hash[i] & 15);
    }
    len += 2 * HASH;
    print_format(out + len, ID_BYTES - len, ":%lu", id->id.size);
}

static bool digit(char c, uint8_t *out)
{
    if (c >= '0' && c <= '9') *out = (uint8_t)(c - '0');
    if (c >= 'a' && c <= 'f') *out = (uint8_t)(c - 'a' + 10);
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool id_parse(const char *text, struct id *out)
{
    bool file = strncmp(text, "file:", 5) == 0, tree = strncmp(text, "tree:", 5) == 0;

    if ((!file && !tree) || strlen(text) < 5 + 2 * HASH + 2) return false;
    for (uint32_t i = 0; i < HASH; i++) {
        uint8_t high, low;
        if (!digit(text[5 + 2 * i], &high) || !digit(text[6 + 2 * i], &low)) return false;
        out->hash[i] = (uint8_t)(high << 4 | low);
    }
    const char *size = text + 5 + 2 * HASH;
    if (size[0] != ':' || !shell_number(size + 1, &out->id.size)) return false;
    out->id.kind = tree ? VFS_STAT_KIND_DIRECTORY : VFS_STAT_KIND_FILE;
    out->id.hash = data_from(out->hash, HASH);
    return true;
}

static int identify(struct shell *sh, const char *path, struct id *out)
{
    char buffer[PATH_BYTES + 1];
    struct directory_identify_in in = {.path = shell_path(path, buffer)};
    struct directory_identify_out got;
    int err = sh->files == 0 ? ERR_CAP_EMPTY : directory_identify(sh->files, &in, &got);

    if (err != OK) return err;
    out->id = got.id;
    memcpy(out->hash, got.id.hash.at, HASH);
    out->id.hash = data_from(out->hash, HASH);
    return OK;
}

static bool same(const struct id *a, const struct id *b)
{
    return a->id.kind == b->id.kind && a->id.size == b->id.size &&
           memcmp(a->hash, b->hash, HASH) == 0;
}

static int name(struct shell *sh, const char *path)
{
    struct id id;
    char text[ID_BYTES];
    int err = identify(sh, path, &id);

    if (err != OK) return file_failed(sh, path, err);
    id_text(&id, text);
    shell_print(sh, "%s\n", text);
    return STATUS_OK;
}

/* Where something with that id is, for who asks. */
static int find(struct shell *sh, const struct id *id, char path[PATH_BYTES + 1])
{
    const struct directory_reach_in in = {id->id};
    struct directory_reach_out out;
    int err = sh->files == 0 ? ERR_CAP_EMPTY : directory_reach(sh->files, &in, &out);

    /* What was just written has no id yet. */
    if (err == DIRECTORY_NOT_FOUND && directory_flush(sh->files) == OK) {
        err = directory_reach(sh->files, &in, &out);
    }
    if (err == OK) print_format(path, PATH_BYTES + 1, "%.*s", (int)out.path.len, out.path.at);
    return err;
}

static int not_found(struct shell *sh, const char *text, int err)
{
    if (err != DIRECTORY_NOT_FOUND) return file_failed(sh, text, err);
    return shell_refused(sh, text, "nothing that can be reached from here has this id");
}

static int has(struct shell *sh, const char *text, const struct id *id)
{
    char path[PATH_BYTES + 1];
    int err = find(sh, id, path);

    if (err != OK) return not_found(sh, text, err);
    shell_print(sh, "%s\n", path);
    return STATUS_OK;
}

/* A copy that shares the chunks; it has the id, or it is taken away again. */
static int copy(struct shell *sh, const char *source, const char *target, const struct id *id)
{
    char to[PATH_BYTES + 1];
    struct id now;
    uint64_t seq;
    struct directory_copy_in in = {.source = text_from(source, strlen(source)),
                                   .target = shell_path(target, to)};
    int err = tree_copy(sh, &in, &seq);

    if (err != OK) return file_failed(sh, target, err);
    err = identify(sh, to, &now);
    if (err == OK && same(&now, id)) return STATUS_OK;
    (void)directory_remove(sh->files,
                           &(struct directory_remove_in){.path = in.target, .whole = true});
    return err != OK ? file_failed(sh, target, err)
                     : shell_refused(sh, target, "it changed while it was copied");
}

/* Each block is checked against its hash when it is read. */
static int show(struct shell *sh, const char *path, const struct id *id)
{
    static struct reader r;
    struct id now;
    const char *bytes;
    uint32_t len;

    if (!reader_open(sh, &r, path)) return STATUS_ERROR;
    while (!shell_stopped(sh) && (len = reader_bytes(&r, &bytes)) > 0) {
        shell_bytes(sh, bytes, len);
    }
    int status = reader_close(&r), err = identify(sh, path, &now);
    if (status != STATUS_OK) return status;
    if (err == OK && same(&now, id)) return STATUS_OK;
    return shell_refused(sh, path, "it changed while it was read");
}

static int get(struct shell *sh, const char *text, const struct id *id, const char *target)
{
    char path[PATH_BYTES + 1];
    int err = find(sh, id, path);

    if (err != OK) return not_found(sh, text, err);
    if (target != NULL) return copy(sh, path, target, id);
    if (id->id.kind == VFS_STAT_KIND_DIRECTORY) return shell_wrong(sh, "a tree needs a TARGET");
    return show(sh, path, id);
}

/* The input, as a file. */
static int take_input(struct shell *sh)
{
    static struct reader r;
    struct directory_open_in how = {.create = true, .write = true, .truncate = true};
    struct file_write_out out;
    const char *bytes;
    uint32_t len;
    uint64_t at = 0;
    int err;

    if (!reader_open(sh, &r, NULL)) return STATUS_USAGE;
    cap_t file = file_open_at(sh, fresh, &how, &err);
    while (file != 0 && err == OK && (len = reader_bytes(&r, &bytes)) > 0) {
        struct file_write_in in = {.offset = at, .data = data_from(bytes, len)};
        err = file_write(file, &in, &out);
        at += len;
    }
    if (file != 0) file_close(sh, file);
    return err == OK ? STATUS_OK : file_failed(sh, fresh, err);
}

/* A copy of its own, which nobody writes to: a tree is kept, a file is read only. */
static int hold(struct shell *sh, const char *path)
{
    char buffer[PATH_BYTES + 1], text[ID_BYTES], place[ID_BYTES + 8];
    struct id id, now;
    uint64_t seq;
    int err = identify(sh, path, &id);

    if (err != OK) return file_failed(sh, path, err);
    id_text(&id, text);
    print_format(place, sizeof(place), "%s/%s", folder, text);
    bool tree = id.id.kind == VFS_STAT_KIND_DIRECTORY;
    struct directory_copy_in in = {.source = shell_path(path, buffer),
                                   .target = text_from(place, strlen(place)),
                                   .keep = tree};
    struct directory_chmod_in mode = {.path = in.target};
    (void)mode_parse("r--r---", 0, &mode.mode);
    err = tree_copy(sh, &in, &seq);
    if (err == DIRECTORY_EXISTS) err = OK;
    if (err == OK && !tree) err = directory_chmod(sh->files, &mode);
    if (err == OK) err = identify(sh, place, &now);
    if (err != OK) return file_failed(sh, path, err);
    if (!same(&id, &now)) return shell_refused(sh, path, "it changed while it was put");
    shell_print(sh, "%s\n", text);
    return STATUS_OK;
}

static int put(struct shell *sh, const char *path)
{
    struct directory_mkdir_in make = {.path = text_from(folder, strlen(folder))};
    struct directory_remove_in drop = {.path = text_from(fresh, strlen(fresh))};
    int err = sh->files == 0 ? ERR_CAP_EMPTY : directory_mkdir(sh->files, &make);

    if (err != OK && err != DIRECTORY_EXISTS) return file_failed(sh, folder, err);
    if (path != NULL) return hold(sh, path);
    int status = take_input(sh);
    if (status == STATUS_OK) status = hold(sh, fresh);
    (void)directory_remove(sh->files, &drop);
    return status;
}

static int drop(struct shell *sh, const char *text)
{
    char place[ID_BYTES + 8];

    print_format(place, sizeof(place), "%s/%s", folder, text);
    struct directory_remove_in in = {.path = text_from(place, strlen(place)), .whole = true};
    int err = sh->files == 0 ? ERR_CAP_EMPTY : directory_remove(sh->files, &in);
    return err == OK ? STATUS_OK : file_failed(sh, text, err);
}

int run_cas(struct shell *sh, int argc, char **argv)
{
    const char *word = argv[1];
    struct id id;

    if (strcmp(word, "put") == 0 && argc <= 3) return put(sh, argc == 3 ? argv[2] : NULL);
    if (strcmp(word, "id") == 0 && argc == 3) return name(sh, argv[2]);
    bool gets = strcmp(word, "get") == 0, known = strcmp(word, "has") == 0 || gets;
    known = known || strcmp(word, "drop") == 0;
    if (!known || argc < 3 || (argc == 4 && !gets)) {
        return shell_wrong(sh, "it takes id PATH, has ID, get ID [TARGET], put [PATH] or drop ID");
    }
    if (!id_parse(argv[2], &id)) {
        return shell_wrong(sh, "an ID is file:HASH:BYTES or tree:HASH:COUNT, as `cas id` says");
    }
    if (gets) return get(sh, argv[2], &id, argc == 4 ? argv[3] : NULL);
    return word[0] == 'd' ? drop(sh, argv[2]) : has(sh, argv[2], &id);
}
