/* ring_test.c - both sides of a ring in one program, each fault of the peer on purpose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ring.h"

enum { ENTRIES = 1024, DATA = 4096, LARGEST = RING_ENTRIES_MAX };

static struct {
    struct ring_client client;
    struct ring_server server;
    struct ring_ticket tickets[LARGEST];
    struct ring_request requests[LARGEST];
    struct ring_shared *shared;
} t;

static int ring_new(uint32_t entries)
{
    free(t.shared);
    size_t bytes = ring_bytes(entries) + DATA;
    t.shared = aligned_alloc(4096, bytes);
    assert_non_null(t.shared);
    memset(t.shared, 0, bytes);
    struct ring_place place = {.at = t.shared, .entries = entries, .data_bytes = DATA};
    ring_client_init(&t.client, &place, t.tickets);
    ring_server_init(&t.server, &place, t.requests);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    return ring_new(ENTRIES);
}

static int teardown(void **state)
{
    (void)state;
    free(t.shared);
    t.shared = NULL;
    return 0;
}

static uint32_t submit(uint64_t sector)
{
    uint32_t id = 0;
    struct ring_submission s = {.op = 1, .sector = sector, .count = 8, .data = sector * 2};
    assert_int_equal(ring_submit(&t.client, &s, sector + 7, &id), OK);
    return id;
}

static struct ring_submission take(void)
{
    struct ring_submission s;
    assert_int_equal(ring_take(&t.server, &s), OK);
    return s;
}

static void complete(uint32_t id, uint32_t result)
{
    struct ring_completion c = {.id = id, .result = result, .value = id};
    assert_int_equal(ring_complete(&t.server, &c), OK);
}

static uint64_t poll_one(struct ring_completion *c)
{
    uint64_t cookie = 0;
    assert_int_equal(ring_poll(&t.client, c, &cookie), OK);
    return cookie;
}

static void nothing_to_poll(void)
{
    struct ring_completion c;
    uint64_t cookie;
    assert_int_equal(ring_poll(&t.client, &c, &cookie), ERR_WOULD_BLOCK);
}

static void one_request_goes_there_and_back(void **state)
{
    (void)state;
    struct ring_submission s;
    struct ring_completion c;
    uint32_t id = submit(5);
    assert_int_equal(ring_take(&t.server, &s), ERR_WOULD_BLOCK); /* not published */
    assert_false(ring_client_publish(&t.client));
    s = take();
    assert_int_equal(s.id, id);
    assert_int_equal(s.sector, 5);
    assert_int_equal(s.count, 8);
    assert_int_equal(s.data, 10);
    complete(id, ERR_RANGE);
    nothing_to_poll();
    assert_false(ring_server_publish(&t.server));
    assert_int_equal(poll_one(&c), 12);
    assert_int_equal(c.id, id);
    assert_int_equal(c.result, ERR_RANGE);
    nothing_to_poll();
}

static void a_thousand_in_flight_come_back_in_any_order(void **state)
{
    (void)state;
    static uint32_t ids[ENTRIES];
    static bool seen[ENTRIES];
    uint32_t refused, cancel;
    struct ring_submission s = {.op = 1}, no = {.op = RING_OP_CANCEL};
    for (uint32_t round = 0; round < 3; round++) {
        memset(seen, 0, sizeof(seen));
        for (uint32_t i = 0; i < ENTRIES - 1; i++) {
            ids[i] = submit(i);
        }
        assert_int_equal(ring_submit(&t.client, &s, 0, &refused), ERR_BUSY);
        no.sector = ids[17];
        assert_int_equal(ring_submit(&t.client, &no, 0, &cancel), OK); /* the last place */
        assert_int_equal(ring_submit(&t.client, &no, 0, &refused), ERR_BUSY);
        (void)ring_client_publish(&t.client);
        for (uint32_t i = 0; i < ENTRIES; i++) {
            (void)take();
        }
        assert_int_equal(t.server.in_flight, ENTRIES);
        assert_true(ring_is_cancelled(&t.server, ids[17]));
        assert_false(ring_is_cancelled(&t.server, ids[18]));
        complete(cancel, OK);
        for (uint32_t i = 0; i < ENTRIES - 1; i++) {
            complete(ids[(i * 7 + round) % (ENTRIES - 1)], OK);
        }
        (void)ring_server_publish(&t.server);
        struct ring_completion c;
        (void)poll_one(&c);
        for (uint32_t i = 0; i < ENTRIES - 1; i++) {
            uint64_t cookie = poll_one(&c);
            assert_false(seen[cookie - 7]);
            seen[cookie - 7] = true;
        }
        nothing_to_poll();
        assert_int_equal(t.server.in_flight + ring_in_flight(&t.client), 0);
    }
}

static void counters_wrap(void **state)
{
    (void)state;
    struct ring_completion c;
    ring_new(RING_ENTRIES_MIN);
    t.client.submit.at = t.client.submit.seen = t.server.submit.at = t.server.submit.seen =
        UINT32_MAX - 20;
    t.client.complete.at = t.client.complete.seen = t.server.complete.at = t.server.complete.seen =
        UINT32_MAX - 20;
    t.shared->submit.tail = UINT32_MAX - 20;
    t.shared->complete.tail = UINT32_MAX - 20;
    for (uint64_t i = 0; i < 100; i++) {
        uint32_t id = submit(i);
        (void)submit(i + 1000);
        (void)ring_client_publish(&t.client);
        complete(take().id, OK);
        assert_int_equal(take().sector, i + 1000);
        complete(t.requests[0].in_flight ? t.requests[0].id : t.requests[1].id, OK);
        (void)ring_server_publish(&t.server);
        (void)poll_one(&c);
        assert_int_equal(c.id, id);
        (void)poll_one(&c);
    }
}

static void who_sleeps_is_signalled_once(void **state)
{
    (void)state;
    struct ring_completion c;
    assert_true(ring_server_sleep(&t.server));
    uint32_t id = submit(1);
    assert_true(ring_client_publish(&t.client));
    assert_false(ring_client_publish(&t.client)); /* nothing new */
    (void)submit(2);
    assert_false(ring_client_publish(&t.client)); /* it is awake */
    assert_false(ring_server_sleep(&t.server));
    (void)take();
    assert_false(ring_server_sleep(&t.server)); /* one is left that it has seen */
    (void)take();
    assert_true(ring_client_sleep(&t.client));
    complete(id, OK);
    assert_true(ring_server_publish(&t.server));
    assert_false(ring_client_sleep(&t.client));
    (void)poll_one(&c);
    assert_true(ring_client_sleep(&t.client));
}

static void cancels(void **state)
{
    (void)state;
    struct ring_completion c;
    struct ring_submission s, no = {.op = RING_OP_CANCEL};
    uint32_t cancel, id = submit(1);
    no.sector = id + 1; /* never submitted */
    assert_int_equal(ring_submit(&t.client, &no, 0, &cancel), OK);
    no.sector = cancel + 1; /* the next one's own id */
    assert_int_equal(ring_submit(&t.client, &no, 0, &cancel), OK);
    (void)ring_client_publish(&t.client);
    assert_int_equal(take().id, id);
    assert_int_equal(ring_take(&t.server, &s), ERR_WOULD_BLOCK);
    (void)ring_server_publish(&t.server);
    (void)poll_one(&c);
    assert_int_equal(c.result, ERR_RANGE);
    (void)poll_one(&c);
    assert_int_equal(c.result, ERR_RANGE);
    complete(id, OK);
    assert_int_equal(ring_complete(&t.server, &(struct ring_completion){.id = id}), ERR_RANGE);
    assert_false(ring_is_cancelled(&t.server, id));
}

static void a_lying_client_is_cut_off(void **state)
{
    (void)state;
    struct ring_submission s;
    atomic_store(&t.shared->submit.tail, ENTRIES + 1);
    assert_int_equal(ring_take(&t.server, &s), ERR_MESSAGE);
    atomic_store(&t.shared->submit.tail, 1);
    assert_int_equal(ring_take(&t.server, &s), ERR_MESSAGE); /* for good */
    assert_true(ring_server_sleep(&t.server));

    ring_new(ENTRIES); /* more than completions have been taken for */
    (void)submit(1);
    (void)ring_client_publish(&t.client);
    (void)take();
    atomic_store(&t.shared->submit.tail, ENTRIES + 1);
    assert_int_equal(ring_take(&t.server, &s), ERR_MESSAGE);
    complete(0, OK); /* what is in flight ends, and says nothing */
    assert_int_equal(t.server.in_flight, 0);
    assert_false(ring_server_publish(&t.server));

    ring_new(ENTRIES); /* backwards */
    (void)submit(1);
    (void)ring_client_publish(&t.client);
    (void)take();
    atomic_store(&t.shared->submit.tail, 0);
    assert_int_equal(ring_take(&t.server, &s), ERR_MESSAGE);

    ring_new(ENTRIES); /* an id twice; another one with the same place */
    for (uint32_t other = 0; other <= ENTRIES; other += ENTRIES) {
        ring_new(ENTRIES);
        uint32_t id = submit(1);
        (void)submit(2);
        _Atomic uint64_t *second = (_Atomic uint64_t *)(t.shared + 1) + 4;
        atomic_store(second, (*second & ~0xffffffffull) | (id + other));
        (void)ring_client_publish(&t.client);
        (void)take();
        assert_int_equal(ring_take(&t.server, &s), ERR_MESSAGE);
    }
}

static void a_lying_server_is_cut_off(void **state)
{
    (void)state;
    struct ring_completion c;
    struct ring_submission s = {.op = 1};
    uint64_t cookie;
    uint32_t id;
    atomic_store(&t.shared->complete.tail, 1); /* nothing was asked */
    assert_int_equal(ring_poll(&t.client, &c, &cookie), ERR_MESSAGE);
    atomic_store(&t.shared->complete.tail, 0);
    assert_int_equal(ring_poll(&t.client, &c, &cookie), ERR_MESSAGE);
    assert_int_equal(ring_submit(&t.client, &s, 0, &id), ERR_MESSAGE);
    assert_false(ring_client_sleep(&t.client));

    for (uint32_t i = 0; i < 3; i++) {
        static const uint32_t wrong[] = {1, ENTRIES, UINT32_MAX}; /* free, old, out of range */
        ring_new(ENTRIES);
        (void)submit(1);
        (void)ring_client_publish(&t.client);
        _Atomic uint64_t *first = (_Atomic uint64_t *)(t.shared + 1) + (size_t)4 * ENTRIES;
        atomic_store(first, wrong[i]);
        atomic_store(&t.shared->complete.tail, 1);
        assert_int_equal(ring_poll(&t.client, &c, &cookie), ERR_MESSAGE);
    }
}

static void after_a_close_nothing_is_taken_or_said(void **state)
{
    (void)state;
    struct ring_submission s;
    uint32_t id = submit(1);
    (void)submit(2);
    (void)ring_client_publish(&t.client);
    (void)take();
    ring_server_close(&t.server);
    assert_int_equal(ring_take(&t.server, &s), ERR_PEER_DIED);
    assert_int_equal(t.server.in_flight, 1);
    complete(id, OK);
    assert_int_equal(t.server.in_flight, 0);
    assert_false(ring_server_publish(&t.server));
    assert_true(ring_server_sleep(&t.server));
    nothing_to_poll();
}

static void the_unanswered_are_known(void **state)
{
    (void)state;
    struct ring_completion c;
    uint32_t at = 0, first = submit(10), second = submit(20), third = submit(30);
    uint64_t cookie, sum = 0;
    (void)first;
    (void)third;
    (void)ring_client_publish(&t.client);
    for (uint32_t i = 0; i < 3; i++) {
        (void)take();
    }
    complete(second, OK);
    (void)ring_server_publish(&t.server);
    (void)poll_one(&c);
    for (; ring_unanswered(&t.client, &at, &cookie); sum += cookie) {
    }
    assert_int_equal(sum, 10 + 30 + 2 * 7);
}

static void data_and_sizes(void **state)
{
    (void)state;
    assert_ptr_equal(ring_data(&t.server, 0, DATA), t.server.data);
    assert_ptr_equal(ring_data(&t.server, DATA, 0), t.server.data + DATA);
    assert_ptr_equal(ring_data(&t.server, 512, 512), t.server.data + 512);
    assert_null(ring_data(&t.server, 1, DATA));
    assert_null(ring_data(&t.server, DATA + 1, 0));
    assert_null(ring_data(&t.server, UINT64_MAX, 2));
    assert_null(ring_data(&t.server, 2, UINT64_MAX));
    assert_ptr_equal(t.server.data, t.client.data);
    assert_ptr_equal(t.server.data, (uint8_t *)t.shared + ring_bytes(ENTRIES));
    for (uint32_t n = 0; n <= 2 * LARGEST; n++) {
        bool power = n == 16 || n == 32 || n == 64 || n == 128 || n == 256 || n == 512 ||
                     n == 1024 || n == 2048 || n == 4096;
        assert_int_equal(ring_entries_good(n), power);
    }
    assert_int_equal(ring_bytes(16), 4096);
    assert_int_equal(ring_bytes(64), 4096);
    assert_int_equal(ring_bytes(128), 8192);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(one_request_goes_there_and_back),
        CASE(a_thousand_in_flight_come_back_in_any_order),
        CASE(counters_wrap),
        CASE(who_sleeps_is_signalled_once),
        CASE(cancels),
        CASE(a_lying_client_is_cut_off),
        CASE(a_lying_server_is_cut_off),
        CASE(after_a_close_nothing_is_taken_or_said),
        CASE(the_unanswered_are_known),
        CASE(data_and_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
