/*
 * watch.c - who wants to be told of changes. Which nodes are watched is state; whom to signal and
 * what was counted is not: a watcher arms its watch again after this process was started anew.
 */
#include "bytes.h"
#include "server.h"
#include "slots.h"

enum { TOUCHED_MAX = 4 };

static struct armed {
    cap_t notification; /* 0: none */
    uint64_t changes;
    bool told; /* what is applied now concerns it */
} armed[VFS_OPENS_MAX];
static uint32_t watches; /* at least as many as there are */
static bool some_told;

int on_watch(struct request *rq, const struct directory_watch_in *in,
             struct directory_watch_out *out)
{
    struct server *s = server_of(rq);
    const struct vfs_grant grant = {.user = s->who.user, .rights = MAY_READ, .purpose = FOR_WATCH};
    uint32_t node;
    int err = server_error(vfs_find(&s->vfs, &s->who, path_of(in->path), 0, &node));

    if (err != OK) return err;
    if ((vfs_may(&s->vfs, &s->who, node) & MAY_READ) == 0) return DIRECTORY_DENIED;
    err = server_error(vfs_decide_open_new(&s->vfs, &s->who, node, &grant, &s->record));
    return err != OK ? err : handle_give(rq, KIND_WATCH, &out->watch);
}

/* The nodes that a record changes. */
static uint32_t touched(const struct vfs *v, const struct vfs_record *r,
                        uint32_t out_nodes[TOUCHED_MAX])
{
    uint32_t count = 0;

    switch (r->type) {
    case VFS_MAKE:
        out_nodes[count++] = r->parent;
        break;
    case VFS_REMOVE:
        out_nodes[count++] = r->node;
        out_nodes[count++] = v->nodes[r->node].parent;
        break;
    case VFS_RENAME:
        out_nodes[count++] = r->node;
        out_nodes[count++] = v->nodes[r->node].parent;
        out_nodes[count++] = r->parent;
        if (r->replaced != VFS_NONE) out_nodes[count++] = r->replaced;
        break;
    case VFS_CLONE:
        if (r->parent != VFS_NONE) out_nodes[count++] = r->parent;
        break;
    case VFS_COMMIT:
        out_nodes[count++] = r->parent;
        break;
    case VFS_WRITE:
    case VFS_PLACED:
    case VFS_TRUNCATE:
    case VFS_MODE:
    case VFS_OWN:
        out_nodes[count++] = r->node;
        break;
    default:
        break;
    }
    return count;
}

static void look_at(const struct opened *o, uint32_t at, const uint32_t *nodes, uint32_t count)
{
    for (uint32_t i = 0; o->purpose == FOR_WATCH && i < count; i++) {
        if (nodes[i] == o->node) armed[at].told = some_told = true;
    }
}

void watch_look(struct server *s, const struct vfs_record *r)
{
    uint32_t nodes[TOUCHED_MAX];
    uint32_t count = touched(&s->vfs, r, nodes);

    if (r->type == VFS_OPEN || r->type == VFS_HANDLE) watches += r->kind == FOR_WATCH;
    if (r->type == VFS_CLOSE) watches -= s->vfs.opens[r->open].purpose == FOR_WATCH;
    if (watches == 0 || count == 0) return;
    for (uint32_t word = 0; word < VFS_OPENS_MAX / 64; word++) {
        for (uint64_t map = s->vfs.opens_map[word]; map != 0; map &= map - 1) {
            uint32_t i = word * 64 + (uint32_t)__builtin_ctzll(map);
            look_at(&s->vfs.opens[i], i, nodes, count);
        }
    }
}

void watch_tell(void)
{
    for (uint32_t i = 0; some_told && i < VFS_OPENS_MAX; i++) {
        if (!armed[i].told) continue;
        armed[i].told = false;
        armed[i].changes++;
        if (armed[i].notification != 0) (void)sys_signal(armed[i].notification);
    }
    some_told = false;
}

void watch_drop(uint16_t open)
{
    if (armed[open].notification != 0) slot_discard(armed[open].notification);
    armed[open] = (struct armed){0};
}

static int on_arm(struct request *rq, const struct watch_arm_in *in, struct watch_arm_out *out)
{
    struct armed *a = &armed[server_of(rq)->open];

    if (a->notification != 0) slot_discard(a->notification);
    a->notification = request_keep(rq, in->notification.slot);
    out->changes = a->changes;
    return OK;
}

static int on_changes(struct request *rq, struct watch_changes_out *out)
{
    const struct armed *a = &armed[server_of(rq)->open];

    out->changes = a->changes;
    out->armed = a->notification != 0;
    return OK;
}

const struct watch_ops server_watch_ops = {
    .arm = on_arm,
    .changes = on_changes,
};
