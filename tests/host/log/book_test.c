/* book_test.c - who was who: processes and threads by the log memory, as axiom and the kernel write
 * it. BOOK0001: no number of short lives pushes out the name of one that lasts. */
#include <sys/mman.h>

#include "records.h"

#include "book.h"
#include "heap.h"

enum { SHORT_LIVES = 5000, CNODES = 0x100000, CNODE_BYTES = 64 * 64, THREADS = 1 << 26 };

void *heap_alloc(size_t bytes)
{
    return malloc(bytes);
}

void heap_free(void *memory)
{
    free(memory);
}

static struct logmem *logs;

static struct log_life life_of(uint32_t pid, const char *name, uint64_t cnode)
{
    struct log_life life = {.commits = logs->commit_head,
                            .pid = pid,
                            .parent = 1,
                            .cnode = cnode,
                            .slots = 64,
                            .name_len = (uint8_t)strlen(name)};
    memcpy(life.name, name, life.name_len);
    return life;
}

static void add(enum commit_op op, uint8_t type, uint64_t dst, uint64_t obj, uint64_t arg1)
{
    struct commit *c = logmem_commit(logs, logs->commit_head);
    *c = (struct commit){.seq = logs->commit_head,
                         .cause = logs->commit_head,
                         .op = (uint8_t)op,
                         .type = type,
                         .rights = RIGHTS_ALL,
                         .dst = dst,
                         .obj = obj,
                         .depth = 1,
                         .arg1 = arg1,
                         .actor = 1};
    logs->commit_head++;
}

static int setup(void **state)
{
    (void)state;
    struct logmem layout = {.magic = LOGMEM_MAGIC};
    logmem_layout(&layout, 64 << 20);
    logs = mmap(NULL, layout.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(logs, MAP_FAILED);
    *logs = layout;
    logs->axiom_thread = 1;
    logs->axiom_cnode = 0x8000;
    book = (struct book){0};
    assert_true(book_open(logs));
    add(COMMIT_BOOT, 0, 0, 0, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    view_close(&book.now);
    view_close(&book.past);
    heap_free(book.lives.at);
    return munmap(logs, logs->bytes);
}

static void assert_text(struct text text, const char *expected)
{
    assert_int_equal(text.len, strlen(expected));
    assert_memory_equal(text.at, expected, text.len);
}

/* One that lives from commit 1 on, beside many that come and go in one place. */
static void long_lives(void **state)
{
    (void)state;
    uint32_t index;
    struct log_life uart = life_of(5, "uart", CNODES);
    logmem_born(logs, &uart);
    for (uint32_t i = 0; i < SHORT_LIVES; i++) {
        uint32_t pid = 6 + i + i / 255; /* never at the place of pid 5: as axiom gives pids */
        if (pid % LIVING_SLOTS == 5) continue;
        struct log_life hello = life_of(pid, "hello", CNODES + CNODE_BYTES);
        logmem_born(logs, &hello);
        add(COMMIT_GENESIS, CAP_ENDPOINT, hello.cnode + 64, 0x5000, 0);
        add(COMMIT_DELETE, CAP_ENDPOINT, hello.cnode + 64, 0x5000, 0);
        hello.ended = logs->commit_head;
        hello.event = LIFE_EXITED;
        logmem_ended(logs, &hello);
    }
    book_look();
    assert_non_null(book_holder(&book.now, CNODES + 3 * 64, logs->commit_head, &index));
    assert_int_equal(index, 3);
    assert_text(book_slot_name(&book.now, CNODES + 3 * 64, logs->commit_head, &index), "uart");
    assert_int_equal(book_process(&book.now, text_from("uart", 4))->pid, 5);
    assert_int_equal(book_process(&book.now, text_from("5", 1))->pid, 5);
    assert_text(book_slot_name(&book.now, CNODES + CNODE_BYTES + 64, logs->commit_head - 1, &index),
                "hello");
    assert_text(book_slot_name(&book.now, CNODES + CNODE_BYTES + 64, logs->commit_head, &index),
                "axiom");
}

/* The newest life of a name, alive or not; axiom by its name, too. */
static void names(void **state)
{
    (void)state;
    struct log_life first = life_of(7, "vfs", CNODES), second = life_of(8, "vfs", CNODES);
    logmem_born(logs, &first);
    first.ended = 1;
    logmem_ended(logs, &first);
    book_look();
    assert_int_equal(book_process(&book.now, text_from("vfs", 3))->pid, 7);
    logmem_born(logs, &second);
    assert_int_equal(book_process(&book.now, text_from("vfs", 3))->pid, 8);
    second.ended = 1;
    logmem_ended(logs, &second);
    book_look();
    assert_int_equal(book_process(&book.now, text_from("vfs", 3))->pid, 8);
    assert_int_equal(book_process(&book.now, text_from("axiom", 5))->cnode, 0x8000);
    assert_null(book_process(&book.now, text_from("nobody", 6)));
}

/* BOOK0002: the same for threads. */
static void long_threads(void **state)
{
    (void)state;
    struct log_life uart = life_of(5, "uart", CNODES);
    logmem_born(logs, &uart);
    add(COMMIT_GENESIS, CAP_CNODE, 0x8000 + 64, CNODES, 0);
    add(COMMIT_GENESIS, CAP_UNTYPED, 0x8000 + 128, THREADS, 0);
    logmem_commit(logs, logs->commit_head - 1)->bits = 26;
    struct commit *made;
    for (uint32_t i = 0; i <= SHORT_LIVES / 2; i++) {
        uint64_t slot = i == 0 ? 0x8000 + 192 : 0x8000 + 256;
        uint64_t obj = THREADS + ((uint64_t)i << THREAD_BITS);
        add(COMMIT_RETYPE, CAP_THREAD, slot, obj, 100 + i);
        made = logmem_commit(logs, logs->commit_head - 1);
        *made = (struct commit){.seq = made->seq,
                                .cause = made->cause,
                                .op = COMMIT_RETYPE,
                                .type = CAP_THREAD,
                                .rights = RIGHTS_ALL,
                                .dst = slot,
                                .src = 0x8000 + 128,
                                .obj = obj,
                                .bits = THREAD_BITS,
                                .depth = 2,
                                .arg0 = obj + (1 << THREAD_BITS) - THREADS,
                                .arg1 = 100 + i};
        if (i == 0) {
            add(COMMIT_COPY, CAP_CNODE, obj + (TS_CSPACE << SLOT_BITS), CNODES, 0);
            made = logmem_commit(logs, logs->commit_head - 1);
            made->src = 0x8000 + 64;
            made->depth = 2;
            continue;
        }
        add(COMMIT_DELETE, CAP_THREAD, slot, obj, 0);
        add(COMMIT_DESTROY, CAP_THREAD, 0, obj, 0);
    }
    assert_int_equal(book_fold(logs->commit_head), OK);
    assert_int_equal(book.now.broken, REDUCE_OK);
    assert_int_equal(view_thread_cnode(&book.now, 100), CNODES);
    assert_text(book_thread_name(&book.now, 100, logs->commit_head), "uart");
}

/* BOOK0003: what a slot held when an event happened, also when it holds something else now. */
static void held_then(void **state)
{
    (void)state;
    struct book_cap cap;
    add(COMMIT_GENESIS, CAP_ENDPOINT, 0x8000 + 64, 0x5000, 0); /* each caused by its own number */
    add(COMMIT_DELETE, CAP_ENDPOINT, 0x8000 + 64, 0x5000, 0);
    add(COMMIT_GENESIS, CAP_ENDPOINT, 0x8000 + 64, 0x6000, 0);
    assert_int_equal(book_fold(logs->commit_head), OK);
    assert_int_equal(book.now.broken, REDUCE_OK);
    assert_false(book_held(0x8000 + 64, 1, &cap));
    assert_true(book_held(0x8000 + 64, 2, &cap));
    assert_int_equal(cap.obj, 0x5000);
    assert_false(book_held(0x8000 + 64, 3, &cap));
    assert_true(book_held(0x8000 + 64, 4, &cap));
    assert_int_equal(cap.obj, 0x6000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(long_lives), TEST(names), TEST(long_threads),
                                       TEST(held_then)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
