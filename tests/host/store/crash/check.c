/* check.c - see check.h. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

enum { TABLE = 1 << 22, SECTORS_MAX = PENDING_BLOCKS_MAX * SECTORS_IN_BLOCK, WHOLE_MAX = 6 };
enum { QUEUE_MAX = 1 << 12 };

struct cut { /* the sectors of each pending write that are there */
    uint32_t mask[PENDING_MAX];
};

struct check_counts counts;
struct check_limits limits = {.continue_every = 1, .sectors = 8};

static struct found *table;
static uint8_t before[WORLD_BLOCKS * STORE_BLOCK];
static struct next_boot {
    uint8_t *medium;
    uint32_t records;
} boots[QUEUE_MAX];
static uint32_t queued;
static bool continuing;
static uint32_t stored;                          /* media in the table */
static uint64_t delta[PENDING_MAX][SECTORS_MAX]; /* of the medium's key, if the sector is there */

void check_begin(void)
{
    free(table);
    stored = 0;
    table = calloc(TABLE, sizeof(*table));
    if (table == NULL) broken("no memory");
}

static struct found *found_at(uint64_t key)
{
    uint64_t i = key % TABLE;
    while (table[i].key != 0 && table[i].key != key) {
        i = (i + 1) % TABLE;
    }
    return &table[i];
}

static void put_sectors(const struct cut *cut)
{
    for (uint32_t i = 0; i < world->pendings; i++) {
        const struct pending *p = &world->pending[i];
        for (uint32_t s = 0; s < p->blocks * SECTORS_IN_BLOCK; s++) {
            if ((cut->mask[i] >> s & 1) == 0) continue;
            memcpy(world->medium + (p->block * SECTORS_IN_BLOCK + s) * SECTOR, p->data + s * SECTOR,
                   SECTOR);
        }
    }
}

/* False: not even a BOOT note has room. */
static bool may_append(void)
{
    enum store_result result = store_status(&world->store);
    if (result == STORE_FULL) return false;
    if (result != STORE_OK) broken("recovers, but does not open: %s", store_text(result));
    return true;
}

/* Sectors that the write changes; sets delta. */
static uint32_t changed(uint32_t i)
{
    const struct pending *p = &world->pending[i];
    uint32_t mask = 0;
    for (uint32_t s = 0; s < p->blocks * SECTORS_IN_BLOCK; s++) {
        uint64_t sector = p->block * SECTORS_IN_BLOCK + s;
        const uint8_t *at = world->medium + sector * SECTOR;
        delta[i][s] = sector_hash(sector, at) ^ sector_hash(sector, p->data + s * SECTOR);
        if (delta[i][s] != 0) mask |= 1u << s;
    }
    return mask;
}

/* For later: the next boot over this medium. */
static void queue(uint32_t records)
{
    size_t bytes = (size_t)shape->blocks * STORE_BLOCK;
    if (queued == QUEUE_MAX) return;
    struct next_boot *next = &boots[queued++];
    next->medium = malloc(bytes);
    if (next->medium == NULL) broken("no memory");
    memcpy(next->medium, world->medium, bytes);
    next->records = records;
}

static void explore_medium(struct found *f, const struct cut *cut, uint64_t key)
{
    struct world *w = world;
    size_t bytes = (size_t)shape->blocks * STORE_BLOCK;
    memcpy(before, w->medium, bytes);
    put_sectors(cut);
    world_recover(f);
    f->key = key;
    counts.distinct++;
    if (++stored > TABLE / 2) broken("more media than the explorer has room for");
    bool again = !continuing && limits.continue_every != 0 && f->result == STORE_OK &&
                 key % limits.continue_every == 0 && f->records <= w->records;
    if (again) queue(f->records);
    memcpy(w->medium, before, bytes);
}

static void judge(const struct found *f)
{
    const struct world *w = world;
    if (f->result != STORE_OK) {
        broken("a power cut here: %s", store_text((enum store_result)f->result));
    }
    if (w->store.anchor_counter > 0 && f->anchors == 0) broken("a power cut here leaves no anchor");
    if (f->records < w->acknowledged) {
        broken("a power cut here loses acknowledged records: %u of %u are left", f->records,
               w->acknowledged);
    }
    if (f->records > w->records || f->digest != w->digest[f->records]) {
        broken("a power cut here leaves other records than were appended: %u of %u", f->records,
               w->records);
    }
    if (!w->whole[f->records]) broken("a power cut here leaves half of an append");
}

static void look(const struct cut *cut)
{
    uint64_t key = world->key;
    for (uint32_t i = 0; i < world->pendings; i++) {
        for (uint32_t m = cut->mask[i]; m != 0; m &= m - 1) {
            key ^= delta[i][__builtin_ctz(m)];
        }
    }
    key += key == 0;
    counts.states++;
    struct found *f = found_at(key);
    if (f->key == 0) {
        explore_medium(f, cut, key);
    }
    judge(f);
}

static uint32_t all_of(uint32_t i)
{
    uint32_t sectors = world->pending[i].blocks * SECTORS_IN_BLOCK;
    return sectors == 32 ? UINT32_MAX : (1u << sectors) - 1;
}

static struct cut whole_cut(uint64_t subset)
{
    struct cut cut = {0};
    for (uint32_t i = 0; i < world->pendings; i++) {
        if (subset >> i & 1) cut.mask[i] = all_of(i);
    }
    return cut;
}

/* All ways in which write i is torn, or the bounded ones: beginnings, ends, one sector, all but
 * one. */
static void tear(struct cut cut, uint32_t i, uint32_t mask)
{
    uint32_t most = world->pendings == 1 ? limits.sectors : limits.sectors / 2;
    if ((uint32_t)__builtin_popcount(mask) <= most) {
        for (uint32_t m = mask; m != 0; m = (m - 1) & mask) {
            cut.mask[i] = m;
            look(&cut);
        }
        return;
    }
    counts.bounded++;
    for (uint32_t s = 0; s < world->pending[i].blocks * SECTORS_IN_BLOCK; s++) {
        uint32_t ways[4] = {(1u << s) - 1, ~((1u << s) - 1), 1u << s, ~(1u << s)};
        for (uint32_t k = 0; k < 4 && (mask >> s & 1) != 0; k++) {
            cut.mask[i] = ways[k] & mask;
            look(&cut);
        }
    }
}

/* Two are torn at once, each at its first, a middle, or its last changed sector. */
static void tear_two(uint32_t i, uint32_t j, const uint32_t *masks)
{
    struct cut cut = whole_cut((1ull << world->pendings) - 1);
    uint32_t list[2] = {i, j};
    for (uint32_t way = 0; way < 9; way++) {
        uint32_t ways[2] = {way % 3, way / 3};
        for (uint32_t k = 0; k < 2; k++) {
            uint32_t mask = masks[list[k]];
            if (mask == 0) return;
            uint32_t first = (uint32_t)__builtin_ctz(mask);
            uint32_t last = 31 - (uint32_t)__builtin_clz(mask);
            uint32_t at[3] = {first + 1, (first + last) / 2 + 1, last};
            cut.mask[list[k]] = mask & ((1u << at[ways[k]]) - 1);
        }
        look(&cut);
    }
}

void check_crash(void)
{
    uint32_t n = world->pendings, masks[PENDING_MAX];
    for (uint32_t i = 0; i < n; i++) {
        masks[i] = changed(i);
    }
    uint32_t all = n <= WHOLE_MAX ? n : WHOLE_MAX; /* of the oldest; the others: none, or all */
    uint64_t every = (1ull << n) - 1, rest = every & ~((1ull << all) - 1);
    counts.bounded += n > all;
    for (uint64_t subset = 0; subset < 1ull << all; subset++) {
        struct cut cut = whole_cut(subset), with_rest = whole_cut(subset | rest);
        look(&cut);
        if (rest != 0) look(&with_rest);
    }
    for (uint32_t i = 0; i < n; i++) { /* one is torn; of the others none, the older, or all */
        uint64_t own = 1ull << i;
        tear(whole_cut(0), i, masks[i]);
        if (i > 0) tear(whole_cut(own - 1), i, masks[i]);
        if (i + 1 < n) tear(whole_cut(every & ~own), i, masks[i]);
    }
    for (uint32_t i = 0; i + 1 < n; i++) {
        tear_two(i, i + 1, masks);
    }
}

/* The next boot over the medium as it is now: power may go again at each of its writes. */
static void boot_again(uint32_t records)
{
    struct world *w = world;
    w->records = w->acknowledged = records;
    w->pendings = 0;
    trace("| cut, %u there | ", records);
    world_begin();
    while (store_status(&w->store) == STORE_WAIT) {
        if (!world_submit()) world_complete(0, STORE_IO_OK);
        check_crash();
    }
    if (!may_append() || !world_do(OP_SMALL)) return; /* the device is full */
    while (world_submit() || world_under_way() > 0) {
        check_crash();
        if (!world_submit() && world_under_way() > 0) world_complete(0, STORE_IO_OK);
        check_crash();
    }
    if (w->acknowledged != w->records) broken("not durable when all is done");
}

void check_next_boots(void)
{
    if (queued == 0) return;
    void *saved = world_save();
    uint32_t length = trace_length();
    continuing = true;
    while (queued > 0) {
        struct next_boot *next = &boots[--queued];
        memcpy(world->medium, next->medium, (size_t)shape->blocks * STORE_BLOCK);
        free(next->medium);
        counts.continued++;
        boot_again(next->records);
        world_restore(saved);
        trace_cut(length);
    }
    continuing = false;
    free(saved);
}

bool check_cut(uint64_t (*random)(void))
{
    struct cut cut = {0};
    struct world *w = world;
    uint64_t kind = random();
    for (uint32_t i = 0; i < w->pendings; i++) {
        uint64_t mask = random();
        if (kind % 3 != 0) mask = (mask & 1) != 0 ? UINT32_MAX : 0; /* whole writes only */
        cut.mask[i] = (uint32_t)mask & all_of(i);
    }
    put_sectors(&cut);
    struct found found;
    world_recover(&found);
    judge(&found);
    trace("| cut, %u there | ", found.records);
    w->records = w->acknowledged = found.records;
    (void)world_open();
    return may_append();
}
