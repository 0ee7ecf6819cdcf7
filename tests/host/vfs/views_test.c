/*
 * views_test.c - what is bound where, and what servers answer.
 */
#include "steps.h"

static struct asker view_make(const struct asker *who)
{
    const struct vfs_grant g = {.user = who->user, .rights = who->rights, .fresh = true};
    struct asker in_view = *who;

    assert_int_equal(vfs_decide_open_new(&vfs, who, who->base, &g, &record), VFS_OK);
    vfs_apply(&vfs, &record);
    in_view.view = vfs.opens[record.open].view;
    return in_view;
}

static enum vfs_error bind_at(const struct asker *who, const char *source, const char *target,
                              bool before)
{
    const struct vfs_paths paths = {path_at(source), path_at(target)};

    return apply_if(vfs_decide_bind(&vfs, who, &paths, before, &record));
}

static enum vfs_error unbind(const struct asker *who, const char *target)
{
    return apply_if(vfs_decide_unmount(&vfs, who, path_at(target), &record));
}

static void binds(void **state)
{
    uint32_t node, there;

    (void)state;
    assert_int_equal(make(&the_system, "/a", NODE_DIRECTORY), VFS_OK);
    assert_int_equal(make(&the_system, "/a/in", NODE_FILE), VFS_OK);
    assert_int_equal(make(&the_system, "/b", NODE_DIRECTORY), VFS_OK);
    assert_int_equal(bind_at(&the_system, "/a", "/b", false), VFS_DENIED);
    const struct asker one = view_make(&the_system), two = view_make(&the_system);
    assert_int_equal(bind_at(&one, "/a", "/b", false), VFS_OK);
    assert_int_equal(find(&one, "/b/in", &node), VFS_OK);
    assert_int_equal(find(&one, "/a/in", &there), VFS_OK);
    assert_int_equal(node, there);
    assert_int_equal(find(&two, "/b/in", &node), VFS_NOT_FOUND);
    assert_int_equal(find(&the_system, "/b/in", &node), VFS_NOT_FOUND);
    assert_int_equal(take(&one, "/b", REMOVE_ONE), VFS_BUSY);
    assert_int_equal(bind_at(&one, "/", "/b", false), VFS_BAD_PATH); /* below itself */
    assert_int_equal(bind_at(&one, "/a", "/", false), VFS_BAD_PATH);
    assert_int_equal(bind_at(&one, "/a/in", "/b", false), VFS_NOT_DIRECTORY);
    const struct asker copy = view_make(&one); /* begins as the one it was made from */
    assert_int_equal(unbind(&one, "/b"), VFS_OK);
    assert_int_equal(unbind(&one, "/b"), VFS_NOT_FOUND);
    assert_int_equal(find(&one, "/b/in", &node), VFS_NOT_FOUND);
    assert_int_equal(find(&copy, "/b/in", &node), VFS_OK);
    /* What is bound lives on as long as it is. */
    assert_int_equal(take(&the_system, "/a", REMOVE_WHOLE), VFS_OK);
    assert_int_equal(find(&copy, "/b", &node), VFS_OK);
    assert_int_equal(vfs.nodes[node].state, NODE_ORPHAN);
    record = (struct vfs_record){.type = VFS_CLOSE_ALL};
    vfs_apply(&vfs, &record);
    assert_int_equal(vfs.mount_count, 0);
    assert_int_equal(vfs.nodes[node].state, NODE_FREE);
}

static void unions(void **state)
{
    static const char *const want[] = {"a", "b", "both", "c"};
    static const char *const made[] = {"/base/a", "/base/both", "/l1/b", "/l1/both", "/l2/c"};
    uint32_t node, l1, base;
    struct path_text after = {"", 0};

    (void)state;
    assert_int_equal(make(&the_system, "/base", NODE_DIRECTORY), VFS_OK);
    assert_int_equal(make(&the_system, "/l1", NODE_DIRECTORY), VFS_OK);
    assert_int_equal(make(&the_system, "/l2", NODE_DIRECTORY), VFS_OK);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(make(&the_system, made[i], NODE_FILE), VFS_OK);
    }
    const struct asker view = view_make(&the_system);
    assert_int_equal(bind_at(&view, "/l1", "/base", true), VFS_OK);
    assert_int_equal(bind_at(&view, "/l2", "/base", true), VFS_OK);
    assert_int_equal(find(&view, "/base", &base), VFS_OK);
    assert_int_equal(find(&view, "/l1", &l1), VFS_OK);
    for (size_t i = 0; i < 4; i++) {
        node = vfs_list_next(&vfs, &view, base, after);
        after = (struct path_text){vfs_name(&vfs, node), vfs.nodes[node].name_len};
        assert_int_equal(after.len, strlen(want[i]));
        assert_memory_equal(after.at, want[i], after.len);
    }
    assert_int_equal(vfs_list_next(&vfs, &view, base, after), VFS_NONE);
    assert_int_equal(find(&view, "/base/both", &node), VFS_OK);
    assert_int_equal(vfs.nodes[node].parent, l1); /* the later hides the earlier */
    assert_int_equal(make(&view, "/base/b", NODE_FILE), VFS_EXISTS);
    assert_int_equal(make(&view, "/base/new", NODE_FILE), VFS_OK);
    assert_int_equal(find(&the_system, "/base/new", &node), VFS_OK);
}

static void servers(void **state)
{
    const struct vfs_grant g = {.user = VFS_SYSTEM, .rights = MAY_READ, .purpose = FOR_PROVIDER};
    struct vfs_place place;
    uint32_t node;

    (void)state;
    assert_int_equal(make(&the_system, "/s", NODE_DIRECTORY), VFS_OK);
    assert_int_equal(vfs_decide_mount(&vfs, &bob, path_at("/s"), &record), VFS_DENIED);
    assert_int_equal(vfs_decide_mount(&vfs, &ann, path_at("/hers"), &record), VFS_OK);
    assert_int_equal(vfs_decide_mount(&vfs, &the_system, path_at("/"), &record), VFS_BAD_PATH);
    assert_int_equal(find(&the_system, "/s", &node), VFS_OK);
    assert_int_equal(vfs_decide_open_new(&vfs, &the_system, node, &g, &record), VFS_OK);
    vfs_apply(&vfs, &record);
    uint16_t provider = record.open;
    assert_int_equal(vfs_decide_mount(&vfs, &the_system, path_at("/s"), &record), VFS_OK);
    record.open = provider;
    vfs_apply(&vfs, &record);
    assert_int_equal(make_link(&the_system, "/to", "/s/x"), VFS_OK);
    assert_int_equal(vfs_find_place(&vfs, &bob, path_at("/to/y"), 0, &place), VFS_OK);
    assert_int_equal(place.rest_len, 4);
    assert_memory_equal(place.rest, "/x/y", 4);
    assert_int_equal(vfs.mounts[place.mount].provider, provider);
    assert_int_equal(find(&bob, "/s/x", &node), VFS_READ_ONLY);
    assert_int_equal(make(&the_system, "/s/x", NODE_FILE), VFS_READ_ONLY);
    assert_int_equal(take(&the_system, "/s", REMOVE_ONE), VFS_BUSY);
    assert_int_equal(vfs_decide_mount(&vfs, &the_system, path_at("/s"), &record), VFS_EXISTS);
    /* Its end: the mount says so until somebody else takes its place. */
    assert_true(vfs_decide_close(&vfs, provider, vfs.opens[provider].generation, &record));
    vfs_apply(&vfs, &record);
    assert_int_equal(vfs.mounts[0].provider, VFS_NO_OPEN);
    assert_int_equal(vfs_decide_mount(&vfs, &the_system, path_at("/s"), &record), VFS_OK);
    assert_int_equal(unbind(&bob, "/s"), VFS_DENIED);
    assert_int_equal(unbind(&the_system, "/s"), VFS_OK);
    assert_int_equal(find(&bob, "/s/x", &node), VFS_NOT_FOUND);
}

static void too_many_mounts(void **state)
{
    enum vfs_error err = VFS_OK;

    (void)state;
    assert_int_equal(make(&the_system, "/a", NODE_DIRECTORY), VFS_OK);
    assert_int_equal(make(&the_system, "/b", NODE_DIRECTORY), VFS_OK);
    const struct asker view = view_make(&the_system);
    for (uint32_t i = 0; i < VFS_MOUNTS_MAX; i++) {
        assert_int_equal(bind_at(&view, "/a", "/b", true), VFS_OK);
    }
    assert_int_equal(bind_at(&view, "/a", "/b", true), VFS_LIMIT);
    for (uint32_t i = 2; i < VFS_VIEWS_MAX && err == VFS_OK; i++) {
        (void)view_make(&the_system);
    }
    const struct vfs_grant g = {.user = VFS_SYSTEM, .rights = MAY_ALL, .fresh = true};
    assert_int_equal(vfs_decide_open_new(&vfs, &the_system, VFS_ROOT, &g, &record), VFS_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(binds),
        TEST(unions),
        TEST(servers),
        TEST(too_many_mounts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
