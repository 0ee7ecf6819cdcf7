/* book.c - see book.h. */
#include "book.h"

#include <string.h>

#include "kept.h"
#include "message.h"
#include "provenance.h"

#define AXIOM_NAME "axiom"
enum { AXIOM_SLOTS = 1 << 12 }; /* of its own CNode */

struct book book;

bool book_open(const struct logmem *log)
{
    struct tape_boot now;
    book.log = log;
    tape_open(log);
    return log->magic == LOGMEM_MAGIC && tape_boot(0, &now) == OK && view_open(&book.now, &now);
}

void book_look(void)
{
    uint64_t head = book.log->life_head, slots = book.log->life_slots;
    struct lives *l = &book.lives;
    if (head > slots && l->seen < head - slots) l->seen = head - slots;
    for (; l->seen < head; l->seen++) {
        lives_add(l, logmem_life(book.log, l->seen), false);
    }
}

int book_fold(uint64_t count)
{
    if (count > book_commits()) count = book_commits();
    return view_fold(&book.now, count);
}

void book_follow(void)
{
    uint64_t lag = book_commits() - book.now.fold.count;
    tape_rewind();
    if (lag > book.log->commit_slots / 4) (void)book_fold(book_commits());
}

int book_view(uint32_t boot, uint64_t count, const struct view **out)
{
    struct tape_boot asked;
    struct view *v = &book.past;
    book_look();
    int err = tape_boot(boot, &asked);
    if (err != OK) return err;
    if (count == UINT64_MAX) count = asked.count;
    if (count > asked.count) return AUDIT_NO_RECORD;
    *out = asked.now ? &book.now : v;
    if (asked.now && (count >= book.now.fold.count)) return book_fold(count);
    bool same =
        v->nodes != 0 && v->boot.now == asked.now && (asked.now || v->boot.number == asked.number);
    if (!same && !asked.now) {
        v->boot.number = 0; /* until all of it is there */
        err = kept_load(asked.number, &book.past_lives);
        if (err != OK) return err;
    }
    if ((!same || v->fold.count > count) && !view_open(v, &asked)) return ERR_NO_MEMORY;
    *out = v;
    return view_fold(v, count);
}

static bool is_living(const struct view *v, uint64_t i)
{
    return v->boot.now && i < LIVING_SLOTS;
}

static const struct lives *lives_of(const struct view *v)
{
    return v->boot.now ? &book.lives : &book.past_lives;
}

uint64_t book_lives(const struct view *v)
{
    return (v->boot.now ? LIVING_SLOTS : 0) + lives_of(v)->count;
}

const struct log_life *book_life(const struct view *v, uint64_t i)
{
    const struct lives *l = lives_of(v);
    if (!is_living(v, i)) return &l->at[l->count - 1 - (i - (v->boot.now ? LIVING_SLOTS : 0))];
    const struct log_life *living = logmem_living(book.log, (uint32_t)i);
    return living->pid != 0 ? living : NULL;
}

const struct log_life *book_holder(const struct view *v, uint64_t slot, uint64_t seq,
                                   uint32_t *out_index)
{
    for (uint64_t i = 0; i < book_lives(v); i++) {
        const struct log_life *l = book_life(v, i);
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

static uint64_t axiom_cnode(const struct view *v)
{
    return v->boot.now ? book.log->axiom_cnode : v->axiom_cnode;
}

const struct log_life *book_process(const struct view *v, struct text name)
{
    static struct log_life axiom = {.name = AXIOM_NAME, .name_len = sizeof(AXIOM_NAME) - 1};
    uint64_t pid = 0;
    if (name.len == axiom.name_len && memcmp(name.at, AXIOM_NAME, name.len) == 0) {
        axiom.cnode = axiom_cnode(v);
        axiom.slots = AXIOM_SLOTS;
        axiom.ended = UINT64_MAX;
        return &axiom;
    }
    if (!text_parse_u64(name.at, name.len, &pid)) pid = 0;
    for (uint64_t i = 0; i < book_lives(v); i++) {
        const struct log_life *l = book_life(v, i);
        if (l == NULL) continue;
        if (life_is_called(l, name) || (pid != 0 && l->pid == pid)) return l;
    }
    return NULL;
}

const struct log_life *book_process_at(const struct view *v, struct text name, uint64_t seq)
{
    const struct log_life *l = book_process(v, name);
    uint64_t pid = 0;
    if (l != NULL && l->commits <= seq && l->ended > seq) return l;
    if (!text_parse_u64(name.at, name.len, &pid)) pid = 0;
    for (uint64_t i = 0; i < book_lives(v); i++) {
        l = book_life(v, i);
        if (l == NULL || l->commits > seq || l->ended <= seq) continue;
        if (life_is_called(l, name) || (pid != 0 && l->pid == pid)) return l;
    }
    return NULL;
}

struct text book_slot_name(const struct view *v, uint64_t slot, uint64_t seq, uint32_t *out_index)
{
    *out_index = 0;
    if (slot == 0) return (struct text){0};
    const struct log_life *l = book_holder(v, slot, seq, out_index);
    if (l != NULL) return book_name(l);
    uint64_t own = axiom_cnode(v), index = (slot - own) >> SLOT_BITS;
    if (slot > own && index < AXIOM_SLOTS) *out_index = (uint32_t)index;
    if (index >= AXIOM_SLOTS && book_lives(v) == 0) return (struct text){0}; /* nobody is known */
    return text_from(AXIOM_NAME, sizeof(AXIOM_NAME) - 1);
}

struct text book_thread_name(const struct view *v, uint32_t id, uint64_t seq)
{
    uint32_t index;
    uint64_t cnode = view_thread_cnode(v, id);
    if (cnode == 0) return (struct text){0};
    if (cnode == axiom_cnode(v)) return text_from(AXIOM_NAME, sizeof(AXIOM_NAME) - 1);
    const struct log_life *l = book_holder(v, cnode + (1 << SLOT_BITS), seq, &index);
    return l != NULL ? book_name(l) : (struct text){0};
}

/* Of a commit that is still in the log memory; else 0, as if before all events. */
static uint64_t cause_of(uint64_t seq)
{
    struct commit c;
    if (seq < tape_oldest()) return 0;
    return tape_get(&book.now.boot, seq, &c, NULL) == OK ? c.cause : 0;
}

uint64_t book_commits_before(uint64_t number)
{
    uint64_t low = tape_oldest(), high = book.now.fold.count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (cause_of(middle) < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool book_held(uint64_t slot, uint64_t number, struct book_cap *out)
{
    const struct reduce_node *n = reduce_find(&book.now.fold, slot);
    if (number <= cause_of(tape_oldest())) return false; /* nobody knows any more */
    if (n != NULL && cause_of(n->made) < number) {       /* as it was then */
        *out = (struct book_cap){.type = n->type, .obj = n->obj, .badge = n->badge};
        return true;
    }
    uint64_t end = book_commits_before(number);
    for (uint64_t i = end; i-- > tape_oldest() && end - i <= BOOK_BACK_MAX;) {
        struct commit c;
        if (tape_get(&book.now.boot, i, &c, NULL) != OK) return false;
        if (c.op == COMMIT_MOVE && c.src == slot) return false;
        if (c.dst != slot) continue;
        if (c.op == COMMIT_DELETE || c.op == COMMIT_DROP) return false;
        if (!provenance_fills(c.op)) continue;
        *out = (struct book_cap){.type = c.type, .obj = c.obj, .badge = c.badge};
        return true;
    }
    return false;
}

int book_record(const struct view *v, uint64_t seq, struct audit_record *out,
                struct tape_hash *hash)
{
    struct commit c;
    int err = tape_get(&v->boot, seq, &c, hash);
    if (err != OK) return err;
    *out = (struct audit_record){.seq = c.seq,
                                 .time = c.time,
                                 .cause = c.cause,
                                 .op = c.op,
                                 .type = c.type,
                                 .rights = c.rights,
                                 .flags = c.flags,
                                 .bits = c.bits,
                                 .depth = c.depth,
                                 .actor = c.actor,
                                 .dst = c.dst,
                                 .src = c.src,
                                 .obj = c.obj,
                                 .badge = c.badge,
                                 .arg0 = c.arg0,
                                 .arg1 = c.arg1};
    out->actor_name = book_thread_name(v, c.actor, seq);
    out->dst_holder = book_slot_name(v, c.dst, seq, &out->dst_slot);
    out->src_holder = book_slot_name(v, c.src, seq, &out->src_slot);
    return OK;
}
