/*
 * device.h - requests of the store, through the rings of a block driver. A request larger than a
 * piece of the shared area is several of the driver's. Its driver may die at any time: then all
 * that is under way has failed, and device_open() finds the next one.
 */
#pragma once
#include "bulk.h"
#include "store/device.h"

enum {
    DEVICE_ENTRIES = 32,
    DEVICE_PIECES = 8,
    DEVICE_PIECE_BLOCKS = 16, /* 64 KiB */
    DEVICE_REQUESTS = 32,
};

struct device_request {
    struct store_io io;
    bool used;
    uint32_t given, done; /* blocks; of a flush 1 */
    bool failed;
};
struct device_piece {               /* of the data area */
    struct device_request *request; /* NULL: free */
    uint32_t block, blocks;         /* of the request */
};

struct device {
    struct bulk_client bulk;
    cap_t rings; /* the Bulk */
    uint64_t blocks;
    bool open, read_only;
    bool
        died; /* the driver, with requests or before it got them: set here, cleared by the caller */
    struct device_request requests[DEVICE_REQUESTS];
    uint32_t in_use; /* of them: mostly none */
    struct device_piece pieces[DEVICE_PIECES];
};

struct device_caps {
    cap_t driver, wake, gone; /* wake, gone: signalled when something is done, when it died */
};
/* 0, or why not: an error of Block, of Bulk, the kernel's. */
int device_open(struct device *d, const struct device_caps *caps);
/* Its rings go, and the driver has room for another client. */
void device_close(struct device *d);
/* False: no more at once; later. */
bool device_take(struct device *d, const struct store_io *io);
/* Gives the driver what it can take. */
void device_push(struct device *d);
/* A request that is done. False: none now. */
bool device_done(struct device *d, uint32_t *out_id, enum store_io_result *out_result);
/* True: whoever completes next will signal. False: look again. */
bool device_may_sleep(struct device *d);
/* Nothing is under way. */
bool device_is_idle(const struct device *d);
