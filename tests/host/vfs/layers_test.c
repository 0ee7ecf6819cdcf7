/*
 * layers_test.c - whole trees: copies that share, what is kept and does not change, layers of which
 * the later wins.
 */
#include "forks.h"

/* The copy has the same tree of chunks, and goes its own way. */
static void copies(void **state)
{
    uint32_t a, b;

    (void)state;
    tree(&the_system, "/t");
    assert_int_equal(find(&the_system, "/t/f", &a), VFS_OK);
    const struct vfs_stored stored = {.node = a,
                                      .cuts = vfs.nodes[a].cuts,
                                      .inode = vfs.nodes[a].inode,
                                      .bytes = 5,
                                      .stamp = vfs.stamp,
                                      .root = {9}};
    assert_true(vfs_decide_stored(&vfs, &stored, &record));
    vfs_apply(&vfs, &record);
    assert_int_equal(copy_as(&the_system, "/t", "/u", CLONE_COPY, 0), VFS_OK);
    assert_int_equal(find(&the_system, "/u/f", &b), VFS_OK);
    assert_memory_equal(vfs.nodes[a].root, vfs.nodes[b].root, VFS_HASH_BYTES);
    assert_int_equal(vfs.nodes[b].stored, 5);
    expect(&the_system, "/u/d/g", "deep"); /* what is not stored yet is copied */
    assert_int_equal(put(&the_system, "/t/d/g", "changed"), VFS_OK);
    expect(&the_system, "/u/d/g", "deep");
    assert_int_equal(put(&the_system, "/u/d/g", "other"), VFS_OK);
    expect(&the_system, "/t/d/g", "changed");
    assert_int_equal(copy_as(&the_system, "/u", "/u/d/in", CLONE_COPY, 0), VFS_OK);
    expect(&the_system, "/u/d/in/d/g", "other"); /* as it was: not endless */
    assert_int_equal(find(&the_system, "/u/d/in/d/in", &b), VFS_NOT_FOUND);
    assert_int_equal(copy_as(&the_system, "/none", "/v", CLONE_COPY, 0), VFS_NOT_FOUND);
    assert_int_equal(copy_as(&the_system, "/t", "/u", CLONE_COPY, 0), VFS_EXISTS);
    assert_int_equal(copy_as(&the_system, "/bin", "/v", CLONE_COPY, 0), VFS_READ_ONLY);
    assert_int_equal(copy_as(&the_system, "/", "/v", CLONE_COPY, 0), VFS_READ_ONLY);
    assert_int_equal(copy_as(&the_system, "/t", "/t/f/v", CLONE_COPY, 0), VFS_NOT_DIRECTORY);
    assert_int_equal(copy_as(&ann, "/t", "/v", CLONE_COPY, 0), VFS_DENIED);
    assert_int_equal(mode(&the_system, "/t/d/g", MODE_OWNER_READ), VFS_OK);
    assert_int_equal(copy_as(&ann, "/t", "/hers/v", CLONE_COPY, 0), VFS_DENIED);
    assert_int_equal(mode(&the_system, "/t/d/g", MODE_WORLD_READ), VFS_OK);
    assert_int_equal(copy_as(&ann, "/t", "/hers/v", CLONE_COPY, 0), VFS_OK);
    assert_int_equal(vfs_account(&vfs, ANN).bytes, 5 + 7);
}

static void nothing_changes_in(const char *top)
{
    char path[64], other[64];
    uint32_t node;
    const struct vfs_paths out = {path_at(path), path_at("/tmp/out")};

    snprintf(path, sizeof(path), "%s/f", top);
    snprintf(other, sizeof(other), "%s/x", top);
    assert_int_equal(make(&the_system, other, NODE_FILE), VFS_FROZEN);
    assert_int_equal(open_path(&the_system, path, MAY_WRITE), VFS_FROZEN);
    assert_int_equal(resize(path, 0), VFS_FROZEN);
    assert_int_equal(take(&the_system, path, REMOVE_ONE), VFS_FROZEN);
    assert_int_equal(take(&the_system, top, REMOVE_INSIDE), VFS_FROZEN);
    assert_int_equal(mode(&the_system, path, MODE_ALL), VFS_FROZEN);
    assert_int_equal(own(&the_system, path, BOB), VFS_FROZEN);
    assert_int_equal(vfs_decide_rename(&vfs, &the_system,
                                       &(struct vfs_paths){path_at(path), out.target}, &record),
                     VFS_FROZEN);
    assert_int_equal(copy_as(&the_system, "/tmp", other, CLONE_COPY, 0), VFS_FROZEN);
    snprintf(path, sizeof(path), "%s/d", top);
    assert_int_equal(vfs_decide_mount(&vfs, &the_system, path_at(path), &record), VFS_FROZEN);
    assert_int_equal(find(&the_system, path, &node), VFS_OK);
}

static void kept(void **state)
{
    uint32_t node, used, names;

    (void)state;
    tree(&ann, "/hers/t");
    used = vfs.nodes_used;
    names = vfs.names_used;
    assert_int_equal(make(&the_system, "/kept", NODE_DIRECTORY), VFS_OK);
    assert_int_equal(keep(&the_system, "/", "/kept/1"), VFS_OK);
    expect(&the_system, "/kept/1/hers/t/f", "first");
    assert_int_equal(find(&the_system, "/kept/1/bin", &node), VFS_NOT_FOUND); /* the boot image's */
    assert_int_equal(find(&the_system, "/kept/1/hers/t/f", &node), VFS_OK);
    assert_int_equal(vfs.nodes[node].owner, ANN); /* hers, and the system pays */
    assert_int_equal(vfs_account(&vfs, ANN).files, 5);
    assert_int_equal(put(&ann, "/hers/t/f", "second"), VFS_OK);
    assert_int_equal(take(&ann, "/hers/t/d", REMOVE_WHOLE), VFS_OK);
    expect(&the_system, "/kept/1/hers/t/d/g", "deep");
    nothing_changes_in("/kept/1/hers/t");
    assert_int_equal(keep(&the_system, "/", "/kept/2"), VFS_OK); /* without /kept/1 in it */
    assert_int_equal(find(&the_system, "/kept/2/kept/1", &node), VFS_NOT_FOUND);
    expect(&the_system, "/kept/2/hers/t/f", "second");
    assert_int_equal(keep(&the_system, "/hers/t/f", "/kept/3"), VFS_NOT_DIRECTORY);
    assert_int_equal(copy_as(&the_system, "/kept", "/all", CLONE_COPY, 0), VFS_FROZEN);
    assert_int_equal(take(&the_system, "/kept", REMOVE_WHOLE), VFS_FROZEN); /* by name */
    assert_int_equal(take(&ann, "/kept/1", REMOVE_WHOLE), VFS_DENIED);
    assert_int_equal(copy_as(&the_system, "/kept/1", "/back", CLONE_COPY, 0), VFS_OK);
    assert_int_equal(put(&the_system, "/back/hers/t/f", "third"), VFS_OK); /* a copy is not kept */
    assert_int_equal(take(&the_system, "/back", REMOVE_WHOLE), VFS_OK);
    assert_int_equal(move_path(&the_system, "/kept/1", "/kept/one"), VFS_OK);
    assert_int_equal(take(&the_system, "/kept/one", REMOVE_WHOLE), VFS_OK);
    assert_int_equal(take(&the_system, "/kept/2", REMOVE_WHOLE), VFS_OK);
    assert_int_equal(take(&the_system, "/kept", REMOVE_ONE), VFS_OK);
    assert_int_equal(vfs.nodes_used, used - 2);
    assert_int_equal(vfs.names_used, names - 2);
    assert_int_equal(vfs.tops_used, 0);
}

/* At the start of the machine all that is in /tmp goes, what is kept there, too. */
static void kept_in_tmp(void **state)
{
    uint32_t used = vfs.nodes_used;

    (void)state;
    tree(&ann, "/tmp/t");
    assert_int_equal(keep(&ann, "/tmp/t", "/tmp/k"), VFS_OK);
    assert_int_equal(take(&bob, "/tmp", REMOVE_INSIDE), VFS_DENIED);
    assert_int_equal(take(&the_system, "/tmp", REMOVE_INSIDE), VFS_OK);
    assert_int_equal(vfs.nodes_used, used);
    assert_int_equal(vfs.tops_used, 0);
}

/* Who keeps pays, and no more than may be; the table ends. */
static void limits(void **state)
{
    char path[32];
    const struct account few = {.user = ANN, .files_max = 8};
    const struct account small = {.user = ANN, .bytes_max = 12};

    (void)state;
    tree(&ann, "/hers/t");
    assert_int_equal(apply_if(vfs_decide_limit(&vfs, &the_system, &few, &record)), VFS_OK);
    assert_int_equal(keep(&ann, "/hers/t", "/hers/k"), VFS_QUOTA);
    assert_int_equal(apply_if(vfs_decide_limit(&vfs, &the_system, &small, &record)), VFS_OK);
    assert_int_equal(keep(&ann, "/hers/t", "/hers/k"), VFS_QUOTA);
    assert_int_equal(copy_as(&ann, "/hers/t", "/hers/c", CLONE_COPY, 0), VFS_QUOTA);
    assert_int_equal(keep(&the_system, "/hers/t", "/tmp/k"), VFS_OK);
    assert_int_equal(vfs_account(&vfs, ANN).bytes, 9);
    for (uint32_t i = 1; i < VFS_TOPS_MAX; i++) {
        snprintf(path, sizeof(path), "/tmp/%u", i);
        assert_int_equal(keep(&the_system, "/hers/t", path), VFS_OK);
    }
    assert_int_equal(keep(&the_system, "/hers/t", "/tmp/more"), VFS_LIMIT);
    assert_int_equal(take(&the_system, "/tmp/1", REMOVE_WHOLE), VFS_OK);
    assert_int_equal(keep(&the_system, "/hers/t", "/tmp/more"), VFS_OK);
    vfs.room = 0; /* a full disk takes no copy of what is not stored */
    assert_int_equal(copy_as(&the_system, "/hers/t", "/tmp/c", CLONE_COPY, 0), VFS_NO_SPACE);
    vfs.room = UINT64_MAX;
}

static void layers(void **state)
{
    struct asker ab, ba;
    uint32_t node;

    (void)state;
    static const char *const dirs[] = {"/A", "/B", "/A/d", "/B/d", "/A/x", "/cell", "/l"};
    for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
        assert_int_equal(make(&the_system, dirs[i], NODE_DIRECTORY), VFS_OK);
    }
    assert_int_equal(put(&the_system, "/A/f", "A"), VFS_OK);
    assert_int_equal(put(&the_system, "/A/d/only-a", "A"), VFS_OK);
    assert_int_equal(put(&the_system, "/A/x/in", "A"), VFS_OK);
    assert_int_equal(put(&the_system, "/A/y", "A"), VFS_OK);
    assert_int_equal(put(&the_system, "/B/f", "BB"), VFS_OK);
    assert_int_equal(put(&the_system, "/B/d/only-b", "BB"), VFS_OK);
    assert_int_equal(put(&the_system, "/B/x", "BB"), VFS_OK);
    assert_int_equal(make(&the_system, "/B/y", NODE_DIRECTORY), VFS_OK);
    assert_int_equal(keep(&the_system, "/A", "/l/a"), VFS_OK);
    assert_int_equal(keep(&the_system, "/B", "/l/b"), VFS_OK);
    assert_int_equal(fork_at(&the_system, "/l/a", "/cell", &ab), VFS_OK);
    assert_int_equal(apply_if(vfs_decide_overlay(&vfs, &ab, path_at("/B"), &record)),
                     VFS_NOT_FROZEN);
    assert_int_equal(apply_if(vfs_decide_overlay(&vfs, &ab, path_at("/l/b/f"), &record)),
                     VFS_NOT_DIRECTORY);
    assert_int_equal(apply_if(vfs_decide_overlay(&vfs, &the_system, path_at("/l/b"), &record)),
                     VFS_NOT_FORK);
    assert_int_equal(apply_if(vfs_decide_overlay(&vfs, &ab, path_at("/l/b"), &record)), VFS_OK);
    assert_int_equal(fork_at(&the_system, "/l/b", "/cell", &ba), VFS_OK);
    assert_int_equal(apply_if(vfs_decide_overlay(&vfs, &ba, path_at("/l/a"), &record)), VFS_OK);
    /* The later wins, directories merge, of a file and a directory the later is there. */
    expect(&ab, "/cell/f", "BB");
    expect(&ba, "/cell/f", "A");
    expect(&ab, "/cell/d/only-a", "A");
    expect(&ab, "/cell/d/only-b", "BB");
    expect(&ab, "/cell/x", "BB");
    expect(&ba, "/cell/x/in", "A");
    expect(&ba, "/cell/y", "A");
    assert_int_equal(find(&the_system, "/cell/f", &node), VFS_NOT_FOUND); /* nobody else */
    /* The top is written, the layers are not; a name that is removed is only hidden. */
    assert_int_equal(put(&ab, "/cell/d/only-a", "top"), VFS_OK);
    assert_int_equal(take(&ab, "/cell/f", REMOVE_ONE), VFS_OK);
    assert_int_equal(put(&ab, "/cell/new", "mine"), VFS_OK);
    expect(&the_system, "/l/a/d/only-a", "A");
    expect(&the_system, "/l/b/f", "BB");
    assert_int_equal(apply_if(vfs_decide_overlay(&vfs, &ab, path_at("/l/a"), &record)),
                     VFS_CONFLICT);
    assert_int_equal(apply_if(vfs_decide_commit(&vfs, &ab, &record)), VFS_NOT_FORK);
    /* As a layer: what was changed, without what it hides and what the layers have. */
    assert_int_equal(copy_as(&ab, "/cell", "/l/top", CLONE_KEPT, CLONE_CHANGED), VFS_OK);
    expect(&the_system, "/l/top/d/only-a", "top");
    expect(&the_system, "/l/top/new", "mine");
    assert_int_equal(find(&the_system, "/l/top/d/only-b", &node), VFS_NOT_FOUND);
    assert_int_equal(find(&the_system, "/l/top/x", &node), VFS_NOT_FOUND);
    close_all(); /* with the last handle all of them go */
    assert_int_equal(vfs.tops_used, 3);
    assert_int_equal(vfs.mount_count, 0);
}

/* First in one view, in no other, in no layer; and it goes with the view. */
static void overrides(void **state)
{
    struct asker cell;
    uint32_t node, used;

    (void)state;
    tree(&the_system, "/t");
    assert_int_equal(keep(&the_system, "/t", "/layer"), VFS_OK);
    assert_int_equal(make(&the_system, "/cell", NODE_DIRECTORY), VFS_OK);
    used = vfs.nodes_used;
    assert_int_equal(fork_at(&the_system, "/layer", "/cell", &cell), VFS_OK);
    assert_int_equal(apply_if(vfs_decide_override(&vfs, &the_system, path_at("/cell/f"), &record)),
                     VFS_DENIED);
    assert_int_equal(apply_if(vfs_decide_override(&vfs, &cell, path_at("/no/f"), &record)),
                     VFS_NOT_FOUND);
    assert_int_equal(apply_if(vfs_decide_override(&vfs, &cell, path_at("/cell/f"), &record)),
                     VFS_OK);
    assert_int_equal(apply_if(vfs_decide_override(&vfs, &cell, path_at("/cell/d/new"), &record)),
                     VFS_OK);
    assert_int_equal(find(&cell, "/cell/f", &node), VFS_OK);
    assert_true(vfs_is_secret(&vfs, node));
    assert_int_equal(open_path(&cell, "/cell/f", MAY_READ), VFS_OK);
    assert_int_equal(open_path(&cell, "/cell/f", MAY_WRITE), VFS_READ_ONLY);
    assert_int_equal(take(&cell, "/cell/f", REMOVE_ONE), VFS_READ_ONLY);
    struct asker other = cell;
    other.user = ANN;
    other.rights = MAY_READ;
    assert_int_equal(vfs_may(&vfs, &other, node) & MAY_READ, 0);
    expect(&the_system, "/layer/f", "first");
    assert_int_equal(find(&the_system, "/cell/d/new", &node), VFS_NOT_FOUND);
    assert_int_equal(copy_as(&cell, "/cell", "/top", CLONE_KEPT, CLONE_CHANGED), VFS_OK);
    assert_int_equal(find(&the_system, "/top/f", &node), VFS_NOT_FOUND);
    assert_int_equal(copy_as(&cell, "/cell/f", "/stolen", CLONE_COPY, 0), VFS_READ_ONLY);
    assert_int_equal(take(&the_system, "/top", REMOVE_WHOLE), VFS_OK);
    while (vfs_decide_override(&vfs, &cell, path_at("/cell/f"), &record) == VFS_OK) {
        vfs_apply(&vfs, &record);
    }
    assert_int_equal(vfs.mount_count, VFS_MOUNTS_MAX);
    assert_null(vfs_is_sound(&vfs));
    close_all();
    assert_int_equal(vfs.nodes_used, used);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(copies), TEST(kept), TEST(kept_in_tmp), TEST(limits), TEST(overrides), TEST(layers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
