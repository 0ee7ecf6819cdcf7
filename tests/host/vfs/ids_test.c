/* ids_test.c - what names contents, and who finds what has a name. */
#include "forks.h"

#include "ids.h"

static uint8_t next_root;

/* As the store does it: equal contents have equal roots. */
static void store(const char *path, uint8_t root)
{
    uint32_t node;

    assert_int_equal(find(&the_system, path, &node), VFS_OK);
    const struct vfs_stored stored = {.node = node,
                                      .cuts = vfs.nodes[node].cuts,
                                      .inode = vfs.nodes[node].inode,
                                      .bytes = vfs.nodes[node].size,
                                      .stamp = vfs.stamp,
                                      .root = {root}};
    assert_true(vfs_decide_stored(&vfs, &stored, &record));
    (void)apply_if(VFS_OK);
}

static struct content_id id_of(const char *path)
{
    struct content_id id;
    uint32_t node;

    assert_int_equal(find(&the_system, path, &node), VFS_OK);
    assert_int_equal(vfs_check_named(&vfs, node), VFS_OK);
    assert_int_equal(vfs_unsettled(&vfs, node), VFS_NONE);
    vfs_identify(&vfs, node, &id);
    return id;
}

static bool same(struct content_id a, struct content_id b)
{
    return a.kind == b.kind && a.size == b.size && memcmp(a.hash, b.hash, sizeof(a.hash)) == 0;
}

static void stored_tree(const char *top)
{
    char path[64];

    tree(&the_system, top);
    snprintf(path, sizeof(path), "%s/f", top);
    store(path, 1);
    snprintf(path, sizeof(path), "%s/d/g", top);
    store(path, 2);
}

static void settled(void **state)
{
    uint32_t node;

    (void)state;
    assert_int_equal(put(&the_system, "/s", "some text"), VFS_OK);
    assert_int_equal(find(&the_system, "/s", &node), VFS_OK);
    assert_int_equal(vfs_unsettled(&vfs, node), node);
    assert_true(vfs_has_dirty(&vfs, node));
    store("/s", 5);
    assert_int_equal(vfs_unsettled(&vfs, node), VFS_NONE);
    assert_int_equal(resize("/s", 4), VFS_OK); /* its chunk has more than it */
    assert_int_equal(vfs_unsettled(&vfs, node), node);
    store("/s", 6);
    assert_int_equal(vfs_unsettled(&vfs, node), VFS_NONE);
    assert_int_equal(resize("/s", 9000), VFS_OK); /* and less */
    assert_int_equal(vfs_unsettled(&vfs, node), node);
    assert_false(vfs_has_dirty(&vfs, node));
    assert_int_equal(find(&the_system, "/bin", &node), VFS_OK);
    assert_int_equal(vfs_check_named(&vfs, node), VFS_READ_ONLY);
}

static void trees(void **state)
{
    (void)state;
    stored_tree("/a");
    stored_tree("/b");
    assert_int_equal(make(&the_system, "/in", NODE_DIRECTORY), VFS_OK);
    assert_int_equal(copy_as(&the_system, "/a", "/in/c", CLONE_COPY, 0), VFS_OK);
    struct content_id a = id_of("/a");
    assert_int_equal(a.size, 3);
    assert_true(same(a, id_of("/b")));
    assert_true(same(a, id_of("/in/c"))); /* wherever it stands */
    assert_true(same(id_of("/a/d"), id_of("/b/d")));
    assert_false(same(a, id_of("/a/d")));
    store("/b/f", 3);
    assert_false(same(a, id_of("/b")));
    assert_true(same(id_of("/a/d"), id_of("/b/d")));
    store("/b/f", 1);
    assert_true(same(a, id_of("/b")));
    /* Names, modes, kinds, and on which level something is. */
    assert_int_equal(mode(&the_system, "/b/d/g", MODE_ALL), VFS_OK);
    assert_false(same(a, id_of("/b")));
    assert_int_equal(copy_as(&the_system, "/a", "/x", CLONE_COPY, 0), VFS_OK);
    assert_int_equal(move_path(&the_system, "/x/d/g", "/x/g"), VFS_OK);
    assert_int_equal(id_of("/x").size, 3);
    assert_false(same(a, id_of("/x")));
    assert_int_equal(make_link(&the_system, "/x/l", "f"), VFS_OK);
    struct content_id one = id_of("/x");
    assert_int_equal(take(&the_system, "/x/l", REMOVE_ONE), VFS_OK);
    assert_int_equal(make_link(&the_system, "/x/l", "g"), VFS_OK);
    assert_false(same(one, id_of("/x")));
}

static bool reaches(const struct asker *who, struct content_id id, const char *path)
{
    char buffer[PATH_MAX_BYTES];
    struct path_text found = vfs_reach(&vfs, who, &id, buffer);

    if (path == NULL) return found.len == 0;
    return found.len == strlen(path) && memcmp(found.at, path, found.len) == 0;
}

/* Who cannot go where it stands does not find it, whatever he knows. */
static void possession(void **state)
{
    struct asker below = ann, view;
    uint32_t node;

    (void)state;
    assert_int_equal(put(&ann, "/hers/p", "private"), VFS_OK);
    store("/hers/p", 40);
    struct content_id p = id_of("/hers/p");
    assert_true(reaches(&the_system, p, "/hers/p"));
    assert_true(reaches(&ann, p, "/hers/p"));
    assert_int_equal(mode(&ann, "/hers/p", MODE_OWNER_READ), VFS_OK);
    assert_true(reaches(&bob, p, NULL));
    assert_true(reaches(&the_system, p, NULL));
    assert_int_equal(mode(&ann, "/hers/p", MODE_ALL), VFS_OK);
    assert_true(reaches(&bob, p, "/hers/p"));
    assert_int_equal(mode(&ann, "/hers", MODE_OWNER_READ | MODE_OWNER_EXECUTE), VFS_OK);
    assert_true(reaches(&bob, p, NULL)); /* the way there is not his */
    assert_int_equal(mode(&ann, "/hers", MODE_ALL), VFS_OK);
    assert_int_equal(make(&the_system, "/other", NODE_DIRECTORY), VFS_OK);
    assert_int_equal(find(&the_system, "/other", &below.base), VFS_OK);
    assert_true(reaches(&below, p, NULL)); /* another root */
    assert_int_equal(find(&the_system, "/hers", &below.base), VFS_OK);
    assert_true(reaches(&below, p, "/p"));
    p.hash[31] ^= 1;
    assert_true(reaches(&the_system, p, NULL));
    p.hash[31] ^= 1;
    p.size++;
    assert_true(reaches(&the_system, p, NULL));

    /* Of directories those that are kept; layers by the place where they are seen. */
    stored_tree("/k");
    struct content_id k = id_of("/k");
    assert_true(reaches(&the_system, k, NULL));
    assert_int_equal(keep(&the_system, "/k", "/kept"), VFS_OK);
    assert_true(reaches(&the_system, k, "/kept"));
    assert_int_equal(take(&the_system, "/k", REMOVE_WHOLE), VFS_OK);
    assert_int_equal(fork_at(&the_system, "/kept", "/other", &view), VFS_OK);
    assert_int_equal(put(&view, "/other/new", "only here"), VFS_OK);
    assert_int_equal(find(&view, "/other/new", &node), VFS_OK);
    const struct vfs_stored stored = {.node = node,
                                      .cuts = vfs.nodes[node].cuts,
                                      .inode = vfs.nodes[node].inode,
                                      .bytes = 9,
                                      .stamp = vfs.stamp,
                                      .root = {++next_root, 9, 9}};
    assert_true(vfs_decide_stored(&vfs, &stored, &record));
    (void)apply_if(VFS_OK);
    struct content_id mine;
    vfs_identify(&vfs, node, &mine);
    assert_true(reaches(&view, mine, "/other/new"));
    assert_true(reaches(&the_system, mine, NULL));
}

/* An id tells of all that is below: who may not read some of it gets none. */
static void seen_whole(void **state)
{
    static const char *const all[] = {"/seen", "/seen/f", "/seen/d", "/seen/d/g"};
    uint32_t node;

    (void)state;
    tree(&the_system, "/seen");
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(mode(&the_system, all[i], MODE_ALL), VFS_OK);
    }
    assert_int_equal(find(&the_system, "/seen", &node), VFS_OK);
    assert_int_equal(vfs_check_seen(&vfs, &bob, node), VFS_OK);
    assert_int_equal(mode(&the_system, "/seen/d/g", MODE_OWNER_READ), VFS_OK);
    assert_int_equal(vfs_check_seen(&vfs, &bob, node), VFS_DENIED);
    assert_int_equal(vfs_check_seen(&vfs, &the_system, node), VFS_OK);
}

/* Things bound before each other, above others that are: the way up comes to an end. */
static void round_and_round(void **state)
{
    const struct vfs_grant g = {.rights = MAY_ALL, .user = VFS_SYSTEM, .fresh = true};
    static const char *const made[] = {"/c1", "/c2", "/c1/a", "/c1/b"};
    struct asker view = the_system;
    char buffer[PATH_MAX_BYTES];
    uint32_t node;

    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(make(&the_system, made[i], NODE_DIRECTORY), VFS_OK);
    }
    assert_int_equal(make(&the_system, "/c1/a/f", NODE_FILE), VFS_OK);
    assert_int_equal(find(&the_system, "/c1/a/f", &node), VFS_OK);
    assert_int_equal(vfs_decide_open_new(&vfs, &view, view.base, &g, &record), VFS_OK);
    vfs_apply(&vfs, &record);
    view.view = vfs.opens[record.open].view;
    for (uint32_t i = 0; i < 4; i++) {
        const struct vfs_paths way = {path_at(made[i]), path_at(made[i ^ 1])};
        assert_int_equal(apply_if(vfs_decide_bind(&vfs, &view, &way, true, &record)), VFS_OK);
    }
    (void)vfs_path_to(&vfs, &view, node, buffer); /* with or without one */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(settled), TEST(trees), TEST(possession), TEST(seen_whole), TEST(round_and_round),
    };

    return cmocka_run_group_tests_name("vfs ids", tests, NULL, NULL);
}
