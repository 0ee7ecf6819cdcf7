/* steps.h - what the tests of one state share: requests of several users, applied if allowed. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "world.h"

enum { ANN = 7, BOB = 8 };

static struct vfs vfs;
static struct vfs_record record;
static struct vfs_memory memory;
static const struct asker ann = {.base = VFS_ROOT, .rights = MAY_READ | MAY_WRITE, .user = ANN};
static const struct asker bob = {.base = VFS_ROOT, .rights = MAY_READ | MAY_WRITE, .user = BOB};

static void (*before_apply)(void); /* NULL, or what looks at each record */

static inline enum vfs_error apply_if(enum vfs_error err)
{
    if (err == VFS_OK && before_apply != NULL) before_apply();
    if (err != VFS_OK) return err;
    vfs_record_clear(&record);
    assert_null(vfs_record_problem(&record, VFS_RECORD_BYTES(&record)));
    vfs_apply(&vfs, &record);
    return err;
}

static inline enum vfs_error make(const struct asker *who, const char *path, uint8_t kind)
{
    const struct vfs_new what = {.kind = kind};

    return apply_if(vfs_decide_make(&vfs, who, path_at(path), &what, &record));
}

static inline enum vfs_error make_link(const struct asker *who, const char *path,
                                       const char *target)
{
    const struct vfs_new what = {.kind = NODE_LINK, .target = path_at(target)};

    return apply_if(vfs_decide_make(&vfs, who, path_at(path), &what, &record));
}

static inline enum vfs_error take(const struct asker *who, const char *path, enum vfs_removal how)
{
    return apply_if(vfs_decide_remove(&vfs, who, path_at(path), how, &record));
}

static inline enum vfs_error move_path(const struct asker *who, const char *source,
                                       const char *target)
{
    const struct vfs_paths paths = {path_at(source), path_at(target)};

    return apply_if(vfs_decide_rename(&vfs, who, &paths, &record));
}

static inline enum vfs_error mode(const struct asker *who, const char *path, uint8_t bits)
{
    return apply_if(vfs_decide_mode(&vfs, who, path_at(path), bits, &record));
}

static inline enum vfs_error own(const struct asker *who, const char *path, uint64_t user)
{
    return apply_if(vfs_decide_own(&vfs, who, path_at(path), user, &record));
}

static inline enum vfs_error find(const struct asker *who, const char *path, uint32_t *out_node)
{
    return vfs_find(&vfs, who, path_at(path), 0, out_node);
}

static inline enum vfs_error open_path(const struct asker *who, const char *path, uint8_t rights)
{
    const struct vfs_grant grant = {.user = who->user, .rights = rights};
    uint32_t node;
    enum vfs_error err = find(who, path, &node);

    return err != VFS_OK ? err : vfs_decide_open(&vfs, who, node, &grant, &record);
}

static inline enum vfs_error resize(const char *path, uint64_t size)
{
    uint32_t node;
    enum vfs_error err = find(&the_system, path, &node);

    return err != VFS_OK ? err : apply_if(vfs_decide_truncate(&vfs, node, size, &record));
}

static inline int setup(void **state)
{
    (void)state;
    memory = memory_make();
    world_begin(&vfs, &memory);
    assert_true(vfs_add_image_file(&vfs, "/bin/init", (const uint8_t *)"x", 1));
    assert_int_equal(make(&the_system, "/hers", NODE_DIRECTORY), VFS_OK);
    assert_int_equal(own(&the_system, "/hers", ANN), VFS_OK);
    assert_int_equal(make(&the_system, "/tmp", NODE_DIRECTORY), VFS_OK);
    assert_int_equal(mode(&the_system, "/tmp", MODE_ALL), VFS_OK);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    assert_null(vfs_is_sound(&vfs));
    memory_free(&memory);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
