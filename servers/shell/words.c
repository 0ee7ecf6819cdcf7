/* words.c - patterns in words, and commands that are programs somewhere. */
#include "bytes.h"
#include "glob.h"
#include "print.h"
#include "run.h"
#include "walk.h"

static bool word_add(struct words *w, const char *text)
{
    size_t len = strlen(text) + 1;

    if (w->argc == WORDS_MAX || w->used + len > WORDS_BYTES) return false;
    memcpy(w->bytes + w->used, text, len);
    w->argv[w->argc++] = w->bytes + w->used;
    w->argv[w->argc] = NULL;
    w->used += (uint32_t)len;
    return true;
}

/* The part of the pattern for names `depth` below its folder; false: there is none. */
static bool part_at(const char *pattern, uint32_t depth, struct text *out_part)
{
    const char *at = pattern;

    for (uint32_t i = 0;; i++) {
        const char *end = strchr(at, '/');
        *out_part = text_from(at, end != NULL ? (size_t)(end - at) : strlen(at));
        if (i == depth) return true;
        if (end == NULL) return false;
        at = end + 1;
    }
}

/* The folder from which a pattern has marks; `pattern` is what is left. */
static const char *folder_split(const char *word, char folder[WALK_PATH_BYTES])
{
    char buffer[WALK_PATH_BYTES];
    struct text path = shell_path(word, buffer);
    size_t cut = 1;

    for (size_t i = 1; i < path.len && !glob_has_marks((char[2]){path.at[i], '\0'}); i++) {
        if (path.at[i] == '/') cut = i + 1;
    }
    size_t len = cut > 1 ? cut - 1 : 1;
    memcpy(folder, path.at, len);
    folder[len] = '\0';
    return strchr(word, '/') == word ? word + cut : word + cut - 1;
}

/* False: there is no room for all that matches. */
static bool pattern_expand(struct shell *sh, const char *word, struct words *w, bool *out_any)
{
    static struct walk walk; /* one pattern at a time */
    char folder[WALK_PATH_BYTES];
    if (strlen(word) + 2 > sizeof(folder)) return true;
    const char *pattern = folder_split(word, folder);
    bool into = true, more = walk_start(&walk, sh->files, folder) == OK;

    for (more = more && walk_next(&walk, true); more && !shell_stopped(sh);
         more = walk_next(&walk, into)) {
        struct text part, below;
        const char *name = walk_name(&walk);
        into = false;
        if (!part_at(pattern, walk.depth - 1, &part)) continue;
        if (!glob_matches(part.at, part.len, name, strlen(name))) continue;
        if (part_at(pattern, walk.depth, &below)) {
            into = true;
        } else {
            *out_any = true;
            if (!word_add(w, walk.path)) return false;
        }
    }
    return true;
}

bool words_expand(struct shell *sh, const struct command *c, struct words *out_words)
{
    struct words *w = out_words;

    w->argc = w->used = 0;
    for (uint32_t i = 0; i < c->argc; i++) {
        bool any = false, fits = true;
        if (glob_has_marks(c->argv[i]) && sh->files != 0) {
            fits = pattern_expand(sh, c->argv[i], w, &any);
        }
        if (!any) tokens_unmark(c->argv[i]); /* nothing matches: as it was typed */
        if (!any && fits) fits = word_add(w, c->argv[i]);
        if (fits) continue;
        (void)shell_refused(sh, c->argv[0], "the patterns match more than 512 names, or 16 KiB");
        return false;
    }
    return true;
}

static bool is_file(struct shell *sh, const char *path)
{
    char buffer[WALK_PATH_BYTES];
    struct directory_stat_in in = {.path = shell_path(path, buffer)};
    struct directory_stat_out out;

    return sh->files != 0 && directory_stat(sh->files, &in, &out) == OK &&
           out.stat.kind == VFS_STAT_KIND_FILE;
}

const char *path_find_command(struct shell *sh, const char *name)
{
    static char found[WALK_PATH_BYTES];
    const char *at = variables_get(&sh->variables, "PATH", 4);

    for (at = at != NULL ? at : "/bin"; *at != '\0';) {
        const char *end = strchr(at, ':');
        int len = (int)(end != NULL ? end - at : (long)strlen(at));
        print_format(found, sizeof(found), "%.*s/%s", len, at, name);
        if (is_file(sh, found)) return found;
        print_format(found, sizeof(found), "%.*s/%s/main", len, at, name);
        if (is_file(sh, found)) return found;
        at += len + (end != NULL ? 1 : 0);
    }
    return NULL;
}
