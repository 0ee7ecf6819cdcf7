/*
 * main.c - disktest WHAT [REQUESTS]: works on the disk, says what it found.
 *
 * fill: writes all blocks, flushes, reads them back. load: random requests while others may end the
 * driver, then flushes and reads all; between them it takes and gives back memory, so that a device
 * that still wrote to what its driver had would be seen. bad: what must be refused, what only some
 * sectors may feel, and rings that come and go. watch: memory that others had.
 */
#include "block.h"
#include "bytes.h"
#include "idl/block.h"
#include "memory.h"
#include "panic.h"
#include "say.h"
#include "slots.h"
#include "text.h"
#include "window.h"
#include "work.h"

enum { MEMORY_PAGES = 256, ROUND = 64, AGAIN = 40, CLIENTS = 8, CLEARED = 128, WATCHED = 16 };

static struct work work;
static uint64_t memory_wrong;

static void result(const char *what)
{
    bool good = work.wrong_block == 0 && work.error == OK && memory_wrong == 0;
    say("disktest %s: %s; %lu requests, driver lost %lu times; block %d word %u, error %u, "
        "memory %lu\n",
        what, good ? "all there" : "WRONG", work.done, work.reopened, (int)work.wrong_block - 1,
        work.wrong_at, work.error, memory_wrong);
}

static void memory_check(uint64_t round)
{
    uint64_t address = window_alloc(MEMORY_PAGES);
    uint64_t words = MEMORY_PAGES * (uint64_t)MEMORY_PAGE / 8, *at = (uint64_t *)address;
    if (address == 0) return;
    if (memory_map(address, MEMORY_PAGES, RIGHT_READ | RIGHT_WRITE) == OK) {
        for (uint64_t i = 0; i < words; i += ROUND) {
            memory_wrong += at[i] != 0;
            at[i] = i ^ round;
        }
        work_load(&work, ROUND);
        for (uint64_t i = 0; i < words; i++) {
            memory_wrong += at[i] != (i % ROUND == 0 ? i ^ round : 0);
        }
        (void)memory_unmap(address, MEMORY_PAGES);
    }
    window_release(address, MEMORY_PAGES);
}

static uint32_t answer_to(const struct ring_submission *s)
{
    struct ring_completion c = {.result = ~0u};
    uint64_t cookie;
    uint32_t id;
    if (ring_submit(&work.client.ring, s, 0, &id) != OK) return ~0u;
    if (bulk_submitted(&work.client) == OK) (void)bulk_wait(&work.client, &c, &cookie);
    return c.result;
}

static void refusals(uint64_t sectors)
{
    static const uint64_t area = DEPTH * BLOCK_BYTES;
    const struct {
        struct ring_submission s;
        uint32_t wanted;
    } cases[] = {
        {{.op = BLOCK_READ, .sector = 0, .count = 8}, OK},
        {{.op = BLOCK_READ, .sector = sectors - 8, .count = 8}, OK},
        {{.op = BLOCK_READ, .sector = sectors - 7, .count = 8}, BLOCK_BAD_RANGE},
        {{.op = BLOCK_READ, .sector = ~0ull, .count = 8}, BLOCK_BAD_RANGE},
        {{.op = BLOCK_READ, .count = 0}, BLOCK_BAD_RANGE},
        {{.op = BLOCK_READ, .count = 0xffffffff}, BLOCK_BAD_RANGE},
        {{.op = BLOCK_READ, .count = 8, .data = area - 4096}, OK},
        {{.op = BLOCK_READ, .count = 8, .data = area - 4095}, BLOCK_BAD_REQUEST},
        {{.op = BLOCK_READ, .count = 8, .data = ~0ull}, BLOCK_BAD_REQUEST},
        {{.op = BLOCK_READ, .count = 8, .data = 512}, OK},
        {{.op = BLOCK_READ, .count = DEPTH * BLOCK_SECTORS}, OK},
        {{.op = BLOCK_READ, .count = DEPTH * BLOCK_SECTORS + 1}, BLOCK_BAD_RANGE},
        {{.op = 0, .count = 8}, BLOCK_BAD_REQUEST},
        {{.op = 99, .count = 8}, BLOCK_BAD_REQUEST},
        {{.op = BLOCK_FLUSH}, OK},
        {{.op = BLOCK_ZEROES, .sector = 0, .count = 8}, OK},
        {{.op = BLOCK_DISCARD, .sector = 8, .count = 8}, OK},
        {{.op = BLOCK_ZEROES, .sector = sectors, .count = 8}, BLOCK_BAD_RANGE},
    };
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t got = answer_to(&cases[i].s);
        if (got == cases[i].wanted) continue;
        say("disktest bad: case %u answers %u, not %u\n", i, got, cases[i].wanted);
        wrong++;
    }
    say("disktest bad: %u of %lu cases wrong\n", wrong, sizeof(cases) / sizeof(cases[0]));
}

static uint64_t pattern(uint32_t word)
{
    return word * 0x9e3779b97f4a7c15ull + 1;
}

/* Sectors that are told to be zero are; what is discarded is what it was, or zero; others stay. */
static void contents(void)
{
    static const struct ring_submission clear[] = {
        {.op = BLOCK_ZEROES, .sector = 3, .count = 2},
        {.op = BLOCK_ZEROES, .sector = 16, .count = 16},
        {.op = BLOCK_ZEROES, .sector = 127, .count = 1},
        {.op = BLOCK_DISCARD, .sector = 41, .count = 3},
        {.op = BLOCK_DISCARD, .sector = 64, .count = 32}};
    static const struct ring_submission write = {.op = BLOCK_WRITE, .count = CLEARED};
    static const struct ring_submission read = {.op = BLOCK_READ, .count = CLEARED};
    static uint8_t told[CLEARED]; /* the operation that each sector had */
    uint64_t *data = (uint64_t *)work.client.ring.data;
    uint32_t words = CLEARED * BLOCK_SECTOR / 8, wrong = 0, cleared = 0;
    for (uint32_t i = 0; i < words; i++) {
        data[i] = pattern(i);
    }
    wrong += answer_to(&write) != OK;
    for (uint32_t i = 0; i < sizeof(clear) / sizeof(clear[0]); i++) {
        wrong += answer_to(&clear[i]) != OK;
        memset(told + clear[i].sector, (int)clear[i].op, clear[i].count);
    }
    memset(data, 0x55, (size_t)words * 8);
    wrong += answer_to(&read) != OK;
    for (uint32_t i = 0; i < words; i++) {
        uint8_t op = told[i / (BLOCK_SECTOR / 8)];
        bool kept = data[i] == pattern(i), zero = data[i] == 0;
        wrong += op == BLOCK_ZEROES ? !zero : op == BLOCK_DISCARD ? !zero && !kept : !kept;
        cleared += zero;
    }
    say("disktest bad: %u of %u words wrong, %u cleared\n", wrong, words, cleared);
}

/* One after the other: nothing of them stays with the driver. Then at once: it says no in the end,
 * and yes when they are gone. */
static void again(void)
{
    cap_t bulks[CLIENTS];
    uint32_t count = 0, reached = 0;
    int err = OK;
    for (; reached < AGAIN; reached++) {
        bulk_close(&work.client);
        slot_discard(work.bulk);
        if (!work_open(&work)) break;
    }
    for (; count < CLIENTS; count++) {
        struct block_open_in in = {
            .asker = {.slot = startup_cap("console"), .rights = RIGHT_WRITE}};
        struct block_open_out out = {.bulk.slot = bulks[count] = slot_alloc()};
        err = block_open(work.disk, &in, &out);
        if (err != OK) break;
    }
    say("disktest again: %u times, then %u more at once: error %d\n", reached, count, err);
    if (count < CLIENTS) slot_release(bulks[count]);
    for (uint32_t i = 0; i < count; i++) {
        slot_discard(bulks[i]);
    }
    bulk_close(&work.client);
    slot_discard(work.bulk);
    if (!work_open(&work)) work.error = BLOCK_NO_ROOM;
}

/* Takes all that it may have, which was others' a moment ago, and sees whether anybody writes to
 * it. */
static void watch(void)
{
    uint64_t at[WATCHED], seconds = startup_page()->tick_hz, words, wrong = 0, count = 0;
    words = MEMORY_PAGES * (uint64_t)MEMORY_PAGE / 8;
    for (; count < WATCHED; count++) {
        at[count] = window_alloc(MEMORY_PAGES);
        if (memory_map(at[count], MEMORY_PAGES, RIGHT_READ | RIGHT_WRITE) != OK) break;
        for (uint64_t i = 0; i < words; i++) {
            wrong += ((uint64_t *)at[count])[i] != 0;
            ((uint64_t *)at[count])[i] = i ^ count;
        }
    }
    for (uint64_t start = ticks_now(); ticks_now() - start < 2 * seconds;) {
        sys_yield();
    }
    for (uint64_t n = 0; n < count; n++) {
        for (uint64_t i = 0; i < words; i++) {
            wrong += ((uint64_t *)at[n])[i] != (i ^ n);
        }
    }
    say("disktest watch: %lu pages, %lu words wrong\n", count * MEMORY_PAGES, wrong);
}

static uint64_t number_of(const char *text)
{
    uint64_t value = 0;
    return text_parse_u64(text, strlen(text), &value) ? value : 0;
}

int main(int argc, char **argv)
{
    struct block_info_out info;
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "watch") == 0) {
        watch();
        return EXIT_OK;
    }
    work = (struct work){.disk = startup_cap("disk"), .blocks = BLOCKS_MAX, .seed = ticks_now()};
    if (!work_open(&work) || block_info(work.disk, &info) != OK) {
        say("disktest: no disk\n");
        return EXIT_ERROR;
    }
    uint64_t sectors = info.info.sectors;
    if (strcmp(what, "bad") == 0) {
        refusals(sectors);
        contents();
        again();
    }
    if (strcmp(what, "fill") == 0) work_fill(&work);
    for (uint64_t i = 0; argc > 2 && i < number_of(argv[2]) / ROUND; i++) {
        memory_check(i);
    }
    work_flush(&work);
    if (strcmp(what, "bad") != 0) work_check(&work);
    result(what);
    bulk_close(&work.client);
    return EXIT_OK;
}
