/*
 * area.c - memory shared with the holder of a Directory: large reads and writes are one copy and a
 * short message. No part of the state: after this process was started anew there is none, and who
 * had one is told so.
 */
#include "bytes.h"
#include "contents.h"
#include "memory.h"
#include "slots.h"
#include "window.h"

enum { AREAS_MAX = 16, PUT_PARTS = 16 /* nobody is served meanwhile */ };

static struct area {
    uint16_t open; /* the Directory's handle */
    uint32_t pages;
    uint64_t address; /* 0: free */
    cap_t memory;
} areas[AREAS_MAX];
static uint8_t area_of[VFS_OPENS_MAX]; /* 1 and up; 0: none */

static int make(struct area *a, uint32_t pages)
{
    *a = (struct area){.pages = pages, .address = window_alloc(pages), .memory = slot_alloc()};
    const struct self_memory_create_in in = {.address = a->address, .pages = pages};
    struct self_memory_create_out out = {.memory = {.slot = a->memory}};

    if (a->address != 0 && a->memory != 0 && self_memory_create(CAP_SLOT_SELF, &in, &out) == OK) {
        return OK;
    }
    if (a->memory != 0) slot_release(a->memory);
    if (a->address != 0) window_release(a->address, pages);
    *a = (struct area){.address = 0};
    return DIRECTORY_NO_SPACE;
}

int on_area(struct request *rq, const struct directory_area_in *in, struct directory_area_out *out)
{
    uint16_t open = server_of(rq)->open;
    uint32_t place = 0;

    if (open == VFS_NO_OPEN) return DIRECTORY_DENIED; /* it has many holders */
    if (area_of[open] == 0) {
        while (place < AREAS_MAX && areas[place].address != 0) {
            place++;
        }
        int err = place < AREAS_MAX ? make(&areas[place], in->pages) : DIRECTORY_LIMIT;
        if (err != OK) return err;
        areas[place].open = open;
        area_of[open] = (uint8_t)(place + 1);
    }
    const struct area *a = &areas[area_of[open] - 1];
    if (a->pages != in->pages) return DIRECTORY_LIMIT;
    out->memory = (struct cap_arg){.slot = a->memory, .rights = RIGHTS_ALL};
    return OK;
}

void area_inherit(const struct server *s, uint16_t from)
{
    bool has = from != VFS_NO_OPEN && s->record.kind == FOR_NODE;

    area_of[s->record.open] = has ? area_of[from] : 0;
}

void area_drop(uint16_t open)
{
    uint8_t number = area_of[open];
    struct area *a = &areas[number - (number > 0)];

    area_of[open] = 0;
    if (number == 0 || a->open != open) return;
    const struct self_memory_detach_in in = {.address = a->address};
    if (self_memory_detach(CAP_SLOT_SELF, &in) == OK) window_release(a->address, a->pages);
    slot_discard(a->memory);
    *a = (struct area){.address = 0};
    for (uint32_t i = 0; i < VFS_OPENS_MAX; i++) {
        if (area_of[i] == number) area_of[i] = 0;
    }
}

uint8_t *area_bytes(uint16_t open, uint32_t at, uint32_t count, int *out_err)
{
    const struct area *a = area_of[open] > 0 ? &areas[area_of[open] - 1] : NULL;
    uint64_t size = a != NULL ? (uint64_t)a->pages * MEMORY_PAGE : 0;

    *out_err = a == NULL ? FILE_NO_AREA : at > size || count > size - at ? ERR_RANGE : OK;
    return *out_err == OK ? (uint8_t *)a->address + at : NULL;
}

int on_get(struct request *rq, const struct file_get_in *in, struct file_get_out *out)
{
    struct server *s = server_of(rq);
    int err;
    uint8_t *to = area_bytes(s->open, in->at, in->count, &err);

    if (to == NULL) return err;
    if (vfs_is_secret(&s->vfs, s->who.base)) {
        return secret_read(s, data_from(to, in->count), in->offset, &out->count);
    }
    uint64_t first = in->offset / VFS_BLOCK_BYTES;
    uint64_t missing = vfs_missing(&s->vfs, s->who.base, in->offset, in->count);
    if (missing == first) return contents_get_later(rq, in);
    uint32_t count = in->count;
    if (missing != UINT64_MAX) count = (uint32_t)(missing * VFS_BLOCK_BYTES - in->offset);
    out->count = vfs_read(&s->vfs, s->who.base, in->offset, count, to);
    return OK;
}

/* A record: its bytes are taken from the area once. */
static int put_part(struct request *rq, uint64_t offset, const uint8_t *from, uint32_t count)
{
    struct server *s = server_of(rq);

    s->record.len = count;
    memcpy(s->record.bytes, from, count);
    enum vfs_error err = vfs_decide_write(&s->vfs, s->who.base, offset, &s->record);
    if (err == VFS_NO_SPACE && contents_write_waits(s)) return FILE_BUSY;
    return err != VFS_OK ? server_error(err) : server_commit(rq, &s->record);
}

/* The last part is left to the framework, which refuses where the stream has no room; where it has
 * little, or the request has one part only, that is all of it. */
int on_put(struct request *rq, const struct file_put_in *in, struct file_put_out *out)
{
    struct server *s = server_of(rq);
    int err;
    const uint8_t *from = area_bytes(s->open, in->at, in->count, &err);

    if (from == NULL) return err;
    if ((s->who.rights & MAY_WRITE) == 0) return FILE_READ_ONLY;
    const struct account a = vfs_account(&s->vfs, s->vfs.nodes[s->who.base].payer);
    out->soft = vfs_account_is_soft(&a);
    if (contents_may_place(s, in)) return contents_put_later(rq, in);
    /* Up to where a block begins, if from there on it goes another way. */
    uint32_t lead = VFS_BLOCK_BYTES - (uint32_t)(in->offset % VFS_BLOCK_BYTES), most = in->count;
    struct file_put_in rest = {.offset = in->offset + lead, .count = in->count - lead};
    if (in->count > lead && contents_may_place(s, &rest)) most = lead;
    for (uint32_t i = 0; i < PUT_PARTS && out->count < most; i++) {
        uint64_t offset = in->offset + out->count;
        uint32_t left = most - out->count, part = left < VFS_WRITE_MAX ? left : VFS_WRITE_MAX;
        err = put_part(rq, offset, from + out->count, part);
        if (err != OK) return out->count > 0 ? OK : err;
        out->count += part;
        bool last = i + 1 == PUT_PARTS || out->count == most;
        if (!contents_log_is_roomy() || last) return OK;
        service_apply(request_service(rq));
    }
    return OK;
}
