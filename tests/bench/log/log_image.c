/*
 * log_image.c - a disk with a long log, made by the store: log_image IMAGE MIB COMMITS TOTAL
 *
 * COMMITS is a file of records of one boot, as tools/run --record gets them; boots with these same
 * commits follow each other until there are TOTAL of them.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chain.h"
#include "store.h"

enum { BUFFERS = 16 };

static int image = -1;
static struct store store;
static struct store_config config;

static _Noreturn void stop(const char *what)
{
    fprintf(stderr, "log_image: %s\n", what);
    exit(1);
}

static void run(void)
{
    for (struct store_io io; store_next(&store, &io);) {
        size_t bytes = (size_t)io.blocks * STORE_BLOCK;
        off_t at = (off_t)(io.block * STORE_BLOCK);
        ssize_t done = (ssize_t)bytes;
        if (io.op == STORE_READ) done = pread(image, io.data, bytes, at);
        if (io.op == STORE_WRITE) done = pwrite(image, io.data, bytes, at);
        if (done != (ssize_t)bytes) stop("the image cannot be read or written");
        store_done(&store, io.id, STORE_IO_OK);
    }
}

static void must(enum store_result result)
{
    if (result != STORE_OK) stop(store_text(result));
}

static struct commit *commits_read(const char *path, uint64_t *out_count)
{
    FILE *in = fopen(path, "rb");
    if (in == NULL || fseek(in, 0, SEEK_END) != 0) stop(path);
    long bytes = ftell(in);
    struct commit *list = malloc((size_t)bytes + 1);
    *out_count = (uint64_t)bytes / sizeof(*list);
    rewind(in);
    if (list == NULL || fread(list, sizeof(*list), *out_count, in) != *out_count) stop(path);
    fclose(in);
    if (*out_count == 0) stop("no commits");
    return list;
}

/* One boot, of at most `count` commits. */
static void boot(const struct commit *list, uint64_t count)
{
    struct chain chain = {0};
    uint64_t position;
    config.opening++;
    memcpy(config.boot.id, &config.opening, sizeof(config.opening));
    config.boot.time = config.opening;
    store_open(&store, &config);
    run();
    must(store_status(&store));
    for (uint64_t i = 0; i < count; i++) {
        enum store_result result;
        chain_append(&chain, &list[i]);
        while ((result = store_commit(&store, &list[i], chain.head, &position)) == STORE_BUSY) {
            run();
        }
        must(result);
    }
    store_sync(&store);
    run();
    config.format = STORE_FORMAT_NEVER;
}

int main(int argc, char **argv)
{
    if (argc != 5) stop("IMAGE MIB COMMITS TOTAL");
    uint64_t bytes = strtoull(argv[2], NULL, 10) << 20, count;
    uint64_t total = strtoull(argv[4], NULL, 10);
    const struct commit *list = commits_read(argv[3], &count);
    image = open(argv[1], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (image < 0 || ftruncate(image, (off_t)bytes) != 0) stop(argv[1]);
    config = (struct store_config){.blocks = bytes / STORE_BLOCK,
                                   .format = STORE_FORMAT_ALWAYS,
                                   .id = {1},
                                   .label = "Waterlight",
                                   .boot = {.memory = 256 << 20},
                                   .memory_bytes = store_memory(BUFFERS)};
    config.memory = malloc(config.memory_bytes);
    if (config.memory == NULL) stop("no memory");
    for (uint64_t done = 0; done < total; done += count) {
        boot(list, count < total - done ? count : total - done);
    }
    return close(image) == 0 ? 0 : 1;
}
