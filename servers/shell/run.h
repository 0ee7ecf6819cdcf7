/* run.h - what a line becomes: between run.c, words.c, pipes.c and script.c. */
#pragma once
#include "shell.h"

/* words.c: a command's words with their patterns replaced by what they match. */
enum { WORDS_MAX = 512, WORDS_BYTES = 16384 };
struct words {
    uint32_t argc;
    const char *argv[WORDS_MAX + 1];
    uint32_t used;
    char bytes[WORDS_BYTES];
};
/* False after a message. */
bool words_expand(struct shell *sh, const struct command *c, struct words *out_words);
/* PATH: `FOLDER/NAME`, then `FOLDER/NAME/main`, the first that is there; NULL: none. */
const char *path_find_command(struct shell *sh, const char *name);

/* pipes.c */
bool target_open(struct shell *sh, const char *path, bool append);
int target_close(struct shell *sh, const char *path, int status);
bool input_open(struct shell *sh, const char *path);
void input_from_pipe(struct shell *sh);
void input_close(struct shell *sh);
bool pipe_open(struct shell *sh);
int pipe_close(struct shell *sh, int status);

/* script.c */
enum { SCRIPT_LINE = 0, SCRIPT_END = -1, SCRIPT_TOO_LONG = -2 };
/* The next line; or the error of the file server. */
int script_line(struct level *level, char *line, uint32_t size);
