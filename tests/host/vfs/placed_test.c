/* placed_test.c - whole blocks that went to the store past memory and log: when they are named. */
#include "forks.h"

static struct vfs_placed placed_at(const char *path, uint64_t offset, uint32_t blocks)
{
    uint32_t node;

    assert_int_equal(find(&the_system, path, &node), VFS_OK);
    const struct node *n = &vfs.nodes[node];
    uint64_t end = offset + (uint64_t)blocks * VFS_BLOCK_BYTES;
    return (struct vfs_placed){.node = node,
                               .cuts = n->cuts,
                               .depth = 1,
                               .blocks = blocks,
                               .inode = n->inode,
                               .offset = offset,
                               .stored = end > n->stored ? end : n->stored,
                               .root = {7}};
}

static enum vfs_error place(const struct vfs_placed *p)
{
    enum vfs_error err = apply_if(vfs_decide_placed(&vfs, p, &record));

    assert_null(vfs_is_sound(&vfs));
    return err;
}

static void named(void **state)
{
    struct vfs_placed p;

    (void)state;
    assert_int_equal(put(&the_system, "/f", "some text"), VFS_OK);
    p = placed_at("/f", 4096, 2);
    assert_int_equal(place(&p), VFS_OK);
    const struct node *n = &vfs.nodes[p.node];
    assert_int_equal(n->size, 3 * 4096);
    assert_int_equal(n->stored, 3 * 4096);
    assert_int_equal(n->root[0], 7);
    assert_int_equal(vfs.dirty, 1); /* what was written before lies over it */
    assert_int_equal(vfs_missing(&vfs, p.node, 0, 4096), UINT64_MAX);
    assert_int_equal(vfs_missing(&vfs, p.node, 0, 4097), 1);
    p = placed_at("/f", 0, 1);
    assert_int_equal(place(&p), VFS_OK); /* and goes */
    assert_int_equal(vfs.dirty, 0);
    assert_int_equal(n->size, 3 * 4096);
    assert_int_equal(vfs_account(&vfs, VFS_SYSTEM).bytes, 3 * 4096);
}

static void refused(void **state)
{
    struct vfs_placed p;
    uint32_t node;

    (void)state;
    assert_int_equal(put(&the_system, "/f", "some text"), VFS_OK);
    assert_int_equal(resize("/f", 9000), VFS_OK);
    p = placed_at("/f", 0, 1);
    assert_int_equal(resize("/f", 10000), VFS_OK);
    assert_int_equal(vfs_decide_placed(&vfs, &p, &record), VFS_OK); /* longer: no matter */
    assert_int_equal(resize("/f", 5000), VFS_OK);
    assert_int_equal(place(&p), VFS_CONFLICT); /* its tree has what was cut off */
    p = placed_at("/f", 0, 1);
    assert_int_equal(take(&the_system, "/f", REMOVE_ONE), VFS_OK);
    assert_int_equal(place(&p), VFS_GONE);
    assert_int_equal(put(&the_system, "/g", "in its place"), VFS_OK);
    assert_int_equal(find(&the_system, "/g", &node), VFS_OK);
    assert_int_equal(node, p.node);
    assert_int_equal(place(&p), VFS_GONE);
    assert_int_equal(vfs_check_place(&vfs, node, 1, 1), VFS_BAD_OFFSET);
    assert_int_equal(vfs_check_place(&vfs, node, 1ull << 41, 1), VFS_BAD_OFFSET);
    assert_int_equal(vfs_check_place(&vfs, node, VFS_SIZE_MAX, 1), VFS_NO_SPACE);
    assert_int_equal(find(&the_system, "/tmp", &node), VFS_OK);
    assert_int_equal(vfs_check_place(&vfs, node, 0, 1), VFS_IS_DIRECTORY);
    assert_int_equal(put(&ann, "/hers/f", "x"), VFS_OK);
    assert_int_equal(find(&ann, "/hers/f", &node), VFS_OK);
    const struct account limits = {.user = ANN, .bytes_max = 8192};
    assert_int_equal(apply_if(vfs_decide_limit(&vfs, &the_system, &limits, &record)), VFS_OK);
    assert_int_equal(vfs_check_place(&vfs, node, 0, 2), VFS_OK);
    assert_int_equal(vfs_check_place(&vfs, node, 0, 3), VFS_QUOTA);
    tree(&the_system, "/t");
    assert_int_equal(keep(&the_system, "/t", "/kept"), VFS_OK);
    assert_int_equal(find(&the_system, "/kept/f", &node), VFS_OK);
    assert_int_equal(vfs_check_place(&vfs, node, 0, 1), VFS_FROZEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(named), TEST(refused)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
