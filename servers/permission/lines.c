#include "lines.h"

#include "abi/object.h"
#include "bytes.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* One word at `*at`, which moves behind it. */
static bool word_read(const char **at, const char *end, char out_word[WORD_BYTES])
{
    bool quoted = **at == '"';
    uint32_t len = 0;

    if (quoted) (*at)++;
    for (; *at < end && (quoted ? **at != '"' : !is_space(**at)); (*at)++) {
        if (len + 1 == WORD_BYTES || (**at & 0x80) != 0 || **at < ' ') return false;
        out_word[len++] = **at;
    }
    out_word[len] = '\0';
    if (!quoted) return true;
    return *at < end && *(*at)++ == '"';
}

static bool line_split(const char *start, const char *end, struct line *out_line)
{
    const char *at = start;

    for (;;) {
        while (at < end && is_space(*at)) {
            at++;
        }
        out_line->column = (uint32_t)(at - start) + 1;
        if (at == end || *at == '#') return true;
        if (out_line->count == WORDS_MAX) return false;
        out_line->columns[out_line->count] = out_line->column;
        if (!word_read(&at, end, out_line->words[out_line->count])) return false;
        out_line->count++;
    }
}

bool lines_next(struct lines *l, struct line *out_line)
{
    while (l->at < l->end) {
        const char *start = l->at, *end = start;
        while (end < l->end && *end != '\n') {
            end++;
        }
        l->at = end < l->end ? end + 1 : end;
        l->number++;
        memset(out_line, 0, sizeof(*out_line));
        out_line->number = l->number;
        if (!line_split(start, end, out_line)) {
            out_line->count = 0;
            return true;
        }
        if (out_line->count > 0) return true;
    }
    return false;
}

bool rights_read(const char *word, uint32_t *out_rights)
{
    *out_rights = 0;
    for (; *word != '\0'; word++) {
        if (*word != 'w' && *word != 'g') return false;
        *out_rights |= *word == 'w' ? RIGHT_WRITE : RIGHT_GRANT;
    }
    return *out_rights != 0;
}

bool number_read(const char *word, uint32_t max, uint32_t *out_number)
{
    uint64_t value = 0;

    if (*word == '\0') return false;
    for (; *word != '\0'; word++) {
        if (*word < '0' || *word > '9') return false;
        value = value * 10 + (uint64_t)(*word - '0');
        if (value > max) return false;
    }
    *out_number = (uint32_t)value;
    return true;
}

bool name_is_plain(const char *word)
{
    uint32_t len = 0;

    for (; word[len] != '\0'; len++) {
        char c = word[len];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '.' && c != '_' && c != '-') return false;
    }
    return len >= 1 && len <= 32;
}
