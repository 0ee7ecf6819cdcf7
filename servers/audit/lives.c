/* lives.c - see lives.h. */
#include "lives.h"

#include <string.h>

#include "heap.h"

enum { LIVES_START = 255 /* with the heap's own bytes 32 KiB */, LIVES_FORGOTTEN = 128 };

static bool lives_grow(struct lives *l)
{
    uint32_t room = l->room == 0 ? LIVES_START : l->room * 2 + 1;
    struct log_life *at = heap_alloc(room * sizeof(*at));
    if (at == NULL) return false;
    if (l->count > 0) memcpy(at, l->at, l->count * sizeof(*at));
    heap_free(l->at);
    l->at = at;
    l->room = room;
    return true;
}

void lives_add(struct lives *l, const struct log_life *life, bool once)
{
    for (uint32_t i = l->count; once && i-- > 0;) {
        if (l->at[i].pid != life->pid) continue;
        l->at[i] = *life;
        return;
    }
    if (l->count == l->room && !lives_grow(l)) {
        if (l->room == 0) return;
        l->count -= LIVES_FORGOTTEN; /* the oldest ones make room */
        l->forgotten += LIVES_FORGOTTEN;
        memmove(l->at, l->at + LIVES_FORGOTTEN, l->count * sizeof(l->at[0]));
    }
    l->at[l->count++] = *life;
}
