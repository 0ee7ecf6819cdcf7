/*
 * sweep.c - what the store has and no file needs goes: all trees are marked, the rest is forgotten,
 * and its place may be used when the state that does not need it is durable.
 */
#include "jobs.h"
#include "waiting.h"

enum {
    SWEEP_PART = 8,     /* of the disk: less than an eighth is free */
    CLEAN_SEGMENTS = 4, /* at once */
    SWEEP_LEAST = 512,  /* blocks that files gave up */
};
enum sweep_step { SWEEP_NEEDED, SWEEP_MARKS, SWEEP_WAITS, SWEEP_IDLE };

static struct {
    enum sweep_step step;
    uint32_t mark_next; /* node */
    uint64_t at;        /* record of the stream */
    uint64_t left;      /* vfs.left when it began */
    uint64_t free;      /* blocks, before it was released */
} sweep;

bool sweep_is_open(void)
{
    return sweep.step != SWEEP_IDLE && sweep.step != SWEEP_WAITS;
}

static void mark_some(const struct vfs *v)
{
    job.items = 0;
    while (sweep.mark_next < v->nodes_fresh && job.items < JOB_ITEMS) {
        const struct node *n = &v->nodes[sweep.mark_next++];
        if (n->state == NODE_FREE || n->kind != NODE_FILE || n->stored == 0) continue;
        job.item[job.items++].tree = job_tree(n);
    }
    if (job.items > 0) {
        job_begin(JOB_MARK);
    } else {
        sweep.at = server_log.next;
        job_begin(JOB_SWEEP);
    }
}

static bool is_low(void)
{
    const struct chunks_figures *f = &contents.figures;

    return f->free_blocks < f->blocks / SWEEP_PART + 2 * SWEEP_SPARE;
}

bool contents_may_shrink(const struct vfs *v)
{
    return sweep.step != SWEEP_IDLE || v->left != sweep.left;
}

void contents_cloned(void)
{
    if (sweep.step == SWEEP_MARKS) sweep.mark_next = 0;
}

/* What the last sweep left is needed, but for what files gave up since. */
bool sweep_some(const struct vfs *v)
{
    bool some =
        v->left > sweep.left + SWEEP_LEAST || (v->room < VFS_DIRTY_MAX && v->left > sweep.left);

    if (sweep.step == SWEEP_IDLE && is_low() && some) sweep.step = SWEEP_NEEDED;
    switch (sweep.step) {
    case SWEEP_IDLE:
        return false;
    case SWEEP_NEEDED:
        sweep.left = v->left;
        sweep.mark_next = 0;
        sweep.step = SWEEP_MARKS;
        job_begin(JOB_BEGIN);
        return true;
    case SWEEP_MARKS:
        mark_some(v);
        return true;
    case SWEEP_WAITS:
        if (server_log.durable < sweep.at) return false;
        sweep.free = contents.figures.free_blocks;
        job.count = is_low() ? CLEAN_SEGMENTS : 0;
        job_begin(JOB_RELEASE);
        return true;
    }
    return false;
}

/* One that cannot be done is begun again, at the next request. */
void swept(void)
{
    if (job.result == CHUNKS_DEVICE) {
        sweep.step = SWEEP_NEEDED;
        contents.failed = true;
    } else if (job.kind == JOB_SWEEP) {
        sweep.step = SWEEP_WAITS;
        contents.sweeps++;
    } else if (job.kind == JOB_RELEASE) {
        /* Cleaning goes on as long as it helps. */
        bool more = job.count > 0 && contents.figures.free_blocks > sweep.free;
        more = more && job.result == CHUNKS_OK && is_low();
        if (!more) sweep.step = SWEEP_IDLE;
    }
}
