/*
 * classes.c - can a changed line be a change of authority? Asked of steps without a commit, so that
 * only those that write to a slot, a table or a configuration pay for a comparison of everything.
 * In doubt the answer is yes.
 */
#include <stddef.h>
#include <stdlib.h>

#include "explore.h"
#include "irq.h"
#include "view.h"

enum { OBJECTS_MAX = 128 };
static struct {
    uint64_t from, to;
    uint8_t type;
} objects[OBJECTS_MAX];
static uint32_t object_count;

static void add(uint64_t from, uint64_t bytes, uint8_t type)
{
    if (object_count == OBJECTS_MAX) abort();
    objects[object_count].from = from;
    objects[object_count].to = from + bytes;
    objects[object_count++].type = type;
}

void classes_begin(void)
{
    const struct view *v = view_take();
    object_count = 0;
    for (uint32_t i = 0; i < v->object_count; i++) {
        const struct seen_object *o = &v->objects[i];
        if (o->type != CAP_IRQ) add((uint64_t)phys_to_ptr(o->obj), object_bytes(o->first), o->type);
    }
    add((uint64_t)irq_lines, sizeof(irq_lines), CAP_UNTYPED);
    add((uint64_t)&cap_root, sizeof(cap_root), CAP_UNTYPED);
}

static enum line_class in_container(uint64_t offset, uint64_t slots)
{
    if (offset < sizeof(struct container)) return LINE_OTHER;
    return offset < slots * sizeof(struct slot) ? LINE_SLOT : LINE_THREAD;
}

enum line_class line_class(const void *at)
{
    uint64_t a = (uint64_t)at, end = a + sizeof(struct slot);
    for (uint32_t i = 0; i < object_count; i++) {
        if (end <= objects[i].from || a >= objects[i].to) continue;
        switch (objects[i].type) {
        case CAP_ENDPOINT:
        case CAP_NOTIFICATION:
        case CAP_REPLY:
        case CAP_FRAME:
            return LINE_EXECUTION;
        case CAP_SCHED:
            return LINE_SCHED;
        case CAP_THREAD:
            return in_container(a - objects[i].from, TS_COUNT);
        case CAP_CNODE:
            return in_container(a - objects[i].from, UINT32_MAX);
        default:
            return LINE_OTHER;
        }
    }
    bool records = at == (const void *)log_header();
    return view_in_arena(at) && !records ? LINE_OTHER : LINE_EXECUTION;
}

static bool same_slot(const struct slot *a, const struct slot *b)
{
    const uint8_t execution = SLOT_WAITED | SLOT_FROZEN;
    struct slot x = *a, y = *b;
    x.flags &= (uint8_t)~execution;
    y.flags &= (uint8_t)~execution;
    return __builtin_memcmp(&x, &y, sizeof(x)) == 0;
}

bool line_keeps_authority(enum line_class class, const void *at, const void *is, const void *was)
{
    const struct sched *s = is, *t = was;
    switch (class) {
    case LINE_EXECUTION:
        return true;
    case LINE_SLOT:
        return same_slot(is, was);
    case LINE_SCHED:
        return s->budget == t->budget && s->period == t->period && s->cpu == t->cpu;
    case LINE_THREAD: {
        uint64_t where = ((uint64_t)at & ((1u << THREAD_BITS) - 1)),
                 id = offsetof(struct thread, id);
        if (id - where >= sizeof(struct slot)) return true;
        const char *a = (const char *)is + (id - where), *b = (const char *)was + (id - where);
        uint64_t priority = offsetof(struct thread, priority) - id;
        return a[priority] == b[priority] && a[priority + 1] == b[priority + 1];
    }
    case LINE_OTHER:
        break;
    }
    return false;
}
