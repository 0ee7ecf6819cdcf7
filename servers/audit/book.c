/* book.c - see book.h. */
#include "book.h"

#include <string.h>

#include "heap.h"
#include "text.h"

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
    book.thread_count = 0;
    return true;
}

bool book_open(void)
{
    book.log = (const struct logmem *)LOGMEM_ADDRESS;
    return book.log->magic == LOGMEM_MAGIC && fold_memory(BOOK_NODES_START);
}

static struct book_thread *thread_entry(uint64_t number)
{
    return &book.threads[number % BOOK_THREADS_MAX];
}

/* Threads are named by the records: made by RETYPE or at genesis, and given their CNode by COPY. */
static void note_thread(const struct commit *c)
{
    bool made = c->op == COMMIT_RETYPE || c->op == COMMIT_GENESIS;
    if (made && c->type == CAP_THREAD) {
        uint32_t id =
            c->op == COMMIT_GENESIS ? (uint32_t)book.log->axiom_thread : (uint32_t)c->arg1;
        *thread_entry(book.thread_count++) = (struct book_thread){.id = id, .obj = c->obj};
    }
    if (c->type != CAP_CNODE || made) return;
    for (uint64_t i = 0; i < book.thread_count && i < BOOK_THREADS_MAX; i++) {
        struct book_thread *t = thread_entry(book.thread_count - 1 - i);
        if (t->obj + (TS_CSPACE << SLOT_BITS) != c->dst) continue;
        t->cnode = c->obj;
        return;
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

uint64_t book_first_life(void)
{
    uint64_t head = book.log->life_head, slots = book.log->life_slots;
    return head > slots ? head - slots : 0;
}

const struct log_life *book_holder(uint64_t slot, uint64_t seq, uint32_t *out_index)
{
    const struct log_life *holder = NULL;
    for (uint64_t i = book_first_life(); i < book.log->life_head; i++) {
        const struct log_life *l = logmem_life(book.log, i);
        if (l->event == LIFE_CREATED) {
            if (l->commits > seq) break;
            if (slot > l->cnode && slot - l->cnode < l->slots << SLOT_BITS) holder = l;
        } else if (holder != NULL && holder->pid == l->pid && l->commits <= seq) {
            holder = NULL;
        }
    }
    if (holder != NULL) *out_index = (uint32_t)((slot - holder->cnode) >> SLOT_BITS);
    return holder;
}

struct text book_name(const struct log_life *life)
{
    return text_from(life->name, life->name_len);
}

uint64_t book_end(const struct log_life *life, uint64_t number)
{
    for (uint64_t i = number + 1; i < book.log->life_head; i++) {
        const struct log_life *later = logmem_life(book.log, i);
        if (later->pid == life->pid && later->event != LIFE_CREATED) return later->commits;
    }
    return UINT64_MAX;
}

const struct log_life *book_process(struct text name)
{
    const struct log_life *newest = NULL;
    uint64_t pid = 0;
    if (!text_parse_u64(name.at, name.len, &pid)) pid = 0;
    for (uint64_t i = book.log->life_head; i-- > book_first_life();) {
        const struct log_life *l = logmem_life(book.log, i);
        bool same = name.len == l->name_len && memcmp(name.at, l->name, name.len) == 0;
        if (l->event != LIFE_CREATED || (!same && (pid == 0 || l->pid != pid))) continue;
        if (book_end(l, i) == UINT64_MAX) return l;
        if (newest == NULL) newest = l;
    }
    return newest;
}

struct text book_slot_name(uint64_t slot, uint64_t seq, uint32_t *out_index)
{
    *out_index = 0;
    if (slot == 0) return (struct text){0};
    const struct log_life *l = book_holder(slot, seq, out_index);
    if (l != NULL) return book_name(l);
    uint64_t own = book.log->axiom_cnode, index = (slot - own) >> SLOT_BITS;
    if (slot > own && index < 1u << 12) *out_index = (uint32_t)index;
    return text_from("axiom", 5);
}

uint64_t book_thread_cnode(uint32_t id)
{
    for (uint64_t i = 0; i < book.thread_count && i < BOOK_THREADS_MAX; i++) {
        const struct book_thread *t = thread_entry(book.thread_count - 1 - i);
        if (t->id == id) return t->cnode;
    }
    return 0;
}

struct text book_thread_name(uint32_t id, uint64_t seq)
{
    uint32_t index;
    uint64_t cnode = book_thread_cnode(id);
    if (cnode == 0) return (struct text){0};
    if (cnode == book.log->axiom_cnode) return text_from("axiom", 5);
    const struct log_life *l = book_holder(cnode + (1 << SLOT_BITS), seq, &index);
    return l != NULL ? book_name(l) : (struct text){0};
}

bool book_fills(uint8_t op)
{
    return op == COMMIT_GENESIS || op == COMMIT_RETYPE || op == COMMIT_COPY || op == COMMIT_MINT ||
           op == COMMIT_TRANSFER || op == COMMIT_MOVE;
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
        if (!book_fills(c->op)) continue;
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
