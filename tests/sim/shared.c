/* shared.c - axiom's Memory: pages that several processes map, each at its own place. */
#define _GNU_SOURCE
#include "shared.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim.h"

enum { AREAS = 64, MAPS = 128, AREA_BYTES = 512 * 4096 };

static struct area {
    struct object *object; /* NULL: free */
    struct process *maker; /* while it maps it */
    uint32_t pages, maps;
} areas[AREAS];
static struct map {
    struct area *area; /* NULL: free */
    struct process *by;
    uint64_t address;
    struct object *gone; /* NULL: nobody is told */
    uint64_t badge;
} maps[MAPS];
static int arena;

void memory_setup(void)
{
    arena = memfd_create("sim", 0);
    if (arena < 0 || ftruncate(arena, (off_t)AREAS * AREA_BYTES) != 0) sim_fail("no shared memory");
}

static bool map(struct area *a, struct process *p, uint64_t address)
{
    struct map *m = maps;
    while (m < maps + MAPS && m->area != NULL) {
        m++;
    }
    if (m == maps + MAPS) sim_fail("more than %d mappings", MAPS);
    void *at = mmap((void *)address, (size_t)a->pages * 4096, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_FIXED_NOREPLACE, arena, (a - areas) * AREA_BYTES);
    if (at != (void *)address) return false;
    *m = (struct map){.area = a, .by = p, .address = address};
    a->maps++;
    return true;
}

int memory_on_create(struct request *rq, const struct self_memory_create_in *in,
                     struct self_memory_create_out *out)
{
    struct process *p = sim.current->process;
    struct area *a = areas;
    (void)rq;
    while (a < areas + AREAS && a->object != NULL) {
        a++;
    }
    if (a == areas + AREAS) return SELF_LIMIT;
    *a = (struct area){.maker = p, .pages = in->pages};
    if (!map(a, p, in->address)) return SELF_BAD_ADDRESS;
    a->object = object_make(CAP_ENDPOINT);
    memset((void *)in->address, 0, (size_t)in->pages * 4096);
    uint64_t receive = sim.current->m->aux >> 32;
    if (receive == 0 || receive >= SLOTS) sim_fail("no slot for a Memory");
    slot_fill(&p->slots[receive], a->object, RIGHTS_ALL, 0);
    out->memory = (struct cap_arg){.slot = (cap_t)receive, .rights = RIGHTS_ALL};
    return OK;
}

int memory_on_attach(struct request *rq, const struct self_memory_attach_in *in,
                     struct self_memory_attach_out *out)
{
    struct process *p = sim.current->process;
    const struct object *o = p->slots[in->memory.slot].object;
    (void)rq;
    for (struct area *a = areas; a < areas + AREAS; a++) {
        if (a->object == NULL || a->object != o) continue;
        if (!map(a, p, in->address)) return SELF_BAD_ADDRESS;
        out->pages = a->pages;
        for (struct map *m = maps; m < maps + MAPS && in->gone.slot != 0; m++) {
            if (m->area != a || m->by != p) continue;
            m->gone = p->slots[in->gone.slot].object;
            m->badge = p->slots[in->gone.slot].badge;
            m->gone->references++;
        }
        return OK;
    }
    return SELF_GONE;
}

static void unmap(struct map *m)
{
    struct area *a = m->area;
    struct object *gone = m->gone;
    struct process *by = m->by;
    *m = (struct map){0};
    object_release(gone);
    a->maps--;
    for (struct map *other = maps; a->maker == by && other < maps + MAPS; other++) {
        if (other->area == a && other->gone != NULL) object_signal(other->gone, other->badge);
    }
    if (a->maker == by) a->maker = NULL;
    if (a->maps > 0) return;
    struct object *o = a->object;
    *a = (struct area){0};
    object_release(o);
}

int memory_on_detach(struct request *rq, const struct self_memory_detach_in *in)
{
    (void)rq;
    for (struct map *m = maps; m < maps + MAPS; m++) {
        if (m->area == NULL || m->by != sim.current->process || m->address != in->address) continue;
        (void)munmap((void *)m->address, (size_t)m->area->pages * 4096);
        unmap(m);
        return OK;
    }
    return SELF_BAD_ADDRESS;
}

/* Its whole place is unmapped already. */
void memory_ended(struct process *p)
{
    for (struct map *m = maps; m < maps + MAPS; m++) {
        if (m->area != NULL && m->by == p) unmap(m);
    }
}
