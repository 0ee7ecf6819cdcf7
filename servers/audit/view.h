/*
 * view.h - the fold of one boot's commits, as far as it was asked for: of this boot, or of the one
 * earlier state that was asked about last.
 */
#pragma once
#include "reduce.h"
#include "tape.h"

enum { VIEW_THREADS_MAX = 1024, VIEW_NODES_START = 4096 };
/* Of all views: a quarter of the quota. What has to be there, the fold and the room to check it,
 * has the rest, which the heap never gets back from these. */
enum { WAYS_EACH = (1 << 14) - 4 /* 64 KiB of the heap */, WAYS_MAX = 32 };

struct view_thread {
    uint32_t id;
    uint64_t obj;   /* of the Thread, 0 when it has ended */
    uint64_t cnode; /* in which it looks up its capabilities, 0 not yet known */
};

/* For each commit that put a capability somewhere: the commit that had put there what it was
 * derived from. As far as memory goes; beyond, it has to be searched for. */
struct view_ways {
    uint32_t *from[WAYS_MAX];
    uint64_t count;
};

struct view {
    struct tape_boot boot;
    struct reduce fold;
    void *memory; /* of the fold */
    uint32_t nodes;
    enum reduce_result broken; /* why the fold does not go on beyond fold.count */
    uint64_t axiom_cnode;
    struct view_thread threads[VIEW_THREADS_MAX]; /* the living ones, and the last of the others */
    uint32_t thread_next;
    struct view_ways ways;
};

/* A fold of boot `b` that stands at its begin. False: no memory. */
bool view_open(struct view *v, const struct tape_boot *b);
void view_close(struct view *v);
/* Folds up to `count` commits. OK, also if it is broken; AUDIT_BEHIND: ask again, it goes on from
 * there; ERR_NO_MEMORY; or as tape_get(). */
int view_fold(struct view *v, uint64_t count);
uint64_t view_thread_cnode(const struct view *v, uint32_t id);
/* The commit that what commit `seq` put somewhere was derived from; `seq` itself: from none. */
int view_source(const struct view *v, uint64_t seq, uint64_t *out_source);
/* The last commit in [from, until) that put something into that slot; UINT64_MAX: none.
 * AUDIT_BEHIND: ask again, it goes on from there. */
int view_filled(const struct view *v, uint64_t slot, uint64_t from, uint64_t until,
                uint64_t *out_seq);
