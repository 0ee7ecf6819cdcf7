/* files.c - commands on files. A path without "/" before it is taken from the root. */
#include "bytes.h"
#include "commands.h"
#include "print.h"
#include "slots.h"

enum { PATH_BYTES = 1024, VFS_LIST_BYTES = 12 * 256 };

struct text shell_path(const char *text, char out_path[1025])
{
    size_t len = strlen(text);
    size_t lead = text[0] == '/' ? 0 : 1;

    /* Too long a path is passed on as it is: the file server says what is wrong with it. */
    if (len + lead > PATH_BYTES) return text_from(text, len);
    out_path[0] = '/';
    memcpy(out_path + lead, text, len + 1);
    if (len + lead > 1 && out_path[len + lead - 1] == '/') len--; /* as Tab leaves directories */
    return text_from(out_path, len + lead);
}

cap_t file_open_at(struct shell *sh, const char *path, const struct directory_open_in *how,
                   int *out_err)
{
    char buffer[PATH_BYTES + 1];
    struct directory_open_in in = *how;
    struct directory_open_out out = {.file = {.slot = slot_alloc()}};

    in.path = shell_path(path, buffer);
    *out_err = sh->files == 0 ? ERR_CAP_EMPTY : directory_open(sh->files, &in, &out);
    if (*out_err != OK) {
        slot_discard(out.file.slot);
        return 0;
    }
    for (uint32_t i = 0; i < FILES_MAX; i++) {
        if (sh->opened[i] != 0) continue;
        sh->opened[i] = out.file.slot;
        break;
    }
    return out.file.slot;
}

void file_close(struct shell *sh, cap_t file)
{
    for (uint32_t i = 0; i < FILES_MAX; i++) {
        if (sh->opened[i] == file) sh->opened[i] = 0;
    }
    slot_discard(file);
}

static int failed(struct shell *sh, const char *path, int err)
{
    return shell_failed(sh, path, DIRECTORY_ID, err);
}

static void entry_print(struct shell *sh, const struct vfs_entry *e, bool long_form)
{
    bool directory = e->kind == VFS_STAT_KIND_DIRECTORY;

    if (long_form) shell_print(sh, "%s %9lu ", directory ? "d" : "-", e->size);
    shell_print(sh, "%.*s%s\n", (int)e->name.len, e->name.at, directory ? "/" : "");
}

static int list(struct shell *sh, const char *path, bool long_form)
{
    char buffer[PATH_BYTES + 1], after[256];
    struct directory_list_in in = {.path = shell_path(path, buffer), .after = text_from(after, 0)};
    struct directory_list_out out = {.more = true};

    while (out.more && !shell_stopped(sh)) {
        int err = directory_list(sh->files, &in, &out);
        if (err != OK) return failed(sh, path, err);
        if (out.entries.count == 0) break;
        const struct text last = out.entries.at[out.entries.count - 1].name;
        memcpy(after, last.at, last.len);
        char names[VFS_LIST_BYTES];
        struct out kept = out_to(names, sizeof(names));
        /* Printing may call the console or a file, which uses the page the names lie in. */
        for (uint32_t i = 0; i < out.entries.count; i++) {
            struct text *name = &out.entries.at[i].name;
            const char *copy = kept.at + kept.len;
            out_bytes(&kept, name->at, name->len);
            name->at = copy;
        }
        in.after = text_from(after, last.len);
        for (uint32_t i = 0; i < out.entries.count; i++) {
            entry_print(sh, &out.entries.at[i], long_form);
        }
    }
    return STATUS_OK;
}

int run_ls(struct shell *sh, int argc, char **argv)
{
    bool long_form = argc > 1 && strcmp(argv[1], "-l") == 0;
    int first = long_form ? 2 : 1;

    if (sh->files == 0) return failed(sh, "files", ERR_CAP_EMPTY);
    if (argc > first + 1) return shell_wrong(sh, "too many arguments");
    return list(sh, argc > first ? argv[first] : "/", long_form);
}

static int cat_one(struct shell *sh, const char *path)
{
    int err;
    cap_t file = file_open_at(sh, path, &(struct directory_open_in){0}, &err);
    char copy[FILE_BYTES];

    for (uint64_t at = 0; file != 0 && !shell_stopped(sh);) {
        struct file_read_in in = {.offset = at, .count = FILE_BYTES};
        struct file_read_out out;
        err = file_read(file, &in, &out);
        if (err != OK || out.data.len == 0) break;
        memcpy(copy, out.data.at, out.data.len);
        at += out.data.len;
        shell_bytes(sh, copy, out.data.len);
    }
    file_close(sh, file);
    return err == OK ? STATUS_OK : failed(sh, path, err);
}

int run_cat(struct shell *sh, int argc, char **argv)
{
    int status = STATUS_OK;

    for (int i = 1; i < argc && !sh->interrupted; i++) {
        if (cat_one(sh, argv[i]) != STATUS_OK) status = STATUS_ERROR;
    }
    return status;
}

int run_echo(struct shell *sh, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        shell_print(sh, "%s%s", i > 1 ? " " : "", argv[i]);
    }
    shell_print(sh, "\n");
    return STATUS_OK;
}

static int copy_contents(cap_t from, cap_t to)
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

int run_cp(struct shell *sh, int argc, char **argv)
{
    int err;
    bool same = false;
    cap_t from = file_open_at(sh, argv[1], &(struct directory_open_in){0}, &err);

    (void)argc;
    if (from == 0) return failed(sh, argv[1], err);
    cap_t to =
        file_open_at(sh, argv[2], &(struct directory_open_in){.create = true, .write = true}, &err);
    if (to == 0) {
        file_close(sh, from);
        return failed(sh, argv[2], err);
    }
    err = same_file(from, to, &same);
    if (err == OK && !same) err = file_truncate(to, &(struct file_truncate_in){0});
    if (err == OK && !same) err = copy_contents(from, to);
    file_close(sh, from);
    file_close(sh, to);
    if (same) return shell_wrong(sh, "source and target are the same file");
    return err == OK ? STATUS_OK : failed(sh, argv[2], err);
}

int run_mv(struct shell *sh, int argc, char **argv)
{
    char source[PATH_BYTES + 1], target[PATH_BYTES + 1], both[300];
    struct directory_rename_in in = {.source = shell_path(argv[1], source),
                                     .target = shell_path(argv[2], target)};
    int err = directory_rename(sh->files, &in);

    (void)argc;
    if (err == OK) return STATUS_OK;
    print_format(both, sizeof(both), "%s to %s", argv[1], argv[2]);
    return failed(sh, both, err);
}

int run_rm(struct shell *sh, int argc, char **argv)
{
    int status = STATUS_OK;

    for (int i = 1; i < argc; i++) {
        char path[PATH_BYTES + 1];
        struct directory_remove_in in = {.path = shell_path(argv[i], path)};
        int err = directory_remove(sh->files, &in);
        if (err != OK) status = failed(sh, argv[i], err);
    }
    return status;
}

int run_mkdir(struct shell *sh, int argc, char **argv)
{
    int status = STATUS_OK;

    for (int i = 1; i < argc; i++) {
        char path[PATH_BYTES + 1];
        struct directory_mkdir_in in = {.path = shell_path(argv[i], path)};
        int err = directory_mkdir(sh->files, &in);
        if (err != OK) status = failed(sh, argv[i], err);
    }
    return status;
}

int run_stat(struct shell *sh, int argc, char **argv)
{
    char path[PATH_BYTES + 1];
    struct directory_stat_in in = {.path = shell_path(argv[1], path)};
    struct directory_stat_out out;
    int err = directory_stat(sh->files, &in, &out);

    (void)argc;
    if (err != OK) return failed(sh, argv[1], err);
    shell_print(sh, "%s, %lu bytes, inode %lu%s\n",
                out.stat.kind == VFS_STAT_KIND_DIRECTORY ? "directory" : "file", out.stat.size,
                out.stat.inode, out.stat.read_only ? ", read-only: part of the boot image" : "");
    shell_print(sh, "created at %lu ticks, changed at %lu\n", out.stat.created, out.stat.modified);
    return STATUS_OK;
}

int run_df(struct shell *sh, int argc, char **argv)
{
    struct directory_usage_out out;
    int err = directory_usage(sh->files, &out);

    (void)argc;
    (void)argv;
    if (err != OK) return failed(sh, "files", err);
    shell_print(sh, "%lu of %lu bytes in use, %u of %u files and directories, %u open\n", out.bytes,
                out.max_bytes, out.files, out.max_files, out.opened);
    return STATUS_OK;
}
