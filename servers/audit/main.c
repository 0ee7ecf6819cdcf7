/* main.c - audit: answers who may do what, since when and why; and whether the logs are right. */
#include "answers.h"
#include "calls.h"
#include "idl/registry.h"
#include "libc/fpu_note.h"
#include "panic.h"
#include "service.h"

static struct service service;

static int dispatch(struct service *svc, struct request *rq)
{
    (void)svc;
    tape_rewind();
    return audit_dispatch(&audit_ops, rq);
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    if (!book_open((const struct logmem *)LOGMEM_ADDRESS))
        PANIC("no log memory, or no room to fold it");
    calls_open();
    service = (struct service){.endpoint = startup_cap("service"), .dispatch = dispatch};
    if (service_init(&service) != OK) PANIC("no Reply");
    (void)registry_ready(CAP_SLOT_REGISTRY);
    service_run(&service);
}
