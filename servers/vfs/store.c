/* store.c - see store.h. */
#include "store.h"

#include "bytes.h"
#include "idl/axiom.h"
#include "idl/block.h"
#include "idl/random.h"
#include "memory.h"
#include "panic.h"
#include "slots.h"
#include "thread.h"

enum {
    STACK_PAGES = 16,
    PRIORITY = 130, /* below the main thread's: whoever asks for what is in memory goes first */
    BUCKETS = 16384,
    RANDOM_TRIES = 10000,
    CHUNKS_MOST = 1 << 20, /* a disk of 4 GiB */
    GROW_LEAST = 4,        /* pages at once */
    GROW_MOST = 64,
};
/* Where its tables lie; between those of main.c. */
#define STORE_TABLES (STARTUP_WINDOWS + (5ull << 29))
#define STORE_CHUNKS (STARTUP_WINDOWS + (11ull << 28))

struct job job;

static struct {
    struct store_caps caps;
    cap_t wake;
    const char *why;
    bool begun;
    struct store_disk disk;
    struct chunks chunks;
    uint64_t mapped; /* pages at STORE_CHUNKS */
    uint64_t tables; /* and at STORE_TABLES */
} store;
static struct tree_store *trees;

const char *store_why(void)
{
    return store.why;
}

static bool map(uint64_t at, uint64_t bytes)
{
    uint64_t pages = (bytes + MEMORY_PAGE - 1) / MEMORY_PAGE;

    return memory_map(at, pages, RIGHT_READ | RIGHT_WRITE) == OK;
}

/* The index grows with what is stored. */
static bool reserve(void *context, uint32_t count)
{
    (void)context;
    while (store.mapped * MEMORY_PAGE < (uint64_t)count * sizeof(struct chunk)) {
        uint64_t at = STORE_CHUNKS + store.mapped * MEMORY_PAGE;
        uint64_t more = store.mapped < GROW_LEAST ? GROW_LEAST : store.mapped;
        if (more > GROW_MOST) more = GROW_MOST;
        if (!map(at, more * MEMORY_PAGE)) return false;
        store.mapped += more;
    }
    return true;
}

/* Another attempt finds them mapped. */
static bool tables_map(uint64_t bytes)
{
    uint64_t pages = (bytes + MEMORY_PAGE - 1) / MEMORY_PAGE;
    uint64_t more = pages > store.tables ? pages - store.tables : 0;

    if (more > 0 && !map(STORE_TABLES + store.tables * MEMORY_PAGE, more * MEMORY_PAGE)) {
        return false;
    }
    store.tables += more;
    return true;
}

/* The next part of what is mapped at once. */
static void *part(uint64_t *at, uint64_t bytes)
{
    void *here = (void *)*at;

    *at += (bytes + 63) / 64 * 64;
    return here;
}

/* Contents of files can look like anything, but not like a group of a store whose name nobody
 * knows. */
static bool name(uint8_t id[CHUNKS_ID])
{
    struct random_bytes_out out;
    const struct random_bytes_in in = {.count = CHUNKS_ID};
    int err = ERR_PEER_DIED;

    /* It may have just begun, and not trust its sources yet. */
    for (uint32_t i = 0; err != OK && i < RANDOM_TRIES; i++) {
        if (i > 0) sys_yield();
        err = random_bytes(store.caps.random, &in, &out);
    }
    if (err != OK || out.bytes.len != CHUNKS_ID) return false;
    memcpy(id, out.bytes.at, CHUNKS_ID);
    return true;
}

static enum chunks_result open_store(void)
{
    trees = NULL; /* no figures of a store that is not open */
    if (!disk_open(store.caps.disk, &store.disk, &store.why)) return CHUNKS_DEVICE;
    uint32_t segments = chunks_segments(store.disk.blocks);
    uint64_t at = STORE_TABLES;
    struct chunks_config config = {.device = store.disk.device,
                                   .blocks = store.disk.blocks,
                                   .chunks = (struct chunk *)STORE_CHUNKS,
                                   .chunks_max = CHUNKS_MOST,
                                   .bucket_count = BUCKETS,
                                   .reserve = reserve};
    job.pages = part(&at, (uint64_t)JOB_BLOCKS * CHUNKS_BLOCK);
    config.buffer = part(&at, CHUNKS_BUFFER);
    config.buckets = part(&at, BUCKETS * sizeof(config.buckets[0]));
    config.segments = part(&at, segments * sizeof(struct segment));
    struct tree_store *tables = part(&at, sizeof(struct tree_store));
    if (!tables_map(at - STORE_TABLES) || !reserve(NULL, 1)) {
        store.why = "there is no memory for the store of contents";
        return CHUNKS_MEMORY;
    }
    if (!name(config.id)) {
        store.why = "there are no random bytes to name the store with";
        return CHUNKS_DEVICE;
    }
    memset(tables, 0, sizeof(*tables));
    tables->chunks = &store.chunks;
    enum chunks_result result = chunks_open(&store.chunks, &config);
    store.why = chunks_text(result);
    if (result == CHUNKS_OK) trees = tables;
    return result;
}

static enum chunks_result fetch(uint64_t index, void *to)
{
    uint8_t hash[CHUNK_HASH];
    uint32_t length;
    enum chunks_result result = tree_find(trees, &job.tree, index, hash);

    if (result != CHUNKS_OK) return result;
    if (!tree_is_hole(hash)) return chunks_get(&store.chunks, hash, to, &length);
    memset(to, 0, CHUNKS_BLOCK);
    return CHUNKS_OK;
}

static enum chunks_result fetch_all(bool keep)
{
    enum chunks_result result = CHUNKS_OK;

    for (uint32_t i = 0; i < job.count; i++) {
        job.results[i] = fetch(job.index + i, job.pages[keep ? i : 0]);
        if (job.results[i] != CHUNKS_OK) result = job.results[i];
    }
    return result;
}

/* The chunk at the end of what is kept, without what lies beyond: unless it is written anyway. */
static enum chunks_result trim(const struct job_item *item, struct tree_edit *edit, bool *out_there)
{
    static uint8_t page[CHUNKS_BLOCK] __attribute__((aligned(8)));
    uint32_t inside = (uint32_t)(item->kept % CHUNKS_BLOCK);

    *out_there = false;
    edit->index = item->kept / CHUNKS_BLOCK;
    if (!item->trimmed || inside == 0) return CHUNKS_OK;
    for (uint32_t i = 0; i < item->count; i++) {
        if (job.block[item->first + i] == edit->index) return CHUNKS_OK;
    }
    job.tree = item->tree;
    enum chunks_result result = fetch(edit->index, page);
    if (result != CHUNKS_OK) return result;
    memset(page + inside, 0, CHUNKS_BLOCK - inside);
    *out_there = true;
    return tree_put(trees, page, edit->hash);
}

static enum chunks_result item_store(struct job_item *item)
{
    struct tree_edit extra;
    bool there;
    uint32_t count = 0;
    enum chunks_result result = trim(item, &extra, &there);

    for (uint32_t i = item->first; result == CHUNKS_OK && i < item->first + item->count; i++) {
        if (there && extra.index < job.block[i]) {
            job.edits[count++] = extra;
            there = false;
        }
        struct tree_edit *e = &job.edits[count++];
        e->index = job.block[i];
        result = tree_put(trees, job.pages[i], e->hash);
    }
    if (there) job.edits[count++] = extra;
    const struct tree_change change = {
        .kept = (item->kept + CHUNKS_BLOCK - 1) / CHUNKS_BLOCK,
        .blocks = item->blocks,
        .edits = job.edits,
        .count = count,
    };
    return result == CHUNKS_OK ? tree_update(trees, &item->tree, &change) : result;
}

static enum chunks_result store_all(void)
{
    enum chunks_result result = CHUNKS_OK;

    for (uint32_t i = 0; result == CHUNKS_OK && i < job.items; i++) {
        result = item_store(&job.item[i]);
    }
    enum chunks_result synced = chunks_sync(&store.chunks);
    if (synced != CHUNKS_OK) memset(trees->cache, 0, sizeof(trees->cache)); /* it forgot some */
    return result == CHUNKS_OK ? synced : result;
}

static enum chunks_result mark_all(void)
{
    enum chunks_result result = CHUNKS_OK;

    for (uint32_t i = 0; result == CHUNKS_OK && i < job.items; i++) {
        result = tree_mark(trees, &job.item[i].tree);
    }
    return result;
}

static enum chunks_result release(void)
{
    enum chunks_result result = CHUNKS_OK;

    chunks_release(&store.chunks);
    for (uint32_t i = 0; result == CHUNKS_OK && i < job.count; i++) {
        result = chunks_clean(&store.chunks);
    }
    return result; /* CHUNKS_MISSING: no more room can be made */
}

static enum chunks_result run(void)
{
    switch (job.kind) {
    case JOB_OPEN:
        return open_store();
    case JOB_FETCH:
        return fetch_all(true);
    case JOB_STORE:
        return store_all();
    case JOB_BEGIN:
        chunks_mark_begin(&store.chunks);
        return CHUNKS_OK;
    case JOB_MARK:
        return mark_all();
    case JOB_SWEEP:
        chunks_sweep(&store.chunks);
        return CHUNKS_OK;
    case JOB_RELEASE:
        return release();
    case JOB_CHECK:
        return fetch_all(false);
    case JOB_NONE:
        break;
    }
    return CHUNKS_OK;
}

static void work(void *argument)
{
    uint64_t word;

    (void)argument;
    while (sys_wait(store.wake, &word) == OK) {
        job.result = run();
        if (trees != NULL && store.why[0] == '\0') chunks_figures(&store.chunks, &job.figures);
        (void)sys_signal(store.caps.done);
    }
    PANIC("the notification is gone");
}

bool store_is_there(void)
{
    return store.begun;
}

void store_start_job(void)
{
    CHECK(sys_signal(store.wake) == OK);
}

static bool has_disk(cap_t block)
{
    struct block_info_out info;

    return block != 0 && block_info(block, &info) != BLOCK_NO_DEVICE;
}

bool store_begin(const struct store_caps *caps)
{
    const struct thread_args args = {
        .entry = work, .stack_pages = STACK_PAGES, .priority = PRIORITY, .fpu = true};
    uint32_t thread;

    store.caps = *caps;
    store.why = "there is no disk for contents";
    if (!has_disk(caps->disk)) return true;
    store.why = "it is being opened";
    store.begun = true;
    store.wake = slot_alloc();
    if (store.wake == 0) return false;
    const struct self_notification_create_in in = {.slot = store.wake, .badge = 1};
    return self_notification_create(CAP_SLOT_SELF, &in) == OK &&
           thread_create(&args, &thread) == OK;
}
