/*
 * store.c - the states found: their keys in an open-addressing table, for each state its parent and
 * operation, and the memory of those that are still to be expanded, first in, first out.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "explore.h"

#define QUEUE_BYTES (1ull << 38) /* of address space; memory comes and goes with its use */
enum { RELEASE_BYTES = 1 << 24 };

static key_t128 *table, *keys;
static uint64_t mask, capacity;
static uint32_t *parents, count;
static uint16_t *ops;
static uint64_t *offsets;                    /* of a state's words in the queue */
static uint64_t *queue, queue_end, released; /* words */

static void *reserve(uint64_t bytes)
{
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) {
        fprintf(stderr, "explore: no memory for %llu MiB\n", (unsigned long long)bytes >> 20);
        exit(2);
    }
    return at;
}

void store_begin(uint64_t limit)
{
    uint64_t size = 1024;
    while (size < limit * 3 / 2) {
        size *= 2;
    }
    mask = size - 1;
    capacity = limit + OPS_MAX;
    table = reserve(size * sizeof(*table));
    keys = reserve(capacity * sizeof(*keys));
    parents = reserve(capacity * sizeof(*parents));
    ops = reserve(capacity * sizeof(*ops));
    offsets = reserve(capacity * sizeof(*offsets));
    queue = reserve(QUEUE_BYTES);
    count = 0;
    queue_end = released = 0;
}

void store_end(void)
{
    munmap(table, (mask + 1) * sizeof(*table));
    munmap(keys, capacity * sizeof(*keys));
    munmap(parents, capacity * sizeof(*parents));
    munmap(ops, capacity * sizeof(*ops));
    munmap(offsets, capacity * sizeof(*offsets));
    munmap(queue, QUEUE_BYTES);
}

/* Where `key` is, or would be. 0 marks a free place; no state has this key but the first, whose
 * key is 1. */
static key_t128 *find(key_t128 key)
{
    uint64_t i = (uint64_t)key & mask;
    while (table[i] != 0 && table[i] != key) {
        i = (i + 1) & mask;
    }
    return &table[i];
}

bool store_add(key_t128 key, uint32_t parent, uint32_t op)
{
    key_t128 *at = find(key);
    if (*at == key) return false;
    if (count == capacity) abort();
    *at = key;
    keys[count] = key;
    parents[count] = parent;
    ops[count++] = (uint16_t)op;
    return true;
}

void store_save(const uint64_t *words, uint64_t n)
{
    if ((queue_end + n) * 8 > QUEUE_BYTES) abort();
    offsets[count - 1] = queue_end;
    memcpy(queue + queue_end, words, n * 8);
    queue_end += n;
}

/* The newest were put in last, so taking them out in reverse leaves every probe sequence whole. */
void store_unwind(uint32_t to)
{
    while (count > to) {
        count--;
        *find(keys[count]) = 0;
        queue_end = offsets[count];
    }
}

const uint64_t *store_load(uint32_t state)
{
    uint64_t done = offsets[state] * 8 / RELEASE_BYTES * RELEASE_BYTES;
    if (done > released) {
        madvise((char *)queue + released, done - released, MADV_DONTNEED);
        released = done;
    }
    return queue + offsets[state];
}

uint32_t store_count(void)
{
    return count;
}

key_t128 store_key(uint32_t state)
{
    return keys[state];
}

uint32_t store_parent(uint32_t state)
{
    return parents[state];
}

uint32_t store_op(uint32_t state)
{
    return ops[state];
}

uint64_t store_bytes(void)
{
    return queue_end * 8 - released + count * (16 + 16 + 4 + 2 + 8ull);
}
