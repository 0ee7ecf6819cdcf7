/*
 * glob.h - words with marks (tokens.h) as patterns: `*` any bytes, `?` one, `[abc]` or `[a-z]` one
 * of these, `[!..]` none of these. A pattern never matches "/".
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

bool glob_has_marks(const char *word);
/* One name against one part of a pattern. */
bool glob_matches(const char *pattern, size_t pattern_len, const char *name, size_t len);
/* The same for a pattern that was typed in quotes: `*` `?` `[` stand for marks. */
void glob_mark(char *word);
