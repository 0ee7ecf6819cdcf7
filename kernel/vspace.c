/* vspace.c - map and unmap. */
#include "vspace.h"

#include "arch.h"
#include "check.h"
#include "commit.h"
#include "invoke.h"

enum { LEVELS = 4, ENTRIES = 512, USER_ENTRIES = 256 };

/* Address bits below those that index a table of `level`: 3 is the top. */
static uint32_t level_shift(uint32_t level)
{
    return PAGE_BITS + 9 * level;
}

/* The entry for `vaddr` in a table of level `until`, or in the last one present above it; `*level`
 * says where it stopped. */
static uint64_t *walk(uint64_t root, uint64_t vaddr, uint32_t until, uint32_t *level)
{
    uint64_t *table = phys_to_ptr(root);
    for (uint32_t l = LEVELS - 1;; l--) {
        uint64_t *entry = &table[vaddr >> level_shift(l) & (ENTRIES - 1)];
        *level = l;
        if (l == until || !(*entry & PTE_PRESENT) || (l < LEVELS - 1 && *entry & PTE_LARGE))
            return entry;
        table = phys_to_ptr(*entry & PTE_ADDR_MASK);
    }
}

static bool table_is_empty(uint64_t table, uint32_t entries)
{
    const uint64_t *e = phys_to_ptr(table);
    for (uint32_t i = 0; i < entries; i++) {
        if (e[i] != 0) return false;
    }
    return true;
}

bool vspace_is_mapped(const struct slot *s)
{
    return (s->type == CAP_FRAME || s->type == CAP_PTABLE) && s->extra != 0;
}

bool vspace_is_busy(const struct slot *s)
{
    if (s->type == CAP_PTABLE) return !table_is_empty(s->obj, ENTRIES);
    return s->type == CAP_ASPACE && slot_is_last(s) && !table_is_empty(s->obj, USER_ENTRIES);
}

void vspace_unmap(struct slot *s)
{
    uint64_t root = s->extra & ~(PAGE_BYTES - 1), vaddr = s->badge & ~(PAGE_BYTES - 1);
    uint32_t level, until = s->extra & (PAGE_BYTES - 1);
    uint64_t *entry = walk(root, vaddr, until, &level);
    CHECK(level == until && (*entry & PTE_ADDR_MASK) == s->obj); /* INV-VSPACE-1 */
    *entry = 0;
    arch_tlb_flush(root, vaddr);
    s->badge = s->extra = 0;
}

enum err busy_check(const struct request *rq)
{
    if (rq->op == OP_UNMAP && rq->cap->extra == 0) return ERR_NOT_MAPPED;
    return vspace_is_busy(rq->cap) ? ERR_BUSY : OK;
}

static enum err map_check(const struct request *rq, uint64_t size)
{
    uint64_t vaddr = rq->w[1];
    if (vaddr & (size - 1) || vaddr < USER_MIN || vaddr >= USER_MAX) return ERR_RANGE;
    return rq->cap->extra != 0 ? ERR_MAPPED : OK;
}

enum err frame_map_check(const struct request *rq)
{
    const struct slot *f = rq->cap;
    uint64_t wish = rq->w[2];
    if (wish & ~(uint64_t)(RIGHT_READ | RIGHT_WRITE | MAP_EXEC | MAP_UNCACHED)) return ERR_RANGE;
    if (!(wish & RIGHT_READ) || (wish & RIGHT_WRITE && wish & MAP_EXEC)) return ERR_RANGE;
    if (wish & RIGHTS_ALL & ~(uint64_t)f->rights) return ERR_RIGHTS;
    enum err e = map_check(rq, 1ull << f->bits);
    if (e != OK) return e;
    uint32_t level, until = f->bits != PAGE_BITS;
    if (*walk(rq->arg->obj, rq->w[1], until, &level) & PTE_PRESENT) return ERR_MAPPED;
    return level == until ? OK : ERR_NO_TABLE;
}

/* The entry is in a table of `level`. */
static void map_apply(struct request *rq, uint32_t level, uint64_t rights)
{
    struct commit c = {.op = COMMIT_MAP, .type = rq->cap->type, .rights = (uint8_t)rights};
    c.obj = rq->arg->obj;
    c.dst = ptr_to_phys(rq->cap);
    c.arg0 = rq->w[1] & ~((1ull << level_shift(level)) - 1);
    rq->cap->extra = c.obj | level;
    rq->cap->badge = c.arg0 | rights;
    commit_emit(&c);
}

void frame_map_apply(struct request *rq)
{
    uint32_t level, large = rq->cap->bits != PAGE_BITS;
    *walk(rq->arg->obj, rq->w[1], large, &level) =
        arch_pte_page(rq->cap->obj, (uint32_t)rq->w[2], large);
    map_apply(rq, level, rq->w[2]);
}

/* A table goes where the walk to the address finds none: its level follows from that. */
enum err table_map_check(const struct request *rq)
{
    uint32_t level;
    enum err e = map_check(rq, PAGE_BYTES);
    if (e != OK) return e;
    const uint64_t *entry = walk(rq->arg->obj, rq->w[1], 0, &level);
    return level == 0 || *entry & PTE_PRESENT ? ERR_MAPPED : OK;
}

void table_map_apply(struct request *rq)
{
    uint32_t level;
    *walk(rq->arg->obj, rq->w[1], 0, &level) = arch_pte_table(rq->cap->obj);
    map_apply(rq, level, 0);
}

void unmap_apply(struct request *rq)
{
    vspace_unmap(rq->cap);
    commit_slot(COMMIT_UNMAP, rq->cap, NULL, 0, 0);
}

void paddr_apply(struct request *rq)
{
    rq->w[0] = rq->cap->obj;
}
