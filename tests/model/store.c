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
static uint64_t *offsets; /* of a state's words in the queue */
static uint8_t *queue;
static uint64_t queue_end, released; /* bytes */

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

/* Words are small, or differ from the base in few bytes: for each, which bytes are not 0, and
 * those. */
void store_save(const uint64_t *words, uint64_t n)
{
    if (queue_end + n * (sizeof(uint64_t) + 1) + sizeof(uint32_t) > QUEUE_BYTES) abort();
    uint8_t *at = queue + queue_end;
    uint32_t length = (uint32_t)n;
    memcpy(at, &length, sizeof(length));
    at += sizeof(length);
    for (uint64_t i = 0; i < n; i++) {
        uint8_t *which = at++;
        *which = 0;
        for (uint32_t k = 0; k < sizeof(uint64_t); k++) {
            uint8_t byte = (uint8_t)(words[i] >> 8 * k);
            if (byte == 0) continue;
            *which |= (uint8_t)(1u << k);
            *at++ = byte;
        }
    }
    offsets[count - 1] = queue_end;
    queue_end = (uint64_t)(at - queue);
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

void store_load(uint32_t state, uint64_t *out)
{
    const uint8_t *at = queue + offsets[state];
    uint64_t done = offsets[state] / RELEASE_BYTES * RELEASE_BYTES;
    uint32_t n;
    memcpy(&n, at, sizeof(n));
    at += sizeof(n);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t word = 0;
        for (uint32_t which = *at++; which != 0; which &= which - 1) {
            word |= (uint64_t)*at++ << 8 * __builtin_ctz(which);
        }
        out[i] = word;
    }
    if (done <= released) return;
    madvise(queue + released, done - released, MADV_DONTNEED);
    released = done;
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
