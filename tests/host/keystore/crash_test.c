/* crash_test.c - power cut at any request, requests that fail: what was answered is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

#define TEST(name) cmocka_unit_test(name)
enum { STEPS = 150, APPEND_MOST = 3, ASKED_MOST = 8 };

struct server server;
static struct model model, after;
/* What was asked since the last answer, each on top of `model`: the last that reached the disk may
 * stand there. */
static struct model maybe[ASKED_MOST];
static uint32_t asked;
static uint32_t cuts, compactions, failures;

static void change_draw(struct change *c)
{
    uint32_t number = (uint32_t)(world_random() % 6);
    *c = (struct change){
        .type = (uint8_t)(world_random() % 16 == 0 ? CHANGE_CLEAR : 1 + world_random() % 4),
        .kind = (uint8_t)(1 + world_random() % 3),
        .space = {.number = 1 + number % 2, .owner = {(uint8_t)(number % 3)}}};
    c->name_len = (uint8_t)snprintf(c->name, sizeof(c->name), "/keys/%u", number);
    c->bytes = c->type == CHANGE_CREATE ? 2 * KEYS_HALF_BYTES
               : c->type == CHANGE_DELETE || c->type == CHANGE_CLEAR
                   ? 0
                   : (uint32_t)(world_random() % KEYS_PIECE_MAX);
    if (c->type == CHANGE_CLEAR) c->name_len = 6; /* all of the space */
    for (uint32_t i = 0; i < c->bytes; i++) {
        c->data[i] = (uint8_t)world_random();
    }
}

/* One change. True: it was answered for. */
static bool step(void)
{
    static struct change c;
    change_draw(&c);
    server.change = c;
    if (c.type == CHANGE_APPEND) {
        const struct key *key = keys_find(&server.keys, &c.space, c.name, c.name_len);
        if (key != NULL && key->bytes > APPEND_MOST * KEYS_PIECE_MAX) return true;
    }
    bool good = keys_check(&server.keys, &c) == KEYS_OK;
    uint32_t area = server.journal.head.area;
    after = model;
    if (good) model_apply(&after, &c);
    int err = server_commit(&server);
    compactions += area != server.journal.head.area;
    if (err == OK || err == KEYSTORE_IO_ERROR) assert_true(good);
    if (err == OK) model = after;
    if (err == OK) asked = 0;
    if (err == KEYSTORE_IO_ERROR) maybe[asked++] = after;
    return err != KEYSTORE_IO_ERROR;
}

static void reopen(void)
{
    uint32_t fails = world.fail_every;
    int64_t power = world.power;
    world.fail_every = 0;
    world.power = -1;
    enum journal_error e = world_open(&server);
    world.fail_every = fails;
    world.power = power;
    assert_int_equal(e, JOURNAL_OK);
    for (uint32_t i = 0; i < asked && !model_is(&model, &server.keys); i++) {
        if (model_is(&maybe[i], &server.keys)) model = maybe[i];
    }
    assert_true(model_is(&model, &server.keys));
    asked = 0;
}

static void life(uint64_t seed, uint32_t unit, uint32_t fail_every)
{
    world_empty(seed, unit);
    memset(&model, 0, sizeof(model));
    asked = 0;
    assert_int_equal(world_make(&server), JOURNAL_OK);
    world.fail_every = fail_every;
    world.power = (int64_t)(world_random() % 40);
    for (uint32_t i = 0; i < STEPS; i++) {
        if (!step()) {
            failures++;
            if (world.dark) {
                cuts++;
                world_power_cut();
                reopen();
                world.power = (int64_t)(world_random() % 40);
            } else if (asked == ASKED_MOST ||
                       world_random() % 4 == 0) { /* the process ends; the device has what it has */
                reopen();
            } else {
                continue; /* and goes on: what failed may be there or not, until the next one */
            }
        }
        assert_true(model_is(&model, &server.keys));
    }
    world_power_cut();
    reopen();
}

static uint32_t seeds(void)
{
    const char *text = getenv("KEYSTORE_SEEDS");
    return text != NULL ? (uint32_t)atoi(text) : 400;
}

static void test_cuts(void **state)
{
    (void)state;
    cuts = compactions = 0;
    for (uint32_t seed = 1; seed <= seeds(); seed++) {
        life(seed, seed % 3 == 0 ? 8 : 1, 0);
    }
    printf("%u power cuts, %u compactions\n", cuts, compactions);
    assert_true(cuts > seeds() && compactions > seeds());
}

static void test_cuts_and_failures(void **state)
{
    (void)state;
    failures = 0;
    for (uint32_t seed = 1000; seed < 1000 + seeds(); seed++) {
        life(seed, seed % 3 == 0 ? 8 : 1, 12);
    }
    printf("%u changes not answered for\n", failures);
    assert_true(failures > seeds());
}

/* Cut while it is made: there is nothing, or an empty journal; both can be made again or opened. */
static void test_making(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 64; seed++) {
        world_empty(seed, 1);
        world.power = (int64_t)(seed % 6);
        if (world_make(&server) == JOURNAL_OK) continue;
        world_power_cut();
        enum journal_error e = world_open(&server);
        assert_true(e == JOURNAL_OK || e == JOURNAL_EMPTY);
        if (e == JOURNAL_OK) assert_int_equal(server.keys.count, 0);
        if (e == JOURNAL_EMPTY) assert_int_equal(world_make(&server), JOURNAL_OK);
    }
}

static struct change *change(enum change_type type, const char *name, uint32_t bytes)
{
    static struct change c;
    c = (struct change){
        .type = (uint8_t)type, .kind = KEYS_SEAL, .space = {.number = 1}, .bytes = bytes};
    c.name_len = (uint8_t)strlen(name);
    memcpy(c.name, name, c.name_len);
    return &c;
}

static int done(const struct change *c)
{
    server.change = *c;
    int err = server_commit(&server);
    if (err == OK) model_apply(&model, c);
    return err;
}

/* The state goes to the other area, and one request of that fails, whichever: then nobody knows
 * which area the disk will show. What is answered next is there nevertheless. */
static void test_each_failure_of_a_compaction(void **state)
{
    uint32_t failed = 0;
    (void)state;
    for (uint32_t at = 1; at < 40; at++) {
        world_empty(at, 1);
        memset(&model, 0, sizeof(model));
        assert_int_equal(world_make(&server), JOURNAL_OK);
        assert_int_equal(done(change(CHANGE_CREATE, "/keys/a", 64)), OK);
        while (journal_fits(&server.journal, 3100, JOURNAL_UNIT_MAX)) {
            assert_int_equal(done(change(CHANGE_WRITE, "/keys/b", 3000)), OK);
        }
        world.fail_at = at;
        if (done(change(CHANGE_WRITE, "/keys/b", 3000)) == OK) continue;
        world.fail_at = 0;
        failed++;
        assert_int_equal(done(change(CHANGE_DELETE, "/keys/a", 0)), OK);
        world_power_cut();
        assert_int_equal(world_open(&server), JOURNAL_OK);
        assert_true(model_is(&model, &server.keys));
    }
    assert_true(failed >= 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_cuts), TEST(test_cuts_and_failures),
                                       TEST(test_making), TEST(test_each_failure_of_a_compaction)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
