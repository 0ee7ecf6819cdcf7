/* badges.c - see badges.h. An open hash table. */
#include "badges.h"

#include <stddef.h>

static uint32_t hash_of(uint64_t endpoint, uint64_t badge)
{
    uint64_t h = (endpoint ^ badge * 0xff51afd7ed558ccdull) * 0x9e3779b97f4a7c15ull;
    return (uint32_t)(h >> 32);
}

/* The entry, or the free one where it would go; NULL if there is neither. */
static struct badge_entry *entry_of(const struct badges *b, uint64_t endpoint, uint64_t badge)
{
    uint32_t at = hash_of(endpoint, badge);
    for (uint32_t i = 0; i < b->size; i++) {
        struct badge_entry *e = &b->table[(at + i) & (b->size - 1)];
        if (e->endpoint == 0 || (e->endpoint == endpoint && e->badge == badge)) return e;
    }
    return NULL;
}

/* The entries after it that a search would no longer reach move up. */
static void entry_free(struct badges *b, struct badge_entry *e)
{
    uint32_t mask = b->size - 1, hole = (uint32_t)(e - b->table);
    for (uint32_t i = 1; i < b->size; i++) {
        uint32_t at = ((uint32_t)(e - b->table) + i) & mask;
        const struct badge_entry *next = &b->table[at];
        if (next->endpoint == 0) break;
        uint32_t home = hash_of(next->endpoint, next->badge) & mask;
        if (((at - home) & mask) < ((at - hole) & mask)) continue;
        b->table[hole] = *next;
        hole = at;
    }
    b->table[hole] = (struct badge_entry){0};
    b->used--;
}

static struct badge_watch *watch_of(struct badges *b, uint64_t endpoint)
{
    for (uint32_t i = 0; i < WATCHES_MAX; i++) {
        if (b->watches[i].endpoint == endpoint) return &b->watches[i];
    }
    return NULL;
}

void badges_add(struct badges *b, uint64_t endpoint, uint64_t badge)
{
    struct badge_entry *e = entry_of(b, endpoint, badge);
    if (e == NULL) {
        b->lost = true;
        return;
    }
    if (e->endpoint == 0) {
        b->used++;
        *e = (struct badge_entry){.endpoint = endpoint, .badge = badge};
    } else if (e->count == 0) { /* dead and not yet reported: it lives again */
        struct badge_watch *w = watch_of(b, endpoint);
        if (w != NULL && w->pending > 0) w->pending--;
    }
    e->count++;
}

void badges_remove(struct badges *b, uint64_t endpoint, uint64_t badge)
{
    struct badge_entry *e = entry_of(b, endpoint, badge);
    if (e == NULL || e->endpoint == 0 || e->count == 0) return;
    if (--e->count != 0) return;
    struct badge_watch *w = watch_of(b, endpoint);
    if (w == NULL) {
        entry_free(b, e);
        return;
    }
    w->pending++;
    w->due = true;
}

uint32_t badges_count(const struct badges *b, uint64_t endpoint, uint64_t badge)
{
    const struct badge_entry *e = entry_of(b, endpoint, badge);
    return e == NULL || e->endpoint == 0 ? 0 : e->count;
}

struct badge_watch *badges_watch(struct badges *b, uint64_t endpoint, uint32_t pid)
{
    uint32_t mine = 0;
    struct badge_watch *w = watch_of(b, endpoint);
    for (uint32_t i = 0; i < WATCHES_MAX; i++) {
        mine += b->watches[i].endpoint != 0 && b->watches[i].pid == pid;
    }
    if (w == NULL && mine < WATCHES_EACH) {
        w = watch_of(b, 0);
        if (w != NULL) *w = (struct badge_watch){.endpoint = endpoint};
    }
    if (w != NULL) w->pid = pid;
    return w;
}

uint32_t badges_forget(struct badges *b, uint64_t endpoint)
{
    struct badge_watch *w = watch_of(b, endpoint);
    if (w == NULL) return 0;
    uint32_t signal = w->signal;
    *w = (struct badge_watch){0};
    for (uint32_t i = 0; i < b->size;) {
        if (b->table[i].endpoint == endpoint) {
            entry_free(b, &b->table[i]); /* another one may stand here now */
        } else {
            i++;
        }
    }
    return signal;
}

static uint32_t collect_one(struct badges *b, struct badge_watch *w, uint64_t *out, uint32_t max)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < b->size && n < max && w->pending > 0;) {
        struct badge_entry *e = &b->table[i];
        if (e->endpoint != w->endpoint || e->count != 0) {
            i++;
            continue;
        }
        out[n++] = e->badge;
        entry_free(b, e);
        w->pending--;
    }
    return n;
}

uint32_t badges_collect(struct badges *b, uint32_t pid, uint64_t *out, uint32_t max, bool *more)
{
    uint32_t n = 0;
    *more = false;
    for (uint32_t i = 0; i < WATCHES_MAX; i++) {
        struct badge_watch *w = &b->watches[i];
        if (w->endpoint == 0 || w->pid != pid) continue;
        n += collect_one(b, w, out + n, max - n);
        if (w->pending > 0) *more = true;
    }
    return n;
}

bool badges_crowded(const struct badges *b)
{
    return b->used >= b->size / 4 * 3;
}

void badges_rehash(struct badges *b, struct badge_entry *table, uint32_t size)
{
    const struct badge_entry *old = b->table;
    uint32_t old_size = b->size;
    b->table = table;
    b->size = size;
    b->used = 0;
    for (uint32_t i = 0; i < old_size; i++) {
        if (old[i].endpoint == 0) continue;
        *entry_of(b, old[i].endpoint, old[i].badge) = old[i];
        b->used++;
    }
}
