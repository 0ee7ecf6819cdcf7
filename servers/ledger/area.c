/* area.c - see area.h. */
#include "area.h"

#include <string.h>

#define AREA_MAGIC 0x3161657261734c57ull /* "WLsarea1" */
enum { PAYLOAD = AREA_SEGMENT_BYTES - sizeof(struct area_segment), HEAD = 8 };

static struct area_segment *segment_at(const struct area *a, uint32_t index)
{
    return (struct area_segment *)(a->base + (size_t)index * AREA_SEGMENT_BYTES);
}

static uint8_t *records_of(const struct area *a, uint32_t index)
{
    return (uint8_t *)(segment_at(a, index) + 1);
}

static uint32_t bytes_in(const struct area_segment *s)
{
    return (uint32_t)s->filled;
}

static uint64_t end_of(const struct area_segment *s)
{
    return s->first + (s->filled >> 32);
}

static uint32_t padded(uint32_t len)
{
    return (len + 7) / 8 * 8;
}

static struct area_stream *stream_find(struct area *a, uint64_t number)
{
    for (uint32_t i = 0; i < AREA_STREAMS_MAX; i++) {
        if (a->streams[i].number == number) return &a->streams[i];
    }
    return NULL;
}

const struct area_stream *area_stream(const struct area *a, uint64_t number)
{
    return number == 0 ? NULL : stream_find((struct area *)a, number);
}

static struct area_stream *stream_make(struct area *a, uint64_t number)
{
    struct area_stream *s = stream_find(a, number);
    if (s == NULL) s = stream_find(a, 0);
    if (s != NULL && s->number == 0) {
        *s = (struct area_stream){.number = number, .first = AREA_NONE, .last = AREA_NONE};
        a->made++;
    }
    return s;
}

/* Into the list of its stream, which is in the order of the records. */
static bool segment_link(struct area *a, uint16_t index)
{
    struct area_segment *segment = segment_at(a, index);
    struct area_stream *s = stream_make(a, segment->stream);
    if (s == NULL || bytes_in(segment) > PAYLOAD) return false;
    uint16_t *link = &s->first;
    while (*link != AREA_NONE && segment_at(a, *link)->first <= segment->first) {
        link = &a->next_of[*link];
    }
    a->next_of[index] = *link;
    *link = index;
    a->free--;
    return true;
}

/* Its segments follow each other without a gap. */
static bool stream_close(const struct area *a, struct area_stream *s)
{
    s->start = segment_at(a, s->first)->first;
    s->next = s->start;
    for (uint16_t at = s->first; at != AREA_NONE; at = a->next_of[at]) {
        if (segment_at(a, at)->first != s->next) return false;
        s->next = end_of(segment_at(a, at));
        s->last = at;
    }
    return true;
}

bool area_open(struct area *a, void *base, uint64_t bytes)
{
    uint64_t segments = bytes / AREA_SEGMENT_BYTES;
    uint64_t *magic = base;
    if (segments > AREA_SEGMENTS_MAX) segments = AREA_SEGMENTS_MAX;
    if (segments < 2 || (*magic != 0 && *magic != AREA_MAGIC)) return false;
    *magic = AREA_MAGIC;
    *a = (struct area){.base = base, .segments = (uint32_t)segments - 1};
    a->free = a->segments;
    for (uint32_t i = 1; i <= a->segments; i++) {
        if (segment_at(a, i)->stream != 0 && !segment_link(a, (uint16_t)i)) return false;
    }
    for (uint32_t i = 0; i < AREA_STREAMS_MAX; i++) {
        if (a->streams[i].number != 0 && !stream_close(a, &a->streams[i])) return false;
    }
    return true;
}

/* A free segment becomes the stream's last one. */
static bool segment_take(struct area *a, struct area_stream *s)
{
    for (uint16_t i = 1; i <= a->segments && a->free > 0; i++) {
        struct area_segment *segment = segment_at(a, i);
        if (segment->stream != 0) continue;
        segment->first = s->next;
        segment->filled = 0;
        __atomic_store_n(&segment->stream, s->number, __ATOMIC_RELEASE);
        a->next_of[i] = AREA_NONE;
        if (s->last == AREA_NONE) {
            s->first = i;
        } else {
            a->next_of[s->last] = i;
        }
        s->last = i;
        a->free--;
        return true;
    }
    return false;
}

enum area_result area_append(struct area *a, uint64_t number, uint64_t sequence,
                             const struct area_bytes *bytes)
{
    uint32_t len = bytes->head_len + bytes->body_len;
    struct area_stream *s = stream_make(a, number);
    if (s == NULL || len > AREA_RECORD_MAX) return AREA_FULL;
    if (sequence > s->next) return AREA_GAP;
    if (sequence < s->next) return AREA_OK;
    bool fits =
        s->last != AREA_NONE && bytes_in(segment_at(a, s->last)) + HEAD + padded(len) <= PAYLOAD;
    if (!fits && !segment_take(a, s)) return AREA_FULL;
    struct area_segment *segment = segment_at(a, s->last);
    uint8_t *at = records_of(a, s->last) + bytes_in(segment);
    memset(at, 0, HEAD);
    if (len > 0) memset(at + HEAD + padded(len) - 8, 0, 8); /* the bytes cover the rest */
    memcpy(at, &len, sizeof(len));
    if (bytes->head_len > 0) memcpy(at + HEAD, bytes->head, bytes->head_len);
    if (bytes->body_len > 0) memcpy(at + HEAD + bytes->head_len, bytes->body, bytes->body_len);
    uint64_t filled = segment->filled + (1ull << 32) + HEAD + padded(len);
    __atomic_store_n(&segment->filled, filled, __ATOMIC_RELEASE);
    s->next++;
    return AREA_OK;
}

enum area_result area_find(const struct area *a, uint64_t number, uint64_t sequence,
                           const uint8_t **out_at, uint32_t *out_len)
{
    const struct area_stream *s = area_stream(a, number);
    if (s == NULL || sequence < s->start || sequence >= s->next) return AREA_NO_RECORD;
    uint16_t index = s->first;
    while (end_of(segment_at(a, index)) <= sequence) {
        index = a->next_of[index];
    }
    const uint8_t *at = records_of(a, index);
    for (uint64_t i = segment_at(a, index)->first;; i++) {
        memcpy(out_len, at, sizeof(*out_len));
        *out_at = at + HEAD;
        if (i == sequence) return AREA_OK;
        at += HEAD + padded(*out_len);
    }
}

void area_drop(struct area *a, uint64_t number, uint64_t sequence)
{
    struct area_stream *s = number == 0 ? NULL : stream_find(a, number);
    if (s == NULL) return;
    while (s->first != s->last && end_of(segment_at(a, s->first)) <= sequence) {
        uint16_t gone = s->first;
        s->first = a->next_of[gone];
        s->start = segment_at(a, s->first)->first;
        __atomic_store_n(&segment_at(a, gone)->stream, 0, __ATOMIC_RELEASE);
        a->free++;
    }
}

uint64_t area_room(const struct area *a)
{
    return (uint64_t)a->free * (PAYLOAD - HEAD - AREA_RECORD_MAX);
}
