/* space.c - see wllog.h. All that the kernel's commits tell of who is who: threads have ids, and
 * look up their capabilities in a CNode that a COPY put into their slot. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "wllog.h"

enum { AXIOM_THREAD = 1 };

bool number_parse(const char *text, uint64_t *out)
{
    char *end;
    *out = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0';
}

bool address_parse(const char *text, uint64_t *out)
{
    char *end;
    *out = strtoull(text, &end, 16);
    return *text != '\0' && *text != '-' && *text != '+' && *text != ' ' && *end == '\0';
}

/* Thread ids by their Thread's address: the newest that was made there. */
static uint32_t thread_at(const struct query *q, uint64_t obj)
{
    for (uint64_t i = q->count; i-- > 0;) {
        const struct commit *c = &q->boot->commits[i];
        if (c->type != CAP_THREAD || c->obj != obj) continue;
        if (c->op == COMMIT_RETYPE) return (uint32_t)c->arg1;
        if (c->op == COMMIT_GENESIS) return AXIOM_THREAD;
    }
    return 0;
}

static uint64_t thread_object(const struct query *q, uint64_t id)
{
    for (uint64_t i = 0; i < q->count; i++) {
        const struct commit *c = &q->boot->commits[i];
        if (c->type != CAP_THREAD) continue;
        if (c->op == COMMIT_GENESIS && id == AXIOM_THREAD) return c->obj;
        if (c->op == COMMIT_RETYPE && c->arg1 == id) return c->obj;
    }
    return 0;
}

static uint64_t cspace_of(const struct query *q, uint64_t thread)
{
    const struct reduce_node *n = reduce_find(&q->fold, thread + (TS_CSPACE << SLOT_BITS));
    return n != NULL && n->type == CAP_CNODE ? n->obj : NO_SPACE;
}

static const struct reduce_node *cnode_node(const struct query *q, uint64_t cnode)
{
    const struct reduce_node *n = NULL;
    while ((n = reduce_next(&q->fold, n)) != NULL) {
        if (n->type == CAP_CNODE && n->obj == cnode) return n;
    }
    return NULL;
}

bool space_find(const struct query *q, const char *name, struct space *out)
{
    uint64_t id = 0, cnode = NO_SPACE;
    const struct log_life *l = life_named(q, name);
    if (l != NULL) {
        *out = (struct space){.cnode = l->cnode, .slots = l->slots};
        return true;
    }
    bool thread = name[0] == 't' && number_parse(name + 1, &id);
    if (strcmp(name, "axiom") == 0) id = AXIOM_THREAD;
    if (id != 0) {
        uint64_t obj = thread_object(q, id);
        if (obj != 0) cnode = cspace_of(q, obj);
    } else if (!thread && !address_parse(name, &cnode)) {
        cnode = NO_SPACE;
    }
    const struct reduce_node *n = cnode != NO_SPACE ? cnode_node(q, cnode) : NULL;
    if (n == NULL) {
        fprintf(
            stderr,
            "wl-log: %s: no such space at that time (a process, axiom, tTHREAD or an address)\n",
            name);
        return false;
    }
    *out = (struct space){.cnode = cnode, .slots = 1ull << (n->bits - SLOT_BITS)};
    return true;
}

uint32_t space_thread(const struct query *q, uint64_t cnode)
{
    uint32_t found = 0;
    const struct reduce_node *n = NULL;
    while ((n = reduce_next(&q->fold, n)) != NULL) {
        if (n->type != CAP_THREAD || cspace_of(q, n->obj) != cnode) continue;
        uint32_t id = thread_at(q, n->obj);
        if (found == 0 || id < found) found = id;
    }
    return found;
}

void slot_text(const struct query *q, uint64_t slot, uint64_t seq, char out[64])
{
    const struct log_life *l = life_at(q, slot, seq);
    if (l != NULL) {
        snprintf(out, 64, "%.*s %" PRIu64, l->name_len, l->name, (slot - l->cnode) >> SLOT_BITS);
        return;
    }
    const struct reduce_node *n = NULL, *best = NULL;
    while ((n = reduce_next(&q->fold, n)) != NULL) {
        uint64_t bytes = n->type == CAP_THREAD  ? 1ull << THREAD_BITS
                         : n->type == CAP_CNODE ? 1ull << n->bits
                                                : 0;
        if (slot > n->obj && slot - n->obj < bytes) best = n;
    }
    uint32_t id = 0;
    if (best != NULL)
        id = best->type == CAP_THREAD ? thread_at(q, best->obj) : space_thread(q, best->obj);
    uint64_t index = best != NULL ? (slot - best->obj) >> SLOT_BITS : 0;
    if (best == NULL) {
        snprintf(out, 64, "%" PRIx64, slot);
    } else if (best->type == CAP_THREAD) {
        snprintf(out, 64, "thread t%u slot %" PRIu64, id, index);
    } else if (id == AXIOM_THREAD) {
        snprintf(out, 64, "axiom %" PRIu64, index);
    } else if (id != 0) {
        snprintf(out, 64, "t%u %" PRIu64, id, index);
    } else {
        snprintf(out, 64, "%" PRIx64 " %" PRIu64, best->obj, index);
    }
}
