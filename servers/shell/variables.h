/* variables.h - the names that `set` gives values, as NAME=VALUE, as programs get them. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { VARIABLES_MAX = 24, VARIABLE_BYTES = 160 };

struct variables {
    char texts[VARIABLES_MAX][VARIABLE_BYTES]; /* those in use come first */
    uint32_t count;
};

enum variables_result { VARIABLES_OK, VARIABLES_BAD_NAME, VARIABLES_TOO_LONG, VARIABLES_FULL };

/* A letter or _, then letters, digits and _. */
bool variables_name_is_valid(const char *name, uint32_t len);
const char *variables_get(const struct variables *v, const char *name, uint32_t len);
enum variables_result variables_set(struct variables *v, const char *name, const char *value);
bool variables_unset(struct variables *v, const char *name); /* false: there was none */
