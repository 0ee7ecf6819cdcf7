/* jobs.h - between contents.c, which says what is done next, and the files that do it. */
#pragma once
#include "contents.h"
#include "state.h"

enum { SWEEP_SPARE = 3 * CHUNKS_SEGMENT /* blocks that are not counted on */ };

struct contents {
    bool open, busy;
    bool failed; /* what was tried last; the next request tries again */
    bool fails;  /* the disk, when it was to be opened: it may come back */
    uint32_t waits;
    uint64_t again; /* ticks: not before then */
    struct chunks_figures figures;
    uint64_t fetched, stored;
    uint32_t sweeps;
    /* What the job is for. */
    uint32_t node;
    uint64_t inode, ahead; /* where the file's next read is expected */
    struct vfs_stored files[JOB_ITEMS];
    bool places; /* STORE: whole blocks that somebody puts, `placed` */
    struct vfs_placed placed;
};
extern struct contents contents;

void job_begin(enum job_kind kind); /* `job` is filled */
struct tree job_tree(const struct node *n);

/* sweep.c: what nobody needs goes. True: a job was begun. */
bool sweep_some(const struct vfs *v);
bool sweep_is_open(void); /* nothing may be stored now */
void swept(void);         /* a job of it is done */

/* placing.c: whole blocks go to the store, then their name to the log. True: a job was begun. */
bool place_some(const struct server *s);
void placed(struct service *svc); /* it is done */
