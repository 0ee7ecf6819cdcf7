/* views.c - for whom this shell's commands on files act, and what they see where. */
#include "bytes.h"
#include "commands.h"
#include "slots.h"

void shell_files_set(struct shell *sh, cap_t files)
{
    if (sh->files != sh->own_files) slot_discard(sh->files);
    if (sh->outer_files != 0 && sh->outer_files != sh->own_files) slot_discard(sh->outer_files);
    sh->outer_files = 0;
    sh->files = files != 0 ? files : sh->own_files;
    sh->has_view = false;
    interrupts_renew(sh);
}

int run_as(struct shell *sh, int argc, char **argv)
{
    char path[1025];
    struct directory_root_in in = {.write = true};
    struct directory_root_out out = {.directory = {.slot = slot_alloc()}};
    bool own = argc == 1;

    if (sh->person != 0) return shell_refused(sh, argv[0], "somebody is logged in");
    if (!own && !shell_number(argv[1], &in.user)) return shell_wrong(sh, "USER is a number");
    in.path = shell_path(argc > 2 ? argv[2] : "/", path);
    int err = own ? OK : sh->files == 0 ? ERR_CAP_EMPTY : directory_root(sh->files, &in, &out);
    if (err != OK || own) slot_discard(out.directory.slot);
    if (err != OK) return file_failed(sh, argv[1], err);
    shell_files_set(sh, own ? 0 : out.directory.slot);
    return STATUS_OK;
}

/* What is bound is seen by this shell and what it starts: it needs a view of its own. */
static int view_make(struct shell *sh)
{
    struct directory_namespace_out out = {.directory = {.slot = slot_alloc()}};
    int err = sh->files == 0
                  ? ERR_CAP_EMPTY
                  : directory_namespace(sh->files, &(struct directory_namespace_in){0}, &out);

    if (err != OK) {
        slot_discard(out.directory.slot);
        return err;
    }
    shell_files_set(sh, out.directory.slot); /* nothing was forked: that would be a view */
    sh->has_view = true;
    return OK;
}

int run_bind(struct shell *sh, int argc, char **argv)
{
    char source[1025], target[1025];
    uint32_t how;

    if (!options_take(sh, &argc, argv, "b", &how)) return STATUS_USAGE;
    if (argc != 3) return shell_wrong(sh, "SOURCE and TARGET are wanted");
    int err = sh->has_view ? OK : view_make(sh);
    struct directory_bind_in in = {.source = shell_path(argv[1], source),
                                   .target = shell_path(argv[2], target),
                                   .before = how != 0};
    if (err == OK) err = directory_bind(sh->files, &in);
    return err == OK ? STATUS_OK : file_failed(sh, argv[2], err);
}

int run_unbind(struct shell *sh, int argc, char **argv)
{
    char target[1025];
    struct directory_unbind_in in = {.target = shell_path(argv[1], target)};
    int err = sh->files == 0 ? ERR_CAP_EMPTY : directory_unbind(sh->files, &in);

    (void)argc;
    return err == OK ? STATUS_OK : file_failed(sh, argv[1], err);
}

/* Waits for a change; Ctrl-C ends it. */
int run_watch(struct shell *sh, int argc, char **argv)
{
    char path[1025];
    struct directory_watch_in in = {.path = shell_path(argv[1], path)};
    struct directory_watch_out out = {.watch = {.slot = slot_alloc()}};
    struct watch_arm_in arm = {.notification = {.slot = sh->watch_source, .rights = RIGHT_WRITE}};
    struct watch_arm_out armed;
    struct watch_changes_out now = {0};
    int err = sh->files == 0 ? ERR_CAP_EMPTY : directory_watch(sh->files, &in, &out);

    (void)argc;
    if (err == OK) err = watch_arm(out.watch.slot, &arm, &armed);
    if (err == OK) job_await_change(sh);
    if (err == OK && !sh->interrupted) err = watch_changes(out.watch.slot, &now);
    slot_discard(out.watch.slot);
    if (err != OK) return file_failed(sh, argv[1], err);
    if (!sh->interrupted) shell_print(sh, "%s changed\n", argv[1]);
    return STATUS_OK;
}
