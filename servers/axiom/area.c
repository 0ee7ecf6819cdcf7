/* area.c - see area.h. */
#include "area.h"

#include "memory.h"
#include "serve.h"
#include "space.h"

enum { OWNER = 1u << 31 /* in the owner of a chunk: the rest is an area's id, not a pid */ };

struct area {
    struct chunk_owner owner;
    cap_t frames;   /* CNode with a Frame for each page, from slot 1 on */
    uint32_t maker; /* 0: it maps it no longer */
    uint32_t pages, chunks;
    bool revoked; /* nobody maps it anew */
    struct attachment *attached;
    struct attachment *held; /* of who mapped it, whose devices may still know its pages */
};

struct attachment {
    struct attachment *next;         /* of the process */
    struct attachment *next_of_area; /* of the area */
    struct area *area;
    struct process *by;
    uint64_t address;
    mem_slot gone; /* notification; 0 none */
    bool known;    /* its maker was told where the pages are, for a device */
};

static struct {
    struct area *list[AREAS_MAX]; /* at id % AREAS_MAX */
    uint32_t next_id;
} all;

static uint32_t area_id(const struct area *a)
{
    return a->owner.id & ~(uint32_t)OWNER;
}

static struct area *area_find(uint32_t id)
{
    struct area *a = all.list[id % AREAS_MAX];
    return a != NULL && area_id(a) == id ? a : NULL;
}

bool area_describe(uint32_t id, struct area_info *out)
{
    const struct area *a = area_find(id);
    if (a == NULL) return false;
    *out = (struct area_info){.pages = a->pages, .maker = a->maker};
    for (const struct attachment *at = a->attached; at != NULL; at = at->next_of_area) {
        out->maps++;
    }
    return true;
}

/* The frames, and with them whatever maps them, wherever it is. */
static void area_end(struct area *a)
{
    if (a->frames != 0 && kern_gone(kern_delete(name_in(GS_CNODE, a->frames)))) own_free(a->frames);
    owner_end(&a->owner);
    all.list[area_id(a) % AREAS_MAX] = NULL;
    cell_free(a, sizeof(*a));
}

static uint32_t slots_bits(uint32_t pages)
{
    uint32_t bits = CNODE_BITS_MIN;
    while ((1u << (bits - SLOT_BITS)) <= pages) {
        bits++;
    }
    return bits;
}

/* What area_fill() takes: the CNode stands first, the pages follow. */
static uint32_t chunks_of(uint32_t pages)
{
    uint32_t page = 1u << PAGE_BITS, slots = 1u << slots_bits(pages);
    uint32_t before = (slots + page - 1) / page;
    return (before + pages + CHUNK_PAGES - 1) / CHUNK_PAGES;
}

/* Some are left for those that the store needs. */
static bool may_make(const struct process *p)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < AREAS_MAX; i++) {
        used += all.list[i] != NULL;
    }
    return used < (p->storage ? AREAS_MAX : AREAS_MAX - AREAS_RESERVED);
}

static struct area *area_new(const struct process *p, uint32_t pages)
{
    struct area *a = may_make(p) ? cell_alloc(sizeof(*a)) : NULL;
    for (uint32_t i = 0; a != NULL && i < AREAS_MAX; i++) {
        uint32_t id = (all.next_id + i) & ~(uint32_t)OWNER;
        if (all.list[id % AREAS_MAX] != NULL) continue;
        all.next_id = id + 1;
        *a = (struct area){.owner = {.id = id | OWNER}, .pages = pages, .chunks = chunks_of(pages)};
        all.list[id % AREAS_MAX] = a;
        return a;
    }
    cell_free(a, sizeof(*a));
    return NULL;
}

static enum err area_fill(struct area *a)
{
    uint32_t count = 1;
    a->frames = own_alloc(1);
    if (a->frames == 0) return ERR_NO_MEMORY;
    enum err err = owner_make(&a->owner, CAP_CNODE, slots_bits(a->pages), a->frames, &count);
    for (uint32_t done = 0; err == OK && done < a->pages; done += count) {
        count = a->pages - done;
        err = owner_make(&a->owner, CAP_FRAME, PAGE_BITS, name_in(a->frames, 1 + done), &count);
    }
    return err;
}

static enum err keep_gone(struct process *p, cap_t notification, mem_slot *out)
{
    uint32_t one = 1;
    *out = 0;
    if (notification == 0) return OK;
    *out = mem_alloc(p, 1, &one);
    if (*out == 0) return ERR_NO_MEMORY;
    enum err err = kern_copy(mem_name(p, *out), notification, RIGHT_WRITE);
    if (err != OK) mem_free(p, *out);
    return err;
}

static void drop_gone(struct process *p, mem_slot gone)
{
    if (gone == 0) return;
    (void)kern_delete(mem_name(p, gone));
    mem_free(p, gone);
}

static enum err attach(struct process *p, struct area *a, const struct attach_plan *plan)
{
    if (p->attached_count == ATTACHED_MAX) return ERR_BUSY;
    if (!memory_charge(p, a->chunks)) return ERR_NO_MEMORY;
    struct attachment *at = cell_alloc(sizeof(*at));
    enum err err = at != NULL ? OK : ERR_NO_MEMORY;
    mem_slot gone = 0;
    if (err == OK) err = keep_gone(p, plan->gone, &gone);
    if (err == OK) {
        err = space_map_object(p, plan->address, name_in(a->frames, 1), a->pages,
                               plan->write ? RIGHT_READ | RIGHT_WRITE : RIGHT_READ);
        if (err != OK) drop_gone(p, gone);
    }
    if (err != OK) {
        memory_credit(p, a->chunks);
        cell_free(at, sizeof(*at));
        return err;
    }
    *at = (struct attachment){.next = p->attached,
                              .next_of_area = a->attached,
                              .area = a,
                              .by = p,
                              .address = plan->address,
                              .gone = gone};
    p->attached = at;
    p->attached_count++;
    a->attached = at;
    return OK;
}

enum err area_make(struct process *p, uint64_t address, uint32_t pages, uint32_t *out_id)
{
    struct area *a = area_new(p, pages);
    if (a == NULL) return ERR_BUSY;
    enum err err = area_fill(a);
    const struct attach_plan plan = {.address = address, .write = true};
    if (err == OK) err = attach(p, a, &plan);
    if (err != OK) {
        area_end(a);
        return err;
    }
    a->maker = p->pid;
    *out_id = area_id(a);
    return OK;
}

/* `of_process` chooses the list. */
static void unlink_from(struct attachment **head, const struct attachment *at, bool of_process)
{
    while (*head != at) {
        head = of_process ? &(*head)->next : &(*head)->next_of_area;
    }
    *head = of_process ? at->next : at->next_of_area;
}

static void tell_gone(const struct attachment *at)
{
    uint64_t scratch = name_in(GS_CNODE, serve.scratch);
    if (at->gone == 0 || at->by->state == AXIOM_PROCESS_INFO_STATE_EXITED) return;
    if (kern_copy(scratch, mem_name(at->by, at->gone), RIGHT_WRITE) == OK)
        (void)sys_signal(serve.scratch);
    (void)kern_delete(scratch);
}

enum err area_attach(struct process *p, const struct attach_plan *plan, uint32_t *out_pages)
{
    struct area *a = area_find(plan->id);
    if (a == NULL || a->revoked) return ERR_PEER_DIED;
    *out_pages = a->pages;
    enum err err = attach(p, a, plan);
    if (err == OK && a->maker == 0) tell_gone(p->attached);
    return err;
}

static void tell_all(const struct area *a)
{
    for (const struct attachment *at = a->attached; at != NULL; at = at->next_of_area) {
        tell_gone(at);
    }
}

static bool maps(const struct process *p, const struct area *a)
{
    const struct attachment *at = p->attached;
    while (at != NULL && at->area != a) {
        at = at->next;
    }
    return at != NULL;
}

/* Its pages are unmapped. The area goes with the last who had it. */
static void attachment_end(struct attachment *at)
{
    struct area *a = at->area;
    struct process *p = at->by;
    unlink_from(&p->attached, at, true);
    unlink_from(&a->attached, at, false);
    p->attached_count--;
    memory_credit(p, a->chunks);
    if (at->known && p->mastering != 0) {
        at->next_of_area = a->held;
        a->held = at;
    } else {
        cell_free(at, sizeof(*at));
    }
    if (a->maker == p->pid && !maps(p, a)) {
        a->maker = 0;
        tell_all(a);
    }
    if (a->attached == NULL && a->held == NULL) area_end(a);
}

static void detach(struct attachment *at)
{
    space_unmap_object(at->by, at->address, at->area->pages);
    if (at->area->revoked) tell_gone(at); /* on another processor it runs at once */
    drop_gone(at->by, at->gone);
    attachment_end(at);
}

enum err area_physical(struct process *p, uint64_t address, uint32_t first, uint64_t *out,
                       uint32_t *count)
{
    struct attachment *at = p->attached;
    while (at != NULL && at->address != address) {
        at = at->next;
    }
    if (at == NULL || first >= at->area->pages) return ERR_NOT_MAPPED;
    uint32_t left = at->area->pages - first;
    if (*count > left) *count = left;
    at->known = true;
    for (uint32_t i = 0; i < *count; i++) {
        struct message m = {0};
        CHECK(kern_invoke(name_in(at->area->frames, 1 + first + i), OP_PADDR, 0, &m) == OK);
        out[i] = m.w[0];
    }
    return OK;
}

/* What is held of the area for that process goes back; NULL: for all. */
static void let_go(struct area *a, const struct process *p)
{
    for (struct attachment **link = &a->held; *link != NULL;) {
        struct attachment *at = *link;
        if (p != NULL && at->by != p) {
            link = &at->next_of_area;
            continue;
        }
        *link = at->next_of_area;
        cell_free(at, sizeof(*at));
    }
    if (a->attached == NULL && a->held == NULL) area_end(a);
}

void areas_let_go(const struct process *p)
{
    for (uint32_t i = 0; i < AREAS_MAX; i++) {
        if (all.list[i] != NULL) let_go(all.list[i], p);
    }
}

uint64_t areas_held_pages(void)
{
    uint64_t pages = 0;
    for (uint32_t i = 0; i < AREAS_MAX; i++) {
        const struct area *a = all.list[i];
        if (a != NULL && a->held != NULL && a->attached == NULL)
            pages += (uint64_t)a->chunks * CHUNK_PAGES;
    }
    return pages;
}

enum err area_detach(struct process *p, uint64_t address)
{
    struct attachment *at = p->attached;
    while (at != NULL && at->address != address) {
        at = at->next;
    }
    if (at == NULL) return ERR_NOT_MAPPED;
    at->known = false; /* it says so itself: its device is done with the pages */
    detach(at);
    return OK;
}

enum err area_revoke(struct process *p, uint32_t id)
{
    struct area *a = area_find(id);
    struct attachment *next;
    if (a == NULL) return ERR_PEER_DIED;
    if (a->maker != p->pid) return ERR_RIGHTS;
    a->revoked = true;
    for (struct attachment *at = a->attached; at != NULL; at = next) {
        next = at->next_of_area;
        if (at->by != p) detach(at);
    }
    return OK;
}

void areas_end(struct process *p)
{
    while (p->attached != NULL) {
        attachment_end(p->attached);
    }
}
