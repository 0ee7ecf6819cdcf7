/* script.c - `sh`, variables, and what scripts decide by. */
#include "bytes.h"
#include "commands.h"
#include "run.h"

/* Lines are read one by one: what a script changes in itself further down is seen. */
int script_line(struct level *level, char *line, uint32_t size)
{
    struct file_read_in in = {.offset = level->script_at, .count = size};
    struct file_read_out out;
    int err = file_read(level->script, &in, &out);
    uint32_t len = 0;

    if (err != OK) return err;
    if (out.data.len == 0) return SCRIPT_END;
    while (len < out.data.len && out.data.at[len] != '\n') {
        len++;
    }
    if (len == size) return SCRIPT_TOO_LONG;
    memcpy(line, out.data.at, len);
    line[len] = '\0';
    level->script_at += len + 1;
    return SCRIPT_LINE;
}

int run_sh(struct shell *sh, int argc, char **argv)
{
    int err = OK;

    if (sh->pipe_to != NULL || sh->target != 0 || sh->input.pipe != NULL || sh->input.file != 0) {
        return shell_refused(sh, argv[1], "a script has no input or output of its own");
    }
    cap_t file = file_open_at(sh, argv[1], &(struct directory_open_in){0}, &err);
    if (file == 0) return shell_failed(sh, argv[1], DIRECTORY_ID, err);
    if (!script_start(sh, file, argc - 1, argv + 1)) {
        file_close(sh, file);
        return shell_refused(sh, argv[1], "scripts run four deep at most");
    }
    return STATUS_OK;
}

int run_set(struct shell *sh, int argc, char **argv)
{
    if (argc == 1) {
        for (uint32_t i = 0; i < sh->variables.count; i++) {
            shell_print(sh, "%s\n", sh->variables.texts[i]);
        }
        return STATUS_OK;
    }
    switch (variables_set(&sh->variables, argv[1], argc > 2 ? argv[2] : "")) {
    case VARIABLES_OK:
        return STATUS_OK;
    case VARIABLES_BAD_NAME:
        return shell_wrong(sh, "NAME is letters, digits and _, no digit first");
    case VARIABLES_TOO_LONG:
        return shell_refused(sh, argv[1], "name and value have more than 158 bytes");
    case VARIABLES_FULL:
        return shell_refused(sh, argv[1], "24 names have values already");
    }
    return STATUS_ERROR;
}

int run_unset(struct shell *sh, int argc, char **argv)
{
    (void)argc;
    if (variables_unset(&sh->variables, argv[1])) return STATUS_OK;
    return shell_refused(sh, argv[1], "it has no value");
}

int run_true(struct shell *sh, int argc, char **argv)
{
    (void)sh;
    (void)argc;
    return strcmp(argv[0], "true") == 0 ? STATUS_OK : STATUS_ERROR;
}

/* test -e|-f|-d|-l PATH | test TEXT = TEXT | test TEXT != TEXT */
int run_test(struct shell *sh, int argc, char **argv)
{
    char buffer[1025];
    struct directory_stat_out out;

    if (argc == 4 && strcmp(argv[2], "=") == 0) return strcmp(argv[1], argv[3]) != 0;
    if (argc == 4 && strcmp(argv[2], "!=") == 0) return strcmp(argv[1], argv[3]) == 0;
    bool known = argv[1][0] == '-' && argv[1][1] != '\0' && strchr("efdl", argv[1][1]) != NULL;
    if (argc != 3 || !known) return shell_wrong(sh, "no such test");
    struct directory_stat_in in = {.path = shell_path(argv[2], buffer), .link = argv[1][1] == 'l'};
    if (sh->files == 0) return shell_failed(sh, "files", DIRECTORY_ID, ERR_CAP_EMPTY);
    if (directory_stat(sh->files, &in, &out) != OK) return STATUS_ERROR;
    bool holds = argv[1][1] == 'e' || (argv[1][1] == 'f' && out.stat.kind == VFS_STAT_KIND_FILE) ||
                 (argv[1][1] == 'd' && out.stat.kind == VFS_STAT_KIND_DIRECTORY) ||
                 (argv[1][1] == 'l' && out.stat.kind == VFS_STAT_KIND_LINK);
    return holds ? STATUS_OK : STATUS_ERROR;
}
