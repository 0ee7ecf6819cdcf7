/*
 * disk.h - requests of a virtio block device over its queue. Virtio 1.1, 5.2. No system calls.
 *
 * Each request in flight has a slot of 64 bytes that the device sees: the head it reads, the range
 * of a discard, the status it writes. What decides (whose request, how many bytes) stays private.
 */
#pragma once
#include "abi/error.h"
#include "virtqueue.h"

enum {
    SECTOR_BYTES = 512,
    DISK_FLIGHTS = 128,
    DISK_SLOT_BYTES = 64,
    DISK_SLOT_PAGES = DISK_FLIGHTS * DISK_SLOT_BYTES / 4096,
    DISK_SEGMENTS_MAX = 64, /* pieces of data in one request */
    DISK_SERIAL_BYTES = 20,
};
enum disk_feature {
    DISK_SIZE_MAX = 1,
    DISK_SEG_MAX = 2,
    DISK_READ_ONLY = 5,
    DISK_BLOCK_SIZE = 6,
    DISK_FLUSH = 9,
    DISK_DISCARD = 13,
    DISK_ZEROES = 14,
};
enum disk_type { /* of a request, as the device knows them */
                 DISK_READ = 0,
                 DISK_WRITE = 1,
                 DISK_SYNC = 4,
                 DISK_SERIAL = 8,
                 DISK_DROP = 11,
                 DISK_ZERO = 13,
};

struct disk_slot { /* shared with the device */
    uint32_t type, reserved;
    uint64_t sector;
    uint64_t range_sector;
    uint32_t range_count, range_flags;
    uint8_t status, zero[DISK_SLOT_BYTES - 33];
};
_Static_assert(sizeof(struct disk_slot) == DISK_SLOT_BYTES, "none crosses a page");

struct disk_limits {
    uint64_t sectors;
    uint32_t segments, segment_bytes;    /* of one request */
    uint32_t drop_sectors, zero_sectors; /* 0: not offered */
    uint32_t block_bytes;
    bool read_only, flush;
};

struct disk_flight {
    uint64_t cookie;
    uint32_t data_bytes; /* that the device writes, its status apart */
    uint16_t next;       /* free one */
    bool in_flight;
};

struct disk {
    struct virtqueue queue;
    struct disk_limits limits;
    volatile struct disk_slot *slots;
    uint64_t slot_pages[DISK_SLOT_PAGES]; /* where those are */
    struct disk_flight flights[DISK_FLIGHTS];
    uint16_t free;
    uint32_t in_flight;
};

enum disk_error {
    DISK_OK,
    DISK_FULL,
    DISK_NOT_WRITABLE,
    DISK_BAD_RANGE,
    DISK_BAD_REQUEST,
    DISK_NOT_OFFERED,
    DISK_IO_ERROR,
    DISK_BROKEN
};

struct disk_request {
    enum disk_type type;
    uint64_t sector;
    uint32_t count;
    const struct vq_piece *pieces; /* the data, `count` sectors in all */
    uint32_t piece_count;
    uint64_t cookie;
};

/* The queue stands. The pages of slots are zero. */
void disk_init(struct disk *d, void *slots, const uint64_t *physical);
/* DISK_FULL: later. Anything else but DISK_OK: never. The device sees it by vq_publish(). */
enum disk_error disk_submit(struct disk *d, const struct disk_request *r);
/* A request that the device has done with. False: there is none, or the queue is broken. */
bool disk_take(struct disk *d, uint64_t *out_cookie, enum disk_error *out_result);
