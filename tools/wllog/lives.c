/* lives.c - names of processes, as audit kept them in its stream (libsys/lifelog.h). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "wllog.h"

static void life_add(struct boot *b, const struct log_life *life)
{
    for (uint32_t i = b->life_count; i-- > 0;) {
        if (b->lives[i].pid != life->pid) continue;
        b->lives[i] = *life;
        return;
    }
    if (b->life_count % LIFELOG_LIVES_MAX == 0) {
        uint32_t room = b->life_count + LIFELOG_LIVES_MAX;
        b->lives = must(realloc(b->lives, room * sizeof(*b->lives)));
    }
    b->lives[b->life_count++] = *life;
}

void lives_take(struct log *l, const void *payload, uint32_t length)
{
    const struct lifelog_record *r = payload;
    if (length < sizeof(r->head) || !lifelog_check(&r->head, length)) return;
    if (r->head.boot == 0 || r->head.boot > l->boot_count) return;
    for (uint32_t i = 0; i < r->head.count; i++) {
        if (r->lives[i].name_len <= LIFE_NAME_MAX) {
            life_add(&l->boots[r->head.boot - 1], &r->lives[i]);
        }
    }
}

/* Of several that bear the name the one that lived at that commit, else the last. */
const struct log_life *life_named(const struct query *q, const char *name)
{
    const struct log_life *found = NULL;
    uint64_t pid, seq = q->count - 1;
    bool by_pid = number_parse(name, &pid);
    for (uint32_t i = 0; i < q->boot->life_count; i++) {
        const struct log_life *l = &q->boot->lives[i];
        bool named = strlen(name) == l->name_len && memcmp(name, l->name, l->name_len) == 0;
        if (!named && !(by_pid && pid == l->pid)) continue;
        if (l->commits <= seq && l->ended > seq) return l;
        found = l;
    }
    return found;
}

const struct log_life *life_at(const struct query *q, uint64_t slot, uint64_t seq)
{
    for (uint32_t i = q->boot->life_count; i-- > 0;) {
        const struct log_life *l = &q->boot->lives[i];
        if (l->commits > seq || l->ended <= seq) continue;
        if (slot > l->cnode && slot - l->cnode < l->slots << SLOT_BITS) return l;
    }
    return NULL;
}

int run_lives(struct query *q)
{
    if (q->word_count != 0) {
        fprintf(stderr, "wl-log: usage: wl-log FILE lives\n");
        return WRONG;
    }
    for (uint32_t i = 0; i < q->boot->life_count; i++) {
        const struct log_life *l = &q->boot->lives[i];
        char ended[24] = "";
        if (l->ended != UINT64_MAX) snprintf(ended, sizeof(ended), "%" PRIu64, l->ended);
        printf("%7u %7u  %8" PRIu64 "  %8s  %.*s\n", l->pid, l->parent, l->commits, ended,
               l->name_len, l->name);
    }
    if (q->boot->life_count == 0) fprintf(stderr, "wl-log: the log has no names for this boot\n");
    return q->boot->life_count != 0 ? DONE : NOT_FOUND;
}
