/* reduce.c - see reduce.h. */
#include "reduce.h"

#include <stddef.h>

static uint32_t bucket_of(uint64_t key, uint32_t buckets)
{
    return (uint32_t)(key * 0x9e3779b97f4a7c15ull >> 40) & (buckets - 1);
}

/* Threads, contexts, handlers: few of the capabilities name one, and many a one together. */
static uint32_t objects_of(uint32_t nodes)
{
    return nodes <= 256 ? nodes : nodes / 4;
}

uint64_t reduce_bytes(uint32_t nodes)
{
    return (nodes + 1ull) * sizeof(struct reduce_node) +
           (objects_of(nodes) + 1ull) * sizeof(struct reduce_object) +
           (nodes + objects_of(nodes)) * sizeof(uint32_t);
}

static void reduce_clear(struct reduce *r)
{
    for (uint32_t i = 0; i < r->node_max; i++) {
        r->buckets[i] = 0;
        r->nodes[i + 1].chain = i + 1 < r->node_max ? i + 2 : 0;
    }
    for (uint32_t i = 0; i < r->object_max; i++) {
        r->object_buckets[i] = 0;
        r->objects[i + 1].chain = i + 1 < r->object_max ? i + 2 : 0;
    }
    r->node_free = r->object_free = 1;
    r->root = r->live = r->marked = 0;
    r->removed = (struct reduce_node){0};
}

void reduce_init(struct reduce *r, void *memory, uint32_t nodes)
{
    *r = (struct reduce){.node_max = nodes, .object_max = objects_of(nodes)};
    r->nodes = memory;
    r->objects = (struct reduce_object *)(r->nodes + nodes + 1);
    r->buckets = (uint32_t *)(r->objects + r->object_max + 1);
    r->object_buckets = r->buckets + nodes;
    reduce_clear(r);
}

/* ---- slots ---- */

static struct reduce_node *slot_node(const struct reduce *r, uint64_t slot)
{
    uint32_t i = r->buckets[bucket_of(slot, r->node_max)];
    while (i != 0 && r->nodes[i].slot != slot) {
        i = r->nodes[i].chain;
    }
    return i != 0 ? &r->nodes[i] : NULL;
}

struct reduce_node *reduce_find(const struct reduce *r, uint64_t slot)
{
    struct reduce_node *n = slot_node(r, slot);
    return n != NULL && n->type != CAP_REVOKED ? n : NULL;
}

static uint32_t index_of(const struct reduce *r, const struct reduce_node *n)
{
    return n != NULL ? (uint32_t)(n - r->nodes) : 0;
}

static void bucket_add(struct reduce *r, struct reduce_node *n)
{
    uint32_t *head = &r->buckets[bucket_of(n->slot, r->node_max)];
    n->chain = *head;
    *head = index_of(r, n);
}

static void bucket_remove(struct reduce *r, const struct reduce_node *n)
{
    uint32_t *link = &r->buckets[bucket_of(n->slot, r->node_max)];
    while (*link != index_of(r, n)) {
        link = &r->nodes[*link].chain;
    }
    *link = n->chain;
}

static struct reduce_node *node_new(struct reduce *r)
{
    struct reduce_node *n = &r->nodes[r->node_free];
    r->node_free = n->chain;
    *n = (struct reduce_node){0};
    return n;
}

static void node_release(struct reduce *r, struct reduce_node *n)
{
    bucket_remove(r, n);
    n->chain = r->node_free;
    r->node_free = index_of(r, n);
}

/* ---- the forest ---- */

static uint32_t *first_of(struct reduce *r, uint32_t parent)
{
    return parent != 0 ? &r->nodes[parent].first : &r->root;
}

static void link_first(struct reduce *r, struct reduce_node *n, uint32_t parent)
{
    uint32_t *first = first_of(r, parent);
    n->parent = parent;
    n->prev = 0;
    n->next = *first;
    if (n->next != 0) r->nodes[n->next].prev = index_of(r, n);
    *first = index_of(r, n);
}

/* The list from `head` to `tail` stands between n's neighbours instead of n. */
static void replace_in_list(struct reduce *r, const struct reduce_node *n, uint32_t head,
                            uint32_t tail)
{
    if (n->prev != 0) {
        r->nodes[n->prev].next = head;
    } else {
        *first_of(r, n->parent) = head;
    }
    if (n->next != 0) r->nodes[n->next].prev = tail;
}

static void unlink_node(struct reduce *r, const struct reduce_node *n)
{
    uint32_t last = 0;
    for (uint32_t i = n->first; i != 0; i = r->nodes[i].next) {
        r->nodes[i].parent = n->parent;
        last = i;
    }
    if (last == 0) {
        replace_in_list(r, n, n->next, n->prev);
    } else {
        r->nodes[n->first].prev = n->prev;
        r->nodes[last].next = n->next;
        replace_in_list(r, n, n->first, last);
    }
    struct reduce_node *parent = n->parent != 0 ? &r->nodes[n->parent] : NULL;
    if (parent != NULL && parent->first == 0 && parent->type == CAP_UNTYPED) parent->badge = 0;
}

/* ---- objects ---- */

static uint32_t *object_link(const struct reduce *r, uint8_t type, uint64_t obj)
{
    uint32_t *link = &r->object_buckets[bucket_of(obj * 32 + type, r->object_max)];
    while (*link != 0 && (r->objects[*link].type != type || r->objects[*link].obj != obj)) {
        link = &r->objects[*link].chain;
    }
    return link;
}

static enum reduce_result object_set(struct reduce *r, uint8_t type, uint64_t obj, uint64_t a,
                                     uint64_t b)
{
    uint32_t *link = object_link(r, type, obj);
    if (*link == 0) {
        if (r->object_free == 0) return REDUCE_FULL;
        uint32_t i = r->object_free;
        r->object_free = r->objects[i].chain;
        r->objects[i] = (struct reduce_object){.type = type, .obj = obj};
        *link = i;
    }
    r->objects[*link].a = a;
    r->objects[*link].b = b;
    return REDUCE_OK;
}

static void object_end(struct reduce *r, uint8_t type, uint64_t obj)
{
    uint32_t *link = object_link(r, type, obj), i = *link;
    if (i == 0) return;
    *link = r->objects[i].chain;
    r->objects[i] = (struct reduce_object){.chain = r->object_free};
    r->object_free = i;
}

static void bindings_end(struct reduce *r, uint64_t notification)
{
    for (uint32_t i = 1; i <= r->object_max; i++) {
        struct reduce_object *o = &r->objects[i];
        if ((o->type == CAP_IRQ || o->type == CAP_LOG) && o->b == notification) o->a = o->b = 0;
    }
}

/* ---- one function a kind of record ---- */

/* A capability as the record describes it, below `parent`. */
static enum reduce_result put(struct reduce *r, const struct commit *c, uint32_t parent)
{
    if (c->type <= CAP_REVOKED || c->type >= CAP_TYPE_COUNT) return REDUCE_UNKNOWN;
    if (slot_node(r, c->dst) != NULL) return REDUCE_DST_USED;
    uint32_t depth = parent != 0 ? r->nodes[parent].depth + 1u : 1u;
    if (c->depth != depth) return REDUCE_DIFFERS;
    if (r->node_free == 0) return REDUCE_FULL;
    struct reduce_node *n = node_new(r);
    n->slot = c->dst;
    n->obj = c->obj;
    n->badge = c->badge;
    n->made = c->seq;
    n->type = c->type;
    n->rights = c->rights;
    n->flags = c->flags;
    n->bits = c->bits;
    n->depth = c->depth;
    bucket_add(r, n);
    link_first(r, n, parent);
    r->live++;
    return REDUCE_OK;
}

static uint64_t object_bytes(const struct commit *c)
{
    static const uint8_t bits[CAP_TYPE_COUNT] = {
        [CAP_THREAD] = THREAD_BITS,     [CAP_SCHED] = SCHED_BITS,
        [CAP_ENDPOINT] = ENDPOINT_BITS, [CAP_NOTIFICATION] = NOTIFICATION_BITS,
        [CAP_REPLY] = REPLY_BITS,       [CAP_ASPACE] = TABLE_BITS,
        [CAP_PTABLE] = TABLE_BITS,
    };
    return 1ull << (bits[c->type] != 0 ? bits[c->type] : c->bits);
}

static enum reduce_result retype(struct reduce *r, const struct commit *c)
{
    struct reduce_node *ut = reduce_find(r, c->src);
    if (ut == NULL || ut->type != CAP_UNTYPED) return REDUCE_NO_SRC;
    if (c->type >= CAP_TYPE_COUNT || c->bits > UNTYPED_BITS_MAX) return REDUCE_UNKNOWN;
    uint64_t start = c->obj - ut->obj;
    if (c->obj < ut->obj || start < ut->badge || start + object_bytes(c) > c->arg0 ||
        c->arg0 > 1ull << ut->bits)
        return REDUCE_MEMORY;
    enum reduce_result result = put(r, c, index_of(r, ut));
    if (result == REDUCE_OK) ut->badge = c->arg0;
    return result;
}

static bool is_handed_out(const struct reduce_node *from, const struct commit *c)
{
    return (from->type == CAP_IRQ_CONTROL && c->type == CAP_IRQ) ||
           (from->type == CAP_PORT_CONTROL && c->type == CAP_PORTS);
}

static enum reduce_result derive(struct reduce *r, const struct commit *c)
{
    const struct reduce_node *from = reduce_find(r, c->src);
    if (from == NULL) return REDUCE_NO_SRC;
    if (!is_handed_out(from, c)) {
        bool badged = from->type == CAP_ENDPOINT || from->type == CAP_NOTIFICATION;
        if (from->type != c->type || from->obj != c->obj || from->bits != c->bits)
            return REDUCE_RIGHTS;
        if (badged && from->badge != 0 && from->badge != c->badge) return REDUCE_RIGHTS;
    }
    if ((c->rights & ~(uint32_t)from->rights) != 0) return REDUCE_RIGHTS;
    return put(r, c, index_of(r, from));
}

static enum reduce_result move(struct reduce *r, const struct commit *c)
{
    struct reduce_node *n = reduce_find(r, c->src);
    if (n == NULL) return REDUCE_NO_SRC;
    if (slot_node(r, c->dst) != NULL) return REDUCE_DST_USED;
    bucket_remove(r, n);
    n->slot = c->dst;
    n->made = c->seq;
    bucket_add(r, n);
    return REDUCE_OK;
}

static enum reduce_result take_away(struct reduce *r, const struct commit *c)
{
    struct reduce_node *n = slot_node(r, c->dst);
    if (n == NULL) return REDUCE_NO_DST;
    if (n->type != c->type || (n->type != CAP_REVOKED && n->obj != c->obj)) return REDUCE_DIFFERS;
    r->removed = *n;
    if (n->type == CAP_REVOKED) {
        r->marked--;
        node_release(r, n);
        return REDUCE_OK;
    }
    unlink_node(r, n);
    r->live--;
    if (c->flags & DELETE_MARKS) {
        uint32_t chain = n->chain;
        *n = (struct reduce_node){.slot = c->dst, .type = CAP_REVOKED, .chain = chain};
        r->marked++;
    } else {
        node_release(r, n);
    }
    return REDUCE_OK;
}

/* The slots of a container that is gone: marks go, a capability must not be there. */
static enum reduce_result container_end(struct reduce *r, const struct commit *c)
{
    uint32_t count = c->type == CAP_THREAD ? TS_COUNT : 1u << (r->removed.bits - SLOT_BITS);
    for (uint32_t i = 1; i < count; i++) {
        if (reduce_find(r, c->obj + ((uint64_t)i << SLOT_BITS)) != NULL) return REDUCE_LEFT;
    }
    for (uint32_t i = 1; i < count && r->marked > 0; i++) {
        struct reduce_node *n = slot_node(r, c->obj + ((uint64_t)i << SLOT_BITS));
        if (n == NULL) continue;
        r->marked--;
        node_release(r, n);
    }
    return REDUCE_OK;
}

static enum reduce_result destroy(struct reduce *r, const struct commit *c)
{
    if (r->removed.type != c->type || r->removed.obj != c->obj) return REDUCE_DIFFERS;
    bool container = c->type == CAP_CNODE || c->type == CAP_THREAD;
    enum reduce_result result = container ? container_end(r, c) : REDUCE_OK;
    if (result != REDUCE_OK) return result;
    object_end(r, c->type, c->obj);
    if (c->type == CAP_NOTIFICATION) bindings_end(r, c->obj);
    return REDUCE_OK;
}

static enum reduce_result change(struct reduce *r, const struct commit *c)
{
    struct reduce_node *n = reduce_find(r, c->dst);
    if (n == NULL) return REDUCE_NO_DST;
    if (n->type != c->type) return REDUCE_DIFFERS;
    bool maps = n->type == CAP_FRAME || n->type == CAP_PTABLE;
    bool binds = n->type == CAP_IRQ || n->type == CAP_LOG;
    if (c->op == COMMIT_MAP && maps) {
        n->badge = c->arg0 | c->rights;
        n->extra = c->obj;
        return REDUCE_OK;
    }
    if (c->op == COMMIT_UNMAP && maps) {
        n->badge = n->extra = 0;
        return REDUCE_OK;
    }
    if (c->op == COMMIT_BIND && binds)
        return object_set(r, n->type, n->obj, c->obj != 0 ? c->badge : 0, c->obj);
    if (c->op == COMMIT_CONFIGURE && n->type == CAP_THREAD)
        return object_set(r, n->type, n->obj, c->arg0 << 8 | c->arg1, 0);
    if (c->op == COMMIT_CONFIGURE && n->type == CAP_SCHED)
        return object_set(r, n->type, n->obj, c->arg0, c->arg1);
    return REDUCE_UNKNOWN;
}

static enum reduce_result apply(struct reduce *r, const struct commit *c)
{
    switch (c->op) {
    case COMMIT_BOOT:
        reduce_clear(r);
        return REDUCE_OK;
    case COMMIT_GENESIS:
        return put(r, c, 0);
    case COMMIT_RETYPE:
        return retype(r, c);
    case COMMIT_COPY:
    case COMMIT_MINT:
    case COMMIT_TRANSFER:
        return derive(r, c);
    case COMMIT_MOVE:
        return move(r, c);
    case COMMIT_DELETE:
    case COMMIT_DROP:
        return take_away(r, c);
    case COMMIT_REVOKED: {
        const struct reduce_node *n = reduce_find(r, c->dst);
        if (n == NULL) return REDUCE_NO_DST;
        return n->first == 0 ? REDUCE_OK : REDUCE_DIFFERS;
    }
    case COMMIT_DESTROY:
        return destroy(r, c);
    case COMMIT_MAP:
    case COMMIT_UNMAP:
    case COMMIT_BIND:
    case COMMIT_CONFIGURE:
        return change(r, c);
    default:
        return REDUCE_UNKNOWN;
    }
}

enum reduce_result reduce_apply(struct reduce *r, const struct commit *c)
{
    if (c->seq != r->count) return REDUCE_SEQUENCE;
    enum reduce_result result = apply(r, c);
    if (result != REDUCE_OK) return result;
    if (c->op != COMMIT_DELETE && c->op != COMMIT_DROP) r->removed = (struct reduce_node){0};
    r->count++;
    return REDUCE_OK;
}
