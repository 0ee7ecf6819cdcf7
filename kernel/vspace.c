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
    uint64_t vaddr = s->badge & ~(PAGE_BYTES - 1);
    uint32_t level;
    uint64_t *entry;
    if (s->type == CAP_FRAME) {
        entry = walk(s->extra, vaddr, s->bits == PAGE_BITS ? 0 : 1, &level);
    } else { /* the table's own level is not recorded: it is where the entry points to it */
        for (uint32_t until = LEVELS - 1;; until--) {
            entry = walk(s->extra, vaddr, until, &level);
            CHECK(until != 0);
            if ((*entry & PTE_ADDR_MASK) == s->obj) break;
        }
    }
    *entry = 0;
    arch_tlb_flush(s->extra, vaddr);
    s->badge = s->extra = 0;
}

static enum err map_decode(const struct request *rq, uint64_t size, struct plan *out)
{
    struct slot *as;
    enum err e = request_cap(rq, rq->w[0], CAP_ASPACE, RIGHT_WRITE, &as);
    if (e != OK) return e;
    uint64_t vaddr = rq->w[1];
    if (vaddr & (PAGE_BYTES - 1) || vaddr < USER_MIN || vaddr >= USER_MAX) return ERR_RANGE;
    if (vaddr & (size - 1)) return ERR_RANGE;
    if (rq->cap->extra != 0) return ERR_MAPPED;
    *out = (struct plan){.dst = rq->cap, .a = as->obj, .b = vaddr, .c = rq->w[2]};
    return OK;
}

enum err frame_map_decode(const struct request *rq, struct plan *out)
{
    const struct slot *f = rq->cap;
    uint64_t wish = rq->w[2];
    if (wish & ~(uint64_t)(RIGHT_READ | RIGHT_WRITE | MAP_EXEC | MAP_UNCACHED)) return ERR_RANGE;
    if (!(wish & RIGHT_READ) || (wish & RIGHT_WRITE && wish & MAP_EXEC)) return ERR_RANGE;
    if ((f->rights & wish & RIGHTS_ALL) != (wish & RIGHTS_ALL)) return ERR_RIGHTS;
    enum err e = map_decode(rq, 1ull << f->bits, out);
    if (e != OK) return e;
    uint32_t level, until = f->bits == PAGE_BITS ? 0 : 1;
    const uint64_t *entry = walk(out->a, out->b, until, &level);
    if (*entry & PTE_PRESENT) return ERR_MAPPED;
    return level == until ? OK : ERR_NO_TABLE;
}

static void mapped(const struct plan *p, uint64_t rights)
{
    p->dst->extra = p->a;
    p->dst->badge = p->b | rights;
    commit_emit(&(struct commit){.op = COMMIT_MAP,
                                 .type = p->dst->type,
                                 .rights = (uint8_t)rights,
                                 .dst = ptr_to_phys(p->dst),
                                 .obj = p->a,
                                 .arg0 = p->b});
}

enum err frame_map_apply(const struct plan *p, uint64_t *out)
{
    (void)out;
    uint32_t level, large = p->dst->bits != PAGE_BITS;
    uint64_t *entry = walk(p->a, p->b, large, &level);
    *entry = arch_pte_page(p->dst->obj, (uint32_t)p->c, large);
    mapped(p, p->c);
    return OK;
}

/* A table goes where the walk to the address finds none: its level follows from that. */
enum err table_map_decode(const struct request *rq, struct plan *out)
{
    enum err e = map_decode(rq, PAGE_BYTES, out);
    if (e != OK) return e;
    uint32_t level;
    const uint64_t *entry = walk(out->a, out->b, 0, &level);
    if (level == 0 || *entry & PTE_PRESENT) return ERR_MAPPED;
    return OK;
}

enum err table_map_apply(const struct plan *p, uint64_t *out)
{
    (void)out;
    uint32_t level;
    uint64_t *entry = walk(p->a, p->b, 0, &level);
    *entry = arch_pte_table(p->dst->obj);
    mapped(&(struct plan){.dst = p->dst,
                          .a = p->a,
                          .b = p->b & ~((1ull << level_shift(level)) - 1)},
           0);
    return OK;
}

enum err unmap_decode(const struct request *rq, struct plan *out)
{
    if (rq->cap->extra == 0) return ERR_NOT_MAPPED;
    if (vspace_is_busy(rq->cap)) return ERR_BUSY;
    *out = (struct plan){.dst = rq->cap};
    return OK;
}

enum err unmap_apply(const struct plan *p, uint64_t *out)
{
    (void)out;
    commit_emit(&(struct commit){
        .op = COMMIT_UNMAP, .type = p->dst->type, .dst = ptr_to_phys(p->dst)});
    vspace_unmap(p->dst);
    return OK;
}

enum err paddr_decode(const struct request *rq, struct plan *out)
{
    *out = (struct plan){.a = rq->cap->obj};
    return OK;
}

enum err paddr_apply(const struct plan *p, uint64_t *out)
{
    out[0] = p->a;
    return OK;
}
