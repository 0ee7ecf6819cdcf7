/*
 * health.c - asks the services whether they live, and tells init of those that do not answer.
 *
 * Two threads: one asks and waits, the other is its clock, by a budget for each second. It counts
 * its periods while the first waits for one and the same answer. Init waits for neither.
 */
#include <stdatomic.h>

#include "bytes.h"
#include "codec.h"
#include "description.h"
#include "idl/axiom.h"
#include "idl/registry.h"
#include "image.h"
#include "panic.h"
#include "slots.h"
#include "startup.h"
#include "thread.h"

enum { STACK_PAGES = 4, CLOCK_BUDGET_US = 3000, CLOCK_PERIOD_US = 1000000 };
/* Below the shells: the first prompt of a boot does not wait until the budget is used up. */
enum { CLOCK_PRIORITY = 98 };

struct watched {
    const struct description_service *service;
    cap_t cap;
};

static struct {
    struct watched list[DESCRIPTION_GRANTS_MAX];
    uint32_t count;
    cap_t go;               /* the clock's signal to the one that asks */
    _Atomic uint32_t asked; /* questions so far */
    _Atomic uint32_t waits; /* for whom in `list`, plus 1; 0: for nobody */
} health;

static struct text name_of(const struct description_service *s)
{
    return text_from(s->name, (uint32_t)strlen(s->name));
}

static void tell(const struct description_service *s, enum registry_why why)
{
    struct registry_unhealthy_in in = {.name = name_of(s), .why = why};

    (void)registry_unhealthy(CAP_SLOT_REGISTRY, &in);
}

/* Whoever is not up is not asked: the question would wait for it. */
static bool is_ready(const struct description_service *s)
{
    struct registry_list_in in = {0};
    struct registry_list_out out = {.more = true};

    while (out.more && registry_list(CAP_SLOT_REGISTRY, &in, &out) == OK) {
        for (uint32_t i = 0; i < out.services.count; i++) {
            const struct registry_service *r = &out.services.at[i];
            if (r->name.len != strlen(s->name) || memcmp(r->name.at, s->name, r->name.len) != 0)
                continue;
            return r->state == REGISTRY_SERVICE_STATE_READY;
        }
        in.after += out.services.count;
    }
    return false;
}

_Noreturn static void ask(void)
{
    uint64_t word;

    while (sys_wait(health.go, &word) == OK) {
        for (uint32_t i = 0; i < health.count; i++) {
            const struct watched *w = &health.list[i];
            if (!is_ready(w->service)) continue;
            health.asked++;
            health.waits = i + 1;
            int err = codec_connect(w->cap, w->service->serves[0]);
            health.waits = 0;
            if (err == ERR_CAP_TYPE) tell(w->service, REGISTRY_WHY_STRANGER);
        }
    }
    PANIC("no signal to wait for");
}

/* The services that this one is granted. */
static void watched_find(const char *own_name)
{
    const struct startup *page = startup_page();
    struct description d;
    struct image image;

    if (!image_open((const void *)page->image_address, page->image_size, &image))
        PANIC("no boot image");
    const struct image_file *file = image_find(&image, "/system/description.bin");
    if (file == NULL || description_open(image_data(&image, file), file->size, &d) != NULL)
        PANIC("no system description");
    int own = description_find(&d, own_name, strlen(own_name));
    if (own < 0) PANIC("not a service");
    const struct description_service *s = &d.services[own];
    for (uint32_t i = 0; i < s->grant_count; i++) {
        const struct description_grant *g = &d.grants[s->first_grant + i];
        if (g->kind != GRANT_SERVICE) continue;
        health.list[health.count++] =
            (struct watched){.service = &d.services[g->a], .cap = startup_cap(g->name)};
    }
}

static void keep_time(void *argument)
{
    uint32_t seen = 0, missed = 0;

    (void)argument;
    for (;;) {
        uint32_t waits = health.waits;
        if (waits == 0 && sys_signal(health.go) != OK) PANIC("no signal");
        sys_yield(); /* until the next period */
        uint32_t asked = health.asked;
        missed = waits != 0 && health.waits == waits && asked == seen ? missed + 1 : 0;
        seen = asked;
        if (missed == 0) continue;
        const struct description_service *s = health.list[waits - 1].service;
        if (missed < s->misses) continue;
        tell(s, REGISTRY_WHY_SILENT);
        missed = 0;
    }
}

int main(int argc, char **argv)
{
    struct thread_args ticks = {.entry = keep_time,
                                .stack_pages = STACK_PAGES,
                                .priority = CLOCK_PRIORITY,
                                .budget_us = CLOCK_BUDGET_US,
                                .period_us = CLOCK_PERIOD_US};
    uint32_t thread;

    (void)argc;
    watched_find(argv[0]);
    health.go = slot_alloc();
    struct self_notification_create_in create = {.slot = health.go, .badge = 1};
    if (self_notification_create(CAP_SLOT_SELF, &create) != OK) PANIC("no notification");
    if (thread_create(&ticks, &thread) != OK) PANIC("no thread");
    (void)registry_ready(CAP_SLOT_REGISTRY);
    ask();
}
