/*
 * fold_test.c - the state is the fold of its records: random requests of every kind, by several
 * users and in several views; now and then the process ends, and the next one folds the last
 * checkpoint and the records since. Both are the same, and both are sound.
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
#include "world.h"

enum { STEPS = 80000, COMPARE_EVERY = 200, TYPES = 32 };

static struct vfs live, folded;
static struct vfs_memory live_memory, folded_memory;
static struct vfs_record record;
static uint32_t done[TYPES]; /* records of each type, so that none is left out */

/* What a state is, whatever lies where: its records, in any order. */
static uint64_t digest(const struct vfs *v)
{
    static struct vfs_record r;
    uint64_t at = 0, sum = 0;

    for (;;) {
        memset(&r, 0, sizeof(r));
        if (!vfs_snapshot(v, &at, &r)) return sum;
        uint64_t hash = 0xcbf29ce484222325u;
        const uint8_t *bytes = (const uint8_t *)&r;
        for (size_t i = 0; i < VFS_RECORD_BYTES(&r); i++) {
            hash = (hash ^ bytes[i]) * 0x100000001b3u;
        }
        sum += hash;
    }
}

static struct path_text random_path(void)
{
    static char paths[4][64];
    static int turn;
    char *path = paths[turn++ % 4];

    path[0] = '\0';
    for (int names = 1 + rand() % 3; names > 0; names--) {
        char name[12] = {'/', (char)('a' + rand() % 4), '\0'};
        if (rand() % 8 == 0) strcat(name, "-longer-1");
        strcat(path, name);
    }
    return path_at(path);
}

/* A user at the root, or one of the handles that there are. */
static struct asker random_asker(void)
{
    struct asker who = the_system;
    const struct opened *o = &live.opens[rand() % 16];

    who.user = rand() % 3 == 0 ? 1 + (uint64_t)(rand() % 3) : VFS_SYSTEM;
    if (who.user != VFS_SYSTEM) who.rights = MAY_READ | MAY_WRITE;
    if (rand() % 2 != 0 || !o->used || o->purpose != FOR_NODE) return who;
    if (live.nodes[o->node].kind != NODE_DIRECTORY) return who;
    return (struct asker){.base = o->node, .rights = o->rights, .view = o->view, .user = o->user};
}

static enum vfs_error decide_names(const struct asker *who)
{
    struct path_text path = random_path();
    const struct vfs_new what = {.kind = (uint8_t)(rand() % 3), .target = random_path()};
    const struct vfs_paths paths = {path, random_path()};

    switch (rand() % 8) {
    case 0:
        return vfs_decide_remove(&live, who, path, (enum vfs_removal)(rand() % 3), &record);
    case 1:
        return vfs_decide_rename(&live, who, &paths, &record);
    default:
        return vfs_decide_make(&live, who, path, &what, &record);
    }
}

static enum vfs_error decide_attributes(const struct asker *who)
{
    const struct account limits = {.user = 1 + (uint64_t)(rand() % 3),
                                   .bytes_max = (uint64_t)(rand() % 3) * 5000,
                                   .files_max = (uint32_t)(rand() % 3) * 6};

    switch (rand() % 4) {
    case 0:
        return vfs_decide_own(&live, who, random_path(), (uint64_t)(rand() % 4), &record);
    case 1:
        return vfs_decide_limit(&live, who, &limits, &record);
    default:
        return vfs_decide_mode(&live, who, random_path(), (uint8_t)(rand() | 0x60), &record);
    }
}

static enum vfs_error decide_contents(const struct asker *who)
{
    uint32_t node;
    enum vfs_error err = vfs_find(&live, who, random_path(), 0, &node);

    if (err != VFS_OK) return err;
    if (live.nodes[node].kind != NODE_FILE) return VFS_IS_DIRECTORY;
    if (rand() % 4 == 0)
        return vfs_decide_truncate(&live, node, (uint64_t)(rand() % 9000), &record);
    record.len = (uint32_t)rand() % 500;
    for (uint32_t i = 0; i < record.len; i++) {
        record.bytes[i] = (uint8_t)rand();
    }
    return vfs_decide_write(&live, node, (uint64_t)(rand() % 9000), &record);
}

static enum vfs_error decide_handles(const struct asker *who)
{
    const struct vfs_grant grant = {.user = who->user,
                                    .rights = who->rights,
                                    .fresh = rand() % 3 == 0,
                                    .purpose = rand() % 4 == 0 ? FOR_REMOTE : FOR_NODE};
    struct vfs_grant with_path = grant;
    uint16_t open = (uint16_t)(rand() % 24);
    uint32_t node;

    if (grant.purpose == FOR_REMOTE) with_path.path = random_path();
    if (rand() % 2 == 0) {
        bool closes = vfs_decide_close(&live, open, live.opens[open].generation, &record);
        return closes ? VFS_OK : VFS_NOT_FOUND;
    }
    enum vfs_error err = vfs_find(&live, who, random_path(), 0, &node);
    return err != VFS_OK ? err : vfs_decide_open(&live, who, node, &with_path, &record);
}

static void apply(void)
{
    assert_true(record.type < TYPES);
    done[record.type]++;
    record.time = (uint64_t)rand();
    vfs_record_clear(&record);
    if (record.type != VFS_CLOSE_ALL) { /* which no stream has */
        assert_null(vfs_record_problem(&record, VFS_RECORD_BYTES(&record)));
    }
    vfs_apply(&live, &record);
    vfs_apply(&folded, &record);
}

static enum vfs_error decide_mounts(const struct asker *who)
{
    const struct vfs_grant provider = {
        .user = who->user, .rights = MAY_READ, .purpose = FOR_PROVIDER};
    struct path_text path = random_path();
    const struct vfs_paths paths = {path, random_path()};
    enum vfs_error err;

    switch (rand() % 4) {
    case 0:
        return vfs_decide_unmount(&live, who, path, &record);
    case 1: /* two records, as the server makes them */
        err = vfs_decide_mount(&live, who, path, &record);
        if (err != VFS_OK) return err;
        err = vfs_decide_open_new(&live, who, record.node, &provider, &record);
        if (err != VFS_OK) return err;
        uint16_t open = record.open;
        apply();
        err = vfs_decide_mount(&live, who, path, &record);
        record.open = open;
        return err;
    default:
        return vfs_decide_bind(&live, who, &paths, rand() % 2 == 0, &record);
    }
}

/* A few names for what is kept, so that it is found again. */
static struct path_text kept_path(void)
{
    static const char *const paths[] = {"/k1", "/k2", "/k3"};

    return rand() % 2 == 0 ? random_path() : path_at(paths[rand() % 3]);
}

/* Whoever has a fork, if anybody has one. */
static struct asker forks_asker(const struct asker *other)
{
    for (uint32_t i = 0; i < VFS_OPENS_MAX; i++) {
        const struct opened *o = &live.opens[i];
        const struct asker who = {
            .base = o->node, .rights = o->rights, .view = o->view, .user = o->user};
        bool directory =
            o->used && o->purpose == FOR_NODE && live.nodes[o->node].kind == NODE_DIRECTORY;
        if (directory && rand() % 2 == 0 && vfs_fork_of(&live, &who) != VFS_NONE) return who;
    }
    return *other;
}

/* Whole trees: copied, kept, forked, laid over each other, put in place. */
static enum vfs_error decide_trees(const struct asker *other)
{
    bool kept = rand() % 3 == 0;
    const struct vfs_copy copy = {.source = kept_path(),
                                  .target = kept ? kept_path() : random_path(),
                                  .kind = kept ? CLONE_KEPT : CLONE_COPY,
                                  .flags = rand() % 4 == 0 ? CLONE_CHANGED : 0,
                                  .since = (uint64_t)rand()};
    const struct asker owner = forks_asker(other), *who = &owner;
    const struct vfs_grant grant = {.user = who->user, .rights = who->rights, .fresh = true};
    struct vfs_copy forked = copy;
    static struct vfs_record fork;
    uint32_t at;
    enum vfs_error err;

    forked.kind = rand() % 2 == 0 ? CLONE_FORK : CLONE_LAYERED;
    switch (rand() % 10) {
    case 0:
        return vfs_decide_overlay(&live, who, kept_path(), &record);
    case 4:
        return vfs_decide_override(&live, who, random_path(), &record);
    case 1:
    case 6:
    case 7:
        return vfs_decide_commit(&live, who, &record);
    case 2:
    case 3: /* three records, as the server makes them */
        err = vfs_find(&live, who, copy.target, FIND_LINK, &at);
        if (err != VFS_OK || live.nodes[at].kind != NODE_DIRECTORY) return VFS_NOT_FOUND;
        err = vfs_decide_fork(&live, who, &forked, &fork);
        if (err != VFS_OK) return err;
        err = vfs_decide_open_new(&live, who, at == who->base ? fork.node : who->base, &grant,
                                  &record);
        if (err != VFS_OK) return err;
        static struct vfs_record open;
        open = record;
        record = fork;
        apply();
        record = open;
        if (at == who->base) return VFS_OK;
        apply();
        vfs_fork_bind(&fork, at, &record);
        return VFS_OK;
    default:
        return vfs_decide_copy(&live, who, &copy, &record);
    }
}

static enum vfs_error decide_boot(void)
{
    record = (struct vfs_record){.type = rand() % 2 == 0 ? VFS_CLOSE_ALL : VFS_BEGIN,
                                 .offset = (uint64_t)rand()};
    return VFS_OK;
}

static void step(void)
{
    const struct asker who = random_asker();
    enum vfs_error err;
    int what = rand() % 100;

    memset(&record, 0, sizeof(record));
    if (what < 34) {
        err = decide_names(&who);
    } else if (what < 46) {
        err = decide_trees(&who);
    } else if (what < 55) {
        err = decide_attributes(&who);
    } else if (what < 75) {
        err = decide_contents(&who);
    } else if (what < 90) {
        err = decide_handles(&who);
    } else if (what < 99 || rand() % 10 != 0) {
        err = decide_mounts(&who);
    } else {
        err = decide_boot();
    }
    if (err == VFS_OK) apply();
}

/* The process ends; the next one has the checkpoint, and from now on what follows it. */
static void crash(void)
{
    uint64_t at = 0;

    memory_free(&folded_memory);
    folded_memory = memory_make();
    memset(&folded, 0, sizeof(folded));
    world_begin(&folded, &folded_memory);
    while (vfs_snapshot(&live, &at, &record)) {
        assert_null(vfs_record_problem(&record, VFS_RECORD_BYTES(&record)));
        vfs_apply(&folded, &record);
    }
}

/* Said without vfs_snapshot(), which could leave something out of both. */
static void compare_plainly(void)
{
    assert_int_equal(live.mount_count, folded.mount_count);
    assert_memory_equal(live.mounts, folded.mounts, sizeof(live.mounts));
    for (uint32_t i = 0; i < VFS_OPENS_MAX; i++) {
        const struct opened *a = &live.opens[i], *b = &folded.opens[i];
        assert_true(a->used == b->used && a->generation == b->generation);
        if (!a->used) continue;
        assert_true(a->node == b->node && a->user == b->user && a->rights == b->rights);
        assert_true(a->view == b->view && a->purpose == b->purpose && a->path_len == b->path_len);
        assert_memory_equal(vfs_path(&live, a), vfs_path(&folded, b), a->path_len);
    }
    assert_int_equal(live.tops_used, folded.tops_used);
    for (uint32_t i = 0; i < VFS_TOPS_MAX; i++) {
        const struct top *a = &live.tops[i];
        if (a->kind == TOP_NONE) continue;
        const struct top *b = &folded.tops[tops_find(&folded, a->node)];
        assert_true(a->kind == b->kind && a->view == b->view && a->stale == b->stale);
        assert_true(a->origin == b->origin && a->since == b->since && a->path_len == b->path_len);
    }
    for (uint32_t i = 0; i < live.nodes_fresh; i++) {
        const struct node *a = &live.nodes[i], *b = &folded.nodes[i];
        if (a->state == NODE_FREE) continue;
        assert_true(a->state == b->state && a->kind == b->kind && a->mode == b->mode);
        assert_true(a->owner == b->owner && a->size == b->size && a->opens == b->opens);
        assert_true(a->parent == b->parent && a->entries == b->entries && a->inode == b->inode);
        assert_true(a->created == b->created && a->modified == b->modified);
        assert_true(a->payer == b->payer && a->frozen == b->frozen && a->lower == b->lower);
    }
}

static void compare(void)
{
    const char *problem = vfs_is_sound(&live);

    if (problem != NULL) fail_msg("%s", problem);
    problem = vfs_is_sound(&folded);
    if (problem != NULL) fail_msg("folded: %s", problem);
    assert_true(digest(&live) == digest(&folded));
    assert_int_equal(live.nodes_used, folded.nodes_used);
    assert_int_equal(live.names_used, folded.names_used);
    assert_int_equal(live.bytes, folded.bytes);
    compare_plainly();
}

static void random_requests(void **state)
{
    static const uint8_t kinds[] = {
        VFS_MAKE,    VFS_REMOVE,    VFS_RENAME, VFS_WRITE,   VFS_TRUNCATE,  VFS_OPEN,
        VFS_CLOSE,   VFS_CLOSE_ALL, VFS_MODE,   VFS_OWN,     VFS_LIMIT_SET, VFS_MOUNT,
        VFS_UNMOUNT, VFS_BEGIN,     VFS_CLONE,  VFS_OVERLAY, VFS_COMMIT,    VFS_OVERRIDE};
    unsigned seed = 11;

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    live_memory = memory_make();
    folded_memory = memory_make();
    world_begin(&live, &live_memory);
    world_begin(&folded, &folded_memory);
    for (int i = 1; i <= STEPS; i++) {
        step();
        if (i % COMPARE_EVERY == 0) compare();
        if (rand() % 1000 == 0) crash();
    }
    for (size_t i = 0; i < sizeof(kinds); i++) {
        if (done[kinds[i]] < 10) fail_msg("type %u: only %u", kinds[i], done[kinds[i]]);
    }
    /* It would see a difference. */
    folded.nodes[VFS_ROOT].modified++;
    assert_true(digest(&live) != digest(&folded));
    memory_free(&live_memory);
    memory_free(&folded_memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_requests)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
