/* device.c - see device.h. */
#include "device.h"

#include <string.h>

#include "block.h"
#include "idl/block.h"
#include "slots.h"

enum { SECTORS = STORE_BLOCK / BLOCK_SECTOR };

static uint32_t size_of(const struct store_io *io)
{
    return io->op == STORE_FLUSH ? 1 : io->blocks;
}

static uint8_t *area_of(const struct device *d, uint32_t piece)
{
    return d->bulk.ring.data + (size_t)piece * DEVICE_PIECE_BLOCKS * STORE_BLOCK;
}

int device_open(struct device *d, const struct device_caps *caps)
{
    struct block_info_out info;
    struct block_open_out out;
    int err = block_info(caps->driver, &info);
    if (err != OK) return err;
    d->open = false;
    if (d->bulk.address != 0) bulk_close(&d->bulk);
    slot_discard(d->rings);
    d->blocks = info.info.sectors / SECTORS;
    d->read_only = info.info.read_only;
    d->rings = out.bulk.slot = slot_alloc();
    /* Any capability shows that ours to the driver carries more than questions. */
    struct block_open_in in = {.asker = {.slot = caps->wake, .rights = RIGHT_WRITE}};
    err = block_open(caps->driver, &in, &out);
    if (err != OK) return err;
    struct bulk_open_args args = {.bulk = d->rings,
                                  .entries = DEVICE_ENTRIES,
                                  .data_pages = DEVICE_PIECES * DEVICE_PIECE_BLOCKS,
                                  .wake = caps->wake,
                                  .gone = caps->gone};
    err = bulk_open(&d->bulk, &args);
    d->open = err == OK;
    return err;
}

void device_close(struct device *d)
{
    if (d->bulk.address != 0) bulk_close(&d->bulk);
    slot_discard(d->rings);
    *d = (struct device){0};
}

bool device_take(struct device *d, const struct store_io *io)
{
    for (uint32_t i = 0; i < DEVICE_REQUESTS; i++) {
        if (d->requests[i].used) continue;
        d->requests[i] = (struct device_request){.io = *io, .used = true, .failed = !d->open};
        d->died = d->died || !d->open;
        if (!d->open) d->requests[i].given = d->requests[i].done = size_of(io);
        d->in_use++;
        return true;
    }
    return false;
}

bool device_is_idle(const struct device *d)
{
    return d->in_use == 0;
}

bool device_may_sleep(struct device *d)
{
    return !d->open || ring_client_sleep(&d->bulk.ring);
}

/* A piece of the request on its way. False: there is no room now. */
static bool give(struct device *d, struct device_request *r)
{
    static const uint16_t ops[] = {
        [STORE_READ] = BLOCK_READ, [STORE_WRITE] = BLOCK_WRITE, [STORE_FLUSH] = BLOCK_FLUSH};
    uint32_t at = 0, id, blocks = size_of(&r->io) - r->given;
    while (at < DEVICE_PIECES && d->pieces[at].request != NULL) {
        at++;
    }
    if (at == DEVICE_PIECES) return false;
    if (blocks > DEVICE_PIECE_BLOCKS) blocks = DEVICE_PIECE_BLOCKS;
    struct ring_submission s = {.op = ops[r->io.op]};
    if (r->io.op != STORE_FLUSH) {
        s.sector = (r->io.block + r->given) * SECTORS;
        s.count = blocks * SECTORS;
        s.data = (uint64_t)at * DEVICE_PIECE_BLOCKS * STORE_BLOCK;
    }
    if (r->io.op == STORE_WRITE) {
        memcpy(area_of(d, at), (const uint8_t *)r->io.data + (size_t)r->given * STORE_BLOCK,
               (size_t)blocks * STORE_BLOCK);
    }
    if (ring_submit(&d->bulk.ring, &s, at, &id) != OK) return false;
    d->pieces[at] = (struct device_piece){r, r->given, blocks};
    r->given += blocks;
    return true;
}

void device_push(struct device *d)
{
    bool some = false, room = d->open && d->in_use > 0;
    for (uint32_t i = 0; room && i < DEVICE_REQUESTS; i++) {
        struct device_request *r = &d->requests[i];
        while (room && r->used && r->given < size_of(&r->io)) {
            room = give(d, r);
            some = some || room;
        }
    }
    if (some) (void)bulk_submitted(&d->bulk); /* its end shows at the next look */
}

static void piece_done(struct device *d, uint32_t at, bool good)
{
    struct device_piece *p = at < DEVICE_PIECES ? &d->pieces[at] : NULL;
    struct device_request *r = p != NULL ? p->request : NULL;
    if (r == NULL) return;
    if (good && r->io.op == STORE_READ) {
        memcpy((uint8_t *)r->io.data + (size_t)p->block * STORE_BLOCK, area_of(d, at),
               (size_t)p->blocks * STORE_BLOCK);
    }
    r->failed = r->failed || !good;
    r->done += p->blocks;
    p->request = NULL;
}

/* The driver died: what it had, and what it was to get, has failed. */
static void all_fail(struct device *d)
{
    d->open = false;
    d->died = true;
    for (uint32_t i = 0; i < DEVICE_PIECES; i++) {
        d->pieces[i].request = NULL;
    }
    for (uint32_t i = 0; i < DEVICE_REQUESTS; i++) {
        struct device_request *r = &d->requests[i];
        if (!r->used) continue;
        r->failed = true;
        r->given = r->done = size_of(&r->io);
    }
}

bool device_done(struct device *d, uint32_t *out_id, enum store_io_result *out_result)
{
    struct ring_completion c;
    uint64_t cookie;
    int err;
    while (d->open && (err = bulk_poll(&d->bulk, &c, &cookie)) != ERR_WOULD_BLOCK) {
        if (err == OK) piece_done(d, (uint32_t)cookie, c.result == OK);
        if (err != OK) all_fail(d);
    }
    for (uint32_t i = 0; d->in_use > 0 && i < DEVICE_REQUESTS; i++) {
        struct device_request *r = &d->requests[i];
        if (!r->used || r->done < size_of(&r->io)) continue;
        r->used = false;
        d->in_use--;
        *out_id = r->io.id;
        *out_result = r->failed ? STORE_IO_FAILED : STORE_IO_OK;
        return true;
    }
    return false;
}
