/*
 * condition.h - which events are meant: FIELD=VALUE or FIELD!=VALUE, several with commas between,
 * all of which have to hold.
 *
 * Fields of the event: thread, kind, op, operation, result, slot, label, cpu, line. Of any commit
 * that it made: commit, type, object (obj, dst or src). Values are numbers, or words as they are
 * printed; result=waits.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { CONDITION_TERMS = 8 };

struct condition {
    uint32_t count;
    struct {
        uint32_t field;
        bool negated;
        uint64_t value;
    } terms[CONDITION_TERMS];
};

/* Returns what is wrong with it, or NULL. */
const char *condition_parse(const char *text, struct condition *out);
bool condition_met(const struct condition *c, uint64_t number);
