/* keys_test.c - each refusal, each byte of a journal changed, and what is left in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

#define TEST(name) cmocka_unit_test(name)

struct server server;
static const struct keys_space one = {.number = 1}, three = {.number = 3};

static struct change *change(enum change_type type, uint32_t space, const char *name)
{
    static struct change c;
    c = (struct change){.type = (uint8_t)type, .kind = KEYS_SEAL, .space = {.number = space}};
    c.name_len = (uint8_t)strlen(name);
    memcpy(c.name, name, c.name_len);
    c.bytes = type == CHANGE_CREATE ? 2 * KEYS_HALF_BYTES : 0;
    return &c;
}

static int commit(const struct change *c)
{
    server.change = *c;
    return server_commit(&server);
}

static int data(enum change_type type, const char *name, uint8_t fill, uint32_t bytes)
{
    struct change *c = change(type, 1, name);
    c->bytes = bytes;
    memset(c->data, fill, bytes);
    return commit(c);
}

static void begin(uint32_t unit)
{
    world_empty(1, unit);
    assert_int_equal(world_make(&server), JOURNAL_OK);
}

static void test_names(void **state)
{
    static const char *const bad[] = {"",           "/keys",    "/keys/",   "keys/a",
                                      "/Keys/a",    "/keys//a", "/keys/a/", "/keys/a b",
                                      "/keys/\x7f", "/keys/a\n"};
    char longest[KEYS_NAME_MAX + 2];
    (void)state;
    for (uint32_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(keys_name_is_good(bad[i], strlen(bad[i])));
    }
    assert_false(keys_name_is_good("/keys/a\0b", 9));
    assert_true(keys_name_is_good("/keys/a", 7));
    assert_true(keys_name_is_good("/keys/a/b.c-d", 13));
    memset(longest, 'a', sizeof(longest));
    memcpy(longest, "/keys/", 6);
    assert_true(keys_name_is_good(longest, KEYS_NAME_MAX));
    assert_false(keys_name_is_good(longest, KEYS_NAME_MAX + 1));
}

static void test_refusals(void **state)
{
    (void)state;
    begin(1);
    uint64_t writes = world.writes;
    assert_int_equal(commit(change(CHANGE_DELETE, 1, "/keys/a")), KEYSTORE_NOT_FOUND);
    assert_int_equal(commit(change(CHANGE_CREATE, 1, "/key/a")), KEYSTORE_BAD_NAME);
    assert_int_equal(commit(change(CHANGE_CREATE, 0, "/keys/a")), KEYSTORE_BAD_NAME);
    struct change *c = change(CHANGE_CREATE, 1, "/keys/a");
    c->bytes--;
    assert_int_equal(commit(c), KEYSTORE_TOO_LONG);
    c = change(CHANGE_CREATE, 1, "/keys/a");
    c->kind = KEYS_DATA;
    assert_int_equal(commit(c), KEYSTORE_WRONG_KIND);
    assert_int_equal(data(CHANGE_APPEND, "/keys/a", 1, 1), KEYSTORE_NOT_FOUND);
    assert_int_equal(world.writes, writes);
    assert_int_equal(commit(change(CHANGE_CREATE, 1, "/keys/a")), OK);
    assert_int_equal(commit(change(CHANGE_CREATE, 1, "/keys/a")), KEYSTORE_EXISTS);
    assert_int_equal(data(CHANGE_WRITE, "/keys/a", 1, 1), KEYSTORE_WRONG_KIND);
    assert_int_equal(commit(change(CHANGE_CREATE, 2, "/keys/a")), OK); /* another space */
    assert_int_equal(commit(change(CHANGE_DELETE, 2, "/keys/a")), OK);
    assert_non_null(keys_find(&server.keys, &one, "/keys/a", 7));
    world_close(&server);
}

/* Without the disk: limits of the state. */
static void test_limits(void **state)
{
    static struct keys k;
    struct change *c = change(CHANGE_WRITE, 1, "/keys/d");
    (void)state;
    world_empty(1, 1);
    c->bytes = KEYS_PIECE_MAX;
    assert_true(keys_apply(&k, c));
    c->type = CHANGE_APPEND;
    while (keys_check(&k, c) == KEYS_OK && k.bytes < 600000) {
        assert_true(keys_apply(&k, c));
    }
    assert_true(k.bytes >= 600000);
    struct key *key = keys_find(&k, &one, "/keys/d", 7);
    uint32_t bytes = key->bytes;
    key->bytes = KEYS_DATA_MAX - KEYS_PIECE_MAX + 1;
    assert_int_equal(keys_check(&k, c), KEYS_TOO_LONG);
    key->bytes--;
    assert_int_equal(keys_check(&k, c), KEYS_OK);
    key->bytes = bytes;
    uint32_t all = k.bytes;
    k.bytes = KEYS_DATA_ALL_MAX - KEYS_PIECE_MAX + 1;
    assert_int_equal(keys_check(&k, c), KEYS_FULL);
    k.bytes = all;
    k.pieces = KEYS_PIECES_MAX;
    assert_int_equal(keys_check(&k, c), KEYS_FULL);
    k.count = KEYS_MAX;
    assert_int_equal(keys_check(&k, change(CHANGE_CREATE, 1, "/keys/e")), KEYS_FULL);
    memset(&k, 0, sizeof(k));
}

static void test_list(void **state)
{
    static const char *const names[] = {"/keys/b", "/keys/a", "/keys/aa", "/keys/b/c"};
    struct keys_text none = {"", 0};
    (void)state;
    begin(1);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(commit(change(CHANGE_CREATE, 1, names[i])), OK);
    }
    assert_int_equal(commit(change(CHANGE_CREATE, 2, "/keys/aaa")), OK);
    const struct key *key = keys_next(&server.keys, &one, none, none);
    assert_memory_equal(key->name, "/keys/a", 7);
    key = keys_next(&server.keys, &one, none, (struct keys_text){key->name, key->name_len});
    assert_memory_equal(key->name, "/keys/aa", 8);
    key = keys_next(&server.keys, &one, (struct keys_text){"/keys/b", 7},
                    (struct keys_text){"/keys/b", 7});
    assert_memory_equal(key->name, "/keys/b/c", 9);
    assert_null(keys_next(&server.keys, &one, (struct keys_text){"/keys/b/", 8},
                          (struct keys_text){key->name, key->name_len}));
    assert_null(keys_next(&server.keys, &three, none, none));
    world_close(&server);
}

static struct change *inner(enum change_type type, uint8_t owner, const char *name)
{
    struct change *c = change(type, 1, name);
    c->space.owner[15] = owner;
    return c;
}

/* Spaces within one: each its own, and gone as one; what is there is found again. */
static void test_inner_spaces(void **state)
{
    struct keys_space a = {.number = 1, .owner = {[15] = 1}},
                      b = {.number = 1, .owner = {[15] = 2}};
    uint8_t owner[KEYS_OWNER_BYTES] = {0};
    (void)state;
    begin(1);
    assert_int_equal(commit(inner(CHANGE_CREATE, 1, "/keys/a")), OK);
    assert_int_equal(commit(inner(CHANGE_CREATE, 1, "/keys/b/c")), OK);
    assert_int_equal(commit(inner(CHANGE_CREATE, 2, "/keys/a")), OK);
    assert_int_equal(commit(change(CHANGE_CREATE, 1, "/keys/b/d")), OK);
    assert_int_equal(commit(inner(CHANGE_DELETE, 3, "/keys/a")), KEYSTORE_NOT_FOUND);
    assert_null(keys_find(&server.keys, &b, "/keys/b/c", 9));
    assert_null(keys_find(&server.keys, &one, "/keys/a", 7));
    assert_true(keys_owner_next(&server.keys, 1, owner));
    assert_int_equal(owner[15], 1);
    assert_true(keys_owner_next(&server.keys, 1, owner));
    assert_int_equal(owner[15], 2);
    assert_false(keys_owner_next(&server.keys, 1, owner));
    assert_int_equal(commit(inner(CHANGE_CLEAR, 1, "/keys/c")), KEYSTORE_NOT_FOUND);
    assert_int_equal(commit(inner(CHANGE_CLEAR, 1, "/keys/b")), OK);
    world_close(&server);
    assert_int_equal(world_open(&server), JOURNAL_OK); /* as it was left */
    assert_null(keys_find(&server.keys, &a, "/keys/b/c", 9));
    assert_non_null(keys_find(&server.keys, &a, "/keys/a", 7));
    assert_non_null(keys_find(&server.keys, &one, "/keys/b/d", 9));
    assert_int_equal(commit(inner(CHANGE_CLEAR, 1, "")), OK);
    assert_null(keys_find(&server.keys, &a, "/keys/a", 7));
    assert_non_null(keys_find(&server.keys, &b, "/keys/a", 7));
    world_close(&server);
}

/* An owner's space is full before others have no room. */
static void test_limits_of_an_owner(void **state)
{
    static struct keys k;
    char name[16];
    (void)state;
    world_empty(1, 1);
    for (int i = 0; i < KEYS_OF_OWNER; i++) {
        (void)snprintf(name, sizeof(name), "/keys/%d", i);
        struct change *c = inner(CHANGE_CREATE, 1, name);
        assert_int_equal(keys_check(&k, c), KEYS_OK);
        assert_true(keys_apply(&k, c));
    }
    assert_int_equal(keys_check(&k, inner(CHANGE_CREATE, 1, "/keys/more")), KEYS_FULL);
    assert_int_equal(keys_check(&k, inner(CHANGE_WRITE, 1, "/keys/more")), KEYS_FULL);
    assert_int_equal(keys_check(&k, inner(CHANGE_CREATE, 2, "/keys/more")), KEYS_OK);
    assert_int_equal(keys_check(&k, change(CHANGE_CREATE, 1, "/keys/more")), KEYS_OK);
    keys_wipe(&k);
    struct change *c = inner(CHANGE_WRITE, 1, "/keys/d");
    c->bytes = KEYS_PIECE_MAX;
    while (keys_check(&k, c) == KEYS_OK) {
        assert_true(keys_apply(&k, c));
        c->type = CHANGE_APPEND;
        assert_true(k.bytes <= KEYS_DATA_OF_OWNER);
    }
    assert_int_equal(keys_check(&k, c), KEYS_FULL);
    assert_int_equal(k.bytes, KEYS_DATA_OF_OWNER / KEYS_PIECE_MAX * KEYS_PIECE_MAX);
    c->type = CHANGE_WRITE; /* in place of what is there */
    assert_int_equal(keys_check(&k, c), KEYS_OK);
    keys_wipe(&k);
}

static void test_disk_full(void **state)
{
    int err = OK;
    (void)state;
    begin(1);
    for (uint32_t i = 0; i < 100 && err == OK; i++) {
        err = data(i == 0 ? CHANGE_WRITE : CHANGE_APPEND, "/keys/d", (uint8_t)i, KEYS_PIECE_MAX);
    }
    assert_int_equal(err, KEYSTORE_FULL); /* also after compaction */
    for (uint32_t i = 0; i < 40; i++) {
        char name[16];
        snprintf(name, sizeof(name), "/keys/%u", i);
        err = commit(change(CHANGE_CREATE, 1, name));
        if (err == KEYSTORE_FULL) break;
    }
    assert_int_equal(err, KEYSTORE_FULL);
    uint32_t bytes = server.keys.bytes;
    assert_int_equal(world_open(&server), JOURNAL_OK);
    assert_int_equal(server.keys.bytes, bytes);
    assert_int_equal(commit(change(CHANGE_DELETE, 1, "/keys/d")), OK); /* there is room for that */
    assert_int_equal(data(CHANGE_WRITE, "/keys/d", 1, KEYS_PIECE_MAX), OK);
    world_close(&server);
}

/* Nothing of what is deleted, locked or on its way is left. */
static void test_wiped(void **state)
{
    uint8_t secret[KEYS_HALF_BYTES], key[CRYPTO_KEY_BYTES], text[64];
    (void)state;
    begin(1);
    for (uint32_t i = 0; i < sizeof(secret); i++) {
        secret[i] = (uint8_t)(i * 7 + 3);
    }
    memset(text, 0xa7, sizeof(text));
    struct change *c = change(CHANGE_CREATE, 1, "/keys/a");
    memcpy(c->data, secret, sizeof(secret));
    assert_int_equal(commit(c), OK);
    assert_int_equal(data(CHANGE_WRITE, "/keys/d", 0xa7, 500), OK);
    memset(&server.change, 0, sizeof(server.change)); /* as main.c does after each request */
    memset(server.packed, 0, sizeof(server.packed));
    assert_true(world_knows(&server, secret, sizeof(secret))); /* or the search finds nothing */
    assert_true(world_knows(&server, text, sizeof(text)));
    assert_int_equal(commit(change(CHANGE_DELETE, 1, "/keys/a")), OK);
    assert_false(world_knows(&server, secret, sizeof(secret)));
    assert_int_equal(data(CHANGE_WRITE, "/keys/d", 1, 3), OK);
    assert_false(world_knows(&server, text, sizeof(text)));
    c = change(CHANGE_CREATE, 1, "/keys/a");
    memcpy(c->data, secret, sizeof(secret));
    assert_int_equal(commit(c), OK);
    memset(&server.change, 0, sizeof(server.change));
    memset(server.packed, 0, sizeof(server.packed));
    memcpy(key, server.journal.key, sizeof(key));
    world_close(&server);
    assert_false(world_knows(&server, secret, sizeof(secret)));
    assert_false(world_knows(&server, key, sizeof(key)));
    assert_int_equal(world_open(&server), JOURNAL_OK);
    assert_true(world_knows(&server, secret, sizeof(secret)));
    memset(server.keys.list[0].secret, 0, sizeof(secret));
    assert_false(world_knows(&server, secret, sizeof(secret))); /* it stood nowhere else */
    assert_memory_equal(server.journal.key, key, sizeof(key));
    /* And not on the disk. */
    for (uint32_t i = 0; i + sizeof(secret) <= sizeof(world.disk); i++) {
        assert_true(memcmp(world.disk + i, secret, sizeof(secret)) != 0);
        assert_true(memcmp(world.disk + i, key, sizeof(key)) != 0);
        assert_true(memcmp(world.disk + i, "/keys/", 6) != 0);
    }
}

/* Any byte that the journal wrote, changed: it is found, or it makes no difference. Only the last
 * frame, where it has several sectors, may be taken for one that was cut off. */
static void test_each_byte(void **state)
{
    static uint8_t before[sizeof(world.disk)];
    static struct model model;
    uint32_t damaged = 0, same = 0, torn = 0, others = 0;
    (void)state;
    begin(1);
    while (server.journal.head.area == 0) { /* so that there is an older state in the other area */
        assert_int_equal(data(CHANGE_WRITE, "/keys/old", 1, 2500), OK);
    }
    assert_int_equal(commit(change(CHANGE_DELETE, 1, "/keys/old")), OK);
    memset(&model, 0, sizeof(model));
    for (uint32_t i = 0; i < 4; i++) {
        char name[] = "/keys/0";
        name[6] = (char)('0' + i);
        struct change *c = change(i % 2 == 0 ? CHANGE_CREATE : CHANGE_WRITE, 1, name);
        if (i % 2 == 1) c->bytes = 900;
        model_apply(&model, c);
        assert_int_equal(commit(c), OK);
    }
    uint32_t from = (uint32_t)server.journal.end.base * JOURNAL_SECTOR;
    uint32_t end = from + (uint32_t)server.journal.end.at * JOURNAL_SECTOR;
    uint32_t last = end - 3 * JOURNAL_SECTOR;
    memcpy(before, world.disk, sizeof(before));
    for (uint32_t at = 0; at < end; at++) {
        bool head = at / JOURNAL_SECTOR == 0 || at / JOURNAL_SECTOR == 8;
        if (!head && at < from) continue;
        world.disk[at] ^= 0x40;
        enum journal_error e = world_open(&server);
        if (e == JOURNAL_DAMAGED) {
            damaged++;
            uint64_t sector = server.journal.damaged_at;
            assert_true(sector <= at / JOURNAL_SECTOR && sector + 6 > at / JOURNAL_SECTOR);
        } else if (e == JOURNAL_OK && model_is(&model, &server.keys)) {
            same++;
        } else if (e == JOURNAL_OK) {
            assert_true(at >= last);
            torn += server.journal.torn;
            others += !server.journal.torn;
        } else {
            fail_msg("byte %u: error %d", at, (int)e);
        }
        if (head) /* it was written again, from the other one */
            memcpy(world.disk, before, sizeof(before));
        else
            world.disk[at] = before[at];
    }
    printf("%u damaged, %u the same, %u torn, %u not begun\n", damaged, same, torn, others);
    assert_true(damaged > 1000 && same >= 2 * JOURNAL_SECTOR && torn > 900 && others < 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_names),     TEST(test_refusals),     TEST(test_limits),
        TEST(test_list),      TEST(test_inner_spaces), TEST(test_limits_of_an_owner),
        TEST(test_disk_full), TEST(test_wiped),        TEST(test_each_byte)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
