/* walk.c - see walk.h. */
#include "walk.h"

#include "bytes.h"
#include "text.h"

int walk_start(struct walk *w, cap_t root, const char *path)
{
    struct directory_stat_in in = {.path = text_from(path, strlen(path)), .link = true};
    struct directory_stat_out out;
    int err = root == 0 ? ERR_CAP_EMPTY : directory_stat(root, &in, &out);

    *w = (struct walk){.root = root};
    if (err != OK) return err;
    if (!text_copy(w->path, sizeof(w->path), path, strlen(path))) return DIRECTORY_BAD_PATH;
    w->len = w->top_len = strlen(path);
    w->entry = (struct vfs_entry){.kind = out.stat.kind,
                                  .size = out.stat.size,
                                  .owner = out.stat.owner,
                                  .modified = out.stat.modified,
                                  .mode = out.stat.mode};
    return OK;
}

/* The first entry of the folder `path` (of `len` bytes) after that name takes its place in path. */
static bool entry_after(struct walk *w, size_t len, struct text after)
{
    struct directory_list_in in = {.path = text_from(w->path, len), .after = after};
    struct directory_list_out out;
    int err = directory_list(w->root, &in, &out);

    if (err != OK) w->err = err;
    if (err != OK || out.entries.count == 0) return false;
    const struct vfs_entry *e = &out.entries.at[0];
    size_t slash = len == 1 ? 0 : len;
    if (slash + 1 + e->name.len >= sizeof(w->path)) {
        w->err = DIRECTORY_BAD_PATH;
        return false;
    }
    w->path[slash] = '/';
    memcpy(w->path + slash + 1, e->name.at, e->name.len);
    w->len = slash + 1 + e->name.len;
    w->path[w->len] = '\0';
    w->entry = *e;
    return true;
}

const char *walk_name(const struct walk *w)
{
    const char *slash = strrchr(w->path, '/');

    return slash == NULL ? w->path : slash + 1;
}

bool walk_next(struct walk *w, bool into)
{
    if (into && w->entry.kind == VFS_STAT_KIND_DIRECTORY &&
        entry_after(w, w->len, text_from("", 0))) {
        w->depth++;
        return true;
    }
    while (w->depth > 0) {
        char name[256];
        const char *last = walk_name(w);
        size_t name_len = strlen(last), len = w->len - name_len;
        (void)text_copy(name, sizeof(name), last, name_len);
        len = len > 1 ? len - 1 : 1;
        if (entry_after(w, len, text_from(name, name_len))) return true;
        w->path[len] = '\0';
        w->len = len;
        w->depth--;
    }
    return false;
}
