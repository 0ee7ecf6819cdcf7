/* serve.c - see serve.h. */
#include "serve.h"

struct serve serve;

struct process *serve_asker(const struct request *rq)
{
    uint32_t kind = badge_kind(rq->badge);
    if (kind == KIND_PROCESS || kind == KIND_DEVICES) return process_living(badge_asker(rq->badge));
    if (kind == KIND_MEMORY) return NULL; /* its badge says which, not who */
    return process_living(kind == KIND_BOOT ? PID_INIT : badge_pid(rq->badge));
}

struct process *serve_named(const struct cap_arg *cap)
{
    uint32_t kind = badge_kind(cap->badge);
    if (cap->slot != 0 || cap->type != CAP_ENDPOINT) return NULL;
    if (kind != KIND_PROCESS && kind != KIND_SELF) return NULL;
    return process_living(badge_pid(cap->badge));
}

/* Axiom's own objects are minted anew: a Process acts for whom it was made. */
static enum err derive_own(struct process *to, const struct derive *d)
{
    uint32_t kind = badge_kind(d->source->badge);
    bool passes = kind == KIND_PROCESS || kind == KIND_OBSERVE || kind == KIND_DEVICES;
    if (!passes && kind != KIND_MEMORY) return ERR_RIGHTS;
    if (d->badge != 0) return ERR_RANGE;
    uint64_t badge = badge_of((enum object_kind)kind, to->pid, badge_pid(d->source->badge));
    if (kind == KIND_MEMORY) badge = d->source->badge;
    return kern_mint(process_slot(to, d->slot), serve.endpoint,
                     d->rights & (RIGHT_WRITE | RIGHT_GRANT), badge, d->flags);
}

enum err serve_derive(struct process *to, const struct derive *d)
{
    if (d->badge & BADGE_TRUSTED || d->rights > RIGHTS_ALL) return ERR_RANGE;
    if (d->source->slot == 0) return derive_own(to, d);
    uint64_t slot = process_slot(to, d->slot);
    if (d->badge == 0 && d->flags == 0) return kern_copy(slot, d->source->slot, d->rights);
    return kern_mint(slot, d->source->slot, d->rights, d->badge, d->flags);
}

enum err serve_object(struct process *p, uint32_t type, uint32_t slot, uint64_t badge)
{
    uint32_t one = 1;
    if (slot == 0 || slot >= p->slots) return ERR_RANGE;
    if (badge & BADGE_TRUSTED) return ERR_RANGE;
    if (badge == 0) return object_make(p, type, ENDPOINT_BITS, process_slot(p, slot), &one);
    enum err err = object_make(p, type, ENDPOINT_BITS, serve.scratch, &one);
    if (err == OK) {
        err = kern_mint(process_slot(p, slot), serve.scratch, RIGHTS_ALL, badge, 0);
        (void)kern_delete(name_in(GS_CNODE, serve.scratch));
    }
    return err;
}

bool serve_refused(const struct process *p)
{
    return logs_refuses() && !p->storage;
}
