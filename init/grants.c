/*
 * grants.c - the capabilities of a service, as the description lists them.
 *
 * What init makes for one service only (handlers, ports, notifications, lookups) it holds for the
 * moment between making and granting. So `caps init` shows no device, ever after.
 */
#include "badge.h"
#include "bytes.h"
#include "init.h"
#include "logmem.h"
#include "slots.h"
#include "spawn.h"

enum { SLOT_BOOT = 3 };

static uint32_t name_add(struct spawn_cap *caps, uint32_t count, const char *name, uint32_t slot)
{
    caps[count] = (struct spawn_cap){.name = name, .slot = slot};
    return count + 1;
}

/* Slots in the order of the description: registry 2; own endpoint 3; grants; then init's extras. */
uint32_t grants_name(struct init *in, uint32_t number, struct spawn_cap *out_caps)
{
    const struct description_service *s = &in->description.services[number];
    uint32_t count = 0, slot = DESCRIPTION_FIRST_SLOT;

    count = name_add(out_caps, count, "registry", CAP_SLOT_REGISTRY);
    if ((s->flags & SERVICE_PROVIDES) != 0) count = name_add(out_caps, count, "service", slot++);
    for (uint32_t i = 0; i < s->grant_count; i++) {
        const char *name = in->description.grants[s->first_grant + i].name;
        count = name_add(out_caps, count, name, slot++);
    }
    if ((s->flags & SERVICE_TOLD) != 0) count = name_add(out_caps, count, "wake", slot++);
    if ((s->flags & SERVICE_TIMER) != 0) {
        count = name_add(out_caps, count, "arm", slot++);
        count = name_add(out_caps, count, "tick", slot++);
    }
    return count;
}

struct giving {
    struct init *in;
    uint32_t number, slot; /* the next slot of the process */
    cap_t process;
    uint32_t pid;
    cap_t last_source; /* of the notification granted before: an interrupt is bound to it */
};

static int give(const struct giving *g, cap_t source, uint32_t rights, uint64_t badge, bool bound)
{
    struct process_grant_in in = {.source = {source, RIGHTS_ALL, 0, 0},
                                  .slot = g->slot,
                                  .rights = (uint8_t)rights,
                                  .badge = badge,
                                  .bound = bound};

    return process_grant(g->process, &in);
}

static bool is_space(const struct description_grant *grant)
{
    return grant->kind == GRANT_SERVICE && (grant->b & DESCRIPTION_SPACE) != 0;
}

static int make_lookup(const struct giving *g, const struct description_grant *grant, cap_t slot)
{
    uint64_t badge = grant->b == 0 ? badge_lookup(g->pid) : badge_control(g->pid);
    if (is_space(grant)) badge = badge_space(grant->b & ~DESCRIPTION_SPACE);
    if (grant->kind == GRANT_STREAM) badge = badge_stream(grant->b);
    if (grant->kind == GRANT_HISTORY) badge = badge_history(g->pid);
    struct boot_badge_mint_in in = {
        .endpoint = {g->in->running[grant->a].endpoint, RIGHTS_ALL, 0, 0},
        .slot = slot,
        .rights = (uint8_t)grant->rights,
        .badge = badge,
    };

    return boot_badge_mint(SLOT_BOOT, &in);
}

/* Makes what the grant names in `slot`, which init gives on and drops. */
static int make(const struct giving *g, const struct description_grant *grant, cap_t slot)
{
    switch ((enum grant_kind)grant->kind) {
    case GRANT_SERVICE:
    case GRANT_STREAM:
    case GRANT_HISTORY:
        return make_lookup(g, grant, slot);
    case GRANT_NOTIFICATION: /* unbadged: its holder makes sources of its own */
        return self_notification_create(CAP_SLOT_SELF,
                                        &(struct self_notification_create_in){.slot = slot});
    case GRANT_IRQ:
        return boot_irq_create(SLOT_BOOT, &(struct boot_irq_create_in){
                                              .line = grant->a,
                                              .notification = {g->last_source, RIGHTS_ALL, 0, 0},
                                              .slot = slot});
    case GRANT_PORTS:
        return boot_ports_create(
            SLOT_BOOT, &(struct boot_ports_create_in){
                           .first = (uint16_t)grant->a, .last = (uint16_t)grant->b, .slot = slot});
    case GRANT_OBSERVE:
        return boot_observe(SLOT_BOOT, &(struct boot_observe_in){.slot = slot});
    case GRANT_DEVICES:
        return boot_devices(SLOT_BOOT, &(struct boot_devices_in){.slot = slot});
    case GRANT_CURSOR:
    case GRANT_PROCESS:
        break;
    }
    return ERR_RANGE;
}

/* A source of the notification in `whole`, in a new slot. */
static int source_mint(cap_t whole, uint64_t badge, cap_t *out_source)
{
    struct self_mint_in in = {.source = {whole, RIGHTS_ALL, 0, 0},
                              .slot = slot_alloc(),
                              .rights = RIGHT_WRITE,
                              .badge = badge};
    int err = self_mint(CAP_SLOT_SELF, &in);

    if (err == OK) {
        *out_source = in.slot;
    } else {
        slot_release(in.slot);
    }
    return err;
}

static int give_one(struct giving *g, const struct description_grant *grant)
{
    if (grant->kind == GRANT_CURSOR) {
        return boot_cursor_grant(
            SLOT_BOOT, &(struct boot_cursor_grant_in){.process = {g->process, RIGHTS_ALL, 0, 0},
                                                      .slot = g->slot});
    }
    if (grant->kind == GRANT_PROCESS) {
        cap_t process = g->in->running[grant->a].process;
        return process == 0 ? ERR_CAP_EMPTY : give(g, process, grant->rights, 0, false);
    }
    cap_t slot = slot_alloc();
    if (slot == 0) return SPAWN_NO_SLOT;
    int err = make(g, grant, slot);
    /* A stream is its holder's alone, and so are history and a space: passed on by nobody. */
    bool bound = grant->kind == GRANT_STREAM || grant->kind == GRANT_HISTORY || is_space(grant);
    if (err == OK) err = give(g, slot, grant->rights | (grant->kind == GRANT_IRQ), 0, bound);
    if (grant->kind == GRANT_NOTIFICATION && err == OK) {
        slot_discard(g->last_source);
        g->last_source = 0;
        err = source_mint(slot, grant->a, &g->last_source);
    }
    slot_discard(slot);
    return err;
}

/* A notification that init keeps one source of. */
static int give_told(const struct giving *g)
{
    cap_t whole = slot_alloc();
    int err = self_notification_create(CAP_SLOT_SELF,
                                       &(struct self_notification_create_in){.slot = whole});

    if (err == OK) {
        err = source_mint(whole, SERVICE_SIGNAL_TOLD, &g->in->running[g->number].told);
    }
    if (err == OK) err = give(g, whole, RIGHT_READ | RIGHT_WRITE, 0, false);
    slot_discard(whole);
    return err;
}

static int give_extras(struct giving *g, uint32_t flags)
{
    int err = OK;

    if ((flags & SERVICE_TOLD) != 0) {
        err = give_told(g);
        g->slot++;
    }
    if (err == OK && (flags & SERVICE_TIMER) != 0) {
        err = give(g, g->in->arm, RIGHT_READ, 0, false);
        g->slot++;
        if (err == OK) err = give(g, g->in->tick_source, RIGHT_WRITE, 0, false);
    }
    if (err == OK && (flags & SERVICE_DMA) != 0) {
        err = boot_dma_allow(
            SLOT_BOOT, &(struct boot_dma_allow_in){.process = {g->process, RIGHTS_ALL, 0, 0}});
    }
    if (err == OK && (flags & (SERVICE_LOG_READ | SERVICE_LOG_WRITE)) != 0) {
        err = boot_log_map(SLOT_BOOT,
                           &(struct boot_log_map_in){.process = {g->process, RIGHTS_ALL, 0, 0},
                                                     .address = LOGMEM_ADDRESS,
                                                     .ledger = (flags & SERVICE_LOG_WRITE) != 0});
    }
    if (err == OK && (flags & SERVICE_LOG_WRITE) != 0) {
        err = boot_ledger_notify(
            SLOT_BOOT,
            &(struct boot_ledger_notify_in){.notification = {g->last_source, RIGHTS_ALL, 0, 0}});
    }
    return err;
}

int grants_give(struct init *in, uint32_t number, cap_t process, uint32_t pid)
{
    const struct description_service *s = &in->description.services[number];
    struct giving g = {.in = in, .number = number, .process = process, .pid = pid};
    int err;

    g.slot = CAP_SLOT_REGISTRY;
    err = give(&g, in->service.endpoint, RIGHT_WRITE | RIGHT_GRANT,
               badge_make(BADGE_ASKER, pid, 0, number), true);
    g.slot = DESCRIPTION_FIRST_SLOT;
    if (err == OK && (s->flags & SERVICE_PROVIDES) != 0) {
        err = give(&g, in->running[number].endpoint, RIGHTS_ALL, 0, false);
        g.slot++;
    }
    for (uint32_t i = 0; err == OK && i < s->grant_count; i++) {
        err = give_one(&g, &in->description.grants[s->first_grant + i]);
        g.slot++;
    }
    if (err == OK) err = give_extras(&g, s->flags);
    slot_discard(g.last_source);
    return err;
}
