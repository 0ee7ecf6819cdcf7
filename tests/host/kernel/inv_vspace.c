/* inv_vspace.c - page tables against the records in slots, both ways. */
#include <string.h>

#include "harness.h"
#include "invariants.h"

enum { LEVEL_BITS = 9, TOP_LEVEL = 3, ENTRIES = 512, USER_ENTRIES = 256 };

static bool is_mapped(const struct slot *s)
{
    return (s->type == CAP_FRAME || s->type == CAP_PTABLE) && s->extra != 0;
}

/* The lowest tables lie next to each other's pages: the last one found is likely the next one. */
static struct {
    uint64_t epoch, root, region, table; /* of which view; top table; address >> 21; lowest table */
} last_walk;

/* The table that holds the entry of an address at level `until`, with `*level` where the walk came
 * to, which is above that if a page ends it there. 0: it is not there. */
static uint64_t find_table(const struct slot *s, uint64_t vaddr, uint32_t until, uint32_t *level)
{
    uint64_t table = s->extra & ~(PAGE_BYTES - 1), region = vaddr >> (PAGE_BITS + LEVEL_BITS);
    *level = until;
    if (until == 0 && last_walk.epoch == view_epoch() && last_walk.root == table &&
        last_walk.region == region)
        return last_walk.table;
    uint64_t root = table;
    if (!view_has_object(CAP_ASPACE, phys_to_ptr(table))) return 0;
    for (*level = TOP_LEVEL; *level > until; --*level) {
        const uint64_t *entries = phys_to_ptr(table);
        uint64_t e = entries[vaddr >> (PAGE_BITS + LEVEL_BITS * *level) & (ENTRIES - 1)];
        uint64_t at = e & PTE_ADDR_MASK;
        if (!(e & PTE_PRESENT)) return 0;
        if (e & PTE_LARGE || (at == s->obj && s->type == CAP_PTABLE)) return table;
        if (!view_has_object(CAP_PTABLE, phys_to_ptr(at))) return 0;
        table = at;
    }
    if (until == 0) {
        last_walk.epoch = view_epoch();
        last_walk.root = root;
        last_walk.region = region;
        last_walk.table = table;
    }
    return table;
}

/* The entry that points to the slot's object, at whatever level it stands; NULL: none. */
static const uint64_t *find_entry(const struct slot *s)
{
    uint64_t vaddr = s->badge & ~(PAGE_BYTES - 1);
    uint32_t level, until = s->type == CAP_PTABLE || s->bits == LARGE_PAGE_BITS ? 1 : 0;
    uint64_t table = find_table(s, vaddr, until, &level);
    if (table == 0) return NULL;
    const uint64_t *entries = phys_to_ptr(table);
    const uint64_t *e = &entries[vaddr >> (PAGE_BITS + LEVEL_BITS * level) & (ENTRIES - 1)];
    bool leaf = level == 0 || *e & PTE_LARGE;
    if (!(*e & PTE_PRESENT) || (*e & PTE_ADDR_MASK) != s->obj) return NULL;
    if (leaf != (s->type == CAP_FRAME) || (leaf && level != until)) return NULL;
    return e;
}

bool inv_mapping_recorded(struct view *v)
{
    for (uint32_t i = 0; i < v->slot_count; i++) {
        const struct slot *s = v->slots[i].slot;
        v->blame = s;
        if (is_mapped(s) && find_entry(s) == NULL) return false;
        if (s->type == CAP_PTABLE && s->extra == 0 && s->badge != 0) return false;
        if (s->type == CAP_FRAME && s->extra == 0 && s->badge != 0) return false;
    }
    return true;
}

static uint32_t entries_in(const uint64_t *table, uint32_t count)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++) {
        n += table[i] != 0;
    }
    return n;
}

/* Each mapped slot has an entry of its own, so equal counts mean that there are no others. */
bool inv_entries_counted(struct view *v)
{
    uint32_t mapped = 0, entries = 0;
    for (uint32_t i = 0; i < v->slot_count; i++) {
        mapped += is_mapped(v->slots[i].slot);
    }
    for (uint32_t i = 0; i < v->object_count; i++) {
        const struct seen_object *o = &v->objects[i];
        if (o->type == CAP_PTABLE) entries += entries_in(phys_to_ptr(o->obj), ENTRIES);
        if (o->type != CAP_ASPACE) continue;
        const uint64_t *top = phys_to_ptr(o->obj);
        v->blame = top;
        entries += entries_in(top, USER_ENTRIES);
        for (uint32_t e = USER_ENTRIES; e < ENTRIES; e++) { /* as arch_aspace_init left it */
            if (top[e] != fake_upper_entry(e)) return false;
        }
    }
    v->blame = NULL;
    return mapped == entries;
}

bool inv_no_write_exec(struct view *v)
{
    for (uint32_t i = 0; i < v->slot_count; i++) {
        const struct slot *s = v->slots[i].slot;
        if (s->type != CAP_FRAME || !is_mapped(s)) continue;
        uint64_t e = *find_entry(s), rights = s->badge & (PAGE_BYTES - 1);
        bool writes = e & PTE_WRITE, runs = !(e & PTE_NX);
        v->blame = s;
        if (writes && (runs || !(rights & RIGHT_WRITE) || !(s->rights & RIGHT_WRITE))) return false;
        if (runs != !!(rights & MAP_EXEC) || !(s->rights & RIGHT_READ)) return false;
    }
    return true;
}

/* Pages with an object of the kernel in them. */
static uint64_t private_pages[FAKE_MEMORY / PAGE_BYTES / 64];

bool inv_tables_private(struct view *v)
{
    memset(private_pages, 0, sizeof(private_pages));
    for (uint32_t i = 0; i < v->object_count; i++) {
        const struct seen_object *o = &v->objects[i];
        if (o->type == CAP_FRAME || o->type == CAP_IRQ) continue;
        uint64_t end = o->obj + object_bytes(o->first);
        for (uint64_t p = o->obj / PAGE_BYTES; p * PAGE_BYTES < end; p++) {
            private_pages[p / 64] |= 1ull << p % 64;
        }
    }
    for (uint32_t i = 0; i < v->slot_count; i++) {
        const struct slot *s = v->slots[i].slot;
        if (s->type != CAP_FRAME || !is_mapped(s)) continue;
        v->blame = s;
        uint64_t end = s->obj + object_bytes(s);
        for (uint64_t p = s->obj / PAGE_BYTES; p * PAGE_BYTES < end && end <= FAKE_MEMORY; p++) {
            if (private_pages[p / 64] >> p % 64 & 1) return false;
        }
    }
    return true;
}
