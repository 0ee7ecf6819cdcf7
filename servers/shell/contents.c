/* contents.c - commands that read and write what is in files. */
#include "bytes.h"
#include "commands.h"
#include "print.h"
#include "walk.h"

enum { PATH_BYTES = 1024, LINE_BYTES = 4096 };

static int cat_one(struct shell *sh, const char *path)
{
    static struct reader r;
    const char *bytes;
    uint32_t len;

    if (!reader_open(sh, &r, path)) return STATUS_ERROR;
    while (!shell_stopped(sh) && (len = reader_bytes(&r, &bytes)) > 0) {
        shell_bytes(sh, bytes, len);
    }
    return reader_close(&r);
}

static int cat(struct shell *sh, int argc, char **argv)
{
    int status = argc == 1 ? cat_one(sh, NULL) : STATUS_OK;

    for (int i = 1; i < argc && !sh->interrupted; i++) {
        if (cat_one(sh, argv[i]) != STATUS_OK) status = STATUS_ERROR;
    }
    return status;
}

int run_cat(struct shell *sh, int argc, char **argv)
{
    return shell_run_at(sh, argc, argv, cat);
}

int run_echo(struct shell *sh, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        shell_bytes(sh, " ", i > 1 ? 1 : 0);
        shell_bytes(sh, argv[i], strlen(argv[i]));
    }
    shell_bytes(sh, "\n", 1);
    return STATUS_OK;
}

static void soft_show(struct shell *sh, const char *path, bool soft)
{
    if (soft) (void)shell_refused(sh, path, "its owner has used four fifths of what may be used");
}

/* From the text, or else from the input. */
int run_write(struct shell *sh, int argc, char **argv)
{
    static struct reader r;
    int err = OK;
    uint64_t at = 0;
    uint32_t len = 0;
    const char *bytes;
    struct file_write_out out = {0};

    if (argc == 2 && !reader_open(sh, &r, NULL)) return STATUS_USAGE;
    struct directory_open_in how = {.create = true, .write = true, .truncate = true};
    cap_t file = file_open_at(sh, argv[1], &how, &err);
    if (file == 0) return file_failed(sh, argv[1], err);
    for (int i = 2; i < argc && err == OK; i++) {
        len = (uint32_t)strlen(argv[i]);
        argv[i][len] = i + 1 < argc ? ' ' : '\n';
        struct file_write_in in = {.offset = at, .data = data_from(argv[i], len + 1)};
        err = file_write(file, &in, &out);
        at += len + 1;
    }
    while (argc == 2 && err == OK && (len = reader_bytes(&r, &bytes)) > 0) {
        struct file_write_in in = {.offset = at, .data = data_from(bytes, len)};
        err = file_write(file, &in, &out);
        at += len;
    }
    file_close(sh, file);
    soft_show(sh, argv[1], err == OK && out.soft);
    return err == OK ? STATUS_OK : file_failed(sh, argv[1], err);
}

int run_touch(struct shell *sh, int argc, char **argv)
{
    int status = STATUS_OK;

    for (int i = 1; i < argc; i++) {
        int err = OK;
        struct directory_open_in how = {.create = true, .write = true};
        struct file_write_out out;
        cap_t file = file_open_at(sh, argv[i], &how, &err);
        if (file != 0) err = file_write(file, &(struct file_write_in){0}, &out);
        if (file != 0) file_close(sh, file);
        if (err != OK) status = file_failed(sh, argv[i], err);
    }
    return status;
}

/* cp */

bool target_is_folder(struct shell *sh, const char *argument)
{
    char path[PATH_BYTES + 1];
    struct directory_stat_in in = {.path = shell_path(argument, path)};
    struct directory_stat_out out;

    return directory_stat(sh->files, &in, &out) == OK && out.stat.kind == VFS_STAT_KIND_DIRECTORY;
}

/* `target`, or the name of `source` in it. False: too long. */
bool target_path(bool into, const char *target, const char *source, char out_path[1025])
{
    char from[PATH_BYTES + 1];
    struct text path = shell_path(source, from);
    if (strlen(target) >= PATH_BYTES || path.len >= PATH_BYTES) return false;
    uint32_t len = shell_path(target, out_path).len;
    const char *name = strrchr(from, '/');

    if (!into) return true;
    if (len == 1) len = 0; /* the root */
    if (len + strlen(name) > PATH_BYTES) return false;
    memcpy(out_path + len, name, strlen(name) + 1);
    return true;
}

static int copy_contents(cap_t from, cap_t to, bool *out_soft)
{
    uint8_t copy[FILE_BYTES];

    for (uint64_t at = 0;;) {
        struct file_read_in read_in = {.offset = at, .count = FILE_BYTES};
        struct file_read_out out;
        int err = file_read(from, &read_in, &out);
        if (err != OK || out.data.len == 0) return err;
        memcpy(copy, out.data.at, out.data.len);
        struct file_write_in write_in = {.offset = at, .data = data_from(copy, out.data.len)};
        struct file_write_out written;
        at += out.data.len;
        err = file_write(to, &write_in, &written);
        if (err != OK) return err;
        *out_soft = written.soft;
    }
}

static int same_file(cap_t a, cap_t b, bool *out_same)
{
    struct file_stat_out first, second;
    int err = file_stat(a, &first);

    if (err == OK) err = file_stat(b, &second);
    if (err == OK) *out_same = first.stat.inode == second.stat.inode;
    return err;
}

static int copy_file(struct shell *sh, const char *source, const char *target)
{
    int err;
    bool same = false, soft = false;
    cap_t from = file_open_at(sh, source, &(struct directory_open_in){0}, &err);

    if (from == 0) return file_failed(sh, source, err);
    cap_t to =
        file_open_at(sh, target, &(struct directory_open_in){.create = true, .write = true}, &err);
    if (to == 0) {
        file_close(sh, from);
        return file_failed(sh, target, err);
    }
    err = same_file(from, to, &same);
    if (err == OK && !same) err = file_truncate(to, &(struct file_truncate_in){0});
    if (err == OK && !same) err = copy_contents(from, to, &soft);
    file_close(sh, from);
    file_close(sh, to);
    if (same) return shell_wrong(sh, "source and target are the same file");
    soft_show(sh, target, err == OK && soft);
    return err == OK ? STATUS_OK : file_failed(sh, target, err);
}

static int copy_link(struct shell *sh, const char *source, const char *target)
{
    char copy[PATH_BYTES + 1];
    struct directory_read_link_out out;
    struct directory_read_link_in in = {.path = text_from(source, strlen(source))};
    int err = directory_read_link(sh->files, &in, &out);

    if (err == OK) memcpy(copy, out.target.at, out.target.len);
    struct directory_link_in make = {.path = text_from(target, strlen(target)),
                                     .target = text_from(copy, err == OK ? out.target.len : 0)};
    if (err == OK) err = directory_link(sh->files, &make);
    return err == OK ? STATUS_OK : file_failed(sh, target, err);
}

static bool lies_in(const char *source, const char *target)
{
    char from[PATH_BYTES + 1], path[PATH_BYTES + 1];
    struct text top = shell_path(source, from), to = shell_path(target, path);

    return to.len >= top.len && memcmp(to.at, top.at, top.len) == 0 &&
           (to.len == top.len || top.len == 1 || to.at[top.len] == '/');
}

/* A folder and all below it, each under the same name below `target`. */
static int copy_tree(struct shell *sh, const char *source, const char *target)
{
    static struct walk w;
    char from[PATH_BYTES + 1], path[PATH_BYTES + 1];
    struct text to = shell_path(target, path);
    int err = walk_start(&w, sh->files, shell_path(source, from).at), status = STATUS_OK;

    if (err != OK) return file_failed(sh, source, err);
    do {
        size_t rest = w.len - w.top_len;
        if (to.len + rest > PATH_BYTES) return file_failed(sh, w.path, DIRECTORY_BAD_PATH);
        memcpy(path + to.len, w.path + w.top_len, rest + 1);
        struct directory_mkdir_in make = {.path = text_from(path, to.len + rest)};
        int one = STATUS_OK;
        if (w.entry.kind == VFS_STAT_KIND_DIRECTORY) {
            err = directory_mkdir(sh->files, &make);
            if (err != OK && err != DIRECTORY_EXISTS) one = file_failed(sh, path, err);
        } else if (w.entry.kind == VFS_STAT_KIND_LINK) {
            one = copy_link(sh, w.path, path);
        } else {
            one = copy_file(sh, w.path, path);
        }
        if (one != STATUS_OK) status = one;
    } while (!shell_stopped(sh) && walk_next(&w, true));
    return w.err == OK ? status : file_failed(sh, source, w.err);
}

/* Within the file server, where that can be: what is at `target` already is written over. */
static bool copy_inside(struct shell *sh, const char *source, const char *target, int *out_err)
{
    char from[PATH_BYTES + 1], to[PATH_BYTES + 1];
    struct directory_copy_in in = {.source = shell_path(source, from),
                                   .target = shell_path(target, to)};
    uint64_t seq;

    *out_err = tree_copy(sh, &in, &seq);
    return *out_err == OK || *out_err == DIRECTORY_QUOTA;
}

static int copy_one(struct shell *sh, const char *source, const char *target, bool whole)
{
    int err;

    if (!whole && target_is_folder(sh, source)) return copy_file(sh, source, target);
    if (whole && lies_in(source, target)) {
        return shell_refused(sh, target, "it lies in what would be copied");
    }
    if (copy_inside(sh, source, target, &err)) {
        return err == OK ? STATUS_OK : file_failed(sh, target, err);
    }
    return whole ? copy_tree(sh, source, target) : copy_file(sh, source, target);
}

int run_cp(struct shell *sh, int argc, char **argv)
{
    char target[PATH_BYTES + 1];
    uint32_t how;
    int status = STATUS_OK;

    if (!options_take(sh, &argc, argv, "r", &how)) return STATUS_USAGE;
    if (argc < 3) return shell_wrong(sh, "an argument is missing");
    if (sh->files == 0) return file_failed(sh, "files", ERR_CAP_EMPTY);
    bool into = target_is_folder(sh, argv[argc - 1]);
    if (argc > 3 && !into) return shell_wrong(sh, "TARGET is no directory");
    for (int i = 1; i < argc - 1 && !sh->interrupted; i++) {
        int one = STATUS_ERROR;
        if (!target_path(into, argv[argc - 1], argv[i], target)) {
            one = file_failed(sh, argv[i], DIRECTORY_BAD_PATH);
        } else {
            one = copy_one(sh, argv[i], target, how != 0);
        }
        if (one != STATUS_OK) status = one;
    }
    return status;
}
