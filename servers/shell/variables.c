/* variables.c - see variables.h. */
#include "variables.h"

#include "bytes.h"

bool variables_name_is_valid(const char *name, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        char c = name[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (i == 0 || c < '0' || c > '9')) return false;
    }
    return len > 0;
}

static uint32_t find(const struct variables *v, const char *name, uint32_t len)
{
    for (uint32_t i = 0; i < v->count; i++) {
        if (strncmp(v->texts[i], name, len) == 0 && v->texts[i][len] == '=') return i;
    }
    return VARIABLES_MAX;
}

const char *variables_get(const struct variables *v, const char *name, uint32_t len)
{
    uint32_t at = find(v, name, len);

    return at == VARIABLES_MAX ? NULL : v->texts[at] + len + 1;
}

enum variables_result variables_set(struct variables *v, const char *name, const char *value)
{
    uint32_t len = (uint32_t)strlen(name), at = find(v, name, len);
    size_t value_len = strlen(value);

    if (!variables_name_is_valid(name, len)) return VARIABLES_BAD_NAME;
    if (len + value_len + 2 > VARIABLE_BYTES) return VARIABLES_TOO_LONG;
    if (at == VARIABLES_MAX && v->count == VARIABLES_MAX) return VARIABLES_FULL;
    if (at == VARIABLES_MAX) at = v->count++;
    memcpy(v->texts[at], name, len);
    v->texts[at][len] = '=';
    memcpy(v->texts[at] + len + 1, value, value_len + 1);
    return VARIABLES_OK;
}

bool variables_unset(struct variables *v, const char *name)
{
    uint32_t at = find(v, name, (uint32_t)strlen(name));

    if (at == VARIABLES_MAX) return false;
    v->count--;
    memmove(v->texts[at], v->texts[v->count], VARIABLE_BYTES);
    return true;
}
