/* storage.c - where contents are, and whether they are whole. */
#include "bytes.h"
#include "commands.h"
#include "walk.h"

enum { PATH_BYTES = 1024 };

static int failed(struct shell *sh, const char *path, int err)
{
    return shell_failed(sh, path, DIRECTORY_ID, err);
}

static int storage(struct shell *sh)
{
    struct directory_storage_out out;
    int err = directory_storage(sh->files, &out);

    if (err != OK) return failed(sh, "files", err);
    if (out.why.len > 0) {
        shell_print(sh, "contents are in memory and in the log: %.*s\n", (int)out.why.len,
                    out.why.at);
    } else {
        shell_print(sh, "on the disk: %lu chunks of %lu bytes; %lu of %lu blocks free\n",
                    out.chunks, out.bytes, out.free_blocks, out.blocks);
    }
    shell_print(sh, "in memory: %u blocks, %u of them not yet on the disk\n", out.memory,
                out.dirty);
    shell_print(sh, "since it started: %lu blocks fetched, %lu stored, %u sweeps\n", out.fetched,
                out.stored, out.sweeps);
    return STATUS_OK;
}

struct tally {
    uint64_t files, bytes, bad;
};

static int check(struct shell *sh, const char *path, struct tally *t)
{
    const struct directory_open_in how = {.create = false};
    struct file_verify_out out = {.next = 0};
    uint64_t before = UINT64_MAX;
    int err;
    cap_t file = file_open_at(sh, path, &how, &err);

    while (err == OK && !out.bad && out.next != before && !shell_stopped(sh)) {
        before = out.next;
        err = file_verify(file, &(struct file_verify_in){.offset = before}, &out);
        if (err == OK) t->bytes += out.checked;
    }
    if (file != 0) file_close(sh, file);
    if (err != OK) return failed(sh, path, err);
    t->files++;
    t->bad += out.bad;
    if (out.bad) shell_print(sh, "%s: damaged at %lu\n", path, out.at);
    return out.bad ? STATUS_ERROR : STATUS_OK;
}

static int verify(struct shell *sh, const char *path)
{
    struct walk w;
    struct tally t = {.files = 0};
    char buffer[PATH_BYTES + 1];
    int status = STATUS_OK, err = walk_start(&w, sh->files, shell_path(path, buffer).at);

    if (err != OK) return failed(sh, path, err);
    do {
        if (w.entry.kind != VFS_STAT_KIND_FILE) continue;
        if (check(sh, w.path, &t) != STATUS_OK) status = STATUS_ERROR;
    } while (!shell_stopped(sh) && walk_next(&w, w.entry.kind == VFS_STAT_KIND_DIRECTORY));
    shell_print(sh,
                "%lu files, %lu bytes of them read from the disk and checked, %lu files damaged\n",
                t.files, t.bytes, t.bad);
    return status;
}

static int digest(struct shell *sh, const char *path)
{
    const struct directory_open_in how = {.create = false};
    struct file_digest_out out;
    int err;
    cap_t file = file_open_at(sh, path, &how, &err);

    if (err == OK) err = file_digest(file, &out);
    if (file != 0) file_close(sh, file);
    if (err != OK) return failed(sh, path, err);
    uint8_t root[32] = {0};
    memcpy(root, out.root.at, out.root.len < sizeof(root) ? out.root.len : sizeof(root));
    for (uint32_t i = 0; i < sizeof(root); i++) {
        shell_print(sh, "%x%x", root[i] >> 4, root[i] & 15);
    }
    shell_print(sh, "  the first %lu bytes, depth %u\n", out.stored, out.depth);
    return STATUS_OK;
}

int run_vfs(struct shell *sh, int argc, char **argv)
{
    if (argc == 1) return storage(sh);
    if (strcmp(argv[1], "verify") == 0) return verify(sh, argc > 2 ? argv[2] : "/");
    if (strcmp(argv[1], "hash") == 0 && argc > 2) return digest(sh, argv[2]);
    if (strcmp(argv[1], "flush") != 0 || argc > 2)
        return shell_wrong(sh, "it takes flush, verify [PATH] or hash PATH");
    int err = directory_flush(sh->files);
    return err != OK ? failed(sh, "files", err) : STATUS_OK;
}
