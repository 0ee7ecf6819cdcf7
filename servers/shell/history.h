/* history.h - the last command lines, in a ring. */
#pragma once
#include <stdint.h>

enum { HISTORY_LINES = 64, HISTORY_LINE_MAX = 512 };

struct history {
    char lines[HISTORY_LINES][HISTORY_LINE_MAX];
    uint32_t count; /* ever added; the last HISTORY_LINES are there */
};

/* Not if it is empty or the same as the last one. */
void history_add(struct history *h, const char *line);
/* 1 is the last one; NULL if there is none so far back. */
const char *history_back(const struct history *h, uint32_t back);
