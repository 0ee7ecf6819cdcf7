/* trees.c - commands on whole trees: what is kept, layers, changes that nobody sees yet. */
#include "bytes.h"
#include "commands.h"
#include "print.h"
#include "slots.h"

enum { PATH_BYTES = 1024, OVERRIDE_BYTES = 3000, ARGS_OF_AT = 8 };
static const char snapshots[] = "/snapshots", layers[] = "/layers";

int tree_copy(struct shell *sh, struct directory_copy_in *in, uint64_t *out_seq)
{
    struct directory_copy_out out;
    int err = sh->files == 0 ? ERR_CAP_EMPTY : directory_copy(sh->files, in, &out);

    if (err == DIRECTORY_NO_SPACE) { /* too much is not on the disk yet */
        err = directory_flush(sh->files);
        err = err == OK ? directory_copy(sh->files, in, &out) : DIRECTORY_NO_SPACE;
    }
    if (err == OK) *out_seq = out.seq;
    return err;
}

/* A name stands for itself below `folder`, a path for what it says. */
static struct text path_in(const char *folder, const char *name, char out_path[PATH_BYTES + 1])
{
    if (name[0] == '/' || strlen(folder) + 1 + strlen(name) > PATH_BYTES) {
        return shell_path(name, out_path);
    }
    print_format(out_path, PATH_BYTES + 1, "%s/%s", folder, name);
    return text_from(out_path, strlen(out_path));
}

static int keep(struct shell *sh, const char *folder, const char *name, struct directory_copy_in in)
{
    char target[PATH_BYTES + 1];
    uint64_t seq = 0;
    int err = sh->files == 0 ? ERR_CAP_EMPTY : OK;

    if (err == OK && name[0] != '/') {
        err = directory_mkdir(sh->files,
                              &(struct directory_mkdir_in){text_from(folder, strlen(folder)), 0});
        if (err == DIRECTORY_EXISTS) err = OK;
    }
    in.target = path_in(folder, name, target);
    in.keep = true;
    if (err == OK) err = tree_copy(sh, &in, &seq);
    if (err != OK) return file_failed(sh, name, err);
    shell_print(sh, "%s is kept as of record %lu of the files\n", target, seq);
    return STATUS_OK;
}

static int drop(struct shell *sh, const char *folder, const char *name)
{
    char path[PATH_BYTES + 1];
    struct text at = path_in(folder, name, path);
    struct directory_kept_out k = {.next = 0};
    int err = sh->files == 0 ? ERR_CAP_EMPTY : OK;
    bool found = false;

    while (err == OK && !found) {
        err = directory_kept(sh->files, &(struct directory_kept_in){.after = k.next}, &k);
        if (err == OK && k.next == 0) return file_failed(sh, name, DIRECTORY_NOT_FOUND);
        found = err == OK && k.path.len == at.len && memcmp(k.path.at, at.at, at.len) == 0;
    }
    struct directory_remove_in in = {.path = at, .whole = true};
    if (err == OK) err = directory_remove(sh->files, &in);
    return err == OK ? STATUS_OK : file_failed(sh, name, err);
}

static int kept_list(struct shell *sh)
{
    char path[PATH_BYTES + 1], source[PATH_BYTES + 1];
    struct directory_kept_out k = {.next = 0};
    int err = sh->files == 0 ? ERR_CAP_EMPTY : OK;

    while (err == OK) {
        err = directory_kept(sh->files, &(struct directory_kept_in){.after = k.next}, &k);
        if (err != OK || k.next == 0) break;
        print_format(path, sizeof(path), "%.*s", (int)k.path.len, k.path.at);
        print_format(source, sizeof(source), "%.*s", (int)k.source.len, k.source.at);
        shell_print(sh, "%s: %s as of record %lu, %u files and directories, %lu bytes\n", path,
                    source, k.seq, k.files, k.bytes);
    }
    return err == OK ? STATUS_OK : file_failed(sh, "files", err);
}

int run_snapshot(struct shell *sh, int argc, char **argv)
{
    char source[PATH_BYTES + 1];
    uint32_t how;

    if (!options_take(sh, &argc, argv, "d", &how)) return STATUS_USAGE;
    if (argc == 1 && how == 0) return kept_list(sh);
    if (argc == 1 || (how != 0 && argc > 2)) return shell_wrong(sh, "a NAME is wanted");
    if (how != 0) return drop(sh, snapshots, argv[1]);
    struct directory_copy_in in = {.source = shell_path(argc > 2 ? argv[2] : "/", source)};
    return keep(sh, snapshots, argv[1], in);
}

struct text layers_at(const char *name, char out_path[PATH_BYTES + 1])
{
    return path_in(layers, name, out_path);
}

void view_enter(struct shell *sh, cap_t view)
{
    sh->outer_files = sh->files;
    sh->outer_view = sh->has_view;
    sh->files = view;
    sh->has_view = true;
    interrupts_renew(sh);
}

void view_leave(struct shell *sh)
{
    slot_discard(sh->files);
    sh->files = sh->outer_files;
    sh->has_view = sh->outer_view;
    sh->outer_files = 0;
    interrupts_renew(sh);
}

/* A layer of what stands at another place, or a change of what is there. */
static int fork_make(struct shell *sh, struct text source, struct text target, cap_t *out_view)
{
    struct directory_fork_in in = {
        .source = source, .target = target, .layer = source.at != target.at};
    struct directory_fork_out out = {.directory = {.slot = slot_alloc()}};
    int err = sh->files == 0 ? ERR_CAP_EMPTY : directory_fork(sh->files, &in, &out);

    if (err == DIRECTORY_NO_SPACE) {
        err = directory_flush(sh->files);
        err = err == OK ? directory_fork(sh->files, &in, &out) : DIRECTORY_NO_SPACE;
    }
    if (err != OK) slot_discard(out.directory.slot);
    *out_view = out.directory.slot;
    return err;
}

/* argv: where they are to stand, then the layers from the lowest on. */
int layers_stack(struct shell *sh, int argc, char **argv, cap_t *out_view)
{
    char source[PATH_BYTES + 1], target[PATH_BYTES + 1];

    if (sh->outer_files != 0) return shell_refused(sh, argv[0], "a view is there already");
    struct text at = shell_path(argv[0], target);
    int err = fork_make(sh, path_in(layers, argv[1], source), at, out_view), i = 1;
    while (err == OK && ++i < argc) {
        struct directory_overlay_in in = {.source = path_in(layers, argv[i], source)};
        err = directory_overlay(*out_view, &in);
        if (err != OK) slot_discard(*out_view);
    }
    return err == OK ? STATUS_OK : file_failed(sh, argv[i], err);
}

/* Seen by this shell, and by what it starts. */
static int stack(struct shell *sh, int argc, char **argv)
{
    cap_t view;
    int status = layers_stack(sh, argc, argv, &view);

    if (status == STATUS_OK) view_enter(sh, view);
    return status;
}

int run_layers(struct shell *sh, int argc, char **argv)
{
    char source[PATH_BYTES + 1];
    const char *word = argc > 1 ? argv[1] : "";
    struct directory_copy_in in = {.changed = strcmp(word, "publish") == 0};

    if (argc == 1) return kept_list(sh);
    if (strcmp(word, "leave") == 0 && argc == 2) {
        if (sh->outer_files == 0) return shell_refused(sh, word, "there are no layers here");
        view_leave(sh);
        return STATUS_OK;
    }
    if (strcmp(word, "drop") == 0 && argc == 3) return drop(sh, layers, argv[2]);
    if (strcmp(word, "stack") == 0 && argc > 3) return stack(sh, argc - 2, argv + 2);
    if (argc != 4 || (!in.changed && strcmp(word, "make") != 0)) {
        return shell_wrong(sh, "it takes make, publish, stack, drop or leave");
    }
    in.source = shell_path(argv[3], source);
    return keep(sh, layers, argv[2], in);
}

static int change_begin(struct shell *sh, const char *folder)
{
    char path[PATH_BYTES + 1];
    cap_t view;

    if (sh->outer_files != 0) return shell_refused(sh, folder, "a view is there already");
    struct text at = shell_path(folder, path);
    int err = fork_make(sh, at, at, &view);
    if (err != OK) return file_failed(sh, folder, err);
    view_enter(sh, view);
    return STATUS_OK;
}

/* Refused or not: afterwards there is no change any more. */
int run_change(struct shell *sh, int argc, char **argv)
{
    int err = OK;

    if (strcmp(argv[1], "begin") == 0 && argc == 3) return change_begin(sh, argv[2]);
    bool commits = strcmp(argv[1], "commit") == 0;
    if (argc != 2 || (!commits && strcmp(argv[1], "drop") != 0)) {
        return shell_wrong(sh, "it takes begin PATH, commit or drop");
    }
    if (sh->outer_files == 0) return shell_refused(sh, argv[1], "nothing was begun");
    if (commits) err = directory_commit(sh->files, &(struct directory_commit_in){0});
    view_leave(sh);
    return err == OK ? STATUS_OK : file_failed(sh, argv[1], err);
}

/* What is put there is on no disk: the text, or else the input. */
int run_override(struct shell *sh, int argc, char **argv)
{
    static struct reader r;
    static uint8_t data[OVERRIDE_BYTES];
    char path[PATH_BYTES + 1];
    const char *bytes;
    uint32_t len = 0, more;

    if (argc == 2 && !reader_open(sh, &r, NULL)) return STATUS_USAGE;
    while (argc == 2 && (more = reader_bytes(&r, &bytes)) > 0) {
        if (more > sizeof(data) - len) return shell_refused(sh, argv[1], "it is too long");
        memcpy(data + len, bytes, more);
        len += more;
    }
    for (int i = 2; i < argc; i++) {
        more = (uint32_t)strlen(argv[i]);
        if (more + 1 > sizeof(data) - len) return shell_refused(sh, argv[1], "it is too long");
        memcpy(data + len, argv[i], more);
        len += more;
        data[len++] = i + 1 < argc ? ' ' : '\n';
    }
    struct directory_override_in in = {.path = shell_path(argv[1], path),
                                       .data = data_from(data, len)};
    int err = sh->files == 0 ? ERR_CAP_EMPTY : directory_override(sh->files, &in);
    memset(data, 0, sizeof(data));
    return err == OK ? STATUS_OK : file_failed(sh, argv[1], err);
}

/* --at: the kept tree with that record's number is seen where it was, while one command runs. */
static int past_open(struct shell *sh, uint64_t seq, cap_t *out_files, char source[PATH_BYTES + 1])
{
    char path[PATH_BYTES + 1];
    struct directory_kept_out k = {.next = 0};
    struct directory_namespace_out view = {.directory = {.slot = slot_alloc()}};
    struct directory_subdirectory_out top = {.directory = {.slot = view.directory.slot}};
    int err;

    *out_files = view.directory.slot;
    do {
        err = directory_kept(sh->files, &(struct directory_kept_in){.after = k.next}, &k);
        if (err == OK && k.next == 0) err = DIRECTORY_NOT_FOUND;
    } while (err == OK && k.seq != seq);
    if (err != OK) return err;
    print_format(path, sizeof(path), "%.*s", (int)k.path.len, k.path.at);
    print_format(source, PATH_BYTES + 1, "%.*s", (int)k.source.len, k.source.at);
    if (strcmp(source, "/") == 0) {
        struct directory_subdirectory_in in = {.path = text_from(path, strlen(path))};
        return directory_subdirectory(sh->files, &in, &top);
    }
    err = directory_namespace(sh->files, &(struct directory_namespace_in){0}, &view);
    struct directory_bind_in bind = {.source = text_from(path, strlen(path)),
                                     .target = text_from(source, strlen(source))};
    return err == OK ? directory_bind(*out_files, &bind) : err;
}

/* Beside it all is as it is now: that is not shown as if it had been so. */
static bool is_in(const char *word, const char *source)
{
    char path[PATH_BYTES + 1];
    struct text at = shell_path(word, path);
    size_t len = strlen(source);

    if (len == 1) return true;
    if (at.len < len || memcmp(at.at, source, len) != 0) return false;
    return at.len == len || at.at[len] == '/';
}

static int past_run(struct shell *sh, int argc, char **argv, const char *source,
                    int (*run)(struct shell *, int, char **))
{
    char *words[ARGS_OF_AT], why[PATH_BYTES + 80];
    bool has_path = false;

    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-') continue;
        has_path = true;
        if (is_in(argv[i], source)) continue;
        print_format(why, sizeof(why), "it is not in what is kept as of that record: %s", source);
        return shell_refused(sh, argv[i], why);
    }
    if (has_path || strcmp(argv[0], "ls") != 0 || argc + 1 >= ARGS_OF_AT) {
        return run(sh, argc, argv);
    }
    memcpy(words, argv, (size_t)argc * sizeof(words[0]));
    words[argc] = (char *)source;
    words[argc + 1] = NULL;
    return run(sh, argc + 1, words);
}

/* Which there are, for who asked for another one. */
static int past_refused(struct shell *sh, const char *seq)
{
    char list[200] = "";
    struct directory_kept_out k = {.next = 0};
    uint32_t len = 0, left_out = 0;

    for (;;) {
        int err = directory_kept(sh->files, &(struct directory_kept_in){.after = k.next}, &k);
        if (err != OK || k.next == 0) break;
        if (sizeof(list) - len < 24) {
            left_out++;
            continue;
        }
        print_format(list + len, sizeof(list) - len, "%s%lu", len > 0 ? ", " : "", k.seq);
        len += (uint32_t)strlen(list + len);
    }
    if (len == 0) return shell_refused(sh, seq, "nothing is kept as of that record, nor of others");
    char why[300];
    const char *more = left_out > 0 ? " and more: `snapshot` lists them" : "";
    print_format(why, sizeof(why), "nothing is kept as of that record; there are %s%s", list, more);
    return shell_refused(sh, seq, why);
}

int shell_run_at(struct shell *sh, int argc, char **argv, int (*run)(struct shell *, int, char **))
{
    static char source[PATH_BYTES + 1];
    cap_t now = sh->files, past;
    uint64_t seq;

    if (argc < 3 || strcmp(argv[1], "--at") != 0) return run(sh, argc, argv);
    if (!shell_number(argv[2], &seq)) return shell_wrong(sh, "SEQ is a number");
    if (sh->files == 0) return file_failed(sh, "files", ERR_CAP_EMPTY);
    int err = past_open(sh, seq, &past, source);
    if (err != OK) {
        slot_discard(past);
        if (err != DIRECTORY_NOT_FOUND) return file_failed(sh, argv[2], err);
        return past_refused(sh, argv[2]);
    }
    sh->files = past;
    argv[2] = argv[0];
    int status = past_run(sh, argc - 2, argv + 2, source, run);
    sh->files = now;
    slot_discard(past);
    return status;
}
