/* disk_read.c - see disk.h: one reader, and those who wait for it in their order. */
#include <string.h>

#include "disk.h"
#include "message.h"

int disk_ask(struct disk *d, const struct disk_waiting *what)
{
    if (d->waiting_count == DISK_WAITING) return ERR_BUSY;
    d->waiting[d->waiting_count++] = *what;
    return REPLY_LATER;
}

/* The first one is served. */
static bool finish(struct disk *d, int err)
{
    const struct disk_waiting *w = &d->waiting[0];
    d->answer.token = w->token;
    d->answer.kind = w->kind;
    d->answer.err = err;
    d->waiting_count--;
    memmove(d->waiting, d->waiting + 1, d->waiting_count * sizeof(d->waiting[0]));
    return true;
}

/* Whether the reader stands where this one goes on. */
static bool stands(const struct disk *d, const struct disk_waiting *w)
{
    if (!d->reading || d->read_kind != w->kind || d->read_stream != w->stream) return false;
    if (w->kind != DISK_LOAD) return d->read_next == w->number;
    return d->read_next <= w->number && w->number < d->read_parts; /* parts before it go by */
}

static int begin(struct disk *d, const struct disk_waiting *w)
{
    d->reading = true;
    d->have_item = false;
    d->read_kind = w->kind;
    d->read_stream = w->stream;
    d->read_next = w->number;
    if (w->kind == DISK_BOOTS) store_read_boots(&d->reader, (uint32_t)w->number);
    if (w->kind == DISK_BOOTS) return OK;
    if (w->kind != DISK_LOAD) {
        store_read_from(&d->reader, w->stream, w->number);
        return OK;
    }
    d->read_next = 0;
    d->read_parts = UINT32_MAX; /* not known yet */
    enum store_result r = store_read_checkpoint(&d->reader, w->stream, 0, &d->read_at);
    if (r == STORE_OK) return OK;
    d->reading = false;
    return r == STORE_NONE ? STREAM_NO_RECORD : STREAM_FAILED;
}

/* True: it is in the answer; false: it has no room there any more. */
static bool pack(struct disk *d)
{
    struct disk_answer *a = &d->answer;
    uint32_t padded = (d->item.length + 7) / 8 * 8;
    uint64_t head = d->item.length;
    uint32_t before = d->read_kind == DISK_READ ? sizeof(head) : 0;
    if (a->length + before + padded > DISK_READ_MAX) return false;
    memcpy(a->bytes + a->length, &head, before);
    a->length += before;
    memset(a->bytes + a->length, 0, padded);
    memcpy(a->bytes + a->length, d->item.payload, d->item.length);
    a->length += padded;
    a->next = ++d->read_next;
    d->have_item = false;
    return true;
}

/* The part that is asked for; those before it go by. */
static bool take_part(struct disk *d, uint64_t wanted, int *out_err)
{
    struct disk_answer *a = &d->answer;
    struct store_part part;
    d->have_item = false;
    *out_err = d->item.length >= sizeof(part) ? OK : STREAM_FAILED;
    if (*out_err != OK) return true;
    memcpy(&part, d->item.payload, sizeof(part));
    d->read_next++;
    a->at = part.at;
    a->parts = d->read_parts = part.parts;
    if (wanted >= part.parts) *out_err = STREAM_NO_RECORD;
    if (*out_err != OK) return true;
    if (part.part < wanted) return false;
    a->length = d->item.length - (uint32_t)sizeof(part);
    if (part.part != wanted || a->length > sizeof(a->bytes)) *out_err = STREAM_FAILED;
    if (*out_err != OK) return true;
    memcpy(a->bytes, (const uint8_t *)d->item.payload + sizeof(part), a->length);
    return true;
}

/* The number of the record to come. */
static uint64_t known(const struct disk *d, const struct disk_waiting *w)
{
    struct store_figures f;
    if (w->kind == DISK_LOAD) return UINT64_MAX;
    const struct store_stream *s = store_stream(&d->store, w->stream);
    if (w->kind != DISK_BOOTS) return s != NULL ? s->next : 0;
    store_figures(&d->store, &f);
    return f.boot + 1;
}

static bool read_on(struct disk *d, const struct disk_waiting *w)
{
    for (;;) {
        enum store_result r = d->have_item ? STORE_OK : store_read(&d->reader, &d->item);
        int err;
        if (r == STORE_OK) {
            d->have_item = true;
            bool done = w->kind != DISK_LOAD ? !pack(d) : take_part(d, w->number, &err);
            if (done) return finish(d, w->kind != DISK_LOAD ? OK : err);
            continue;
        }
        bool some = w->kind != DISK_LOAD && d->answer.length > 0;
        if (some && (r == STORE_WAIT || r == STORE_END)) return finish(d, OK);
        if (r == STORE_END && d->given_up) return finish(d, STREAM_NO_RECORD);
        if (r == STORE_END) store_sync(&d->store); /* it is there, but not durable yet */
        if (r == STORE_WAIT || r == STORE_END) return false;
        d->reading = false;
        if (r == STORE_DEVICE || r == STORE_SHORT) return false; /* disk_retry() begins anew */
        return finish(d, STREAM_FAILED);
    }
}

/* Those that wait for no reader. A sync first waits for the commits, then for where they stand. */
static bool syncs(struct disk *d)
{
    for (uint32_t i = 0; i < d->waiting_count; i++) {
        struct disk_waiting *w = &d->waiting[i], first = d->waiting[0];
        if (w->kind != DISK_SYNC) continue;
        if (w->position == 0 && store_commits(&d->store) >= w->number) {
            struct store_figures f;
            store_figures(&d->store, &f);
            w->position = f.records;
            store_sync(&d->store);
        }
        bool durable = w->position != 0 && store_durable(&d->store) >= w->position;
        if (!durable && disk_takes_more(d)) continue;
        d->waiting[0] = *w;
        *w = first;
        return finish(d, durable ? OK : STREAM_FAILED);
    }
    return false;
}

/* Who asks for history can do without, and is not made to wait for a driver. */
static bool is_history(const struct disk_waiting *w)
{
    return w->kind == DISK_COMMITS || w->kind == DISK_BOOTS;
}

bool disk_step(struct disk *d)
{
    if (!d->open) return false;
    d->answer.length = 0;
    if (syncs(d)) return true;
    uint32_t at = 0;
    while (at < d->waiting_count && d->waiting[at].kind == DISK_SYNC) {
        at++;
    }
    if (at == d->waiting_count) return false;
    struct disk_waiting w = d->waiting[at];
    memmove(d->waiting + 1, d->waiting, at * sizeof(w));
    d->waiting[0] = w;
    if (d->failed) return is_history(&w) ? finish(d, STREAM_FAILED) : false;
    if (d->read_fails) {
        d->read_fails = false;
        return finish(d, STREAM_FAILED);
    }
    if (w.number >= known(d, &w)) return finish(d, STREAM_NO_RECORD);
    if (!stands(d, &w)) {
        if (d->flying) return false; /* then the reader is free */
        int err = begin(d, &w);
        if (err != OK) return finish(d, err);
    }
    return read_on(d, &w);
}
