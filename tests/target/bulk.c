/* bulk.c - rings between two processes: requests, back-pressure, either side's end at each step. */
#include "bulk_test.h"

#include "memory.h"
#include "print.h"
#include "random.h"
#include "slots.h"

enum { ENTRIES = 64, MANY = 1024, DATA_PAGES = 2, WORDS = 100, BATCH = 32, BATCHES = 10 };
enum { SMALL = 180, CLIENT_PAGES = 256, SCRIBBLES = 3000, STEPS = 7, ROUNDS = 200 };

static void requests(void)
{
    struct bulk_peer p;
    struct bulk_client b;
    uint64_t value;

    if (!bulk_peer_start(&p, "", 0)) return;
    EXPECT_IS(bulk_new(&b, bulk_of(&p, 1), ENTRIES, DATA_PAGES), OK);
    EXPECT_IS(bulk_do(&b, OP_ECHO, 41, &value), OK);
    EXPECT_IS(value, 42);
    EXPECT_IS(bulk_do(&b, 99, 0, &value), ERR_SYSCALL);
    struct ring_submission s = {.op = OP_SUM, .data = 512, .count = WORDS};
    struct ring_completion c = {0};
    uint32_t id;
    for (uint64_t i = 0; i < WORDS; i++) {
        ((volatile uint64_t *)(b.ring.data + 512))[i] = i;
    }
    EXPECT_IS(ring_submit(&b.ring, &s, 5, &id), OK);
    s.data = DATA_PAGES * (uint64_t)MEMORY_PAGE - 8; /* the second word is not inside */
    EXPECT_IS(ring_submit(&b.ring, &s, 6, &id), OK);
    EXPECT_IS(bulk_submitted(&b), OK);
    for (uint32_t i = 0; i < 2; i++) {
        EXPECT_IS(bulk_wait(&b, &c, &value), OK);
        EXPECT_IS(value, 5 + i);
        EXPECT_IS(c.result, i == 0 ? OK : ERR_RANGE);
        if (i == 0) EXPECT_IS(c.value, WORDS * (WORDS - 1) / 2);
    }
    EXPECT_IS(bulk_poll(&b, &c, &value), ERR_WOULD_BLOCK);
    bulk_close(&b);
}

static void thousand_in_flight(void)
{
    struct bulk_peer p;
    struct bulk_client b;
    struct ring_submission s = {.op = OP_HOLD};
    struct ring_completion c = {0};
    uint64_t cookie, value, seen = 0;
    uint32_t id, first = 0;

    if (!bulk_peer_start(&p, "", 0)) return;
    EXPECT_IS(bulk_new(&b, bulk_of(&p, 1), MANY, 1), OK);
    for (uint32_t i = 0; i < MANY - 1; i++) {
        EXPECT_IS(ring_submit(&b.ring, &s, i, &id), OK);
        if (i == 0) first = id;
    }
    EXPECT_IS(ring_submit(&b.ring, &s, 0, &id), ERR_BUSY);
    EXPECT_IS(bulk_submitted(&b), OK);
    s = (struct ring_submission){.op = RING_OP_CANCEL, .sector = first};
    EXPECT_IS(ring_submit(&b.ring, &s, MANY, &id), OK);
    EXPECT_IS(bulk_submitted(&b), OK);
    EXPECT_IS(bulk_wait(&b, &c, &cookie), OK);
    EXPECT_IS(c.result, ERR_CANCELLED);
    EXPECT_IS(cookie, 0);
    EXPECT_IS(bulk_wait(&b, &c, &cookie), OK);
    EXPECT_IS(cookie, MANY);
    EXPECT_IS(c.result, OK);
    EXPECT_IS(ring_in_flight(&b.ring), MANY - 2); /* none is lost, none is done */
    EXPECT_IS(bulk_poll(&b, &c, &cookie), ERR_WOULD_BLOCK);
    s = (struct ring_submission){.op = OP_RELEASE};
    EXPECT_IS(ring_submit(&b.ring, &s, MANY, &id), OK);
    EXPECT_IS(bulk_submitted(&b), OK);
    for (uint32_t i = 0; i < MANY - 1; i++) {
        EXPECT_IS(bulk_wait(&b, &c, &cookie), OK);
        seen += cookie;
    }
    EXPECT_IS(seen, (uint64_t)(MANY - 1) * (MANY - 2) / 2 + MANY);
    EXPECT_IS(ring_in_flight(&b.ring), 0);
    EXPECT_IS(bulk_do(&b, OP_ECHO, 1, &value), OK);
    bulk_close(&b);
}

static void say_figures(uint64_t alone, uint64_t batched)
{
    char line[100];

    (void)print_format(line, sizeof(line),
                       "# instructions an entry, both sides: %llu alone, %llu in batches of %u\n",
                       (unsigned long long)alone, (unsigned long long)batched, (uint32_t)BATCH);
    test_note(line);
}

/* Who is awake is not signalled: one signal a batch, at most. */
static void signals_are_few(void)
{
    struct bulk_peer p;
    struct bulk_client b;
    struct ring_submission s = {.op = OP_ECHO};
    struct ring_completion c;
    uint64_t before, after, cookie, alone;
    uint32_t id;

    if (!bulk_peer_start(&p, "", 0)) return;
    EXPECT_IS(bulk_new(&b, bulk_of(&p, 1), ENTRIES, 1), OK);
    EXPECT_IS(bulk_do(&b, OP_SIGNALS, 0, &before), OK);
    uint64_t ticks = ticks_now();
    for (uint32_t i = 0; i < BATCHES * BATCH; i++) {
        EXPECT_IS(bulk_do(&b, OP_ECHO, 0, &cookie), OK);
    }
    alone = (ticks_now() - ticks) / (BATCHES * BATCH);
    EXPECT_IS(bulk_do(&b, OP_SIGNALS, 0, &after), OK);
    EXPECT(after - before <= BATCHES * BATCH + 1);
    ticks = ticks_now();
    for (uint32_t i = 0; i < BATCHES * BATCH; i++) {
        EXPECT_IS(ring_submit(&b.ring, &s, 0, &id), OK);
        if ((i + 1) % BATCH != 0) continue;
        EXPECT_IS(bulk_submitted(&b), OK);
        for (uint32_t j = 0; j < BATCH; j++) {
            EXPECT_IS(bulk_wait(&b, &c, &cookie), OK);
        }
    }
    uint64_t batched = (ticks_now() - ticks) / (BATCHES * BATCH);
    before = after;
    EXPECT_IS(bulk_do(&b, OP_SIGNALS, 0, &after), OK);
    EXPECT(after - before <= BATCHES + 1);
    EXPECT(after > before);
    if (test_counted()) say_figures(alone, batched);
    bulk_close(&b);
}

static void server_ends(void)
{
    struct bulk_peer p;
    struct bulk_client b, again;
    struct ring_submission s = {.op = OP_HOLD};
    struct ring_completion c;
    uint64_t cookie, value, sum = 0;
    uint32_t id, at = 0;

    if (!bulk_peer_start(&p, "", 0)) return;
    cap_t bulk = bulk_of(&p, 1);
    EXPECT_IS(bulk_new(&b, bulk, ENTRIES, 1), OK);
    b.ring.data[7] = 77;
    EXPECT_IS(ring_submit(&b.ring, &s, 100, &id), OK);
    s.op = OP_ECHO;
    EXPECT_IS(ring_submit(&b.ring, &s, 200, &id), OK);
    EXPECT_IS(bulk_submitted(&b), OK);
    EXPECT_IS(bulk_wait(&b, &c, &cookie), OK);
    EXPECT_IS(cookie, 200);
    s.op = OP_DIE;
    EXPECT_IS(ring_submit(&b.ring, &s, 300, &id), OK);
    EXPECT_IS(bulk_submitted(&b), OK);
    EXPECT_IS(bulk_wait(&b, &c, &cookie), ERR_PEER_DIED);
    EXPECT_IS(bulk_poll(&b, &c, &cookie), ERR_PEER_DIED);
    EXPECT_IS(bulk_submitted(&b), ERR_PEER_DIED);
    EXPECT_IS(b.ring.data[7], 77); /* what is shared stays */
    EXPECT_IS(test_child_wait(&p.child), 7);
    if (!bulk_peer_again(&p)) return;
    EXPECT_IS(bulk_new(&again, bulk, ENTRIES, 1), OK);
    for (; ring_unanswered(&b.ring, &at, &cookie); sum += cookie) {
    }
    EXPECT_IS(sum, 400);
    bulk_close(&b);
    EXPECT_IS(bulk_do(&again, OP_ECHO, 8, &value), OK);
    EXPECT_IS(value, 9);
    bulk_close(&again);
}

/* Ends after that many steps of a client's life. */
static int child_client(void)
{
    struct bulk_client b;
    struct ring_submission s = {.op = OP_HOLD};
    struct ring_completion c;
    uint64_t cookie;
    uint32_t id;
    int step = test_word()[0] - '0';

    if (step == 0) return 0;
    if (bulk_new(&b, startup_cap("bulk"), ENTRIES, 1) != OK) return 1;
    if (step == 1) return 0;
    for (uint32_t i = 0; i < BATCH; i++) {
        if (ring_submit(&b.ring, &s, 0, &id) != OK) return 2;
    }
    if (step == 2) return 0;
    (void)ring_client_publish(&b.ring); /* and no signal */
    if (step == 3) return 0;
    if (sys_signal(b.signal) != OK) return 3;
    if (step == 4) return 0;
    const struct self_revoke_in wake = {.source = {.slot = b.own[1], .rights = RIGHTS_ALL}};
    s.op = OP_ECHO;
    if (step == 5) { /* the server has nothing to signal any more */
        if (self_revoke(CAP_SLOT_SELF, &wake) != OK || !ring_client_sleep(&b.ring)) return 6;
        if (ring_submit(&b.ring, &s, 0, &id) != OK || bulk_submitted(&b) != OK) return 7;
        return 0;
    }
    if (ring_submit(&b.ring, &s, 0, &id) != OK || bulk_submitted(&b) != OK) return 4;
    if (bulk_wait(&b, &c, &cookie) != OK) return 5;
    bulk_close(&b);
    return 0;
}

static void client_ends(void)
{
    struct bulk_peer p;
    struct bulk_client b;
    uint64_t value = 0;

    if (!bulk_peer_start(&p, "", 0)) return;
    EXPECT_IS(bulk_new(&b, bulk_of(&p, 1), ENTRIES, 1), OK);
    for (uint32_t step = 0; step < STEPS; step++) {
        const char word[] = {(char)('0' + step), '\0'};
        cap_t bulk = bulk_of(&p, 2 + step);
        struct spawn_cap caps[] = {
            {.name = "bulk", .source = bulk, .rights = RIGHT_WRITE | RIGHT_GRANT}};
        struct test_child_args args = {.name = "bulk_client",
                                       .pages = CLIENT_PAGES,
                                       .caps = caps,
                                       .cap_count = TEST_COUNT(caps),
                                       .word = word};
        struct test_child child;
        if (!test_child_start(&args, &child)) return;
        EXPECT_IS(test_child_wait(&child), 0);
        EXPECT_IS(bulk_do(&b, OP_ECHO, step, &value), OK);
        EXPECT_IS(value, step + 1);
        slot_empty(bulk);
        for (uint32_t i = 0; i < ROUNDS; i++) { /* the death is reported sooner or later */
            struct self_sync_out sync;
            EXPECT_IS(self_sync(CAP_SLOT_SELF, &sync), OK);
            EXPECT_IS(bulk_do(&b, OP_ALIVE, 0, &value), OK);
            if (value == 1) break;
        }
        EXPECT_IS(value, 1);
    }
    bulk_close(&b);
}

/* Writes what it likes where it likes in what it shares with the server, and signals. */
static int child_hostile(void)
{
    struct bulk_client b;
    uint64_t seed = 4711, words;

    if (bulk_new(&b, startup_cap("bulk"), ENTRIES, 1) != OK) return 1;
    volatile uint64_t *shared = (volatile uint64_t *)b.address;
    words = ring_bytes(ENTRIES) / sizeof(uint64_t);
    for (uint32_t i = 0; i < test_scaled(SCRIBBLES); i++) {
        uint64_t at = random_next(&seed);
        if (at % 4 == 0) { /* a good tail */
            atomic_store(&b.ring.submit.control->tail, b.ring.submit.at += 3);
        } else {
            shared[at / 4 % (at % 4 == 1 ? 32 : words)] = random_next(&seed) >> (at >> 58);
        }
        if (at >> 62 == 0) (void)sys_signal(b.signal);
    }
    return 0;
}

static void client_scribbles(void)
{
    struct bulk_peer p;
    struct bulk_client b;
    uint64_t value;

    if (!bulk_peer_start(&p, "", 0)) return;
    EXPECT_IS(bulk_new(&b, bulk_of(&p, 1), ENTRIES, 1), OK);
    struct spawn_cap caps[] = {
        {.name = "bulk", .source = bulk_of(&p, 2), .rights = RIGHT_WRITE | RIGHT_GRANT}};
    struct test_child_args args = {
        .name = "bulk_hostile", .pages = CLIENT_PAGES, .caps = caps, .cap_count = TEST_COUNT(caps)};
    struct test_child child;
    if (!test_child_start(&args, &child)) return;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        EXPECT_IS(bulk_do(&b, OP_ECHO, i, &value), OK);
        EXPECT_IS(value, i + 1);
        test_turn();
    }
    EXPECT_IS(test_child_wait(&child), 0);
    EXPECT_IS(bulk_do(&b, OP_ECHO, 1, &value), OK);
    bulk_close(&b);
}

static int ask(cap_t bulk, uint32_t entries, uint32_t data_pages, cap_t wake)
{
    const struct bulk_attach_in in = {.entries = entries,
                                      .data_pages = data_pages,
                                      .wake = {.slot = wake, .rights = RIGHT_WRITE}};
    cap_t slots = slot_alloc_run(2);
    struct bulk_attach_out out = {.memory = {.slot = slots}};
    int err = bulk_attach(bulk, &in, &out);

    slot_discard(slots);
    slot_discard(slots + 1);
    return err;
}

static void refusals(void)
{
    struct bulk_peer p, small;
    struct bulk_client b;
    cap_t wake = test_notification(1);

    if (!bulk_peer_start(&p, "", 0) || !bulk_peer_start(&small, "", SMALL)) return;
    cap_t bulk = bulk_of(&p, 1);
    EXPECT_IS(ask(bulk, 15, 1, wake), BULK_BAD_SIZE);
    EXPECT_IS(ask(bulk, 48, 1, wake), BULK_BAD_SIZE);
    EXPECT_IS(ask(bulk, 8192, 1, wake), BULK_BAD_SIZE);
    EXPECT_IS(ask(bulk, UINT32_MAX, UINT32_MAX, wake), BULK_BAD_SIZE);
    EXPECT_IS(ask(bulk, ENTRIES, 512, wake), BULK_BAD_SIZE);
    EXPECT_IS(ask(bulk, ENTRIES, 1, test_endpoint()), ERR_CAP_TYPE);
    EXPECT_IS(ask(bulk, ENTRIES, 1, wake), OK);
    EXPECT_IS(ask(bulk, ENTRIES, 1, wake), BULK_ATTACHED);
    EXPECT_IS(ask(bulk_of(&small, 1), ENTRIES, 100, wake), BULK_NO_ROOM);
    EXPECT_IS(ask(bulk_of(&small, 1), 16, 1, wake), OK);
    EXPECT_IS(bulk_new(&b, bulk_of(&p, 2), 15, 1), BULK_BAD_SIZE);
    EXPECT_IS(bulk_new(&b, bulk_of(&p, 2), 16, 512), BULK_BAD_SIZE);
    EXPECT_IS(bulk_new(&b, bulk_of(&p, 2), 16, UINT32_MAX), BULK_BAD_SIZE);
    EXPECT_IS(bulk_new(&b, bulk_of(&p, 1), ENTRIES, 1), BULK_ATTACHED);
}

static void server_lies(void)
{
    struct bulk_peer size, none, liar;
    struct bulk_client b;
    struct ring_completion c;
    uint64_t cookie;

    if (!bulk_peer_start(&size, "s", 0) || !bulk_peer_start(&none, "m", 0)) return;
    EXPECT_IS(bulk_new(&b, bulk_of(&size, 1), ENTRIES, 1), ERR_MESSAGE);
    EXPECT_IS(bulk_new(&b, bulk_of(&none, 1), ENTRIES, 1), ERR_MESSAGE);
    if (!bulk_peer_start(&liar, "l", 0)) return;
    EXPECT_IS(bulk_new(&b, bulk_of(&liar, 1), ENTRIES, 1), OK);
    EXPECT_IS(bulk_poll(&b, &c, &cookie), ERR_MESSAGE);
    EXPECT_IS(bulk_wait(&b, &c, &cookie), ERR_MESSAGE);
    bulk_close(&b);
}

static const struct test tests[] = {
    {"BUL0001", "requests are answered through rings, data beside them", requests},
    {"BUL0002", "1,023 in flight, then busy; one is cancelled, the rest come back",
     thousand_in_flight},
    {"BUL0003", "one signal a batch, none to who is awake", signals_are_few},
    {"BUL0004", "the server ends: the client hears it, keeps the memory, goes on with another",
     server_ends},
    {"BUL0005", "a client ends at any step: the server gives back what it had", client_ends},
    {"BUL0006", "a client that scribbles over the rings harms itself only", client_scribbles},
    {"BUL0007", "each refusal of attach", refusals},
    {"BUL0008", "a server's wrong memory or wrong completions are refused", server_lies},
};
static const struct child children[] = {{"bulk_serves", child_bulk_serves},
                                        {"bulk_client", child_client},
                                        {"bulk_hostile", child_hostile}};
const struct group bulk_group = TEST_GROUP(tests, children);
