/* space.c - see space.h. */
#include "space.h"

#include "logs.h"
#include "memory.h"

enum {
    PAGE = 4096,
    PAGES = 512, /* of a last-level table */
    PAGES_BYTES = PAGES * sizeof(uint16_t),
    LEVEL_TOP = 3,
    RUN_MAX = 16,
    COMMITS_EACH = 4,   /* retype, map and delete of a page, and a share of its table's */
    REACHES_LEAST = 16, /* last-level tables of each process, and with its quota more: */
    REACH_EACH = 128,   /* one for so many pages. Notes of them are axiom's own memory */
};
_Static_assert(LEAVES_MAX *LEAF_SLOTS <= PAGE_OBJECT, "a mem_slot and two flags in 16 bits");

static uint32_t level_shift(uint32_t level)
{
    return PAGE_BITS + 9 * level;
}

static uint64_t level_base(uint64_t address, uint32_t level)
{
    return address & ~((1ull << level_shift(level)) - 1);
}

static uint32_t *mem_link(const struct process *p, mem_slot slot)
{
    return &p->leaves[slot / LEAF_SLOTS].link[slot % LEAF_SLOTS];
}

static bool leaf_add(struct process *p)
{
    if (p->leaf_count == LEAVES_MAX) return false;
    struct leaf *leaf = &p->leaves[p->leaf_count];
    uint32_t one = 1;
    *leaf = (struct leaf){.slot = own_alloc(1), .link = cell_alloc(LEAF_SLOTS * sizeof(uint32_t))};
    if (leaf->slot == 0 || leaf->link == NULL ||
        object_make(p, CAP_CNODE, LEAF_BITS, leaf->slot, &one) != OK) {
        own_free(leaf->slot);
        cell_free(leaf->link, LEAF_SLOTS * sizeof(uint32_t));
        return false;
    }
    p->leaf_count++;
    p->leaf_next = 1;
    return true;
}

static mem_slot free_slot_take(struct process *p)
{
    mem_slot slot = p->free_slot;
    if (slot == 0) return 0;
    p->free_slot = *mem_link(p, slot);
    *mem_link(p, slot) = 0;
    return slot;
}

/* Freed slots first where one is enough, and last where a run would be better. */
mem_slot mem_alloc(struct process *p, uint32_t want, uint32_t *out_count)
{
    mem_slot slot = want == 1 ? free_slot_take(p) : 0;
    bool room = p->leaf_count != 0 && p->leaf_next != LEAF_SLOTS;
    if (slot == 0 && !room && !leaf_add(p)) slot = free_slot_take(p);
    *out_count = slot != 0 ? 1 : 0;
    if (slot != 0 || p->leaf_count == 0 || p->leaf_next == LEAF_SLOTS) return slot;
    uint32_t left = LEAF_SLOTS - p->leaf_next;
    *out_count = want < left ? want : left;
    slot = (p->leaf_count - 1) * LEAF_SLOTS + p->leaf_next;
    p->leaf_next += *out_count;
    return slot;
}

void mem_free(struct process *p, mem_slot slot)
{
    *mem_link(p, slot) = p->free_slot;
    p->free_slot = slot;
}

static struct table *table_find(const struct process *p, uint64_t address, uint32_t level)
{
    uint64_t base = level_base(address, level == 0 ? 1 : level);
    struct table *t = p->tables;
    while (t != NULL && (t->level != level || t->base != base)) {
        t = t->next;
    }
    return t;
}

static struct table *table_note(struct process *p, uint64_t address, uint32_t level, mem_slot slot)
{
    struct table *t = cell_alloc(sizeof(*t));
    uint16_t *pages = t != NULL && level == 1 ? cell_alloc(PAGES_BYTES) : NULL;
    if (t == NULL || (level == 1 && pages == NULL)) {
        cell_free(t, sizeof(*t));
        return NULL;
    }
    *t = (struct table){.next = p->tables,
                        .base = level_base(address, level == 0 ? 1 : level),
                        .slot = slot,
                        .level = level,
                        .pages = pages};
    p->tables = t;
    return t;
}

/* The tables down to `level` are there. */
static enum err tables_make(struct process *p, uint64_t address, uint32_t until)
{
    for (uint32_t level = LEVEL_TOP; level >= until; level--) {
        if (table_find(p, address, level) != NULL) continue;
        uint32_t one = 1, most = REACHES_LEAST + p->pages_max / REACH_EACH;
        if (level == 1 && p->reaches >= most) return ERR_NO_MEMORY;
        mem_slot slot = mem_alloc(p, 1, &one);
        if (slot == 0) return ERR_NO_MEMORY;
        enum err err = object_make(p, CAP_PTABLE, TABLE_BITS, mem_name(p, slot), &one);
        if (err != OK) {
            mem_free(p, slot);
            return err;
        }
        err = kern_map(mem_name(p, slot), mem_name(p, p->aspace), address, 0);
        if (err == OK && table_note(p, address, level, slot) == NULL) err = ERR_NO_MEMORY;
        if (err != OK) { /* one that is mapped and not noted would never go before those above it */
            (void)kern_delete(mem_name(p, slot));
            mem_free(p, slot);
            return err;
        }
        p->reaches += level == 1;
    }
    return OK;
}

static uint16_t *page_entry(const struct process *p, uint64_t address)
{
    const struct table *t = table_find(p, address, 1);
    return t != NULL ? &t->pages[address / PAGE % PAGES] : NULL;
}

mem_slot space_page(const struct process *p, uint64_t address)
{
    const uint16_t *entry = page_entry(p, address);
    return entry != NULL ? *entry & ~(uint32_t)PAGE_FLAGS : 0;
}

void space_mark_shared(struct process *p, uint64_t address)
{
    *page_entry(p, address) |= PAGE_SHARED;
}

bool space_is_free(const struct process *p, uint64_t address, uint32_t pages)
{
    for (uint32_t i = 0; i < pages; i++) {
        uint64_t at = address + (uint64_t)i * PAGE;
        if (space_page(p, at) != 0 || table_find(p, at, 0) != NULL) return false;
    }
    return true;
}

static bool range_is_good(uint64_t address, uint32_t pages)
{
    uint64_t bytes = (uint64_t)pages * PAGE;
    return pages != 0 && address % PAGE == 0 && address >= USER_MIN && address < USER_MAX &&
           bytes <= USER_MAX - address;
}

/* Some new frames of its own, mapped from `address` on; says how many. */
static enum err map_run(struct process *p, uint64_t address, uint32_t rights, uint32_t *count)
{
    uint32_t room = PAGES - (uint32_t)(address / PAGE % PAGES), run, made;
    uint32_t want = *count < room ? *count : room;
    enum err err = tables_make(p, address, 1);
    if (err != OK) return err;
    mem_slot first = mem_alloc(p, want < RUN_MAX ? want : RUN_MAX, &run);
    if (first == 0) return ERR_NO_MEMORY;
    made = run;
    err = object_make(p, CAP_FRAME, PAGE_BITS, mem_name(p, first), &made);
    if (err != OK) made = 0;
    for (uint32_t i = made; i < run; i++) {
        mem_free(p, first + i);
    }
    for (uint32_t i = 0; i < made; i++) {
        uint64_t at = address + (uint64_t)i * PAGE;
        *mem_link(p, first + i) = p->current[CHUNK_DATA];
        CHECK(kern_map(mem_name(p, first + i), mem_name(p, p->aspace), at, rights) == OK);
        *page_entry(p, at) = (uint16_t)(first + i);
    }
    *count = made;
    return err;
}

enum err space_map(struct process *p, uint64_t address, uint32_t pages, uint32_t rights)
{
    if (!range_is_good(address, pages)) return ERR_RANGE;
    if ((uint64_t)pages + process_pages(p) > p->pages_max - p->pages_lent) return ERR_NO_MEMORY;
    if (!space_is_free(p, address, pages)) return ERR_MAPPED;
    if ((uint64_t)pages * COMMITS_EACH > logs_room(p->storage)) return ERR_LOG_FULL;
    for (uint32_t done = 0; done < pages;) {
        uint32_t count = pages - done;
        enum err err = map_run(p, address + (uint64_t)done * PAGE, rights, &count);
        if (err != OK) {
            if (done > 0) (void)space_unmap(p, address, done);
            return err;
        }
        done += count;
    }
    return OK;
}

static void page_end(struct process *p, uint16_t *entry)
{
    mem_slot slot = *entry & ~(uint32_t)PAGE_FLAGS;
    chunk_id chunk = *mem_link(p, slot);
    if (*entry & PAGE_SHARED) (void)kern_revoke(mem_name(p, slot));
    (void)kern_delete(mem_name(p, slot));
    *entry = 0;
    mem_free(p, slot);
    if (chunk != 0) object_gone(p, chunk, PAGE_BITS);
}

enum err space_unmap(struct process *p, uint64_t address, uint32_t pages)
{
    if (!range_is_good(address, pages)) return ERR_RANGE;
    for (uint32_t i = 0; i < pages; i++) {
        const uint16_t *entry = page_entry(p, address + (uint64_t)i * PAGE);
        if (entry == NULL || *entry == 0 || *entry & PAGE_OBJECT) return ERR_NOT_MAPPED;
    }
    for (uint32_t i = 0; i < pages; i++) {
        page_end(p, page_entry(p, address + (uint64_t)i * PAGE));
    }
    return OK;
}

enum err space_attach(struct process *p, uint64_t address, mem_slot slot, uint32_t rights,
                      uint32_t bits)
{
    bool large = bits == LARGE_PAGE_BITS;
    if (address % (1ull << bits) != 0 || !range_is_good(address, 1)) return ERR_RANGE;
    if (!space_is_free(p, address, 1)) return ERR_MAPPED;
    if (large && table_find(p, address, 1) != NULL) return ERR_MAPPED;
    enum err err = tables_make(p, address, large ? 2 : 1);
    if (err == OK) err = kern_map(mem_name(p, slot), mem_name(p, p->aspace), address, rights);
    if (err != OK) return err;
    if (large) return table_note(p, address, 0, slot) != NULL ? OK : ERR_NO_MEMORY;
    *page_entry(p, address) = (uint16_t)slot;
    return OK;
}

enum err space_borrow(struct process *p, uint64_t address, uint64_t frame, uint32_t rights,
                      uint32_t bits)
{
    uint32_t one = 1;
    mem_slot slot = mem_alloc(p, 1, &one);
    if (slot == 0) return ERR_NO_MEMORY;
    enum err err = kern_copy(mem_name(p, slot), frame, rights & RIGHTS_ALL);
    if (err == OK) err = space_attach(p, address, slot, rights, bits);
    if (err == OK) return OK;
    (void)kern_delete(mem_name(p, slot));
    mem_free(p, slot);
    return err;
}

/* Copies that a maker or a thread has of one's copies go with the object, not with them. */
void space_unmap_object(struct process *p, uint64_t address, uint32_t pages)
{
    for (uint32_t i = 0; i < pages; i++) {
        uint16_t *entry = page_entry(p, address + (uint64_t)i * PAGE);
        *entry &= (uint16_t) ~(uint32_t)PAGE_FLAGS;
        page_end(p, entry);
    }
}

enum err space_map_object(struct process *p, uint64_t address, uint64_t frame, uint32_t pages,
                          uint32_t rights)
{
    if (!range_is_good(address, pages)) return ERR_RANGE;
    if (!space_is_free(p, address, pages)) return ERR_MAPPED;
    for (uint32_t i = 0; i < pages; i++) {
        uint64_t at = address + (uint64_t)i * PAGE;
        enum err err = space_borrow(p, at, frame + i, rights, PAGE_BITS);
        if (err != OK) {
            space_unmap_object(p, address, i);
            return err;
        }
        *page_entry(p, at) |= PAGE_OBJECT;
    }
    return OK;
}

enum err space_share(const struct share *s)
{
    if (!range_is_good(s->at, s->pages) || !range_is_good(s->mine, s->pages)) return ERR_RANGE;
    for (uint32_t i = 0; i < s->pages; i++) {
        if (space_page(s->from, s->at + (uint64_t)i * PAGE) == 0) return ERR_NOT_MAPPED;
    }
    if (!space_is_free(s->to, s->mine, s->pages)) return ERR_MAPPED;
    for (uint32_t i = 0; i < s->pages; i++) {
        uint16_t *entry = page_entry(s->from, s->at + (uint64_t)i * PAGE);
        uint64_t frame = mem_name(s->from, *entry & ~(uint32_t)PAGE_FLAGS);
        enum err err = space_borrow(s->to, s->mine + (uint64_t)i * PAGE, frame,
                                    s->write ? RIGHT_READ | RIGHT_WRITE : RIGHT_READ, PAGE_BITS);
        if (err != OK) {
            if (i > 0) (void)space_unmap(s->to, s->mine, i);
            return err;
        }
        *entry |= PAGE_SHARED;
    }
    return OK;
}

void space_end(struct process *p)
{
    struct table *next;
    for (struct table *t = p->tables; t != NULL; t = next) {
        next = t->next;
        for (uint32_t i = 0; t->pages != NULL && i < PAGES; i++) {
            mem_slot slot = t->pages[i] & ~(uint32_t)PAGE_FLAGS;
            if (slot != 0 && *mem_link(p, slot) == 0) (void)kern_delete(mem_name(p, slot));
        }
        (void)kern_gone(kern_delete(mem_name(p, t->slot)));
        cell_free(t->pages, PAGES_BYTES);
        cell_free(t, sizeof(*t));
    }
    p->tables = NULL;
}
