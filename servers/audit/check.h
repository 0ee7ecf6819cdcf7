/*
 * check.h - what must hold of the folded state, and of the live one against it. Pure: compiled for
 * the host as well.
 */
#pragma once
#include "reduce.h"

enum { FINDINGS_MAX = 12 };

struct finding {
    const char *invariant; /* "I12" */
    const char *what;      /* field or rule */
    uint64_t slot, seq, expected, found;
};

struct report {
    struct finding findings[FINDINGS_MAX];
    uint32_t count; /* of all, also those that found no room */
    uint64_t compared;
    uint64_t authority; /* capabilities */
    uint64_t derived;   /* capabilities of the kind of their parents */
    uint64_t objects;   /* that take memory */
    uint64_t mapped;    /* pages and tables */
};

void report_add(struct report *r, const struct finding *f);

/* One item of the cursor against the fold, which stands at the number it was read at. The node is
 * marked as seen in pass `pass`. */
void check_item(const struct reduce *fold, const struct walk_item *item, uint32_t pass,
                struct report *report);
/* What was there before the pass began and is still there, but was not shown. */
void check_unseen(const struct reduce *fold, uint32_t pass, uint64_t began, struct report *report);

struct extent { /* of an object */
    uint64_t base;
    uint8_t type, bits;
    bool user; /* CNode: of a process other than axiom */
    uint8_t zero[5];
};

/* I1 slots lie in living containers, mappings in living address spaces; I2 rights, badge and depth
 * within the parent's; I4 memory in its untyped and disjoint; I5 one type a page, so no table or
 * object is mapped, none writable and executable; I11 authority in axiom's containers alone.
 * `room` is scratch memory: an extent for each capability. */
void check_state(const struct reduce *fold, uint64_t axiom_cnode, struct extent *room,
                 struct report *report);
