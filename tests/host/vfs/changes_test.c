/*
 * changes_test.c - changes that nobody sees until all of them are there, or none.
 */
#include "forks.h"

/* Nobody sees it, then everybody sees all of it. */
static void commits(void **state)
{
    struct asker red;
    uint32_t node, before, t;

    (void)state;
    tree(&ann, "/hers/t");
    before = vfs.nodes_used;
    assert_int_equal(find(&ann, "/hers/t", &t), VFS_OK);
    assert_int_equal(fork_at(&ann, "/hers/t", "/hers/t", &red), VFS_OK);
    assert_int_equal(vfs_account(&vfs, ANN).files, 5 + 4); /* while both are there */
    assert_int_equal(put(&red, "/hers/t/f", "later"), VFS_OK);
    assert_int_equal(take(&red, "/hers/t/d", REMOVE_WHOLE), VFS_OK);
    assert_int_equal(put(&red, "/hers/t/new", "new"), VFS_OK);
    assert_int_equal(move_path(&red, "/hers/t/new", "/tmp/new"), VFS_OTHER_TREE);
    expect(&red, "/hers/t/f", "later");
    expect(&ann, "/hers/t/f", "first");
    expect(&ann, "/hers/t/d/g", "deep");
    assert_int_equal(find(&ann, "/hers/t/new", &node), VFS_NOT_FOUND);
    assert_int_equal(apply_if(vfs_decide_commit(&vfs, &ann, &record)), VFS_NOT_FORK);
    assert_int_equal(apply_if(vfs_decide_commit(&vfs, &red, &record)), VFS_OK);
    expect(&ann, "/hers/t/f", "later");
    expect(&ann, "/hers/t/new", "new");
    assert_int_equal(find(&ann, "/hers/t/d", &node), VFS_NOT_FOUND);
    assert_int_equal(find(&ann, "/hers/t", &node), VFS_OK);
    assert_int_equal(node, t); /* the same directory */
    expect(&red, "/hers/t/new", "new");
    assert_int_equal(apply_if(vfs_decide_commit(&vfs, &red, &record)), VFS_NOT_FORK);
    assert_int_equal(vfs.nodes_used, before - 1);
    assert_int_equal(vfs_account(&vfs, ANN).files, 5 - 1);
    assert_int_equal(vfs_account(&vfs, ANN).bytes, 5 + 3);
    close_all();
}

/* What others pay for the fork comes to the owners when it is put in place: if they may. */
static void commit_accounts(void **state)
{
    const struct account small = {.user = ANN, .bytes_max = 12};
    struct asker red;

    (void)state;
    tree(&ann, "/hers/t");
    assert_int_equal(apply_if(vfs_decide_limit(&vfs, &the_system, &small, &record)), VFS_OK);
    assert_int_equal(fork_at(&the_system, "/hers/t", "/hers/t", &red), VFS_OK);
    assert_int_equal(put(&red, "/hers/t/f", "nine more"), VFS_OK);
    assert_int_equal(vfs_account(&vfs, ANN).bytes, 9);
    assert_int_equal(apply_if(vfs_decide_commit(&vfs, &red, &record)), VFS_QUOTA);
    assert_int_equal(put(&red, "/hers/t/f", "eight..."), VFS_OK);
    assert_int_equal(apply_if(vfs_decide_commit(&vfs, &red, &record)), VFS_OK);
    assert_int_equal(vfs_account(&vfs, ANN).bytes, 12);
    assert_int_equal(vfs_account(&vfs, ANN).files, 5);
    close_all();
}

static enum vfs_error limit_user(uint64_t user, uint64_t bytes)
{
    const struct account limits = {.user = user, .bytes_max = bytes};

    return apply_if(vfs_decide_limit(&vfs, &the_system, &limits, &record));
}

/* Two that have nothing yet, and one place among those who have. */
static void commit_places(void **state)
{
    struct asker red;
    uint64_t user = 100;

    (void)state;
    tree(&ann, "/hers/t");
    assert_int_equal(fork_at(&the_system, "/hers/t", "/hers/t", &red), VFS_OK);
    assert_int_equal(own(&red, "/hers/t/f", 50), VFS_OK);
    assert_int_equal(own(&red, "/hers/t/d/g", 51), VFS_OK);
    while (limit_user(user, 1000) == VFS_OK) {
        user++;
    }
    assert_int_equal(limit_user(100, 0), VFS_OK);
    assert_int_equal(apply_if(vfs_decide_commit(&vfs, &red, &record)), VFS_LIMIT);
    assert_int_equal(limit_user(101, 0), VFS_OK);
    assert_int_equal(apply_if(vfs_decide_commit(&vfs, &red, &record)), VFS_OK);
    assert_int_equal(vfs_account(&vfs, 51).files, 1);
    close_all();
}

static void refusals(void **state)
{
    struct asker red, other, root;
    uint32_t before;

    (void)state;
    tree(&ann, "/hers/t");
    before = vfs.nodes_used;
    assert_int_equal(fork_at(&ann, "/hers/t/f", "/hers/t", &red), VFS_NOT_DIRECTORY);
    assert_int_equal(fork_at(&ann, "/hers/t", "/hers", &red), VFS_NOT_FROZEN);
    assert_int_equal(keep(&ann, "/hers/t", "/hers/k"), VFS_OK);
    assert_int_equal(fork_at(&ann, "/hers/k", "/hers/k", &red), VFS_FROZEN);
    assert_int_equal(fork_at(&ann, "/hers", "/hers", &red), VFS_FROZEN); /* it has one in it */
    assert_int_equal(take(&ann, "/hers/k", REMOVE_WHOLE), VFS_OK);
    assert_int_equal(fork_at(&the_system, "/", "/", &red), VFS_READ_ONLY); /* the boot image's */
    assert_int_equal(mode(&ann, "/hers/t/d", MODE_OWNER_READ | MODE_OWNER_EXECUTE), VFS_OK);
    assert_int_equal(fork_at(&bob, "/hers/t", "/hers/t", &red), VFS_DENIED);
    assert_int_equal(mode(&ann, "/hers/t/d", MODE_ALL), VFS_OK);
    /* Two begin; one commits; what the other did is refused, and dropped. */
    assert_int_equal(fork_at(&ann, "/hers/t", "/hers/t", &red), VFS_OK);
    uint16_t open = record.open;
    assert_int_equal(fork_at(&ann, "/hers/t", "/hers/t", &other), VFS_OK);
    assert_int_equal(put(&red, "/hers/t/f", "red"), VFS_OK);
    assert_int_equal(put(&other, "/hers/t/f", "other"), VFS_OK);
    assert_int_equal(apply_if(vfs_decide_commit(&vfs, &other, &record)), VFS_OK);
    assert_int_equal(apply_if(vfs_decide_commit(&vfs, &red, &record)), VFS_CONFLICT);
    assert_true(vfs_decide_close(&vfs, open, vfs.opens[open].generation, &record));
    vfs_apply(&vfs, &record);
    expect(&ann, "/hers/t/f", "other");
    assert_int_equal(vfs.nodes_used, before);
    /* Each change of what it is a copy of is one too many; and so is its end. */
    static const char *const gone[] = {"/hers/t/f", "/hers/t"};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(fork_at(&ann, "/hers/t", "/hers/t", &red), VFS_OK);
        assert_int_equal(take(&ann, gone[i], REMOVE_WHOLE), VFS_OK);
        assert_int_equal(apply_if(vfs_decide_commit(&vfs, &red, &record)), VFS_CONFLICT);
    }
    /* What is bound below would lead to what is gone. */
    tree(&ann, "/hers/t");
    const struct vfs_grant g = {.user = ANN, .rights = MAY_READ, .fresh = true};
    assert_int_equal(apply_if(vfs_decide_open_new(&vfs, &ann, VFS_ROOT, &g, &record)), VFS_OK);
    root = ann;
    root.view = vfs.opens[record.open].view;
    const struct vfs_paths paths = {path_at("/hers/t/d"), path_at("/tmp")};
    assert_int_equal(apply_if(vfs_decide_bind(&vfs, &root, &paths, false, &record)), VFS_OK);
    assert_int_equal(fork_at(&ann, "/hers/t", "/hers/t", &red), VFS_OK);
    assert_int_equal(apply_if(vfs_decide_commit(&vfs, &red, &record)), VFS_BUSY);
    close_all();
    assert_int_equal(vfs.tops_used, 0);
    /* A fork of all that one has; and one of a fork, which is put in place in it. */
    assert_int_equal(find(&ann, "/hers", &before), VFS_OK);
    struct asker home = ann;
    home.base = before;
    assert_int_equal(fork_at(&home, "/", "/", &red), VFS_OK);
    assert_int_equal(put(&red, "/x", "x"), VFS_OK);
    assert_int_equal(fork_at(&red, "/t", "/t", &other), VFS_OK);
    assert_int_equal(put(&other, "/t/f", "inner"), VFS_OK);
    assert_int_equal(apply_if(vfs_decide_commit(&vfs, &other, &record)), VFS_OK);
    expect(&red, "/t/f", "inner");
    expect(&home, "/t/f", "first");
    assert_int_equal(apply_if(vfs_decide_commit(&vfs, &red, &record)), VFS_OK);
    expect(&home, "/t/f", "inner");
    expect(&home, "/x", "x");
    close_all();
}

/* The power goes after each record of a change: the next boot has what was there before the first
 * of them, or after the last what was put in its place, and nothing else of it. */
enum { RECORDS = 32 };
static struct vfs_record past[RECORDS];
static uint32_t past_count;

static void past_note(void)
{
    assert_true(past_count < RECORDS);
    past[past_count++] = record;
}

/* The state `now` as it began, and `count` records more; then a boot. */
static void fold_past(struct vfs *v, const struct vfs *now, uint32_t count)
{
    const struct vfs_record boot = {.type = VFS_CLOSE_ALL};
    static struct vfs_record r;
    uint64_t at = 0;

    world_begin(v, &(struct vfs_memory){v->nodes, v->names, v->pool, v->masks, v->recent});
    assert_true(vfs_add_image_file(v, "/bin/init", (const uint8_t *)"x", 1));
    while (vfs_snapshot(now, &at, &r)) {
        vfs_apply(v, &r);
    }
    for (uint32_t i = 0; i < count; i++) {
        vfs_apply(v, &past[i]);
    }
    vfs_apply(v, &boot);
    if (vfs_is_sound(v) != NULL) fail_msg("%s", vfs_is_sound(v));
}

static void power_cuts(void **state)
{
    static struct vfs start, then;
    struct vfs_memory of_start = memory_make(), of_then = memory_make();
    struct asker red;
    uint32_t node;

    (void)state;
    tree(&ann, "/hers/t");
    world_begin(&start, &of_start);
    world_begin(&then, &of_then);
    fold_past(&start, &vfs, 0);
    before_apply = past_note;
    assert_int_equal(fork_at(&ann, "/hers/t", "/hers/t", &red), VFS_OK);
    assert_int_equal(put(&red, "/hers/t/f", "later"), VFS_OK);
    assert_int_equal(take(&red, "/hers/t/d", REMOVE_WHOLE), VFS_OK);
    assert_int_equal(put(&red, "/hers/t/new", "new"), VFS_OK);
    assert_int_equal(move_path(&red, "/hers/t/new", "/hers/t/moved"), VFS_OK);
    assert_int_equal(apply_if(vfs_decide_commit(&vfs, &red, &record)), VFS_OK);
    before_apply = NULL;
    assert_in_range(past_count, 9, RECORDS);
    for (uint32_t count = 0; count <= past_count; count++) {
        bool all = count == past_count;
        fold_past(&then, &start, count);
        assert_int_equal(then.nodes_used, start.nodes_used - all);
        assert_int_equal(then.tops_used, 0);
        assert_int_equal(vfs_find(&then, &ann, path_at("/hers/t/d/g"), 0, &node),
                         all ? VFS_NOT_FOUND : VFS_OK);
        assert_int_equal(vfs_find(&then, &ann, path_at("/hers/t/moved"), 0, &node),
                         all ? VFS_OK : VFS_NOT_FOUND);
        assert_int_equal(vfs_find(&then, &ann, path_at("/hers/t/f"), 0, &node), VFS_OK);
        uint8_t bytes[8];
        assert_int_equal(vfs_read(&then, node, 0, sizeof(bytes), bytes), 5);
        assert_memory_equal(bytes, all ? "later" : "first", 5);
    }
    memory_free(&of_start);
    memory_free(&of_then);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(commits), TEST(commit_accounts), TEST(commit_places), TEST(refusals), TEST(power_cuts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
