/*
 * complete.h - what Tab adds: which word is completed, and what all candidates have in common.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { COMPLETE_WORD_MAX = 256, COMPLETE_LIST_MAX = 1024 };

struct completion {
    char word[COMPLETE_WORD_MAX]; /* from its start to the cursor */
    uint32_t word_len;
    char command[32]; /* the first word of the command; empty: that is what is completed */
    char common[COMPLETE_WORD_MAX];
    uint32_t common_len;
    uint32_t count;               /* of candidates that fit */
    char list[COMPLETE_LIST_MAX]; /* their names, each followed by two spaces */
    uint32_t list_len;
};

/* False: there is nothing to complete at the cursor (a quoted word). */
bool complete_start(struct completion *c, const char *line, uint32_t cursor);
void complete_offer(struct completion *c, const char *candidate, uint32_t len);
/* Bytes to insert at the cursor: what is common beyond the word, and a space behind the only
 * candidate that does not end with "/". */
uint32_t complete_text(const struct completion *c, char out_text[COMPLETE_WORD_MAX]);
