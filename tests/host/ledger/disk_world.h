/*
 * disk_world.h - a disk that the test plays: it does requests in any order, and forgets at a power
 * cut what was not flushed, or only some of it. And the ledger's part on it.
 */
#pragma once
#include "chain.h"
#include "disk.h"
#include "message.h"

enum { BLOCKS = 4096, FLIGHT = 256, CACHE = 8192, STREAM = 77, OTHER = 78, COMMITS = 3000 };

extern struct disk disk;
extern struct logmem *log_memory;
extern struct chain chain;
struct test_device {
    uint8_t *stable; /* what survives a power cut */
    uint8_t *now;    /* what it reads */
    struct store_io flight[FLIGHT];
    uint32_t flying, cached;
    uint64_t cache[CACHE]; /* blocks that differ */
    bool fails;
};
extern struct test_device device;

bool step(void); /* one thing happens; false: there is nothing to do */
void settle(void);
void power_cut(void);
void open_again(uint8_t boot);
int setup(void **state);
int append(uint32_t stream, uint64_t sequence);
void append_surely(uint32_t stream, uint64_t sequence);
struct stream_info_out info(uint32_t stream);
int ask(enum disk_kind kind, uint32_t stream, uint64_t number);
void read_all(uint32_t stream, uint64_t from);
/* Commits that are made and hashed, up to that count; feed() hands them on, and things happen. */
void commits_until(uint64_t count);
void feed(void);
