/* disk.c - the machine's first disk, through rings and its driver: run.py boots with one. */
#include "blockdev.h"

#include "bytes.h"
#include "heap.h"
#include "random.h"
#include "test.h"

enum { PAGE = 4096, SECTORS_A_PAGE = PAGE / BLOCK_SECTOR, DATA_PAGES = 128, AT_ONCE = 64 };
enum { PLACES = 1024, ROUNDS = 20, ROUNDS_MAX = 100000 };

struct world {
    struct blockdev dev;
    uint64_t seed;
    uint32_t reopened;
    uint32_t version[PLACES]; /* of a page of the disk: how often it was written */
    uint64_t pages[AT_ONCE][PAGE / 8];
    uint32_t place[AT_ONCE];
};

static struct world *world_new(void)
{
    struct world *w = heap_alloc_zeroed(sizeof(*w));
    const struct blockdev_args args = {.block = startup_cap("disk"), .data_pages = DATA_PAGES};

    EXPECT(w != NULL);
    if (w == NULL) return NULL;
    int err = blockdev_open(&w->dev, &args);
    EXPECT_IS(err, OK);
    EXPECT(w->dev.sectors >= PLACES * SECTORS_A_PAGE);
    if (err != OK) heap_free(w);
    return err == OK ? w : NULL;
}

static void world_end(struct world *w)
{
    blockdev_close(&w->dev);
    heap_free(w);
}

static void fill(struct world *w, uint32_t slot)
{
    uint64_t seed = (uint64_t)w->place[slot] << 32 | w->version[w->place[slot]];

    for (uint32_t i = 0; i < PAGE / 8; i++) {
        w->pages[slot][i] = random_next(&seed);
    }
}

static bool is_filled(const struct world *w, uint32_t slot)
{
    uint64_t seed = (uint64_t)w->place[slot] << 32 | w->version[w->place[slot]];

    for (uint32_t i = 0; i < PAGE / 8; i++) {
        if (w->pages[slot][i] != random_next(&seed)) return false;
    }
    return true;
}

/* All that was submitted, over as many drivers as it takes. False: something went wrong. */
static bool finish(struct world *w, uint32_t count)
{
    struct blockdev_done done;
    bool good = true;

    (void)blockdev_push(&w->dev);
    while (count > 0) {
        int err = blockdev_wait(&w->dev, &done);
        if (err == ERR_PEER_DIED) {
            if (blockdev_reopen(&w->dev) == OK) w->reopened++;
            test_turn();
            continue;
        }
        if (err != OK) return false;
        if (done.result != OK) good = false;
        count--;
    }
    return good;
}

static bool transfer(struct world *w, enum block_operation op, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct blockdev_io io = {.op = op,
                                       .sector = (uint64_t)w->place[i] * SECTORS_A_PAGE,
                                       .count = SECTORS_A_PAGE,
                                       .data = w->pages[i],
                                       .cookie = i};
        if (blockdev_submit(&w->dev, &io) != OK) return false;
    }
    return finish(w, count);
}

static bool flush(struct world *w)
{
    return blockdev_submit(&w->dev, &(struct blockdev_io){.op = BLOCK_FLUSH}) == OK && finish(w, 1);
}

/* Different places, each with a new version; then all of them, and some old ones, read back. */
static bool round_trip(struct world *w)
{
    uint32_t first = (uint32_t)(random_next(&w->seed) % PLACES);

    for (uint32_t i = 0; i < AT_ONCE; i++) {
        w->place[i] = (first + i * 17) % PLACES;
        w->version[w->place[i]]++;
        fill(w, i);
    }
    if (!transfer(w, BLOCK_WRITE, AT_ONCE) || !flush(w)) return false;
    for (uint32_t i = 0; i < AT_ONCE; i += 2) {
        uint32_t old = (uint32_t)(random_next(&w->seed) % PLACES);
        if (w->version[old] > 0) w->place[i] = old;
    }
    memset(w->pages, 0, sizeof(w->pages));
    if (!transfer(w, BLOCK_READ, AT_ONCE)) return false;
    for (uint32_t i = 0; i < AT_ONCE; i++) {
        if (!is_filled(w, i)) return false;
    }
    return true;
}

static void round_trips(void)
{
    struct world *w = world_new();

    if (w == NULL) return;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        EXPECT(round_trip(w));
    }
    world_end(w);
}

/* tests/e2e/blockdev.py ends so many meanwhile. */
static void drivers_end(void)
{
    struct world *w = world_new();
    uint32_t most = test_deaths() == 0 ? 1 : ROUNDS_MAX;

    for (uint32_t i = 0; w != NULL && i < most; i++) {
        bool good = round_trip(w);
        EXPECT(good);
        if (!good || (most > 1 && w->reopened == test_deaths())) break;
    }
    if (w == NULL) return;
    EXPECT(w->reopened >= test_deaths());
    world_end(w);
}

static void refused(void)
{
    struct world *w = world_new();

    if (w == NULL) return;
    struct blockdev_io io = {.op = BLOCK_READ, .count = 1, .data = w->pages};
    io.sector = w->dev.sectors;
    EXPECT_IS(blockdev_do(&w->dev, &io), BLOCK_BAD_RANGE);
    io.sector = UINT64_MAX;
    EXPECT_IS(blockdev_do(&w->dev, &io), BLOCK_BAD_RANGE);
    io.op = (enum block_operation)77;
    EXPECT_IS(blockdev_do(&w->dev, &io), BLOCK_BAD_REQUEST);
    io = (struct blockdev_io){.op = BLOCK_READ, .sector = 1, .count = 1, .data = w->pages};
    EXPECT_IS(blockdev_do(&w->dev, &io), OK);
    world_end(w);
}

static const struct test tests[] = {
    {"DSK0001", "what is written to the disk is read from it", round_trips},
    {"DSK0002", "the same while its drivers are ended", drivers_end},
    {"DSK0003", "the driver refuses what is outside", refused},
};
const struct group disk_group = {tests, TEST_COUNT(tests), NULL, 0};
