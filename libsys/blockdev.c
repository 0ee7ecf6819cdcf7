/* blockdev.c - see blockdev.h. */
#include "blockdev.h"

#include "bytes.h"
#include "memory.h"
#include "service.h"
#include "slots.h"

enum { SECTORS_A_PAGE = MEMORY_PAGE / BLOCK_SECTOR, REOPENS = 20 };

/* Pages of the data area: the first free run. */

static bool page_used(const struct blockdev *d, uint32_t page)
{
    return (d->used[page / 64] >> (page % 64) & 1) != 0;
}

static void pages_mark(struct blockdev *d, uint32_t page, uint32_t count, bool used)
{
    for (uint32_t i = page; i < page + count; i++) {
        uint64_t bit = 1ull << (i % 64);
        d->used[i / 64] = used ? d->used[i / 64] | bit : d->used[i / 64] & ~bit;
    }
}

/* UINT32_MAX: there is none so long. */
static uint32_t pages_take(struct blockdev *d, uint32_t count)
{
    uint32_t run = 0;
    for (uint32_t i = 0; i < d->data_pages; i++) {
        run = page_used(d, i) ? 0 : run + 1;
        if (run < count || count == 0) continue;
        pages_mark(d, i + 1 - count, count, true);
        return i + 1 - count;
    }
    return count == 0 ? 0 : UINT32_MAX;
}

/* Attaching. */

static int ask(struct blockdev *d)
{
    struct block_info_out info;
    const struct block_open_in in = {.asker = {.slot = d->block, .rights = RIGHTS_ALL}};
    struct block_open_out open = {.bulk = {.slot = slot_alloc()}};
    if (open.bulk.slot == 0) return ERR_SLOT_USED;
    int err = block_info(d->block, &info);
    if (err == OK) {
        d->sectors = info.info.sectors;
        d->read_only = info.info.read_only;
        d->max_sectors = info.info.max_sectors;
        err = block_open(d->block, &in, &open);
    }
    d->bulk = open.bulk.slot;
    return err;
}

static int attach(struct blockdev *d)
{
    int err = ask(d);
    const struct bulk_open_args args = {.bulk = d->bulk,
                                        .entries = BLOCKDEV_ENTRIES,
                                        .data_pages = d->data_pages,
                                        .wake = d->wake,
                                        .gone = d->gone};
    if (err == OK) err = bulk_open(&d->rings, &args);
    if (err != OK) {
        slot_discard(d->bulk);
        d->bulk = 0;
        return err;
    }
    uint32_t most = d->data_pages * SECTORS_A_PAGE;
    if (d->max_sectors > most) d->max_sectors = most;
    return OK;
}

int blockdev_open(struct blockdev *d, const struct blockdev_args *args)
{
    if (args->data_pages == 0 || args->data_pages > BLOCKDEV_PAGES_MAX) return ERR_RANGE;
    *d = (struct blockdev){.block = args->block,
                           .data_pages = args->data_pages,
                           .wake = args->wake,
                           .gone = args->gone};
    return attach(d);
}

/* Requests. */

static bool has_data(const struct blockdev_io *io)
{
    return io->op == BLOCK_READ || io->op == BLOCK_WRITE;
}

static uint8_t *data_of(const struct blockdev *d, const struct blockdev_flight *f)
{
    return d->rings.ring.data + (uint64_t)f->page * MEMORY_PAGE;
}

/* Into the ring: there is room, as flights are fewer than entries. */
static int put(struct blockdev *d, const struct blockdev_flight *f)
{
    const struct ring_submission s = {.op = (uint16_t)f->io.op,
                                      .sector = f->io.sector,
                                      .count = f->io.count,
                                      .data = (uint64_t)f->page * MEMORY_PAGE};
    uint32_t id;
    if (f->io.op == BLOCK_WRITE)
        memcpy(data_of(d, f), f->io.data, (size_t)f->io.count * BLOCK_SECTOR);
    return (int)ring_submit(&d->rings.ring, &s, (uint64_t)(f - d->flights), &id);
}

int blockdev_submit(struct blockdev *d, const struct blockdev_io *io)
{
    if (has_data(io) && (io->count == 0 || io->count > d->max_sectors)) return ERR_RANGE;
    if (d->in_flight == BLOCKDEV_FLIGHTS) return ERR_BUSY;
    struct blockdev_flight *f = d->flights;
    while (f->order != 0) {
        f++;
    }
    uint32_t pages = has_data(io) ? (io->count + SECTORS_A_PAGE - 1) / SECTORS_A_PAGE : 0;
    uint32_t page = pages_take(d, pages);
    if (page == UINT32_MAX) return ERR_BUSY;
    *f = (struct blockdev_flight){.io = *io, .order = d->order + 1, .page = page, .pages = pages};
    int err = d->bulk != 0 ? put(d, f) : OK; /* else it goes to the next driver */
    if (err == ERR_BUSY) {
        pages_mark(d, page, pages, false);
        f->order = 0;
        return err;
    }
    d->order++;
    d->in_flight++;
    return OK;
}

int blockdev_push(struct blockdev *d)
{
    return d->bulk != 0 ? bulk_submitted(&d->rings) : ERR_PEER_DIED;
}

int blockdev_poll(struct blockdev *d, struct blockdev_done *out)
{
    struct ring_completion c;
    uint64_t index;
    if (d->bulk == 0) return ERR_PEER_DIED;
    int err = bulk_poll(&d->rings, &c, &index);
    if (err != OK) return err;
    struct blockdev_flight *f = &d->flights[index];
    if (f->io.op == BLOCK_READ && c.result == OK)
        memcpy(f->io.data, data_of(d, f), (size_t)f->io.count * BLOCK_SECTOR);
    *out = (struct blockdev_done){.cookie = f->io.cookie, .result = c.result};
    pages_mark(d, f->page, f->pages, false);
    f->order = 0;
    d->in_flight--;
    return OK;
}

bool blockdev_sleep(struct blockdev *d)
{
    return d->bulk != 0 && !d->rings.gone && ring_client_sleep(&d->rings.ring);
}

int blockdev_wait(struct blockdev *d, struct blockdev_done *out)
{
    for (;;) {
        int err = blockdev_poll(d, out);
        if (err != ERR_WOULD_BLOCK) return err;
        uint64_t bits = 0;
        if (!blockdev_sleep(d)) continue;
        if (sys_wait(d->rings.own[0], &bits) != OK) return ERR_CAP_TYPE;
        if (bits & BULK_GONE) d->rings.gone = true;
    }
}

/* The unanswered one that was submitted first after `order`; NULL: none. */
static const struct blockdev_flight *next_after(const struct blockdev *d, uint64_t order)
{
    const struct blockdev_flight *best = NULL;
    for (uint32_t i = 0; i < BLOCKDEV_FLIGHTS; i++) {
        const struct blockdev_flight *f = &d->flights[i];
        if (f->order > order && (best == NULL || f->order < best->order)) best = f;
    }
    return best;
}

static void detach(struct blockdev *d)
{
    if (d->bulk != 0) bulk_close(&d->rings);
    slot_discard(d->bulk);
    d->bulk = 0;
}

void blockdev_close(struct blockdev *d)
{
    detach(d);
    *d = (struct blockdev){0};
}

int blockdev_reopen(struct blockdev *d)
{
    detach(d);
    uint32_t tries = 0;
    int err;
    do {
        err = attach(d);
    } while (err != OK && call_again(err, &tries));
    if (err != OK) return err;
    const struct blockdev_flight *f = next_after(d, 0);
    for (; f != NULL; f = next_after(d, f->order)) {
        err = put(d, f);
        if (err != OK) return err;
    }
    return blockdev_push(d);
}

int blockdev_do(struct blockdev *d, const struct blockdev_io *io)
{
    struct blockdev_done done;
    int err = blockdev_submit(d, io);
    if (err != OK) return err;
    (void)blockdev_push(d);
    for (uint32_t i = 0; i < REOPENS; i++) {
        err = blockdev_wait(d, &done);
        if (err == OK) return (int)done.result;
        (void)blockdev_reopen(d);
    }
    return err;
}
