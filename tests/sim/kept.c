/* kept.c - what init keeps for services over the ends of their processes: idl/registry.capnp. */
#include <string.h>

#include "shared.h"
#include "sim.h"

enum { NUMBERS_MAX = 64 };

static struct kept {          /* in the slot of init's with this index */
    const struct process *of; /* NULL: free */
    uint64_t number;
} kept[SLOTS];

static struct slot *slot_at(const struct kept *k)
{
    return &sim.processes[INIT].slots[k - kept];
}

static struct kept *find(const struct process *of, uint64_t number)
{
    for (struct kept *k = kept; k < kept + SLOTS; k++) {
        if (k->of == of && (of == NULL || k->number == number)) return k;
    }
    return NULL;
}

static void end(struct kept *k)
{
    slot_revoke(slot_at(k));
    slot_drop(slot_at(k));
    k->of = NULL;
}

/* A copy for who asks, in the slot that it names. */
static struct cap_arg give(struct kept *k)
{
    struct slot *from = slot_at(k);
    cap_t slot = (cap_t)(sim.current->m->aux >> 32);
    if (slot == 0 || slot >= SLOTS) sim_fail("no slot for what is kept");
    struct slot *to = &sim.current->process->slots[slot];
    if (to->object != NULL || to->revoked) sim_fail("a slot for what is kept is in use");
    slot_fill(to, from->object, from->rights, from->badge);
    slot_derive(from, to);
    return (struct cap_arg){.slot = slot, .rights = from->rights};
}

int kept_on_keep(struct request *rq, const struct registry_keep_in *in,
                 struct registry_keep_out *out)
{
    const struct process *asker = sim.current->process;
    struct kept *k = find(asker, in->number);
    struct slot *source = &sim.current->process->slots[in->capability.slot];
    (void)rq;
    if (k != NULL) end(k);
    k = find(NULL, 0);
    if (k == NULL) return REGISTRY_FULL;
    *k = (struct kept){asker, in->number};
    slot_fill(slot_at(k), source->object, (uint8_t)(source->rights & in->capability.rights),
              source->badge);
    slot_derive(source, slot_at(k));
    out->kept = give(k);
    return OK;
}

int kept_on_kept(struct request *rq, const struct registry_kept_in *in,
                 struct registry_kept_out *out)
{
    struct kept *k = find(sim.current->process, in->number);
    (void)rq;
    if (k == NULL) return REGISTRY_NOTHING;
    out->kept = give(k);
    return OK;
}

int kept_on_unkeep(struct request *rq, const struct registry_unkeep_in *in)
{
    struct kept *k = find(sim.current->process, in->number);
    (void)rq;
    if (k == NULL) return REGISTRY_NOTHING;
    end(k);
    return OK;
}

int kept_on_keeping(struct request *rq, const struct registry_keeping_in *in,
                    struct registry_keeping_out *out)
{
    (void)rq;
    out->next = 0;
    out->numbers.at = rq->scratch;
    out->numbers.count = 0;
    for (uint32_t i = in->after; i < SLOTS; i++) {
        if (kept[i].of != sim.current->process) continue;
        if (out->numbers.count == NUMBERS_MAX) {
            out->next = i;
            break;
        }
        rq->scratch[out->numbers.count++] = kept[i].number;
    }
    return OK;
}

void kept_power_cut(void)
{
    for (struct kept *k = kept; k < kept + SLOTS; k++) {
        if (k->of != NULL) end(k);
    }
}
