/* glob.c - see glob.h. */
#include "glob.h"

#include "bytes.h"
#include "tokens.h"

bool glob_has_marks(const char *word)
{
    for (; *word != '\0'; word++) {
        if (*word == MARK_ANY || *word == MARK_ONE || *word == MARK_SET) return true;
    }
    return false;
}

void glob_mark(char *word)
{
    for (; *word != '\0'; word++) {
        if (*word == '*') *word = MARK_ANY;
        if (*word == '?') *word = MARK_ONE;
        if (*word == '[') *word = MARK_SET;
    }
}

/* A set from behind its mark on. Its length with the `]`, or 0: it does not end. */
static size_t set_match(const char *set, size_t len, char c, bool *out_in)
{
    size_t i = len > 0 && set[0] == '!' ? 1 : 0, start = i;
    bool in = false;

    for (; i < len && (set[i] != ']' || i == start); i++) {
        char low = set[i], high = low;
        if (i + 2 < len && set[i + 1] == '-' && set[i + 2] != ']') {
            high = set[i + 2];
            i += 2;
        }
        in = in || (c >= low && c <= high);
    }
    *out_in = in != (start == 1);
    return i < len ? i + 1 : 0;
}

/* One place of the pattern that is no `*` against one byte. Its length, or 0. */
static size_t step(const char *pattern, size_t len, char c)
{
    bool in = false;

    if (pattern[0] == MARK_ONE) return 1;
    if (pattern[0] == MARK_SET) {
        size_t used = set_match(pattern + 1, len - 1, c, &in);
        if (used != 0) return in ? used + 1 : 0;
        return c == '[' ? 1 : 0; /* a lone [ is itself */
    }
    return pattern[0] == c ? 1 : 0;
}

bool glob_matches(const char *pattern, size_t pattern_len, const char *name, size_t len)
{
    size_t p = 0, n = 0, star = SIZE_MAX, star_n = 0;

    while (n < len) {
        size_t used = p < pattern_len && pattern[p] != MARK_ANY
                          ? step(pattern + p, pattern_len - p, name[n])
                          : 0;
        if (used != 0) {
            p += used;
            n++;
        } else if (p < pattern_len && pattern[p] == MARK_ANY) {
            star = p++;
            star_n = n;
        } else if (star != SIZE_MAX) {
            p = star + 1; /* the last `*` takes one byte more */
            n = ++star_n;
        } else {
            return false;
        }
    }
    while (p < pattern_len && pattern[p] == MARK_ANY) {
        p++;
    }
    return p == pattern_len;
}
