/* memory.c - see memory.h. */
#include "memory.h"

#include <string.h>

enum { READ_MAX = 4072 };

struct part { /* how a part of a checkpoint begins */
    uint64_t at;
    uint32_t part, parts;
};

static struct memory_mark *mark_of(struct memory *m, uint64_t stream)
{
    struct memory_mark *free = NULL;
    for (uint32_t i = 0; i < AREA_STREAMS_MAX; i++) {
        if (m->marks[i].stream == stream) return &m->marks[i];
        if (m->marks[i].stream == 0 && free == NULL) free = &m->marks[i];
    }
    if (free != NULL) free->stream = stream;
    return free;
}

/* A part that stands as record `sequence` of the stream of parts. */
static void mark_part(struct memory *m, struct memory_mark *mark, const struct part *p,
                      uint64_t sequence)
{
    if (p->part == 0) {
        mark->coming_at = p->at;
        mark->coming_first = sequence;
        mark->coming_parts = p->parts;
    }
    mark->coming_part = p->part + 1;
    if (mark->coming_part < mark->coming_parts) return;
    mark->at = mark->coming_at;
    mark->first = mark->coming_first;
    mark->parts = mark->coming_parts;
    mark->coming_parts = 0;
    area_drop(&m->area, mark->stream | MEMORY_PARTS, mark->first);
    area_drop(&m->area, mark->stream, mark->at);
}

static void marks_find(struct memory *m, const struct area_stream *parts)
{
    struct memory_mark *mark = mark_of(m, parts->number & ~(uint64_t)MEMORY_PARTS);
    uint64_t next = parts->next;
    const uint8_t *at;
    uint32_t len;
    for (uint64_t i = parts->start; mark != NULL && i < next; i++) {
        struct part p;
        if (area_find(&m->area, parts->number, i, &at, &len) != AREA_OK || len < sizeof(p)) return;
        memcpy(&p, at, sizeof(p));
        /* The segment of the first part may hold the end of the checkpoint before. */
        if (p.part == 0 || mark->coming_parts != 0) mark_part(m, mark, &p, i);
    }
}

bool memory_open(struct memory *m, void *base, uint64_t bytes)
{
    memset(m->marks, 0, sizeof(m->marks));
    m->counted = m->streams = 0;
    if (!area_open(&m->area, base, bytes)) return false;
    for (uint32_t i = 0; i < AREA_STREAMS_MAX; i++) {
        const struct area_stream *s = &m->area.streams[i];
        if ((s->number & MEMORY_PARTS) != 0) marks_find(m, s);
    }
    return true;
}

uint32_t memory_streams(struct memory *m)
{
    uint32_t count = 0;
    if (m->counted == m->area.made) return m->streams; /* each append asks */
    for (uint32_t i = 0; i < AREA_STREAMS_MAX; i++) {
        uint64_t number = m->area.streams[i].number;
        if (number != 0 && (number & MEMORY_PARTS) == 0) count++;
    }
    m->counted = m->area.made;
    m->streams = count;
    return count;
}

/* What one stream may count on, though the others append as well. */
uint64_t memory_room(struct memory *m)
{
    uint32_t streams = memory_streams(m);
    return area_room(&m->area) / (streams > 0 ? streams : 1);
}

void memory_info(struct memory *m, uint32_t stream, struct stream_info_out *out)
{
    const struct area_stream *s = area_stream(&m->area, stream);
    const struct memory_mark *mark = mark_of(m, stream);
    *out = (struct stream_info_out){.room = memory_room(m), .boot = 1};
    if (s != NULL) out->next = out->durable = s->next;
    out->checkpoint = mark != NULL && mark->parts != 0;
}

static int result_of(enum area_result result)
{
    switch (result) {
    case AREA_OK:
        return OK;
    case AREA_GAP:
        return STREAM_GAP;
    case AREA_FULL:
        return STREAM_FULL;
    case AREA_NO_RECORD:
        return STREAM_NO_RECORD;
    }
    return STREAM_FAILED;
}

int memory_append(struct memory *m, uint32_t stream, const struct stream_append_in *in)
{
    struct area_bytes bytes = {.body = in->record.at, .body_len = in->record.len};
    return result_of(area_append(&m->area, stream, in->sequence, &bytes));
}

int memory_read(struct memory *m, uint32_t stream, uint64_t sequence, struct stream_read_out *out,
                uint8_t *bytes)
{
    uint32_t used = 0, len;
    const uint8_t *at;
    int err = result_of(area_find(&m->area, stream, sequence, &at, &len));
    if (err != OK) return err;
    do {
        uint32_t padded = (len + 7) / 8 * 8;
        if (used + 8 + padded > READ_MAX) break;
        uint64_t head = len;
        memcpy(bytes + used, &head, sizeof(head));
        memcpy(bytes + used + 8, at, padded);
        used += 8 + padded;
        sequence++;
    } while (area_find(&m->area, stream, sequence, &at, &len) == AREA_OK);
    out->records = data_from(bytes, used);
    out->next = sequence;
    return OK;
}

int memory_checkpoint(struct memory *m, uint32_t stream, const struct stream_checkpoint_in *in)
{
    struct memory_mark *mark = mark_of(m, stream);
    const struct area_stream *s = area_stream(&m->area, stream);
    const struct area_stream *parts = area_stream(&m->area, stream | MEMORY_PARTS);
    uint64_t sequence = parts != NULL ? parts->next : 0;
    struct part head = {in->at, in->part, in->parts};
    if (mark == NULL) return STREAM_FULL;
    bool first = in->part == 0 && in->parts > 0;
    bool next = in->part != 0 && in->part == mark->coming_part && in->parts == mark->coming_parts &&
                in->at == mark->coming_at;
    if ((!first && !next) || in->at > (s != NULL ? s->next : 0)) return STREAM_GAP;
    struct area_bytes bytes = {&head, sizeof(head), in->bytes.at, in->bytes.len};
    int err = result_of(area_append(&m->area, stream | MEMORY_PARTS, sequence, &bytes));
    if (err == OK) mark_part(m, mark, &head, sequence);
    return err;
}

int memory_load(struct memory *m, uint32_t stream, uint32_t part, struct stream_load_out *out)
{
    const struct memory_mark *mark = mark_of(m, stream);
    const uint8_t *at;
    uint32_t len;
    if (mark == NULL || part >= mark->parts) return STREAM_NO_RECORD;
    int err = result_of(area_find(&m->area, stream | MEMORY_PARTS, mark->first + part, &at, &len));
    if (err != OK || len < sizeof(struct part)) return err != OK ? err : STREAM_FAILED;
    out->at = mark->at;
    out->parts = mark->parts;
    out->bytes = data_from(at + sizeof(struct part), len - sizeof(struct part));
    return OK;
}
