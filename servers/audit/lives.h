/* lives.h - a list of processes that lived. */
#pragma once
#include "lifelog.h"

struct lives {           /* in the order in which they came */
    struct log_life *at; /* those that never ended have ended = UINT64_MAX */
    uint32_t count, room;
    uint64_t seen;      /* of this boot: how many ended ones of the log memory's are in it */
    uint64_t forgotten; /* the oldest, for want of memory */
};

/* Adds it at the end; it takes the place of the one with its pid if `once`. */
void lives_add(struct lives *l, const struct log_life *life, bool once);
