/* change.c - commands that change names, modes, owners and limits. */
#include "bytes.h"
#include "commands.h"
#include "print.h"

enum { PATH_BYTES = 1024 };

/* The same for each path. */
static int each(struct shell *sh, int argc, char **argv, int (*one)(struct shell *, const char *))
{
    int status = STATUS_OK;

    if (sh->files == 0) return file_failed(sh, "files", ERR_CAP_EMPTY);
    for (int i = 1; i < argc && !sh->interrupted; i++) {
        int err = one(sh, argv[i]);
        if (err != OK) status = file_failed(sh, argv[i], err);
    }
    return status;
}

static int remove_one(struct shell *sh, const char *argument)
{
    char path[PATH_BYTES + 1];

    return directory_remove(sh->files,
                            &(struct directory_remove_in){.path = shell_path(argument, path)});
}

static int remove_whole(struct shell *sh, const char *argument)
{
    char path[PATH_BYTES + 1];

    return directory_remove(sh->files, &(struct directory_remove_in){
                                           .path = shell_path(argument, path), .whole = true});
}

int run_rm(struct shell *sh, int argc, char **argv)
{
    uint32_t how;

    if (!options_take(sh, &argc, argv, "r", &how)) return STATUS_USAGE;
    if (argc == 1) return shell_wrong(sh, "an argument is missing");
    return each(sh, argc, argv, how != 0 ? remove_whole : remove_one);
}

static int remove_directory(struct shell *sh, const char *argument)
{
    char path[PATH_BYTES + 1];
    struct directory_stat_in in = {.path = shell_path(argument, path), .link = true};
    struct directory_stat_out out;
    int err = directory_stat(sh->files, &in, &out);

    if (err != OK) return err;
    if (out.stat.kind != VFS_STAT_KIND_DIRECTORY) return DIRECTORY_NOT_DIRECTORY;
    return remove_one(sh, argument);
}

int run_rmdir(struct shell *sh, int argc, char **argv)
{
    return each(sh, argc, argv, remove_directory);
}

static int make_one(struct shell *sh, const char *argument)
{
    char path[PATH_BYTES + 1];

    return directory_mkdir(sh->files,
                           &(struct directory_mkdir_in){.path = shell_path(argument, path)});
}

/* Each folder on the way; one that is there is as good. */
static int make_all(struct shell *sh, const char *argument)
{
    char path[PATH_BYTES + 1];
    struct text whole = shell_path(argument, path);
    struct directory_stat_out out;
    int err = OK;

    for (uint32_t len = 1; len <= whole.len && err == OK; len++) {
        if (len < whole.len && whole.at[len] != '/') continue;
        err = directory_mkdir(sh->files,
                              &(struct directory_mkdir_in){.path = text_from(whole.at, len)});
        if (err == DIRECTORY_EXISTS || err == DIRECTORY_READ_ONLY) err = OK;
    }
    if (err != OK) return err;
    err = directory_stat(sh->files, &(struct directory_stat_in){.path = whole}, &out);
    return err == OK && out.stat.kind != VFS_STAT_KIND_DIRECTORY ? DIRECTORY_EXISTS : err;
}

int run_mkdir(struct shell *sh, int argc, char **argv)
{
    uint32_t how;

    if (!options_take(sh, &argc, argv, "p", &how)) return STATUS_USAGE;
    if (argc == 1) return shell_wrong(sh, "an argument is missing");
    return each(sh, argc, argv, how != 0 ? make_all : make_one);
}

int run_mv(struct shell *sh, int argc, char **argv)
{
    char source[PATH_BYTES + 1], target[PATH_BYTES + 1], both[300];
    int status = STATUS_OK;

    if (sh->files == 0) return file_failed(sh, "files", ERR_CAP_EMPTY);
    bool into = target_is_folder(sh, argv[argc - 1]);
    if (argc > 3 && !into) return shell_wrong(sh, "TARGET is no directory");
    for (int i = 1; i < argc - 1; i++) {
        struct directory_rename_in in = {.source = shell_path(argv[i], source)};
        if (!target_path(into, argv[argc - 1], argv[i], target)) {
            status = file_failed(sh, argv[i], DIRECTORY_BAD_PATH);
            continue;
        }
        in.target = text_from(target, strlen(target));
        int err = directory_rename(sh->files, &in);
        print_format(both, sizeof(both), "%s to %s", argv[i], argv[argc - 1]);
        if (err != OK) status = file_failed(sh, both, err);
    }
    return status;
}

int run_ln(struct shell *sh, int argc, char **argv)
{
    char path[PATH_BYTES + 1];
    uint32_t how;

    if (!options_take(sh, &argc, argv, "s", &how)) return STATUS_USAGE;
    if (how == 0) return shell_wrong(sh, "a file has one name; with -s a link is made");
    if (argc != 3) return shell_wrong(sh, "TARGET and PATH are wanted");
    struct directory_link_in in = {.path = shell_path(argv[2], path),
                                   .target = text_from(argv[1], strlen(argv[1]))};
    int err = sh->files == 0 ? ERR_CAP_EMPTY : directory_link(sh->files, &in);
    return err == OK ? STATUS_OK : file_failed(sh, argv[2], err);
}

int run_chmod(struct shell *sh, int argc, char **argv)
{
    int status = STATUS_OK;

    if (sh->files == 0) return file_failed(sh, "files", ERR_CAP_EMPTY);
    for (int i = 2; i < argc; i++) {
        char path[PATH_BYTES + 1];
        struct directory_stat_in in = {.path = shell_path(argv[i], path)};
        struct directory_stat_out out;
        uint8_t mode = 0;
        int err = directory_stat(sh->files, &in, &out);
        if (err == OK && !mode_parse(argv[1], (uint8_t)out.stat.mode, &mode)) {
            return shell_wrong(sh, "MODE is rwxrwrw with - for what is not allowed, or like w+r");
        }
        struct directory_chmod_in change = {.path = in.path, .mode = mode};
        if (err == OK) err = directory_chmod(sh->files, &change);
        if (err != OK) status = file_failed(sh, argv[i], err);
    }
    return status;
}

int run_chown(struct shell *sh, int argc, char **argv)
{
    uint64_t user;
    int status = STATUS_OK;

    if (!shell_number(argv[1], &user)) return shell_wrong(sh, "USER is a number");
    if (sh->files == 0) return file_failed(sh, "files", ERR_CAP_EMPTY);
    for (int i = 2; i < argc; i++) {
        char path[PATH_BYTES + 1];
        struct directory_chown_in in = {.path = shell_path(argv[i], path), .user = user};
        int err = directory_chown(sh->files, &in);
        if (err != OK) status = file_failed(sh, argv[i], err);
    }
    return status;
}

int run_quota(struct shell *sh, int argc, char **argv)
{
    struct directory_set_quota_in in = {0};
    uint64_t files = 0;

    bool numbers = shell_number(argv[1], &in.user) && shell_number(argv[2], &in.max_bytes) &&
                   (argc < 4 || shell_number(argv[3], &files)) && files <= UINT32_MAX;
    if (!numbers) return shell_wrong(sh, "USER, BYTES and FILES are numbers; 0: the usual");
    in.max_files = (uint32_t)files;
    int err = sh->files == 0 ? ERR_CAP_EMPTY : directory_set_quota(sh->files, &in);
    return err == OK ? STATUS_OK : file_failed(sh, argv[1], err);
}
