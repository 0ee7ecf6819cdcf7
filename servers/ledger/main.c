/*
 * main.c - the ledger: keeps the streams of the services, and hashes each commit into the chain.
 *
 * It holds its endpoint, a notification and its mapping of the log memory, and no authority. All
 * that it knows stands in the log memory, so a new ledger goes on where the last one stopped.
 */
#include "hasher.h"
#include "idl/registry.h"
#include "libc/fpu_note.h"
#include "panic.h"
#include "streams.h"

static const struct logmem *const log = (const struct logmem *)LOGMEM_ADDRESS;
static struct service service;

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    if (log->magic != LOGMEM_MAGIC) PANIC("no log memory");
    streams_open(log);
    hasher_start(log, startup_cap("wake"));
    service = (struct service){
        .endpoint = startup_cap("service"),
        .dispatch = streams_dispatch,
        .receive_slots = 1,
    };
    if (service_init(&service) != OK) PANIC("no Reply");
    (void)registry_ready(CAP_SLOT_REGISTRY);
    service_run(&service);
}
