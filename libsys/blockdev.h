/*
 * blockdev.h - a client of a Block: many reads, writes and flushes at once, through rings, and on
 * through the death of the driver.
 *
 * What was submitted is answered once, whatever becomes of the driver: blockdev_reopen() attaches
 * to the next one and gives it all that is unanswered, in the order of submission. A write may be
 * done twice so, with the same data; between requests for the same sectors the caller waits, as
 * with any device. Data is copied to and from the shared area: `data` is the driver's never, and
 * has to stay as it is from blockdev_submit() to the answer.
 */
#pragma once
#include "block.h"
#include "bulk.h"
#include "idl/block.h"

enum { BLOCKDEV_FLIGHTS = 128, BLOCKDEV_ENTRIES = 256, BLOCKDEV_PAGES_MAX = 448 };

struct blockdev_io {
    enum block_operation op;
    uint64_t sector;
    uint32_t count; /* sectors; 0 for a flush */
    void *data;     /* of a read or write */
    uint64_t cookie;
};

struct blockdev_flight {
    struct blockdev_io io;
    uint64_t order;       /* of submission; 0: free */
    uint32_t page, pages; /* in the data area */
};

struct blockdev {
    cap_t block; /* the Block */
    cap_t bulk;
    uint32_t data_pages;
    cap_t wake, gone; /* as in bulk.h */
    struct bulk_client rings;
    uint64_t sectors;
    uint32_t max_sectors; /* of one request, as far as the data area goes */
    bool read_only;
    uint64_t order; /* of the last submission */
    uint32_t in_flight;
    struct blockdev_flight flights[BLOCKDEV_FLIGHTS];
    uint64_t used[BLOCKDEV_PAGES_MAX / 64]; /* pages of the data area, a bit each */
};

struct blockdev_args {
    cap_t block;
    uint32_t data_pages; /* at most BLOCKDEV_PAGES_MAX, besides what the rings need */
    cap_t wake, gone;    /* 0, 0: blockdev_wait() can be used */
};
/* 0, the kernel's or axiom's error, Block's, or Bulk's. */
int blockdev_open(struct blockdev *d, const struct blockdev_args *args);
/* ERR_BUSY: too much is in flight; ERR_RANGE: more than max_sectors, or none. */
int blockdev_submit(struct blockdev *d, const struct blockdev_io *io);
/* Lets the driver see it. ERR_PEER_DIED: blockdev_reopen(). */
int blockdev_push(struct blockdev *d);
struct blockdev_done {
    uint64_t cookie;
    uint32_t result; /* 0, or an error of Block */
};
/* ERR_WOULD_BLOCK: nothing yet. ERR_PEER_DIED: blockdev_reopen(). ERR_MESSAGE: the driver lied. */
int blockdev_poll(struct blockdev *d, struct blockdev_done *out);
int blockdev_wait(struct blockdev *d, struct blockdev_done *out); /* not ERR_WOULD_BLOCK */
/* To be called before one waits elsewhere: false: poll again. */
bool blockdev_sleep(struct blockdev *d);
/* Waits for the next driver. An error: try again later; nothing is forgotten. */
int blockdev_reopen(struct blockdev *d);
/* Drops it all; what is unanswered is forgotten. */
void blockdev_close(struct blockdev *d);
/* All at once, for programs that have one thing to do: one request, over some number of drivers. */
int blockdev_do(struct blockdev *d, const struct blockdev_io *io);
