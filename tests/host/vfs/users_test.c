/*
 * users_test.c - who may do what: modes against the user of the capability and never against the
 * path, rights that only shrink, limits.
 */
#include "steps.h"

/* The hole that this closes: a path that names a user makes nobody that user. */
static void the_path_says_nothing_about_who_asks(void **state)
{
    uint32_t node;

    (void)state;
    assert_int_equal(mode(&ann, "/hers", 0x70), VFS_OK); /* rwx----: not even the system */
    assert_int_equal(make(&ann, "/hers/x", NODE_FILE), VFS_OK);
    assert_int_equal(find(&ann, "/hers/x", &node), VFS_OK);
    assert_int_equal(vfs.nodes[node].owner, ANN);
    assert_int_equal(find(&bob, "/hers/x", &node), VFS_DENIED);
    assert_int_equal(find(&bob, "/hers/no", &node), VFS_DENIED); /* nor whether it is there */
    assert_int_equal(find(&the_system, "/hers/x", &node), VFS_DENIED);
    assert_int_equal(make(&bob, "/hers/y", NODE_FILE), VFS_DENIED);
    assert_int_equal(take(&bob, "/hers/x", REMOVE_ONE), VFS_DENIED);
    assert_int_equal(move_path(&bob, "/hers/x", "/tmp/x"), VFS_DENIED);
    assert_int_equal(make_link(&bob, "/tmp/l", "/hers/x"), VFS_OK);
    assert_int_equal(find(&bob, "/tmp/l", &node), VFS_DENIED); /* a link gives no rights */
    assert_int_equal(mode(&bob, "/hers", MODE_ALL), VFS_DENIED);
}

static void modes(void **state)
{
    (void)state;
    assert_int_equal(make(&ann, "/tmp/a", NODE_FILE), VFS_OK);
    static const struct {
        uint8_t mode, right;
        enum vfs_error ann, system, bob;
    } cases[] = {
        {0, MAY_READ, VFS_DENIED, VFS_DENIED, VFS_DENIED},
        {MODE_OWNER_READ, MAY_READ, VFS_OK, VFS_DENIED, VFS_DENIED},
        {MODE_SYSTEM_READ, MAY_READ, VFS_DENIED, VFS_OK, VFS_DENIED},
        {MODE_WORLD_READ, MAY_READ, VFS_DENIED, VFS_DENIED, VFS_OK},
        {MODE_OWNER_WRITE, MAY_WRITE, VFS_OK, VFS_DENIED, VFS_DENIED},
        {MODE_SYSTEM_WRITE, MAY_WRITE, VFS_DENIED, VFS_OK, VFS_DENIED},
        {MODE_WORLD_WRITE, MAY_WRITE, VFS_DENIED, VFS_DENIED, VFS_OK},
        {MODE_WORLD_READ, MAY_WRITE, VFS_DENIED, VFS_DENIED, VFS_DENIED},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(mode(&ann, "/tmp/a", cases[i].mode), VFS_OK);
        assert_int_equal(open_path(&ann, "/tmp/a", cases[i].right), cases[i].ann);
        assert_int_equal(open_path(&the_system, "/tmp/a", cases[i].right), cases[i].system);
        assert_int_equal(open_path(&bob, "/tmp/a", cases[i].right), cases[i].bob);
    }
    assert_int_equal(mode(&the_system, "/bin/init", 0), VFS_READ_ONLY);
    assert_int_equal(mode(&the_system, "/hers", 0x10), VFS_OK); /* --x: to pass only */
    uint32_t node;
    assert_int_equal(find(&ann, "/hers/x", &node), VFS_NOT_FOUND);
    assert_int_equal(make(&ann, "/hers/x", NODE_FILE), VFS_DENIED);
    assert_int_equal(mode(&the_system, "/hers", 0), VFS_OK);
    assert_int_equal(find(&ann, "/hers/x", &node), VFS_DENIED);
}

/* Where all may write, nobody takes away what is another's. */
static void shared_directory(void **state)
{
    (void)state;
    assert_int_equal(make(&ann, "/tmp/a", NODE_FILE), VFS_OK);
    assert_int_equal(make(&bob, "/tmp/b", NODE_FILE), VFS_OK);
    assert_int_equal(take(&bob, "/tmp/a", REMOVE_ONE), VFS_DENIED);
    assert_int_equal(move_path(&bob, "/tmp/b", "/tmp/a"), VFS_DENIED);
    assert_int_equal(take(&ann, "/tmp", REMOVE_INSIDE), VFS_DENIED);
    assert_int_equal(move_path(&bob, "/tmp/b", "/tmp/c"), VFS_OK);
    assert_int_equal(take(&the_system, "/tmp", REMOVE_INSIDE), VFS_OK);
    assert_int_equal(vfs_account(&vfs, ANN).files, 1); /* her home */
    assert_int_equal(vfs_account(&vfs, BOB).files, 0);
}

static enum vfs_error grant(const struct asker *who, uint64_t user, uint8_t rights)
{
    const struct vfs_grant g = {.user = user, .rights = rights};

    return vfs_decide_open(&vfs, who, VFS_ROOT, &g, &record);
}

static void rights_only_shrink(void **state)
{
    const struct asker reader = {.base = VFS_ROOT, .rights = MAY_READ, .user = VFS_SYSTEM};

    (void)state;
    assert_int_equal(grant(&the_system, ANN, MAY_READ | MAY_WRITE), VFS_OK);
    assert_int_equal(grant(&the_system, ANN, MAY_ALL), VFS_OK);
    assert_int_equal(grant(&ann, ANN, MAY_READ), VFS_OK);
    assert_int_equal(grant(&ann, BOB, MAY_READ), VFS_DENIED);
    assert_int_equal(grant(&ann, VFS_SYSTEM, MAY_READ), VFS_DENIED);
    assert_int_equal(grant(&ann, ANN, MAY_ALL), VFS_DENIED);
    assert_int_equal(grant(&reader, VFS_SYSTEM, MAY_READ | MAY_WRITE), VFS_DENIED);
    /* What it may not, it may not through modes that would allow it. */
    assert_int_equal(make(&reader, "/x", NODE_FILE), VFS_DENIED);
    assert_int_equal(open_path(&reader, "/tmp", MAY_READ), VFS_OK);
    assert_int_equal(mode(&reader, "/tmp", 0), VFS_DENIED);
    assert_int_equal(own(&reader, "/tmp", ANN), VFS_DENIED);
    assert_int_equal(own(&ann, "/hers", BOB), VFS_DENIED);
}

static enum vfs_error limit(uint64_t user, uint64_t bytes, uint32_t files)
{
    const struct account a = {.user = user, .bytes_max = bytes, .files_max = files};

    return apply_if(vfs_decide_limit(&vfs, &the_system, &a, &record));
}

static bool is_soft(uint64_t user)
{
    const struct account a = vfs_account(&vfs, user);

    return vfs_account_is_soft(&a);
}

static void limits(void **state)
{
    const struct account more = {.user = ANN, .bytes_max = 5000};

    (void)state;
    assert_int_equal(limit(ANN, 1000, 4), VFS_OK);
    assert_int_equal(make(&ann, "/hers/a", NODE_FILE), VFS_OK);
    assert_int_equal(resize("/hers/a", 799), VFS_OK);
    assert_false(is_soft(ANN));
    assert_int_equal(resize("/hers/a", 800), VFS_OK);
    assert_true(is_soft(ANN));
    assert_int_equal(resize("/hers/a", 1001), VFS_QUOTA);
    assert_int_equal(resize("/hers/a", 1000), VFS_OK);
    assert_int_equal(make(&ann, "/hers/b", NODE_FILE), VFS_OK);
    assert_int_equal(make(&ann, "/hers/c", NODE_FILE), VFS_OK);
    assert_int_equal(make(&ann, "/hers/d", NODE_FILE), VFS_QUOTA);
    assert_int_equal(resize("/hers/b", 1), VFS_QUOTA);
    /* What another gives her counts, too. */
    assert_int_equal(make(&the_system, "/big", NODE_FILE), VFS_OK);
    assert_int_equal(own(&the_system, "/big", ANN), VFS_QUOTA);
    assert_int_equal(vfs_decide_limit(&vfs, &ann, &more, &record), VFS_DENIED);
    /* Back to nothing, also when it was open. */
    assert_int_equal(open_path(&ann, "/hers/a", MAY_READ), VFS_OK);
    vfs_apply(&vfs, &record);
    uint16_t open = record.open;
    assert_int_equal(take(&ann, "/hers", REMOVE_INSIDE), VFS_OK);
    assert_int_equal(vfs_account(&vfs, ANN).bytes, 1000);
    assert_true(vfs_decide_close(&vfs, open, vfs.opens[open].generation, &record));
    vfs_apply(&vfs, &record);
    assert_int_equal(vfs_account(&vfs, ANN).bytes, 0);
    assert_int_equal(vfs_account(&vfs, ANN).files, 1);
    assert_int_equal(resize("/big", 2000), VFS_OK); /* the system's: no limit */
}

static void too_many_users(void **state)
{
    char path[32];

    (void)state;
    for (uint32_t user = 100; vfs_account(&vfs, user - 1).files <= 1; user++) {
        const struct asker one = {.base = VFS_ROOT, .rights = MAY_WRITE | MAY_READ, .user = user};
        snprintf(path, sizeof(path), "/tmp/%u", user);
        enum vfs_error err = make(&one, path, NODE_FILE);
        if (err == VFS_OK) continue;
        assert_int_equal(err, VFS_LIMIT);
        assert_int_equal(limit(user, 1, 1), VFS_LIMIT);
        assert_int_equal(user, 100 + VFS_ACCOUNTS_MAX - 2); /* the system and ANN have theirs */
        return;
    }
}

static void handles_of_one_user(void **state)
{
    uint32_t count = 0;

    (void)state;
    while (grant(&ann, ANN, MAY_READ) == VFS_OK) {
        vfs_apply(&vfs, &record);
        count++;
    }
    assert_int_equal(count, VFS_OPENS_MAX / 2);
    assert_int_equal(grant(&bob, BOB, MAY_READ), VFS_OK); /* one user leaves room for others */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_path_says_nothing_about_who_asks),
        TEST(modes),
        TEST(shared_directory),
        TEST(rights_only_shrink),
        TEST(limits),
        TEST(too_many_users),
        TEST(handles_of_one_user),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
