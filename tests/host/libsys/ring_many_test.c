/* ring_many_test.c - several requests of a ring at a time: ring_run.h. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ring_run.h"

enum { ENTRIES = 16 };

static struct {
    struct ring_client client;
    struct ring_server server;
    struct ring_ticket tickets[ENTRIES];
    struct ring_request requests[ENTRIES];
    struct ring_shared *shared;
    uint64_t asked;        /* sector of the next submission */
    uint32_t served, done; /* callbacks */
    uint64_t sum;          /* of what came back */
    uint32_t kept[ENTRIES], kept_count;
} t;

static int setup(void **state)
{
    (void)state;
    memset(&t, 0, sizeof(t));
    t.shared = aligned_alloc(4096, ring_bytes(ENTRIES));
    assert_non_null(t.shared);
    memset(t.shared, 0, ring_bytes(ENTRIES));
    struct ring_place place = {.at = t.shared, .entries = ENTRIES};
    ring_client_init(&t.client, &place, t.tickets);
    ring_server_init(&t.server, &place, t.requests);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(t.shared);
    return 0;
}

static uint64_t fill(void *context, uint32_t i, struct ring_submission *s)
{
    (void)context;
    *s = (struct ring_submission){.op = 3, .flags = 4, .sector = t.asked, .count = i, .data = 99};
    return t.asked++;
}

/* Keeps those whose sector is odd. */
static bool serve(void *context, const struct ring_submission *s, struct ring_completion *out)
{
    (void)context;
    assert_true(s->op == 3 && s->flags == 4 && s->data == 99);
    t.served++;
    if (s->sector % 2 != 0) {
        t.kept[t.kept_count++] = s->id;
        return false;
    }
    *out = (struct ring_completion){.result = 7, .value = s->sector};
    return true;
}

static void done(void *context, uint64_t cookie, const struct ring_completion *c)
{
    (void)context;
    assert_true(c->result == 7 && c->value == cookie);
    t.done++;
    t.sum += cookie;
}

static uint32_t submit(uint32_t count)
{
    uint32_t some = ring_submit_many(&t.client, count, fill, NULL);
    (void)ring_client_publish(&t.client);
    return some;
}

static uint32_t serve_some(uint32_t max)
{
    assert_int_equal(ring_server_look(&t.server), OK);
    uint32_t some = ring_serve_many(&t.server, max, serve, NULL);
    (void)ring_server_publish(&t.server);
    return some;
}

static uint32_t collect(uint32_t max)
{
    enum err err = ring_client_look(&t.client);
    assert_true(err == OK || err == ERR_WOULD_BLOCK);
    return ring_poll_many(&t.client, max, done, NULL);
}

static void complete_kept(void)
{
    while (t.kept_count > 0) {
        struct ring_completion c = {.id = t.kept[--t.kept_count], .result = 7};
        c.value = t.tickets[c.id % ENTRIES].cookie;
        assert_int_equal(ring_complete(&t.server, &c), OK);
    }
    (void)ring_server_publish(&t.server);
}

static void some_at_once_some_later(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 100; round++) {
        assert_int_equal(submit(10), 10);
        assert_int_equal(serve_some(4), 4);
        assert_int_equal(serve_some(100), 6);
        assert_int_equal(t.server.in_flight, 5);
        assert_int_equal(collect(3), 3);
        assert_int_equal(collect(100), 2);
        assert_int_equal(ring_in_flight(&t.client), 5);
        complete_kept();
        assert_int_equal(collect(100), 5);
        assert_int_equal(ring_in_flight(&t.client) + t.server.in_flight, 0);
    }
    assert_int_equal(t.served, 1000);
    assert_int_equal(t.done, 1000);
    assert_int_equal(t.sum, 1000 * 999 / 2);
}

static void one_place_is_kept_for_a_cancel(void **state)
{
    (void)state;
    uint32_t id;
    struct ring_submission no = {.op = RING_OP_CANCEL};
    assert_int_equal(submit(100), ENTRIES - 1);
    assert_int_equal(submit(1), 0);
    assert_int_equal(ring_submit(&t.client, &no, 0, &id), OK);
    assert_int_equal(submit(1), 0);
}

static void nothing_is_submitted_to_a_broken_ring(void **state)
{
    (void)state;
    t.client.broken = true;
    assert_int_equal(submit(1), 0);
}

static bool serve_cancels(void *context, const struct ring_submission *s,
                          struct ring_completion *out)
{
    (void)context;
    if (s->op != RING_OP_CANCEL) {
        t.kept[t.kept_count++] = s->id;
        return false;
    }
    struct ring_completion c = {.id = (uint32_t)s->sector, .result = ERR_CANCELLED};
    assert_true(ring_is_cancelled(&t.server, c.id));
    assert_int_equal(ring_complete(&t.server, &c), OK);
    *out = (struct ring_completion){.result = OK};
    return true;
}

static void expect(uint64_t cookie, uint32_t result)
{
    struct ring_completion c;
    uint64_t got;
    assert_int_equal(ring_poll(&t.client, &c, &got), OK);
    assert_int_equal(got, cookie);
    assert_int_equal(c.result, result);
}

/* All in one batch: what is cancelled came just before. */
static void cancels_within_a_batch(void **state)
{
    (void)state;
    uint32_t first, second, cancel;
    struct ring_submission s = {.op = 1}, no = {.op = RING_OP_CANCEL};
    assert_int_equal(ring_submit(&t.client, &s, 1, &first), OK);
    no.sector = first;
    assert_int_equal(ring_submit(&t.client, &no, 2, &cancel), OK);
    no.sector = 12345; /* there is none */
    assert_int_equal(ring_submit(&t.client, &no, 3, &cancel), OK);
    assert_int_equal(ring_submit(&t.client, &s, 4, &second), OK);
    (void)ring_client_publish(&t.client);
    assert_int_equal(ring_server_look(&t.server), OK);
    assert_int_equal(ring_serve_many(&t.server, 100, serve_cancels, NULL), 4);
    (void)ring_server_publish(&t.server);
    assert_int_equal(t.server.in_flight, 1);
    expect(1, ERR_CANCELLED);
    expect(2, OK);
    expect(3, ERR_RANGE);
    assert_int_equal(ring_complete(&t.server, &(struct ring_completion){.id = second}), OK);
    (void)ring_server_publish(&t.server);
    expect(4, OK);
}

static void liars_are_cut_off(void **state)
{
    (void)state;
    _Atomic uint64_t *words = (_Atomic uint64_t *)(t.shared + 1);
    assert_int_equal(submit(4), 4);
    atomic_store(&words[2 * RING_SUBMISSION_WORDS], atomic_load(&words[RING_SUBMISSION_WORDS]));
    assert_int_equal(serve_some(100), 2); /* the second is kept, the third has its id */
    assert_true(t.server.broken);
    assert_int_equal(ring_server_look(&t.server), ERR_MESSAGE);

    words += (size_t)ENTRIES * RING_SUBMISSION_WORDS;
    atomic_store(&words[0], 9); /* never asked */
    assert_int_equal(collect(100), 0);
    assert_true(t.client.broken);
    assert_int_equal(ring_in_flight(&t.client), 4);
    assert_int_equal(ring_client_look(&t.client), ERR_MESSAGE);
}

/* Callbacks that do what they may not. */
static uint64_t fill_and_submit(void *context, uint32_t i, struct ring_submission *s)
{
    uint32_t id;
    (void)ring_submit(&t.client, &(struct ring_submission){.op = 3}, 0, &id);
    return fill(context, i, s);
}

static void done_and_submit(void *context, uint64_t cookie, const struct ring_completion *c)
{
    uint32_t id;
    (void)ring_submit(&t.client, &(struct ring_submission){.op = 3}, 0, &id);
    done(context, cookie, c);
}

static bool serve_and_close(void *context, const struct ring_submission *s,
                            struct ring_completion *out)
{
    ring_server_close(&t.server);
    return serve(context, s, out);
}

static void misuse(uint32_t which)
{
    if (which == 0) (void)ring_submit_many(&t.client, 2, fill_and_submit, NULL);
    if (which == 1) (void)ring_poll_many(&t.client, 1, done_and_submit, NULL);
    if (which == 2) (void)ring_serve_many(&t.server, 1, serve_and_close, NULL);
}

static void callbacks_that_use_the_ring_trap(void **state)
{
    (void)state;
    (void)submit(8);
    (void)serve_some(4);
    assert_int_equal(ring_client_look(&t.client), OK);
    for (uint32_t which = 0; which < 3; which++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            (void)signal(SIGILL, SIG_DFL);
            misuse(which);
            _exit(0);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGILL);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(some_at_once_some_later),
        CASE(one_place_is_kept_for_a_cancel),
        CASE(nothing_is_submitted_to_a_broken_ring),
        CASE(cancels_within_a_batch),
        CASE(liars_are_cut_off),
        CASE(callbacks_that_use_the_ring_trap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
