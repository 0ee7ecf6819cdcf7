#include "path.h"

bool path_name_is_valid(const char *name, uint32_t len)
{
    if (len == 0 || len > PATH_NAME_MAX) return false;
    if (len <= 2 && name[0] == '.' && name[len - 1] == '.') return false;
    for (uint32_t i = 0; i < len; i++) {
        if (name[i] == '/' || name[i] == '\0') return false;
    }
    return true;
}

bool path_next(const char *path, uint32_t len, uint32_t *at, const char **out_name,
               uint32_t *out_len)
{
    /* *at stands on a "/", at the end, or on the first name of a target. */
    uint32_t start = *at < len && path[*at] != '/' ? *at : *at + 1, end = start;

    if (start >= len) return false;
    while (end < len && path[end] != '/') {
        end++;
    }
    *out_name = path + start;
    *out_len = end - start;
    *at = end;
    return true;
}

bool path_target_is_valid(const char *path, uint32_t len)
{
    uint32_t start = 0;

    if (len == 0 || len > PATH_MAX_BYTES) return false;
    if (len == 1 && path[0] == '/') return true;
    if (path[0] == '/') start = 1;
    for (uint32_t at = start; at <= len; at++) { /* once over all bytes: each open begins so */
        if (at < len && path[at] != '/' && path[at] != '\0') continue;
        if (at < len && path[at] == '\0') return false;
        uint32_t name = at - start;
        if (name == 0 || name > PATH_NAME_MAX) return false;
        if (name <= 2 && path[start] == '.' && path[at - 1] == '.') return false;
        start = at + 1;
    }
    return true;
}

bool path_is_valid(const char *path, uint32_t len)
{
    return len > 0 && path[0] == '/' && path_target_is_valid(path, len);
}
