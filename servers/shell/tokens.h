/*
 * tokens.h - a command line taken apart: commands with `;` `&&` `||` `|` between them, words,
 * quotes, `$NAME`, `<` `>` `>>`, and `#` before what nobody reads.
 *
 * 'single' takes all as it stands, "double" knows \" \\ \$ and $NAME, outside a \ takes the next
 * byte as it stands. A quoted empty word is a word. A value is never taken apart again: it is part
 * of one word. `*` `?` `[` that are not quoted stand in a word as the marks below, for glob.h.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { TOKENS_WORDS_MAX = 32, TOKENS_BYTES_MAX = 2048 };
enum { MARK_ANY = '\1', MARK_ONE = '\2', MARK_SET = '\3' };

enum tokens_result {
    TOKENS_COMMAND,
    TOKENS_END, /* nothing but space is left */
    TOKENS_QUOTE_OPEN,
    TOKENS_TOO_MANY,
    TOKENS_TOO_LONG,
    TOKENS_NO_TARGET,
    TOKENS_TWO_TARGETS,
    TOKENS_NO_NAME,
    TOKENS_NO_COMMAND,
};

/* What stands behind a command. */
enum tokens_after { AFTER_END, AFTER_AND, AFTER_OR, AFTER_PIPE };

struct command {
    uint32_t argc; /* may be 0 in `> file` alone */
    char *argv[TOKENS_WORDS_MAX + 1];
    char *target; /* of > or >>, or NULL */
    char *source; /* of <, or NULL */
    bool append;
    uint8_t after;                /* enum tokens_after */
    char bytes[TOKENS_BYTES_MAX]; /* what argv, target and source point into */
};

/* Values of names; NULL: none. */
struct tokens_values {
    const char *(*value)(void *state, const char *name, uint32_t len);
    void *state;
};

/* Takes the next command; *at moves behind it. */
enum tokens_result tokens_next(const char **at, const struct tokens_values *values,
                               struct command *out_command);
const char *tokens_problem(enum tokens_result result);
/* The word as it was typed, without marks. */
void tokens_unmark(char *word);
