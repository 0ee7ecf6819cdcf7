/*
 * folding.c - I12 along every path: the fold of the commits goes with the state it was reached by.
 * Each step's commits are applied to its parent's fold, and what comes out is compared with the
 * slots, field by field. A step without commits that writes to a slot is compared too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore.h"
#include "fold.h"
#include "irq.h"
#include "reduce.h"
#include "unit.h"
#include "view.h"

enum { NODES = 128, WORDS_MAX = 4096 };

static struct reduce fold;
static uint64_t memory[WORDS_MAX], base[WORDS_MAX], parent[WORDS_MAX];
static struct reduce fold_base, fold_parent;
static uint64_t words; /* of memory in use */
static bool touched;   /* since folding_parent */

static void record(struct commit c)
{
    c.seq = fold.count;
    enum reduce_result r = reduce_apply(&fold, &c);
    if (r != REDUCE_OK) fail_msg("%s: op %u: %s", world.name, c.op, reduce_text(r));
}

/* The capability in a slot, as if its commit came now. Siblings come last one first. */
static void record_slot(const struct slot *s, const struct slot *up)
{
    struct commit c = {.op = up == NULL ? COMMIT_GENESIS : COMMIT_COPY,
                       .type = s->type,
                       .rights = s->rights,
                       .flags = s->flags & (CAP_FLAG_BOUND | CAP_FLAG_DEVICE),
                       .dst = ptr_to_phys(s),
                       .src = up == NULL ? 0 : ptr_to_phys(up),
                       .obj = s->obj,
                       .badge = s->badge,
                       .bits = (uint8_t)s->bits,
                       .depth = s->depth};
    bool maps = (s->type == CAP_FRAME || s->type == CAP_PTABLE) && s->extra != 0;
    if (s->type == CAP_UNTYPED || maps) c.badge = 0;
    if (up != NULL && up->type == CAP_UNTYPED) {
        c.op = COMMIT_RETYPE;
        c.arg0 = s->obj + object_bytes(s) - up->obj;
    }
    record(c);
    c = (struct commit){.type = s->type, .dst = ptr_to_phys(s)};
    if (maps) {
        c.op = COMMIT_MAP;
        c.obj = s->extra & ~(PAGE_BYTES - 1);
        c.rights = s->badge & (PAGE_BYTES - 1);
        c.arg0 = s->badge & ~(PAGE_BYTES - 1);
        record(c);
    }
    if (s->type == CAP_THREAD || s->type == CAP_SCHED) {
        const struct thread *t = cap_object(s);
        const struct sched *sched = cap_object(s);
        c.op = COMMIT_CONFIGURE;
        c.arg0 = s->type == CAP_THREAD ? t->priority : sched->budget;
        c.arg1 = s->type == CAP_THREAD ? t->flags : sched->period | sched->cpu << SCHED_CPU_SHIFT;
        record(c);
    }
    if (s->type != CAP_IRQ && s->type != CAP_LOG) return;
    const struct irq_line *l = &irq_lines[s->obj];
    if (l->notification == NULL) return;
    c.op = COMMIT_BIND;
    c.obj = ptr_to_phys(l->notification);
    c.badge = l->badge;
    record(c);
}

static bool is_first(const struct slot *s)
{
    return s->prev->child == s;
}

static const struct slot *parent_of(const struct slot *s)
{
    while (!is_first(s)) {
        s = s->prev;
    }
    return s->prev;
}

/* A log that says no more than what is there now, so that its fold is small. Siblings come last one
 * first, as they were made. */
static void refold(void)
{
    for (const struct slot *s = cap_root.last; s != &cap_root;) {
        const struct slot *up = parent_of(s);
        record_slot(s, up == &cap_root ? NULL : up);
        if (s->last != NULL) {
            s = s->last;
            continue;
        }
        while (s != &cap_root && is_first(s)) {
            s = s->prev;
        }
        if (s != &cap_root) s = s->prev;
    }
}

void folding_begin(void)
{
    words = reduce_bytes(NODES) / 8;
    if (words > WORDS_MAX) abort();
    reduce_init(&fold, memory, NODES);
    refold();
    fold.count = commits();
    fold_use(&fold);
    memcpy(base, memory, sizeof(base));
    fold_base = fold;
    folding_parent();
}

void folding_parent(void)
{
    memcpy(parent, memory, words * 8);
    fold_parent = fold;
    touched = false;
}

void folding_restore(void)
{
    if (!touched) return;
    memcpy(memory, parent, words * 8);
    fold = fold_parent;
    touched = false;
}

const char *folding_step(void)
{
    touched |= fold.count != commits();
    view_take();
    if (!fold_agrees()) return fold_message;
    fold.count = fold_base.count;
    return NULL;
}

enum { HEAD_WORDS = 4, GROUP = 8 }; /* the fold's own counts are five of 32 bits */

uint64_t folding_room(void)
{
    return HEAD_WORDS + words + words / GROUP + 1;
}

uint64_t folding_encode(uint64_t *out)
{
    uint64_t *at = out + HEAD_WORDS, count = 0;
    out[1] = (uint64_t)fold.node_free << 32 | fold.object_free;
    out[2] = (uint64_t)fold.root << 32 | fold.live;
    out[3] = fold.marked;
    for (uint64_t i = 0; i < words; i += GROUP) {
        uint64_t *head = at, mask = 0;
        for (uint64_t k = 0; k < GROUP; k++) {
            if (memory[i + k] == base[i + k]) continue;
            if (mask == 0) at++;
            mask |= 1ull << k;
            *at++ = memory[i + k] ^ base[i + k];
        }
        if (mask == 0) continue;
        *head = i << GROUP | mask;
        count++;
    }
    *out = count;
    return (uint64_t)(at - out);
}

const uint64_t *folding_decode(const uint64_t *in)
{
    uint64_t count = *in;
    memcpy(memory, base, words * 8);
    fold = fold_base;
    fold.node_free = (uint32_t)(in[1] >> 32);
    fold.object_free = (uint32_t)in[1];
    fold.root = (uint32_t)(in[2] >> 32);
    fold.live = (uint32_t)in[2];
    fold.marked = (uint32_t)in[3];
    in += HEAD_WORDS;
    for (; count > 0; count--) {
        uint64_t head = *in++;
        for (uint64_t k = 0; k < GROUP; k++) {
            if (head >> k & 1) memory[(head >> GROUP) + k] ^= *in++;
        }
    }
    return in;
}
