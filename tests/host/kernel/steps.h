/*
 * steps.h - random steps as a list that can be kept, cut and run again.
 *
 * A step is 32 bytes, and any 32 bytes are a step. It says what kind of thing happens, how much
 * time passes before, and then choices, which whoever carries it out takes one after the other:
 * which thread, which call, which operand. A choice is made among what there is at that moment (a
 * slot that holds an endpoint, somebody who can run), so a step means something in every state, and
 * a list of which some are left out is a list. The first one of a list makes the world.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct step {
    uint8_t kind, cpu; /* which CPU it happens on, modulo their number */
    uint8_t time[2];
    uint8_t choice[28];
};
_Static_assert(sizeof(struct step) == 32, "a list in a file is a multiple of it");

enum { STEPS_MAX = 8192 };
struct steps {
    struct step at[STEPS_MAX];
    size_t count;
};

/* ---- random ones ---- */
struct source {
    uint64_t state;
};
struct source source_of(uint64_t seed, uint64_t world);
uint64_t source_next(struct source *s);
struct step step_random(struct source *s);

/* ---- choices of the step that is carried out; when it has no more, they follow from it ---- */
void step_begin(const struct step *s);
uint64_t any(uint64_t n); /* below n */
bool one_in(uint64_t n);

/* ---- files: 64 digits a line, or bytes; what follows a `#` is for people ---- */
bool steps_write(FILE *f, const struct steps *list);
/* False: the message says what is wrong with the file. */
bool steps_read(const char *path, struct steps *out, char message[200]);
