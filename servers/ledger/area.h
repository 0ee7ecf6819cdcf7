/*
 * area.h - streams in memory that outlives the process: a part of the log memory.
 *
 * Segments of 64 KiB. The first one holds the magic number; each other belongs to one stream or to
 * nobody. A segment is its head and whole records, in order, without gaps. Killed at any
 * instruction the ledger leaves a sound area: a record counts once `filled` says so, a segment
 * belongs to a stream once `stream` says so, and each is one store, made last.
 *
 * Who drops the records below a number keeps the rest; the last segment of a stream stays, so
 * that the numbers go on. All else in struct area is derived, and built anew by area_open().
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    AREA_SEGMENT_BYTES = 65536,
    AREA_SEGMENTS_MAX = 512,
    AREA_STREAMS_MAX = 32,
    AREA_RECORD_MAX = 4080,
};
#define AREA_NONE 0xffffu

/* Its records follow: length, zero, bytes, zeros to a multiple of 8. */
struct area_segment {
    volatile uint64_t stream; /* 0: nobody's */
    uint64_t first;           /* number of its first record */
    volatile uint64_t filled; /* records << 32 | bytes */
    uint64_t zero;
};

struct area_stream {
    uint64_t number; /* 0: free */
    uint64_t start;  /* the first record that is there */
    uint64_t next;   /* the one to come */
    uint16_t first, last;
};

struct area {
    uint8_t *base;
    uint32_t segments, free; /* the first segment apart */
    uint32_t made;           /* streams; none is ever unmade */
    uint16_t next_of[AREA_SEGMENTS_MAX];
    struct area_stream streams[AREA_STREAMS_MAX];
};

enum area_result { AREA_OK, AREA_GAP, AREA_FULL, AREA_NO_RECORD };

/* `bytes` of zeros, or what a former process left. False: it is neither. */
bool area_open(struct area *a, void *base, uint64_t bytes);
/* NULL: nothing of that stream is here. */
const struct area_stream *area_stream(const struct area *a, uint64_t number);
/* Record `sequence`, in two parts. One that is there already is left as it is. */
struct area_bytes {
    const void *head;
    uint32_t head_len;
    const void *body;
    uint32_t body_len;
};
enum area_result area_append(struct area *a, uint64_t number, uint64_t sequence,
                             const struct area_bytes *bytes);
/* The record, in place. */
enum area_result area_find(const struct area *a, uint64_t number, uint64_t sequence,
                           const uint8_t **out_at, uint32_t *out_len);
/* Records below `sequence` may go. */
void area_drop(struct area *a, uint64_t number, uint64_t sequence);
/* Bytes of records of any size that surely have room. */
uint64_t area_room(const struct area *a);
