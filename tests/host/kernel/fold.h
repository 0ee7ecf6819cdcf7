/*
 * fold.h - I12: the authority state is the fold of the commits, after every step, field by field.
 */
#pragma once
#include <stdbool.h>

/* Begins anew with the first commit in the ring; call it after boot(). */
void fold_begin(void);
/* Goes on with this fold instead. */
struct reduce;
void fold_use(struct reduce *r);
/* Folds what came since; false: `fold_message` says which record cannot be. No later than a ring's
 * length after the last time. */
bool fold_follow(void);
/* Folds what came since; false: `fold_message` says what differs. Looks at the last view taken. */
bool fold_agrees(void);
extern char fold_message[256];
