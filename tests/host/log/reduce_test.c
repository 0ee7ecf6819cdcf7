/* reduce_test.c - the fold on hand-made logs: operations, refusals, the order of siblings. */
#include "records.h"

static struct records log;
static struct reduce fold;
static uint64_t *memory;

static int setup(void **state)
{
    (void)state;
    log.count = 0;
    memory = malloc(reduce_bytes(NODES));
    reduce_init(&fold, memory, NODES);
    record_world(&log);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(memory);
    return 0;
}

static void expect(enum reduce_result result)
{
    assert_string_equal(reduce_text(fold_all(&fold, &log)), reduce_text(result));
}

static struct walk_item item(uint32_t slot)
{
    struct reduce_node *n = reduce_find(&fold, SLOT(slot));
    assert_non_null(n);
    return reduce_item(&fold, n);
}

static struct commit endpoint(void)
{
    return log.list[3];
}

/* LOG0001 */
static void world(void **state)
{
    (void)state;
    expect(REDUCE_OK);
    assert_int_equal(fold.live, 4);
    assert_int_equal(item(S_UNTYPED).badge, 64);
    assert_int_equal(item(S_UNTYPED).child, SLOT(S_ENDPOINT));
    assert_int_equal(item(S_ENDPOINT).next, SLOT(S_UNTYPED) | 1);
    /* the newest root is the first one; the oldest the last */
    assert_ptr_equal(reduce_next(&fold, NULL), reduce_find(&fold, SLOT(S_LOG)));
    assert_int_equal(item(S_CNODE).next, 1);
}

/* LOG0002: a new child is the first; a removed one's children stand in its place, in order. */
static void siblings(void **state)
{
    (void)state;
    struct commit e = endpoint();
    for (uint32_t i = 0; i < 3; i++) {
        (void)record_copy(&log, S_ENDPOINT, S_FREE + i, &e); /* order 10, 9, 8 */
    }
    struct commit nine = log.list[log.count - 2];
    (void)record_copy(&log, S_FREE + 1, S_FREE + 3, &nine);
    (void)record_copy(&log, S_FREE + 1, S_FREE + 4, &nine); /* below 9: 12, 11 */
    expect(REDUCE_OK);
    assert_int_equal(item(S_ENDPOINT).child, SLOT(S_FREE + 2));
    (void)record_delete(&log, S_FREE + 1, &e);
    expect(REDUCE_OK);
    const uint32_t order[] = {S_FREE + 2, S_FREE + 4, S_FREE + 3, S_FREE};
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(item(order[i]).next, SLOT(order[i + 1]));
    }
    assert_int_equal(item(S_FREE).next, SLOT(S_ENDPOINT) | 1);
    assert_null(reduce_find(&fold, SLOT(S_FREE + 1)));
    /* the depth stays what it was when it was made */
    assert_int_equal(item(S_FREE + 3).depth, 4);
}

/* LOG0003: a move keeps place, children and depth. */
static void moves(void **state)
{
    (void)state;
    struct commit e = endpoint();
    for (uint32_t i = 0; i < 3; i++) {
        (void)record_copy(&log, S_ENDPOINT, S_FREE + i, &e);
    }
    struct commit middle = log.list[log.count - 2];
    (void)record_copy(&log, S_FREE + 1, S_FREE + 3, &middle);
    record_add(&log, COMMIT_MOVE, SLOT(20))->src = SLOT(S_FREE + 1);
    expect(REDUCE_OK);
    assert_int_equal(item(S_FREE + 2).next, SLOT(20));
    assert_int_equal(item(20).next, SLOT(S_FREE));
    assert_int_equal(item(20).child, SLOT(S_FREE + 3));
    assert_int_equal(item(20).depth, 3);
    assert_int_equal(item(S_FREE + 3).next, SLOT(20) | 1);
    record_add(&log, COMMIT_MOVE, SLOT(S_FREE))->src = SLOT(20);
    expect(REDUCE_DST_USED);
}

/* LOG0004: an untyped starts from 0 when its last child is gone, not before. */
static void watermark(void **state)
{
    (void)state;
    struct commit e = endpoint();
    (void)record_copy(&log, S_ENDPOINT, S_FREE, &e);
    (void)record_delete(&log, S_ENDPOINT, &e); /* the copy is the child now */
    expect(REDUCE_OK);
    assert_int_equal(item(S_UNTYPED).badge, 64);
    assert_int_equal(item(S_UNTYPED).child, SLOT(S_FREE));
    (void)record_delete(&log, S_FREE, &e);
    expect(REDUCE_OK);
    assert_int_equal(item(S_UNTYPED).badge, 0);
    assert_int_equal(item(S_UNTYPED).child, 0);
}

/* LOG0005: mappings, and that a removal ends them. */
static void mappings(void **state)
{
    (void)state;
    struct commit frame = *record_retype(&log, S_FREE, CAP_FRAME, 4096, 12);
    struct commit *map = record_add(&log, COMMIT_MAP, SLOT(S_FREE));
    map->type = CAP_FRAME;
    map->obj = 0x7000;
    map->arg0 = 0x400000;
    map->rights = RIGHT_READ | MAP_EXEC;
    expect(REDUCE_OK);
    assert_int_equal(item(S_FREE).badge, 0x400000 | RIGHT_READ | MAP_EXEC);
    assert_int_equal(item(S_FREE).extra, 0x7000);
    (void)record_copy(&log, S_FREE, S_FREE + 1, &frame);
    expect(REDUCE_OK);
    assert_int_equal(item(S_FREE + 1).badge, 0);
    record_add(&log, COMMIT_UNMAP, SLOT(S_FREE))->type = CAP_FRAME;
    expect(REDUCE_OK);
    assert_int_equal(item(S_FREE).badge, 0);
    assert_int_equal(item(S_FREE).extra, 0);
    record_add(&log, COMMIT_MAP, SLOT(S_ENDPOINT))->type = CAP_ENDPOINT;
    expect(REDUCE_UNKNOWN);
}

/* LOG0006: configuration is the object's, and ends with it. */
static void configuration(void **state)
{
    (void)state;
    struct commit sched = *record_retype(&log, S_FREE, CAP_SCHED, 64, SCHED_BITS);
    (void)record_copy(&log, S_FREE, S_FREE + 1, &sched);
    struct commit *c = record_add(&log, COMMIT_CONFIGURE, SLOT(S_FREE));
    c->type = CAP_SCHED;
    c->obj = sched.obj;
    c->arg0 = 1000;
    c->arg1 = 5000;
    expect(REDUCE_OK);
    assert_int_equal(item(S_FREE + 1).badge, 1000);
    assert_int_equal(item(S_FREE + 1).extra, 5000);
    (void)record_delete(&log, S_FREE, &sched);
    (void)record_delete(&log, S_FREE + 1, &sched);
    c = record_add(&log, COMMIT_DESTROY, 0);
    c->type = CAP_SCHED;
    c->obj = sched.obj;
    (void)record_retype(&log, S_FREE, CAP_SCHED, 128, SCHED_BITS);
    log.list[log.count - 1].obj = UNTYPED_BASE + 128;
    expect(REDUCE_OK);
    assert_int_equal(item(S_FREE).badge, 0);
}

/* LOG0007: a binding ends with its notification. */
static void bindings(void **state)
{
    (void)state;
    struct commit n = *record_retype(&log, S_FREE, CAP_NOTIFICATION, 64, NOTIFICATION_BITS);
    struct commit *c = record_add(&log, COMMIT_BIND, SLOT(S_LOG));
    c->type = CAP_LOG;
    c->obj = n.obj;
    c->badge = 7;
    expect(REDUCE_OK);
    assert_int_equal(item(S_LOG).badge, 7);
    assert_int_equal(item(S_LOG).extra, n.obj);
    (void)record_delete(&log, S_FREE, &n);
    c = record_add(&log, COMMIT_DESTROY, 0);
    c->type = CAP_NOTIFICATION;
    c->obj = n.obj;
    expect(REDUCE_OK);
    assert_int_equal(item(S_LOG).badge, 0);
    assert_int_equal(item(S_LOG).extra, 0);
}

/* LOG0008: marks keep a slot from being used, until they are dropped or their container goes. */
static void marks(void **state)
{
    (void)state;
    struct commit e = endpoint();
    (void)record_copy(&log, S_ENDPOINT, S_FREE, &e);
    record_delete(&log, S_FREE, &e)->flags = DELETE_MARKS;
    expect(REDUCE_OK);
    assert_null(reduce_find(&fold, SLOT(S_FREE)));
    assert_int_equal(fold.marked, 1);
    struct commit *drop = record_add(&log, COMMIT_DROP, SLOT(S_FREE));
    drop->type = CAP_REVOKED;
    (void)record_copy(&log, S_ENDPOINT, S_FREE, &e);
    expect(REDUCE_OK);
    assert_int_equal(fold.marked, 0);
    record_delete(&log, S_FREE, &e)->flags = DELETE_MARKS;
    (void)record_copy(&log, S_ENDPOINT, S_FREE, &e);
    expect(REDUCE_DST_USED);
}

static void make_cnode(struct commit *out)
{
    *out = *record_retype(&log, S_FREE, CAP_CNODE, 4096, 8);
    struct commit e = endpoint();
    struct commit *inner = record_copy(&log, S_ENDPOINT, 0, &e);
    inner->dst = out->obj + 64;
}

static void destroy_cnode(const struct commit *cnode)
{
    (void)record_delete(&log, S_FREE, cnode);
    struct commit *c = record_add(&log, COMMIT_DESTROY, 0);
    c->type = CAP_CNODE;
    c->obj = cnode->obj;
}

/* LOG0009: a destroyed container leaves nothing behind. */
static void containers(void **state)
{
    (void)state;
    struct commit cnode, e = endpoint();
    make_cnode(&cnode);
    record_delete(&log, 0, &e)->dst = cnode.obj + 64;
    log.list[log.count - 1].flags = DELETE_MARKS;
    destroy_cnode(&cnode);
    expect(REDUCE_OK);
    assert_int_equal(fold.marked, 0);
    make_cnode(&cnode);
    expect(REDUCE_MEMORY); /* the same place again, above which the watermark stands */
}

/* LOG0010 */
static void container_not_empty(void **state)
{
    (void)state;
    struct commit cnode;
    make_cnode(&cnode);
    destroy_cnode(&cnode);
    expect(REDUCE_LEFT);
}

/* LOG0011: what may not follow is refused, and the state stays where it was. */
static void refusals(void **state)
{
    (void)state;
    static const struct {
        enum reduce_result result;
        struct commit change;
    } cases[] = {
        {REDUCE_SEQUENCE, {.seq = 99, .op = COMMIT_REVOKED, .dst = SLOT(S_CNODE)}},
        {REDUCE_UNKNOWN, {.op = 0}},
        {REDUCE_UNKNOWN, {.op = COMMIT_CONFIGURE + 1}},
        {REDUCE_NO_DST, {.op = COMMIT_DELETE, .dst = SLOT(30), .type = CAP_ENDPOINT}},
        {REDUCE_NO_DST, {.op = COMMIT_MAP, .dst = SLOT(30), .type = CAP_FRAME}},
        {REDUCE_NO_SRC, {.op = COMMIT_COPY, .dst = SLOT(30), .src = SLOT(31)}},
        {REDUCE_NO_SRC, {.op = COMMIT_MOVE, .dst = SLOT(30), .src = SLOT(31)}},
        {REDUCE_NO_SRC,
         {.op = COMMIT_RETYPE, .dst = SLOT(30), .src = SLOT(S_ENDPOINT), .type = CAP_FRAME}},
        {REDUCE_DIFFERS, {.op = COMMIT_DELETE, .dst = SLOT(S_ENDPOINT), .type = CAP_FRAME}},
        {REDUCE_DIFFERS, {.op = COMMIT_REVOKED, .dst = SLOT(S_UNTYPED)}},
        {REDUCE_DIFFERS, {.op = COMMIT_DESTROY, .type = CAP_ENDPOINT, .obj = UNTYPED_BASE}},
        {REDUCE_DST_USED, {.op = COMMIT_GENESIS, .dst = SLOT(S_LOG), .type = CAP_LOG, .depth = 1}},
        {REDUCE_RIGHTS,
         {.op = COMMIT_COPY,
          .dst = SLOT(30),
          .src = SLOT(S_ENDPOINT),
          .type = CAP_ENDPOINT,
          .obj = UNTYPED_BASE + 64,
          .bits = ENDPOINT_BITS,
          .depth = 3}},
        {REDUCE_RIGHTS,
         {.op = COMMIT_COPY,
          .dst = SLOT(30),
          .src = SLOT(S_ENDPOINT),
          .type = CAP_ENDPOINT,
          .obj = UNTYPED_BASE,
          .bits = ENDPOINT_BITS,
          .rights = 15,
          .depth = 3}},
        {REDUCE_MEMORY,
         {.op = COMMIT_RETYPE,
          .dst = SLOT(30),
          .src = SLOT(S_UNTYPED),
          .type = CAP_REPLY,
          .obj = UNTYPED_BASE,
          .bits = REPLY_BITS,
          .depth = 2,
          .arg0 = 64}},
        {REDUCE_MEMORY,
         {.op = COMMIT_RETYPE,
          .dst = SLOT(30),
          .src = SLOT(S_UNTYPED),
          .type = CAP_FRAME,
          .obj = UNTYPED_BASE + (1 << 20),
          .bits = 12,
          .depth = 2,
          .arg0 = (1 << 20) + 4096}},
    };
    expect(REDUCE_OK);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct commit c = cases[i].change;
        if (c.seq == 0) c.seq = fold.count;
        assert_string_equal(reduce_text(reduce_apply(&fold, &c)), reduce_text(cases[i].result));
        assert_int_equal(fold.count, log.count);
        assert_int_equal(fold.live, 4);
    }
}

/* LOG0012: rights that a child lacks cannot come back; a set badge stays. */
static void attenuation(void **state)
{
    (void)state;
    struct commit e = endpoint(), *c = record_copy(&log, S_ENDPOINT, S_FREE, &e);
    c->rights = RIGHT_WRITE;
    c->badge = 5;
    struct commit child = *c;
    c = record_copy(&log, S_FREE, S_FREE + 1, &child);
    expect(REDUCE_OK);
    struct commit wrong = *record_copy(&log, S_FREE, S_FREE + 2, &child);
    wrong.rights = RIGHT_WRITE | RIGHT_GRANT;
    assert_int_equal(reduce_apply(&fold, &wrong), REDUCE_RIGHTS);
    wrong.rights = RIGHT_WRITE;
    wrong.badge = 6;
    assert_int_equal(reduce_apply(&fold, &wrong), REDUCE_RIGHTS);
    wrong.badge = 5;
    assert_int_equal(reduce_apply(&fold, &wrong), REDUCE_OK);
}

/* LOG0013: memory given is enough for what was promised, and what is more is said. */
static void full(void **state)
{
    (void)state;
    struct commit e = endpoint();
    for (uint32_t i = 0; i < NODES - 4; i++) {
        (void)record_copy(&log, S_ENDPOINT, S_FREE + i, &e);
    }
    expect(REDUCE_OK);
    (void)record_copy(&log, S_ENDPOINT, S_FREE + NODES, &e);
    expect(REDUCE_FULL);
}

/* LOG0014: every field of an item is compared. */
static void differences(void **state)
{
    (void)state;
    expect(REDUCE_OK);
    struct walk_item good = item(S_ENDPOINT);
    struct reduce_difference d;
    assert_false(reduce_differs(&good, &good, &d));
    static const struct {
        size_t at;
        const char *field;
    } fields[] = {
        {offsetof(struct walk_item, slot), "slot"},
        {offsetof(struct walk_item, type), "type"},
        {offsetof(struct walk_item, rights), "rights"},
        {offsetof(struct walk_item, flags), "flags"},
        {offsetof(struct walk_item, bits), "bits"},
        {offsetof(struct walk_item, depth), "depth"},
        {offsetof(struct walk_item, obj), "obj"},
        {offsetof(struct walk_item, badge), "badge"},
        {offsetof(struct walk_item, extra), "extra"},
        {offsetof(struct walk_item, child), "child"},
        {offsetof(struct walk_item, next), "next"},
    };
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        struct walk_item bad = good;
        ((uint8_t *)&bad)[fields[i].at] ^= 1;
        assert_true(reduce_differs(&good, &bad, &d));
        assert_string_equal(d.field, fields[i].field);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(world, setup, teardown),
        cmocka_unit_test_setup_teardown(siblings, setup, teardown),
        cmocka_unit_test_setup_teardown(moves, setup, teardown),
        cmocka_unit_test_setup_teardown(watermark, setup, teardown),
        cmocka_unit_test_setup_teardown(mappings, setup, teardown),
        cmocka_unit_test_setup_teardown(configuration, setup, teardown),
        cmocka_unit_test_setup_teardown(bindings, setup, teardown),
        cmocka_unit_test_setup_teardown(marks, setup, teardown),
        cmocka_unit_test_setup_teardown(containers, setup, teardown),
        cmocka_unit_test_setup_teardown(container_not_empty, setup, teardown),
        cmocka_unit_test_setup_teardown(refusals, setup, teardown),
        cmocka_unit_test_setup_teardown(attenuation, setup, teardown),
        cmocka_unit_test_setup_teardown(full, setup, teardown),
        cmocka_unit_test_setup_teardown(differences, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
