/* check.c - see check.h. */
#include "check.h"

#include <stddef.h>

#define TYPE(t) (1u << (t))
static const uint32_t authority_types = TYPE(CAP_UNTYPED) | TYPE(CAP_CNODE) | TYPE(CAP_THREAD) |
                                        TYPE(CAP_SCHED) | TYPE(CAP_ASPACE) | TYPE(CAP_PTABLE) |
                                        TYPE(CAP_IRQ_CONTROL) | TYPE(CAP_PORT_CONTROL);
static const uint32_t memory_types = TYPE(CAP_CNODE) | TYPE(CAP_THREAD) | TYPE(CAP_SCHED) |
                                     TYPE(CAP_ENDPOINT) | TYPE(CAP_NOTIFICATION) | TYPE(CAP_REPLY) |
                                     TYPE(CAP_ASPACE) | TYPE(CAP_PTABLE) | TYPE(CAP_FRAME);
static const uint8_t fixed_bits[CAP_TYPE_COUNT] = {
    [CAP_THREAD] = THREAD_BITS,     [CAP_SCHED] = SCHED_BITS,
    [CAP_ENDPOINT] = ENDPOINT_BITS, [CAP_NOTIFICATION] = NOTIFICATION_BITS,
    [CAP_REPLY] = REPLY_BITS,       [CAP_ASPACE] = TABLE_BITS,
    [CAP_PTABLE] = TABLE_BITS,
};

void report_add(struct report *r, const struct finding *f)
{
    if (r->count < FINDINGS_MAX) r->findings[r->count] = *f;
    r->count++;
}

void check_item(const struct reduce *fold, const struct walk_item *item, uint32_t pass,
                struct report *report)
{
    struct reduce_node *n = reduce_find(fold, item->slot);
    struct reduce_difference d = {.field = "not in the fold", .found = item->type};
    report->compared++;
    bool differs = true;
    if (n != NULL) {
        n->seen = pass;
        struct walk_item expected = reduce_item(fold, n);
        differs = reduce_differs(&expected, item, &d);
    }
    if (!differs) return;
    report_add(report, &(struct finding){.invariant = "I12",
                                         .what = d.field,
                                         .slot = item->slot,
                                         .seq = fold->count,
                                         .expected = d.expected,
                                         .found = d.found});
}

void check_unseen(const struct reduce *fold, uint32_t pass, uint64_t began, struct report *report)
{
    for (struct reduce_node *n = reduce_next(fold, NULL); n != NULL; n = reduce_next(fold, n)) {
        if (n->seen == pass || n->made >= began) continue;
        report_add(report, &(struct finding){.invariant = "I12",
                                             .what = "not in the kernel",
                                             .slot = n->slot,
                                             .seq = fold->count,
                                             .expected = n->type});
    }
}

static uint8_t bits_of(const struct reduce_node *n)
{
    return fixed_bits[n->type] != 0 ? fixed_bits[n->type] : n->bits;
}

static uint64_t end_of(const struct extent *e)
{
    return e->base + (1ull << e->bits);
}

static void sift(struct extent *list, uint32_t at, uint32_t count)
{
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= count) return;
        if (child + 1 < count && list[child].base < list[child + 1].base) child++;
        if (list[at].base >= list[child].base) return;
        struct extent t = list[at];
        list[at] = list[child];
        list[child] = t;
        at = child;
    }
}

static void sort(struct extent *list, uint32_t count)
{
    for (uint32_t i = count / 2; i-- > 0;) {
        sift(list, i, count);
    }
    for (uint32_t end = count; end > 1;) {
        struct extent t = list[0];
        list[0] = list[--end];
        list[end] = t;
        sift(list, 0, end);
    }
}

/* All objects that take memory, by address, each once. Two that overlap are a finding. */
static uint32_t gather(const struct reduce *fold, struct extent *list, struct report *report)
{
    uint32_t count = 0, kept = 0;
    for (struct reduce_node *n = reduce_next(fold, NULL); n != NULL; n = reduce_next(fold, n)) {
        if (!(TYPE(n->type) & memory_types)) continue;
        list[count++] = (struct extent){.base = n->obj, .bits = bits_of(n), .type = n->type};
    }
    sort(list, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct extent *last = kept > 0 ? &list[kept - 1] : NULL;
        if (last != NULL && last->base == list[i].base && last->bits == list[i].bits &&
            last->type == list[i].type)
            continue;
        if (last != NULL && end_of(last) > list[i].base) {
            report_add(report, &(struct finding){.invariant = "I5",
                                                 .what = "objects overlap",
                                                 .slot = list[i].base,
                                                 .seq = fold->count,
                                                 .expected = last->type,
                                                 .found = list[i].type});
        }
        list[kept++] = list[i];
    }
    return kept;
}

static struct extent *extent_at(struct extent *list, uint32_t count, uint64_t address)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (list[middle].base <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0 || address >= end_of(&list[low - 1])) return NULL;
    return &list[low - 1];
}

/* CNodes in which threads other than axiom's look up their capabilities. */
static void mark_users(const struct reduce *fold, uint64_t axiom_cnode, struct extent *list,
                       uint32_t count)
{
    for (struct reduce_node *n = reduce_next(fold, NULL); n != NULL; n = reduce_next(fold, n)) {
        if (n->type != CAP_CNODE || n->obj == axiom_cnode) continue;
        const struct extent *home = extent_at(list, count, n->slot);
        if (home == NULL || home->type != CAP_THREAD) continue;
        struct extent *cnode = extent_at(list, count, n->obj);
        if (cnode != NULL) cnode->user = true;
    }
}

struct place { /* where a node stands */
    const struct reduce *fold;
    const struct reduce_node *node, *parent;
    const struct extent *home;
    bool in_space; /* it is mapped in a living address space */
};

static void fault(const struct place *p, const char *invariant, const char *what,
                  struct report *report)
{
    report_add(report, &(struct finding){.invariant = invariant,
                                         .what = what,
                                         .slot = p->node->slot,
                                         .seq = p->fold->count,
                                         .expected = p->parent != NULL ? p->parent->slot : 0,
                                         .found = p->node->type});
}

static void check_node(const struct place *p, struct report *report)
{
    const struct reduce_node *n = p->node, *parent = p->parent;
    bool in_container = p->home != NULL &&
                        (p->home->type == CAP_CNODE || p->home->type == CAP_THREAD) &&
                        n->slot != p->home->base;
    if (!in_container) fault(p, "I1", "slot in no container", report);
    if (parent != NULL && parent->type == n->type && n->type != CAP_UNTYPED) {
        report->derived++;
        bool rebadged = n->type == CAP_ENDPOINT && parent->badge != 0 && n->badge != parent->badge;
        if (n->rights & ~(uint32_t)parent->rights)
            fault(p, "I2", "rights exceed the parent's", report);
        if (rebadged) fault(p, "I2", "another badge than the parent's", report);
    }
    if (parent != NULL && n->depth <= parent->depth)
        fault(p, "I2", "no deeper than the parent", report);
    bool mapped = (n->type == CAP_FRAME || n->type == CAP_PTABLE) && n->extra != 0;
    if (mapped) report->mapped++;
    if (mapped && !p->in_space) fault(p, "I1", "mapped in no address space", report);
    if (parent != NULL && parent->type == CAP_UNTYPED &&
        (n->obj < parent->obj || n->obj + (1ull << bits_of(n)) > parent->obj + parent->badge))
        fault(p, "I4", "object outside its untyped", report);
    if (n->type == CAP_FRAME && n->badge & RIGHT_WRITE && n->badge & MAP_EXEC)
        fault(p, "I5", "writable and executable", report);
    bool authority =
        TYPE(n->type) & authority_types || (n->type == CAP_LOG && n->rights & RIGHT_WRITE);
    if (authority) report->authority++;
    if (authority && p->home != NULL && p->home->user)
        fault(p, "I11", "authority outside axiom", report);
}

void check_state(const struct reduce *fold, uint64_t axiom_cnode, struct extent *room,
                 struct report *report)
{
    uint32_t count = gather(fold, room, report);
    report->objects = count;
    mark_users(fold, axiom_cnode, room, count);
    for (struct reduce_node *n = reduce_next(fold, NULL); n != NULL; n = reduce_next(fold, n)) {
        const struct extent *space = extent_at(room, count, n->extra);
        const struct place p = {.fold = fold,
                                .node = n,
                                .parent = n->parent != 0 ? &fold->nodes[n->parent] : NULL,
                                .home = extent_at(room, count, n->slot),
                                .in_space = space != NULL && space->type == CAP_ASPACE};
        check_node(&p, report);
    }
}
