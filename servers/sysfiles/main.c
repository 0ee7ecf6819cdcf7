/*
 * main.c - /sys: files that say how the system is, made at the moment in which they are read.
 *
 * It mounts itself, and then asks the file server again and again who wants to know what. It has no
 * state: one that was killed is followed by another, which mounts anew.
 */
#include "bytes.h"
#include "idl/registry.h"
#include "idl/vfs.h"
#include "panic.h"
#include "slots.h"
#include "startup.h"
#include "texts.h"

enum { MOUNT_TRIES = 1000, DATA_MAX = 3072, ENTRIES_MAX = 11, MODE_READ = 0x4a /* r--r-r- */ };

static struct sources sources;
static cap_t provider;

/* A request outlives the message page: answering may need it, and making a text does. */
static struct asked {
    uint32_t id, count;
    enum vfs_what what;
    uint64_t offset;
    size_t path_len, after_len;
    char path[1025], after[256];
} asked;

static const struct file *file_find(const char *path)
{
    for (uint32_t i = 0; i < file_count; i++) {
        if (strcmp(files[i].path, path) == 0) return &files[i];
    }
    return NULL;
}

static enum vfs_stat_kind kind_of(const struct file *file)
{
    return file->make == NULL ? VFS_STAT_KIND_DIRECTORY : VFS_STAT_KIND_FILE;
}

static int refuse(enum vfs_why why)
{
    return provider_fail(provider, &(struct provider_fail_in){.id = asked.id, .why = why});
}

static int answer_read(const struct file *file)
{
    static char text[TEXT_BYTES];
    struct out o = out_to(text, sizeof(text));

    if (file->make == NULL) return refuse(VFS_WHY_IS_DIRECTORY);
    if (file->make(&sources, &o) != OK) return refuse(VFS_WHY_DENIED);
    uint64_t at = asked.offset < o.len ? asked.offset : o.len;
    uint64_t len = o.len - at;
    if (len > asked.count) len = asked.count;
    if (len > DATA_MAX) len = DATA_MAX;
    struct provider_data_in in = {.id = asked.id, .data = data_from(text + at, len)};
    return provider_data(provider, &in);
}

/* The length of a text that is made when it is read is not known before: it is called 0. */
static int answer_stat(const struct file *file)
{
    struct provider_stat_in in = {
        .id = asked.id,
        .stat = {.kind = kind_of(file),
                 .inode = (uint64_t)(file - files) + 1,
                 .read_only = true,
                 .mode = MODE_READ},
    };

    return provider_stat(provider, &in);
}

/* Whether `path` stands directly in the directory: the name of it, or NULL. */
static const char *name_in(const char *path, const char *directory)
{
    size_t len = strlen(directory);

    if (strncmp(path, directory, len) != 0 || path[len] != '/') return NULL;
    return strchr(path + len + 1, '/') == NULL ? path + len + 1 : NULL;
}

static int answer_list(const struct file *file)
{
    static struct provider_list_in in; /* too large for a stack */

    if (file->make != NULL) return refuse(VFS_WHY_NOT_DIRECTORY);
    in.id = asked.id;
    in.entries.count = 0;
    in.more = false;
    for (uint32_t i = 0; i < file_count && in.entries.count < ENTRIES_MAX; i++) {
        const char *name = name_in(files[i].path, file->path);
        if (name == NULL || strcmp(name, asked.after) <= 0) continue;
        in.entries.at[in.entries.count++] = (struct vfs_entry){
            .kind = kind_of(&files[i]), .name = text_from(name, strlen(name)), .mode = MODE_READ};
    }
    return provider_list(provider, &in);
}

static void ask_take(const struct provider_next_out *out)
{
    asked.id = out->id;
    asked.what = out->what;
    asked.offset = out->offset;
    asked.count = out->count;
    memcpy(asked.path, out->path.at, out->path.len);
    asked.path[out->path.len] = '\0';
    memcpy(asked.after, out->after.at, out->after.len);
    asked.after[out->after.len] = '\0';
}

/* Not in time is no error: whoever asked has been told so. */
static int answer(void)
{
    const struct file *file = file_find(asked.path);

    if (file == NULL) return refuse(VFS_WHY_NOT_FOUND);
    if (asked.what == VFS_WHAT_READ) return answer_read(file);
    return asked.what == VFS_WHAT_STAT ? answer_stat(file) : answer_list(file);
}

static bool mount(void)
{
    static const char path[] = "/sys";
    struct directory_mkdir_in make = {.path = text_from(path, sizeof(path) - 1)};
    struct directory_mount_in in = {.path = make.path};
    struct directory_mount_out out = {.provider = {.slot = slot_alloc()}};
    int err = directory_mkdir(sources.files, &make);

    if (err != OK && err != DIRECTORY_EXISTS && err != DIRECTORY_READ_ONLY) return false;
    provider = out.provider.slot;
    err = DIRECTORY_EXISTS;
    /* The file server may not know yet that the former process is gone. */
    for (uint32_t i = 0; i < MOUNT_TRIES && err == DIRECTORY_EXISTS; i++) {
        if (i > 0) sys_yield();
        err = directory_mount(sources.files, &in, &out);
    }
    return err == OK;
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    sources = (struct sources){.files = startup_cap("files"),
                               .audit = startup_cap("audit"),
                               .observe = startup_cap("observe")};
    if (!mount()) return EXIT_ERROR;
    (void)registry_ready(CAP_SLOT_REGISTRY);
    for (;;) {
        struct provider_next_out out;
        int err = provider_next(provider, &out);
        if (err == OK) {
            ask_take(&out);
            (void)answer();
        } else if (err != ERR_PEER_DIED && err != ERR_CANCELLED) {
            return EXIT_ERROR; /* the mount is lost: the next process makes another */
        }
    }
}
