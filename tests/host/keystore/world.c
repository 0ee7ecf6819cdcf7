/* world.c - see world.h. */
#define _GNU_SOURCE
#include "world.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct world world;
static _Alignas(16) uint8_t arena[ARENA_BYTES];
static size_t arena_used;
static const uint8_t unlock[CRYPTO_KEY_BYTES] = {1, 2, 3};

/* For the C library's, in the keystore's files: what they gave back can be looked at. */
void *arena_take(size_t bytes);
void arena_give(void *memory);

void *arena_take(size_t bytes)
{
    size_t need = (bytes + 15) / 16 * 16;
    if (need > ARENA_BYTES - arena_used) arena_used = 0; /* long free by now: see world_empty() */
    void *at = arena + arena_used;
    arena_used += need;
    return at;
}

void arena_give(void *memory)
{
    (void)memory;
}

void panic(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, what);
    abort();
}

uint64_t world_random(void)
{
    world.seed ^= world.seed << 13;
    world.seed ^= world.seed >> 7;
    world.seed ^= world.seed << 17;
    return world.seed;
}

void world_empty(uint64_t seed, uint32_t unit)
{
    memset(&world, 0, sizeof(world));
    memset(arena, 0, sizeof(arena));
    arena_used = 0;
    world.seed = seed * 0x9e3779b97f4a7c15ull + 1;
    world.unit = unit;
    world.power = -1;
}

/* False: this request is the one that does not end well. */
static bool goes_well(void)
{
    if (world.dark) return false;
    if (world.power == 0) world.dark = true;
    if (world.power >= 0) world.power--;
    if (world.fail_at != 0 && --world.fail_at == 0) return false;
    if (world.fail_every != 0 && world_random() % world.fail_every == 0) return false;
    return !world.dark;
}

static bool on_read(void *state, uint64_t sector, uint32_t sectors, void *out)
{
    (void)state;
    assert(sector + sectors <= WORLD_SECTORS);
    if (!goes_well()) return false;
    memcpy(out, world.disk + sector * JOURNAL_SECTOR, (size_t)sectors * JOURNAL_SECTOR);
    for (uint32_t i = 0; i < world.pending_count; i++) {
        const struct pending *p = &world.pending[i];
        if (p->sector >= sector && p->sector < sector + sectors)
            memcpy((uint8_t *)out + (p->sector - sector) * JOURNAL_SECTOR, p->data, JOURNAL_SECTOR);
    }
    return true;
}

static void settle(uint32_t keep_one_of)
{
    bool kept = true;
    for (uint32_t i = 0; i < world.pending_count; i++) {
        const struct pending *p = &world.pending[i];
        /* A unit is there or not, never half. */
        if (p->begins_unit) kept = keep_one_of == 0 || world_random() % keep_one_of == 0;
        if (!kept) continue;
        memcpy(world.disk + p->sector * JOURNAL_SECTOR, p->data, JOURNAL_SECTOR);
    }
    world.pending_count = 0;
}

/* Also one that fails may be there later, or a part of it. */
static bool on_write(void *state, uint64_t sector, uint32_t sectors, const void *from)
{
    (void)state;
    assert(sector + sectors <= WORLD_SECTORS && sectors % world.unit == 0);
    world.writes++;
    if (world.dark) return false;
    for (uint32_t i = 0; i < sectors; i++) {
        if (world.pending_count == WORLD_PENDING) settle(0);
        struct pending *p = &world.pending[world.pending_count++];
        p->sector = sector + i;
        p->begins_unit = i % world.unit == 0;
        memcpy(p->data, (const uint8_t *)from + (size_t)i * JOURNAL_SECTOR, JOURNAL_SECTOR);
    }
    return goes_well();
}

static bool on_flush(void *state)
{
    (void)state;
    if (!goes_well()) return false;
    settle(0);
    return true;
}

static bool on_random(void *state, void *out, uint32_t bytes)
{
    (void)state;
    for (uint32_t i = 0; i < bytes; i++) {
        ((uint8_t *)out)[i] = (uint8_t)(world_random() >> 32);
    }
    return true;
}

void world_power_cut(void)
{
    settle(1 + (uint32_t)(world_random() % 3));
    world.dark = false;
    world.power = -1;
}

struct journal_io world_io(void)
{
    return (struct journal_io){NULL, on_read, on_write, on_flush, on_random};
}

static void begin(struct server *s)
{
    memset(s, 0, sizeof(*s));
    memset(arena, 0, sizeof(arena));
    arena_used = 0;
    s->journal.io = world_io();
    s->journal.sectors = WORLD_SECTORS;
}

enum journal_error world_make(struct server *s)
{
    begin(s);
    enum journal_error e = journal_look(&s->journal);
    if (e != JOURNAL_EMPTY) return e;
    s->journal.head = (struct journal_head){.cost = {8, 1}};
    return journal_make(&s->journal, world.unit, unlock);
}

enum journal_error world_open(struct server *s)
{
    begin(s);
    enum journal_error e = journal_look(&s->journal);
    if (e == JOURNAL_OK) e = journal_unwrap(&s->journal, unlock, false);
    return e == JOURNAL_OK ? server_fold(s) : e;
}

void world_close(struct server *s)
{
    keys_wipe(&s->keys);
    journal_close(&s->journal);
}

static struct model_key *model_find(struct model *m, const struct change *c, bool add)
{
    struct model_key *room = NULL;
    for (uint32_t i = 0; i < MODEL_KEYS; i++) {
        struct model_key *k = &m->keys[i];
        if (!k->used) room = k;
        bool same = memcmp(&k->made.space, &c->space, sizeof(c->space)) == 0;
        if (k->used && same && k->made.name_len == c->name_len &&
            memcmp(k->made.name, c->name, c->name_len) == 0)
            return k;
    }
    assert(add && room != NULL);
    *room = (struct model_key){.used = true, .made = *c};
    return room;
}

static void model_clear(struct model *m, const struct change *c)
{
    for (uint32_t i = 0; i < MODEL_KEYS; i++) {
        struct model_key *k = &m->keys[i];
        if (memcmp(&k->made.space, &c->space, sizeof(c->space)) != 0) continue;
        if (memcmp(k->made.name, c->name, c->name_len) == 0) k->used = false;
    }
}

void model_apply(struct model *m, const struct change *c)
{
    if (c->type == CHANGE_CLEAR) {
        model_clear(m, c);
        return;
    }
    struct model_key *k = model_find(m, c, c->type != CHANGE_DELETE);
    if (c->type == CHANGE_DELETE) k->used = false;
    if (c->type == CHANGE_WRITE) k->bytes = 0;
    if (c->type != CHANGE_WRITE && c->type != CHANGE_APPEND) return;
    k->made.kind = KEYS_DATA;
    assert(k->bytes + c->bytes <= MODEL_DATA);
    memcpy(k->data + k->bytes, c->data, c->bytes);
    k->bytes += c->bytes;
}

bool model_is(const struct model *m, struct keys *k)
{
    static uint8_t data[MODEL_DATA];
    uint32_t count = 0;
    for (uint32_t i = 0; i < MODEL_KEYS; i++) {
        const struct model_key *want = &m->keys[i];
        const struct change *c = &want->made;
        if (!want->used) continue;
        const struct key *got = keys_find(k, &c->space, c->name, c->name_len);
        count++;
        if (got == NULL || got->kind != c->kind || got->bytes != want->bytes) return false;
        if (got->kind != KEYS_DATA && (memcmp(got->secret, c->data, KEYS_HALF_BYTES) != 0 ||
                                       memcmp(got->half, c->data + 32, KEYS_HALF_BYTES) != 0))
            return false;
        if (keys_read(got, 0, data, MODEL_DATA) != want->bytes) return false;
        if (memcmp(data, want->data, want->bytes) != 0) return false;
    }
    return count == k->count;
}

bool world_knows(const struct server *s, const uint8_t *bytes, size_t count)
{
    return memmem(s, sizeof(*s), bytes, count) != NULL ||
           memmem(arena, sizeof(arena), bytes, count) != NULL;
}
