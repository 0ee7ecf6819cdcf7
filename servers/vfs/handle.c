/* handle.c - handles: which may be opened, and what must exist before a record is applied. */
#include "bytes.h"
#include "state.h"

enum { OPENS_OF_ONE = VFS_OPENS_MAX / 2 };

/* Rights can only shrink, and a user changes by who may. */
static enum vfs_error check_grant(const struct asker *who, const struct vfs_grant *grant)
{
    if (grant->user != who->user && (who->rights & MAY_ADMIN) == 0) return VFS_DENIED;
    return (grant->rights & ~who->rights) == 0 ? VFS_OK : VFS_DENIED;
}

static enum vfs_error check_mode(const struct vfs *v, const struct asker *who, uint32_t node,
                                 const struct vfs_grant *grant)
{
    const struct node *n = &v->nodes[node];

    if (n->kind == NODE_DIRECTORY || grant->purpose != FOR_NODE) return VFS_OK;
    if ((grant->rights & MAY_WRITE) != 0 && n->image) return VFS_READ_ONLY;
    if ((grant->rights & MAY_WRITE) != 0 && n->frozen) return VFS_FROZEN;
    return (grant->rights & ~vfs_may(v, who, node)) == 0 ? VFS_OK : VFS_DENIED;
}

/* The lowest free one; nobody but the system has more than half of them. */
static uint32_t place_of(const struct vfs *v, uint64_t user)
{
    uint32_t of_user = 0, word = 0;

    for (uint32_t i = 0; v->opens_used >= OPENS_OF_ONE && i < VFS_OPENS_MAX; i++) {
        of_user += v->opens[i].used && v->opens[i].user == user;
    }
    if (user != VFS_SYSTEM && of_user >= OPENS_OF_ONE) return VFS_NONE;
    while (word < VFS_OPENS_MAX / 64 && v->opens_map[word] == UINT64_MAX) {
        word++;
    }
    if (word == VFS_OPENS_MAX / 64) return VFS_NONE;
    return word * 64 + (uint32_t)__builtin_ctzll(~v->opens_map[word]);
}

enum vfs_error vfs_decide_open_new(const struct vfs *v, const struct asker *who, uint32_t node,
                                   const struct vfs_grant *grant, struct vfs_record *out_record)
{
    enum vfs_error err = check_grant(who, grant);
    uint32_t place = place_of(v, grant->user);

    if (err != VFS_OK) return err;
    if (place == VFS_NONE) return VFS_LIMIT;
    uint32_t view = grant->fresh ? mounts_free_view(v) : who->view;
    if (view == VFS_NONE) return VFS_LIMIT;
    if (grant->path.len > 0 && !names_have_room(v, grant->path.len)) return VFS_NO_SPACE;
    out_record->type = VFS_OPEN;
    out_record->node = node;
    out_record->parent = who->view;
    out_record->open = (uint16_t)place;
    out_record->kind = grant->purpose;
    out_record->flag = (uint32_t)grant->rights << RIGHTS_SHIFT | view << VIEW_SHIFT |
                       (grant->fresh ? OPEN_IS_FRESH : 0u);
    out_record->user = grant->user;
    out_record->len = grant->path.len;
    memcpy(out_record->bytes, grant->path.at, grant->path.len);
    return VFS_OK;
}

enum vfs_error vfs_decide_open(const struct vfs *v, const struct asker *who, uint32_t node,
                               const struct vfs_grant *grant, struct vfs_record *out_record)
{
    enum vfs_error err = check_mode(v, who, node, grant);

    return err != VFS_OK ? err : vfs_decide_open_new(v, who, node, grant, out_record);
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

uint32_t vfs_nodes_needed(const struct vfs *v, const struct vfs_record *r)
{
    bool takes = r->type == VFS_MAKE || r->type == VFS_NODE;
    uint32_t end = takes ? r->node + 1 : 0;

    if (r->type == VFS_CLONE || r->type == VFS_OVERLAY) {
        end = clone_measure(v, r->replaced, r->node).end;
    }
    if (r->type == VFS_OVERRIDE) end = vfs_override_file(v, r) + 1;
    return end > v->nodes_fresh ? end : v->nodes_fresh;
}

uint32_t vfs_names_needed(const struct vfs *v, const struct vfs_record *r)
{
    bool clones = r != NULL && (r->type == VFS_CLONE || r->type == VFS_OVERLAY);
    uint32_t end = v->names_fresh * VFS_NAMES_UNIT + PATH_NAME_MAX + 1 + PATH_MAX_BYTES;

    if (clones) end += clone_measure(v, r->replaced, r->node).units * VFS_NAMES_UNIT;
    return end < VFS_NAMES_BYTES ? end : VFS_NAMES_BYTES;
}
