/*
 * text.h - what the C library has no safe function for.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies at most size - 1 bytes and always ends with NUL. False: it was cut. */
bool text_copy(char *out, size_t size, const char *from, size_t len);
/* Decimal digits only, all of `len`; false if it is none, or does not fit. */
bool text_parse_u64(const char *text, size_t len, uint64_t *out_value);
/* Is `word` one of the words of a command line, between spaces? */
bool text_has_word(const char *line, size_t len, const char *word);
