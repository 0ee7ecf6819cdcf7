/* files.c - commands on names: what is there, and what it is. A path without "/" before it is
 * taken from the root. */
#include "bytes.h"
#include "commands.h"
#include "finder.h"
#include "print.h"
#include "slots.h"
#include "startup.h"
#include "walk.h"

enum { PATH_BYTES = 1024 };

struct text shell_path(const char *text, char out_path[1025])
{
    size_t len = strlen(text);
    size_t lead = text[0] == '/' ? 0 : 1;

    /* Too long a path is passed on as it is: the file server says what is wrong with it. */
    if (len + lead > PATH_BYTES) return text_from(text, len);
    out_path[0] = '/';
    memcpy(out_path + lead, text, len + 1);
    if (len + lead > 1 && out_path[len + lead - 1] == '/') len--; /* as Tab leaves directories */
    out_path[len + lead] = '\0';
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

int file_failed(struct shell *sh, const char *path, int err)
{
    return shell_failed(sh, path, DIRECTORY_ID, err);
}

/* ls */

enum { LS_LONG = 1, LS_TREE = 2 };

static void link_show(struct shell *sh, const char *path)
{
    struct directory_read_link_in in = {.path = text_from(path, strlen(path))};
    struct directory_read_link_out out;

    if (directory_read_link(sh->files, &in, &out) != OK) return;
    char copy[PATH_BYTES + 1]; /* printing uses the page that it lies in */
    memcpy(copy, out.target.at, out.target.len);
    shell_bytes(sh, " -> ", 4);
    shell_bytes(sh, copy, out.target.len);
}

static void entry_show(struct shell *sh, const struct walk *w, uint32_t how)
{
    static const char kinds[] = "-dl";
    const struct vfs_entry *e = &w->entry;
    const char *name = (how & LS_TREE) != 0 ? w->path : walk_name(w);
    char mode[8];

    mode_text((uint8_t)e->mode, mode);
    if ((how & LS_LONG) != 0) {
        shell_print(sh, "%c%s %5lu %9lu ", kinds[e->kind], mode, e->owner, e->size);
    }
    shell_bytes(sh, name, strlen(name));
    if (e->kind == VFS_STAT_KIND_DIRECTORY) shell_bytes(sh, "/", 1);
    if (e->kind == VFS_STAT_KIND_LINK && (how & LS_LONG) != 0) link_show(sh, w->path);
    shell_bytes(sh, "\n", 1);
}

static int list(struct shell *sh, const char *argument, uint32_t how)
{
    static struct walk w; /* one list at a time */
    char path[PATH_BYTES + 1];
    (void)shell_path(argument, path);
    int err = strlen(argument) >= PATH_BYTES ? DIRECTORY_BAD_PATH : walk_start(&w, sh->files, path);
    if (err != OK) return file_failed(sh, argument, err);
    bool into = true;
    struct directory_stat_in in = {.path = text_from(path, strlen(path))};
    struct directory_stat_out out;
    if (w.entry.kind == VFS_STAT_KIND_LINK && (how & LS_LONG) == 0 &&
        directory_stat(sh->files, &in, &out) == OK) {
        w.entry.kind = out.stat.kind; /* a link to a folder is listed as that folder */
    }
    if (w.entry.kind != VFS_STAT_KIND_DIRECTORY) {
        entry_show(sh, &w, how);
        return STATUS_OK;
    }
    while (!shell_stopped(sh) && walk_next(&w, into)) {
        entry_show(sh, &w, how);
        into = (how & LS_TREE) != 0;
    }
    return w.err == OK ? STATUS_OK : file_failed(sh, argument, w.err);
}

static int ls(struct shell *sh, int argc, char **argv)
{
    uint32_t how;
    int status = STATUS_OK;

    if (!options_take(sh, &argc, argv, "lr", &how)) return STATUS_USAGE;
    if (sh->files == 0) return file_failed(sh, "files", ERR_CAP_EMPTY);
    if (argc == 1) return list(sh, "/", how);
    for (int i = 1; i < argc && !sh->interrupted; i++) {
        int one = list(sh, argv[i], how);
        if (one != STATUS_OK) status = one;
    }
    return status;
}

int run_ls(struct shell *sh, int argc, char **argv)
{
    return shell_run_at(sh, argc, argv, ls);
}

int run_find(struct shell *sh, int argc, char **argv)
{
    struct finder f = {0};
    static struct walk w;
    char path[PATH_BYTES + 1];

    if (!finder_parse(&f, argc, argv)) return shell_wrong(sh, "no such condition");
    (void)shell_path(argv[1], path);
    int err = walk_start(&w, sh->files, path);
    if (err != OK) return file_failed(sh, argv[1], err);
    do {
        if (!finder_takes(&f, walk_name(&w), w.entry.kind)) continue;
        shell_bytes(sh, w.path, w.len);
        shell_bytes(sh, "\n", 1);
    } while (!shell_stopped(sh) && walk_next(&w, true));
    return w.err == OK ? STATUS_OK : file_failed(sh, argv[1], w.err);
}

static void time_show(struct shell *sh, const char *what, uint64_t ticks, const char *end)
{
    uint64_t hz = startup_page()->tick_hz;
    uint64_t ms = hz < 1000 ? 0 : ticks / (hz / 1000);

    shell_print(sh, "%s %lu.%03lu s%s", what, ms / 1000, ms % 1000, end);
}

static int stat_one(struct shell *sh, const char *argument, bool link)
{
    static const char *const kinds[] = {"file", "directory", "link"};
    char path[PATH_BYTES + 1], mode[8];
    struct directory_stat_in in = {.path = shell_path(argument, path), .link = link};
    struct directory_stat_out out;
    int err = sh->files == 0 ? ERR_CAP_EMPTY : directory_stat(sh->files, &in, &out);

    if (err != OK) return file_failed(sh, argument, err);
    const struct vfs_stat *s = &out.stat;
    shell_print(sh, "%s, %lu bytes, inode %lu%s\n", kinds[s->kind], s->size, s->inode,
                s->read_only ? ", read-only: part of the boot image" : "");
    mode_text((uint8_t)s->mode, mode);
    shell_print(sh, "owner %lu, mode %s\n", s->owner, mode);
    time_show(sh, "made at", s->created, ", ");
    time_show(sh, "changed at", s->modified, " of the clock of its boot\n");
    return STATUS_OK;
}

int run_stat(struct shell *sh, int argc, char **argv)
{
    uint32_t how;
    int status = STATUS_OK;

    if (!options_take(sh, &argc, argv, "l", &how)) return STATUS_USAGE;
    if (argc == 1) return shell_wrong(sh, "an argument is missing");
    for (int i = 1; i < argc; i++) {
        if (stat_one(sh, argv[i], how != 0) != STATUS_OK) status = STATUS_ERROR;
    }
    return status;
}

static void share_show(struct shell *sh, uint64_t user)
{
    struct directory_account_in in = {.user = user};
    struct directory_account_out out;

    if (directory_account(sh->files, &in, &out) != OK) return;
    shell_print(sh, "user %lu: %lu bytes", user, out.bytes);
    if (out.max_bytes != 0) shell_print(sh, " of %lu", out.max_bytes);
    shell_print(sh, ", %u files", out.files);
    if (out.max_files != 0) shell_print(sh, " of %u", out.max_files);
    shell_print(sh, "%s\n", out.soft ? "; more than four fifths" : "");
}

int run_df(struct shell *sh, int argc, char **argv)
{
    struct directory_usage_out out;
    int err = sh->files == 0 ? ERR_CAP_EMPTY : directory_usage(sh->files, &out);
    uint64_t user = 0;

    if (err != OK) return file_failed(sh, "files", err);
    if (argc > 1 && !shell_number(argv[1], &user)) return shell_wrong(sh, "USER is a number");
    if (argc == 1) {
        shell_print(sh, "%lu of %lu bytes in use, %u of %u files and directories, %u open\n",
                    out.bytes, out.max_bytes, out.files, out.max_files, out.opened);
        user = out.user;
    }
    share_show(sh, user);
    return STATUS_OK;
}
