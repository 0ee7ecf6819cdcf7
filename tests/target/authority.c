/* authority.c - see authority.h. */
#include "authority.h"

#include "bytes.h"
#include "memory.h"
#include "slots.h"
#include "window.h"

enum { TRIES = 20, CHUNK_BITS = 16, WHOLE_BITS = 22 };

struct authority *authority_new(void)
{
    uint32_t pages = (sizeof(struct authority) + MEMORY_PAGE - 1) / MEMORY_PAGE;
    uint64_t at = window_alloc(pages);
    bool made = at != 0 && memory_map(at, pages, RIGHT_READ | RIGHT_WRITE) == OK;

    EXPECT(made);
    return made ? (struct authority *)at : NULL;
}

/* False: a commit fell into it. */
static bool read_once(struct authority *a, cap_t cursor, bool *failed)
{
    struct message m = {.w = {1}}; /* from the start */
    bool done = false;

    a->count = 0;
    for (bool first = true; !done; first = false) {
        *failed = sys_invoke(cursor, OP_LOG_WALK, 1, &m) != OK ||
                  a->count + m.w[1] > AUTHORITY_MAX || (m.w[1] == 0 && m.w[2] == 0);
        if (*failed) return false;
        if (!first && m.w[0] != a->commits) return false;
        a->commits = m.w[0];
        memcpy(a->items + a->count, ipc_buffer(), m.w[1] * sizeof(struct walk_item));
        a->count += (uint32_t)m.w[1];
        done = m.w[2] != 0;
        m = (struct message){0};
    }
    return true;
}

/* In preorder the parent of an item is the one before it, or that one's last ancestor with a
 * sibling left. */
static void find_parents(struct authority *a)
{
    for (uint32_t i = 0; i < a->count; i++) {
        uint32_t before = i; /* index + 1 of the item before */
        if (i == 0 || a->items[i - 1].child != 0) {
            a->parent[i] = before;
            continue;
        }
        while (before != 0 && (a->items[before - 1].next & 1) != 0) {
            before = a->parent[before - 1];
        }
        a->parent[i] = before != 0 ? a->parent[before - 1] : 0;
    }
}

bool authority_read(struct authority *out)
{
    cap_t cursor = startup_cap("cursor");
    bool failed = false, is_read = false;

    for (uint32_t i = 0; i < TRIES && !failed; i++) {
        if (!read_once(out, cursor, &failed)) continue;
        memset(out->owned, 0, sizeof(out->owned));
        find_parents(out);
        return true;
    }
    EXPECT(is_read);
    return false;
}

/* Watermarks of untypeds are axiom's accounts. */
static bool item_same(const struct walk_item *x, const struct walk_item *y)
{
    struct walk_item a = *x, b = *y;

    a.child = b.child = a.next = b.next = 0; /* who owns what is in between may have changed */
    if (a.type == CAP_UNTYPED) a.badge = b.badge = 0;
    return memcmp(&a, &b, sizeof(a)) == 0;
}

/* What lies there is a process's own: as a piece that it has taken, or given back, since. */
static bool slot_owned(const struct authority *a, uint64_t slot)
{
    for (uint32_t i = 0; i < a->count; i++) {
        if (a->items[i].slot == slot) return a->owned[i];
    }
    return false;
}

bool authority_same(const struct authority *a, const struct authority *b)
{
    uint32_t i = 0, j = 0;

    for (;;) {
        while (i < a->count && a->owned[i]) {
            i++;
        }
        while (j < b->count && b->owned[j]) {
            j++;
        }
        if (i < a->count && j < b->count && item_same(&a->items[i], &b->items[j])) {
            i++;
            j++;
        } else if (i < a->count && slot_owned(b, a->items[i].slot)) {
            i++;
        } else if (j < b->count && slot_owned(a, b->items[j].slot)) {
            j++;
        } else {
            break;
        }
    }
    if (i == a->count && j == b->count) return true;
    EXPECT_IS(i < a->count ? a->items[i].slot : 0, j < b->count ? b->items[j].slot : 0);
    EXPECT_IS(i < a->count ? a->items[i].type : 0, j < b->count ? b->items[j].type : 0);
    return false;
}

static bool is_inside(uint64_t address, const struct walk_item *memory)
{
    return address >= memory->obj && address - memory->obj < 1ull << memory->bits;
}

/* The piece of memory that axiom gave to a process: a chunk, or a whole block. */
static bool is_piece(const struct walk_item *item)
{
    return item->type == CAP_UNTYPED && (item->bits == CHUNK_BITS || item->bits == WHOLE_BITS);
}

static bool has_address(const struct walk_item *item)
{
    return item->type != CAP_IRQ && item->type != CAP_PORTS && item->type != CAP_LOG;
}

/* The process's address space: beside its CNode in a thread's slots. */
static uint64_t aspace_of(const struct authority *a, uint64_t cnode)
{
    for (uint32_t i = 0; i < a->count; i++) {
        const struct walk_item *x = &a->items[i];
        if (x->type != CAP_CNODE || x->obj != cnode || (x->slot & 0x7ff) != TS_CSPACE << SLOT_BITS)
            continue;
        for (uint32_t j = 0; j < a->count; j++) {
            const struct walk_item *y = &a->items[j];
            if (y->type == CAP_ASPACE && y->slot == x->slot + (1 << SLOT_BITS)) return y->obj;
        }
    }
    return 0;
}

/* Does this item, a child of a piece of memory, say that the piece is the process's? */
static bool tells(const struct walk_item *x, uint64_t cnode, uint32_t slots, uint64_t aspace)
{
    bool in_cnode = x->slot >= cnode && x->slot < cnode + ((uint64_t)slots << SLOT_BITS);
    bool mapped = (x->type == CAP_FRAME || x->type == CAP_PTABLE) && x->extra == aspace;

    if (x->type == CAP_UNTYPED) return false; /* a piece may begin where its CNode does */
    return in_cnode || (mapped && aspace != 0) || x->obj == cnode || x->obj == aspace;
}

static void own_piece(struct authority *a, uint32_t piece)
{
    const struct walk_item *memory = &a->items[piece];

    for (uint32_t i = 0; i < a->count; i++) {
        const struct walk_item *x = &a->items[i];
        if (is_inside(x->slot, memory) || (has_address(x) && is_inside(x->obj, memory)))
            a->owned[i] = true;
    }
    a->owned[piece] = true;
}

/* The piece that an item says something of: its parent. What is mapped of a Memory is a copy of a
 * Frame that is mapped nowhere: then it is the piece where that is. 0: none. */
static uint32_t piece_of(const struct authority *a, uint32_t item)
{
    uint32_t up = a->parent[item];

    if (up == 0 || a->items[item].type != CAP_FRAME) return up;
    const struct walk_item *from = &a->items[up - 1];
    uint32_t top = a->parent[up - 1];
    bool master = from->type == CAP_FRAME && from->extra == 0 && top != 0;
    return master && a->items[top - 1].bits == CHUNK_BITS ? top : up;
}

void authority_own(struct authority *a, uint64_t cnode, uint32_t slots)
{
    uint64_t aspace = aspace_of(a, cnode);

    for (uint32_t i = 0; i < a->count; i++) {
        uint32_t up = piece_of(a, i);
        if (up == 0 || !is_piece(&a->items[up - 1]) || a->owned[up - 1]) continue;
        if (tells(&a->items[i], cnode, slots, aspace)) own_piece(a, up - 1);
    }
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
    return hash ^ hash >> 29;
}

uint64_t authority_digest(const struct authority *a)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < a->count; i++) {
        const struct walk_item *x = &a->items[i];
        bool watermark = x->type == CAP_UNTYPED, axioms = x->type == CAP_ENDPOINT && x->badge >> 56;
        if (!a->owned[i]) continue;
        uint64_t hash = mix(x->type, x->rights);
        hash = mix(hash, (uint64_t)x->flags << 8 | x->bits);
        if (axioms) hash = mix(hash, x->badge >> 56); /* the kind of object; pids differ */
        sum += mix(hash, watermark || axioms ? 0 : x->badge);
    }
    return sum;
}
