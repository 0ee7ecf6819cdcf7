/* disk.c - the disk of the chunk store: requests that wait, through the rings of its driver. */
#include "blockdev.h"
#include "store.h"

enum { SECTORS = CHUNKS_BLOCK / BLOCK_SECTOR, DATA_PAGES = CHUNKS_GROUP_DATA + 2 };

static struct blockdev blockdev;

/* In pieces, if the device takes no more at once. */
static bool transfer(enum block_operation op, uint64_t block, uint32_t blocks, void *data)
{
    uint32_t most = blockdev.max_sectors / SECTORS;

    if (most == 0) return false;
    for (uint32_t done = 0; done < blocks;) {
        uint32_t part = blocks - done < most ? blocks - done : most;
        const struct blockdev_io io = {.op = op,
                                       .sector = (block + done) * SECTORS,
                                       .count = part * SECTORS,
                                       .data = (uint8_t *)data + (uint64_t)done * CHUNKS_BLOCK};
        if (blockdev_do(&blockdev, &io) != OK) return false;
        done += part;
    }
    return true;
}

static bool device_read(void *context, uint64_t block, uint32_t blocks, void *to)
{
    (void)context;
    return transfer(BLOCK_READ, block, blocks, to);
}

static bool device_write(void *context, uint64_t block, uint32_t blocks, const void *from)
{
    (void)context;
    return transfer(BLOCK_WRITE, block, blocks, (void *)(uintptr_t)from);
}

static bool device_flush(void *context)
{
    const struct blockdev_io io = {.op = BLOCK_FLUSH};

    (void)context;
    return blockdev_do(&blockdev, &io) == OK;
}

bool disk_open(cap_t block, struct store_disk *out, const char **out_why)
{
    const struct blockdev_args args = {.block = block, .data_pages = DATA_PAGES};
    blockdev_close(&blockdev); /* of an attempt before this one */
    int err = block == 0 ? BLOCK_NO_DEVICE : blockdev_open(&blockdev, &args);

    if (err == BLOCK_NO_DEVICE) {
        *out_why = "there is no disk for contents";
    } else if (err != OK) {
        *out_why = "the disk for contents cannot be had";
    } else if (blockdev.read_only) {
        *out_why = "the disk for contents is read-only";
    }
    if (err != OK || blockdev.read_only) return false;
    *out = (struct store_disk){
        .device = {.read = device_read, .write = device_write, .flush = device_flush},
        .blocks = blockdev.sectors / SECTORS,
    };
    return true;
}
