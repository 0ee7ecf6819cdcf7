/* chain_test.c - tampering with the log is detected, and located: I13. */
#include "chain.h"
#include "records.h"

enum { LENGTH = 500 };

static struct records log;
static uint8_t kept[LENGTH * HASH_BYTES];

static int setup(void **state)
{
    (void)state;
    struct chain chain = {0};
    log.count = 0;
    record_world(&log);
    while (log.count < LENGTH) {
        struct commit *c = record_add(&log, COMMIT_MAP, SLOT(log.count % 50));
        c->arg0 = log.count * 4096;
        c->time = log.count * 1000;
    }
    for (uint64_t i = 0; i < LENGTH; i++) {
        chain_append(&chain, &log.list[i]);
        memcpy(kept + i * HASH_BYTES, chain.head, HASH_BYTES);
    }
    return 0;
}

static void expect(enum chain_fault fault, uint64_t at)
{
    struct chain chain = {0};
    struct chain_log l = {.commits = log.list, .count = log.count, .kept = kept, .hashed = LENGTH};
    enum chain_fault found = chain_verify(&chain, &l, log.count);
    assert_string_equal(chain_text(found), chain_text(fault));
    assert_int_equal(chain.count, at);
}

/* LOG0020 */
static void untouched(void **state)
{
    (void)state;
    expect(CHAIN_OK, LENGTH);
}

/* LOG0021: each single bit of a record counts, also of the fields that are zero. */
static void one_bit(void **state)
{
    (void)state;
    for (uint32_t bit = 0; bit < sizeof(struct commit) * 8; bit++) {
        uint64_t at = (bit * 37u) % LENGTH;
        uint8_t *byte = (uint8_t *)&log.list[at] + bit / 8;
        *byte ^= (uint8_t)(1 << bit % 8);
        struct chain chain = {0};
        struct chain_log l = {
            .commits = log.list, .count = log.count, .kept = kept, .hashed = LENGTH};
        assert_int_not_equal(chain_verify(&chain, &l, LENGTH), CHAIN_OK);
        assert_int_equal(chain.count, at);
        *byte ^= (uint8_t)(1 << bit % 8);
    }
    expect(CHAIN_OK, LENGTH);
}

/* LOG0022 */
static void changed(void **state)
{
    (void)state;
    log.list[123].rights ^= 2;
    expect(CHAIN_CHANGED, 123);
}

/* LOG0023 */
static void dropped(void **state)
{
    (void)state;
    memmove(&log.list[200], &log.list[201], (LENGTH - 201) * sizeof(struct commit));
    log.count--;
    expect(CHAIN_DROPPED, 200);
}

/* LOG0024: also when the numbers are made to fit again. */
static void dropped_and_renumbered(void **state)
{
    (void)state;
    memmove(&log.list[200], &log.list[201], (LENGTH - 201) * sizeof(struct commit));
    log.count--;
    for (uint64_t i = 200; i < log.count; i++) {
        log.list[i].seq = i;
    }
    expect(CHAIN_CHANGED, 200);
}

/* LOG0025 */
static void swapped(void **state)
{
    (void)state;
    struct commit c = log.list[300];
    log.list[300] = log.list[310];
    log.list[310] = c;
    expect(CHAIN_SWAPPED, 300);
}

/* LOG0026 */
static void repeated(void **state)
{
    (void)state;
    memmove(&log.list[41], &log.list[40], (LENGTH - 41) * sizeof(struct commit));
    expect(CHAIN_REPEATED, 41);
}

/* LOG0027 */
static void truncated(void **state)
{
    (void)state;
    log.count = LENGTH - 1;
    expect(CHAIN_TRUNCATED, LENGTH - 1);
}

/* LOG0028: a false hash does not make the record look false. */
static void hash_changed(void **state)
{
    (void)state;
    kept[77 * HASH_BYTES + 5] ^= 1;
    expect(CHAIN_HASH, 77);
}

/* LOG0029: who changes a record and its hash has to change all that follow. */
static void record_and_hash(void **state)
{
    (void)state;
    struct chain chain = {.count = 250};
    log.list[250].obj ^= 8;
    memcpy(chain.head, kept + 249 * HASH_BYTES, HASH_BYTES);
    chain_append(&chain, &log.list[250]);
    memcpy(kept + 250 * HASH_BYTES, chain.head, HASH_BYTES);
    expect(CHAIN_CHANGED, 251);
}

/* LOG0030: in steps it gives the same as at once. */
static void in_steps(void **state)
{
    (void)state;
    struct chain chain = {0};
    struct chain_log l = {
        .commits = log.list, .count = LENGTH, .kept = kept, .hashed = LENGTH - 100};
    for (uint64_t until = 7; chain.count < LENGTH; until += 7) {
        assert_int_equal(chain_verify(&chain, &l, until), CHAIN_OK);
    }
    assert_memory_equal(chain.head, kept + (LENGTH - 1) * HASH_BYTES, HASH_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(untouched, setup),
        cmocka_unit_test_setup(one_bit, setup),
        cmocka_unit_test_setup(changed, setup),
        cmocka_unit_test_setup(dropped, setup),
        cmocka_unit_test_setup(dropped_and_renumbered, setup),
        cmocka_unit_test_setup(swapped, setup),
        cmocka_unit_test_setup(repeated, setup),
        cmocka_unit_test_setup(truncated, setup),
        cmocka_unit_test_setup(hash_changed, setup),
        cmocka_unit_test_setup(record_and_hash, setup),
        cmocka_unit_test_setup(in_steps, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
