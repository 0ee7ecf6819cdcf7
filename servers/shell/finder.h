/* finder.h - what find and grep look for: pure. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct finder {
    char *pattern; /* with marks (glob.h), or NULL */
    char kind;     /* f, d, l, or 0 for all */
};

/* find PATH [-name PATTERN] [-type f|d|l]: from the third word on. */
bool finder_parse(struct finder *f, int argc, char **argv);
bool finder_takes(const struct finder *f, const char *name, uint32_t kind);
/* `no_case`: A is a. */
bool text_contains(const char *line, uint32_t len, const char *text, bool no_case);
