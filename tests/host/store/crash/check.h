/*
 * check.h - every state that a power cut may leave at this moment is recovered, and judged: it
 * holds a prefix of what was appended, all that was acknowledged, and no append in part.
 */
#pragma once
#include "world.h"

struct check_counts {
    uint64_t states;    /* subsets of sectors looked at */
    uint64_t distinct;  /* different media among them: each recovered once */
    uint64_t continued; /* media after which the next boot was explored, too */
    uint64_t bounded;   /* places where not all subsets were tried */
};
extern struct check_counts counts;

struct check_limits {
    uint32_t continue_every; /* of the media; 0 none */
    uint32_t sectors; /* torn: all subsets of so many changed sectors, half when several wait */
};
extern struct check_limits limits;

void check_begin(void);
void check_crash(void);
/* After some of the media found since the last call: the next boot. */
void check_next_boots(void);
/* The medium after a power cut now, with the sectors that `random` chooses, and the next boot;
 * false: not even a BOOT note has room. */
bool check_cut(uint64_t (*random)(void));
