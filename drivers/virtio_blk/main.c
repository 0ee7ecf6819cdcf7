/* main.c - a virtio block device as a Block. */
#include "badge.h"
#include "bytes.h"
#include "description.h"
#include "driver.h"
#include "idl/block.h"
#include "idl/registry.h"
#include "panic.h"
#include "print.h"
#include "service_run.h"

struct driver driver;

static int on_info(struct request *rq, struct block_info_out *out)
{
    const struct driver *d = request_service(rq)->state;
    const struct disk_limits *l = &d->disk.limits;
    if (!d->there) return BLOCK_NO_DEVICE;
    out->info = (struct block_block_info){
        .sectors = l->sectors,
        .read_only = l->read_only,
        .flush = l->flush,
        .max_sectors = l->segments * (4096 / SECTOR_BYTES),
        .max_discard = l->drop_sectors,
        .max_zeroes = l->zero_sectors,
        .block_bytes = l->block_bytes,
        .depth = DISK_FLIGHTS,
        .serial = text_from(d->serial, strlen(d->serial)),
    };
    return OK;
}

static int on_open(struct request *rq, const struct block_open_in *in, struct block_open_out *out)
{
    const struct driver *d = request_service(rq)->state;
    (void)in;
    return d->there ? client_open(rq, out) : BLOCK_NO_DEVICE;
}

static int dispatch(struct service *svc, struct request *rq)
{
    static const struct block_ops ops = {.info = on_info, .open = on_open};
    static const struct bulk_ops bulk = {.attach = client_attach};
    struct driver *d = svc->state;
    if (badge_kind(rq->badge) != KIND_BULK) return block_dispatch(&ops, rq);
    if (client_of(d, rq->badge) != NULL) return bulk_dispatch(&bulk, rq);
    return request_refuse(rq, ERR_PEER_DIED);
}

static void irq_ack(const struct driver *d)
{
    struct message m = {0};
    if (sys_invoke(d->transport.handler, OP_IRQ_ACK, 0, &m) != OK) PANIC("the interrupt is gone");
}

static void on_signal(struct service *svc, uint64_t bits)
{
    struct driver *d = svc->state;
    /* Without the bus server there is no device either: init starts us again when it is back. */
    if (bits & SERVICE_SIGNAL_TOLD) program_exit(EXIT_ERROR);
    if (!d->there) return;
    /* Before we look: what is done after it interrupts again. */
    if (bits & SIGNAL_IRQ) irq_ack(d);
    clients_turn(d, bits & SIGNAL_IRQ);
}

static void on_death(struct service *svc, uint64_t badge)
{
    client_gone(svc->state, badge);
}

int main(int argc, char **argv)
{
    struct wanted wanted;
    if (!wanted_parse(argc, argv, &wanted)) PANIC("no such arguments");
    driver.service = (struct service){
        .state = &driver,
        .endpoint = startup_cap("service"),
        .notification = startup_cap("wake"),
        .receive_slots = 1,
        .reply_count = CLIENTS_MAX + 1,
        .signal = on_signal,
        .death = on_death,
    };
    if (service_init(&driver.service) != OK) PANIC("no Reply");
    if (service_signal_source(&driver.service, SIGNAL_IRQ, &driver.interrupt) != OK)
        PANIC("no notification");
    if (service_signal_source(&driver.service, SIGNAL_CLIENT, &driver.signal) != OK)
        PANIC("no notification");
    if (service_watch_deaths(&driver.service) != OK) PANIC("deaths are not told");
    const char *wrong = device_open(&driver, &wanted);
    if (wrong != NULL && wrong[0] != '\0')
        print_debug("virtio_blk: %s: %s\n", wanted.serial, wrong);
    (void)registry_ready(CAP_SLOT_REGISTRY);
    service_serve(&driver.service, dispatch);
}
