/* files_test.c - every error of the file server's state machine, and its limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

static struct vfs vfs;
static struct vfs_record record;
static struct vfs_memory memory;
static const uint8_t image_data[] = "image";

static int setup(void **state)
{
    (void)state;
    memory = memory_make();
    world_begin(&vfs, &memory);
    assert_true(vfs_add_image_file(&vfs, "/bin/init", image_data, sizeof(image_data)));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_null(vfs_is_sound(&vfs));
    memory_free(&memory);
    return 0;
}

static uint32_t length(const char *text)
{
    return (uint32_t)strlen(text);
}

static enum vfs_error apply_if(enum vfs_error err)
{
    if (err == VFS_OK) vfs_apply(&vfs, &record);
    return err;
}

static enum vfs_error make(const char *path, bool directory)
{
    const struct vfs_new what = {.kind = directory ? NODE_DIRECTORY : NODE_FILE};

    return apply_if(vfs_decide_make(&vfs, &the_system, path_at(path), &what, &record));
}

static enum vfs_error delete_path(const char *path)
{
    return apply_if(vfs_decide_remove(&vfs, &the_system, path_at(path), REMOVE_ONE, &record));
}

static enum vfs_error move_path(const char *source, const char *target)
{
    struct vfs_paths paths = {path_at(source), path_at(target)};

    return apply_if(vfs_decide_rename(&vfs, &the_system, &paths, &record));
}

static uint32_t find(const char *path)
{
    uint32_t node = VFS_NONE;

    return vfs_find(&vfs, &the_system, path_at(path), FIND_LINK, &node) == VFS_OK ? node : VFS_NONE;
}

static enum vfs_error write_at(const char *path, uint64_t offset, const char *text)
{
    record.len = length(text);
    memcpy(record.bytes, text, record.len);
    return apply_if(vfs_decide_write(&vfs, find(path), offset, &record));
}

static enum vfs_error resize(const char *path, uint64_t size)
{
    return apply_if(vfs_decide_truncate(&vfs, find(path), size, &record));
}

static void makes_and_refuses(void **state)
{
    (void)state;
    assert_int_equal(make("/d", true), VFS_OK);
    assert_int_equal(make("/d/f", false), VFS_OK);
    assert_int_equal(make("/d/f", false), VFS_EXISTS);
    assert_int_equal(make("/", true), VFS_EXISTS);
    assert_int_equal(make("/no/f", false), VFS_NOT_FOUND);
    assert_int_equal(make("/d/f/g", false), VFS_NOT_DIRECTORY);
    assert_int_equal(make("/d/f/g/h", false), VFS_NOT_DIRECTORY);
    assert_int_equal(make("/bin/x", false), VFS_READ_ONLY);
    assert_int_equal(make("d", false), VFS_BAD_PATH);
    assert_int_equal(make("/d/", true), VFS_BAD_PATH);
}

static void removes_and_refuses(void **state)
{
    (void)state;
    assert_int_equal(make("/d", true), VFS_OK);
    assert_int_equal(make("/d/f", false), VFS_OK);
    assert_int_equal(delete_path("/d"), VFS_NOT_EMPTY);
    assert_int_equal(delete_path("/"), VFS_READ_ONLY);
    assert_int_equal(delete_path("/bin/init"), VFS_READ_ONLY);
    assert_int_equal(delete_path("/bin"), VFS_READ_ONLY);
    assert_int_equal(delete_path("/x"), VFS_NOT_FOUND);
    assert_int_equal(delete_path("/d/f/x"), VFS_NOT_DIRECTORY);
    assert_int_equal(delete_path("/d/f"), VFS_OK);
    assert_int_equal(delete_path("/d"), VFS_OK);
    assert_int_equal(find("/d"), VFS_NONE);
}

static void renames_and_refuses(void **state)
{
    (void)state;
    assert_int_equal(make("/d", true), VFS_OK);
    assert_int_equal(make("/d/e", true), VFS_OK);
    assert_int_equal(make("/f", false), VFS_OK);
    assert_int_equal(make("/g", false), VFS_OK);
    assert_int_equal(write_at("/f", 0, "contents"), VFS_OK);
    assert_int_equal(move_path("/d", "/d/e/x"), VFS_BAD_PATH);
    assert_int_equal(move_path("/d", "/d/x"), VFS_BAD_PATH);
    assert_int_equal(move_path("/f", "/d"), VFS_IS_DIRECTORY);
    assert_int_equal(move_path("/d", "/f"), VFS_NOT_DIRECTORY);
    assert_int_equal(move_path("/d/e", "/d"), VFS_EXISTS);
    assert_int_equal(move_path("/x", "/y"), VFS_NOT_FOUND);
    assert_int_equal(move_path("/f", "/bin/y"), VFS_READ_ONLY);
    assert_int_equal(move_path("/bin/init", "/y"), VFS_READ_ONLY);
    assert_int_equal(move_path("/f", "/f"), VFS_OK);
    assert_int_equal(move_path("/f", "/g"), VFS_OK);
    assert_int_equal(find("/f"), VFS_NONE);
    assert_int_equal(vfs.nodes[find("/g")].size, 8);
    assert_int_equal(move_path("/d", "/h"), VFS_OK);
    assert_int_not_equal(find("/h/e"), VFS_NONE);
}

static void contents_and_gaps(void **state)
{
    uint8_t bytes[16];

    (void)state;
    assert_int_equal(make("/f", false), VFS_OK);
    assert_int_equal(write_at("/f", 10000, "end"), VFS_OK);
    assert_int_equal(vfs_read(&vfs, find("/f"), 9998, 16, bytes), 5);
    assert_memory_equal(bytes, "\0\0end", 5);
    assert_int_equal(vfs_read(&vfs, find("/f"), 10003, 16, bytes), 0);
    assert_int_equal(vfs_read(&vfs, find("/f"), UINT64_MAX, 16, bytes), 0);
    /* What was cut off is zero when the file grows again. */
    assert_int_equal(resize("/f", 10001), VFS_OK);
    assert_int_equal(resize("/f", 10003), VFS_OK);
    assert_int_equal(vfs_read(&vfs, find("/f"), 10000, 16, bytes), 3);
    assert_memory_equal(bytes, "e\0\0", 3);
    assert_int_equal(vfs_read(&vfs, find("/bin/init"), 1, 16, bytes), sizeof(image_data) - 1);
    assert_memory_equal(bytes, "mage", 5);
}

static void write_errors(void **state)
{
    (void)state;
    assert_int_equal(make("/f", false), VFS_OK);
    assert_int_equal(write_at("/bin/init", 0, "x"), VFS_READ_ONLY);
    assert_int_equal(write_at("/bin", 0, "x"), VFS_IS_DIRECTORY);
    assert_int_equal(write_at("/f", UINT64_MAX, "x"), VFS_BAD_OFFSET);
    assert_int_equal(write_at("/f", UINT64_MAX - 10, "x"), VFS_NO_SPACE);
    assert_int_equal(resize("/f", UINT64_MAX), VFS_NO_SPACE);
}

/* Without a disk there is room for so much, and an error changes nothing. Holes take none. */
static void byte_limit(void **state)
{
    uint64_t all = (uint64_t)VFS_DIRTY_MAX * VFS_BLOCK_BYTES;

    (void)state;
    assert_int_equal(make("/f", false), VFS_OK);
    assert_int_equal(make("/g", false), VFS_OK);
    assert_int_equal(resize("/f", VFS_SIZE_MAX + 1), VFS_NO_SPACE);
    assert_int_equal(resize("/f", VFS_SIZE_MAX), VFS_OK);
    for (uint64_t at = 0; at < all; at += VFS_BLOCK_BYTES) {
        assert_int_equal(write_at("/f", at, "x"), VFS_OK);
    }
    assert_int_equal(write_at("/f", 5, "y"), VFS_OK);
    assert_int_equal(write_at("/g", 0, "x"), VFS_NO_SPACE);
    assert_int_equal(write_at("/f", all, "x"), VFS_NO_SPACE);
    assert_int_equal(write_at("/f", all - 1, "xx"), VFS_NO_SPACE);
    assert_int_equal(vfs.nodes[find("/g")].size, 0);
    assert_int_equal(resize("/f", all - VFS_BLOCK_BYTES), VFS_OK);
    assert_int_equal(write_at("/g", 0, "x"), VFS_OK);
    assert_null(vfs_is_sound(&vfs));
    assert_int_equal(delete_path("/f"), VFS_OK);
    assert_int_equal(vfs.dirty, 1);
    assert_int_equal(resize("/g", all), VFS_OK);
}

/* A disk that is full refuses what would be dirty beyond what it still takes. */
static void disk_limit(void **state)
{
    (void)state;
    assert_int_equal(make("/f", false), VFS_OK);
    vfs.room = 2;
    assert_int_equal(write_at("/f", 0, "x"), VFS_OK);
    assert_int_equal(write_at("/f", 4095, "xx"), VFS_OK);
    assert_int_equal(write_at("/f", 8192, "x"), VFS_NO_SPACE);
    assert_int_equal(write_at("/f", 1, "x"), VFS_OK);
    vfs.room = 3;
    assert_int_equal(write_at("/f", 8192, "x"), VFS_OK);
}

static void node_limit(void **state)
{
    char path[16];
    uint32_t made = 0;
    enum vfs_error err;

    (void)state;
    do {
        snprintf(path, sizeof(path), "/%u", made);
        err = make(path, false);
        made++;
    } while (err == VFS_OK);
    assert_int_equal(err, VFS_NO_SPACE);
    assert_int_equal(vfs.nodes_used, VFS_NODES_MAX - VFS_IMAGE_MAX + vfs.image_nodes);
    assert_int_equal(delete_path("/0"), VFS_OK);
    assert_int_equal(make("/again", false), VFS_OK);
}

static enum vfs_error open_node(uint32_t node, bool write)
{
    const struct vfs_grant grant = {.user = VFS_SYSTEM,
                                    .rights = (uint8_t)(MAY_READ | (write ? MAY_WRITE : 0))};

    return apply_if(vfs_decide_open(&vfs, &the_system, node, &grant, &record));
}

static void handles(void **state)
{
    (void)state;
    assert_int_equal(make("/f", false), VFS_OK);
    uint32_t node = find("/f");
    assert_int_equal(open_node(find("/bin/init"), true), VFS_READ_ONLY);
    assert_int_equal(open_node(node, true), VFS_OK);
    uint16_t open = record.open;
    uint32_t generation = vfs.opens[open].generation;
    assert_non_null(vfs_opened(&vfs, open, generation));
    assert_null(vfs_opened(&vfs, open, generation + 1));
    assert_null(vfs_opened(&vfs, VFS_OPENS_MAX, generation));
    /* Removed, but open: its data stays, its name is free. */
    assert_int_equal(delete_path("/f"), VFS_OK);
    assert_int_equal(vfs.nodes[node].state, NODE_ORPHAN);
    assert_int_equal(make("/f", false), VFS_OK);
    assert_int_not_equal(find("/f"), node);
    assert_null(vfs_is_sound(&vfs));
    assert_true(vfs_decide_close(&vfs, open, generation, &record));
    vfs_apply(&vfs, &record);
    assert_int_equal(vfs.nodes[node].state, NODE_FREE);
    assert_false(vfs_decide_close(&vfs, open, generation, &record));
}

static void handle_limit(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < VFS_OPENS_MAX; i++) {
        assert_int_equal(open_node(VFS_ROOT, false), VFS_OK);
    }
    assert_int_equal(open_node(VFS_ROOT, false), VFS_LIMIT);
    assert_true(vfs_decide_close(&vfs, 7, vfs.opens[7].generation, &record));
    vfs_apply(&vfs, &record);
    assert_int_equal(open_node(VFS_ROOT, false), VFS_OK);
    assert_int_equal(record.open, 7);
}

/* A directory that was removed under a handle: nothing is found in it, nothing is made in it. */
static void removed_directory(void **state)
{
    uint32_t node, found;

    (void)state;
    assert_int_equal(make("/d", true), VFS_OK);
    node = find("/d");
    assert_int_equal(open_node(node, false), VFS_OK);
    assert_int_equal(delete_path("/d"), VFS_OK);
    const struct asker below = {.base = node, .rights = MAY_ALL, .user = VFS_SYSTEM};
    const struct vfs_new what = {.kind = NODE_FILE};
    const struct path_text x = path_at("/x"), root = path_at("/");
    assert_int_equal(vfs_find(&vfs, &below, x, 0, &found), VFS_NOT_FOUND);
    assert_int_equal(vfs_decide_make(&vfs, &below, x, &what, &record), VFS_NOT_FOUND);
    assert_int_equal(vfs_decide_remove(&vfs, &below, root, REMOVE_ONE, &record), VFS_READ_ONLY);
}

static void lists_in_order(void **state)
{
    static const char *const names[] = {"/b", "/a", "/ab", "/z", "/A"};
    static const char *const order[] = {"A", "a", "ab", "b", "bin", "z"};
    const char *after = "";

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(make(names[i], false), VFS_OK);
    }
    for (size_t i = 0; i < 6; i++) {
        uint32_t node = vfs_list_next(&vfs, &the_system, VFS_ROOT, path_at(after));
        assert_int_not_equal(node, VFS_NONE);
        assert_int_equal(vfs.nodes[node].name_len, length(order[i]));
        assert_memory_equal(vfs_name(&vfs, node), order[i], length(order[i]));
        after = order[i];
    }
    assert_int_equal(vfs_list_next(&vfs, &the_system, VFS_ROOT, path_at(after)), VFS_NONE);
}

static void bad_image_files(void **state)
{
    (void)state;
    assert_false(vfs_add_image_file(&vfs, "relative", image_data, 1));
    assert_false(vfs_add_image_file(&vfs, "/", image_data, 1));
    assert_false(vfs_add_image_file(&vfs, "/bin/init/x", image_data, 1));
    assert_false(vfs_add_image_file(&vfs, "/bin", image_data, 0));
}

/* The checker sees what it is for. */
#define SEES(place)                                                                                \
    do {                                                                                           \
        __typeof__(place) before = place;                                                          \
        place = (__typeof__(place))(before + 1);                                                   \
        assert_non_null(vfs_is_sound(&vfs));                                                       \
        place = before;                                                                            \
        assert_null(vfs_is_sound(&vfs));                                                           \
    } while (0)

static void checker_sees(void **state)
{
    (void)state;
    assert_int_equal(make("/f", false), VFS_OK);
    assert_int_equal(make("/d", true), VFS_OK);
    assert_int_equal(write_at("/f", 0, "x"), VFS_OK);
    struct node *f = &vfs.nodes[find("/f")], *root = &vfs.nodes[VFS_ROOT];
    uint32_t child = root->child;
    uint64_t size = f->size;
    f->size += VFS_BLOCK_BYTES;
    assert_non_null(vfs_is_sound(&vfs));
    f->size = size;
    root->child = 0;
    assert_non_null(vfs_is_sound(&vfs));
    root->child = child;
    SEES(vfs.bytes);
    SEES(vfs.nodes_used);
    SEES(vfs.opens_used);
    SEES(vfs.accounts[0].bytes);
    SEES(vfs.accounts[0].files);
    SEES(root->entries);
    SEES(f->height);
    SEES(f->parent);
    vfs.names[(size_t)VFS_NAMES_UNIT * f->name] = 'a'; /* stands where it does not belong */
    assert_non_null(vfs_is_sound(&vfs));
    vfs.names[(size_t)VFS_NAMES_UNIT * f->name] = 'f';
    vfs.free_block = f->first_block;
    assert_non_null(vfs_is_sound(&vfs));
    vfs.free_block = VFS_NO_BLOCK;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(makes_and_refuses), TEST(removes_and_refuses), TEST(renames_and_refuses),
        TEST(contents_and_gaps), TEST(write_errors),        TEST(byte_limit),
        TEST(disk_limit),        TEST(node_limit),          TEST(handles),
        TEST(handle_limit),      TEST(removed_directory),   TEST(lists_in_order),
        TEST(bad_image_files),   TEST(checker_sees)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
