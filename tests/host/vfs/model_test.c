/*
 * model_test.c - random requests against a model that is as plain as possible: a table of paths.
 *
 * Each step must be refused or done by both, and afterwards both hold the same files with the same
 * contents. And the records are the whole truth: applied to a second, fresh state they give the
 * same one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "state.h"
#include "versions.h"
#include "world.h"

enum { ENTRIES = 128, STEPS = 60000 };

struct entry {
    char path[32]; /* empty: free */
    bool directory;
    uint32_t size;
    uint8_t contents[CONTENTS];
};

static uint32_t version_last, stores;
static char stored_path[32];
static struct vfs_stored under_way; /* what is being stored; node 0: nothing */

static struct entry entries[ENTRIES];
static struct vfs live, folded;
static struct vfs_record record;

static struct entry *entry_find(const char *path)
{
    for (int i = 0; i < ENTRIES; i++) {
        if (strcmp(entries[i].path, path) == 0) return &entries[i];
    }
    return NULL;
}

static bool is_below(const char *path, const char *directory)
{
    size_t len = strlen(directory);

    return strncmp(path, directory, len) == 0 && path[len] == '/';
}

/* 1 to 3 names out of three. */
static void random_path(char out[32])
{
    int names = 1 + rand() % 3;

    out[0] = '\0';
    for (int i = 0; i < names; i++) {
        char name[3] = {'/', (char)('a' + rand() % 3), '\0'};
        strcat(out, name);
    }
}

static bool parent_is_directory(const char *path)
{
    char parent[32];
    const struct entry *e;

    strcpy(parent, path);
    *strrchr(parent, '/') = '\0';
    if (parent[0] == '\0') return true;
    e = entry_find(parent);
    return e != NULL && e->directory;
}

static void fold(void)
{
    if (vfs_blocks_needed(&live, &record) > VFS_BLOCKS_MAX) fail();
    vfs_record_clear(&record);
    assert_null(vfs_record_problem(&record, VFS_RECORD_BYTES(&record)));
    vfs_apply(&live, &record);
    vfs_apply(&folded, &record);
}

static void step_make(const char *path)
{
    bool directory = rand() % 2 == 0;
    if (entry_find("") == NULL) return; /* the model's table is full */
    bool may = entry_find(path) == NULL && parent_is_directory(path);
    const struct vfs_new what = {.kind = directory ? NODE_DIRECTORY : NODE_FILE};
    enum vfs_error err = vfs_decide_make(&live, &the_system, path_at(path), &what, &record);

    assert_int_equal(err == VFS_OK, may);
    if (!may) return;
    fold();
    struct entry *e = entry_find("");
    strcpy(e->path, path);
    e->directory = directory;
    e->size = 0;
}

static void step_remove(const char *path)
{
    struct entry *e = entry_find(path);
    bool may = e != NULL;

    for (int i = 0; may && i < ENTRIES; i++) {
        if (is_below(entries[i].path, path)) may = false;
    }
    enum vfs_error err = vfs_decide_remove(&live, &the_system, path_at(path), REMOVE_ONE, &record);
    assert_int_equal(err == VFS_OK, may);
    if (!may) return;
    fold();
    e->path[0] = '\0';
}

/* Whether all that moves still fits the table. */
static bool fits(const char *source, const char *target)
{
    for (int i = 0; i < ENTRIES; i++) {
        if (!is_below(entries[i].path, source)) continue;
        if (strlen(entries[i].path) - strlen(source) + strlen(target) >= sizeof(entries[i].path)) {
            return false;
        }
    }
    return true;
}

static void move_entries(const char *source, const char *target)
{
    for (int i = 0; i < ENTRIES; i++) {
        char moved[64];
        if (strcmp(entries[i].path, source) != 0 && !is_below(entries[i].path, source)) continue;
        snprintf(moved, sizeof(moved), "%s%s", target, entries[i].path + strlen(source));
        strcpy(entries[i].path, moved);
    }
}

static void step_rename(const char *source, const char *target)
{
    struct entry *from = entry_find(source), *to = entry_find(target);
    bool may = from != NULL && parent_is_directory(target) && !is_below(target, source);
    struct vfs_paths paths = {path_at(source), path_at(target)};

    if (may && to != NULL && to != from) may = !to->directory && !from->directory;
    if (from != NULL && from->directory && to == from) may = true;
    if (may && !fits(source, target)) return;
    assert_int_equal(vfs_decide_rename(&live, &the_system, &paths, &record) == VFS_OK, may);
    if (!may || from == to) return;
    fold();
    if (to != NULL) to->path[0] = '\0';
    move_entries(source, target);
}

static void step_write(const char *path)
{
    struct entry *e = entry_find(path);
    uint32_t node;
    uint32_t offset = (uint32_t)rand() % (CONTENTS - VFS_WRITE_MAX);

    if (e == NULL || e->directory) return;
    assert_int_equal(vfs_find(&live, &the_system, path_at(path), 0, &node), VFS_OK);
    record.len = (uint32_t)rand() % VFS_WRITE_MAX + 1;
    for (uint32_t i = 0; i < record.len; i++) {
        record.bytes[i] = (uint8_t)rand();
    }
    assert_int_equal(vfs_decide_write(&live, node, offset, &record), VFS_OK);
    if (offset > e->size) memset(e->contents + e->size, 0, offset - e->size);
    memcpy(e->contents + offset, record.bytes, record.len);
    if (offset + record.len > e->size) e->size = offset + record.len;
    fold();
}

static void step_truncate(const char *path)
{
    struct entry *e = entry_find(path);
    uint32_t node;
    uint32_t size = (uint32_t)rand() % CONTENTS;

    if (e == NULL || e->directory) return;
    assert_int_equal(vfs_find(&live, &the_system, path_at(path), 0, &node), VFS_OK);
    assert_int_equal(vfs_decide_truncate(&live, node, size, &record), VFS_OK);
    if (size > e->size) memset(e->contents + e->size, 0, size - e->size);
    e->size = size;
    fold();
}

#include "model_place.h"

/* Contents as they are now go to the store, and some time later a record says so. */
static void step_store(const char *path)
{
    const struct entry *e = entry_find(path);
    uint32_t node;

    if (placing.node != 0) return; /* one after the other */
    if (under_way.node != 0) {
        if (rand() % 4 != 0) return;
        if (vfs_decide_stored(&live, &under_way, &record)) {
            fold();
            stores++;
        }
        under_way.node = 0;
    }
    if (e == NULL || e->directory || e->size == 0) return;
    assert_int_equal(vfs_find(&live, &the_system, path_at(path), 0, &node), VFS_OK);
    const struct node *n = &live.nodes[node];
    version_last = (version_last + 1) % VERSIONS; /* older ones are not named any more */
    memset(versions[version_last], 0xaa, CONTENTS);
    memcpy(versions[version_last], e->contents, e->size);
    under_way = (struct vfs_stored){.node = node,
                                    .cuts = n->cuts,
                                    .depth = 1,
                                    .inode = n->inode,
                                    .bytes = e->size,
                                    .stamp = live.stamp};
    memcpy(under_way.root, &version_last, sizeof(version_last));
    strcpy(stored_path, path);
}

static void compare_one(const struct entry *e)
{
    static uint8_t bytes[CONTENTS + 1];
    uint32_t node;

    assert_int_equal(vfs_find(&live, &the_system, path_at(e->path), 0, &node), VFS_OK);
    assert_int_equal(live.nodes[node].kind == NODE_DIRECTORY, e->directory);
    if (e->directory) return;
    assert_int_equal(read_all(&live, node, sizeof(bytes), bytes), e->size);
    assert_memory_equal(bytes, e->contents, e->size);
}

static void compare_all(void)
{
    uint32_t count = 1;

    for (int i = 0; i < ENTRIES; i++) {
        if (entries[i].path[0] == '\0') continue;
        count++;
        compare_one(&entries[i]);
    }
    for (uint32_t i = 0; i < live.nodes_fresh; i++) {
        if (live.nodes[i].state == NODE_ORPHAN) count++;
    }
    assert_int_equal(live.nodes_used, count);
    assert_null(vfs_is_sound(&live));
}

/* What a node is, but for where it lies in memory. */
static void compare_node(struct vfs *again, uint32_t i)
{
    static uint8_t bytes[2][CONTENTS];
    struct node a = again->nodes[i], b = live.nodes[i];

    assert_int_equal(a.state, b.state);
    if (b.state == NODE_FREE) return;
    if (b.kind == NODE_FILE) {
        uint32_t len = read_all(again, i, CONTENTS, bytes[0]);
        assert_int_equal(read_all(&live, i, CONTENTS, bytes[1]), len);
        a.first_block = b.first_block = 0; /* reading fetched some */
        assert_memory_equal(bytes[0], bytes[1], len);
    }
    assert_int_equal(a.name_len, b.name_len);
    assert_memory_equal(vfs_name(again, i), vfs_name(&live, i), b.name_len);
    if (b.kind == NODE_LINK) {
        assert_memory_equal(vfs_target(again, i), vfs_target(&live, i), b.size);
    }
    a.cuts = b.cuts; /* of this process */
    a.name = b.name;
    a.target = b.target;
    a.child = b.child; /* the shape of a directory's tree says nothing */
    a.left = b.left;
    a.right = b.right;
    a.height = b.height;
    assert_memory_equal(&a, &b, sizeof(a));
}

/* The same state, but for where things lie in memory. */
static void compare_states(struct vfs *again)
{
    assert_null(vfs_is_sound(again));
    assert_int_equal(again->nodes_used, live.nodes_used);
    assert_int_equal(again->bytes, live.bytes);
    assert_int_equal(again->dirty, live.dirty);
    assert_int_equal(again->stamp, live.stamp);
    assert_int_equal(again->inode_last, live.inode_last);
    assert_int_equal(again->boots, live.boots);
    assert_int_equal(again->names_used, live.names_used);
    assert_memory_equal(again->opens, live.opens, sizeof(live.opens));
    assert_memory_equal(again->accounts, live.accounts, sizeof(live.accounts));
    uint32_t mine = live.dirty_list.oldest, other = again->dirty_list.oldest;
    for (; mine != VFS_NO_BLOCK; mine = live.blocks[mine].newer) {
        assert_int_equal(live.blocks[mine].node, again->blocks[other].node);
        assert_int_equal(live.blocks[mine].index, again->blocks[other].index);
        assert_int_equal(live.blocks[mine].stamp, again->blocks[other].stamp);
        other = again->blocks[other].newer;
    }
    for (uint32_t i = 0; i < live.nodes_fresh; i++) {
        if (i < again->nodes_fresh) compare_node(again, i);
        assert_true(i < again->nodes_fresh || live.nodes[i].state == NODE_FREE);
    }
}

/* The state as records, on a new one. From then on that one is what is folded. */
static void compare_snapshot(struct vfs_memory *memory)
{
    uint64_t at = 0;

    memory_free(memory);
    *memory = memory_make();
    world_begin(&folded, memory);
    while (vfs_snapshot(&live, &at, &record)) {
        vfs_apply(&folded, &record);
    }
    compare_states(&folded);
}

/* A random file is opened, or a random handle closed; removed ones live on. */
static void step_open(const char *path)
{
    uint32_t node;
    uint16_t open = (uint16_t)(rand() % VFS_OPENS_MAX);
    const struct vfs_grant grant = {.rights = MAY_READ};

    if (rand() % 2 == 0) {
        if (vfs_find(&live, &the_system, path_at(path), 0, &node) != VFS_OK) return;
        if (vfs_decide_open(&live, &the_system, node, &grant, &record) == VFS_OK) fold();
    } else if (vfs_decide_close(&live, open, live.opens[open].generation, &record)) {
        fold();
    }
}

static void random_steps(void **state)
{
    unsigned seed = 7;
    struct vfs_memory live_memory = memory_make(), folded_memory = memory_make();

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    world_begin(&live, &live_memory);
    world_begin(&folded, &folded_memory);
    for (int step = 0; step < STEPS; step++) {
        char path[32], other[32];
        random_path(path);
        random_path(other);
        step_store(path);
        if (under_way.node != 0 && rand() % 2 == 0) strcpy(path, stored_path); /* under its feet */
        if (placing.node == 0 || rand() % 3 == 0) step_place(path);
        const struct entry *under = placing.node != 0 ? entry_of(placing.node) : NULL;
        if (under != NULL && rand() % 2 == 0) snprintf(path, sizeof(path), "%s", under->path);
        step_forget();
        switch (rand() % 7) {
        case 0:
        case 1:
            step_make(path);
            break;
        case 2:
            step_remove(path);
            break;
        case 3:
            step_rename(path, other);
            break;
        case 4:
            step_write(path);
            break;
        case 5:
            step_open(path);
            break;
        default:
            step_truncate(path);
            break;
        }
        if (step % 100 == 0) compare_all();
        if (step % 1000 == 500) compare_states(&folded);
        if (step % 1000 == 0) compare_snapshot(&folded_memory);
    }
    compare_all();
    compare_states(&folded);
    print_message("%u stores, %u places\n", stores, places);
    assert_in_range(places, STEPS / 400, STEPS);
    assert_in_range(stores, STEPS / 200, VERSIONS - 1);
    memory_free(&live_memory);
    memory_free(&folded_memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_steps)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
