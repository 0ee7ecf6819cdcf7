/*
 * trees_test.c - links, roots, whole trees, and a directory with 10^5 entries.
 */
#include "steps.h"

static void links(void **state)
{
    uint32_t node, there;
    char path[16], target[16];

    (void)state;
    assert_int_equal(make(&the_system, "/d", NODE_DIRECTORY), VFS_OK);
    assert_int_equal(make(&the_system, "/d/f", NODE_FILE), VFS_OK);
    assert_int_equal(find(&the_system, "/d/f", &there), VFS_OK);
    assert_int_equal(make_link(&the_system, "/abs", "/d"), VFS_OK);
    assert_int_equal(make_link(&the_system, "/d/rel", "f"), VFS_OK);
    assert_int_equal(make_link(&the_system, "/both", "abs/rel"), VFS_OK);
    assert_int_equal(find(&the_system, "/abs/f", &node), VFS_OK);
    assert_int_equal(node, there);
    assert_int_equal(find(&the_system, "/both", &node), VFS_OK);
    assert_int_equal(node, there);
    assert_int_equal(vfs_find(&vfs, &the_system, path_at("/both"), FIND_LINK, &node), VFS_OK);
    assert_int_equal(vfs.nodes[node].kind, NODE_LINK);
    assert_int_equal(make_link(&the_system, "/none", "/nowhere"), VFS_OK);
    assert_int_equal(find(&the_system, "/none", &node), VFS_NOT_FOUND);
    assert_int_equal(make_link(&the_system, "/file", "/d/f"), VFS_OK);
    assert_int_equal(find(&the_system, "/file/x", &node), VFS_NOT_DIRECTORY);
    static const char *const bad[] = {"", "a/", "../x", "a/../b", "//", "./a", "a//b", "/a/"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(make_link(&the_system, "/bad", bad[i]), VFS_BAD_PATH);
    }
    /* As many as are followed, and one more; and one that leads to itself. */
    for (int i = 0; i <= VFS_LINKS_MAX; i++) {
        snprintf(path, sizeof(path), "/l%d", i);
        snprintf(target, sizeof(target), "l%d", i + 1);
        assert_int_equal(make_link(&the_system, path, i == VFS_LINKS_MAX ? "d" : target), VFS_OK);
    }
    assert_int_equal(find(&the_system, "/l1/f", &node), VFS_OK);
    assert_int_equal(find(&the_system, "/l0/f", &node), VFS_LOOP);
    assert_int_equal(make_link(&the_system, "/self", "self"), VFS_OK);
    assert_int_equal(find(&the_system, "/self", &node), VFS_LOOP);
    /* Removing and renaming mean the link. */
    assert_int_equal(move_path(&the_system, "/abs", "/abs2"), VFS_OK);
    assert_int_equal(take(&the_system, "/abs2", REMOVE_WHOLE), VFS_OK);
    assert_int_equal(find(&the_system, "/d/f", &node), VFS_OK);
}

/* A root: nothing above it can be named, by no link either. */
static void roots(void **state)
{
    uint32_t home, node;

    (void)state;
    assert_int_equal(make(&the_system, "/secret", NODE_FILE), VFS_OK);
    assert_int_equal(make_link(&the_system, "/hers/out", "/secret"), VFS_OK);
    assert_int_equal(make_link(&the_system, "/hers/up", "/hers"), VFS_OK);
    assert_int_equal(find(&the_system, "/hers", &home), VFS_OK);
    const struct asker inside = {.base = home, .rights = MAY_READ | MAY_WRITE, .user = ANN};
    assert_int_equal(find(&inside, "/secret", &node), VFS_NOT_FOUND);
    assert_int_equal(find(&inside, "/../secret", &node), VFS_BAD_PATH);
    assert_int_equal(find(&inside, "/out", &node), VFS_NOT_FOUND);
    assert_int_equal(find(&inside, "/up", &node), VFS_NOT_FOUND);
    assert_int_equal(make(&inside, "/secret", NODE_FILE), VFS_OK);
    assert_int_equal(find(&inside, "/out", &node), VFS_OK); /* its own of that name */
    assert_int_equal(vfs.nodes[node].parent, home);
    assert_int_equal(take(&inside, "/", REMOVE_WHOLE), VFS_READ_ONLY);
}

static void whole_trees(void **state)
{
    uint32_t used = vfs.nodes_used, names = vfs.names_used;
    char path[32];

    (void)state;
    assert_int_equal(make(&the_system, "/t", NODE_DIRECTORY), VFS_OK);
    for (int i = 0; i < 300; i++) {
        snprintf(path, sizeof(path), "/t/%d", i % 7);
        if (i < 7) assert_int_equal(make(&the_system, path, NODE_DIRECTORY), VFS_OK);
        snprintf(path, sizeof(path), "/t/%d/%d", i % 7, i);
        uint8_t kind = i % 3 == 0 ? NODE_DIRECTORY : NODE_FILE;
        assert_int_equal(make(&the_system, path, kind), VFS_OK);
    }
    assert_int_equal(take(&the_system, "/t", REMOVE_ONE), VFS_NOT_EMPTY);
    assert_int_equal(own(&the_system, "/t/3", ANN), VFS_OK);
    assert_int_equal(mode(&the_system, "/t/3", 0x78), VFS_OK); /* rwxr--: not for the system */
    assert_int_equal(take(&the_system, "/t", REMOVE_WHOLE), VFS_DENIED); /* all, or nothing */
    assert_int_equal(vfs.nodes_used, used + 308);
    assert_int_equal(mode(&the_system, "/t/3", MODE_ALL), VFS_OK);
    assert_int_equal(take(&the_system, "/t", REMOVE_WHOLE), VFS_OK);
    assert_int_equal(vfs.nodes_used, used);
    assert_int_equal(vfs.names_used, names);
}

/* 10^5 entries of one directory: found, listed in order, and removed; the depth stays small. */
static void many_entries(void **state)
{
    enum { MANY = 100000 };
    char path[32];
    uint32_t node, d;

    (void)state;
    assert_int_equal(make(&the_system, "/m", NODE_DIRECTORY), VFS_OK);
    for (uint32_t i = 0; i < MANY; i++) {
        snprintf(path, sizeof(path), "/m/%06u", i); /* in order: the worst for a plain tree */
        assert_int_equal(make(&the_system, path, NODE_FILE), VFS_OK);
    }
    assert_int_equal(find(&the_system, "/m", &d), VFS_OK);
    assert_int_equal(vfs.nodes[d].entries, MANY);
    assert_true(vfs.nodes[vfs.nodes[d].child].height <= 24);
    struct path_text after = {"", 0};
    for (uint32_t i = 0; i < MANY; i++) {
        snprintf(path, sizeof(path), "%06u", i);
        node = vfs_list_next(&vfs, &the_system, d, after);
        after = (struct path_text){vfs_name(&vfs, node), vfs.nodes[node].name_len};
        assert_memory_equal(after.at, path, 6);
    }
    for (uint32_t i = 0; i < MANY; i += 2) {
        snprintf(path, sizeof(path), "/m/%06u", (i * 7919u) % MANY);
        assert_int_equal(take(&the_system, path, REMOVE_ONE), VFS_OK);
    }
    assert_null(vfs_is_sound(&vfs));
    assert_int_equal(take(&the_system, "/m", REMOVE_WHOLE), VFS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(links),
        TEST(roots),
        TEST(whole_trees),
        TEST(many_entries),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
