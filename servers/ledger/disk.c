/* disk.c - see disk.h: opening, appending, and what is durable. */
#include "disk.h"

#include <string.h>

#include "message.h"

enum {
    ROOM_MARGIN = 256, /* blocks, of each stream: for what cannot be refused */
    ROOM_EACH = 1024,  /* bytes of records that a block surely takes */
    ROOM_LEAST = 65536,
};

uint64_t disk_memory(void)
{
    return store_memory(DISK_GROUPS) + (uint64_t)DISK_READ_BLOCKS * STORE_BLOCK;
}

void disk_open(struct disk *d, const struct disk_config *c)
{
    uint64_t bytes = store_memory(DISK_GROUPS);
    memset(d, 0, sizeof(*d));
    d->log = c->log;
    d->read_memory = (uint8_t *)c->memory + bytes;
    d->read_bytes = (uint64_t)DISK_READ_BLOCKS * STORE_BLOCK;
    d->config = (struct store_config){.memory = c->memory,
                                      .memory_bytes = bytes,
                                      .blocks = c->blocks,
                                      .label = "Waterlight",
                                      .boot = c->boot,
                                      .opening = c->opening};
    store_open(&d->store, &d->config);
}

/* An empty disk gets a log, named after the boot that made it; any log that is there is taken. */
static void format(struct disk *d)
{
    d->config.format = STORE_FORMAT_EMPTY;
    memcpy(d->config.id, d->config.boot.id, sizeof(d->config.id));
    store_open(&d->store, &d->config);
}

enum store_result disk_status(const struct disk *d)
{
    return store_status(&d->store);
}

bool disk_takes_more(const struct disk *d)
{
    return disk_status(d) == STORE_OK && !d->full && !d->given_up;
}

uint64_t disk_durable_commits(const struct disk *d)
{
    bool this_boot = d->open && disk_status(d) == STORE_OK;
    return this_boot ? store_durable_commits(&d->store) : 0;
}

bool disk_failed(const struct disk *d)
{
    enum store_result now = disk_status(d);
    return d->failed || now == STORE_DEVICE || now == STORE_SHORT;
}

void disk_retry(struct disk *d)
{
    d->failed = false;
    d->reading = false; /* the reader begins anew */
    if (!d->given_up) store_retry(&d->store);
}

void disk_read_fails(struct disk *d)
{
    d->failed = d->reading = false;
    d->read_fails = true;
}

void disk_give_up(struct disk *d)
{
    d->given_up = true;
    for (uint32_t i = 0; i < DISK_STREAMS; i++) {
        d->streams[i].moved = d->streams[i].number != 0; /* who waits is told */
    }
}

static bool is_open(const struct disk *d)
{
    return d->open;
}

bool disk_next(struct disk *d, struct store_io *out)
{
    if (store_next(&d->store, out)) return true;
    if (!d->reading || d->flying || !store_read_next(&d->reader, out)) return false;
    out->id = DISK_READER;
    d->flying = true;
    return true;
}

/* Streams. */

static struct disk_stream *stream_of(struct disk *d, uint32_t number)
{
    struct disk_stream *free = NULL;
    for (uint32_t i = 0; i < DISK_STREAMS; i++) {
        if (d->streams[i].number == number) return &d->streams[i];
        if (d->streams[i].number == 0 && free == NULL) free = &d->streams[i];
    }
    if (free == NULL) return NULL;
    const struct store_stream *s = store_stream(&d->store, number);
    /* What was there when the log was opened is durable. */
    *free = (struct disk_stream){.number = number, .durable = s != NULL ? s->next : 0};
    return free;
}

static void durable_find(struct disk *d)
{
    uint64_t position = store_durable(&d->store);
    for (uint32_t i = 0; i < DISK_STREAMS; i++) {
        struct disk_stream *s = &d->streams[i];
        uint32_t done = 0;
        while (done < s->places && s->place[done].position <= position) {
            done++;
        }
        if (done == 0) continue;
        s->durable = s->place[done - 1].next;
        s->moved = true;
        s->places -= done;
        memmove(s->place, s->place + done, s->places * sizeof(s->place[0]));
    }
}

void disk_done(struct disk *d, uint32_t id, enum store_io_result result)
{
    if (id == DISK_READER) {
        d->flying = false;
        d->failed = d->failed || result != STORE_IO_OK;
        store_read_done(&d->reader, result);
        return;
    }
    store_done(&d->store, id, result);
    enum store_result now = store_status(&d->store);
    if (now == STORE_EMPTY && d->config.format == STORE_FORMAT_NEVER) format(d);
    if (!d->open && (now == STORE_OK || now == STORE_DAMAGED)) {
        d->open = true;
        store_read_begin(&d->reader, &d->store, d->read_memory, d->read_bytes);
    }
    if (d->open) durable_find(d);
}

uint32_t disk_moved(struct disk *d)
{
    for (uint32_t i = 0; i < DISK_STREAMS; i++) {
        if (!d->streams[i].moved) continue;
        d->streams[i].moved = false;
        return d->streams[i].number;
    }
    return 0;
}

/* Of many places two become one: the former is known to be durable a little later than it could be.
 * But never what is in a hurry with what is not: nobody may ever flush that. */
static void place_add(struct disk *d, struct disk_stream *s, uint64_t next, uint64_t position)
{
    if (s->places == DISK_PLACES) {
        bool parts = s->place[0].position <= d->hurried && s->place[1].position > d->hurried;
        struct disk_place *goes = &s->place[parts];
        s->places--;
        memmove(goes, goes + 1, (s->places - parts) * sizeof(*goes));
    }
    s->place[s->places++] = (struct disk_place){next, position};
    d->last = position;
}

static uint64_t room_of(struct disk *d)
{
    struct store_figures f;
    uint32_t streams = 0;
    if (!disk_takes_more(d) && (!disk_failed(d) || d->full || d->given_up)) return 0;
    store_figures(&d->store, &f);
    for (uint32_t i = 0; i < DISK_STREAMS; i++) {
        streams += d->streams[i].number != 0;
    }
    uint64_t taken = f.used + f.reserve + (uint64_t)ROOM_MARGIN * (streams > 0 ? streams : 1);
    return taken < f.blocks ? (f.blocks - taken) * ROOM_EACH : 0;
}

void disk_info(struct disk *d, uint32_t stream, struct stream_info_out *out)
{
    const struct disk_stream *s = is_open(d) ? stream_of(d, stream) : NULL;
    const struct store_stream *known = is_open(d) ? store_stream(&d->store, stream) : NULL;
    struct store_figures f;
    *out = (struct stream_info_out){.on_disk = true, .sealed = true};
    if (s == NULL) return;
    store_figures(&d->store, &f);
    out->boot = (uint32_t)f.boot;
    out->room = room_of(d);
    out->sealed = out->room < ROOM_LEAST; /* for good: nothing ever leaves the disk */
    out->durable = s->durable;
    if (known == NULL) return;
    out->next = d->given_up ? s->durable : known->next; /* what is only in memory is lost */
    out->checkpoint = known->marks[0].at != UINT64_MAX;
}

/* A device that fails is busy until it is tried again, or given up. */
static int result_of(struct disk *d, enum store_result r)
{
    if (r == STORE_OK) return OK;
    if (r == STORE_BUSY || r == STORE_WAIT || r == STORE_DEVICE || r == STORE_SHORT) {
        return ERR_BUSY;
    }
    if (r == STORE_FULL) d->full = true;
    if (r == STORE_FULL || r == STORE_STREAM) return STREAM_FULL;
    return r == STORE_ORDER ? STREAM_GAP : STREAM_FAILED;
}

int disk_append(struct disk *d, uint32_t stream, const struct stream_append_in *in)
{
    if (d->given_up) return STREAM_FAILED;
    struct disk_stream *s = stream_of(d, stream);
    const struct store_stream *known = store_stream(&d->store, stream);
    uint64_t next = known != NULL ? known->next : 0, position;
    if (s == NULL) return STREAM_FULL;
    if (in->sequence > next) return STREAM_GAP;
    if (in->sequence < next) return OK;
    struct store_record r = {.stream = stream,
                             .type = DISK_RECORDS,
                             .version = DISK_RECORDS_VERSION,
                             .length = in->record.len,
                             .payload = in->record.at};
    int err = result_of(d, store_append(&d->store, &r, 1, &position));
    if (err == OK) place_add(d, s, next + 1, position);
    return err;
}

int disk_checkpoint(struct disk *d, uint32_t stream, const struct stream_checkpoint_in *in)
{
    uint64_t position;
    struct store_blob blob = {.stream = stream,
                              .at = in->at,
                              .part = in->part,
                              .parts = in->parts,
                              .bytes = in->bytes.at,
                              .length = in->bytes.len};
    return result_of(d, store_checkpoint(&d->store, &blob, &position));
}

void disk_hurry(struct disk *d)
{
    d->hurried = d->last;
    store_sync(&d->store);
}

bool disk_feed(struct disk *d)
{
    uint64_t hashed = __atomic_load_n(&logmem_ledger(d->log)->hashed, __ATOMIC_ACQUIRE);
    if (!d->open || !disk_takes_more(d)) return false;
    for (uint32_t i = 0; i < DISK_FEED; i++) {
        uint64_t n = store_commits(&d->store), position;
        if (n >= hashed) return false;
        enum store_result r =
            store_commit(&d->store, logmem_commit(d->log, n), logmem_hash(d->log, n), &position);
        if (r != STORE_OK) {
            (void)result_of(d, r);
            /* The disk has lost what it called durable, and nothing else has it. */
            if (r == STORE_ORDER) disk_give_up(d);
            return false; /* the next request that is done goes on */
        }
    }
    return true;
}
