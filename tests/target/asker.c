/*
 * asker.c - a process asks axiom at random, by all that it holds: its Self, processes and memories
 * that it made. Whatever is refused and whatever is done, axiom goes on and others can be made.
 *
 * Values are chosen so that many requests are good: slots of its own, addresses of a playground, a
 * few pages. Its own code, stack and startup slots are left alone, so that it comes to its end.
 */
#include "bytes.h"
#include "message.h"
#include "random.h"
#include "slots.h"
#include "test.h"

enum {
    CALLS = 10000,
    SEEDS = 2,
    TABLES = 8,
    PLACES = 16,
    OBJECTS = 40, /* slots: from here up what axiom's answers bring, */
    OWN = 52,     /* from here up what is made; whoever is asked is among the former: nobody */
    SLOTS = 12,   /* would answer at an endpoint of one's own */
    EACH = SLOTS / 3,
    PAGES = 4000,
};
#define PLAYGROUND 0x20000000000ull

/* What each method takes, as words and as capabilities: `a`n address, `f`ar from there, `h`is of
 * another process, `m`ine of his, `p`ages, `r`ights, a `c`ount; the slot of an `e`ndpoint, a
 * `n`otification, something `s`mall, an `o`bject of axiom's, `g`iven to a process. All else is
 * refused before anything is done. */
struct shape {
    const char *words, *caps;
};
static const struct shape of_self[] = {
    {"", ""},   {"apr", ""}, {"ap", ""},   {"e", ""},  {"nc", ""}, {"s", ""},
    {"", ""},   {"c", "n"},  {"src", "e"}, {"", ""},   {"", ""},   {"", ""},
    {"", "en"}, {"", "e"},   {"", ""},     {"s", ""},  {"ap", ""}, {"fc", "on"},
    {"f", ""},  {"", "o"},   {"a", "o"},   {"ac", ""}, {"s", ""},  {"c", "e"},
};
static const struct shape of_process[] = {
    {"", ""},        {"hpr", ""}, {"hcmc", ""}, {"mc", ""}, {"grcc", "e"}, {"g", ""},
    {"hhchccc", ""}, {"c", ""},   {"c", ""},    {"h", ""},  {"c", ""},
};

/* Places eight pages apart, as that is the most that is asked for; sometimes others. */
static uint64_t place(uint64_t r)
{
    uint64_t at = PLAYGROUND + (r % TABLES << 21) + ((r >> 8) % PLACES << 15);
    if ((r >> 16 & 31) == 0) at = r >> 16 & 0x7ffffffff000; /* anywhere */
    if ((r >> 24 & 15) == 0) at += 4096;
    return (r >> 32 & 31) == 0 ? at + 8 : at;
}

static cap_t object(uint64_t *seed)
{
    return OBJECTS + (cap_t)(random_next(seed) % SLOTS);
}

static uint64_t value(uint64_t *seed, char kind)
{
    uint64_t r = random_next(seed);
    if (kind == 'a') return place(r); /* not its code, by a wild one */
    if (kind == 'f') return place(r) | 1ull << 30;
    if (kind == 'h') return PLAYGROUND + (r % 2 << 12);
    if (kind == 'm') return PLAYGROUND + (1ull << 31) + (r % 2 << 12);
    if ((r >> 56 & 15) == 0) return r >> 52 & 1 ? 1ull << r % 64 : r;
    if (kind == 'e') return OWN + r % EACH;
    if (kind == 'n') return OWN + EACH + r % EACH;
    if (kind == 's') return OWN + 2 * EACH + r % EACH;
    if (kind == 'o') return object(seed);
    if (kind == 'g') return OWN;
    if (kind == 'r') return 1 + r % 3;
    return r % (kind == 'c' ? 2 : 9);
}

/* Processes of its own, to be asked as well. */
static void make_process(uint64_t *seed)
{
    uint64_t r = random_next(seed);
    const struct self_process_create_in in = {
        .name = text_from("asked", 5),
        .quota = {.pages = 8 + (uint32_t)(r % 24), .slots = 64, .threads = 2, .commits = 10},
        .priority = 10,
        .told = {.slot = r >> 8 & 1 ? OWN + (cap_t)(r >> 9) % SLOTS : 0, .rights = RIGHTS_ALL}};
    struct self_process_create_out out = {.process = {.slot = object(seed)}};
    (void)self_process_create(CAP_SLOT_SELF, &in, &out);
}

static enum err ask(uint64_t *seed, cap_t to, uint32_t label, const struct shape *shape)
{
    uint64_t r = random_next(seed);
    uint32_t words = (uint32_t)strlen(shape->words), caps = (uint32_t)strlen(shape->caps);
    struct message m = {0};
    for (uint32_t i = 0; i < words; i++) {
        m.w[i] = value(seed, shape->words[i]);
    }
    for (uint32_t i = 0; i < caps; i++) {
        char kind = r >> (24 + 4 * i) & 7 ? shape->caps[i] : "enso"[r >> (32 + 2 * i) & 3];
        ipc_buffer()->caps[i] =
            (struct msg_cap){.slot = (uint32_t)value(seed, kind), .rights = RIGHTS_ALL};
    }
    if ((r & 15) == 0) words = r >> 8 & 7;
    if ((r & 0xf0) == 0) caps = caps > 0 ? caps - 1 : 0;
    bool brings = to == CAP_SLOT_SELF && label == SELF_MEMORY_CREATE;
    m.info = msg_info(label, words, caps, brings);
    enum err err = sys_call(to, brings ? object(seed) : 0, &m);
    return err == OK ? (enum err)msg_label(m.info) : err;
}

/* The first method that was never done, as 100 for a process and its number; -1: all were. */
static int never_done(const uint32_t *self, const uint32_t *process)
{
    /* Shown by others: its end, threads that fault, what processes with devices alone may. */
    static const uint32_t not_here = 1u << SELF_EXIT | 1u << SELF_THREAD_CREATE |
                                     1u << SELF_WINDOW_MAP | 1u << SELF_MEMORY_PHYSICAL |
                                     1u << SELF_DMA_PROOF | 1u << SELF_PROCESS_CREATE;
    for (uint32_t i = 0; i < TEST_COUNT(of_self); i++) {
        if (self[i] == 0 && !(not_here >> i & 1)) return (int)i;
    }
    for (uint32_t i = 0; i < TEST_COUNT(of_process); i++) {
        if (process[i] == 0 && i != PROCESS_THREAD_READ) return 100 + (int)i;
    }
    return -1;
}

/* Slots are emptied now and then, so that there is room for more. */
static int child_asks_at_random(void)
{
    static uint32_t self_done[TEST_COUNT(of_self)], process_done[TEST_COUNT(of_process)];
    uint64_t seed = 0x9e3779b97f4a7c15ull ^ (uint64_t)test_word()[0] << 40;
    uint32_t refused = 0;
    for (uint32_t i = 0; i < test_scaled(CALLS); i++) {
        uint64_t r = random_next(&seed);
        bool self = (r & 1) != 0;
        uint32_t label = (uint32_t)(r >> 8) % (self ? TEST_COUNT(of_self) : TEST_COUNT(of_process));
        if ((r >> 16 & 31) == 0) (void)sys_drop(object(&seed));
        if ((r >> 20 & 15) == 0) (void)sys_drop(OWN + (cap_t)(r >> 32) % SLOTS);
        if ((r >> 24 & 15) == 0) make_process(&seed);
        if (self && (r >> 32 & 15) == 0) label = SELF_MEMORY_CREATE;
        /* A thread of its own would fault, which is for who waits for this process' end. */
        if (self && (label == SELF_EXIT || label == SELF_THREAD_CREATE)) continue;
        if (!self && label == PROCESS_KILL && (r >> 40 & 3) != 0) continue; /* or none lives long */
        const struct shape *shape = self ? &of_self[label] : &of_process[label];
        enum err err = ask(&seed, self ? CAP_SLOT_SELF : object(&seed), label, shape);
        uint32_t *done = self ? &self_done[label] : &process_done[label];
        *done += err == OK;
        refused += err != OK;
    }
    int missing = never_done(self_done, process_done);
    if (test_scaled(CALLS) < CALLS) return 0; /* too few to meet all */
    return missing >= 0 ? missing + 1 : refused > CALLS / 4 ? 0 : 255;
}

static void at_random(void)
{
    for (uint32_t i = 0; i < SEEDS; i++) {
        char word[2] = {(char)('0' + i), '\0'};
        struct test_child_args args = {.name = "asks_at_random", .word = word, .pages = PAGES};
        struct test_child child;
        if (!test_child_start(&args, &child)) return;
        EXPECT_IS(test_child_wait(&child), 0);
    }
}

static const struct test tests[] = {
    {"ASK0001", "who asks axiom at random ends nothing but what is his", at_random},
};
static const struct child children[] = {
    {"asks_at_random", child_asks_at_random},
};
const struct group asker_group = TEST_GROUP(tests, children);
