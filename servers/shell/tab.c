/* tab.c - what Tab offers. */
#include "bytes.h"
#include "complete.h"
#include "idl/registry.h"
#include "print.h"
#include "shell.h"

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
