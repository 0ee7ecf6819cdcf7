/* disk.c - see disk.h. */
#include "disk.h"

enum { STATUS_OK = 0, STATUS_IO_ERROR = 1, STATUS_UNSUPPORTED = 2, STATUS_NONE = 0xff };
enum { HEAD_BYTES = 16, RANGE_BYTES = 16, PAGE = 4096, SLOTS_A_PAGE = PAGE / DISK_SLOT_BYTES };
enum { AT_RANGE = 16, AT_STATUS = 32, NONE = 0xffff };
_Static_assert(__builtin_offsetof(struct disk_slot, range_sector) == AT_RANGE, "as given");
_Static_assert(__builtin_offsetof(struct disk_slot, status) == AT_STATUS, "as given");

void disk_init(struct disk *d, void *slots, const uint64_t *physical)
{
    d->slots = slots;
    d->free = 0;
    d->in_flight = 0;
    for (uint16_t i = 0; i < DISK_SLOT_PAGES; i++) {
        d->slot_pages[i] = physical[i];
    }
    for (uint16_t i = 0; i < DISK_FLIGHTS; i++) {
        uint16_t next = (uint16_t)(i + 1);
        d->flights[i] = (struct disk_flight){.next = next < DISK_FLIGHTS ? next : NONE};
    }
}

static bool range_is_good(const struct disk_limits *l, uint64_t sector, uint64_t count)
{
    return count != 0 && sector < l->sectors && count <= l->sectors - sector;
}

static uint64_t pieces_bytes(const struct disk_request *r)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < r->piece_count; i++) {
        bytes += r->pieces[i].bytes;
    }
    return bytes;
}

static enum disk_error data_check(const struct disk_limits *l, const struct disk_request *r)
{
    if (r->piece_count > l->segments || r->piece_count > DISK_SEGMENTS_MAX) return DISK_BAD_RANGE;
    for (uint32_t i = 0; i < r->piece_count; i++) {
        if (r->pieces[i].bytes == 0 || r->pieces[i].bytes > l->segment_bytes) return DISK_BAD_RANGE;
    }
    bool serial = r->type == DISK_SERIAL;
    uint64_t wanted = serial ? DISK_SERIAL_BYTES : (uint64_t)r->count * SECTOR_BYTES;
    return pieces_bytes(r) == wanted ? DISK_OK : DISK_BAD_REQUEST;
}

static enum disk_error check(const struct disk_limits *l, const struct disk_request *r)
{
    switch (r->type) {
    case DISK_SERIAL:
        return data_check(l, r);
    case DISK_SYNC:
        return r->piece_count == 0 ? DISK_OK : DISK_BAD_REQUEST;
    case DISK_READ:
    case DISK_WRITE:
        if (r->type == DISK_WRITE && l->read_only) return DISK_NOT_WRITABLE;
        return range_is_good(l, r->sector, r->count) ? data_check(l, r) : DISK_BAD_RANGE;
    case DISK_DROP:
    case DISK_ZERO: {
        uint32_t most = r->type == DISK_DROP ? l->drop_sectors : l->zero_sectors;
        if (l->read_only) return DISK_NOT_WRITABLE;
        if (most == 0) return DISK_NOT_OFFERED;
        if (r->piece_count != 0) return DISK_BAD_REQUEST;
        return r->count <= most && range_is_good(l, r->sector, r->count) ? DISK_OK : DISK_BAD_RANGE;
    }
    }
    return DISK_BAD_REQUEST;
}

/* Head and data or range, which the device reads, then data and status, which it writes. */
static bool chain_add(struct disk *d, const struct disk_request *r, uint16_t flight)
{
    struct vq_piece pieces[DISK_SEGMENTS_MAX + 3];
    uint64_t at = d->slot_pages[flight / SLOTS_A_PAGE] + flight % SLOTS_A_PAGE * DISK_SLOT_BYTES;
    bool range = r->type == DISK_DROP || r->type == DISK_ZERO;
    struct vq_request q = {.pieces = pieces, .reads = 1, .writes = 1, .cookie = flight};
    uint32_t n = 0;
    pieces[n++] = (struct vq_piece){at, HEAD_BYTES};
    if (range) pieces[n++] = (struct vq_piece){at + AT_RANGE, RANGE_BYTES};
    for (uint32_t i = 0; i < r->piece_count; i++) {
        pieces[n++] = r->pieces[i];
    }
    pieces[n++] = (struct vq_piece){at + AT_STATUS, 1};
    if (range) q.reads++;
    if (r->type == DISK_WRITE) q.reads += r->piece_count;
    if (r->type == DISK_READ || r->type == DISK_SERIAL) q.writes += r->piece_count;
    return vq_add(&d->queue, &q);
}

enum disk_error disk_submit(struct disk *d, const struct disk_request *r)
{
    uint16_t flight = d->free;
    enum disk_error wrong = check(&d->limits, r);
    if (wrong != DISK_OK) return wrong;
    if (d->queue.broken) return DISK_BROKEN;
    if (flight == NONE) return DISK_FULL;
    volatile struct disk_slot *s = &d->slots[flight];
    struct disk_flight *f = &d->flights[flight];
    bool data = r->type == DISK_READ || r->type == DISK_WRITE;
    s->type = r->type;
    s->reserved = 0;
    s->sector = data ? r->sector : 0;
    s->range_sector = r->sector;
    s->range_count = r->count;
    s->range_flags = 0;
    s->status = STATUS_NONE;
    if (!chain_add(d, r, flight)) return DISK_FULL;
    d->free = f->next;
    f->cookie = r->cookie;
    f->in_flight = true;
    bool writes = r->type == DISK_READ || r->type == DISK_SERIAL;
    f->data_bytes = writes ? (uint32_t)pieces_bytes(r) : 0;
    d->in_flight++;
    return DISK_OK;
}

/* A device that says it has done well has also written all that it was to write. */
static enum disk_error result_of(uint8_t status, const struct disk_flight *f, uint32_t written)
{
    if (status == STATUS_UNSUPPORTED) return DISK_NOT_OFFERED;
    return status == STATUS_OK && written == f->data_bytes + 1 ? DISK_OK : DISK_IO_ERROR;
}

bool disk_take(struct disk *d, uint64_t *out_cookie, enum disk_error *out_result)
{
    uint64_t flight;
    uint32_t written;
    if (!vq_take(&d->queue, &flight, &written)) return false;
    struct disk_flight *f = &d->flights[flight];
    *out_cookie = f->cookie;
    *out_result = result_of(d->slots[flight].status, f, written);
    f->in_flight = false;
    f->next = d->free;
    d->free = (uint16_t)flight;
    d->in_flight--;
    return true;
}
