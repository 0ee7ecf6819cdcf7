/*
 * clients.c - rings of clients and the device's queue between them. No data is copied: the device
 * reads and writes the data areas.
 */
#include "badge.h"
#include "block.h"
#include "driver.h"
#include "idl/block.h"
#include "memory.h"
#include "panic.h"
#include "print.h"

enum { TURN_MAX = 64, HEAD_PIECES = 3 };

static int client_new(struct driver *d, struct block_open_out *out)
{
    for (uint32_t i = 0; i < CLIENTS_MAX; i++) {
        struct client *c = &d->clients[i];
        if (c->badge != 0) continue;
        c->badge = badge_make(KIND_BULK, startup_page()->pid, ++c->generation, i);
        out->bulk = (struct cap_arg){
            .slot = d->service.endpoint, .rights = RIGHT_WRITE | RIGHT_GRANT, .badge = c->badge};
        return OK;
    }
    return BLOCK_NO_ROOM;
}

static bool some_end(const struct driver *d)
{
    for (uint32_t i = 0; i < CLIENTS_MAX; i++) {
        if (d->clients[i].ending) return true;
    }
    return false;
}

/* What one who has ended still has under way may be a write, and who opens may be its successor: it
 * reads nothing before that is done, and writes nothing that it would be written over. */
int client_open(struct request *rq, struct block_open_out *out)
{
    struct driver *d = request_service(rq)->state;
    if (!some_end(d)) return client_new(d, out);
    if (d->opens == CLIENTS_MAX) return BLOCK_NO_ROOM;
    d->open[d->opens++] = rq->token;
    return REPLY_LATER;
}

static void opens_answer(struct driver *d)
{
    for (; d->opens > 0 && !some_end(d); d->opens--) {
        struct block_open_out out = {0};
        int err = client_new(d, &out);
        bool told = block_open_answer(d->open[d->opens - 1], err, &out) == OK;
        if (err == OK && !told) client_of(d, out.bulk.badge)->badge = 0; /* who asked is gone */
    }
}

struct client *client_of(struct driver *d, uint64_t badge)
{
    uint32_t index = badge_index(badge);
    bool ours = badge_kind(badge) == KIND_BULK && index < CLIENTS_MAX;
    return ours && d->clients[index].badge == badge ? &d->clients[index] : NULL;
}

int client_attach(struct request *rq, const struct bulk_attach_in *in, struct bulk_attach_out *out)
{
    struct driver *d = request_service(rq)->state;
    struct client *c = client_of(d, rq->badge);
    int err = bulk_serve_attach(rq, in, out, &c->bulk, d->signal);
    if (err != OK) return err;
    if (transport_memory(c->bulk.address, c->bulk.pages, c->physical)) return OK;
    (void)bulk_end(&c->bulk);
    return BULK_NO_ROOM;
}

static void client_end(struct client *c)
{
    if (!bulk_end(&c->bulk)) return; /* the device still has requests of it */
    c->badge = 0;
    c->ending = false;
}

void client_gone(struct driver *d, uint64_t badge)
{
    struct client *c = client_of(d, badge);
    if (c == NULL) return;
    c->ending = true;
    client_end(c);
    opens_answer(d);
}

/* The pages of a piece of the data area, neighbours joined. More than DISK_SEGMENTS_MAX: the first
 * ones only. */
static uint32_t pieces_of(const struct client *c, uint64_t at, uint64_t bytes,
                          struct vq_piece *out_pieces)
{
    uint32_t count = 0, most = driver.disk.limits.segment_bytes;
    while (bytes > 0) {
        uint64_t skip = at % MEMORY_PAGE, part = MEMORY_PAGE - skip;
        uint64_t physical = c->physical[at / MEMORY_PAGE] + skip;
        if (part > bytes) part = bytes;
        struct vq_piece *last = count > 0 ? &out_pieces[count - 1] : NULL;
        if (last != NULL && last->address + last->bytes == physical && last->bytes + part <= most) {
            last->bytes += (uint32_t)part;
        } else {
            if (count == DISK_SEGMENTS_MAX) return DISK_SEGMENTS_MAX + 1;
            out_pieces[count++] = (struct vq_piece){physical, (uint32_t)part};
        }
        at += part;
        bytes -= part;
    }
    return count;
}

static uint32_t error_of(enum disk_error e)
{
    switch (e) {
    case DISK_OK:
        return OK;
    case DISK_NOT_WRITABLE:
        return BLOCK_READ_ONLY;
    case DISK_BAD_RANGE:
        return BLOCK_BAD_RANGE;
    case DISK_BAD_REQUEST:
        return BLOCK_BAD_REQUEST;
    case DISK_NOT_OFFERED:
        return BLOCK_NOT_OFFERED;
    case DISK_FULL:
    case DISK_IO_ERROR:
    case DISK_BROKEN:
        break;
    }
    return BLOCK_IO_ERROR;
}

static bool type_of(uint16_t op, enum disk_type *out_type)
{
    static const uint8_t types[] = {[BLOCK_READ] = DISK_READ,
                                    [BLOCK_WRITE] = DISK_WRITE,
                                    [BLOCK_FLUSH] = DISK_SYNC,
                                    [BLOCK_DISCARD] = DISK_DROP,
                                    [BLOCK_ZEROES] = DISK_ZERO};
    if (op < BLOCK_READ || op > BLOCK_ZEROES) return false;
    *out_type = types[op];
    return true;
}

/* Called only while the device has room. */
static void serve(struct client *c, const struct ring_submission *s)
{
    struct bulk_server *b = &c->bulk;
    struct vq_piece pieces[DISK_SEGMENTS_MAX];
    struct disk_request r = {.sector = s->sector, .count = s->count, .pieces = pieces};
    uint64_t bytes = (uint64_t)s->count * BLOCK_SECTOR;
    enum disk_error e = DISK_BAD_REQUEST;
    if (s->op == RING_OP_CANCEL) {
        bulk_complete(b, s->id, ERR_BUSY, 0);
        return;
    }
    bool known = type_of(s->op, &r.type), data = r.type == DISK_READ || r.type == DISK_WRITE;
    bool writes_through = r.type == DISK_SYNC && !driver.disk.limits.flush;
    if (known && data && bytes > (uint64_t)DISK_SEGMENTS_MAX * MEMORY_PAGE) e = DISK_BAD_RANGE;
    if (known && data && e != DISK_BAD_RANGE) {
        known = ring_data(&b->ring, s->data, bytes) != NULL;
        uint64_t start = (uint64_t)b->ring.data - b->address + s->data;
        if (known) r.piece_count = pieces_of(c, start, bytes, pieces);
    }
    r.cookie = (uint64_t)(c - driver.clients) << 32 | s->id;
    if (known && writes_through) e = DISK_OK;
    if (known && !writes_through && e != DISK_BAD_RANGE) {
        e = disk_submit(&driver.disk, &r);
        if (e == DISK_OK) return;
    }
    bulk_complete(b, s->id, error_of(e), 0);
}

/* True: there was something. */
static bool take_done(struct driver *d)
{
    bool some = false;
    enum disk_error result;
    uint64_t cookie;
    while (disk_take(&d->disk, &cookie, &result)) {
        struct client *c = &d->clients[cookie >> 32];
        bulk_complete(&c->bulk, (uint32_t)cookie, error_of(result), 0);
        some = true;
    }
    return some;
}

/* The device surely takes one more, however large. */
static bool has_room(const struct disk *d)
{
    return d->queue.free_count >= d->limits.segments + HEAD_PIECES && d->in_flight < DISK_FLIGHTS;
}

/* True: it may have more. */
static bool give_of(struct driver *d, struct client *c)
{
    struct ring_submission s;
    for (uint32_t n = 0; n < TURN_MAX && has_room(&d->disk); n++) {
        enum err err = bulk_take(&c->bulk, &s);
        if (err != OK) return err == ERR_BUSY;
        serve(c, &s);
    }
    return true;
}

/* True: some client may have more. */
static bool give_new(struct driver *d)
{
    bool more = false;
    uint16_t given = d->disk.queue.given;
    for (uint32_t i = 0; i < CLIENTS_MAX; i++) {
        struct client *c = &d->clients[i];
        if (c->bulk.memory != 0 && !c->ending && give_of(d, c)) more = true;
    }
    if (given != d->disk.queue.given && vq_publish(&d->disk.queue)) transport_notify(&d->transport);
    return more;
}

/* A device that breaks the rules: we end, it is reset, and init starts us anew. */
static void check_device(const struct driver *d, bool ask)
{
    if (!d->disk.queue.broken && !(ask && transport_needs_reset(&d->transport))) return;
    print_debug("virtio_blk: the device is broken\n");
    program_exit(EXIT_ERROR);
}

/* A device may answer while it is told: then no interrupt is needed. Where it has no room, it
 * interrupts when it has; else who has more is served after those who wait at the endpoint. An
 * interrupt without an answer is the device's way to say that it cannot go on. */
void clients_turn(struct driver *d, bool interrupted)
{
    vq_hush(&d->disk.queue);
    bool some = take_done(d), more = give_new(d);
    some = take_done(d) || some;
    for (uint32_t i = 0; i < CLIENTS_MAX; i++) {
        if (d->clients[i].bulk.memory == 0) continue;
        bulk_flush(&d->clients[i].bulk);
        if (d->clients[i].ending) client_end(&d->clients[i]);
    }
    opens_answer(d);
    check_device(d, interrupted && !some);
    if (!vq_listen(&d->disk.queue) || (more && has_room(&d->disk))) (void)sys_signal(d->signal);
}
