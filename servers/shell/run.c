/* run.c - from a line to commands, and what Tab offers. */
#include "bytes.h"
#include "complete.h"
#include "idl/registry.h"
#include "print.h"
#include "shell.h"
#include "slots.h"
#include "text.h"

static bool target_open(struct shell *sh)
{
    const struct command *c = &sh->command;
    struct directory_open_in how = {.create = true, .write = true, .truncate = !c->append};
    struct file_stat_out stat;
    int err = OK;

    sh->target_at = 0;
    sh->target_error = OK;
    cap_t file = file_open_at(sh, c->target, &how, &err);
    if (file == 0) {
        (void)shell_failed(sh, c->target, DIRECTORY_ID, err);
        return false;
    }
    if (c->append && file_stat(file, &stat) == OK) sh->target_at = stat.stat.size;
    sh->target = file;
    return true;
}

static int target_close(struct shell *sh, int status)
{
    cap_t file = sh->target;

    shell_flush(sh);
    sh->target = 0;
    file_close(sh, file);
    if (sh->target_error != OK)
        return shell_failed(sh, sh->command.target, FILE_ID, sh->target_error);
    return status;
}

static int run_program(struct shell *sh, int argc, char **argv)
{
    struct program p = {.argc = (uint32_t)argc, .argv = (const char *const *)argv};
    struct job *job = job_start(sh, &p);

    return job == NULL ? STATUS_ERROR : job_wait(sh, job);
}

/* Takes --boot N away. False: it is no good. */
static bool take_boot(struct shell *sh, int *argc, char **argv)
{
    sh->boot = 0;
    bool takes = text_has_word(sh->row->usage, strlen(sh->row->usage), "[--boot");
    for (int i = 1; takes && i < *argc; i++) {
        uint64_t number;
        if (strcmp(argv[i], "--boot") != 0) continue;
        if (i + 1 >= *argc || !shell_number(argv[i + 1], &number)) return false;
        if (sh->boot != 0 || number == 0 || number > UINT32_MAX) return false;
        sh->boot = (uint32_t)number;
        *argc -= 2;
        for (int j = i; j <= *argc; j++) {
            argv[j] = argv[j + 2];
        }
        i--;
    }
    return true;
}

static int run_row(struct shell *sh, int argc, char **argv)
{
    if (!take_boot(sh, &argc, argv)) return shell_wrong(sh, "--boot wants a number from 1 on");
    if (argc - 1 < sh->row->least) return shell_wrong(sh, "an argument is missing");
    if (argc - 1 > sh->row->most) return shell_wrong(sh, "too many arguments");
    return sh->row->run(sh, argc, argv);
}

static int run_command(struct shell *sh)
{
    struct command *c = &sh->command;
    int status;

    sh->row = c->argc > 0 ? row_find(c->argv[0]) : NULL;
    if (c->argc > 0 && sh->row == NULL && strchr(c->argv[0], '/') == NULL &&
        !program_exists(sh, c->argv[0])) {
        shell_print(sh, "%s: no such command\nusage: help [COMMAND]\n", c->argv[0]);
        return STATUS_USAGE;
    }
    if (c->target != NULL && !target_open(sh)) return STATUS_ERROR;
    if (c->argc == 0) {
        status = STATUS_OK;
    } else if (sh->row != NULL) {
        status = run_row(sh, (int)c->argc, c->argv);
    } else {
        status = run_program(sh, (int)c->argc, c->argv);
    }
    if (sh->target != 0) status = target_close(sh, status);
    interrupts_mend(sh);
    return sh->interrupted ? STATUS_INTERRUPTED : status;
}

void shell_run_line(struct shell *sh, const char *line)
{
    const char *at = line;
    enum tokens_result result;

    sh->interrupted = false;
    while (!sh->leaving && !sh->interrupted) {
        result = tokens_next(&at, &sh->command);
        if (result == TOKENS_END) break;
        if (result != TOKENS_COMMAND) {
            shell_print(sh, "shell: %s\nusage: COMMAND [ARGUMENTS] [> FILE]; ...\n",
                        tokens_problem(result));
            sh->status = STATUS_USAGE;
            break;
        }
        sh->status = run_command(sh);
        shell_flush(sh);
    }
    if (sh->interrupted) sh->interrupt_served = true;
    sh->row = NULL;
    shell_flush(sh);
}

/* Completion. */

static void offer(struct completion *c, const char *text)
{
    complete_offer(c, text, (uint32_t)strlen(text));
}

static void offer_programs(const struct shell *sh, struct completion *c)
{
    for (uint32_t i = 0; sh->has_image && i < sh->image.count; i++) {
        const char *path = sh->image.files[i].path;
        if (strncmp(path, "/bin/", 5) != 0) continue;
        /* A command of the same name was offered already. */
        if (c->command[0] == '\0' && row_find(path + 5) != NULL) continue;
        offer(c, path + 5);
    }
}

static void offer_commands(struct completion *c)
{
    for (uint32_t i = 0; i < row_count; i++) {
        offer(c, rows[i].name);
    }
}

static void offer_names(struct shell *sh, struct completion *c)
{
    struct observe_processes_in after = {0};
    struct observe_processes_out pids;

    if (sh->observe == 0 || observe_processes(sh->observe, &after, &pids) != OK) return;
    uint64_t copy[256];
    uint32_t count = pids.pids.count;
    memcpy(copy, pids.pids.at, count * sizeof(copy[0]));
    for (uint32_t i = 0; i < count; i++) {
        struct observe_process_in in = {.pid = (uint32_t)copy[i]};
        struct observe_process_out out;
        if (observe_process(sh->observe, &in, &out) != OK) continue;
        complete_offer(c, out.info.name.at, out.info.name.len);
    }
}

static void offer_services(struct completion *c)
{
    struct registry_list_in in = {0};
    struct registry_list_out out = {.more = true};

    while (out.more && registry_list(CAP_SLOT_REGISTRY, &in, &out) == OK) {
        for (uint32_t i = 0; i < out.services.count; i++) {
            complete_offer(c, out.services.at[i].name.at, out.services.at[i].name.len);
        }
        in.after += out.services.count;
    }
}

/* The names in the directory of the word. */
static void offer_paths(struct shell *sh, struct completion *c)
{
    char prefix[COMPLETE_WORD_MAX], whole[COMPLETE_WORD_MAX + 260], path[1025], after[256];
    const char *slash = strrchr(c->word, '/');
    size_t prefix_len = slash == NULL ? 0 : (size_t)(slash - c->word) + 1;
    struct directory_list_in in = {.after = text_from(after, 0)};
    struct directory_list_out out = {.more = true};

    if (sh->files == 0) return;
    memcpy(prefix, c->word, prefix_len);
    prefix[prefix_len] = '\0';
    in.path = shell_path(prefix, path);
    while (out.more && directory_list(sh->files, &in, &out) == OK && out.entries.count > 0) {
        for (uint32_t i = 0; i < out.entries.count; i++) {
            const struct vfs_entry *e = &out.entries.at[i];
            size_t len = print_format(whole, sizeof(whole), "%s%.*s%s", prefix, (int)e->name.len,
                                      e->name.at, e->kind == VFS_STAT_KIND_DIRECTORY ? "/" : "");
            complete_offer(c, whole, (uint32_t)len);
        }
        const struct text *last = &out.entries.at[out.entries.count - 1].name;
        memcpy(after, last->at, last->len);
        in.after = text_from(after, last->len);
    }
}

static void offer_all(struct shell *sh, struct completion *c)
{
    const struct row *row = row_find(c->command);

    if (c->command[0] == '\0') {
        offer_commands(c);
        offer_programs(sh, c);
        return;
    }
    switch (row == NULL ? COMPLETES_PATH : (enum completes)row->completes) {
    case COMPLETES_NOTHING:
        break;
    case COMPLETES_PATH:
        offer_paths(sh, c);
        break;
    case COMPLETES_NAME:
        offer_names(sh, c);
        break;
    case COMPLETES_SERVICE:
        offer_services(c);
        break;
    case COMPLETES_COMMAND:
        offer_commands(c);
        break;
    case COMPLETES_PROGRAM:
        offer_programs(sh, c);
        break;
    }
}

void shell_complete(struct shell *sh, struct out *o)
{
    static struct completion c; /* one Tab at a time; too large for a stack beside the others */
    char text[COMPLETE_WORD_MAX];

    if (!complete_start(&c, sh->editor.line, sh->editor.cursor)) return;
    offer_all(sh, &c);
    uint32_t len = complete_text(&c, text);
    if (len > 0) {
        editor_insert(&sh->editor, text, len, o);
    } else if (c.count > 1) {
        out_print(o, "\n%s\n", c.list);
        editor_redraw(&sh->editor, o);
    }
}
