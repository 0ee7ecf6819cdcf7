/* forks.h - whole trees in tests: copied, kept, forked as the server does it; what is in a file. */
#pragma once
#include "steps.h"

static inline enum vfs_error copy_as(const struct asker *who, const char *source,
                                     const char *target, uint8_t kind, uint32_t flags)
{
    const struct vfs_copy copy = {.source = path_at(source),
                                  .target = path_at(target),
                                  .kind = kind,
                                  .flags = flags,
                                  .since = 77};

    return apply_if(vfs_decide_copy(&vfs, who, &copy, &record));
}

static inline enum vfs_error keep(const struct asker *who, const char *source, const char *target)
{
    return copy_as(who, source, target, CLONE_KEPT, 0);
}

/* As the server does it. `*out_who` sees the fork; its handle is `open`. */
static inline enum vfs_error fork_at(const struct asker *who, const char *source,
                                     const char *target, struct asker *out_who)
{
    const struct vfs_copy copy = {.source = path_at(source),
                                  .kind = strcmp(source, target) == 0 ? CLONE_FORK : CLONE_LAYERED,
                                  .since = 78};
    const struct vfs_grant grant = {.user = who->user, .rights = who->rights, .fresh = true};
    static struct vfs_record fork, open;
    uint32_t at;

    assert_int_equal(vfs_find(&vfs, who, path_at(target), FIND_LINK, &at), VFS_OK);
    enum vfs_error err = vfs_decide_fork(&vfs, who, &copy, &fork);
    if (err != VFS_OK) return err;
    uint32_t base = at == who->base ? fork.node : who->base;
    err = vfs_decide_open_new(&vfs, who, base, &grant, &open);
    if (err != VFS_OK) return err;
    record = fork;
    (void)apply_if(VFS_OK);
    record = open;
    (void)apply_if(VFS_OK);
    vfs_fork_bind(&fork, at, &record);
    if (at != who->base) (void)apply_if(VFS_OK);
    record.open = open.open;
    *out_who = *who;
    out_who->base = base;
    out_who->view = vfs.opens[open.open].view;
    return VFS_OK;
}

static inline enum vfs_error put(const struct asker *who, const char *path, const char *text)
{
    uint32_t node;
    enum vfs_error err = find(who, path, &node);

    if (err == VFS_NOT_FOUND) err = make(who, path, NODE_FILE);
    if (err == VFS_OK) err = find(who, path, &node);
    if (err == VFS_OK) err = open_path(who, path, MAY_WRITE);
    if (err == VFS_OK) err = apply_if(vfs_decide_truncate(&vfs, node, 0, &record));
    record.len = (uint32_t)strlen(text);
    memcpy(record.bytes, text, record.len);
    return err == VFS_OK ? apply_if(vfs_decide_write(&vfs, node, 0, &record)) : err;
}

static inline void expect(const struct asker *who, const char *path, const char *text)
{
    uint8_t bytes[64];
    uint32_t node;

    assert_int_equal(find(who, path, &node), VFS_OK);
    assert_int_equal(vfs_read(&vfs, node, 0, sizeof(bytes), bytes), strlen(text));
    assert_memory_equal(bytes, text, strlen(text));
}

static inline void tree(const struct asker *who, const char *top)
{
    char path[64];

    assert_int_equal(make(who, top, NODE_DIRECTORY), VFS_OK);
    snprintf(path, sizeof(path), "%s/f", top);
    assert_int_equal(put(who, path, "first"), VFS_OK);
    snprintf(path, sizeof(path), "%s/d", top);
    assert_int_equal(make(who, path, NODE_DIRECTORY), VFS_OK);
    snprintf(path, sizeof(path), "%s/d/g", top);
    assert_int_equal(put(who, path, "deep"), VFS_OK);
}

static inline void close_all(void)
{
    record = (struct vfs_record){.type = VFS_CLOSE_ALL};
    vfs_apply(&vfs, &record);
    assert_null(vfs_is_sound(&vfs));
}
