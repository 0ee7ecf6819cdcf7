#include "tokens.h"

#include <stddef.h>

struct scan {
    const char *at;
    char *to;        /* where the next byte of a word goes */
    const char *end; /* of the space for words */
};

static void put(struct scan *s, char byte)
{
    if (s->to < s->end) *s->to++ = byte;
}

static bool is_special(char c)
{
    return c == '\0' || c == ' ' || c == '\t' || c == ';' || c == '>';
}

/* One quoted part, from its quote on. False: it does not end. */
static bool quoted(struct scan *s)
{
    char quote = *s->at++;

    while (*s->at != quote) {
        if (*s->at == '\0') return false;
        if (quote == '"' && s->at[0] == '\\' && (s->at[1] == '"' || s->at[1] == '\\')) s->at++;
        put(s, *s->at++);
    }
    s->at++;
    return true;
}

/* One word, from its first byte on; NULL: a quote is not closed. */
static char *word(struct scan *s)
{
    char *start = s->to;

    while (!is_special(*s->at)) {
        if (*s->at == '\'' || *s->at == '"') {
            if (!quoted(s)) return NULL;
            continue;
        }
        if (s->at[0] == '\\' && s->at[1] != '\0') s->at++;
        put(s, *s->at++);
    }
    put(s, '\0');
    return start;
}

static void skip_space(struct scan *s)
{
    while (*s->at == ' ' || *s->at == '\t') {
        s->at++;
    }
}

static enum tokens_result target(struct scan *s, struct command *c)
{
    s->at++;
    if (c->target != NULL) return TOKENS_TWO_TARGETS;
    c->append = *s->at == '>';
    if (c->append) s->at++;
    skip_space(s);
    if (is_special(*s->at)) return TOKENS_NO_TARGET;
    c->target = word(s);
    return c->target == NULL ? TOKENS_QUOTE_OPEN : TOKENS_COMMAND;
}

static enum tokens_result argument(struct scan *s, struct command *c)
{
    if (c->argc == TOKENS_WORDS_MAX) return TOKENS_TOO_MANY;
    char *text = word(s);
    if (text == NULL) return TOKENS_QUOTE_OPEN;
    c->argv[c->argc++] = text;
    return TOKENS_COMMAND;
}

enum tokens_result tokens_next(const char **at, struct command *out_command)
{
    struct command *c = out_command;
    struct scan s = {*at, c->bytes, c->bytes + sizeof(c->bytes)};
    enum tokens_result result = TOKENS_COMMAND;

    c->argc = 0;
    c->target = NULL;
    c->append = false;
    skip_space(&s);
    while (*s.at == ';') {
        s.at++;
        skip_space(&s);
    }
    if (*s.at == '\0') return TOKENS_END;
    while (*s.at != '\0' && *s.at != ';') {
        result = *s.at == '>' ? target(&s, c) : argument(&s, c);
        if (result != TOKENS_COMMAND) return result;
        skip_space(&s);
    }
    c->argv[c->argc] = NULL;
    *at = s.at;
    return TOKENS_COMMAND;
}

const char *tokens_problem(enum tokens_result result)
{
    switch (result) {
    case TOKENS_QUOTE_OPEN:
        return "a quote is not closed";
    case TOKENS_TOO_MANY:
        return "more than 32 words";
    case TOKENS_NO_TARGET:
        return "no file after >";
    case TOKENS_TWO_TARGETS:
        return "output goes to one file only";
    case TOKENS_COMMAND:
    case TOKENS_END:
        break;
    }
    return "nothing";
}
