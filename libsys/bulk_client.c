/* bulk_client.c - the client's part of bulk.h. */
#include "bulk.h"

#include "bytes.h"
#include "heap.h"
#include "idl/axiom.h"
#include "memory.h"
#include "slots.h"
#include "window.h"

enum { OWN_NOTIFICATION, OWN_WAKE, OWN_GONE, OWN_COUNT };

static struct cap_arg whole(cap_t slot)
{
    return (struct cap_arg){.slot = slot, .rights = RIGHTS_ALL};
}

static int make_source(const struct bulk_client *b, cap_t slot, uint64_t bits)
{
    return self_mint(CAP_SLOT_SELF,
                     &(struct self_mint_in){.source = whole(b->own[OWN_NOTIFICATION]),
                                            .slot = slot,
                                            .rights = RIGHT_WRITE,
                                            .badge = bits});
}

static int make_own(struct bulk_client *b)
{
    for (uint32_t i = 0; i < OWN_COUNT; i++) {
        b->own[i] = slot_alloc();
        if (b->own[i] == 0) return ERR_SLOT_USED;
    }
    int err = self_notification_create(
        CAP_SLOT_SELF, &(struct self_notification_create_in){.slot = b->own[OWN_NOTIFICATION]});
    if (err == OK) err = make_source(b, b->own[OWN_WAKE], BULK_WAKE);
    if (err == OK) err = make_source(b, b->own[OWN_GONE], BULK_GONE);
    return err;
}

/* The server's answer: memory as large as what was asked for, or it is none of ours. */
static int map_memory(struct bulk_client *b, const struct bulk_open_args *args, cap_t gone)
{
    uint32_t pages = (uint32_t)(ring_bytes(args->entries) / MEMORY_PAGE) + args->data_pages;
    struct self_memory_attach_out out = {0};
    b->address = window_alloc(pages);
    if (b->address == 0) return ERR_NO_MEMORY;
    b->pages = pages;
    const struct self_memory_attach_in in = {
        .memory = whole(b->memory), .address = b->address, .write = true, .gone = whole(gone)};
    int err = self_memory_attach(CAP_SLOT_SELF, &in, &out);
    if (err == OK && out.pages == pages) return OK;
    if (err == OK) {
        const struct self_memory_detach_in detach = {.address = b->address};
        (void)self_memory_detach(CAP_SLOT_SELF, &detach);
        err = ERR_MESSAGE;
    }
    window_release(b->address, pages);
    b->address = 0;
    return err == SELF_GONE ? ERR_PEER_DIED : err; /* whose it was ended when it had answered */
}

static int ask(struct bulk_client *b, const struct bulk_open_args *args, cap_t wake)
{
    const struct bulk_attach_in in = {.entries = args->entries,
                                      .data_pages = args->data_pages,
                                      .wake = {.slot = wake, .rights = RIGHT_WRITE}};
    b->memory = slot_alloc_run(2);
    if (b->memory == 0) return ERR_SLOT_USED;
    b->signal = b->memory + 1;
    struct bulk_attach_out out = {.memory = {.slot = b->memory}};
    return bulk_attach(args->bulk, &in, &out);
}

int bulk_open(struct bulk_client *b, const struct bulk_open_args *args)
{
    *b = (struct bulk_client){0};
    if (!ring_entries_good(args->entries) || args->data_pages > WINDOW_PAGES_MAX)
        return BULK_BAD_SIZE;
    if (ring_bytes(args->entries) / MEMORY_PAGE + args->data_pages > WINDOW_PAGES_MAX)
        return BULK_BAD_SIZE;
    bool own = args->wake == 0;
    b->tickets = heap_alloc(args->entries * sizeof(*b->tickets));
    int err = b->tickets != NULL ? OK : ERR_NO_MEMORY;
    if (err == OK && own) err = make_own(b);
    if (err == OK) err = ask(b, args, own ? b->own[OWN_WAKE] : args->wake);
    if (err == OK) err = map_memory(b, args, own ? b->own[OWN_GONE] : args->gone);
    if (err != OK) {
        bulk_close(b);
        return err;
    }
    ring_client_init(&b->ring,
                     &(struct ring_place){.at = (void *)b->address,
                                          .entries = args->entries,
                                          .data_bytes = (uint64_t)args->data_pages * MEMORY_PAGE},
                     b->tickets);
    return OK;
}

int bulk_submitted(struct bulk_client *b)
{
    if (b->gone) return ERR_PEER_DIED;
    if (ring_client_publish(&b->ring) && sys_signal(b->signal) != OK) b->gone = true;
    return b->gone ? ERR_PEER_DIED : OK;
}

int bulk_poll(struct bulk_client *b, struct ring_completion *out, uint64_t *out_cookie)
{
    bool gone = b->gone; /* before we look: what it completed last was there before that */
    enum err err = ring_poll(&b->ring, out, out_cookie);
    return err == ERR_WOULD_BLOCK && gone ? ERR_PEER_DIED : (int)err;
}

int bulk_await(struct bulk_client *b)
{
    for (;;) {
        bool gone = b->gone;
        enum err err = ring_client_look(&b->ring);
        if (err == ERR_WOULD_BLOCK && gone) return ERR_PEER_DIED;
        if (err != ERR_WOULD_BLOCK) return (int)err;
        uint64_t bits = 0;
        if (!ring_client_sleep(&b->ring)) continue;
        if (sys_wait(b->own[OWN_NOTIFICATION], &bits) != OK) return ERR_CAP_TYPE;
        if (bits & BULK_GONE) b->gone = true;
    }
}

int bulk_wait(struct bulk_client *b, struct ring_completion *out, uint64_t *out_cookie)
{
    int err = bulk_await(b);
    return err == OK ? bulk_poll(b, out, out_cookie) : err;
}

void bulk_close(struct bulk_client *b)
{
    const struct self_memory_detach_in in = {.address = b->address};
    if (b->address != 0 && self_memory_detach(CAP_SLOT_SELF, &in) == OK)
        window_release(b->address, b->pages);
    slot_discard(b->memory);
    slot_discard(b->signal);
    for (uint32_t i = 0; i < OWN_COUNT; i++) {
        slot_discard(b->own[i]);
    }
    heap_free(b->tickets);
    *b = (struct bulk_client){0};
}
