/* tokens.c - see tokens.h. */
#include "tokens.h"

#include <stddef.h>

struct scan {
    const char *at;
    char *to;        /* where the next byte of a word goes */
    const char *end; /* of the space for words */
    const struct tokens_values *values;
    bool quoted, full;
    enum tokens_result problem;
};

static void put(struct scan *s, char byte)
{
    if (s->to < s->end) {
        *s->to++ = byte;
    } else {
        s->full = true;
    }
}

static bool is_special(char c)
{
    return c == '\0' || c == ' ' || c == '\t' || c == ';' || c == '>' || c == '<' || c == '|' ||
           c == '&';
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* From the `$` on: its value takes its place. */
static bool variable(struct scan *s)
{
    const char *name = s->at + 1;
    uint32_t len = 0;
    bool braces = *name == '{';

    if (braces) name++;
    if (*name == '?' || *name == '#') {
        len = 1;
    } else {
        while (is_name(name[len])) {
            len++;
        }
    }
    if (!braces && len == 0) {
        put(s, *s->at++); /* a lone $ */
        return true;
    }
    if (len == 0 || (braces && name[len] != '}')) {
        s->problem = TOKENS_NO_NAME;
        return false;
    }
    const char *value = s->values->value(s->values->state, name, len);
    for (; value != NULL && *value != '\0'; value++) {
        put(s, *value);
    }
    s->at = name + len + (braces ? 1 : 0);
    return true;
}

/* One quoted part, from its quote on. */
static bool quoted(struct scan *s)
{
    char quote = *s->at++;

    s->quoted = true;
    while (*s->at != quote) {
        if (*s->at == '\0') {
            s->problem = TOKENS_QUOTE_OPEN;
            return false;
        }
        if (quote == '"' && *s->at == '$') {
            if (!variable(s)) return false;
            continue;
        }
        bool escape = quote == '"' && s->at[0] == '\\' &&
                      (s->at[1] == '"' || s->at[1] == '\\' || s->at[1] == '$');
        if (escape) s->at++;
        put(s, *s->at++);
    }
    s->at++;
    return true;
}

static char marked(char c)
{
    return c == '*' ? MARK_ANY : c == '?' ? MARK_ONE : c == '[' ? MARK_SET : c;
}

/* One word, from its first byte on; NULL: there is a problem. */
static char *word(struct scan *s)
{
    char *start = s->to;

    s->quoted = false;
    while (!is_special(*s->at)) {
        if (*s->at == '\'' || *s->at == '"') {
            if (!quoted(s)) return NULL;
        } else if (*s->at == '$') {
            if (!variable(s)) return NULL;
        } else if (s->at[0] == '\\' && s->at[1] != '\0') {
            put(s, s->at[1]);
            s->at += 2;
        } else {
            put(s, marked(*s->at++));
        }
    }
    put(s, '\0');
    if (!s->full) return start;
    s->problem = TOKENS_TOO_LONG;
    return NULL;
}

static void skip_space(struct scan *s)
{
    while (*s->at == ' ' || *s->at == '\t') {
        s->at++;
    }
}

/* A file behind > >> or <. */
static enum tokens_result redirection(struct scan *s, struct command *c)
{
    bool is_source = *s->at++ == '<';
    char **place = is_source ? &c->source : &c->target;

    if (*place != NULL) return TOKENS_TWO_TARGETS;
    if (!is_source) {
        c->append = *s->at == '>';
        if (c->append) s->at++;
    }
    skip_space(s);
    if (is_special(*s->at)) return TOKENS_NO_TARGET;
    *place = word(s);
    if (*place == NULL) return s->problem;
    tokens_unmark(*place);
    return TOKENS_COMMAND;
}

static enum tokens_result argument(struct scan *s, struct command *c)
{
    if (c->argc == TOKENS_WORDS_MAX) return TOKENS_TOO_MANY;
    char *text = word(s);
    if (text == NULL) return s->problem;
    if (text[0] == '\0' && !s->quoted) return TOKENS_COMMAND; /* a name without a value */
    c->argv[c->argc++] = text;
    return TOKENS_COMMAND;
}

static bool is_end(const struct scan *s)
{
    return *s->at == '\0' || *s->at == ';' || *s->at == '|' || *s->at == '&' || *s->at == '#';
}

/* What stands between this command and the next one. */
static enum tokens_result connection(struct scan *s, struct command *c)
{
    char first = *s->at, second = first == '\0' ? '\0' : s->at[1];

    c->after = AFTER_END;
    if (first == '#') {
        while (*s->at != '\0') {
            s->at++;
        }
    }
    if (first != '|' && first != '&') return TOKENS_COMMAND;
    if (first == '&' && second != '&') return TOKENS_NO_COMMAND;
    c->after = first == '&' ? AFTER_AND : second == '|' ? AFTER_OR : AFTER_PIPE;
    s->at += c->after == AFTER_PIPE ? 1 : 2;
    skip_space(s);
    /* Something must come before it, and after it. */
    if ((c->argc == 0 && c->target == NULL) || is_end(s)) return TOKENS_NO_COMMAND;
    return TOKENS_COMMAND;
}

enum tokens_result tokens_next(const char **at, const struct tokens_values *values,
                               struct command *out_command)
{
    struct command *c = out_command;
    struct scan s = {
        .at = *at, .to = c->bytes, .end = c->bytes + sizeof(c->bytes), .values = values};
    enum tokens_result result = TOKENS_COMMAND;

    c->argc = 0;
    c->target = c->source = NULL;
    c->append = false;
    skip_space(&s);
    while (*s.at == ';') {
        s.at++;
        skip_space(&s);
    }
    if (*s.at == '\0' || *s.at == '#') return TOKENS_END;
    while (!is_end(&s) && result == TOKENS_COMMAND) {
        bool redirects = *s.at == '>' || *s.at == '<';
        result = redirects ? redirection(&s, c) : argument(&s, c);
        skip_space(&s);
    }
    if (result == TOKENS_COMMAND) result = connection(&s, c);
    c->argv[c->argc] = NULL;
    *at = s.at;
    return result;
}

void tokens_unmark(char *word)
{
    for (; *word != '\0'; word++) {
        if (*word == MARK_ANY) *word = '*';
        if (*word == MARK_ONE) *word = '?';
        if (*word == MARK_SET) *word = '[';
    }
}

const char *tokens_problem(enum tokens_result result)
{
    switch (result) {
    case TOKENS_QUOTE_OPEN:
        return "a quote is not closed";
    case TOKENS_TOO_MANY:
        return "more than 32 words";
    case TOKENS_TOO_LONG:
        return "more than 2047 bytes with all values";
    case TOKENS_NO_TARGET:
        return "no file after > or <";
    case TOKENS_TWO_TARGETS:
        return "output goes to one file only, and input comes from one";
    case TOKENS_NO_NAME:
        return "no name after ${, or no }";
    case TOKENS_NO_COMMAND:
        return "a command is missing beside | && or ||; a single & means nothing";
    case TOKENS_COMMAND:
    case TOKENS_END:
        break;
    }
    return "nothing";
}
