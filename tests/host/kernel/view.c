/* view.c - the walk. Stamps instead of sets, so that nothing has to be cleared between views. */
#include "view.h"

#include "irq.h"

enum { GRANULES = FAKE_MEMORY >> SLOT_BITS, DEPTH_SEEN = 300 };

static struct view v;
static uint32_t epoch;
static uint32_t slot_stamp[GRANULES];
static struct {
    uint32_t epoch;
    uint8_t type;
} object_stamp[GRANULES];
static uint32_t line_stamp[LINES];

bool view_in_arena(const void *p)
{
    return (uint64_t)p - FAKE_WINDOW < FAKE_MEMORY;
}

static uint64_t granule(const void *p)
{
    return ((uint64_t)p - FAKE_WINDOW) >> SLOT_BITS;
}

bool view_has_slot(const struct slot *s)
{
    return view_in_arena(s) && (uint64_t)s % sizeof(*s) == 0 && slot_stamp[granule(s)] == epoch;
}

bool view_has_object(enum cap_type type, const void *p)
{
    if (!view_in_arena(p) || (uint64_t)p % sizeof(struct slot) != 0) return false;
    return object_stamp[granule(p)].epoch == epoch && object_stamp[granule(p)].type == type;
}

uint64_t object_bytes(const struct slot *s)
{
    switch (s->type) {
    case CAP_UNTYPED:
    case CAP_CNODE:
    case CAP_FRAME:
        return 1ull << s->bits;
    case CAP_THREAD:
        return 1ull << THREAD_BITS;
    case CAP_SCHED:
        return 1ull << SCHED_BITS;
    case CAP_ENDPOINT:
        return 1ull << ENDPOINT_BITS;
    case CAP_NOTIFICATION:
        return 1ull << NOTIFICATION_BITS;
    case CAP_REPLY:
        return 1ull << REPLY_BITS;
    case CAP_ASPACE:
    case CAP_PTABLE:
        return 1ull << TABLE_BITS;
    default:
        return 0;
    }
}

static bool is_object(const struct slot *s)
{
    return s->type == CAP_IRQ || (object_bytes(s) != 0 && s->type != CAP_UNTYPED);
}

/* True when the object was seen before, apart from this capability. */
static bool stamp_object(const struct slot *s)
{
    if (s->type == CAP_IRQ) {
        if (s->obj >= LINES) return true;
        bool seen = line_stamp[s->obj] == epoch;
        line_stamp[s->obj] = epoch;
        return seen;
    }
    if (s->obj >= FAKE_MEMORY) return false; /* device memory */
    uint64_t g = s->obj >> SLOT_BITS;
    bool seen = object_stamp[g].epoch == epoch && object_stamp[g].type == s->type;
    object_stamp[g].epoch = epoch;
    object_stamp[g].type = s->type;
    return seen;
}

static void see_object(struct slot *s)
{
    struct seen_object *last = v.object_count > 0 ? &v.objects[v.object_count - 1] : NULL;
    if (last != NULL && last->type == s->type && last->obj == s->obj) {
        last->refs++;
        return;
    }
    if (stamp_object(s)) v.split = s;
    if (v.object_count == VIEW_OBJECTS) return;
    v.objects[v.object_count++] = (struct seen_object){s->type, s->obj, s, 1};
    if (s->type == CAP_THREAD && v.thread_count < VIEW_THREADS)
        v.threads[v.thread_count++] = cap_object(s);
}

static bool see_slot(struct slot *s, uint32_t parent)
{
    if (!view_in_arena(s) || (uint64_t)s % sizeof(*s) != 0 || view_has_slot(s)) return false;
    if (v.slot_count == VIEW_SLOTS) return false;
    slot_stamp[granule(s)] = epoch;
    v.slots[v.slot_count++] = (struct seen_slot){s, parent};
    if (is_object(s)) see_object(s);
    return true;
}

/* From `s` to its next sibling, or upwards. `*level` counts the open parents on `path`. */
static struct slot *leave(struct slot *s, const uint32_t *path, uint32_t *level)
{
    while (*level > 0) {
        uint32_t p = path[*level - 1];
        struct slot *parent = p == VIEW_ROOT ? &cap_root : v.slots[p].slot;
        struct slot *next = s->next;
        if (next != parent) {
            if (!view_in_arena(next) || next->prev != s || next->last == s) v.wrong_link = s;
            return v.wrong_link == NULL ? next : NULL;
        }
        if (parent->last != s) v.wrong_link = s;
        if (v.wrong_link != NULL) return NULL;
        s = parent;
        --*level;
    }
    return NULL;
}

const struct view *view_last(void)
{
    return &v;
}

uint64_t view_epoch(void)
{
    return epoch;
}

const struct view *view_take(void)
{
    uint32_t path[DEPTH_SEEN], level = 1;
    epoch++;
    v.slot_count = v.object_count = v.thread_count = 0;
    v.wrong_link = v.split = NULL;
    v.marks = MARKS_UNKNOWN;
    v.blame = NULL;
    path[0] = VIEW_ROOT;
    struct slot *s = cap_root.child, *up = &cap_root;
    if (s == NULL) return &v;
    if (!view_in_arena(s) || s->prev != up) v.wrong_link = up;
    while (s != NULL && v.wrong_link == NULL) {
        if (!see_slot(s, path[level - 1])) {
            v.wrong_link = s;
            break;
        }
        struct slot *child = s->child;
        if ((child == NULL) != (s->last == NULL)) v.wrong_link = s;
        if (child != NULL && (!view_in_arena(child) || child->prev != s || level == DEPTH_SEEN))
            v.wrong_link = s;
        if (v.wrong_link != NULL) break;
        if (child != NULL) path[level++] = v.slot_count - 1;
        s = child != NULL ? child : leave(s, path, &level);
    }
    return &v;
}
