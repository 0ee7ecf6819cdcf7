/* view.c - see view.h. */
#include "view.h"

#include <string.h>

#include "heap.h"
#include "message.h"
#include "provenance.h"

enum { SEARCHES = 32 };

static uint32_t ways_taken; /* pieces of memory, by all views */

static bool fold_memory(struct view *v, uint32_t nodes)
{
    if (nodes != v->nodes) {
        void *memory = heap_alloc(reduce_bytes(nodes));
        if (memory == NULL) return false;
        heap_free(v->memory);
        v->memory = memory;
        v->nodes = nodes;
    }
    reduce_init(&v->fold, v->memory, nodes);
    memset(v->threads, 0, sizeof(v->threads));
    v->thread_next = 0;
    v->broken = REDUCE_OK;
    v->ways.count = 0;
    return true;
}

bool view_open(struct view *v, const struct tape_boot *b)
{
    v->boot = *b;
    v->axiom_cnode = 0;
    return fold_memory(v, v->nodes != 0 ? v->nodes : VIEW_NODES_START);
}

void view_close(struct view *v)
{
    heap_free(v->memory);
    for (uint32_t i = 0; i < WAYS_MAX; i++) {
        ways_taken -= v->ways.from[i] != NULL;
        heap_free(v->ways.from[i]);
    }
    *v = (struct view){0};
}

/* The place of the oldest dead one; while all live, of the next. */
static struct view_thread *thread_place(struct view *v)
{
    for (uint32_t i = 0; i < VIEW_THREADS_MAX; i++) {
        struct view_thread *t = &v->threads[v->thread_next++ % VIEW_THREADS_MAX];
        if (t->obj == 0) return t;
    }
    return &v->threads[v->thread_next++ % VIEW_THREADS_MAX];
}

/* Threads are named by the records: made by RETYPE or at genesis, where there is axiom's only, and
 * given their CNode by COPY. */
static void note_thread(struct view *v, const struct commit *c)
{
    enum { AXIOM_THREAD = 1 };
    bool genesis = c->op == COMMIT_GENESIS, made = c->op == COMMIT_RETYPE || genesis;
    if (genesis && c->type == CAP_CNODE && v->axiom_cnode == 0) v->axiom_cnode = c->obj;
    if (made && c->type == CAP_THREAD) {
        uint32_t id = genesis ? AXIOM_THREAD : (uint32_t)c->arg1;
        *thread_place(v) = (struct view_thread){.id = id, .obj = c->obj};
    }
    bool ends = c->op == COMMIT_DESTROY && c->type == CAP_THREAD;
    if ((c->type != CAP_CNODE || made) && !ends) return;
    for (uint32_t i = 0; i < VIEW_THREADS_MAX; i++) {
        struct view_thread *t = &v->threads[i];
        if (t->obj == 0) continue;
        if (ends && t->obj == c->obj) t->obj = 0; /* its events may still be asked for */
        if (!ends && t->obj + (TS_CSPACE << SLOT_BITS) == c->dst) t->cnode = c->obj;
    }
}

/* Before the commit is folded, while what it derives from is still where it says. */
static void note_way(struct view *v, const struct commit *c)
{
    struct view_ways *w = &v->ways;
    uint64_t chunk = c->seq / WAYS_EACH;
    if (w->count != c->seq || chunk >= WAYS_MAX) return;
    if (w->from[chunk] == NULL && ways_taken < WAYS_MAX) {
        w->from[chunk] = heap_alloc(WAYS_EACH * sizeof(uint32_t));
        ways_taken += w->from[chunk] != NULL;
    }
    if (w->from[chunk] == NULL) return;
    const struct reduce_node *n = c->src != 0 ? reduce_find(&v->fold, c->src) : NULL;
    w->from[chunk][c->seq % WAYS_EACH] = (uint32_t)(n != NULL ? n->made : c->seq);
    w->count++;
}

int view_fold(struct view *v, uint64_t count)
{
    while (v->fold.count < count && v->broken == REDUCE_OK) {
        struct commit c;
        if (tape_tired()) return AUDIT_BEHIND;
        int err = tape_get(&v->boot, v->fold.count, &c, NULL);
        if (err != OK) return err;
        note_way(v, &c);
        enum reduce_result result = reduce_apply(&v->fold, &c);
        if (result == REDUCE_FULL) {
            if (!fold_memory(v, v->nodes * 2)) return ERR_NO_MEMORY;
            continue; /* from the start */
        }
        v->broken = result;
        if (result == REDUCE_OK) note_thread(v, &c);
    }
    return OK;
}

uint64_t view_thread_cnode(const struct view *v, uint32_t id)
{
    for (uint32_t i = 0; i < VIEW_THREADS_MAX; i++) {
        if (v->threads[i].id == id && id != 0) return v->threads[i].cnode;
    }
    return 0;
}

/* Searches go on where they were when the request is asked again; one needs several at most. */
static struct search {
    uint32_t boot; /* of tape_boot */
    bool now;
    uint64_t slot, from, until; /* what is searched for */
    uint64_t at, found;         /* how far it is */
} searches[SEARCHES];

static struct search *search_of(const struct view *v, uint64_t slot, uint64_t from, uint64_t until)
{
    static uint32_t next;
    for (uint32_t i = 0; i < SEARCHES; i++) {
        struct search *s = &searches[i];
        bool here = s->boot == v->boot.number && s->now == v->boot.now && s->slot == slot;
        if (here && s->from == from && s->until == until) return s;
    }
    struct search *s = &searches[next++ % SEARCHES];
    *s = (struct search){.boot = v->boot.number,
                         .now = v->boot.now,
                         .slot = slot,
                         .from = from,
                         .until = until,
                         .at = from,
                         .found = UINT64_MAX};
    return s;
}

int view_filled(const struct view *v, uint64_t slot, uint64_t from, uint64_t until,
                uint64_t *out_seq)
{
    struct search *s = search_of(v, slot, from, until);
    struct commit c;
    for (; s->at < until; s->at++) {
        if (tape_tired()) return AUDIT_BEHIND;
        int err = tape_get(&v->boot, s->at, &c, NULL);
        if (err != OK) return err;
        if (c.dst == slot && provenance_fills(c.op)) s->found = s->at;
    }
    *out_seq = s->found;
    return OK;
}

int view_source(const struct view *v, uint64_t seq, uint64_t *out_source)
{
    struct commit c;
    if (seq < v->ways.count) {
        *out_source = v->ways.from[seq / WAYS_EACH][seq % WAYS_EACH];
        return OK;
    }
    int err = tape_get(&v->boot, seq, &c, NULL);
    *out_source = seq;
    if (err != OK || c.src == 0) return err;
    err = view_filled(v, c.src, 0, seq, out_source);
    if (err == OK && *out_source == UINT64_MAX) *out_source = seq;
    return err;
}
