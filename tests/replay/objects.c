/* objects.c - see objects.h. */
#include "objects.h"

static bool is_first(const struct slot *s)
{
    const struct slot *p = s->prev; /* sibling before it, or its parent */
    return p == &cap_root || p->type != s->type || p->obj != s->obj;
}

void objects_each(enum cap_type type, visit_fn *visit, void *context)
{
    for (const struct slot *s = cap_root.child; s != NULL; s = slot_after(s)) {
        if (s->type == type && is_first(s)) visit(s, context);
    }
}

struct search {
    uint32_t id;
    const struct thread *found;
};

static void compare_id(const struct slot *s, void *context)
{
    struct search *search = context;
    const struct thread *t = cap_object(s);
    if (t->id == search->id) search->found = t;
}

const struct thread *objects_thread(uint32_t id)
{
    struct search search = {.id = id};
    objects_each(CAP_THREAD, compare_id, &search);
    return search.found;
}
