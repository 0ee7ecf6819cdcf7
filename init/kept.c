/*
 * kept.c - capabilities that init keeps for services, by numbers of theirs.
 *
 * A service that gives out copies of a capability can take them back as long as that one is there.
 * It stands here, since here nothing ends: the next process of the service asks for a copy, and
 * what init revokes ends all of them.
 */
#include "badge.h"
#include "init.h"
#include "slots.h"

enum { KEEPING_MAX = 64 };

static struct init *init_of(struct request *rq)
{
    return request_service(rq)->state;
}

static bool may_keep(struct request *rq)
{
    uint32_t flags = init_of(rq)->description.services[badge_index(rq->badge)].flags;

    return (flags & SERVICE_KEEPS) != 0;
}

static struct kept *kept_find(struct init *in, uint32_t owner, uint64_t number)
{
    for (uint32_t i = 0; i < KEPT_MAX; i++) {
        struct kept *k = &in->kept[i];
        if (k->slot != 0 && k->owner == owner && k->number == number) return k;
    }
    return NULL;
}

static void kept_end(struct kept *k)
{
    const struct self_revoke_in in = {.source = {k->slot, RIGHTS_ALL, 0, 0}};

    (void)self_revoke(CAP_SLOT_SELF, &in);
    slot_discard(k->slot);
    *k = (struct kept){0};
}

/* A free entry, unless the service has its share. */
static struct kept *kept_new(struct init *in, uint32_t owner)
{
    struct kept *free = NULL;
    uint32_t own = 0;

    for (uint32_t i = 0; i < KEPT_MAX; i++) {
        struct kept *k = &in->kept[i];
        if (k->slot == 0) free = k;
        if (k->slot != 0 && k->owner == owner) own++;
    }
    return own < KEPT_EACH ? free : NULL;
}

int on_keep(struct request *rq, const struct registry_keep_in *args, struct registry_keep_out *out)
{
    struct init *in = init_of(rq);
    uint32_t owner = badge_index(rq->badge);

    if (!may_keep(rq)) return REGISTRY_DENIED;
    struct kept *k = kept_find(in, owner, args->number);
    if (k != NULL) kept_end(k);
    k = kept_new(in, owner);
    if (k == NULL) return REGISTRY_FULL;
    *k = (struct kept){args->number, request_keep(rq, args->capability.slot), owner};
    if (k->slot == 0) return REGISTRY_FULL;
    out->kept = (struct cap_arg){.slot = k->slot, .rights = RIGHTS_ALL};
    return OK;
}

int on_kept(struct request *rq, const struct registry_kept_in *args, struct registry_kept_out *out)
{
    if (!may_keep(rq)) return REGISTRY_DENIED;
    const struct kept *k = kept_find(init_of(rq), badge_index(rq->badge), args->number);
    if (k == NULL) return REGISTRY_NOTHING;
    out->kept = (struct cap_arg){.slot = k->slot, .rights = RIGHTS_ALL};
    return OK;
}

int on_unkeep(struct request *rq, const struct registry_unkeep_in *args)
{
    if (!may_keep(rq)) return REGISTRY_DENIED;
    struct kept *k = kept_find(init_of(rq), badge_index(rq->badge), args->number);
    if (k == NULL) return REGISTRY_NOTHING;
    kept_end(k);
    return OK;
}

int on_keeping(struct request *rq, const struct registry_keeping_in *args,
               struct registry_keeping_out *out)
{
    const struct init *in = init_of(rq);
    uint32_t at = args->after;

    if (!may_keep(rq)) return REGISTRY_DENIED;
    out->numbers.at = rq->scratch;
    out->numbers.count = 0;
    for (; at < KEPT_MAX && out->numbers.count < KEEPING_MAX; at++) {
        const struct kept *k = &in->kept[at];
        if (k->slot == 0 || k->owner != badge_index(rq->badge)) continue;
        rq->scratch[out->numbers.count++] = k->number;
    }
    out->next = at < KEPT_MAX ? at : 0;
    return OK;
}

void kept_forget(struct init *in, uint32_t owner)
{
    for (uint32_t i = 0; i < KEPT_MAX; i++) {
        struct kept *k = &in->kept[i];
        if (k->slot != 0 && k->owner == owner) kept_end(k);
    }
}
