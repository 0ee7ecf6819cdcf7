/* decide.c - may a request be done, and what would change. Changes nothing. */
#include "bytes.h"
#include "state.h"

/* Splits a path into the directory above, which must be there, and the last name. */
static enum vfs_error find_parent(const struct vfs *v, uint16_t base, const char *path,
                                  uint32_t len, struct vfs_record *out_record)
{
    uint32_t cut = len;

    if (!path_is_valid(path, len)) return VFS_BAD_PATH;
    if (len == 1) return VFS_EXISTS;
    while (path[cut - 1] != '/') {
        cut--;
    }
    enum vfs_error err = vfs_find(v, base, path, cut > 1 ? cut - 1 : 1, &out_record->parent);
    if (err != VFS_OK) return err;
    if (!v->nodes[out_record->parent].directory) return VFS_NOT_DIRECTORY;
    out_record->len = len - cut;
    memcpy(out_record->bytes, path + cut, out_record->len);
    return VFS_OK;
}

/* A directory that was removed under an open handle takes no entries. */
static enum vfs_error check_writable(const struct vfs *v, uint16_t directory)
{
    if (v->nodes[directory].state != NODE_LINKED) return VFS_NOT_FOUND;
    if (v->nodes[directory].image) return VFS_READ_ONLY;
    return VFS_OK;
}

enum vfs_error vfs_decide_make(const struct vfs *v, uint16_t base, const char *path, uint32_t len,
                               struct vfs_record *out_record)
{
    enum vfs_error err = find_parent(v, base, path, len, out_record);

    if (err != VFS_OK) return err;
    if (node_child(v, out_record->parent, path + len - out_record->len, out_record->len) !=
        VFS_NONE) {
        return VFS_EXISTS;
    }
    err = check_writable(v, out_record->parent);
    if (err != VFS_OK) return err;
    out_record->node = node_find_free(v);
    if (out_record->node == VFS_NONE) return VFS_NO_SPACE;
    out_record->type = VFS_MAKE;
    return VFS_OK;
}

enum vfs_error vfs_decide_remove(const struct vfs *v, uint16_t base, const char *path, uint32_t len,
                                 struct vfs_record *out_record)
{
    uint16_t node;
    enum vfs_error err = vfs_find(v, base, path, len, &node);

    if (err != VFS_OK) return err;
    if (v->nodes[node].image || node == VFS_ROOT || node == base) return VFS_READ_ONLY;
    if (v->nodes[node].child != 0) return VFS_NOT_EMPTY;
    out_record->type = VFS_REMOVE;
    out_record->node = node;
    out_record->len = 0;
    return VFS_OK;
}

static bool is_at_or_below(const struct vfs *v, uint16_t node, uint16_t above)
{
    while (node != above) {
        if (node == VFS_ROOT) return false;
        node = v->nodes[node].parent;
    }
    return true;
}

/* What the rename replaces, if it may. */
static enum vfs_error check_target(const struct vfs *v, const struct vfs_record *r)
{
    bool directory = v->nodes[r->node].directory;

    if (r->replaced == VFS_NONE || r->replaced == r->node) return VFS_OK;
    const struct node *target = &v->nodes[r->replaced];
    if (target->directory) return directory ? VFS_EXISTS : VFS_IS_DIRECTORY;
    if (directory) return VFS_NOT_DIRECTORY;
    return target->image ? VFS_READ_ONLY : VFS_OK;
}

enum vfs_error vfs_decide_rename(const struct vfs *v, uint16_t base, const struct vfs_paths *paths,
                                 struct vfs_record *out_record)
{
    uint16_t node;
    enum vfs_error err = vfs_find(v, base, paths->source, paths->source_len, &node);

    if (err != VFS_OK) return err;
    err = find_parent(v, base, paths->target, paths->target_len, out_record);
    if (err != VFS_OK) return err;
    if (v->nodes[node].image || node == VFS_ROOT || node == base) return VFS_READ_ONLY;
    err = check_writable(v, out_record->parent);
    if (err != VFS_OK) return err;
    if (is_at_or_below(v, out_record->parent, node)) return VFS_BAD_PATH;
    out_record->type = VFS_RENAME;
    out_record->node = node;
    out_record->replaced =
        node_child(v, out_record->parent, (const char *)out_record->bytes, out_record->len);
    return check_target(v, out_record);
}

static enum vfs_error check_size(const struct vfs *v, uint16_t node, uint64_t size)
{
    uint32_t have = blocks_of(v->nodes[node].size);

    if (v->nodes[node].directory) return VFS_IS_DIRECTORY;
    if (v->nodes[node].image) return VFS_READ_ONLY;
    if (size > (uint64_t)VFS_BLOCKS_MAX * VFS_BLOCK_BYTES) return VFS_NO_SPACE;
    if (blocks_of(size) > have && blocks_of(size) - have > blocks_free(v)) return VFS_NO_SPACE;
    return VFS_OK;
}

enum vfs_error vfs_decide_write(const struct vfs *v, uint16_t node, uint64_t offset,
                                struct vfs_record *out_record)
{
    if (offset > UINT64_MAX - out_record->len) return VFS_BAD_OFFSET;
    enum vfs_error err = check_size(v, node, offset + out_record->len);
    if (err != VFS_OK) return err;
    out_record->type = VFS_WRITE;
    out_record->node = node;
    out_record->offset = offset;
    return VFS_OK;
}

enum vfs_error vfs_decide_truncate(const struct vfs *v, uint16_t node, uint64_t size,
                                   struct vfs_record *out_record)
{
    enum vfs_error err = check_size(v, node, size);

    if (err != VFS_OK) return err;
    out_record->type = VFS_TRUNCATE;
    out_record->node = node;
    out_record->offset = size;
    out_record->len = 0;
    return VFS_OK;
}

enum vfs_error vfs_decide_open(const struct vfs *v, uint16_t node, bool write,
                               struct vfs_record *out_record)
{
    if (write && v->nodes[node].directory) return VFS_IS_DIRECTORY;
    if (write && v->nodes[node].image) return VFS_READ_ONLY;
    for (uint16_t i = 0; i < VFS_OPENS_MAX; i++) {
        if (v->opens[i].used) continue;
        out_record->type = VFS_OPEN;
        out_record->node = node;
        out_record->open = i;
        out_record->flag = write;
        out_record->len = 0;
        return VFS_OK;
    }
    return VFS_LIMIT;
}

const struct opened *vfs_opened(const struct vfs *v, uint16_t open, uint32_t generation)
{
    if (open >= VFS_OPENS_MAX) return NULL;
    const struct opened *o = &v->opens[open];
    return o->used && o->generation == generation ? o : NULL;
}

bool vfs_decide_close(const struct vfs *v, uint16_t open, uint32_t generation,
                      struct vfs_record *out_record)
{
    if (vfs_opened(v, open, generation) == NULL) return false;
    out_record->type = VFS_CLOSE;
    out_record->open = open;
    out_record->len = 0;
    return true;
}

uint32_t vfs_blocks_needed(const struct vfs *v, const struct vfs_record *r)
{
    uint32_t more = 0;

    if (r->type == VFS_WRITE || r->type == VFS_TRUNCATE) {
        uint64_t end = r->type == VFS_WRITE ? r->offset + r->len : r->offset;
        uint32_t have = blocks_of(v->nodes[r->node].size);
        if (blocks_of(end) > have) more = blocks_of(end) - have;
    }
    uint32_t given_back = v->blocks_fresh - v->blocks_used;
    return more > given_back ? v->blocks_fresh + more - given_back : v->blocks_fresh;
}
