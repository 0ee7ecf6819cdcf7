/* named.c - the methods of Directory about what is named by its contents. */
#include "bytes.h"
#include "contents.h"

void id_fill(const struct vfs *v, uint32_t node, uint8_t scratch[VFS_HASH_BYTES],
             struct directory_identify_out *out)
{
    struct content_id id;

    vfs_identify(v, node, &id);
    memcpy(scratch, id.hash, sizeof(id.hash));
    out->id = (struct vfs_id){
        .kind = (enum vfs_stat_kind)id.kind,
        .size = id.size,
        .hash = data_from(scratch, sizeof(id.hash)),
    };
}

int on_identify(struct request *rq, const struct directory_identify_in *in,
                struct directory_identify_out *out)
{
    const struct server *s = server_of(rq);
    uint32_t node;
    enum vfs_error err = vfs_find(&s->vfs, &s->who, path_of(in->path), 0, &node);

    if (err != VFS_OK) return server_error(err);
    err = vfs_check_seen(&s->vfs, &s->who, node);
    if (err == VFS_OK) err = vfs_check_named(&s->vfs, node);
    if (err != VFS_OK) return server_error(err);
    if (vfs_unsettled(&s->vfs, node) != VFS_NONE) return contents_identify_later(rq, node);
    id_fill(&s->vfs, node, (uint8_t *)rq->scratch, out);
    return OK;
}

int on_reach(struct request *rq, const struct directory_reach_in *in,
             struct directory_reach_out *out)
{
    static char buffer[PATH_MAX_BYTES];
    const struct server *s = server_of(rq);
    struct content_id id = {.kind = (uint8_t)in->id.kind, .size = in->id.size};

    if (in->id.hash.len != sizeof(id.hash)) return DIRECTORY_NOT_FOUND;
    memcpy(id.hash, in->id.hash.at, sizeof(id.hash));
    struct path_text path = vfs_reach(&s->vfs, &s->who, &id, buffer);
    out->path = text_from(path.at, path.len);
    return path.len > 0 ? OK : DIRECTORY_NOT_FOUND;
}
