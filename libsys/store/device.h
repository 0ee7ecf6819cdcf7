/* device.h - the store's seam to a block device: what it asks for, and how it is told the end. */
#pragma once
#include <stdint.h>

enum { STORE_BLOCK = 4096 }; /* bytes: the unit of addresses and lengths */

/*
 * STORE_FLUSH makes durable all writes that had been told as done when the flush was given out. Of
 * other writes any part may be on the medium after a power cut, in units of 512-byte sectors, in
 * any order. The device may do requests at once and in any order.
 */
enum store_io_op { STORE_READ, STORE_WRITE, STORE_FLUSH };

struct store_io {
    uint32_t op;     /* enum store_io_op */
    uint32_t id;     /* for the answer */
    uint64_t block;  /* 0 for a flush */
    uint32_t blocks; /* at least 1; 0 for a flush */
    uint32_t zero;
    void *data; /* inside the memory given, aligned to 8; the asker's until the request is done */
};

enum store_io_result { STORE_IO_OK, STORE_IO_FAILED, STORE_IO_SHORT /* fewer bytes than asked */ };
