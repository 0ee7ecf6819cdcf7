/* driver.c - the disk's driver: rings of clients on one side, on the other the device of disk.c. */
#include "badge.h"
#include "block.h"
#include "bulk.h"
#include "bytes.h"
#include "description.h"
#include "disk.h"
#include "idl/block.h"
#include "idl/registry.h"
#include "panic.h"
#include "service_run.h"

enum { KIND_BULK = 1, CLIENTS_MAX = 4, TURN_MAX = 64, SIGNAL_CLIENT = 2 };

static struct service service;
static cap_t from_clients;
static struct ring_user {
    struct bulk_server bulk;
    uint64_t badge; /* 0: free */
    uint32_t generation;
    bool ending;
} users[CLIENTS_MAX];
static uint64_t waiting[CLIENTS_MAX]; /* who opens */
static uint32_t opens;

static struct ring_user *user_of(uint64_t badge)
{
    uint32_t index = badge_index(badge);
    bool ours = badge_kind(badge) == KIND_BULK && index < CLIENTS_MAX;
    return ours && users[index].badge == badge ? &users[index] : NULL;
}

static int on_info(struct request *rq, struct block_info_out *out)
{
    (void)rq;
    out->info = (struct block_block_info){
        .sectors = sim_disk_sectors(),
        .flush = true,
        .max_sectors = 512,
        .block_bytes = BLOCK_SECTOR,
        .depth = SIM_FLIGHTS,
        .serial = text_from(sim_disk_serial(), __builtin_strlen(sim_disk_serial()))};
    return OK;
}

static int user_new(struct block_open_out *out)
{
    for (uint32_t i = 0; i < CLIENTS_MAX; i++) {
        struct ring_user *u = &users[i];
        if (u->badge != 0) continue;
        u->badge = badge_make(KIND_BULK, startup_page()->pid, ++u->generation, i);
        out->bulk = (struct cap_arg){
            .slot = service.endpoint, .rights = RIGHT_WRITE | RIGHT_GRANT, .badge = u->badge};
        return OK;
    }
    return BLOCK_NO_ROOM;
}

static bool some_end(void)
{
    for (uint32_t i = 0; i < CLIENTS_MAX; i++) {
        if (users[i].ending) return true;
    }
    return false;
}

/* As drivers/virtio_blk: after what one who has ended still has under way. */
static int on_open(struct request *rq, const struct block_open_in *in, struct block_open_out *out)
{
    (void)in;
    if (!some_end()) return user_new(out);
    if (opens == CLIENTS_MAX) return BLOCK_NO_ROOM;
    waiting[opens++] = rq->token;
    return REPLY_LATER;
}

static void opens_answer(void)
{
    for (; opens > 0 && !some_end(); opens--) {
        struct block_open_out out = {0};
        int err = user_new(&out);
        bool told = block_open_answer(waiting[opens - 1], err, &out) == OK;
        if (err == OK && !told) user_of(out.bulk.badge)->badge = 0;
    }
}

static int on_attach(struct request *rq, const struct bulk_attach_in *in,
                     struct bulk_attach_out *out)
{
    return bulk_serve_attach(rq, in, out, &user_of(rq->badge)->bulk, from_clients);
}

static void user_end(struct ring_user *u)
{
    if (!bulk_end(&u->bulk)) return;
    u->badge = 0;
    u->ending = false;
}

static void give(struct ring_user *u)
{
    struct ring_submission s;
    for (uint32_t i = 0; i < TURN_MAX && sim_disk_room(); i++) {
        if (bulk_take(&u->bulk, &s) != OK) return;
        uint64_t bytes = s.op == BLOCK_FLUSH ? 0 : (uint64_t)s.count * BLOCK_SECTOR;
        void *data = bytes == 0 ? NULL : ring_data(&u->bulk.ring, s.data, bytes);
        uint64_t cookie = (uint64_t)(u - users) << 32 | s.id;
        if (!sim_disk_submit(s.op, s.sector, s.count, data, cookie))
            bulk_complete(&u->bulk, s.id, BLOCK_BAD_REQUEST, 0);
    }
    (void)sys_signal(from_clients); /* there may be more */
}

static void on_signal(struct service *svc, uint64_t bits)
{
    uint64_t cookie;
    bool good;
    (void)svc;
    (void)bits;
    while (sim_disk_take(&cookie, &good)) {
        bulk_complete(&users[cookie >> 32].bulk, (uint32_t)cookie, good ? OK : BLOCK_IO_ERROR, 0);
    }
    for (uint32_t i = 0; i < CLIENTS_MAX; i++) {
        struct ring_user *u = &users[i];
        if (u->bulk.memory == 0) continue;
        if (!u->ending) give(u);
        bulk_flush(&u->bulk);
        if (u->ending) user_end(u);
    }
    opens_answer();
}

static void on_death(struct service *svc, uint64_t badge)
{
    struct ring_user *u = user_of(badge);
    (void)svc;
    if (u == NULL) return;
    u->ending = true;
    user_end(u);
    opens_answer();
}

static int dispatch(struct service *svc, struct request *rq)
{
    static const struct block_ops ops = {.info = on_info, .open = on_open};
    static const struct bulk_ops bulk = {.attach = on_attach};
    (void)svc;
    if (badge_kind(rq->badge) != KIND_BULK) return block_dispatch(&ops, rq);
    if (user_of(rq->badge) != NULL) return bulk_dispatch(&bulk, rq);
    return request_refuse(rq, ERR_PEER_DIED);
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    service = (struct service){.endpoint = startup_cap("service"),
                               .notification = startup_cap("wake"),
                               .receive_slots = 1,
                               .reply_count = CLIENTS_MAX + 1,
                               .signal = on_signal,
                               .death = on_death};
    if (service_init(&service) != OK) PANIC("no Reply");
    if (service_signal_source(&service, SIGNAL_CLIENT, &from_clients) != OK)
        PANIC("no notification");
    if (service_watch_deaths(&service) != OK) PANIC("deaths are not told");
    (void)registry_ready(CAP_SLOT_REGISTRY);
    service_serve(&service, dispatch);
}
