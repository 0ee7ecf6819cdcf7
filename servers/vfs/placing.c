/*
 * placing.c - large writes: whole blocks go to the store, and when they are durable one record
 * names the tree that has them. Their bytes are in no record. Killed in between there is all of it,
 * or nothing but chunks that nobody names.
 */
#include "bytes.h"
#include "jobs.h"
#include "waiting.h"

enum { PLACE_LEAST = 4 /* blocks: fewer are cheaper in the log */, ROOM_SPARE = 4 * 65536 };

/* Enough for a request of many records, and for a checkpoint after it. */
bool contents_log_is_roomy(void)
{
    return !server_log.sealed &&
           server_log.room > 2 * (server_log.since + server_log.last) + ROOM_SPARE;
}

bool contents_may_place(const struct server *s, const struct file_put_in *in)
{
    if (!contents.open || contents.failed || !contents_log_is_roomy()) return false;
    if (in->offset % VFS_BLOCK_BYTES != 0) return false;
    return in->count >= PLACE_LEAST * VFS_BLOCK_BYTES && s->vfs.room > VFS_DIRTY_MAX;
}

bool place_some(const struct server *s)
{
    struct vfs_placed *p = &contents.placed;

    if (!waiting_place(s, p, job.pages[0])) return false;
    const struct node *n = &s->vfs.nodes[p->node];
    uint64_t end = p->offset + (uint64_t)p->blocks * VFS_BLOCK_BYTES;

    p->inode = n->inode;
    p->cuts = n->cuts;
    p->stored = end > n->stored ? end : n->stored;
    job.items = 1;
    job.count = p->blocks;
    job.item[0] = (struct job_item){.tree = job_tree(n),
                                    .kept = n->stored,
                                    .blocks = blocks_of(p->stored),
                                    .trimmed = n->trimmed,
                                    .count = p->blocks};
    for (uint32_t i = 0; i < p->blocks; i++) {
        job.block[i] = p->offset / VFS_BLOCK_BYTES + i;
    }
    contents.places = true;
    job_begin(JOB_STORE);
    return true;
}

/* What was put is read soon, as often as not. */
static void keep_clean(struct vfs *v, const struct vfs_placed *p)
{
    server_cache_grow(v, p->blocks);
    for (uint32_t i = 0; i < p->blocks; i++) {
        (void)vfs_fill(v, p->node, p->offset / VFS_BLOCK_BYTES + i, job.pages[i]);
    }
}

void placed(struct service *svc)
{
    struct server *s = svc->state;
    struct vfs_placed *p = &contents.placed;

    contents.places = false;
    contents.failed = job.result != CHUNKS_OK;
    if (contents.failed) {
        waiting_placed(
            FILE_BUSY); /* a write in memory waits for room, or is told that there is none */
        return;
    }
    p->depth = job.item[0].tree.depth;
    memcpy(p->root, job.item[0].tree.root, sizeof(p->root));
    enum vfs_error err = vfs_decide_placed(&s->vfs, p, &s->record);
    int result = server_error(err);
    if (err == VFS_OK && server_log.sealed) result = ERR_LOG_FULL; /* no record would be kept */
    if (result == OK) result = server_commit_now(svc, &s->record);
    waiting_placed(result);
    service_apply(svc);
    if (result != OK) return;
    contents.stored += p->blocks;
    keep_clean(&s->vfs, p);
}
