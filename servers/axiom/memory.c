/* memory.c - see memory.h. */
#include "memory.h"

#include "bytes.h"
#include "logs.h"
#include "process.h"

enum {
    PAGE = 4096,
    HEAP_CNODE_BITS = 15, /* 511 pages; 2,047 with more than 1 GiB */
    HEAP_CNODE_BITS_LARGE = 17,
    HEAP_CLASSES = 6, /* 64 to 2048 bytes */
    SOURCES_MAX = 80,
    SMALL_IN_OBJECTS = 256, /* endpoints and the like that go beside the long-lived objects */
};

struct free_cell {
    struct free_cell *next;
};

struct pool pool;
static struct {
    cap_t slots[SOURCES_MAX]; /* untypeds that axiom's own objects are made from */
    uint32_t count;
    cap_t heap_cnode;
    uint32_t heap_pages, heap_pages_max;
    struct free_cell *cells[HEAP_CLASSES];
    uint64_t total_pages, free_bytes; /* free: of what `slots` have */
    cap_t large;                      /* untyped with room for so many 2 MiB frames */
    uint32_t large_left;
} own;

static struct block *block_whole(uint32_t owner)
{
    struct block *b = pool_uncut(&pool);
    if (b == NULL) return NULL;
    if (b->state == BLOCK_UNCUT) {
        cap_t slot = own_alloc(1);
        if (slot == 0) return NULL;
        if (kern_retype(b->untyped, CAP_UNTYPED, BLOCK_BITS, 1, slot) != OK) {
            own_free(slot);
            return NULL;
        }
        b->slot = slot;
    }
    b->state = BLOCK_WHOLE;
    b->owner = owner;
    return b;
}

enum err own_retype(uint32_t type, uint32_t bits, uint32_t count, uint64_t first)
{
    for (uint32_t i = 0, had = own.count; i <= had; i++) {
        if (i == had) {
            struct block *b = own.count < SOURCES_MAX ? block_whole(0) : NULL;
            if (b == NULL) return ERR_NO_MEMORY;
            own.slots[own.count++] = b->slot;
            own.free_bytes += 1ull << BLOCK_BITS;
        }
        enum err err = kern_retype(own.slots[i], type, bits, count, first);
        if (err == OK) own.free_bytes -= (uint64_t)count << bits;
        if (err != ERR_NO_MEMORY) return err;
    }
    return ERR_NO_MEMORY;
}

enum err own_large_frames(uint32_t count, cap_t first)
{
    for (uint32_t done = 0; done < count;) {
        if (own.large_left == 0) {
            const struct block *b = block_whole(0);
            if (b == NULL) return ERR_NO_MEMORY;
            own.large = b->slot;
            own.large_left = 1u << (BLOCK_BITS - LARGE_PAGE_BITS);
        }
        uint32_t n = count - done < own.large_left ? count - done : own.large_left;
        enum err err = kern_retype(own.large, CAP_FRAME, LARGE_PAGE_BITS, n, first + done);
        if (err != OK) return err;
        own.large_left -= n;
        done += n;
    }
    return OK;
}

enum err own_map(uint64_t frame, uint64_t address, uint32_t rights)
{
    for (;;) {
        enum err err = kern_map(frame, GS_ASPACE, address, rights);
        if (err != ERR_NO_TABLE) return err;
        cap_t slot = own_alloc(1);
        if (slot == 0) return ERR_NO_MEMORY;
        err = own_retype(CAP_PTABLE, TABLE_BITS, 1, slot);
        if (err == OK) err = kern_map(slot, GS_ASPACE, address, 0);
        if (err != OK) return err;
    }
}

/* The next pages of the heap; NULL: none left. */
static void *heap_grow(uint32_t pages)
{
    if (own.heap_pages + pages > own.heap_pages_max) return NULL;
    uint8_t *at = (uint8_t *)(OWN_HEAP + (uint64_t)own.heap_pages * PAGE);
    for (uint32_t i = 0; i < pages; i++) {
        uint64_t slot = name_in(own.heap_cnode, 1 + own.heap_pages);
        if (own_retype(CAP_FRAME, PAGE_BITS, 1, slot) != OK) return NULL;
        uint64_t address = OWN_HEAP + (uint64_t)own.heap_pages * PAGE;
        if (own_map(slot, address, RIGHT_READ | RIGHT_WRITE) != OK) return NULL;
        own.heap_pages++;
    }
    return at;
}

static uint32_t class_of(uint32_t bytes)
{
    uint32_t class = 0;
    while (64u << class < bytes) {
        class ++;
    }
    return class;
}

void *cell_alloc(uint32_t bytes)
{
    uint32_t class = class_of(bytes);
    if (class >= HEAP_CLASSES) return heap_grow((bytes + PAGE - 1) / PAGE);
    if (own.cells[class] == NULL) {
        uint8_t *page = heap_grow(1);
        for (uint32_t i = 0; page != NULL && i < PAGE; i += 64u << class) {
            cell_free(page + i, bytes);
        }
    }
    struct free_cell *cell = own.cells[class];
    if (cell == NULL) return NULL;
    own.cells[class] = cell->next;
    memset(cell, 0, 64u << class);
    return cell;
}

void cell_free(void *at, uint32_t bytes)
{
    uint32_t class = class_of(bytes);
    if (at == NULL || class >= HEAP_CLASSES) return;
    struct free_cell *cell = at;
    cell->next = own.cells[class];
    own.cells[class] = cell;
}

void memory_setup(const struct boot_info *boot)
{
    uint32_t blocks = 0;
    for (uint32_t i = 0; i < boot->untyped_count; i++) {
        const struct boot_untyped *u = &boot->untypeds[i];
        if (u->kind != UNTYPED_MEMORY) continue;
        own.total_pages += 1ull << (u->bits - PAGE_BITS);
        if (u->bits >= BLOCK_BITS) {
            blocks += 1u << (u->bits - BLOCK_BITS);
            continue;
        }
        own.slots[own.count++] = GS_UNTYPED + i;
        own.free_bytes += 1ull << u->bits;
    }
    /* The first own source may have to be a block, before the table of blocks stands. */
    struct block first = {0};
    for (uint32_t i = 0; i < boot->untyped_count && first.untyped == 0; i++) {
        const struct boot_untyped *u = &boot->untypeds[i];
        if (u->kind == UNTYPED_MEMORY && u->bits >= BLOCK_BITS) {
            first = (struct block){.base = u->base, .untyped = GS_UNTYPED + i};
        }
    }
    pool = (struct pool){.blocks = &first, .count = first.untyped != 0};
    own.heap_cnode = own_alloc(1);
    bool large = own.total_pages > 1u << (30 - PAGE_BITS);
    uint32_t bits = large ? HEAP_CNODE_BITS_LARGE : HEAP_CNODE_BITS;
    own.heap_pages_max = (1u << (bits - SLOT_BITS)) - 1;
    CHECK(own_retype(CAP_CNODE, bits, 1, own.heap_cnode) == OK);
    struct block *list = cell_alloc((blocks + 1) * (uint32_t)sizeof(struct block));
    CHECK(list != NULL);
    uint32_t n = 0;
    for (uint32_t i = 0; i < boot->untyped_count; i++) {
        const struct boot_untyped *u = &boot->untypeds[i];
        if (u->kind != UNTYPED_MEMORY || u->bits < BLOCK_BITS) continue;
        for (uint64_t at = 0; at < 1ull << u->bits; at += 1ull << BLOCK_BITS) {
            list[n++] = (struct block){.base = u->base + at, .untyped = GS_UNTYPED + i};
            if (list[n - 1].base == first.base) list[n - 1] = first;
        }
    }
    pool = (struct pool){.blocks = list, .count = n};
}

static bool block_cut(void)
{
    struct chunk *list = cell_alloc(CHUNKS * (uint32_t)sizeof(struct chunk));
    cap_t cnode = own_alloc(1);
    struct block *b = list != NULL && cnode != 0 ? block_whole(0) : NULL;
    if (b == NULL) {
        cell_free(list, CHUNKS * (uint32_t)sizeof(struct chunk));
        own_free(cnode);
        return false;
    }
    /* The CNode takes the place of chunk 0; the others are aligned behind it, in its slots. */
    CHECK(kern_retype(b->slot, CAP_CNODE, SLOT_BITS + BLOCK_BITS - CHUNK_BITS, 1, cnode) == OK);
    CHECK(kern_retype(b->slot, CAP_UNTYPED, CHUNK_BITS, CHUNKS - 1, name_in(cnode, 1)) == OK);
    b->cnode = cnode;
    b->list = list;
    b->free = CHUNKS - 1;
    b->state = BLOCK_CHUNKS;
    return true;
}

static uint64_t chunk_name(chunk_id id)
{
    return name_in(pool_block(&pool, id)->cnode, id % CHUNKS);
}

/* What chunks a process may hold: its quota, and two that are partly filled. */
static bool may_take(const struct process *p, uint32_t pages)
{
    uint64_t held = (uint64_t)p->chunks * CHUNK_PAGES + pages;
    return held <= (uint64_t)p->pages_max - p->pages_lent + 2 * CHUNK_PAGES;
}

static chunk_id *current_chunk(struct process *p, uint32_t type, enum chunk_kind *kind)
{
    bool small = type == CAP_ENDPOINT || type == CAP_NOTIFICATION || type == CAP_REPLY;
    *kind = type == CAP_FRAME ? CHUNK_DATA : CHUNK_OBJECTS;
    if (small && p->small_made >= SMALL_IN_OBJECTS) *kind = CHUNK_SMALL;
    if (small) p->small_made++;
    return &p->current[*kind];
}

static enum err make_in_block(struct process *p, uint32_t type, uint32_t bits, uint64_t first)
{
    if (bits > BLOCK_BITS || !may_take(p, CHUNKS * CHUNK_PAGES)) return ERR_NO_MEMORY;
    struct block *b = block_whole(p->pid);
    if (b == NULL) return ERR_NO_MEMORY;
    enum err err = kern_retype(b->slot, type, bits, 1, first);
    if (err != OK) {
        b->state = BLOCK_FREE;
        return err;
    }
    p->chunks += CHUNKS;
    p->bytes_used += 1ull << bits;
    return OK;
}

static chunk_id chunk_take(uint32_t owner, enum chunk_kind kind)
{
    chunk_id id = pool_take(&pool, owner, kind);
    if (id == 0 && block_cut()) id = pool_take(&pool, owner, kind);
    return id;
}

/* The chunk that the next object of that kind goes to; 0: quota or memory is used up. */
static chunk_id chunk_for(struct process *p, chunk_id *current, enum chunk_kind kind, uint32_t bits)
{
    if (*current != 0 && chunk_room(pool_chunk(&pool, *current), bits) != 0) return *current;
    if (!may_take(p, CHUNK_PAGES)) return 0;
    chunk_id id = chunk_take(p->pid, kind);
    if (id == 0) return 0;
    p->chunks++;
    *current = id;
    return id;
}

enum err object_make(struct process *p, uint32_t type, uint32_t bits, uint64_t first,
                     uint32_t *count)
{
    uint64_t free_bytes = ((uint64_t)p->pages_max - p->pages_lent) * PAGE;
    if (p->bytes_used + ((uint64_t)*count << bits) > free_bytes) return ERR_NO_MEMORY;
    if (bits > CHUNK_BITS) return make_in_block(p, type, bits, first);
    enum chunk_kind kind;
    chunk_id *current = current_chunk(p, type, &kind), id;
    while ((id = chunk_for(p, current, kind, bits)) != 0) {
        struct chunk *c = pool_chunk(&pool, id);
        uint32_t room = chunk_room(c, bits);
        if (*count > room) *count = room;
        enum err err = kern_retype(chunk_name(id), type, bits, *count, first);
        if (err == ERR_NO_MEMORY) { /* the kernel still has something in it: not until that goes */
            c->used = 1u << CHUNK_BITS;
            continue;
        }
        if (err != OK) return err;
        chunk_use(c, bits, *count);
        p->bytes_used += (uint64_t)*count << bits;
        return OK;
    }
    return ERR_NO_MEMORY;
}

bool memory_charge(struct process *p, uint32_t chunks)
{
    uint64_t bytes = (uint64_t)chunks << CHUNK_BITS;
    if (p->bytes_used + bytes > ((uint64_t)p->pages_max - p->pages_lent) * PAGE) return false;
    if (!may_take(p, chunks * CHUNK_PAGES)) return false;
    p->bytes_used += bytes;
    p->chunks += chunks;
    return true;
}

void memory_credit(struct process *p, uint32_t chunks)
{
    p->bytes_used -= (uint64_t)chunks << CHUNK_BITS;
    p->chunks -= chunks;
}

enum err owner_make(struct chunk_owner *o, uint32_t type, uint32_t bits, uint64_t first,
                    uint32_t *count)
{
    for (;;) {
        if (o->current == 0 || chunk_room(pool_chunk(&pool, o->current), bits) == 0)
            o->current = chunk_take(o->id, CHUNK_DATA);
        if (o->current == 0) return ERR_NO_MEMORY;
        struct chunk *c = pool_chunk(&pool, o->current);
        uint32_t room = chunk_room(c, bits), n = *count < room ? *count : room;
        enum err err = kern_retype(chunk_name(o->current), type, bits, n, first);
        if (err == ERR_NO_MEMORY) { /* as in object_make() */
            c->used = 1u << CHUNK_BITS;
            continue;
        }
        *count = n;
        if (err == OK) chunk_use(c, bits, n);
        return err;
    }
}

void owner_end(const struct chunk_owner *o)
{
    chunk_id next;
    for (chunk_id id = pool_next(&pool, o->id, 0); id != 0; id = next) {
        next = pool_next(&pool, o->id, id);
        if (!kern_gone(kern_revoke(chunk_name(id)))) return;
        pool_give(&pool, id);
    }
}

void object_gone(struct process *p, chunk_id id, uint32_t bits)
{
    p->bytes_used -= 1ull << bits;
    if (!chunk_release(pool_chunk(&pool, id))) return;
    for (uint32_t kind = 0; kind < CHUNK_KINDS; kind++) {
        if (p->current[kind] == id) p->current[kind] = 0;
    }
    p->chunks--;
    pool_give(&pool, id);
}

static void release(struct process *p, bool data)
{
    chunk_id next;
    for (chunk_id id = pool_next(&pool, p->pid, 0); id != 0; id = next) {
        next = pool_next(&pool, p->pid, id);
        bool is_data = pool_chunk(&pool, id)->kind == CHUNK_DATA;
        if (is_data != data) continue;
        if (!kern_gone(kern_revoke(chunk_name(id)))) return;
        p->chunks--;
        pool_give(&pool, id);
    }
}

void memory_release_data(struct process *p)
{
    release(p, true);
}

void memory_release_rest(struct process *p)
{
    release(p, false);
    for (uint32_t i = 0; i < pool.count; i++) {
        struct block *b = &pool.blocks[i];
        if (b->state != BLOCK_WHOLE || b->owner != p->pid || p->pid == 0) continue;
        if (!kern_gone(kern_revoke(name_in(GS_CNODE, b->slot)))) return;
        b->state = BLOCK_FREE;
        p->chunks -= CHUNKS;
    }
    p->bytes_used = 0;
}

uint64_t memory_own_free_pages(void)
{
    return own.free_bytes / PAGE;
}

uint64_t memory_total_pages(void)
{
    return own.total_pages;
}
