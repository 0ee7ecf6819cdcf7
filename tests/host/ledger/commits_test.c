/* commits_test.c - the kernel's commits on the disk: which are durable, and read by number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "disk_world.h"

static void commits(void **state)
{
    struct store_figures f;
    (void)state;
    commits_until(1000);
    feed();
    assert_int_equal(store_commits(&disk.store), 1000);
    disk_hurry(&disk);
    settle();
    open_again(1); /* the ledger was started again in the same boot */
    assert_int_equal(store_commits(&disk.store), 1000);
    commits_until(COMMITS);
    feed();
    disk_hurry(&disk);
    settle();
    uint8_t head[HASH_BYTES];
    memcpy(head, chain.head, HASH_BYTES);
    open_again(2);
    store_figures(&disk.store, &f);
    assert_int_equal(f.boot, 2);
    assert_int_equal(f.last_count, COMMITS);
    assert_memory_equal(f.last_head, head, HASH_BYTES);
    assert_int_equal(store_commits(&disk.store), 0);
}

/* More than twice as many commits as the log memory has room for: each is overwritten only when it
 * is durable, whenever the ledger is ended, and none is missing on the disk. */
static void window(void **state)
{
    (void)state;
    const uint64_t slots = log_memory->commit_slots;
    struct log_ledger *page = logmem_ledger(log_memory);
    page->durable = 0;
    while (chain.count < 5 * slots / 2) {
        uint64_t room = page->durable + slots - chain.count, some = 1 + (uint64_t)rand() % 3000;
        bool all = rand() % 4 == 0;
        commits_until(chain.count + (some < room && !all ? some : room));
        if (rand() % 8 == 0) open_again(1);
        while (disk_feed(&disk)) {
        }
        for (int i = rand() % 40; i >= 0 && step(); i--) {
        }
        assert_false(disk.given_up);
        assert_true(disk_durable_commits(&disk) >= page->durable);
        assert_true(disk_durable_commits(&disk) <= store_commits(&disk.store));
        page->durable = disk_durable_commits(&disk);
    }
    feed();
    disk_hurry(&disk);
    settle();
    assert_int_equal(disk_durable_commits(&disk), chain.count);
    struct chain again = {0};
    while (again.count < chain.count) {
        const struct store_commit *got = (const void *)disk.answer.bytes;
        assert_int_equal(ask(DISK_COMMITS, STORE_KERNEL, again.count), OK);
        for (uint32_t i = 0; i < disk.answer.length / sizeof(*got); i++) {
            chain_append(&again, &got[i].commit);
        }
    }
    assert_memory_equal(again.head, chain.head, HASH_BYTES);
    power_cut();
    open_again(2); /* of the new boot none is durable */
    assert_int_equal(disk_durable_commits(&disk), 0);
    open_again(2);
    assert_int_equal(disk_durable_commits(&disk), 0);
}

/* A disk that lost what it called durable: then it is given up, as nothing else has the commits. */
static void window_lost(void **state)
{
    (void)state;
    uint64_t slots = log_memory->commit_slots;
    commits_until(slots + 10); /* the first ten are overwritten, and were never written */
    assert_false(disk_feed(&disk));
    assert_true(disk.given_up);
    assert_int_equal(store_commits(&disk.store), 0);
}

/* Commits and BOOT notes of three boots: by their numbers, in any order, the last note also while
 * it is not durable yet. */
static void history(void **state)
{
    enum { EACH = 700, BOOTS = 3 };
    (void)state;
    for (uint8_t boot = 1; boot <= BOOTS; boot++) {
        const struct store_boot_note *notes = (const void *)disk.answer.bytes;
        if (boot > 1) open_again(boot);
        assert_int_equal(ask(DISK_BOOTS, STORE_NOTES, 1), OK);
        for (uint8_t i = 0; i < boot; i++) {
            assert_int_equal(ask(DISK_BOOTS, STORE_NOTES, i + 1u), OK);
            assert_true(disk.answer.length >= sizeof(*notes));
            assert_int_equal(notes[0].boot, i + 1);
            assert_int_equal(notes[0].base, i * EACH);
            assert_int_equal(notes[0].last_count, i > 0 ? EACH : 0);
        }
        assert_int_equal(ask(DISK_BOOTS, STORE_NOTES, boot), OK);
        assert_int_equal(disk.answer.length, sizeof(*notes));
        assert_int_equal(ask(DISK_BOOTS, STORE_NOTES, boot + 1u), STREAM_NO_RECORD);
        chain = (struct chain){0};
        commits_until(EACH);
        feed();
        append_surely(STREAM, boot - 1u);
        disk_hurry(&disk);
        settle();
    }
    for (uint64_t i = BOOTS * EACH; i-- > 0; i -= i % 50) {
        const struct store_commit *got = (const void *)disk.answer.bytes;
        assert_int_equal(ask(DISK_COMMITS, STORE_KERNEL, i), OK);
        assert_int_equal(got[0].commit.seq, i % EACH);
        assert_int_equal(disk.answer.length % sizeof(*got), 0);
        assert_true(disk.answer.length > 0);
    }
    assert_int_equal(ask(DISK_COMMITS, STORE_KERNEL, BOOTS * EACH), STREAM_NO_RECORD);
    open_again(BOOTS);
    device.fails = true; /* nobody waits for a driver that is away */
    assert_int_equal(ask(DISK_COMMITS, STORE_KERNEL, 0), STREAM_FAILED);
    device.fails = false;
    disk_retry(&disk);
    assert_int_equal(ask(DISK_COMMITS, STORE_KERNEL, 0), OK);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {CASE(commits), CASE(history), CASE(window),
                                       CASE(window_lost)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
