/* service_begin.c - see service_log.h: how a service with a stream begins. */
#include "panic.h"
#include "service_log.h"
#include "startup.h"

void service_begin(struct service *svc)
{
    svc->endpoint = startup_cap("service");
    svc->notification = startup_cap("wake");
    svc->log->stream = startup_cap("stream");
    if (service_init(svc) != OK) PANIC("no Reply");
    if (service_bind_notification(svc) != OK) PANIC("no notification");
    service_recover(svc);
}

/* What a client may still ask for is not dead although nobody holds it. */
void service_objects_begin(struct service *svc)
{
    const struct service_log *log = svc->log;
    if (service_watch_deaths(svc) != OK) PANIC("deaths are not told");
    for (uint32_t i = 0; i < log->objects; i++) {
        uint64_t badge = log->object(svc->state, i);
        if (badge == 0 || service_owes(svc, badge) || service_badge_lives(svc, badge)) continue;
        svc->death(svc, badge);
        service_apply(svc);
    }
}
