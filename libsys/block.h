/*
 * block.h - what travels in the rings of a Block (idl/block.capnp, ring.h).
 *
 * `sector` and `count` are in sectors of 512 bytes, `data` is an offset in the data area. The
 * result is 0 or an error of Block. What was written is durable after a flush that was submitted
 * when the write had been completed; requests in flight together are done in any order.
 * RING_OP_CANCEL is answered with ERR_BUSY: what the device has been given, it does.
 */
#pragma once

enum block_operation {
    BLOCK_READ = 1,
    BLOCK_WRITE,
    BLOCK_FLUSH,
    BLOCK_DISCARD, /* the contents are nobody's business any more */
    BLOCK_ZEROES,
};
enum { BLOCK_SECTOR = 512 };
