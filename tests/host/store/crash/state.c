/* state.c - the story so far, saving and restoring, and hashes: see world.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

static char story[1 << 14];

void trace(const char *format, ...)
{
    size_t used = strlen(story);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(story + used, sizeof(story) - used, format, args);
    va_end(args);
}

void trace_cut(uint32_t length)
{
    story[length] = '\0';
}

uint32_t trace_length(void)
{
    return (uint32_t)strlen(story);
}

void broken(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("BROKEN: ");
    (void)vprintf(format, args);
    va_end(args);
    printf("\n  %s: %s\n", shape->name, story);
    exit(1);
}

uint64_t mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * 0x9e3779b97f4a7c15ull;
    return h ^ (h >> 29);
}

uint64_t mix_bytes(uint64_t h, const uint8_t *bytes, uint32_t length)
{
    for (uint32_t i = 0; i < length; i += 8) {
        uint64_t word = 0;
        memcpy(&word, bytes + i, length - i < 8 ? length - i : 8);
        h = mix(h, word);
    }
    return h;
}

uint64_t sector_hash(uint64_t sector, const uint8_t *bytes)
{
    return mix_bytes(mix(7, sector), bytes, SECTOR);
}

uint64_t world_medium_key(void)
{
    uint64_t key = 0;
    for (uint64_t i = 0; i < shape->blocks * SECTORS_IN_BLOCK; i++) {
        key ^= sector_hash(i, world->medium + i * SECTOR);
    }
    return key;
}

struct part {
    void *at;
    size_t bytes;
};

/* The parts in use. */
static uint32_t parts(struct part out[6], uint32_t records, uint32_t pendings)
{
    struct world *w = world;
    size_t memory = (1 + (size_t)shape->slots * shape->group_blocks) * STORE_BLOCK;
    out[0] = (struct part){w, offsetof(struct world, position)};
    out[1] = (struct part){w->position, records * sizeof(w->position[0])};
    out[2] = (struct part){w->digest, (records + 1) * sizeof(w->digest[0])};
    out[3] = (struct part){w->whole, (records + 1) * sizeof(w->whole[0])};
    out[4] = (struct part){w->pending, pendings * sizeof(w->pending[0])};
    out[5] = (struct part){w->memory, memory};
    return 6;
}

void *world_save(void)
{
    struct part list[6];
    size_t bytes = (size_t)shape->blocks * STORE_BLOCK;
    uint32_t count = parts(list, world->records, world->pendings);
    for (uint32_t i = 0; i < count; i++) {
        bytes += list[i].bytes;
    }
    uint8_t *saved = malloc(bytes), *to = saved;
    if (saved == NULL) broken("no memory");
    for (uint32_t i = 0; i < count; to += list[i++].bytes) {
        memcpy(to, list[i].at, list[i].bytes);
    }
    memcpy(to, world->medium, (size_t)shape->blocks * STORE_BLOCK);
    return saved;
}

void world_restore(const void *saved)
{
    struct part list[6];
    const uint8_t *from = saved;
    memcpy(world, from, offsetof(struct world, position));
    uint32_t count = parts(list, world->records, world->pendings);
    for (uint32_t i = 0; i < count; from += list[i++].bytes) {
        memcpy(list[i].at, from, list[i].bytes);
    }
    memcpy(world->medium, from, (size_t)shape->blocks * STORE_BLOCK);
}

uint64_t world_hash(void)
{
    struct part list[6];
    uint64_t h = 0;
    uint32_t count = parts(list, world->records, world->pendings);
    for (uint32_t i = 0; i < count; i++) {
        h = mix_bytes(h, list[i].at, (uint32_t)list[i].bytes);
    }
    return h;
}
