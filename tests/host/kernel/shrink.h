/*
 * shrink.h - runs lists of steps in processes of their own, and finds a short one that still fails.
 */
#pragma once
#include "steps.h"

struct outcome {
    bool failed;
    char text[300]; /* what broke; of a sanitizer, the line that says so */
};

/* In a child, so that whatever happens there is an outcome here. */
void outcome_of(const struct steps *list, struct outcome *out);
/* The line of a sanitizer's report, or how the process ended: of a child that is gone. */
void outcome_of_death(int status, FILE *said, struct outcome *out);
/* The same failure, addresses and numbers aside? */
bool outcome_same(const struct outcome *a, const struct outcome *b);
/* Cuts the list, which fails as `failure` says, to one that still does, and of which no step can
 * be left out. Returns how many lists were tried. */
unsigned shrink(struct steps *list, const struct outcome *failure);
