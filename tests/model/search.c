/*
 * search.c - the search: breadth first, so that the path to a state is a shortest one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore.h"
#include "invariants.h"

enum { WARY = 256, ENCODING_MAX = 1 << 16 };

static uint64_t encoding[ENCODING_MAX];
static uint64_t transitions;

static void save_state(void)
{
    if (lines_room() + folding_room() > ENCODING_MAX) abort();
    uint64_t n = folding_encode(encoding);
    n += lines_encode(encoding + n);
    store_save(encoding, n);
}

static void load_state(uint32_t state)
{
    store_load(state, encoding);
    lines_decode(folding_decode(encoding));
    lines_parent();
    folding_parent();
}

bool op_acts(const struct op *op)
{
    return op->kind == KIND_SYSCALL || op->kind == KIND_FAULT || op->kind == KIND_AGAIN;
}

void search_path(uint32_t state)
{
    uint32_t path[1024], n = 0;
    for (; state != 0 && n < 1024; state = store_parent(state)) {
        path[n++] = store_op(state);
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct op *op = &world.ops[path[n - 1 - i]];
        bool acts = op_acts(op);
        printf("%4u  %s%s%s\n", i + 1, acts ? world.thread_names[op->actor] : "", acts ? ": " : "",
               op->text);
    }
}

static _Noreturn void violated(uint32_t state, uint32_t op, const char *what)
{
    store_add(~(key_t128)0, state, op);
    printf("%s: BROKEN: %s\nShortest sequence:\n", world.name, what);
    search_path(store_count() - 1);
    exit(1);
}

/* I9: a refused step leaves what a tick would have left, which costs time and follows up what has
 * happened before: a context that is gone is no longer lent. */
static bool refusal_changed(key_t128 before, key_t128 after, const struct op *op)
{
    lines_restore();
    folding_restore();
    step_tick_instead(op);
    canon();
    return lines_diff(before) != after;
}

/* Two shortcuts: core_call() and core_answer(), and a step that leaves running who ran. */
static bool may_be_fast(const struct step *s)
{
    return s->op->kind == KIND_SYSCALL && s->commits == 0;
}

/* A canonical state has no registers. */
static void registers_keep(struct thread_regs *out)
{
    for (uint32_t i = 0; i < world.thread_count; i++) {
        out[i] = world.threads[i]->regs;
    }
}

/* I17: the same operation without the fast path leaves the same state. */
static bool long_way_differs(key_t128 before, key_t128 after, const struct step *s,
                             const struct thread_regs *was)
{
    struct thread_regs is[THREADS_MAX] = {0};
    struct step again = *s;
    const char *broken;
    lines_restore();
    folding_restore();
    step_the_long_way = true;
    bool done = step_run(s->op, &again, &broken) && broken == NULL && again.result == s->result;
    step_the_long_way = false;
    registers_keep(is);
    canon();
    return lines_diff(before) != after || !done || memcmp(is, was, sizeof(is)) != 0;
}

/* One operation in the present state. Returns what is wrong. */
static const char *transition(uint32_t state, uint32_t op, struct step *s)
{
    const char *broken;
    key_t128 before = store_key(state);
    if (!step_run(&world.ops[op], s, &broken)) {
        lines_diff(before);
        lines_restore();
        return NULL;
    }
    transitions++;
    if (broken != NULL) return broken;
    witness_step(s, state, op);
    results_step(s);
    if (s->commits != 0) broken = folding_step();
    if (broken != NULL) return broken;
    struct cpu *at = cpu();
    struct thread_regs registers[THREADS_MAX] = {0};
    bool fast = may_be_fast(s);
    if (fast) registers_keep(registers);
    canon();
    key_t128 key = lines_diff(before);
    if (s->refused && key != before && refusal_changed(before, key, &world.ops[op]))
        return "I9: a refused step changed the state";
    if (s->actor != NULL && !lines_within(world.ops[op].actor))
        return "I9: a step changed what its thread has no capability to";
    if (s->commits == 0 && lines_authority_changed()) broken = folding_step();
    if (broken == NULL && fast && long_way_differs(before, key, s, registers))
        return "I17: the fast path leaves another state than the long way";
    if (broken == NULL && store_add(key, state, op)) {
        fake_cpu = at; /* the others may have a tick to come */
        broken = invariants_broken();
        fake_cpu = cpus;
        save_state();
    }
    lines_restore();
    folding_restore();
    return broken;
}

/* All operations from one state; again, if memory turns out to matter that was not looked at. */
static void expand(uint32_t state, bool wary)
{
    uint32_t known = store_count();
    uint64_t done = transitions;
    for (bool whole = false; !whole;) {
        struct step s = {0};
        load_state(state);
        step_brief(&s);
        footprint_parent();
        step_watch();
        whole = true;
        const char *broken = NULL;
        uint32_t op = 0;
        for (; op < world.op_count && broken == NULL && whole; op++) {
            broken = transition(state, op, &s);
            if (wary || broken != NULL) whole = !lines_grown();
        }
        if (whole) whole = !lines_grown();
        if (whole && broken != NULL) violated(state, op - 1, broken);
        if (whole) break;
        store_unwind(known);
        transitions = done;
    }
}

struct search_result search(uint64_t limit, bool wary)
{
    struct search_result r = {0};
    uint32_t state = 0, level_end = 1;
    store_begin(limit);
    classes_begin();
    footprint_begin();
    lines_begin();
    folding_begin();
    const char *broken = invariants_broken();
    if (broken == NULL) broken = folding_step();
    if (broken != NULL) {
        printf("%s: BROKEN at the beginning: %s\n", world.name, broken);
        exit(1);
    }
    transitions = 0;
    store_add(1, NO_STATE, 0);
    save_state();
    for (; state < store_count() && store_count() <= limit; state++) {
        if (state == level_end) {
            r.depth++;
            level_end = store_count();
        }
        expand(state, wary || state < WARY);
    }
    r.exhausted = state == store_count();
    r.states = store_count();
    r.expanded = state;
    r.transitions = transitions;
    lines_end();
    return r;
}
