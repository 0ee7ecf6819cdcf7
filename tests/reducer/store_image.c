/*
 * store_image.c - makes a disk image by the store: each file of commits is a boot, and a service's
 * records stand between them. With --small each of these is durable alone, as a service's are that
 * somebody waits for; two services have checkpoints then, of which some are never finished.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"

enum { BLOCKS = 2048, GROUPS = 8, BETWEEN = 50, EACH = 5, PARTS = 3, PART_BYTES = 3000 };
static uint8_t disk[BLOCKS][STORE_BLOCK];
static struct store store;
static bool small;

static void run(void)
{
    for (struct store_io io; store_next(&store, &io);) {
        uint8_t *at = disk[io.block];
        if (io.op == STORE_READ) memcpy(io.data, at, (size_t)io.blocks * STORE_BLOCK);
        if (io.op == STORE_WRITE) memcpy(at, io.data, (size_t)io.blocks * STORE_BLOCK);
        store_done(&store, io.id, STORE_IO_OK);
    }
}

static void must(enum store_result result)
{
    if (result == STORE_OK) return;
    fprintf(stderr, "store: %s\n", store_text(result));
    exit(1);
}

static void open_boot(uint8_t number)
{
    struct store_config config = {.blocks = BLOCKS,
                                  .format = STORE_FORMAT_EMPTY,
                                  .geometry = {.segment_blocks = 64},
                                  .id = {1, 2, 3},
                                  .label = "reducer",
                                  .boot = {.id = {number}, .memory = 1 << 28, .time = number},
                                  .opening = number};
    config.memory_bytes = store_memory(GROUPS);
    config.memory = aligned_alloc(8, config.memory_bytes);
    if (config.memory == NULL) exit(1);
    store_open(&store, &config);
    run();
    must(store_status(&store));
}

/* Of the state before the stream's next record; every fourth one is not finished. */
static void checkpoint(uint32_t stream, uint32_t turn)
{
    static uint8_t bytes[PART_BYTES];
    uint64_t position;
    struct store_blob blob = {
        .stream = stream, .parts = PARTS, .bytes = bytes, .length = PART_BYTES - turn};
    memset(bytes, (int)turn, sizeof(bytes));
    blob.at = store_stream(&store, stream)->next;
    for (; blob.part < PARTS - (turn % 4 == 3 ? 1 : 0); blob.part++) {
        must(store_checkpoint(&store, &blob, &position));
        store_sync(&store);
        run();
    }
}

static void between(const struct commit *c)
{
    uint64_t position;
    uint32_t turn = (uint32_t)(c->seq / BETWEEN);
    const struct store_record r = {
        .stream = 7 + turn % 2 * 30, .length = 20 + turn % 60, .payload = c, .version = 1};
    while (store_append(&store, &r, 1, &position) == STORE_BUSY) {
        run();
    }
    if (!small) return;
    store_sync(&store);
    run();
    if (turn % EACH == EACH - 1) checkpoint(r.stream, turn / EACH);
}

static enum store_result append(const struct commit *c, const uint8_t *hash)
{
    uint64_t position;
    enum store_result result = store_commit(&store, c, hash, &position);
    if (result == STORE_OK && c->seq % BETWEEN == 0) between(c);
    return result;
}

static void take(const char *path)
{
    FILE *in = fopen(path, "rb");
    if (in == NULL) exit(2);
    struct chain chain = {0};
    struct commit c;
    while (fread(&c, sizeof(c), 1, in) == 1) {
        chain_append(&chain, &c);
        enum store_result result;
        while ((result = append(&c, chain.head)) == STORE_BUSY) {
            run();
        }
        must(result);
    }
    fclose(in);
    store_sync(&store);
    run();
    free(store.config.memory);
}

int main(int argc, char **argv)
{
    small = argc > 1 && strcmp(argv[1], "--small") == 0;
    argv += small ? 1 : 0;
    argc -= small ? 1 : 0;
    if (argc < 3 || argc > 100) {
        fprintf(stderr, "usage: reducer_image [--small] IMAGE COMMITS...\n");
        return 2;
    }
    for (int i = 2; i < argc; i++) {
        open_boot((uint8_t)(i - 1));
        take(argv[i]);
    }
    FILE *out = fopen(argv[1], "wb");
    if (out == NULL || fwrite(disk, sizeof(disk), 1, out) != 1 || fclose(out) != 0) return 1;
    return 0;
}
