/*
 * main.c - the ledger: keeps the streams of the services, hashes each commit into the chain, and
 * writes both to the disk.
 *
 * It holds its endpoint, notifications, the disk and its mapping of the log memory, and no
 * authority. All that it knows stands in the log memory or on the disk, so a new ledger goes on
 * where the last one stopped.
 */
#include "description.h"
#include "hasher.h"
#include "idl/registry.h"
#include "ledger.h"
#include "libc/fpu_note.h"
#include "panic.h"

enum { REPLIES = 16 };

struct ledger ledger;

static cap_t source(uint64_t bits)
{
    cap_t slot;
    if (service_signal_source(&ledger.service, bits, &slot) != OK) PANIC("no notification");
    return slot;
}

static void on_signal(struct service *svc, uint64_t bits)
{
    (void)svc;
    if (!ledger.on_disk) return;
    if ((bits & (SIGNAL_GONE | SERVICE_SIGNAL_TOLD)) != 0) ledger.device.bulk.gone = true;
    if ((bits & SERVICE_SIGNAL_TOLD) != 0) ledger.reopen = true;
    drive();
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    ledger.log = (const struct logmem *)LOGMEM_ADDRESS;
    if (ledger.log->magic != LOGMEM_MAGIC) PANIC("no log memory");
    ledger.service = (struct service){
        .endpoint = startup_cap("service"),
        .notification = startup_cap("wake"),
        .dispatch = streams_dispatch,
        .signal = on_signal,
        .receive_slots = 1,
        .reply_count = REPLIES,
    };
    if (service_init(&ledger.service) != OK) PANIC("no Reply");
    ledger.caps =
        (struct device_caps){startup_cap("disk"), source(SIGNAL_DONE), source(SIGNAL_GONE)};
    ledger.more = source(SIGNAL_MORE);
    keep_open();
    hasher_start(ledger.log, startup_cap("commits"), ledger.more);
    (void)registry_ready(CAP_SLOT_REGISTRY);
    service_run(&ledger.service);
}
