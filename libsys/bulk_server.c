/* bulk_server.c - the server's part of bulk.h. */
#include "bulk.h"

#include "heap.h"
#include "idl/axiom.h"
#include "memory.h"
#include "service.h"
#include "slots.h"
#include "window.h"

enum { LOOKS = 4 }; /* cancels that come ever faster do not keep us */

static int make_memory(struct bulk_server *b)
{
    const struct self_memory_create_in in = {.address = b->address, .pages = b->pages};
    struct self_memory_create_out out = {.memory = {.slot = b->memory}};
    return self_memory_create(CAP_SLOT_SELF, &in, &out);
}

/* 0, or Bulk's error; then `b` is zero. */
static int open_rings(struct bulk_server *b, uint32_t entries, uint32_t data_pages)
{
    if (!ring_entries_good(entries)) return BULK_BAD_SIZE;
    uint32_t before = (uint32_t)(ring_bytes(entries) / MEMORY_PAGE);
    if (data_pages > WINDOW_PAGES_MAX - before) return BULK_BAD_SIZE;
    b->pages = before + data_pages;
    b->address = window_alloc(b->pages);
    b->memory = slot_alloc();
    struct ring_request *requests = heap_alloc(entries * sizeof(*requests));
    if (b->address == 0 || b->memory == 0 || requests == NULL || make_memory(b) != OK) {
        heap_free(requests);
        if (b->memory != 0) slot_release(b->memory);
        if (b->address != 0) window_release(b->address, b->pages);
        *b = (struct bulk_server){0};
        return BULK_NO_ROOM;
    }
    ring_server_init(&b->ring,
                     &(struct ring_place){.at = (void *)b->address,
                                          .entries = entries,
                                          .data_bytes = (uint64_t)data_pages * MEMORY_PAGE},
                     requests);
    return OK;
}

int bulk_serve_attach(struct request *rq, const struct bulk_attach_in *in,
                      struct bulk_attach_out *out, struct bulk_server *b, cap_t signal)
{
    if (b->memory != 0) return BULK_ATTACHED;
    if (in->wake.type != CAP_NOTIFICATION) return ERR_CAP_TYPE;
    int err = open_rings(b, in->entries, in->data_pages);
    if (err != OK) return err;
    b->wake = request_keep(rq, in->wake.slot);
    (void)ring_server_sleep(&b->ring); /* the first request signals */
    out->memory = (struct cap_arg){.slot = b->memory, .rights = RIGHTS_ALL};
    out->signal = (struct cap_arg){.slot = signal, .rights = RIGHT_WRITE};
    return OK;
}

enum err bulk_take(struct bulk_server *b, struct ring_submission *out)
{
    if (b->memory == 0) return ERR_PEER_DIED;
    for (uint32_t i = 0; i < LOOKS; i++) {
        enum err err = ring_take(&b->ring, out);
        if (err != ERR_WOULD_BLOCK || ring_server_sleep(&b->ring)) return err;
    }
    return ERR_BUSY;
}

enum err bulk_look(struct bulk_server *b)
{
    if (b->memory == 0) return ERR_PEER_DIED;
    for (uint32_t i = 0; i < LOOKS; i++) {
        enum err err = ring_server_look(&b->ring);
        if (err != ERR_WOULD_BLOCK || ring_server_sleep(&b->ring)) return err;
    }
    return ERR_BUSY;
}

bool bulk_serve(struct bulk_server *b, uint32_t max,
                void (*serve)(struct bulk_server *b, const struct ring_submission *s))
{
    struct ring_submission s;
    enum err err = OK;
    for (uint32_t i = 0; i < max && err == OK; i++) {
        err = bulk_take(b, &s);
        if (err == OK) serve(b, &s);
    }
    bulk_flush(b);
    return err == OK || err == ERR_BUSY;
}

void bulk_complete(struct bulk_server *b, uint32_t id, uint32_t result, uint64_t value)
{
    (void)ring_complete(&b->ring,
                        &(struct ring_completion){.id = id, .result = result, .value = value});
}

void bulk_flush(struct bulk_server *b)
{
    if (b->memory != 0 && ring_server_publish(&b->ring)) (void)sys_signal(b->wake);
}

bool bulk_end(struct bulk_server *b)
{
    if (b->memory == 0) return true;
    ring_server_close(&b->ring);
    if (b->ring.in_flight > 0) return false;
    const struct self_memory_detach_in in = {.address = b->address};
    if (self_memory_detach(CAP_SLOT_SELF, &in) == OK) window_release(b->address, b->pages);
    slot_discard(b->memory);
    slot_discard(b->wake);
    heap_free(b->ring.requests);
    *b = (struct bulk_server){0};
    return true;
}
