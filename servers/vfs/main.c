/*
 * main.c - the files as Directory and File capabilities.
 *
 * Handlers decide on the state and commit records; on_apply is the one place where they are
 * applied. A handle is an entry of vfs.opens; its badge carries the entry's generation.
 */
#include "badge.h"
#include "bytes.h"
#include "idl/registry.h"
#include "idl/vfs.h"
#include "image.h"
#include "panic.h"
#include "server.h"

enum { GROW_BLOCKS = 64, HANDLES_SPARE = 16, REPLIES = 8 };

static struct server server;
static struct service service;
struct service_log server_log;

/* The error that the caller sees; the enumerators of vfs.h are in the order of the interface's. */
int server_error(enum vfs_error err)
{
    return err == VFS_OK ? OK : DIRECTORY_NOT_FOUND + (int)err - VFS_NOT_FOUND;
}

int server_commit(struct request *rq, struct vfs_record *record)
{
    struct server *s = request_service(rq)->state;

    if (!server_grow(s, vfs_blocks_needed(&s->vfs, record))) return DIRECTORY_NO_SPACE;
    record->time = ticks_now();
    request_commit(rq, record->type, record, (uint32_t)VFS_RECORD_BYTES(record));
    return OK;
}

/* Memory is not state: a fold maps what it needs, too. */
bool server_grow(struct server *s, uint32_t blocks)
{
    while (s->vfs.blocks_ready < blocks) {
        uint32_t more = VFS_BLOCKS_MAX - s->vfs.blocks_ready;
        if (more > GROW_BLOCKS) more = GROW_BLOCKS;
        uint8_t *at = s->vfs.pool + (size_t)s->vfs.blocks_ready * VFS_BLOCK_BYTES;
        struct self_memory_map_in in = {
            .address = (uint64_t)at, .pages = more, .rights = RIGHT_READ | RIGHT_WRITE};
        if (self_memory_map(CAP_SLOT_SELF, &in) != OK) return false;
        s->vfs.blocks_ready += more;
    }
    return true;
}

static void on_apply(void *state, const struct record *record)
{
    struct server *s = state;
    static struct vfs_record all = {.type = VFS_CLOSE_ALL};
    const struct vfs_record *r = (const struct vfs_record *)record->payload;

    if (record->type >= RECORD_OWN) {
        if (record->type == RECORD_BOOTED) vfs_apply(&s->vfs, &all);
        return;
    }
    if (!server_grow(s, vfs_blocks_needed(&s->vfs, r))) PANIC("no memory to fold the stream");
    vfs_apply(&s->vfs, r);
}

static void on_snapshot(struct service *svc)
{
    struct server *s = svc->state;
    struct vfs_record *r = &s->record;
    uint64_t at = 0;

    while (vfs_snapshot(&s->vfs, &at, r)) {
        service_commit(svc, r->type, r, (uint32_t)VFS_RECORD_BYTES(r));
    }
}

uint32_t server_incarnation(void)
{
    return (uint32_t)server_log.boot;
}

static void on_death(struct service *svc, uint64_t badge)
{
    struct server *s = svc->state;
    struct vfs_record *r = &s->record;

    if (!badge_is_from(badge, server_incarnation()) || badge_kind(badge) == 0) return;
    if (!vfs_decide_close(&s->vfs, (uint16_t)badge_index(badge), badge_generation(badge), r))
        return;
    service_commit(svc, r->type, r, (uint32_t)VFS_RECORD_BYTES(r));
}

const struct opened *server_opened(struct server *s, uint64_t badge)
{
    const struct opened *o;

    if (!badge_is_from(badge, server_incarnation())) return NULL;
    o = vfs_opened(&s->vfs, (uint16_t)badge_index(badge), badge_generation(badge));
    if (o == NULL) return NULL;
    return s->vfs.nodes[o->node].directory == (badge_kind(badge) == KIND_DIRECTORY) ? o : NULL;
}

/* Axiom learns of deaths when it empties the kernel's rings, which may be a while from now. Before
 * handles run out it is asked to do that at once. */
static void handles_reclaim(struct service *svc)
{
    const struct server *s = svc->state;
    struct self_sync_out out;

    if (s->vfs.opens_used + HANDLES_SPARE < VFS_OPENS_MAX) return;
    if (self_sync(CAP_SLOT_SELF, &out) == OK) service_drain_deaths(svc);
}

static int dispatch(struct service *svc, struct request *rq)
{
    struct server *s = svc->state;
    uint32_t kind = badge_kind(rq->badge);

    handles_reclaim(svc);
    s->base = VFS_ROOT;
    if (kind == 0) return directory_dispatch(&server_directory_ops, rq);
    const struct opened *o = server_opened(s, rq->badge);
    if (o == NULL) {
        /* A handle of a former server: as good as an object that died. */
        rq->answer.info = msg_info(ERR_PEER_DIED, 0, 0, 0);
        return ERR_PEER_DIED;
    }
    s->base = o->node;
    if (kind == KIND_DIRECTORY) return directory_dispatch(&server_directory_ops, rq);
    return file_dispatch(&server_file_ops, rq);
}

static void on_reset(void *state)
{
    struct server *s = state;
    const struct startup *page = startup_page();
    struct image image;

    vfs_init(&s->vfs, (uint8_t *)STARTUP_WINDOWS);
    if (!image_open((const void *)page->image_address, page->image_size, &image)) {
        PANIC("no boot image");
    }
    for (uint32_t i = 0; i < image.count; i++) {
        const struct image_file *file = &image.files[i];
        if (!vfs_add_image_file(&s->vfs, file->path, image_data(&image, file), file->size)) {
            PANIC("the boot image has a file that cannot be");
        }
    }
}

/* Deaths that the former process was told of, and did not get to. A handle that a client may still
 * ask for stays. */
static void reconcile(void)
{
    for (uint16_t i = 0; i < VFS_OPENS_MAX; i++) {
        const struct opened *o = &server.vfs.opens[i];
        if (!o->used) continue;
        uint32_t kind = server.vfs.nodes[o->node].directory ? KIND_DIRECTORY : KIND_FILE;
        uint64_t badge = badge_make(kind, server_incarnation(), o->generation, i);
        if (service_owes(&service, badge) || service_badge_lives(&service, badge)) continue;
        on_death(&service, badge);
        service_apply(&service);
    }
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    server_log = (struct service_log){
        .stream = startup_cap("stream"), .reset = on_reset, .snapshot = on_snapshot};
    service = (struct service){
        .state = &server,
        .endpoint = startup_cap("service"),
        .dispatch = dispatch,
        .apply = on_apply,
        .death = on_death,
        .log = &server_log,
        .reply_count = REPLIES,
        .notification = startup_cap("wake"),
    };
    if (service_init(&service) != OK) PANIC("no Reply");
    if (service_bind_notification(&service) != OK) PANIC("no notification");
    service_recover(&service);
    if (service_watch_deaths(&service) != OK) PANIC("deaths are not told");
    reconcile();
    (void)registry_ready(CAP_SLOT_REGISTRY);
    service_run(&service);
}
