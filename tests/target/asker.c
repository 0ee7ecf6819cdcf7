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
    CALLS = 3000,
    SEEDS = 2,
    PLACES = 24,
    OBJECTS = 40, /* slots: from here up what axiom's answers bring, */
    OWN = 52,     /* from here up what is made; whoever is asked is among the former: nobody */
    SLOTS = 12,   /* would answer at an endpoint of one's own */
    PAGES = 700,
};
#define PLAYGROUND 0x20000000000ull

/* Words and capabilities that each method takes: the rest is refused before anything is done. */
struct shape {
    uint8_t words, caps;
};
static const struct shape of_self[] = {
    {0, 0}, {3, 0}, {2, 0}, {1, 0}, {2, 0}, {1, 0}, {7, 0}, {1, 1}, {3, 1}, {0, 0}, {0, 0}, {0, 0},
    {0, 2}, {0, 1}, {0, 0}, {1, 0}, {2, 0}, {2, 2}, {1, 0}, {0, 1}, {1, 1}, {2, 0}, {1, 0}, {1, 1},
};
static const struct shape of_process[] = {
    {0, 0}, {3, 0}, {4, 0}, {2, 0}, {4, 1}, {1, 0}, {7, 0}, {1, 0}, {1, 0}, {1, 0}, {1, 0},
};

static uint64_t place(uint64_t r)
{
    uint64_t at = PLAYGROUND + ((r >> 32) % PLACES << (r & 64 ? 21 : 12));
    if ((r >> 8 & 15) == 0) at = r >> 16 & 0x7ffffffff000; /* anywhere */
    return (r >> 12 & 15) == 0 ? at + 8 : at;
}

static uint64_t value(uint64_t *seed)
{
    uint64_t r = random_next(seed), kind = r >> 60;
    if (kind < 5) return OWN + r % SLOTS;
    if (kind < 10) return place(r);
    if (kind < 14) return r % 9;
    return kind == 14 ? 1ull << r % 64 : r;
}

static cap_t object(uint64_t *seed)
{
    return OBJECTS + (cap_t)(random_next(seed) % SLOTS);
}

/* Processes of its own, to be asked as well. */
static void make_process(uint64_t *seed)
{
    uint64_t r = random_next(seed);
    const struct self_process_create_in in = {
        .name = text_from("asked", 5),
        .quota = {.pages = 8 + (uint32_t)(r % 60), .slots = 64, .threads = 2, .commits = 10},
        .priority = 10,
        .fault = {.slot = r >> 8 & 1 ? OWN + (cap_t)(r >> 9) % SLOTS : 0, .rights = RIGHTS_ALL}};
    struct self_process_create_out out = {.process = {.slot = object(seed)}};
    (void)self_process_create(CAP_SLOT_SELF, &in, &out);
}

static enum err ask(uint64_t *seed, cap_t to, uint32_t label, struct shape shape)
{
    uint64_t r = random_next(seed);
    struct message m = {0};
    if ((r & 15) == 0) shape = (struct shape){(uint8_t)(r >> 8 & 7), (uint8_t)(r >> 16 & 3)};
    for (uint32_t i = 0; i < MSG_REGISTERS; i++) {
        m.w[i] = value(seed);
    }
    if ((r >> 20 & 3) != 0) m.w[1] %= 9; /* how many pages, mostly */
    for (uint32_t i = 0; i < shape.caps; i++) {
        cap_t slot = r >> (24 + i) & 1 ? object(seed) : OWN + (cap_t)(random_next(seed) % SLOTS);
        ipc_buffer()->caps[i] = (struct msg_cap){.slot = slot, .rights = RIGHTS_ALL};
    }
    m.info = msg_info(label, shape.words, shape.caps, 1);
    enum err err = sys_call(to, object(seed), &m);
    return err == OK ? (enum err)msg_label(m.info) : err;
}

/* Slots are emptied now and then, so that there is room for more. */
static int child_asks_at_random(void)
{
    uint64_t seed = 0x9e3779b97f4a7c15ull ^ (uint64_t)test_word()[0] << 40;
    uint32_t done = 0, refused = 0;
    for (uint32_t i = 0; i < CALLS; i++) {
        uint64_t r = random_next(&seed);
        bool self = (r & 3) != 0;
        uint32_t label = (uint32_t)(r >> 8) % (self ? TEST_COUNT(of_self) : TEST_COUNT(of_process));
        if (r >> 16 & 1) (void)sys_drop(object(&seed));
        if (r >> 17 & 1) (void)sys_drop(OWN + (cap_t)(r >> 32) % SLOTS);
        if ((r >> 20 & 15) == 0) make_process(&seed);
        /* A thread of its own would fault, which is for who waits for this process' end. */
        if (self && (label == SELF_EXIT || label == SELF_THREAD_CREATE)) continue;
        struct shape shape = self ? of_self[label] : of_process[label];
        enum err err = ask(&seed, self ? CAP_SLOT_SELF : object(&seed), label, shape);
        done += err == OK;
        refused += err != OK;
    }
    return done > CALLS / 20 && refused > CALLS / 4 ? 0 : 1;
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
