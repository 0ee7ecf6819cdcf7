/* lines.h - a text of lines of words: policies and manifests. "#" begins a comment. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { WORDS_MAX = 12, WORD_BYTES = 40 };

struct line {
    uint32_t number; /* from 1 */
    uint32_t count;
    uint32_t column;                   /* from 1: behind the last word, or what cannot be split */
    uint32_t columns[WORDS_MAX];       /* where each word begins */
    char words[WORDS_MAX][WORD_BYTES]; /* "quoted words" are one */
};

struct lines {
    const char *at, *end;
    uint32_t number;
};

static inline struct lines lines_of(const char *text, uint32_t len)
{
    return (struct lines){.at = text, .end = text + len};
}
/* The next line with a word in it; false: there is none. A line that cannot be split (a word too
 * long, too many, a quote left open, a byte that is not printable) has count 0. */
bool lines_next(struct lines *lines, struct line *out_line);

/* Letters of w and g as kernel rights, at least one. */
bool rights_read(const char *word, uint32_t *out_rights);
bool number_read(const char *word, uint32_t max, uint32_t *out_number);
/* 1 to 32 letters, digits, . _ - */
bool name_is_plain(const char *word);
