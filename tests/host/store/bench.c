/*
 * bench.c - figures of the log store and of the fold on this machine: store_bench [FILE]
 *
 * FILE, by default in the current folder, is the device for what has to be durable; it is removed.
 */
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../log/records.h"
#include "store/reader.h"
#include "store/verify.h"

enum {
    COMMITS = 1000000,
    DEVICE_BLOCKS = 1 << 16,
    BUFFERS = 16,
    SINGLE = 2000,
    BENCH_SLOTS = 1024
};

static uint8_t *device; /* in memory */
static int file = -1;   /* or, if it is not -1, a file */
static struct commit *commits;
static uint8_t (*hashes)[HASH_BYTES];
static struct store store;
static struct store_config config;
static uint64_t flushes, written;

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static _Noreturn void stop(const char *what)
{
    printf("store_bench: %s\n", what);
    exit(1);
}

/* Instructions of this thread; -1 where the machine does not count them. */
static int64_t instructions(void)
{
    static int counter = -2;
    int64_t value = 0;
    if (counter == -2) {
        struct perf_event_attr attr = {.type = PERF_TYPE_HARDWARE,
                                       .size = sizeof(attr),
                                       .config = PERF_COUNT_HW_INSTRUCTIONS,
                                       .exclude_kernel = 1};
        counter = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
    }
    if (counter < 0 || read(counter, &value, sizeof(value)) != sizeof(value)) return -1;
    return value;
}

static void do_io(const struct store_io *io)
{
    size_t bytes = (size_t)io->blocks * STORE_BLOCK;
    off_t at = (off_t)(io->block * STORE_BLOCK);
    bool ok = true;
    flushes += io->op == STORE_FLUSH;
    written += io->op == STORE_WRITE ? bytes : 0;
    if (file != -1) {
        if (io->op == STORE_READ) ok = pread(file, io->data, bytes, at) == (ssize_t)bytes;
        if (io->op == STORE_WRITE) ok = pwrite(file, io->data, bytes, at) == (ssize_t)bytes;
        if (io->op == STORE_FLUSH) ok = fdatasync(file) == 0;
    } else if (io->op == STORE_READ) {
        memcpy(io->data, device + at, bytes);
    } else if (io->op == STORE_WRITE) {
        memcpy(device + at, io->data, bytes);
    }
    if (!ok) stop("the device file fails");
}

static void run(void)
{
    struct store_io io;
    while (store_next(&store, &io)) {
        do_io(&io);
        store_done(&store, io.id, STORE_IO_OK);
    }
}

static double open_store(bool read_only, enum store_format format)
{
    double begin = now();
    config.read_only = read_only;
    config.format = format;
    config.opening++;
    config.boot.id[0]++;
    store_open(&store, &config);
    run();
    if (store_status(&store) != STORE_OK) stop(store_text(store_status(&store)));
    return now() - begin;
}

static void append(uint64_t from, uint64_t count, uint64_t each)
{
    uint64_t position;
    for (uint64_t i = from; i < from + count; i++) {
        enum store_result result = store_commit(&store, &commits[i], hashes[i], &position);
        if (result == STORE_BUSY) {
            run();
            result = store_commit(&store, &commits[i], hashes[i], &position);
        }
        if (result != STORE_OK) stop(store_text(result));
        if (each == 0 || (i + 1) % each != 0) continue;
        store_sync(&store);
        run();
        if (store_durable(&store) != position) stop("not durable");
    }
    store_sync(&store);
    run();
}

/* A world in which capabilities are copied and deleted. */
static void make_commits(void)
{
    static struct records world;
    record_world(&world);
    memcpy(commits, world.list, world.count * sizeof(*commits));
    struct commit like = world.list[3];
    uint64_t begin = world.count;
    for (uint64_t i = begin; i < COMMITS; i++) {
        uint32_t slot = S_FREE + (uint32_t)((i - begin) % BENCH_SLOTS);
        bool there = (i - begin) / BENCH_SLOTS % 2 != 0;
        world.count = 0;
        struct commit *c = there ? record_delete(&world, slot, &like)
                                 : record_copy(&world, S_ENDPOINT, slot, &like);
        c->seq = i;
        c->time = i * 1000;
        c->cause = i * 2;
        commits[i] = *c;
    }
}

static void fold(void)
{
    enum { NODES_MAX = 4096 };
    static struct reduce reduce;
    void *memory = malloc(reduce_bytes(NODES_MAX));
    if (memory == NULL) stop("no memory");
    reduce_init(&reduce, memory, NODES_MAX);
    int64_t counted = instructions();
    double begin = now();
    for (uint64_t i = 0; i < COMMITS; i++) {
        enum reduce_result result = reduce_apply(&reduce, &commits[i]);
        if (result != REDUCE_OK) stop(reduce_text(result));
    }
    double took = now() - begin;
    printf("reduce                     %10.0f commits/s", COMMITS / took);
    counted = instructions() - counted;
    printf(counted > 0 ? ", %.0f instructions each\n" : "\n", (double)counted / COMMITS);
    free(memory);
}

static void chain(void)
{
    struct chain c = {0};
    int64_t counted = instructions();
    double begin = now();
    for (uint64_t i = 0; i < COMMITS; i++) {
        chain_append(&c, &commits[i]);
        memcpy(hashes[i], c.head, HASH_BYTES);
    }
    double took = now() - begin;
    printf("chain hash                 %10.0f commits/s", COMMITS / took);
    counted = instructions() - counted;
    printf(counted > 0 ? ", %.0f instructions each\n" : "\n", (double)counted / COMMITS);
}

static void in_memory(void)
{
    struct store_figures before, after;
    (void)open_store(false, STORE_FORMAT_ALWAYS);
    store_figures(&store, &before);
    int64_t counted = instructions();
    double begin = now();
    append(0, COMMITS, 0);
    double took = now() - begin;
    counted = instructions() - counted;
    store_figures(&store, &after);
    printf("append, device in memory   %10.0f commits/s", COMMITS / took);
    printf(counted > 0 ? ", %.0f instructions each\n" : "\n", (double)counted / COMMITS);
    printf("bytes on the device        %10.1f a commit, of it 96 the record\n",
           (double)((after.used - before.used) * STORE_BLOCK) / COMMITS);
}

static void recover(void)
{
    double took = open_store(true, STORE_FORMAT_NEVER);
    if (store_commits(&store) != COMMITS) stop("commits are missing");
    printf("recovery of %u        %10.1f ms\n", COMMITS, took * 1e3);
    static uint8_t window[64 * STORE_BLOCK] __attribute__((aligned(8)));
    static struct store_verify verify;
    struct store_io io;
    enum store_result result;
    double begin = now();
    store_verify_begin(&verify, &store, window, sizeof(window));
    while ((result = store_verify(&verify)) == STORE_WAIT && store_verify_next(&verify, &io)) {
        do_io(&io);
        store_verify_done(&verify, STORE_IO_OK);
    }
    if (result != STORE_END) stop(store_text(result));
    printf("full verification          %10.1f ms\n", (now() - begin) * 1e3);
    memset(device + STORE_BLOCK, 0, STORE_BLOCK);
    memset(device + (DEVICE_BLOCKS - 2ul) * STORE_BLOCK, 0, STORE_BLOCK);
    took = open_store(true, STORE_FORMAT_NEVER);
    printf("recovery without anchors   %10.1f ms\n", took * 1e3);
}

static void read_stream(void)
{
    static uint8_t window[64 * STORE_BLOCK] __attribute__((aligned(8)));
    static struct store_reader reader;
    struct store_item item;
    struct store_io io;
    enum store_result result;
    uint64_t count = 0, reads = 0;
    store_read_begin(&reader, &store, window, sizeof(window));
    for (uint32_t pass = 0; pass < 2; pass++) {
        double begin = now();
        count = reads = 0;
        store_read_from(&reader, STORE_KERNEL, pass == 0 ? 0 : COMMITS / 2);
        while ((result = store_read(&reader, &item)) != STORE_END && (pass == 0 || count == 0)) {
            if (result == STORE_OK) count++;
            if (result != STORE_WAIT) continue;
            if (!store_read_next(&reader, &io)) stop("the reader waits for nothing");
            do_io(&io);
            store_read_done(&reader, STORE_IO_OK);
            reads++;
        }
        double took = now() - begin;
        if (pass == 0) printf("reading all                %10.0f commits/s\n", count / took);
        if (pass == 1) {
            printf("finding one in the middle  %10.2f ms, %lu reads\n", took * 1e3, reads);
        }
    }
}

static void durable(const char *name)
{
    file = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (file == -1 || ftruncate(file, (off_t)DEVICE_BLOCKS * STORE_BLOCK) != 0) stop(name);
    (void)open_store(false, STORE_FORMAT_ALWAYS);
    flushes = 0;
    double begin = now();
    append(0, COMMITS / 4, 0);
    double took = now() - begin;
    printf("durable in a file, behind  %10.0f commits/s, %lu flushes\n", COMMITS / 4 / took,
           flushes);
    begin = now();
    append(COMMITS / 4, SINGLE, 1);
    took = now() - begin;
    printf("durable in a file, singly  %10.0f commits/s\n", SINGLE / took);
    begin = now();
    append(COMMITS / 4 + SINGLE, SINGLE * 16, 16);
    took = now() - begin;
    printf("durable in a file, by 16   %10.0f commits/s\n", SINGLE * 16 / took);
    (void)close(file);
    (void)unlink(name);
    file = -1;
}

int main(int argc, char **argv)
{
    commits = calloc(COMMITS, sizeof(*commits));
    hashes = calloc(COMMITS, sizeof(*hashes));
    device = calloc(DEVICE_BLOCKS, STORE_BLOCK);
    config.blocks = DEVICE_BLOCKS;
    config.memory_bytes = store_memory(BUFFERS);
    config.memory = malloc(config.memory_bytes);
    if (commits == NULL || hashes == NULL || device == NULL || config.memory == NULL) return 1;
    memset(device, 0, (size_t)DEVICE_BLOCKS * STORE_BLOCK);
    memcpy(config.id, "benchmark", 10);
    make_commits();
    fold();
    chain();
    in_memory();
    recover();
    read_stream();
    durable(argc > 1 ? argv[1] : "store_bench.img");
    return 0;
}
