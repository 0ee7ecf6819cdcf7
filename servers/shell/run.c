/* run.c - from a line to commands: pipes, redirection, `&&` and `||`, scripts. */
#include "run.h"
#include "bytes.h"
#include "print.h"
#include "text.h"

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

/* What comes from and goes to files and the commands beside it. */
static bool ends_open(struct shell *sh, const struct command *c, bool from_pipe)
{
    if (from_pipe && c->source != NULL) {
        (void)shell_refused(sh, c->source, "the input comes through the pipe");
        return false;
    }
    if (c->after == AFTER_PIPE && c->target != NULL) {
        (void)shell_refused(sh, c->target, "the output goes through the pipe");
        return false;
    }
    if (c->source != NULL && !input_open(sh, c->source)) return false;
    if (from_pipe) input_from_pipe(sh);
    if (c->target != NULL && !target_open(sh, c->target, c->append)) {
        input_close(sh);
        return false;
    }
    if (c->after == AFTER_PIPE) return pipe_open(sh);
    return true;
}

static int ends_close(struct shell *sh, const struct command *c, int status)
{
    shell_flush(sh);
    input_close(sh);
    if (c->after == AFTER_PIPE) status = pipe_close(sh, status);
    if (c->target != NULL && sh->target != 0) status = target_close(sh, c->target, status);
    return status;
}

static bool is_known(struct shell *sh, const char *name)
{
    return sh->row != NULL || strchr(name, '/') != NULL || program_exists(sh, name);
}

static int run_words(struct shell *sh, struct words *words)
{
    if (words->argc == 0) return STATUS_OK;
    sh->row = row_find(words->argv[0]);
    if (!is_known(sh, words->argv[0])) {
        const char *path = path_find_command(sh, words->argv[0]);
        if (path == NULL) {
            return shell_unknown(sh, words->argv[0]);
        }
        words->argv[0] = path;
    }
    if (sh->row != NULL) return run_row(sh, (int)words->argc, (char **)words->argv);
    return run_program(sh, (int)words->argc, (char **)words->argv);
}

static int run_command(struct shell *sh, struct level *level)
{
    static struct words words; /* one command at a time; too large for a stack */
    struct command *c = &sh->command;
    bool from_pipe = level->joined == AFTER_PIPE;
    int status = STATUS_ERROR;

    sh->row = NULL;
    level->skipping = true; /* what would read from it, if it does not even begin */
    if (!words_expand(sh, c, &words)) return STATUS_USAGE;
    if (!ends_open(sh, c, from_pipe)) return STATUS_ERROR;
    level->skipping = false;
    status = ends_close(sh, c, run_words(sh, &words));
    interrupts_mend(sh);
    return sh->interrupted ? STATUS_INTERRUPTED : status;
}

/* Levels: the line that was typed, a script that it runs, a line of the script, and so on. */

static struct level *level_top(struct shell *sh)
{
    return &sh->levels[sh->level_count - 1];
}

static bool level_add_line(struct shell *sh, const char *line)
{
    if (sh->level_count == LEVELS_MAX) return false;
    struct level *l = &sh->levels[sh->level_count++];
    *l = (struct level){.joined = AFTER_END};
    (void)text_copy(l->line, sizeof(l->line), line, strlen(line));
    l->at = l->line;
    return true;
}

static void level_drop(struct shell *sh)
{
    struct level *l = level_top(sh);

    if (l->script != 0) file_close(sh, l->script);
    sh->level_count--;
}

bool script_start(struct shell *sh, cap_t file, int argc, char **argv)
{
    if (sh->level_count + 2 > LEVELS_MAX) return false;
    struct level *l = &sh->levels[sh->level_count++];
    struct out o = out_to(l->line, sizeof(l->line));
    *l = (struct level){.script = file, .argc = (uint32_t)argc};
    for (int i = 0; i < argc; i++) {
        out_bytes(&o, argv[i], strlen(argv[i]) + 1);
    }
    return true;
}

/* `$1` and up, and `$#`: of the innermost script. */
static const char *argument_value(struct shell *sh, const struct level *l, char name)
{
    const char *at = l->line;

    if (name == '#') {
        print_format(sh->number, sizeof(sh->number), "%u", l->argc - 1);
        return sh->number;
    }
    if ((uint32_t)(name - '0') >= l->argc) return NULL;
    for (char i = '0'; i < name; i++) {
        at += strlen(at) + 1;
    }
    return at;
}

static const char *value_of(void *state, const char *name, uint32_t len)
{
    struct shell *sh = state;

    if (len == 1 && name[0] == '?') {
        print_format(sh->number, sizeof(sh->number), "%d", sh->status);
        return sh->number;
    }
    for (uint32_t i = sh->level_count; len == 1 && i > 0; i--) {
        if (sh->levels[i - 1].script == 0) continue;
        if (name[0] == '#' || (name[0] >= '0' && name[0] <= '9')) {
            return argument_value(sh, &sh->levels[i - 1], name[0]);
        }
    }
    return variables_get(&sh->variables, name, len);
}

/* Left out because of what came before it, together with all that its pipe leads to. */
static bool is_skipped(const struct shell *sh, struct level *level)
{
    bool skips = (level->joined == AFTER_AND && sh->status != STATUS_OK) ||
                 (level->joined == AFTER_OR && sh->status == STATUS_OK);

    if (level->joined == AFTER_PIPE) skips = level->skipping;
    level->skipping = skips;
    return skips;
}

static void line_step(struct shell *sh, struct level *level)
{
    const struct tokens_values values = {value_of, sh};
    enum tokens_result result = tokens_next(&level->at, &values, &sh->command);

    if (result == TOKENS_END) {
        level_drop(sh);
        return;
    }
    if (result != TOKENS_COMMAND) {
        sh->status = shell_misread(sh, tokens_problem(result));
        level_drop(sh);
        return;
    }
    uint8_t after = sh->command.after;
    if (!is_skipped(sh, level)) sh->status = run_command(sh, level);
    level->joined = after;
    shell_flush(sh);
}

static void script_step(struct shell *sh, struct level *level)
{
    char line[EDITOR_LINE_MAX];
    int err = script_line(level, line, sizeof(line));

    if (err == SCRIPT_LINE && level_add_line(sh, line)) return;
    if (err != SCRIPT_END) {
        sh->row = NULL;
        sh->status = err == SCRIPT_TOO_LONG
                         ? shell_refused(sh, level->line, "a line of more than 511 bytes")
                         : shell_failed(sh, level->line, FILE_ID, err);
    }
    level_drop(sh);
}

void script_end(struct shell *sh)
{
    while (sh->level_count > 0) {
        bool is_script = level_top(sh)->script != 0;
        level_drop(sh);
        if (is_script) return;
    }
}

bool script_runs(const struct shell *sh)
{
    for (uint32_t i = 0; i < sh->level_count; i++) {
        if (sh->levels[i].script != 0) return true;
    }
    return false;
}

void shell_run_line(struct shell *sh, const char *line)
{
    sh->interrupted = false;
    (void)level_add_line(sh, line);
    while (sh->level_count > 0 && !sh->leaving && !sh->interrupted) {
        struct level *level = level_top(sh);
        if (level->script != 0) {
            script_step(sh, level);
        } else {
            line_step(sh, level);
        }
        if (script_runs(sh)) (void)shell_stopped(sh);
    }
    while (sh->level_count > 0) {
        level_drop(sh);
    }
    if (sh->interrupted) {
        sh->interrupt_served = true;
        sh->status = STATUS_INTERRUPTED;
    }
    sh->row = NULL;
    shell_flush(sh);
}
