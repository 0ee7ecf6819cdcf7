/*
 * contents.c - see contents.h: the jobs, one after the other.
 *
 * Whoever waits for a block goes first. Then, from time to time and before anything is stored by a
 * new process, what the store has and no file needs goes: nothing is stored in between, and its
 * place is not used before the state that does not need it is durable (libsys/chunks/README.md).
 * Then, when much is dirty or somebody wants it, the blocks that were written first are stored.
 */
#include "contents.h"

#include "bytes.h"
#include "jobs.h"
#include "panic.h"
#include "waiting.h"

enum {
    STORE_FROM = 96, /* dirty blocks */
    AHEAD = 16,      /* blocks that are fetched at once of a file that is read in order */
    COMMITS = 16,    /* of files in one record of the stream */
    OPEN_WAITS = 8,  /* seconds at most, from one, between attempts to open the disk */
};

struct contents contents;

void contents_figures(struct contents_figures *out)
{
    *out = (struct contents_figures){.why = store_why(),
                                     .chunks = contents.figures,
                                     .fetched = contents.fetched,
                                     .stored = contents.stored,
                                     .sweeps = contents.sweeps};
}

bool contents_fails(void)
{
    return contents.failed;
}

bool contents_may_come(void)
{
    return contents.open || (contents.busy && job.kind == JOB_OPEN);
}

void job_begin(enum job_kind kind)
{
    job.kind = kind;
    contents.busy = true;
    store_start_job();
}

struct tree job_tree(const struct node *n)
{
    struct tree t = {.depth = n->depth};

    memcpy(t.root, n->root, sizeof(t.root));
    return t;
}

/* Fetching. */

static void fetch(const struct vfs *v, uint32_t node, uint64_t index)
{
    const struct node *n = &v->nodes[node];
    uint64_t blocks = blocks_of(n->stored);
    bool in_order = index == 0 || (n->inode == contents.inode && index == contents.ahead);

    job.tree = job_tree(n);
    job.index = index;
    job.count = 1;
    while (in_order && job.count < AHEAD && index + job.count < blocks &&
           block_find(v, node, index + job.count) == VFS_NO_BLOCK) {
        job.count++;
    }
    contents.node = node;
    contents.inode = n->inode;
    contents.ahead = index + job.count;
    job_begin(JOB_FETCH);
}

static void fetched(struct vfs *v)
{
    const struct node *n = &v->nodes[contents.node];
    bool same = n->state != NODE_FREE && n->inode == contents.inode && n->depth == job.tree.depth &&
                memcmp(n->root, job.tree.root, sizeof(n->root)) == 0;

    if (same) server_cache_grow(v, job.count);
    for (uint32_t i = 0; same && i < job.count; i++) {
        uint32_t block = block_find(v, contents.node, job.index + i);
        bool good = job.results[i] == CHUNKS_OK;
        bool room = !good || vfs_fill(v, contents.node, job.index + i, job.pages[i]);
        if (block != VFS_NO_BLOCK) v->blocks[block].damaged = !good;
        contents.fetched += good;
        if (good && room) continue;
        /* Who waits must not wait for what is fetched again and again, and has no place. */
        enum chunks_result why = room ? job.results[i] : CHUNKS_MEMORY;
        if (i == 0) waiting_fail(v, contents.node, job.index, why);
    }
}

/* Storing. */

static void item_begin(const struct vfs *v, uint32_t node, uint64_t stamp, uint32_t first)
{
    const struct node *n = &v->nodes[node];

    contents.files[job.items] = (struct vfs_stored){
        .node = node, .cuts = n->cuts, .inode = n->inode, .bytes = n->size, .stamp = stamp};
    job.item[job.items++] = (struct job_item){.tree = job_tree(n),
                                              .kept = n->stored,
                                              .blocks = blocks_of(n->size),
                                              .trimmed = n->trimmed,
                                              .first = first};
}

/* True: a job was begun. */
static bool store_some(const struct vfs *v)
{
    uint32_t blocks[VFS_CHOICE], partial;
    uint64_t stamp;
    uint32_t count = vfs_choose(v, blocks, &stamp, &partial);

    if (count == 0 && partial != VFS_NO_BLOCK) {
        fetch(v, v->blocks[partial].node, v->blocks[partial].index);
        return true;
    }
    if (count == 0) return false;
    job.items = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct block *b = &v->blocks[blocks[i]];
        bool other = job.items == 0 || contents.files[job.items - 1].node != b->node;
        if (other) item_begin(v, b->node, stamp, i);
        job.block[i] = b->index;
        memcpy(job.pages[i], block_bytes(v, blocks[i]), CHUNKS_BLOCK);
        job.item[job.items - 1].count++;
    }
    job.count = count;
    job_begin(JOB_STORE);
    return true;
}

/* No block of it is dirty, but its tree has more than it, or less: it becomes its own. */
static void settle(const struct vfs *v, uint32_t node)
{
    job.items = 0;
    item_begin(v, node, 0, 0);
    job.count = 0;
    job_begin(JOB_STORE);
}

/* The chunks are durable: now they are named. */
static void stored(struct service *svc)
{
    struct server *s = svc->state;

    contents.failed = job.result != CHUNKS_OK;
    if (contents.failed) return;
    contents.stored += job.count;
    for (uint32_t i = 0; i < job.items; i++) {
        struct vfs_stored *file = &contents.files[i];
        file->depth = job.item[i].tree.depth;
        memcpy(file->root, job.item[i].tree.root, sizeof(file->root));
        if (!vfs_decide_stored(&s->vfs, file, &s->record)) continue;
        s->record.time = 0;
        vfs_record_clear(&s->record);
        service_commit(svc, s->record.type, &s->record, (uint32_t)VFS_RECORD_BYTES(&s->record));
        if (i % COMMITS == COMMITS - 1) service_apply(svc);
    }
    service_apply(svc);
}

static uint64_t stamp_of_oldest(const struct vfs *v)
{
    return v->dirty_list.oldest == VFS_NO_BLOCK ? UINT64_MAX
                                                : v->blocks[v->dirty_list.oldest].stamp;
}

/* Checking. */

static void check(const struct vfs *v, uint32_t node, uint64_t from)
{
    const struct node *n = &v->nodes[node];
    uint64_t blocks = blocks_of(n->stored);

    job.tree = job_tree(n);
    job.index = from / CHUNKS_BLOCK;
    job.count = blocks - job.index < JOB_BLOCKS ? (uint32_t)(blocks - job.index) : JOB_BLOCKS;
    contents.node = node;
    contents.inode = n->inode;
    job_begin(JOB_CHECK);
}

static void checked(const struct vfs *v)
{
    const struct node *n = &v->nodes[contents.node];
    uint64_t end = (job.index + job.count) * CHUNKS_BLOCK;

    for (uint32_t i = 0; i < job.count; i++) {
        if (job.results[i] == CHUNKS_OK) continue;
        waiting_checked((job.index + i) * CHUNKS_BLOCK, i * CHUNKS_BLOCK, job.results[i]);
        return;
    }
    uint64_t checked = (end < n->stored ? end : n->stored) - job.index * CHUNKS_BLOCK;
    waiting_checked(end < n->stored ? end : n->size, checked, CHUNKS_OK);
}

/* All together. */

/* Some of what is free goes to headers, to pages of hashes and to what is partly filled. */
static uint64_t room(void)
{
    uint64_t free = contents.figures.free_blocks;

    return free > SWEEP_SPARE ? (free - SWEEP_SPARE) / 16 * 15 : 0;
}

/* What is on the disk is not known, but that it failed: with a request later on it is tried again.
 * What is not ours stays so. */
static void opened(void)
{
    contents.open = job.result == CHUNKS_OK;
    contents.fails = job.result == CHUNKS_DEVICE || job.result == CHUNKS_MEMORY;
    contents.waits = contents.waits == 0 ? 1 : contents.waits * 2;
    if (contents.waits > OPEN_WAITS) contents.waits = OPEN_WAITS;
    contents.again = ticks_now() + contents.waits * startup_page()->tick_hz;
}

static void done(struct service *svc)
{
    struct server *s = svc->state;

    contents.busy = false;
    contents.figures = job.figures;
    switch (job.kind) {
    case JOB_OPEN:
        opened();
        break;
    case JOB_FETCH:
        fetched(&s->vfs);
        break;
    case JOB_STORE:
        if (contents.places)
            placed(svc);
        else
            stored(svc);
        break;
    case JOB_CHECK:
        checked(&s->vfs);
        break;
    case JOB_BEGIN:
    case JOB_MARK:
    case JOB_SWEEP:
    case JOB_RELEASE:
        swept();
        break;
    case JOB_NONE:
        break;
    }
    if (contents.open) s->vfs.room = room();
}

/* Once the stream takes nothing more, nothing that is new is named. */
static void next(struct service *svc)
{
    const struct vfs *v = &((struct server *)svc->state)->vfs;
    uint64_t index, wanted;
    uint32_t node;

    if (waiting_block(v, &node, &index)) {
        fetch(v, node, index);
        return;
    }
    if (waiting_check(v, &node, &index)) {
        check(v, node, index);
        return;
    }
    if (contents.failed || server_log.sealed || sweep_some(v) || sweep_is_open()) return;
    if (place_some(svc->state)) return;
    if (waiting_unsettled(v, &node)) {
        settle(v, node);
        return;
    }
    wanted = waiting_stamp();
    if (v->dirty == 0 || (v->dirty < STORE_FROM && wanted < stamp_of_oldest(v))) return;
    contents.failed = !store_some(v);
}

void contents_turn(struct service *svc)
{
    if (contents.busy) return;
    if (contents.fails && ticks_now() >= contents.again) {
        contents.fails = false;
        job_begin(JOB_OPEN);
    }
    if (!contents.open) return;
    contents.failed = false;
    next(svc);
}

void contents_signal(struct service *svc, uint64_t bits)
{
    if ((bits & SIGNAL_STORE) != 0 && contents.busy) done(svc);
    if (contents.busy) return;
    if (contents.open) next(svc);
    waiting_turn(svc);
    if (contents.open && !contents.busy) next(svc); /* of those who did not get all at once */
}

void contents_begin(struct service *svc)
{
    struct store_caps caps = {.disk = startup_cap("disk"), .random = startup_cap("random")};

    if (service_signal_source(svc, SIGNAL_STORE, &caps.done) != OK || !store_begin(&caps)) {
        PANIC("no thread for the store of contents");
    }
    if (store_is_there()) job_begin(JOB_OPEN);
}
