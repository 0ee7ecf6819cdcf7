/*
 * tokens.h - a command line taken apart: commands with `;` between them, words, quotes, `>` `>>`.
 *
 * 'single' takes all as it stands, "double" knows \" and \\, outside a \ takes the next byte as it
 * stands. A quoted empty word is a word.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { TOKENS_WORDS_MAX = 32, TOKENS_BYTES_MAX = 544 };

enum tokens_result {
    TOKENS_COMMAND,
    TOKENS_END, /* nothing but space is left */
    TOKENS_QUOTE_OPEN,
    TOKENS_TOO_MANY,
    TOKENS_NO_TARGET,
    TOKENS_TWO_TARGETS,
};

struct command {
    uint32_t argc; /* may be 0 in `> file` alone */
    char *argv[TOKENS_WORDS_MAX + 1];
    const char *target; /* of > or >>, or NULL */
    bool append;
    char bytes[TOKENS_BYTES_MAX]; /* what argv and target point into */
};

/* Takes the next command; *at moves behind it. */
enum tokens_result tokens_next(const char **at, struct command *out_command);
const char *tokens_problem(enum tokens_result result);
