/* main.c - audit: answers who may do what, since when and why; and whether the logs are right. */
#include "answers.h"
#include "calls.h"
#include "description.h"
#include "idl/registry.h"
#include "idl/stream.h"
#include "kept.h"
#include "libc/fpu_note.h"
#include "panic.h"
#include "service_run.h"

static struct service service;

enum { SIGNAL_MORE = 1 };

/* The ledger tells when there are more commits: then somebody may have begun or ended. */
static void watch(void)
{
    static cap_t source;
    if (source == 0 && service_signal_source(&service, SIGNAL_MORE, &source) != OK) {
        PANIC("no notification");
    }
    const struct history_watch_in in = {.notification = {.slot = source, .rights = RIGHT_WRITE}};
    uint32_t tries = 0;
    while (call_again(history_watch(startup_cap("history"), &in), &tries)) {
    }
}

static void on_signal(struct service *svc, uint64_t bits)
{
    (void)svc;
    if ((bits & SERVICE_SIGNAL_TOLD) != 0) {
        watch();
        kept_meet(book.log, NULL);
    }
    kept_append(book.log);
    book_follow();
}

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
    service = (struct service){.endpoint = startup_cap("service"),
                               .notification = startup_cap("wake"),
                               .signal = on_signal};
    if (service_init(&service) != OK) PANIC("no Reply");
    watch();
    kept_meet(book.log, &book.lives);
    kept_append(book.log);
    (void)registry_ready(CAP_SLOT_REGISTRY);
    service_serve(&service, dispatch);
}
