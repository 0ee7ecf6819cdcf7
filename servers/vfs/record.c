/* record.c - what a record of each type may look like: whatever it has no use for is zero. */
#include "record.h"

#include "bytes.h"
#include "state.h"

enum field {
    NODE = 1,
    PARENT = 2,
    REPLACED = 4,
    OPEN = 8,
    KIND = 16,
    MODE = 32,
    FLAG = 64,
    BYTES = 128,
    NAME = 256,
    OFFSET = 512,
    USER = 1024,
    NO_PARENT = 2048, /* VFS_NONE, too */
};

/* Which fields a type has, and what `kind` and `mode` are at most. Each has a time. */
static const struct shape {
    uint16_t fields;
    uint8_t kinds, modes;
    uint32_t flags;
} shapes[] = {
    [VFS_MAKE] = {NODE | PARENT | KIND | MODE | BYTES | NAME | USER, NODE_LINK, MODE_ALL, 0},
    [VFS_REMOVE] = {NODE | FLAG, 0, 0, REMOVE_INSIDE},
    [VFS_RENAME] = {NODE | PARENT | REPLACED | BYTES | NAME, 0, 0, 0},
    [VFS_WRITE] = {NODE | BYTES | OFFSET, 0, 0, 0},
    [VFS_TRUNCATE] = {NODE | OFFSET, 0, 0, 0},
    [VFS_OPEN] = {NODE | PARENT | OPEN | KIND | FLAG | BYTES | USER, FOR_WATCH, 0, UINT32_MAX},
    [VFS_CLOSE] = {OPEN, 0, 0, 0},
    [VFS_MODE] = {NODE | MODE, 0, MODE_ALL, 0},
    [VFS_OWN] = {NODE | USER, 0, 0, 0},
    [VFS_LIMIT_SET] = {FLAG | OFFSET | USER, 0, 0, UINT32_MAX},
    [VFS_MOUNT] = {NODE | PARENT | OPEN | KIND | MODE, MOUNT_SERVER, VFS_VIEWS_MAX - 1, 0},
    [VFS_UNMOUNT] = {NODE | MODE, 0, VFS_VIEWS_MAX - 1, 0},
    [VFS_BEGIN] = {OFFSET, 0, 0, 0},
    [VFS_STORED] = {NODE | FLAG | BYTES | OFFSET | USER, 0, 0, 2 * STORED_TRIMMED - 1},
    [VFS_NODE] = {NODE | PARENT | KIND | MODE | FLAG | BYTES | NAME | OFFSET | USER, NODE_LINK,
                  MODE_ALL, 2 * NODE_IS_SECRET - 1},
    [VFS_TOUCH] = {NODE | MODE | FLAG, 0, MODE_ALL, NODE_IS_LOWER},
    [VFS_HANDLE] = {NODE | OPEN | KIND | FLAG | BYTES | OFFSET | USER, FOR_WATCH, 0, UINT32_MAX},
    [VFS_BLOCK] = {NODE | BYTES | OFFSET | USER, 0, 0, 0},
    [VFS_STAMP] = {OFFSET, 0, 0, 0},
    [VFS_LAST] = {OFFSET | USER, 0, 0, 0},
    [VFS_TOP] = {NODE | PARENT | NO_PARENT | KIND | MODE | FLAG | BYTES | OFFSET, TOP_OVERRIDE,
                 VFS_VIEWS_MAX - 1, 1},
    [VFS_CLONE] = {NODE | PARENT | NO_PARENT | REPLACED | KIND | MODE | FLAG | BYTES | NAME |
                       OFFSET | USER,
                   CLONE_LAYERED, VFS_VIEWS_MAX - 1, CLONE_CHANGED},
    [VFS_OVERLAY] = {NODE | PARENT | REPLACED | USER, 0, 0, 0},
    [VFS_COMMIT] = {NODE | PARENT, 0, 0, 0},
    [VFS_PLACED] = {NODE | REPLACED | FLAG | BYTES | OFFSET | USER, 0, 0, 255},
    [VFS_OVERRIDE] = {NODE | PARENT | MODE | BYTES | NAME | USER, 0, VFS_VIEWS_MAX - 1, 0},
};
enum { TYPES = sizeof(shapes) / sizeof(shapes[0]) };

void vfs_record_clear(struct vfs_record *r)
{
    uint32_t has = shapes[r->type].fields;

    if ((has & NODE) == 0) r->node = 0;
    if ((has & PARENT) == 0) r->parent = 0;
    if ((has & REPLACED) == 0) r->replaced = 0;
    if ((has & OPEN) == 0) r->open = 0;
    if ((has & KIND) == 0) r->kind = 0;
    if ((has & MODE) == 0) r->mode = 0;
    if ((has & FLAG) == 0) r->flag = 0;
    if ((has & BYTES) == 0) r->len = 0;
    if ((has & NAME) == 0) r->name_len = 0;
    if ((has & OFFSET) == 0) r->offset = 0;
    if ((has & USER) == 0) r->user = 0;
}

/* What is not used is zero. */
static bool is_clear(const struct vfs_record *r, uint32_t has)
{
    uint64_t left = 0;

    left |= (has & NODE) != 0 ? 0 : r->node;
    left |= (has & PARENT) != 0 ? 0 : r->parent;
    left |= (has & REPLACED) != 0 ? 0 : r->replaced;
    left |= (has & OPEN) != 0 ? 0u : r->open;
    left |= (has & KIND) != 0 ? 0u : r->kind;
    left |= (has & MODE) != 0 ? 0u : r->mode;
    left |= (has & FLAG) != 0 ? 0 : r->flag;
    left |= (has & BYTES) != 0 ? 0 : r->len;
    left |= (has & NAME) != 0 ? 0 : r->name_len;
    left |= (has & OFFSET) != 0 ? 0 : r->offset;
    left |= (has & USER) != 0 ? 0 : r->user;
    return left == 0;
}

/* Nodes and handles are places in tables. */
static bool is_in_tables(const struct vfs_record *r, uint32_t has)
{
    bool none = r->parent == VFS_NONE && (has & NO_PARENT) != 0;
    bool no_open = r->open == VFS_NO_OPEN && r->type == VFS_MOUNT;
    bool nothing = r->replaced == VFS_NONE && r->type == VFS_RENAME;

    return r->node < VFS_NODES_MAX && (none || r->parent < VFS_NODES_MAX) &&
           (no_open || r->open < VFS_OPENS_MAX) && (nothing || r->replaced < VFS_NODES_MAX);
}

const char *vfs_record_problem(const struct vfs_record *r, uint64_t size)
{
    if (size < offsetof(struct vfs_record, bytes)) return "it is too short";
    if (r->type >= TYPES || shapes[r->type].fields == 0) return "its type is not known";
    const struct shape *s = &shapes[r->type];
    if (r->len > VFS_WRITE_MAX || size != VFS_RECORD_BYTES(r)) return "its length is another";
    if (!is_clear(r, s->fields)) return "what it has no use for is not zero";
    if (r->name_len > r->len || r->name_len > PATH_NAME_MAX) return "its name is too long";
    if (r->kind > s->kinds) return "its kind is not known";
    if (r->mode > s->modes) return "its mode is not known";
    if (r->flag > s->flags) return "its flags are not known";
    bool named = r->type == VFS_STORED || r->type == VFS_PLACED;
    if (named && r->len != VFS_HASH_BYTES) return "its hash has another length";
    if (!is_in_tables(r, s->fields)) return "it names what cannot be";
    return NULL;
}
