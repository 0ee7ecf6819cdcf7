/*
 * main.c - the files as Directory and File capabilities.
 *
 * Handlers decide on the state and commit records; on_apply is the one place where they are
 * applied. A handle is an entry of vfs.opens; its badge carries the entry's generation.
 */
#include "badge.h"
#include "bytes.h"
#include "contents.h"
#include "idl/registry.h"
#include "idl/vfs.h"
#include "image.h"
#include "panic.h"
#include "print.h"
#include "service_run.h"

enum {
    PAGE_BYTES = 4096,
    GROW_LEAST = 4, /* pages at once; each costs commits, at the start and at the end */
    GROW_MOST = 64,
    CACHE_LEAST = 32, /* blocks: more than are fetched at once, or nobody would ever read them */
    HANDLES_SPARE = 16,
    REPLIES = 16
};
/* Where the tables lie; above the windows that libsys hands out. */
#define POOL (STARTUP_WINDOWS + (1ull << 30))
#define MASKS (STARTUP_WINDOWS + (3ull << 29))
#define NODES (STARTUP_WINDOWS + (2ull << 30))
#define NAMES (STARTUP_WINDOWS + (3ull << 30))

static struct server server;
static uint8_t recent[VFS_BLOCKS_MAX];
static uint32_t masks_ready;
static struct service service;
struct service_log server_log;

/* The error that the caller sees; the enumerators of vfs.h are in the order of the interface's. */
int server_error(enum vfs_error err)
{
    return err == VFS_OK ? OK : DIRECTORY_NOT_FOUND + (int)err - VFS_NOT_FOUND;
}

/* Memory is not state: a fold maps what it needs, too. `*ready` things of `size` bytes exist. */
static bool grow(uint64_t base, uint32_t size, uint32_t wanted, uint32_t *ready)
{
    if (wanted <= *ready) return true;
    uint64_t have = ((uint64_t)*ready * size + PAGE_BYTES - 1) / PAGE_BYTES;
    uint64_t need = ((uint64_t)wanted * size + PAGE_BYTES - 1) / PAGE_BYTES;

    while (have < need) {
        uint64_t more = have < GROW_LEAST ? GROW_LEAST : have < GROW_MOST ? have : GROW_MOST;
        struct self_memory_map_in in = {.address = base + have * PAGE_BYTES,
                                        .pages = (uint32_t)more,
                                        .rights = RIGHT_READ | RIGHT_WRITE};
        if (self_memory_map(CAP_SLOT_SELF, &in) != OK) return false;
        have += more;
        *ready = (uint32_t)(have * PAGE_BYTES / size);
    }
    return true;
}

static bool grow_blocks(struct vfs *v, uint32_t blocks)
{
    return grow(MASKS, VFS_MASK_BYTES, blocks, &masks_ready) &&
           grow(POOL, VFS_BLOCK_BYTES, blocks, &v->blocks_ready);
}

void server_cache_grow(struct vfs *v, uint32_t blocks)
{
    uint32_t wanted = v->blocks_used + blocks;

    (void)grow_blocks(v, wanted < VFS_BLOCKS_MAX ? wanted : VFS_BLOCKS_MAX);
}

/* Most records need nothing that is not there: of these nothing is asked. */
static bool grow_for(struct vfs *v, const struct vfs_record *r)
{
    if ((r->type == VFS_OPEN && r->len == 0) || r->type == VFS_CLOSE) return true;
    return grow_blocks(v, vfs_blocks_needed(v, r)) &&
           grow(NODES, sizeof(struct node), vfs_nodes_needed(v, r), &v->nodes_ready) &&
           grow(NAMES, 1, vfs_names_needed(v, r), &v->names_ready);
}

int server_commit_now(struct service *svc, struct vfs_record *record)
{
    struct server *s = svc->state;

    if (!grow_for(&s->vfs, record)) return DIRECTORY_NO_SPACE;
    record->time = ticks_now();
    vfs_record_clear(record);
    service_commit(svc, record->type, record, (uint32_t)VFS_RECORD_BYTES(record));
    return OK;
}

int server_commit(struct request *rq, struct vfs_record *record)
{
    return server_commit_now(request_service(rq), record);
}

static void on_apply(void *state, const struct record *record)
{
    struct server *s = state;
    const struct vfs_record *r = (const struct vfs_record *)record->payload;

    if (s->folds && vfs_record_problem(r, record->len) != NULL) {
        print_debug("vfs: record %u: %s\n", r->type, vfs_record_problem(r, record->len));
        PANIC("the stream has a record that cannot be ours");
    }
    if (!grow_for(&s->vfs, r)) PANIC("no memory to fold the stream");
    watch_look(s, r);
    vfs_apply(&s->vfs, r);
    watch_tell();
    if (r->type == VFS_CLOSE || r->type == VFS_UNMOUNT) secrets_look(&s->vfs);
}

static void on_booted(void *state)
{
    static struct vfs_record all = {.type = VFS_CLOSE_ALL};
    struct server *s = state;

    vfs_apply(&s->vfs, &all);
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

    if (!vfs_decide_close(&s->vfs, (uint16_t)badge_index(badge), badge_generation(badge), r))
        return;
    vfs_record_clear(r);
    service_commit(svc, r->type, r, (uint32_t)VFS_RECORD_BYTES(r));
    watch_drop(r->open);
    remote_gone(r->open);
    area_drop(r->open);
}

/* What the capability to a handle is. */
static uint32_t kind_of(const struct vfs *v, const struct opened *o)
{
    if (o->purpose == FOR_PROVIDER) return KIND_PROVIDER;
    if (o->purpose == FOR_WATCH) return KIND_WATCH;
    if (o->purpose == FOR_REMOTE) return KIND_FILE;
    return v->nodes[o->node].kind == NODE_DIRECTORY ? KIND_DIRECTORY : KIND_FILE;
}

const struct opened *server_opened(struct server *s, uint64_t badge)
{
    const struct opened *o;

    if (!log_has_object(&server_log, badge)) return NULL;
    o = vfs_opened(&s->vfs, (uint16_t)badge_index(badge), badge_generation(badge));
    if (o == NULL) return NULL;
    return badge_kind(badge) == kind_of(&s->vfs, o) ? o : NULL;
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
    contents_turn(svc);
    remote_look(); /* health asks once a second: nobody waits much longer than he should */
    s->open = VFS_NO_OPEN;
    /* Whom init gives the service itself: the system. */
    s->who = (struct asker){.base = VFS_ROOT, .rights = MAY_ALL, .user = VFS_SYSTEM};
    if (kind == 0) return directory_dispatch(&server_directory_ops, rq);
    const struct opened *o = server_opened(s, rq->badge);
    /* A handle of a former server: as good as an object that died. */
    if (o == NULL) return request_refuse(rq, ERR_PEER_DIED);
    s->open = (uint16_t)(o - s->vfs.opens);
    s->who = (struct asker){.base = o->node, .rights = o->rights, .view = o->view, .user = o->user};
    if (kind == KIND_PROVIDER) return provider_dispatch(&server_provider_ops, rq);
    if (kind == KIND_WATCH) return watch_dispatch(&server_watch_ops, rq);
    if (kind == KIND_DIRECTORY) return directory_dispatch(&server_directory_ops, rq);
    return file_dispatch(&server_file_ops, rq);
}

static void on_reset(void *state)
{
    struct server *s = state;
    const struct startup *page = startup_page();
    struct image image;

    const struct vfs_memory memory = {(struct node *)NODES, (char *)NAMES, (uint8_t *)POOL,
                                      (uint64_t *)MASKS, recent};
    if (!grow(NODES, sizeof(struct node), VFS_IMAGE_MAX + 1, &s->vfs.nodes_ready) ||
        !grow_blocks(&s->vfs, CACHE_LEAST)) {
        PANIC("no memory for the tables");
    }
    vfs_init(&s->vfs, &memory);
    if (!image_open((const void *)page->image_address, page->image_size, &image)) {
        PANIC("no boot image");
    }
    for (uint32_t i = 0; i < image.count; i++) {
        const struct image_file *file = &image.files[i];
        bool grown = grow(NAMES, 1, vfs_names_needed(&s->vfs, NULL), &s->vfs.names_ready);
        if (!grown ||
            !vfs_add_image_file(&s->vfs, file->path, image_data(&image, file), file->size)) {
            PANIC("the boot image has a file that cannot be");
        }
    }
}

static uint64_t badge_of(void *state, uint32_t index)
{
    const struct server *s = state;
    const struct opened *o = &s->vfs.opens[index];

    return o->used ? badge_make(kind_of(&s->vfs, o), server_incarnation(), o->generation, index)
                   : 0;
}

static void boot_commit(struct service *svc, enum vfs_error err)
{
    struct server *s = svc->state;

    if (err != VFS_OK || !grow_for(&s->vfs, &s->record)) return;
    s->record.time = ticks_now();
    vfs_record_clear(&s->record);
    service_commit(svc, s->record.type, &s->record, (uint32_t)VFS_RECORD_BYTES(&s->record));
    service_apply(svc);
}

/* What every boot finds: the usual directories, /tmp empty. Killed in between, the next process
 * begins again, and finds done what was done. */
static void boot_prepare(struct service *svc)
{
    struct server *s = svc->state;
    struct vfs_record *r = &s->record;
    const struct asker system = {.base = VFS_ROOT, .rights = MAY_ALL, .user = VFS_SYSTEM};
    const struct vfs_new home = {.kind = NODE_DIRECTORY};
    const struct vfs_new tmp = {.kind = NODE_DIRECTORY, .mode = MODE_ALL};
    static const struct path_text home_path = {"/home", 5}, tmp_path = {"/tmp", 4};

    if (s->vfs.boot == server_log.boot || server_log.sealed) return;
    boot_commit(svc, vfs_decide_remove(&s->vfs, &system, tmp_path, REMOVE_INSIDE, r));
    boot_commit(svc, vfs_decide_make(&s->vfs, &system, tmp_path, &tmp, r));
    boot_commit(svc, vfs_decide_make(&s->vfs, &system, home_path, &home, r));
    *r = (struct vfs_record){.type = VFS_BEGIN, .offset = server_log.boot};
    boot_commit(svc, VFS_OK);
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    server_log = (struct service_log){.reset = on_reset,
                                      .booted = on_booted,
                                      .snapshot = on_snapshot,
                                      .objects = VFS_OPENS_MAX,
                                      .object = badge_of};
    service = (struct service){
        .state = &server,
        .apply = on_apply,
        .death = on_death,
        .signal = contents_signal,
        .log = &server_log,
        .reply_count = REPLIES,
        .receive_slots = 1,
    };
    server.folds = true;
    service_begin(&service);
    server.folds = false; /* what comes now we decide ourselves */
    service_objects_begin(&service);
    boot_prepare(&service);
    contents_begin(&service);
    (void)registry_ready(CAP_SLOT_REGISTRY);
    service_serve(&service, dispatch);
}
