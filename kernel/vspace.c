/* vspace.c - map and unmap. */
#include "vspace.h"

#include "invoke.h"

enum { LEVELS = 4, ENTRIES = 512, USER_ENTRIES = 256 };

/* Address bits below those that index a table of `level`: 3 is the top. */
#define LEVEL_SHIFT(level) (PAGE_BITS + 9 * (level))

/* The entry for `vaddr` in a table of level `until`, or in the last one present above it; `*level`
 * says where it stopped. */
static uint64_t *walk(uint64_t root, uint64_t vaddr, uint32_t until, uint32_t *level)
{
    uint64_t *table = phys_to_ptr(root);
    for (uint32_t l = LEVELS - 1;; l--) {
        uint64_t *entry = &table[vaddr >> LEVEL_SHIFT(l) & (ENTRIES - 1)];
        *level = l;
        if (l == until || !(*entry & PTE_PRESENT) || (l < LEVELS - 1 && *entry & PTE_LARGE))
            return entry;
        table = phys_to_ptr(*entry & PTE_ADDR_MASK);
    }
}

bool vspace_is_mapped(const struct slot *s)
{
    return (s->type == CAP_FRAME || s->type == CAP_PTABLE) && s->extra != 0;
}

bool vspace_is_busy(const struct slot *s)
{
    bool is_root = s->type == CAP_ASPACE && slot_is_last(s);
    const uint64_t *entry = phys_to_ptr(s->obj);
    uint64_t any = 0;
    for (uint32_t n = s->type == CAP_PTABLE ? ENTRIES : is_root ? USER_ENTRIES : 0; n > 0; n--) {
        any |= *entry++;
    }
    return any != 0;
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

enum err map_check(const struct request *rq)
{
    const struct slot *s = rq->cap;
    uint64_t vaddr = rq->w[1], wish = rq->w[2], size = PAGE_BYTES;
    if (s->type == CAP_FRAME) {
        size = 1ull << s->bits;
        if (wish & ~(uint64_t)(RIGHT_READ | RIGHT_WRITE | MAP_EXEC | MAP_UNCACHED))
            return ERR_RANGE;
        if (!(wish & RIGHT_READ) || (wish & RIGHT_WRITE && wish & MAP_EXEC)) return ERR_RANGE;
        if (wish & RIGHTS_ALL & ~(uint64_t)s->rights) return ERR_RIGHTS;
    }
    if (vaddr & (size - 1) || vaddr < USER_MIN || vaddr > USER_MAX - size) return ERR_RANGE;
    uint32_t level, until = s->type == CAP_FRAME && s->bits != PAGE_BITS;
    bool present = *walk(rq->arg->obj, vaddr, until, &level) & PTE_PRESENT;
    if (s->extra != 0 || present || (s->type == CAP_PTABLE && level == 0)) return ERR_MAPPED;
    return s->type == CAP_FRAME && level != until ? ERR_NO_TABLE : OK;
}

void map_apply(struct request *rq)
{
    struct slot *s = rq->cap;
    uint32_t level, rights = s->type == CAP_FRAME ? (uint32_t)rq->w[2] : 0;
    /* A table goes where the walk to the address finds none: its level follows from that. */
    uint32_t until = s->type == CAP_FRAME && s->bits != PAGE_BITS;
    uint64_t *entry = walk(rq->arg->obj, rq->w[1], until, &level);
    struct commit c = {.op = COMMIT_MAP, .type = s->type, .rights = (uint8_t)rights};
    *entry = arch_pte(s->obj, rights, level != 0);
    c.dst = ptr_to_phys(s);
    c.obj = rq->arg->obj;
    c.arg0 = rq->w[1] & ~((1ull << LEVEL_SHIFT(level)) - 1);
    s->extra = c.obj | level;
    s->badge = c.arg0 | rights;
    commit_emit(&c);
}

void unmap_apply(struct request *rq)
{
    vspace_unmap(rq->cap);
    commit_slot(COMMIT_UNMAP, rq->cap, NULL, 0, 0);
}
