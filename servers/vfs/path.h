/*
 * path.h - the one rule of what a path is: absolute, "/" or "/a/b"; no ".", "..", "//", NUL or
 * trailing "/"; at most 255 bytes a name, 1024 a path. What passes here has one meaning only.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { PATH_MAX_BYTES = 1024, PATH_NAME_MAX = 255 };

struct path_text {
    const char *at;
    uint32_t len;
};

bool path_is_valid(const char *path, uint32_t len);
/* One name: no "/", NUL, ".", ".."; 1 to 255 bytes. */
bool path_name_is_valid(const char *name, uint32_t len);
/* What a link leads to: a path, or one without the first "/", from the link's directory on. */
bool path_target_is_valid(const char *target, uint32_t len);

/* Walks the names of a valid path or target: `*at` starts at 0; false at the end. */
bool path_next(const char *path, uint32_t len, uint32_t *at, const char **out_name,
               uint32_t *out_len);
