/*
 * main.c - diskbench REQUESTS: reads and writes pages of the disk through its driver's rings, and
 * says what it cost by the time stamp: instructions, where the machine counts time by them.
 *
 * The same work as tests/bench/linux/init.c does in a Linux guest, line by line as it prints it:
 * `FIGURE METHOD OPERATION ORDER DEPTH REQUESTS INSTRUCTIONS`. `bulk` leaves the data in the area
 * that it shares with the driver; `blockdev` copies it to and from memory of its own.
 */
#include "blockdev.h"
#include "bytes.h"
#include "heap.h"
#include "mark.h"
#include "panic.h"
#include "say.h"
#include "slots.h"
#include "startup.h"
#include "text.h"

enum {
    PAGE = 4096,
    SECTORS = PAGE / BLOCK_SECTOR,
    DEPTH = 32,
    RINGS = 128,
    STRETCHES = 5,
    FEW = 16
};

struct work {
    bool write, random;
    uint32_t depth;
    uint64_t requests, seed, next;
};

static struct bulk_client client;
static struct blockdev device;
static uint8_t *pages[DEPTH];
static uint64_t disk_pages;

/* As in init.c: the same places in the same order. */
static uint64_t place(struct work *w)
{
    if (!w->random) return w->next++ % disk_pages * SECTORS;
    w->seed = w->seed * 6364136223846793005ull + 1442695040888963407ull;
    return (w->seed >> 33) % disk_pages * SECTORS;
}

static bool submit_bulk(struct work *w, uint32_t page)
{
    const struct ring_submission s = {.op = w->write ? BLOCK_WRITE : BLOCK_READ,
                                      .sector = place(w),
                                      .count = SECTORS,
                                      .data = (uint64_t)page * PAGE};
    uint32_t id;
    return ring_submit(&client.ring, &s, page, &id) == OK;
}

/* Collects one; waits for it only if that may be. */
static int collect_bulk(bool wait, uint32_t *out_page)
{
    struct ring_completion c;
    uint64_t cookie;
    int err = wait ? bulk_wait(&client, &c, &cookie) : bulk_poll(&client, &c, &cookie);
    if (err != OK) return err;
    *out_page = (uint32_t)cookie;
    return (int)c.result;
}

static bool submit_blockdev(struct work *w, uint32_t page)
{
    const struct blockdev_io io = {.op = w->write ? BLOCK_WRITE : BLOCK_READ,
                                   .sector = place(w),
                                   .count = SECTORS,
                                   .data = pages[page],
                                   .cookie = page};
    return blockdev_submit(&device, &io) == OK;
}

static int collect_blockdev(bool wait, uint32_t *out_page)
{
    struct blockdev_done done;
    int err = wait ? blockdev_wait(&device, &done) : blockdev_poll(&device, &done);
    if (err != OK) return err;
    *out_page = (uint32_t)done.cookie;
    return (int)done.result;
}

static int push_bulk(void)
{
    return bulk_submitted(&client);
}

static int push_blockdev(void)
{
    return blockdev_push(&device);
}

static const struct method {
    const char *name;
    bool (*submit)(struct work *w, uint32_t page);
    int (*push)(void);
    int (*collect)(bool wait, uint32_t *out_page);
} methods[] = {{"bulk", submit_bulk, push_bulk, collect_bulk},
               {"blockdev", submit_blockdev, push_blockdev, collect_blockdev}};

/* `depth` in flight as long as there is work: as many as were completed are given anew. */
static bool run(const struct method *m, struct work *w)
{
    uint32_t free_count = w->depth, free_pages[DEPTH], page;
    uint64_t given = 0, done = 0;
    for (uint32_t i = 0; i < w->depth; i++) {
        free_pages[i] = i;
    }
    while (done < w->requests) {
        while (free_count > 0 && given < w->requests) {
            if (!m->submit(w, free_pages[--free_count])) return false;
            given++;
        }
        if (m->push() != OK) return false;
        int err = m->collect(true, &page);
        while (err == OK) {
            free_pages[free_count++] = page;
            done++;
            err = m->collect(false, &page);
        }
        if (err != ERR_WOULD_BLOCK) return false;
    }
    return true;
}

/* The least of some stretches, so that what runs now and then is not in it. */
static void measure(const struct method *m, struct work w)
{
    uint64_t least = UINT64_MAX;
    bool good = true;
    for (uint32_t i = 0; i <= STRETCHES && good; i++) { /* the first to warm up */
        uint64_t start = ticks_now();
        mark_begin(0);
        good = run(m, &w);
        mark_end();
        uint64_t took = ticks_now() - start;
        if (i > 0 && took < least) least = took;
    }
    if (!good) {
        say("FAILED %s\n", m->name);
        return;
    }
    say("FIGURE %s %s %s %u %lu %lu\n", m->name, w.write ? "write" : "read",
        w.random ? "random" : "sequential", w.depth, w.requests, least);
}

static void measure_all(const struct method *m, uint64_t requests)
{
    for (uint32_t i = 0; i < 4; i++) {
        struct work w = {.write = i & 1, .random = i & 2, .depth = 1, .requests = requests};
        measure(m, w);
        w.depth = DEPTH;
        measure(m, w);
    }
}

/* For a slow device: so short that the clock runs in few of the stretches. */
static void measure_few(const struct method *m)
{
    for (uint32_t i = 0; i < 2; i++) {
        measure(m, (struct work){.write = i & 1, .depth = 1, .requests = FEW});
    }
}

static int open_bulk(cap_t disk)
{
    struct block_open_in in = {.asker = {.slot = disk, .rights = RIGHTS_ALL}};
    struct block_open_out out = {.bulk.slot = slot_alloc()};
    int err = block_open(disk, &in, &out);
    const struct bulk_open_args args = {
        .bulk = out.bulk.slot, .entries = RINGS, .data_pages = DEPTH};
    return err == OK ? bulk_open(&client, &args) : err;
}

static uint64_t number_of(const char *text)
{
    uint64_t value = 0;
    return text_parse_u64(text, strlen(text), &value) ? value : 0;
}

int main(int argc, char **argv)
{
    cap_t disk = startup_cap("disk");
    int err = blockdev_open(&device, &(struct blockdev_args){.block = disk, .data_pages = DEPTH});
    if (err == OK) err = open_bulk(disk);
    for (uint32_t i = 0; i < DEPTH && err == OK; i++) {
        pages[i] = heap_alloc_zeroed(PAGE);
        if (pages[i] == NULL) err = ERR_NO_MEMORY;
    }
    disk_pages = device.sectors / SECTORS;
    for (uint32_t i = 0; i < sizeof(methods) / sizeof(methods[0]) && err == OK && argc > 1; i++) {
        measure_all(&methods[i], number_of(argv[1]));
        measure_few(&methods[i]);
    }
    say(err == OK ? "DONE\n" : "FAILED: error %d\n", err);
    return err == OK ? EXIT_OK : EXIT_ERROR;
}
