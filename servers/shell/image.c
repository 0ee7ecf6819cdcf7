/*
 * image.c - what a program brings along as layers, and runs in as its whole world.
 *
 *   bin/main       the entry point; beside it other programs
 *   svc/NAME/      images of their own, laid out the same way
 *   etc/           settings
 *   etc/init.d/    scripts, run in the order of their names before the entry point
 *
 * A layer may have some of it. All layers together have an entry point, and so has each svc/NAME.
 */
#include "bytes.h"
#include "commands.h"
#include "print.h"
#include "slots.h"
#include "walk.h"

enum { PATH_BYTES = 1024, SCRIPT_BYTES = 3000, KIND_NONE = 255 };
static const char init[] = "/.init"; /* in the image's view only, and on no disk */

struct image_at {
    struct shell *sh;
    cap_t files;
    const char *top; /* "/", or where it stands */
    bool whole;      /* all layers: nothing may be missing */
};

static void path_below(const struct image_at *m, const char *name, char out[PATH_BYTES + 1])
{
    const char *top = strcmp(m->top, "/") == 0 ? "" : m->top;

    print_format(out, PATH_BYTES + 1, name[0] != '\0' ? "%s/%s" : "%s", top, name);
}

static uint32_t kind_of(const struct image_at *m, const char *name)
{
    char path[PATH_BYTES + 1];
    struct directory_stat_out out;

    path_below(m, name, path);
    const struct directory_stat_in in = {.path = text_from(path, strlen(path))};
    return directory_stat(m->files, &in, &out) == OK ? (uint32_t)out.stat.kind : KIND_NONE;
}

/* Present or not: if it is there it is a folder. */
static bool check_folder(const struct image_at *m, const char *name)
{
    uint32_t kind = kind_of(m, name);

    if (kind == VFS_STAT_KIND_DIRECTORY || kind == KIND_NONE) return true;
    (void)shell_refused(m->sh, name, "in an image it is a directory");
    return false;
}

static bool check_entry(const struct image_at *m, const char *name)
{
    uint32_t kind = kind_of(m, name);

    if (kind == VFS_STAT_KIND_FILE) return true;
    if (kind != KIND_NONE) {
        (void)shell_refused(m->sh, name, "in an image it is the program to start: a file");
        return false;
    }
    if (!m->whole) return true;
    (void)shell_refused(m->sh, name, "no layer has this entry point");
    return false;
}

/* The names in a folder of it, in their order; none is no error. */
static bool each(const struct image_at *m, const char *folder,
                 bool (*one)(const struct image_at *, const char *, const struct vfs_entry *))
{
    static struct walk w;
    char path[PATH_BYTES + 1];
    bool good = true;

    if (kind_of(m, folder) != VFS_STAT_KIND_DIRECTORY) return true;
    path_below(m, folder, path);
    if (walk_start(&w, m->files, path) != OK) return true;
    while (walk_next(&w, w.len == w.top_len)) {
        const char *slash = strrchr(w.path, '/');
        good = one(m, slash + 1, &w.entry) && good;
    }
    return good;
}

static bool show_bin(const struct image_at *m, const char *name, const struct vfs_entry *e)
{
    (void)e;
    shell_print(m->sh, "bin/%s\n", name);
    return true;
}

static bool show_service(const struct image_at *m, const char *name, const struct vfs_entry *e)
{
    char entry[PATH_BYTES + 1];

    print_format(entry, sizeof(entry), "svc/%s", name);
    if (e->kind != VFS_STAT_KIND_DIRECTORY) return check_folder(m, entry);
    shell_print(m->sh, "%s\n", entry);
    print_format(entry, sizeof(entry), "svc/%s/bin/main", name);
    return check_entry(m, entry);
}

static bool show_script(const struct image_at *m, const char *name, const struct vfs_entry *e)
{
    if (e->kind == VFS_STAT_KIND_DIRECTORY) {
        return shell_refused(m->sh, name, "in etc/init.d there are scripts") == STATUS_OK;
    }
    shell_print(m->sh, "etc/init.d/%s\n", name);
    return true;
}

/* Says what is there; each thing that is not as it must be is an error of its own. */
static bool inspect(const struct image_at *m)
{
    static const char *const folders[] = {"bin", "svc", "etc", "etc/init.d"};
    bool good = true;

    for (uint32_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        good = check_folder(m, folders[i]) && good;
    }
    if (!good) return false;
    good = check_entry(m, "bin/main");
    good = each(m, "bin", show_bin) && good;
    good = each(m, "svc", show_service) && good;
    return each(m, "etc/init.d", show_script) && good;
}

static int check(struct shell *sh, int argc, char **argv)
{
    struct image_at m = {.sh = sh, .files = sh->files, .whole = argc > 1};
    char top[PATH_BYTES + 1], *words[256] = {(char *)"/tmp"};

    if (sh->files == 0) return file_failed(sh, "files", ERR_CAP_EMPTY);
    memcpy(words + 1, argv, (size_t)argc * sizeof(words[0]));
    if (m.whole) {
        int status = layers_stack(sh, argc + 1, words, &m.files);
        if (status != STATUS_OK) return status;
    }
    m.top = m.whole ? "/tmp" : layers_at(argv[0], top).at;
    if (!m.whole && kind_of(&m, "") != VFS_STAT_KIND_DIRECTORY) {
        return file_failed(sh, argv[0], DIRECTORY_NOT_FOUND);
    }
    bool good = inspect(&m);
    if (m.whole) slot_discard(m.files);
    return good ? STATUS_OK : STATUS_ERROR;
}

static struct script {
    char text[SCRIPT_BYTES];
    uint32_t len;
    bool full;
} script;

static void script_add(const char *before, const char *name, const char *after)
{
    uint32_t room = SCRIPT_BYTES - script.len;
    size_t len = print_format(script.text + script.len, room, "%s%s%s", before, name, after);

    script.full = script.full || len >= room;
    if (!script.full) script.len += (uint32_t)len;
}

/* One that fails is told, and the others follow. */
static bool add_script(const struct image_at *m, const char *name, const struct vfs_entry *e)
{
    (void)m;
    (void)e;
    script_add("sh /etc/init.d/", name, " || echo ");
    script_add("etc/init.d/", name, " failed, the others follow\n");
    return true;
}

/* The script of all scripts stands in the view as an override, and goes with it. */
static int start(struct shell *sh)
{
    static const char *const name[] = {init};
    const struct image_at m = {.sh = sh, .files = sh->files, .top = "/", .whole = true};
    struct directory_override_in in = {.path = text_from(init, strlen(init))};
    int err;

    script = (struct script){.len = 0};
    (void)each(&m, "etc/init.d", add_script);
    script_add("/bin/main\nimage leave\n", "", "");
    if (script.full) return shell_refused(sh, "etc/init.d", "there are too many scripts");
    in.data = data_from(script.text, script.len);
    err = directory_override(sh->files, &in);
    cap_t file = err == OK ? file_open_at(sh, init, &(struct directory_open_in){0}, &err) : 0;
    if (err != OK) return file_failed(sh, init, err);
    if (script_start(sh, file, 1, (char **)name)) return STATUS_OK;
    file_close(sh, file);
    return shell_refused(sh, init, "scripts run four deep at most");
}

/* Layers at PATH; from then on that is the root. */
static int run(struct shell *sh, int argc, char **argv)
{
    char path[PATH_BYTES + 1];
    cap_t view;
    int status = layers_stack(sh, argc, argv, &view);

    if (status != STATUS_OK) return status;
    struct directory_subdirectory_in in = {.path = shell_path(argv[0], path)};
    struct directory_subdirectory_out out = {.directory = {.slot = slot_alloc()}};
    int err = directory_subdirectory(view, &in, &out);
    slot_discard(view);
    if (err != OK) {
        slot_discard(out.directory.slot);
        return file_failed(sh, argv[0], err);
    }
    const struct image_at m = {.sh = sh, .files = out.directory.slot, .top = "/", .whole = true};
    if (!inspect(&m)) {
        slot_discard(out.directory.slot);
        return STATUS_ERROR;
    }
    view_enter(sh, out.directory.slot);
    status = start(sh);
    if (status != STATUS_OK) view_leave(sh);
    return status;
}

int run_image(struct shell *sh, int argc, char **argv)
{
    const char *word = argv[1];
    bool busy = sh->pipe_to != NULL || sh->target != 0;

    if (strcmp(word, "leave") == 0 && argc == 2) {
        if (sh->outer_files == 0) return shell_refused(sh, word, "no image runs here");
        view_leave(sh);
        return sh->status; /* of the program */
    }
    if (strcmp(word, "check") == 0 && argc > 2) return check(sh, argc - 2, argv + 2);
    if (strcmp(word, "run") != 0 || argc < 4) {
        return shell_wrong(sh, "it takes check LAYER ..., run PATH LAYER ... or leave");
    }
    if (busy) return shell_refused(sh, argv[2], "an image has no input or output of its own");
    return run(sh, argc - 2, argv + 2);
}
