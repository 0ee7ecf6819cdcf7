/* book.c - see book.h. */
#include "book.h"

#include <string.h>

#include "heap.h"
#include "provenance.h"
#include "text.h"

#define AXIOM_NAME "axiom"
enum { AXIOM_SLOTS = 1 << 12 }; /* of its own CNode */

struct book book;

static bool fold_memory(uint32_t nodes)
{
    void *memory = heap_alloc(reduce_bytes(nodes));
    struct extent *room = heap_alloc(nodes * sizeof(*room));
    if (memory == NULL || room == NULL) {
        heap_free(memory);
        heap_free(room);
        return false;
    }
    heap_free(book.memory);
    heap_free(book.room);
    book.memory = memory;
    book.room = room;
    book.nodes = nodes;
    reduce_init(&book.fold, book.memory, nodes);
    memset(book.threads, 0, sizeof(book.threads));
    book.thread_next = 0;
    return true;
}

bool book_open(const struct logmem *log)
{
    book.log = log;
    return book.log->magic == LOGMEM_MAGIC && fold_memory(BOOK_NODES_START);
}

/* The place of the oldest dead one; while all live, of the next. */
static struct book_thread *thread_place(void)
{
    for (uint32_t i = 0; i < BOOK_THREADS_MAX; i++) {
        struct book_thread *t = &book.threads[book.thread_next++ % BOOK_THREADS_MAX];
        if (t->obj == 0) return t;
    }
    return &book.threads[book.thread_next++ % BOOK_THREADS_MAX];
}

/* Threads are named by the records: made by RETYPE or at genesis, and given their CNode by COPY. */
static void note_thread(const struct commit *c)
{
    bool made = c->op == COMMIT_RETYPE || c->op == COMMIT_GENESIS;
    if (made && c->type == CAP_THREAD) {
        uint32_t id =
            c->op == COMMIT_GENESIS ? (uint32_t)book.log->axiom_thread : (uint32_t)c->arg1;
        *thread_place() = (struct book_thread){.id = id, .obj = c->obj};
    }
    bool ends = c->op == COMMIT_DESTROY && c->type == CAP_THREAD;
    if ((c->type != CAP_CNODE || made) && !ends) return;
    for (uint32_t i = 0; i < BOOK_THREADS_MAX; i++) {
        struct book_thread *t = &book.threads[i];
        if (t->obj == 0) continue;
        if (ends && t->obj == c->obj) t->obj = 0; /* its events may still be asked for */
        if (!ends && t->obj + (TS_CSPACE << SLOT_BITS) == c->dst) t->cnode = c->obj;
    }
}

void book_fold(uint64_t count)
{
    if (count > book_commits()) count = book_commits();
    while (book.fold.count < count && book.broken == REDUCE_OK) {
        const struct commit *c = &logmem_commits(book.log)[book.fold.count];
        enum reduce_result result = reduce_apply(&book.fold, c);
        if (result == REDUCE_FULL && fold_memory(book.nodes * 2)) continue; /* from the start */
        if (result != REDUCE_OK) {
            book.broken = result;
            return;
        }
        note_thread(c);
    }
}

uint64_t book_lives(void)
{
    uint64_t head = book.log->life_head, slots = book.log->life_slots;
    return LIVING_SLOTS + (head < slots ? head : slots);
}

const struct log_life *book_life(uint64_t i)
{
    const struct log_life *l =
        i < LIVING_SLOTS ? logmem_living(book.log, (uint32_t)i)
                         : logmem_life(book.log, book.log->life_head - 1 - (i - LIVING_SLOTS));
    return l->pid != 0 ? l : NULL;
}

const struct log_life *book_holder(uint64_t slot, uint64_t seq, uint32_t *out_index)
{
    for (uint64_t i = 0; i < book_lives(); i++) {
        const struct log_life *l = book_life(i);
        if (l == NULL || l->commits > seq || l->ended <= seq) continue;
        if (slot <= l->cnode || slot - l->cnode >= l->slots << SLOT_BITS) continue;
        *out_index = (uint32_t)((slot - l->cnode) >> SLOT_BITS);
        return l;
    }
    return NULL;
}

struct text book_name(const struct log_life *life)
{
    return text_from(life->name, life->name_len);
}

static bool life_is_called(const struct log_life *l, struct text name)
{
    return name.len == l->name_len && memcmp(name.at, l->name, name.len) == 0;
}

const struct log_life *book_process(struct text name)
{
    static struct log_life axiom = {.name = AXIOM_NAME, .name_len = sizeof(AXIOM_NAME) - 1};
    uint64_t pid = 0;
    if (name.len == axiom.name_len && memcmp(name.at, AXIOM_NAME, name.len) == 0) {
        axiom.cnode = book.log->axiom_cnode;
        axiom.slots = AXIOM_SLOTS;
        axiom.ended = UINT64_MAX;
        return &axiom;
    }
    if (!text_parse_u64(name.at, name.len, &pid)) pid = 0;
    for (uint64_t i = 0; i < book_lives(); i++) {
        const struct log_life *l = book_life(i);
        if (l == NULL) continue;
        if (life_is_called(l, name) || (pid != 0 && l->pid == pid)) return l;
    }
    return NULL;
}

const struct log_life *book_process_at(struct text name, uint64_t seq)
{
    const struct log_life *l = book_process(name);
    uint64_t pid = 0;
    if (l != NULL && l->commits <= seq && l->ended > seq) return l;
    if (!text_parse_u64(name.at, name.len, &pid)) pid = 0;
    for (uint64_t i = 0; i < book_lives(); i++) {
        l = book_life(i);
        if (l == NULL || l->commits > seq || l->ended <= seq) continue;
        if (life_is_called(l, name) || (pid != 0 && l->pid == pid)) return l;
    }
    return NULL;
}

const struct reduce *book_past(uint64_t count)
{
    static struct reduce past;
    static uint32_t nodes;
    if (nodes != book.nodes) {
        heap_free(past.nodes);
        void *memory = heap_alloc(reduce_bytes(book.nodes));
        nodes = memory != NULL ? book.nodes : 0;
        past = (struct reduce){.nodes = memory, .count = UINT64_MAX};
    }
    if (nodes == 0) return NULL;
    if (past.count > count) reduce_init(&past, past.nodes, nodes);
    while (past.count < count) {
        if (reduce_apply(&past, &logmem_commits(book.log)[past.count]) != REDUCE_OK) return NULL;
    }
    return &past;
}

struct text book_slot_name(uint64_t slot, uint64_t seq, uint32_t *out_index)
{
    *out_index = 0;
    if (slot == 0) return (struct text){0};
    const struct log_life *l = book_holder(slot, seq, out_index);
    if (l != NULL) return book_name(l);
    uint64_t own = book.log->axiom_cnode, index = (slot - own) >> SLOT_BITS;
    if (slot > own && index < AXIOM_SLOTS) *out_index = (uint32_t)index;
    return text_from(AXIOM_NAME, sizeof(AXIOM_NAME) - 1);
}

uint64_t book_thread_cnode(uint32_t id)
{
    for (uint32_t i = 0; i < BOOK_THREADS_MAX; i++) {
        if (book.threads[i].id == id && id != 0) return book.threads[i].cnode;
    }
    return 0;
}

struct text book_thread_name(uint32_t id, uint64_t seq)
{
    uint32_t index;
    uint64_t cnode = book_thread_cnode(id);
    if (cnode == 0) return (struct text){0};
    if (cnode == book.log->axiom_cnode) return text_from(AXIOM_NAME, sizeof(AXIOM_NAME) - 1);
    const struct log_life *l = book_holder(cnode + (1 << SLOT_BITS), seq, &index);
    return l != NULL ? book_name(l) : (struct text){0};
}

uint64_t book_commits_before(uint64_t number)
{
    uint64_t low = 0, high = book.fold.count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (logmem_commits(book.log)[middle].cause < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool book_held(uint64_t slot, uint64_t number, struct book_cap *out)
{
    const struct commit *list = logmem_commits(book.log);
    const struct reduce_node *n = reduce_find(&book.fold, slot);
    if (n != NULL && list[n->made].cause < number) { /* as it was then */
        *out = (struct book_cap){.type = n->type, .obj = n->obj, .badge = n->badge};
        return true;
    }
    uint64_t end = book_commits_before(number);
    for (uint64_t i = end; i-- > 0 && end - i <= BOOK_BACK_MAX;) {
        const struct commit *c = &list[i];
        if (c->op == COMMIT_MOVE && c->src == slot) return false;
        if (c->dst != slot) continue;
        if (c->op == COMMIT_DELETE || c->op == COMMIT_DROP) return false;
        if (!provenance_fills(c->op)) continue;
        *out = (struct book_cap){.type = c->type, .obj = c->obj, .badge = c->badge};
        return true;
    }
    return false;
}

void book_record(uint64_t seq, struct audit_record *out)
{
    const struct commit *c = &logmem_commits(book.log)[seq];
    *out = (struct audit_record){.seq = c->seq,
                                 .time = c->time,
                                 .cause = c->cause,
                                 .op = c->op,
                                 .type = c->type,
                                 .rights = c->rights,
                                 .flags = c->flags,
                                 .bits = c->bits,
                                 .depth = c->depth,
                                 .actor = c->actor,
                                 .dst = c->dst,
                                 .src = c->src,
                                 .obj = c->obj,
                                 .badge = c->badge,
                                 .arg0 = c->arg0,
                                 .arg1 = c->arg1};
    out->actor_name = book_thread_name(c->actor, seq);
    out->dst_holder = book_slot_name(c->dst, seq, &out->dst_slot);
    out->src_holder = book_slot_name(c->src, seq, &out->src_slot);
}
