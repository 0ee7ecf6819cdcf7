/*
 * disk.h - a block device in memory, and a store on it, for the tests of the store. Writes go to
 * the medium at once; crash_test.c has a device that keeps them back.
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/reader.h"
#include "store/store.h"

enum { DISK_BLOCKS_MAX = 512, MEMORY_BLOCKS = 129 };

struct disk {
    uint8_t bytes[DISK_BLOCKS_MAX][STORE_BLOCK];
    uint64_t blocks;
    uint32_t reads, writes, flushes; /* done */
    uint32_t fail_at;                /* the request, from 1, that fails; 0 none */
    uint32_t requests;
    enum store_io_result failure;
};

struct bench { /* a store on a disk */
    struct disk disk;
    struct store store;
    struct store_config config;
    struct store_reader reader;
    uint8_t memory[MEMORY_BLOCKS * STORE_BLOCK] __attribute__((aligned(8)));
    uint8_t window[32 * STORE_BLOCK] __attribute__((aligned(8)));
    struct chain chain; /* of the boot */
};

/* Does one request. */
enum store_io_result disk_do(struct disk *d, const struct store_io *io);
/* An empty disk, and a configuration that formats it with small groups and segments. */
void bench_clear(struct bench *b, uint64_t blocks);
/* The next boot: opens until the result is there. */
enum store_result bench_open(struct bench *b);
/* The same opening of the same boot: a writer that was killed and started again. */
enum store_result bench_reopen(struct bench *b);
/* Until the store asks for nothing more. */
void bench_run(struct bench *b);
/* Appends `length` bytes that follow from stream and number; run() when it is busy. */
enum store_result bench_append(struct bench *b, uint32_t stream, uint32_t length);
enum store_result bench_commit(struct bench *b);
/* Reads the next record. */
enum store_result bench_read(struct bench *b, struct store_item *out);
/* Reads the stream from `from` on, checks contents and numbers, and gives the number to come. */
uint64_t bench_check(struct bench *b, uint32_t stream, uint64_t from);
/* Formats, and makes 60 groups of one record in turn of stream 1 and 2. */
void bench_fill(struct bench *b);
/* The next opening ends so, and the disk is what it was. */
void bench_refuses(struct bench *b, enum store_result result);
