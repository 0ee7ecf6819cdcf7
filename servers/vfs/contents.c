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
#include "panic.h"
#include "state.h"
#include "waiting.h"

enum {
    STORE_FROM = 96,    /* dirty blocks */
    AHEAD = 16,         /* blocks that are fetched at once of a file that is read in order */
    COMMITS = 16,       /* of files in one record of the stream */
    SWEEP_PART = 8,     /* of the disk: less than an eighth is free */
    CLEAN_SEGMENTS = 4, /* at once */
    SPARE = 3 * CHUNKS_SEGMENT, /* blocks that are not counted on */
    SWEEP_LEAST = 512,          /* blocks that files gave up */
};
enum sweep_step { SWEEP_NEEDED, SWEEP_MARKS, SWEEP_WAITS, SWEEP_IDLE };

static struct {
    bool open, busy;
    bool failed; /* what was tried last; the next request tries again */
    struct chunks_figures figures;
    uint64_t fetched, stored;
    uint32_t sweeps;
    /* What the job is for. */
    uint32_t node;
    uint64_t inode, ahead; /* where the file's next read is expected */
    struct vfs_stored files[JOB_ITEMS];
    enum sweep_step sweep;
    uint32_t mark_next;  /* node */
    uint64_t swept_at;   /* record of the stream */
    uint64_t swept_left; /* vfs.left when it began */
    uint64_t swept_free; /* blocks, before it was released */
} contents;

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

static void begin(enum job_kind kind)
{
    job.kind = kind;
    contents.busy = true;
    store_start_job();
}

static struct tree tree_of(const struct node *n)
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

    job.tree = tree_of(n);
    job.index = index;
    job.count = 1;
    while (in_order && job.count < AHEAD && index + job.count < blocks &&
           block_find(v, node, index + job.count) == VFS_NO_BLOCK) {
        job.count++;
    }
    contents.node = node;
    contents.inode = n->inode;
    contents.ahead = index + job.count;
    begin(JOB_FETCH);
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
    job.item[job.items++] = (struct job_item){.tree = tree_of(n),
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
    begin(JOB_STORE);
    return true;
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

    job.tree = tree_of(n);
    job.index = from / CHUNKS_BLOCK;
    job.count = blocks - job.index < JOB_BLOCKS ? (uint32_t)(blocks - job.index) : JOB_BLOCKS;
    contents.node = node;
    contents.inode = n->inode;
    begin(JOB_CHECK);
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

/* What nobody needs goes. */

static void mark_some(const struct vfs *v)
{
    job.items = 0;
    while (contents.mark_next < v->nodes_fresh && job.items < JOB_ITEMS) {
        const struct node *n = &v->nodes[contents.mark_next++];
        if (n->state == NODE_FREE || n->kind != NODE_FILE || n->stored == 0) continue;
        job.item[job.items++].tree = tree_of(n);
    }
    if (job.items > 0) {
        begin(JOB_MARK);
    } else {
        contents.swept_at = server_log.next;
        begin(JOB_SWEEP);
    }
}

static bool is_low(void)
{
    const struct chunks_figures *f = &contents.figures;

    return f->free_blocks < f->blocks / SWEEP_PART + 2 * SPARE;
}

bool contents_may_shrink(const struct vfs *v)
{
    return contents.sweep != SWEEP_IDLE || v->left != contents.swept_left;
}

void contents_cloned(void)
{
    if (contents.sweep == SWEEP_MARKS) contents.mark_next = 0;
}

/* True: a job was begun. What the last sweep left is needed, but for what files gave up since. */
static bool sweep_some(const struct vfs *v)
{
    bool some = v->left > contents.swept_left + SWEEP_LEAST ||
                (v->room < VFS_DIRTY_MAX && v->left > contents.swept_left);

    if (contents.sweep == SWEEP_IDLE && is_low() && some) contents.sweep = SWEEP_NEEDED;
    switch (contents.sweep) {
    case SWEEP_IDLE:
        return false;
    case SWEEP_NEEDED:
        contents.swept_left = v->left;
        contents.mark_next = 0;
        contents.sweep = SWEEP_MARKS;
        begin(JOB_BEGIN);
        return true;
    case SWEEP_MARKS:
        mark_some(v);
        return true;
    case SWEEP_WAITS:
        if (server_log.durable < contents.swept_at) return false;
        contents.swept_free = contents.figures.free_blocks;
        job.count = is_low() ? CLEAN_SEGMENTS : 0;
        begin(JOB_RELEASE);
        return true;
    }
    return false;
}

/* One that cannot be done is begun again, at the next request. */
static void swept(void)
{
    if (job.result == CHUNKS_DEVICE) {
        contents.sweep = SWEEP_NEEDED;
        contents.failed = true;
    } else if (job.kind == JOB_SWEEP) {
        contents.sweep = SWEEP_WAITS;
        contents.sweeps++;
    } else if (job.kind == JOB_RELEASE) {
        /* Cleaning goes on as long as it helps. */
        bool more = job.count > 0 && contents.figures.free_blocks > contents.swept_free;
        more = more && job.result == CHUNKS_OK && is_low();
        if (!more) contents.sweep = SWEEP_IDLE;
    }
}

/* All together. */

/* Some of what is free goes to headers, to pages of hashes and to what is partly filled. */
static uint64_t room(void)
{
    uint64_t free = contents.figures.free_blocks;

    return free > SPARE ? (free - SPARE) / 16 * 15 : 0;
}

static void done(struct service *svc)
{
    struct server *s = svc->state;

    contents.busy = false;
    contents.figures = job.figures;
    switch (job.kind) {
    case JOB_OPEN:
        contents.open = job.result == CHUNKS_OK;
        break;
    case JOB_FETCH:
        fetched(&s->vfs);
        break;
    case JOB_STORE:
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
    if (contents.failed || server_log.sealed || sweep_some(v)) return;
    if (contents.sweep != SWEEP_IDLE && contents.sweep != SWEEP_WAITS) return;
    wanted = waiting_stamp();
    if (v->dirty == 0 || (v->dirty < STORE_FROM && wanted < stamp_of_oldest(v))) return;
    contents.failed = !store_some(v);
}

void contents_turn(struct service *svc)
{
    if (!contents.open || contents.busy) return;
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
    if (store_is_there()) begin(JOB_OPEN);
}
