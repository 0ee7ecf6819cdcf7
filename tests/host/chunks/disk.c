/* disk.c - see disk.h. */
#include "disk.h"

static bool disk_read(void *context, uint64_t block, uint32_t blocks, void *to)
{
    struct bench *b = context;
    struct disk *d = &b->disk;
    assert_true(block + blocks <= d->blocks && blocks > 0);
    d->reads++;
    if (d->off || d->bad_reads) return false;
    memcpy(to, d->bytes[block], (size_t)blocks * CHUNKS_BLOCK);
    uint64_t first = block * CHUNKS_BLOCK / DISK_SECTOR;
    for (uint64_t i = 0; i < (uint64_t)blocks * CHUNKS_BLOCK / DISK_SECTOR; i++) {
        uint32_t at = d->last[first + i];
        if (at != 0) memcpy((uint8_t *)to + i * DISK_SECTOR, d->cache[at - 1], DISK_SECTOR);
    }
    return true;
}

static bool is_cut(struct disk *d)
{
    d->off = d->off || (d->cut_after != 0 && d->done >= d->cut_after);
    d->done++;
    return d->off;
}

static bool disk_write(void *context, uint64_t block, uint32_t blocks, const void *from)
{
    struct bench *b = context;
    struct disk *d = &b->disk;
    assert_true(block + blocks <= d->blocks && blocks > 0);
    d->writes++;
    /* One that is under way when the power goes may reach the medium, too. */
    bool cut = is_cut(d), was_off = cut && d->done > d->cut_after + 1;
    if (was_off || d->bad_writes) return false;
    for (uint32_t i = 0; i < blocks * (CHUNKS_BLOCK / DISK_SECTOR); i++) {
        assert_true(d->cached < DISK_CACHE);
        d->sectors[d->cached] = (uint32_t)(block * (CHUNKS_BLOCK / DISK_SECTOR)) + i;
        memcpy(d->cache[d->cached++], (const uint8_t *)from + (size_t)i * DISK_SECTOR, DISK_SECTOR);
        d->last[d->sectors[d->cached - 1]] = d->cached;
    }
    return !cut;
}

static void sector_land(struct disk *d, uint32_t i)
{
    memcpy((uint8_t *)d->bytes + (size_t)d->sectors[i] * DISK_SECTOR, d->cache[i], DISK_SECTOR);
}

static void cache_clear(struct disk *d)
{
    d->cached = 0;
    memset(d->last, 0, sizeof(d->last));
}

static bool disk_flush(void *context)
{
    struct bench *b = context;
    struct disk *d = &b->disk;
    d->flushes++;
    if (is_cut(d)) return false;
    if (d->bad_flushes) { /* some of it is lost, and nobody says which */
        for (uint32_t i = 0; i < d->cached; i++) {
            if (rand() % 2 == 0) sector_land(d, i);
        }
        cache_clear(d);
        return false;
    }
    for (uint32_t i = 0; i < d->cached; i++) {
        sector_land(d, i);
    }
    cache_clear(d);
    return true;
}

void disk_cut(struct disk *d)
{
    static const int shares[] = {0, 10, 50, 90, 100};
    int share = shares[rand() % 5];
    for (uint32_t i = d->cached; i > 1; i--) { /* in any order */
        uint32_t other = (uint32_t)rand() % i, sector = d->sectors[i - 1];
        uint8_t bytes[DISK_SECTOR];
        memcpy(bytes, d->cache[i - 1], DISK_SECTOR);
        memcpy(d->cache[i - 1], d->cache[other], DISK_SECTOR);
        memcpy(d->cache[other], bytes, DISK_SECTOR);
        d->sectors[i - 1] = d->sectors[other];
        d->sectors[other] = sector;
    }
    for (uint32_t i = 0; i < d->cached; i++) {
        if (rand() % 100 < share) sector_land(d, i);
    }
    cache_clear(d);
    d->off = false;
    d->cut_after = d->done = 0;
}

void bench_clear(struct bench *b)
{
    memset(b, 0, sizeof(*b));
    b->disk.blocks = DISK_BLOCKS;
}

enum chunks_result bench_open(struct bench *b)
{
    b->config = (struct chunks_config){
        .device = {.context = b, .read = disk_read, .write = disk_write, .flush = disk_flush},
        .blocks = b->disk.blocks,
        .id = "the store's id 1",
        .chunks = b->chunks,
        .chunks_max = DISK_CHUNKS,
        .buckets = b->buckets,
        .bucket_count = 256,
        .segments = b->segments,
        .buffer = b->buffer,
    };
    memset(&b->trees, 0, sizeof(b->trees));
    b->trees.chunks = &b->store;
    return chunks_open(&b->store, &b->config);
}

void bench_fill(uint8_t *bytes, uint32_t length, uint32_t seed)
{
    uint64_t state = seed * 0x9e3779b97f4a7c15ull + 1;
    for (uint32_t i = 0; i < length; i++) {
        state = state * 6364136223846793005ull + 1442695040888963407ull;
        bytes[i] = (uint8_t)(state >> 56 | 1); /* never zero at the end */
    }
}

enum chunks_result bench_put(struct bench *b, uint32_t seed, uint32_t length,
                             uint8_t hash[CHUNK_HASH])
{
    uint8_t bytes[CHUNK_MAX];
    bench_fill(bytes, length, seed);
    return chunks_put(&b->store, (struct chunk_bytes){bytes, (uint16_t)length, 0}, hash);
}

void bench_check(struct bench *b, uint32_t seed, uint32_t length)
{
    uint8_t expected[CHUNK_MAX] = {0}, found[CHUNK_MAX], hash[CHUNK_HASH];
    uint32_t got;
    bench_fill(expected, length, seed);
    chunk_hash((struct chunk_bytes){expected, (uint16_t)length, 0}, hash);
    assert_int_equal(chunks_get(&b->store, hash, found, &got), CHUNKS_OK);
    assert_int_equal(got, length);
    assert_memory_equal(found, expected, CHUNK_MAX);
}
