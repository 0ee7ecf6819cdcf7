/* main.c - the bus server: finds the functions, silences them, and hands them out. */
#include "badge.h"
#include "idl/registry.h"
#include "panic.h"
#include "print.h"
#include "server.h"
#include "service_run.h"
#include "slots.h"

struct server server;

static int dispatch(struct service *svc, struct request *rq)
{
    slot_discard(server.answer);
    server.answer = 0;
    if (badge_kind(rq->badge) == KIND_FUNCTION) return function_serve(svc, rq);
    return pci_serve(svc, rq);
}

static void on_death(struct service *svc, uint64_t badge)
{
    (void)svc;
    uint32_t index = badge_index(badge);
    slot_discard(server.answer); /* an interrupt line may be only ours by now */
    server.answer = 0;
    if (badge_kind(badge) != KIND_FUNCTION || index >= server.bus.count) return;
    if (server.open[index].badge == badge) function_close(&server.bus.list[index]);
}

/* A former server, or the firmware, may have left some at work: they forget it. */
static void silence(void)
{
    bool all = true;
    for (uint32_t i = 0; i < server.bus.count; i++) {
        struct function *f = &server.bus.list[i];
        if (!f->was_mastering || f->reset == RESET_NONE) continue;
        bool done = room_place(&server.room, &server.bus, f) && function_reset(f);
        if (!done) f->reset = RESET_NONE;
        all = all && done;
    }
    if (all) (void)devices_quiet(server.devices);
}

int main(int argc, char **argv)
{
    struct devices_space_out space = {0};
    (void)argc;
    (void)argv;
    server.address_port = startup_cap("address");
    server.data_port = startup_cap("data");
    server.devices = startup_cap("devices");
    server.service = (struct service){
        .state = &server,
        .endpoint = startup_cap("service"),
        .receive_slots = 1,
        .death = on_death,
    };
    if (service_init(&server.service) != OK) PANIC("no Reply");
    if (service_watch_deaths(&server.service) != OK) PANIC("deaths are not told");
    if (devices_space(server.devices, &space) != OK) PANIC("no Devices");
    server.bus.port = config_ports();
    bus_scan(&server.bus);
    room_setup(&server.room, &server.bus, (struct range){space.base, space.bytes});
    silence();
    (void)registry_ready(CAP_SLOT_REGISTRY);
    service_serve(&server.service, dispatch);
}
