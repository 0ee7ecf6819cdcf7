/* finder.c - see finder.h. */
#include "finder.h"

#include "bytes.h"
#include "glob.h"

bool finder_parse(struct finder *f, int argc, char **argv)
{
    for (int i = 2; i < argc; i += 2) {
        if (i + 1 == argc) return false;
        if (strcmp(argv[i], "-name") == 0) {
            f->pattern = argv[i + 1];
            glob_mark(f->pattern);
        } else if (strcmp(argv[i], "-type") == 0 && strlen(argv[i + 1]) == 1 &&
                   strchr("fdl", argv[i + 1][0]) != NULL) {
            f->kind = argv[i + 1][0];
        } else {
            return false;
        }
    }
    return true;
}

bool finder_takes(const struct finder *f, const char *name, uint32_t kind)
{
    if (f->kind != '\0' && (kind > 2 || "fdl"[kind] != f->kind)) return false;
    return f->pattern == NULL || glob_matches(f->pattern, strlen(f->pattern), name, strlen(name));
}

static char folded(char c, bool no_case)
{
    return no_case && c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool text_contains(const char *line, uint32_t len, const char *text, bool no_case)
{
    uint32_t text_len = (uint32_t)strlen(text);

    for (uint32_t at = 0; at + text_len <= len; at++) {
        uint32_t same = 0;
        while (same < text_len && folded(line[at + same], no_case) == folded(text[same], no_case)) {
            same++;
        }
        if (same == text_len) return true;
    }
    return false;
}
