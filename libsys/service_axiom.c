/* service_axiom.c - what a service asks of axiom: its Replies, its notification, deaths. */
#include "idl/axiom.h"

#include "bytes.h"
#include "panic.h"
#include "service_log.h"
#include "slots.h"

static struct cap_arg whole(cap_t slot)
{
    return (struct cap_arg){.slot = slot, .rights = RIGHTS_ALL};
}

int service_init(struct service *svc)
{
    CHECK(svc->reply_count <= SERVICE_REPLIES_MAX && svc->receive_slots <= MSG_CAPS_MAX);
    if (svc->reply_count == 0) svc->reply_count = 1;
    svc->record_max = SERVICE_RECORD_BYTES;
    for (uint32_t i = 0; i < svc->reply_count; i++) {
        cap_t slot = slot_alloc();
        if (slot == 0) return ERR_SLOT_USED;
        int err = self_reply_create(CAP_SLOT_SELF, &(struct self_reply_create_in){.slot = slot});
        if (err != OK) return err;
        svc->replies[i] = (struct service_reply){.slot = slot};
    }
    return OK;
}

int service_bind_notification(struct service *svc)
{
    if (svc->bound) return OK;
    if (svc->notification == 0) {
        cap_t slot = slot_alloc();
        if (slot == 0) return ERR_SLOT_USED;
        /* Unbadged: sources with bits of their own are minted from it. */
        int err = self_notification_create(CAP_SLOT_SELF,
                                           &(struct self_notification_create_in){.slot = slot});
        if (err != OK) {
            slot_release(slot);
            return err;
        }
        svc->notification = slot;
    }
    svc->bound = true;
    return self_notification_bind(CAP_SLOT_SELF, &(struct self_notification_bind_in){
                                                     .notification = whole(svc->notification)});
}

int service_signal_source(struct service *svc, uint64_t bits, cap_t *out_slot)
{
    int err = service_bind_notification(svc);
    if (err != OK) return err;
    cap_t slot = slot_alloc();
    if (slot == 0) return ERR_SLOT_USED;
    err = self_mint(CAP_SLOT_SELF, &(struct self_mint_in){.source = whole(svc->notification),
                                                          .slot = slot,
                                                          .rights = RIGHT_WRITE,
                                                          .badge = bits});
    if (err != OK) {
        slot_release(slot);
        return err;
    }
    *out_slot = slot;
    return OK;
}

int service_watch_deaths(struct service *svc)
{
    cap_t source;
    int err = service_signal_source(svc, SERVICE_SIGNAL_DEATHS, &source);
    if (err != OK) return err;
    return self_death_notify(CAP_SLOT_SELF, &(struct self_death_notify_in){
                                                .endpoint = whole(svc->endpoint),
                                                .notification = whole(source),
                                            });
}

bool service_badge_lives(struct service *svc, uint64_t badge)
{
    struct self_badge_count_in in = {.endpoint = whole(svc->endpoint), .badge = badge};
    struct self_badge_count_out out;
    return self_badge_count(CAP_SLOT_SELF, &in, &out) != OK || out.count > 0;
}

/* With a stream: of an object that is in the state. */
static bool death_counts(const struct service *svc, uint64_t badge)
{
    return svc->death != NULL && (svc->log == NULL || log_has_object(svc->log, badge));
}

void service_drain_deaths(struct service *svc)
{
    struct self_deaths_out out = {.more = true};
    while (out.more && self_deaths(CAP_SLOT_SELF, &out) == OK) {
        /* The callback may use the message page, where the badges are. */
        uint32_t count = out.badges.count;
        memcpy(svc->scratch, out.badges.at, count * sizeof(uint64_t));
        for (uint32_t i = 0; i < count; i++) {
            if (death_counts(svc, svc->scratch[i])) svc->death(svc, svc->scratch[i]);
            if (svc->keeper != NULL) svc->keeper->death(svc, svc->scratch[i]);
            service_apply(svc);
        }
    }
}
