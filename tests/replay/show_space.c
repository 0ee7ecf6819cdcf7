/* show_space.c - see show_space.h. */
#include "show_space.h"

#include <inttypes.h>
#include <stdio.h>

#include "names.h"
#include "objects.h"

enum { ENTRIES = 512, LEVELS = 4 };

static void show_slot(const struct slot *s)
{
    char rights[4];
    name_of_rights(s->rights, rights);
    printf("%-12s %s %#" PRIx64, name_of_type(s->type), rights, s->obj);
    if (s->bits != 0) printf(" bits %u", s->bits);
    if (s->type == CAP_UNTYPED) {
        printf(" watermark %#" PRIx64, s->badge);
    } else if (s->badge != 0) {
        printf(" badge %#" PRIx64, s->badge);
    }
    if (s->type == CAP_THREAD) printf(" thread %u", ((const struct thread *)cap_object(s))->id);
    if (s->type == CAP_FRAME && s->extra != 0)
        printf(" mapped in %#llx", s->extra & ~(PAGE_BYTES - 1));
    printf("%s%s\n", s->flags & CAP_FLAG_BOUND ? " bound" : "",
           s->flags & SLOT_FROZEN ? " frozen" : "");
}

static void show_container(const struct container *c)
{
    for (uint32_t i = 1; i < c->count && i <= c->top; i++) {
        const struct slot *s = container_slot(c, i);
        if (s->type == CAP_EMPTY) continue;
        printf("%7u ", i);
        show_slot(s);
    }
}

void show_cspace(const struct thread *t)
{
    const struct container *c = t->cspace;
    printf("thread %u:\n", t->id);
    show_container(&t->head);
    if (c->count == 0) return;
    printf("cspace %#" PRIx64 " of thread %u: %u slots\n", ptr_to_phys(c), t->id, c->count);
    show_container(c);
}

static void show_cspace_of(const struct slot *s, void *context)
{
    (void)context;
    show_cspace(cap_object(s));
}

void show_cspaces(void)
{
    objects_each(CAP_THREAD, show_cspace_of, NULL);
}

void show_tree(void)
{
    for (const struct slot *s = cap_root.child; s != NULL; s = slot_after(s)) {
        uint32_t depth = 0;
        for (const struct slot *p = s; p->type != 0 && depth < 255; depth++) {
            while (p->prev->next ==
                   p) { /* to the first of its siblings, whose prev is the parent */
                p = p->prev;
            }
            p = p->prev;
            if (p == &cap_root) break;
        }
        printf("%*s%#" PRIx64 "[%u] ", (int)depth * 2, "", ptr_to_phys(slot_container(s)),
               (uint32_t)s->index);
        show_slot(s);
    }
}

struct range { /* of equal rights, physically contiguous */
    uint64_t from, to, phys, rights;
};

static void range_end(struct range *r)
{
    if (r->to == r->from) return;
    printf("  %012" PRIx64 "-%012" PRIx64 " at %010" PRIx64 " r%c%c%s\n", r->from, r->to, r->phys,
           r->rights & PTE_WRITE ? 'w' : '-', r->rights & PTE_NX ? '-' : 'x',
           r->rights & PTE_UNCACHED ? " uncached" : "");
    r->to = r->from;
}

static void range_add(struct range *r, uint64_t at, uint64_t entry, uint64_t bytes)
{
    uint64_t phys = entry & PTE_ADDR_MASK, rights = entry & (PTE_WRITE | PTE_NX | PTE_UNCACHED);
    bool follows = r->to != r->from && at == r->to && rights == r->rights &&
                   phys == r->phys + (r->to - r->from);
    if (!follows) {
        range_end(r);
        *r = (struct range){.from = at, .phys = phys, .rights = rights};
    }
    r->to = at + bytes;
}

/* Four levels, walked without recursion: one index a level. */
void show_maps(uint64_t root)
{
    const uint64_t *tables[LEVELS] = {NULL, NULL, NULL, root != 0 ? phys_to_ptr(root) : NULL};
    uint32_t index[LEVELS] = {0}, level = LEVELS - 1;
    struct range r = {0};
    if (root == 0) return;
    printf("address space %#" PRIx64 "\n", root);
    for (;;) {
        uint32_t limit = level == LEVELS - 1 ? ENTRIES / 2 : ENTRIES;
        if (index[level] == limit) {
            if (level == LEVELS - 1) break;
            level++;
            index[level]++;
            continue;
        }
        uint64_t entry = tables[level][index[level]], at = 0;
        for (uint32_t l = level; l < LEVELS; l++) {
            at |= (uint64_t)index[l] << (PAGE_BITS + 9 * l);
        }
        bool leaf = level == 0 || entry & PTE_LARGE;
        if (entry & PTE_PRESENT && !leaf) {
            tables[level - 1] = phys_to_ptr(entry & PTE_ADDR_MASK);
            index[--level] = 0;
            continue;
        }
        if (entry & PTE_PRESENT) range_add(&r, at, entry, 1ull << (PAGE_BITS + 9 * level));
        index[level]++;
    }
    range_end(&r);
}

static void show_maps_of(const struct slot *s, void *context)
{
    (void)context;
    show_maps(s->obj);
}

void show_all_maps(void)
{
    objects_each(CAP_ASPACE, show_maps_of, NULL);
}
