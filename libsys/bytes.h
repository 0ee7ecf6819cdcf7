/*
 * bytes.h - the handful of memory and string functions of programs without a C library.
 *
 * Names and meanings are the C library's; clang calls the first four by itself. Programs with
 * musl include its <string.h> instead and get these same four.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
size_t strlen(const char *text);
size_t strnlen(const char *text, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t max);
char *strchr(const char *text, int byte);
char *strrchr(const char *text, int byte);

/* Zeros that no compiler leaves out, for what may have been a secret. */
static inline void bytes_wipe(void *at, size_t bytes)
{
    volatile uint8_t *out = (volatile uint8_t *)at;

    for (size_t i = 0; i < bytes; i++) {
        out[i] = 0;
    }
}
