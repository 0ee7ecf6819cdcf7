/* decide.c - may a request be done, and what would change. Changes nothing. */
#include "bytes.h"
#include "state.h"

enum {
    MODE_USUAL = MODE_OWNER_READ | MODE_OWNER_WRITE | MODE_SYSTEM_READ | MODE_SYSTEM_WRITE,
};

bool node_is_there(const struct vfs *v, uint32_t node)
{
    return v->nodes[node].state == NODE_LINKED || tops_find(v, node) != VFS_NONE;
}

/* Splits a path into the directory above, which must be there, and the last name. */
enum vfs_error find_parent(const struct vfs *v, const struct asker *who, struct path_text path,
                           struct vfs_record *out_record)
{
    uint32_t cut = path.len;

    if (!path_is_valid(path.at, path.len)) return VFS_BAD_PATH;
    if (path.len == 1) return VFS_EXISTS;
    while (path.at[cut - 1] != '/') {
        cut--;
    }
    const struct path_text above = {path.at, cut > 1 ? cut - 1 : 1};
    enum vfs_error err = vfs_find(v, who, above, 0, &out_record->parent);
    if (err != VFS_OK) return err;
    if (v->nodes[out_record->parent].kind != NODE_DIRECTORY) return VFS_NOT_DIRECTORY;
    if ((vfs_may(v, who, out_record->parent) & MAY_PASS) == 0) return VFS_DENIED;
    out_record->len = out_record->name_len = path.len - cut;
    memcpy(out_record->bytes, path.at + cut, out_record->len);
    return VFS_OK;
}

/* A directory that was removed under an open handle takes no entries. */
enum vfs_error check_writable(const struct vfs *v, const struct asker *who, uint32_t directory)
{
    if (!node_is_there(v, directory)) return VFS_NOT_FOUND;
    if (v->nodes[directory].image) return VFS_READ_ONLY;
    if (v->nodes[directory].frozen) return VFS_FROZEN;
    return (vfs_may(v, who, directory) & MAY_WRITE) != 0 ? VFS_OK : VFS_DENIED;
}

/* May this entry go from where it stands? Where all may write, only one's own. */
static enum vfs_error check_unlink(const struct vfs *v, const struct asker *who, uint32_t node)
{
    const struct node *n = &v->nodes[node];

    if (n->image || node == VFS_ROOT || node == who->base) return VFS_READ_ONLY;
    if (n->state != NODE_LINKED) return VFS_NOT_FOUND;
    if (mounts_stand_at(v, who->view, node)) return VFS_BUSY;
    enum vfs_error err = check_writable(v, who, n->parent);
    if (err != VFS_OK) return err;
    bool by_all = who->user != VFS_SYSTEM && who->user != v->nodes[n->parent].owner;
    return by_all && who->user != n->owner ? VFS_DENIED : VFS_OK;
}

static uint8_t usual_mode(const struct vfs *v, uint32_t parent, uint32_t kind)
{
    uint32_t mode = MODE_USUAL | (v->nodes[parent].mode & MODE_WORLD_READ);

    if (kind == NODE_LINK) return MODE_ALL;
    return (uint8_t)(kind == NODE_DIRECTORY ? mode | MODE_OWNER_EXECUTE : mode);
}

static enum vfs_error check_room(const struct vfs *v, const struct vfs_record *r)
{
    uint32_t target_len = r->len - r->name_len;
    uint32_t units = names_units(r->name_len) + (target_len > 0 ? names_units(target_len) : 0);

    if (r->node == VFS_NONE) return VFS_NO_SPACE;
    if (!names_have_room(v, r->name_len)) return VFS_NO_SPACE;
    if (target_len > 0 && v->names_fresh + units > VFS_NAMES_BYTES / VFS_NAMES_UNIT) {
        return VFS_NO_SPACE;
    }
    return account_check(v, r->user, 0, 1);
}

enum vfs_error vfs_decide_make(const struct vfs *v, const struct asker *who, struct path_text path,
                               const struct vfs_new *what, struct vfs_record *out_record)
{
    struct vfs_record *r = out_record;
    enum vfs_error err = find_parent(v, who, path, r);

    if (err != VFS_OK) return err;
    const struct path_text name = {(const char *)r->bytes, r->len};
    if (mounts_find(v, who->view, r->parent, name) != VFS_NONE) return VFS_EXISTS;
    err = check_writable(v, who, r->parent);
    if (err != VFS_OK) return err;
    if (what->kind == NODE_LINK) {
        if (!path_target_is_valid(what->target.at, what->target.len)) return VFS_BAD_PATH;
        memcpy(r->bytes + r->len, what->target.at, what->target.len);
        r->len += what->target.len;
    }
    r->type = VFS_MAKE;
    r->node = node_find_free(v);
    r->kind = what->kind;
    r->mode = what->mode != 0 ? what->mode : usual_mode(v, r->parent, what->kind);
    r->user = who->user;
    return check_room(v, r);
}

/* All that would go with it. What is kept goes as a whole, and by its own name; or when all that is
 * in a directory goes, as /tmp does when the machine starts. */
static enum vfs_error check_below(const struct vfs *v, const struct asker *who, uint32_t top,
                                  enum vfs_removal how)
{
    enum vfs_error err = VFS_OK;

    if (v->nodes[top].frozen) return how == REMOVE_INSIDE ? VFS_FROZEN : VFS_OK;
    for (uint32_t at = tree_next(v, top, top); at != VFS_NONE && err == VFS_OK;
         at = tree_next(v, top, at)) {
        bool inside = how == REMOVE_INSIDE && v->nodes[v->nodes[at].parent].frozen;
        if (!inside) err = check_unlink(v, who, at);
    }
    return err;
}

enum vfs_error vfs_decide_remove(const struct vfs *v, const struct asker *who,
                                 struct path_text path, enum vfs_removal how,
                                 struct vfs_record *out_record)
{
    uint32_t node;
    enum vfs_error err = vfs_find(v, who, path, FIND_LINK, &node);

    if (err != VFS_OK) return err;
    if (how != REMOVE_INSIDE) err = check_unlink(v, who, node);
    if (err != VFS_OK) return err;
    if (how == REMOVE_ONE && v->nodes[node].child != 0) return VFS_NOT_EMPTY;
    if (how != REMOVE_ONE) err = check_below(v, who, node, how);
    out_record->type = VFS_REMOVE;
    out_record->node = node;
    out_record->flag = how;
    out_record->len = 0;
    return err;
}

/* The root, or the fork that it belongs to. */
static uint32_t tree_of(const struct vfs *v, uint32_t node)
{
    while (node != VFS_ROOT && v->nodes[node].state == NODE_LINKED) {
        node = v->nodes[node].parent;
    }
    return node;
}

static bool is_at_or_below(const struct vfs *v, uint32_t node, uint32_t above)
{
    while (node != above) {
        if (node == VFS_ROOT) return false;
        node = v->nodes[node].parent;
    }
    return true;
}

/* What the rename replaces, if it may. */
static enum vfs_error check_target(const struct vfs *v, const struct asker *who,
                                   const struct vfs_record *r)
{
    bool directory = v->nodes[r->node].kind == NODE_DIRECTORY;

    if (r->replaced == VFS_NONE || r->replaced == r->node) return VFS_OK;
    const struct node *target = &v->nodes[r->replaced];
    if (target->kind == NODE_DIRECTORY) return directory ? VFS_EXISTS : VFS_IS_DIRECTORY;
    if (directory) return VFS_NOT_DIRECTORY;
    return check_unlink(v, who, r->replaced);
}

enum vfs_error vfs_decide_rename(const struct vfs *v, const struct asker *who,
                                 const struct vfs_paths *paths, struct vfs_record *out_record)
{
    struct vfs_record *r = out_record;
    uint32_t node;
    enum vfs_error err = vfs_find(v, who, paths->source, FIND_LINK, &node);

    if (err != VFS_OK) return err;
    err = find_parent(v, who, paths->target, r);
    if (err != VFS_OK) return err;
    err = check_unlink(v, who, node);
    if (err == VFS_OK) err = check_writable(v, who, r->parent);
    if (err != VFS_OK) return err;
    if (is_at_or_below(v, r->parent, node)) return VFS_BAD_PATH;
    if (tree_of(v, node) != tree_of(v, r->parent)) return VFS_OTHER_TREE;
    if (!names_have_room(v, r->len)) return VFS_NO_SPACE;
    r->type = VFS_RENAME;
    r->node = node;
    r->replaced = index_find(v, r->parent, (const char *)r->bytes, r->len);
    return check_target(v, who, r);
}

static enum vfs_error check_size(const struct vfs *v, uint32_t node, uint64_t size)
{
    const struct node *n = &v->nodes[node];

    if (n->kind == NODE_DIRECTORY) return VFS_IS_DIRECTORY;
    if (n->image) return VFS_READ_ONLY;
    if (n->frozen) return VFS_FROZEN;
    if (size > VFS_SIZE_MAX) return VFS_NO_SPACE;
    return size > n->size ? account_check(v, n->payer, size - n->size, 0) : VFS_OK;
}

enum vfs_error vfs_decide_write(const struct vfs *v, uint32_t node, uint64_t offset,
                                struct vfs_record *out_record)
{
    if (offset > UINT64_MAX - out_record->len) return VFS_BAD_OFFSET;
    enum vfs_error err = check_size(v, node, offset + out_record->len);
    if (err != VFS_OK) return err;
    out_record->type = VFS_WRITE;
    out_record->node = node;
    out_record->offset = offset;
    return data_has_room(v, out_record) ? VFS_OK : VFS_NO_SPACE;
}

enum vfs_error vfs_check_place(const struct vfs *v, uint32_t node, uint64_t offset, uint32_t blocks)
{
    uint64_t bytes = (uint64_t)blocks * VFS_BLOCK_BYTES;

    if (offset % VFS_BLOCK_BYTES != 0 || offset > VFS_SIZE_MAX) return VFS_BAD_OFFSET;
    return check_size(v, node, offset + bytes);
}

enum vfs_error vfs_decide_placed(const struct vfs *v, const struct vfs_placed *p,
                                 struct vfs_record *out_record)
{
    const struct node *n = &v->nodes[p->node];

    if (n->state == NODE_FREE || n->inode != p->inode) return VFS_GONE;
    if (n->cuts != p->cuts) return VFS_CONFLICT;
    out_record->type = VFS_PLACED;
    out_record->node = p->node;
    out_record->offset = p->offset;
    out_record->replaced = p->blocks;
    out_record->user = p->stored;
    out_record->flag = p->depth;
    out_record->len = VFS_HASH_BYTES;
    memcpy(out_record->bytes, p->root, VFS_HASH_BYTES);
    return vfs_check_place(v, p->node, p->offset, p->blocks);
}

enum vfs_error vfs_decide_truncate(const struct vfs *v, uint32_t node, uint64_t size,
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

enum vfs_error vfs_decide_mode(const struct vfs *v, const struct asker *who, struct path_text path,
                               uint8_t mode, struct vfs_record *out_record)
{
    uint32_t node;
    enum vfs_error err = vfs_find(v, who, path, 0, &node);

    if (err != VFS_OK) return err;
    if (v->nodes[node].image) return VFS_READ_ONLY;
    if (v->nodes[node].frozen) return VFS_FROZEN;
    bool admin = who->user == VFS_SYSTEM && (who->rights & MAY_ADMIN) != 0;
    if (!admin && who->user != v->nodes[node].owner) return VFS_DENIED;
    if ((who->rights & MAY_WRITE) == 0) return VFS_DENIED;
    out_record->type = VFS_MODE;
    out_record->node = node;
    out_record->mode = mode & MODE_ALL;
    out_record->len = 0;
    return VFS_OK;
}

enum vfs_error vfs_decide_own(const struct vfs *v, const struct asker *who, struct path_text path,
                              uint64_t user, struct vfs_record *out_record)
{
    uint32_t node;
    enum vfs_error err = vfs_find(v, who, path, FIND_LINK, &node);

    if (err != VFS_OK) return err;
    const struct node *n = &v->nodes[node];
    if (n->image || node == VFS_ROOT || n->state == NODE_ORPHAN) return VFS_READ_ONLY;
    if (n->frozen) return VFS_FROZEN;
    if ((who->rights & MAY_ADMIN) == 0) return VFS_DENIED;
    out_record->type = VFS_OWN;
    out_record->node = node;
    out_record->user = user;
    out_record->len = 0;
    if (user == n->owner) return VFS_OK;
    return account_check(v, user, n->kind == NODE_FILE ? n->size : 0, 1);
}

enum vfs_error vfs_decide_limit(const struct vfs *v, const struct asker *who,
                                const struct account *limits, struct vfs_record *out_record)
{
    if ((who->rights & MAY_ADMIN) == 0 || limits->user == VFS_SYSTEM) return VFS_DENIED;
    if (limits->bytes_max != 0 || limits->files_max != 0) {
        /* As for a file that is not made: a place among the accounts. */
        enum vfs_error err = account_check(v, limits->user, 0, 1);
        if (err == VFS_LIMIT) return err;
    }
    out_record->type = VFS_LIMIT_SET;
    out_record->user = limits->user;
    out_record->offset = limits->bytes_max;
    out_record->flag = limits->files_max;
    out_record->len = 0;
    return VFS_OK;
}
