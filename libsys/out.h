/*
 * out.h - text put together in a buffer of the caller, piece by piece. Never writes past it: what
 * does not fit is cut, and `cut` says so. Always NUL-terminated. No allocation.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct out {
    char *at;
    size_t len, size; /* len < size */
    bool cut;
};

/* `size` at least 1. */
struct out out_to(char *buffer, size_t size);
/* The formats of print.h. */
__attribute__((format(printf, 2, 3))) void out_print(struct out *o, const char *format, ...);
void out_bytes(struct out *o, const char *bytes, size_t len);
/* As the inside of a JSON string. */
void out_json(struct out *o, const char *text);
