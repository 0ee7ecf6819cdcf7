/* tape_test.c - commits by number, wherever they are; folds of any boot. TAPE0001: what is read,
 * and each way in which it cannot be. TAPE0002: the way back of why is that of provenance.h. */
#include "records.h"

#include "book.h"
#include "heap.h"
#include "message.h"
#include "past.h"
#include "provenance.h"

enum { BOOTS = 3, EACH = 15000, WINDOW = 1024, SLOTS = 400, SLOT = 64, ALL = BOOTS * EACH };

void *heap_alloc(size_t bytes)
{
    return malloc(bytes);
}

void heap_free(void *memory)
{
    free(memory);
}

static struct logmem *logs;
static struct store_commit commits[ALL];
static struct store_boot_note notes[BOOTS];

static uint64_t slot_at(int n)
{
    return 0x10000 + (uint64_t)n * SLOT;
}

static struct commit random_commit(const struct reduce *r)
{
    static const uint8_t ops[] = {COMMIT_COPY, COMMIT_COPY, COMMIT_COPY,  COMMIT_MOVE,
                                  COMMIT_MINT, COMMIT_DROP, COMMIT_DELETE};
    uint64_t src = slot_at(rand() % SLOTS), dst = slot_at(rand() % SLOTS);
    const struct reduce_node *n = reduce_find(r, src);
    struct commit c = {.seq = r->count, .op = ops[rand() % 7], .type = CAP_ENDPOINT, .dst = dst};
    c.obj = 0x5000;
    c.cause = r->count;
    c.rights = RIGHTS_ALL;
    c.depth = n != NULL ? (uint8_t)(n->depth + 1) : 0;
    if (c.op != COMMIT_DROP && c.op != COMMIT_DELETE) c.src = src;
    return c;
}

/* A boot of random commits that follow. */
static void boot_make(struct store_commit *out)
{
    struct reduce r;
    void *memory = malloc(reduce_bytes(1024));
    reduce_init(&r, memory, 1024);
    while (r.count < EACH) {
        struct commit c = random_commit(&r);
        if (r.count == 0) c = (struct commit){.op = COMMIT_BOOT};
        if (r.count > 0 && r.live == 0) {
            c = (struct commit){.seq = r.count, .op = COMMIT_GENESIS, .type = CAP_ENDPOINT};
            c.dst = slot_at(0);
            c.obj = 0x5000;
            c.rights = RIGHTS_ALL;
            c.depth = 1;
        }
        uint64_t at = r.count;
        if (c.depth <= 200 && reduce_apply(&r, &c) == REDUCE_OK) out[at].commit = c;
    }
    free(memory);
}

static int setup(void **state)
{
    (void)state;
    struct logmem layout = {.magic = LOGMEM_MAGIC};
    srand(7);
    logmem_layout(&layout, 64 << 20);
    logs = calloc(1, layout.bytes);
    assert_non_null(logs);
    *logs = layout;
    logs->commit_slots = WINDOW;
    for (uint32_t i = 0; i < BOOTS; i++) {
        boot_make(commits + i * EACH);
        notes[i] = (struct store_boot_note){
            .boot = i + 1, .base = i * EACH, .last_count = i > 0 ? EACH : 0};
    }
    for (uint64_t i = 0; i < EACH; i++) { /* the last boot is this one */
        *logmem_commit(logs, i) = commits[(BOOTS - 1) * EACH + i].commit;
    }
    logs->commit_head = EACH;
    past = (struct past){
        .commits = commits, .count = ALL, .notes = notes, .boots = BOOTS, .this = BOOTS};
    book = (struct book){0};
    assert_true(book_open(logs));
    tape_rewind();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    view_close(&book.now);
    view_close(&book.past);
    heap_free(book.lives.at);
    heap_free(book.past_lives.at);
    free(logs);
    return 0;
}

static void every_commit(void **state)
{
    (void)state;
    struct tape_boot b;
    struct tape_hash hash;
    struct commit c;
    for (uint32_t boot = 0; boot <= BOOTS; boot++) {
        const struct store_commit *of = commits + (boot == 0 ? BOOTS - 1 : boot - 1) * EACH;
        assert_int_equal(tape_boot(boot, &b), OK);
        assert_int_equal(b.now, boot == 0 || boot == BOOTS);
        assert_int_equal(b.count, EACH);
        for (uint64_t i = 0; i < EACH; i++) {
            assert_int_equal(tape_get(&b, i, &c, NULL), OK);
            assert_memory_equal(&c, &of[i].commit, sizeof(c));
        }
        assert_int_equal(tape_get(&b, EACH, &c, NULL), AUDIT_NO_RECORD);
        assert_int_equal(tape_get(&b, 5, &c, &hash), OK);
        assert_int_equal(hash.kept, 8);
    }
    assert_int_equal(tape_oldest(), EACH - WINDOW + 1);
    tape_open(logs); /* nothing is read yet */
    uint64_t fetches = past.fetches;
    assert_int_equal(tape_boot(0, &b), OK);
    assert_int_equal(tape_get(&b, EACH - WINDOW + 1, &c, NULL), OK);
    assert_int_equal(past.fetches, fetches); /* what is in memory is not asked for */
    assert_int_equal(tape_get(&b, EACH - WINDOW, &c, NULL), OK);
    assert_int_equal(past.fetches, fetches + 1);
}

static void refusals(void **state)
{
    (void)state;
    const struct view *v;
    struct tape_boot b;
    struct commit c;
    assert_int_equal(tape_boot(BOOTS + 1, &b), AUDIT_NO_BOOT);
    assert_int_equal(book_view(BOOTS + 1, UINT64_MAX, &v), AUDIT_NO_BOOT);
    assert_int_equal(book_view(1, EACH + 1, &v), AUDIT_NO_RECORD);
    assert_int_equal(tape_boot(1, &b), OK);
    for (int err = AUDIT_NO_DISK; err <= AUDIT_AWAY; err++) {
        past.err = err;
        tape_open(logs);
        assert_int_equal(tape_get(&b, 0, &c, NULL), err);
        assert_int_equal(book_view(2, 1, &v), err);
        assert_int_equal(tape_boot(0, &b), OK);
        assert_int_equal(tape_get(&b, EACH - 1, &c, NULL), OK); /* is in memory */
        past.err = OK;
        assert_int_equal(tape_boot(1, &b), OK);
    }
    past.count = 20; /* less than the notes say */
    assert_int_equal(tape_get(&b, 10, &c, NULL), OK);
    assert_int_equal(tape_get(&b, 30, &c, NULL), AUDIT_AWAY);
    commits[5].commit.seq++; /* what comes is not what was asked for */
    tape_open(logs);
    assert_int_equal(tape_get(&b, 5, &c, NULL), AUDIT_AWAY);
}

/* The state after any number of commits of any boot, in any order of asking. */
static void views(void **state)
{
    (void)state;
    struct reduce r;
    void *memory = malloc(reduce_bytes(1024));
    for (int round = 0; round < 60; round++) {
        uint32_t boot = (uint32_t)(rand() % (BOOTS + 1));
        const struct store_commit *of = commits + (boot == 0 ? BOOTS - 1 : boot - 1) * EACH;
        uint64_t count = (uint64_t)rand() % EACH + 1;
        const struct view *v;
        tape_rewind();
        assert_int_equal(book_view(boot, count, &v), OK);
        if (v->boot.now && v == &book.now) assert_true(v->fold.count >= count);
        reduce_init(&r, memory, 1024);
        while (r.count < v->fold.count) {
            assert_int_equal(reduce_apply(&r, &of[r.count].commit), REDUCE_OK);
        }
        for (int i = 0; i < SLOTS; i++) {
            const struct reduce_node *want = reduce_find(&r, slot_at(i));
            const struct reduce_node *got = reduce_find(&v->fold, slot_at(i));
            assert_int_equal(want != NULL, got != NULL);
            if (want != NULL) assert_int_equal(want->made, got->made);
        }
    }
    free(memory);
}

/* What the fold notes on its way, and what is searched for where it did not. */
static void ways(void **state)
{
    (void)state;
    static struct commit list[EACH];
    const struct view *v;
    struct view searching;
    uint64_t source;
    for (uint64_t i = 0; i < EACH; i++) {
        list[i] = commits[EACH + i].commit;
    }
    assert_int_equal(book_view(2, UINT64_MAX, &v), OK);
    assert_int_equal(v->ways.count, EACH);
    searching = *v;
    searching.ways.count = 0;
    for (uint64_t i = 0; i < EACH; i++) {
        if (!provenance_fills(list[i].op)) continue;
        assert_int_equal(view_source(v, i, &source), OK);
        assert_int_equal(source, provenance_step(list, i));
        if (i % 500 != 0) continue;
        tape_rewind();
        assert_int_equal(view_source(&searching, i, &source), OK);
        assert_int_equal(source, provenance_step(list, i));
    }
}

/* A request reads a bounded piece, and the next one goes on. */
static void behind(void **state)
{
    (void)state;
    static struct store_commit large[3 * ALL];
    const struct view *v;
    uint32_t asked = 1;
    for (uint64_t i = 0; i < 3 * ALL; i++) {
        large[i].commit = (struct commit){.seq = i, .op = COMMIT_MAP, .type = CAP_FRAME};
        large[i].commit.dst = slot_at(1);
    }
    large[0].commit = commits[0].commit;
    large[1].commit = commits[1].commit;
    large[1].commit.type = CAP_FRAME;
    large[1].commit.dst = slot_at(1);
    notes[1].base = notes[1].last_count = 3 * ALL;
    past.commits = large;
    past.count = 3 * ALL;
    int err = book_view(1, UINT64_MAX, &v);
    for (; err == AUDIT_BEHIND; asked++) {
        tape_rewind();
        err = book_view(1, UINT64_MAX, &v);
    }
    assert_int_equal(err, OK);
    assert_int_equal(v->broken, REDUCE_OK);
    assert_int_equal(v->fold.count, 3 * ALL);
    assert_int_equal(asked, 3 * ALL / FETCH_COMMITS / 1024 + 1);
    assert_int_equal(past.fetches, (3 * ALL + FETCH_COMMITS - 1) / FETCH_COMMITS);
}

/* A search in all of a boot goes on, too, and says at the end what it found on its way. */
static void search(void **state)
{
    (void)state;
    static struct store_commit large[3 * ALL];
    struct tape_boot b;
    struct view v = {0};
    uint64_t found = 0;
    uint32_t asked = 1;
    for (uint64_t i = 0; i < 3 * ALL; i++) {
        large[i].commit = (struct commit){.seq = i, .op = COMMIT_COPY, .dst = slot_at(2)};
    }
    large[77].commit.dst = large[90].commit.dst = large[100000].commit.dst = slot_at(1);
    large[100000].commit.op = COMMIT_DELETE;
    notes[1].base = notes[1].last_count = 3 * ALL;
    past.commits = large;
    past.count = 3 * ALL;
    assert_int_equal(tape_boot(1, &b), OK);
    v.boot = b;
    int err = view_filled(&v, slot_at(1), 0, 3 * ALL, &found);
    for (; err == AUDIT_BEHIND; asked++) {
        tape_rewind();
        err = view_filled(&v, slot_at(1), 0, 3 * ALL, &found);
    }
    assert_int_equal(err, OK);
    assert_int_equal(found, 90);
    assert_int_equal(asked, 3 * ALL / FETCH_COMMITS / 1024 + 1);
    assert_int_equal(view_filled(&v, slot_at(3), 0, 100, &found), OK);
    assert_int_equal(found, UINT64_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(every_commit), TEST(refusals), TEST(views),
                                       TEST(ways),         TEST(behind),   TEST(search)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
