/*
 * storm.c - seeded random steps: system calls of processes and of axiom, interrupts, ticks and
 * faults. After each one all invariants hold and the fold of the commits is the state.
 *
 * storm [STEPS [SEED]]. A failure names the seed and the step; the same seed does the same again.
 */
#include "storm.h"

#include <stdio.h>
#include <stdlib.h>

#include "fold.h"
#include "invariants.h"
#include "state.h"
#include "unit.h"

enum { WORLD_STEPS = 2000, STEPS_DEFAULT = 100000, RESULTS = 64 };

static uint64_t rng, seed, step, steps = STEPS_DEFAULT;
static uint64_t results[RESULTS], blocked; /* how often each result came: shown at the end */

uint64_t any(uint64_t n)
{
    rng ^= rng << 13;
    rng ^= rng >> 7;
    rng ^= rng << 17;
    return (rng * 0x2545f4914f6cdd1dull >> 33) % n;
}

bool one_in(uint64_t n)
{
    return any(n) == 0;
}

static void verify(const char *what)
{
    const char *broken = invariants_broken();
    if (broken == NULL && !fold_agrees()) broken = fold_message;
    if (broken == NULL) return;
    const struct event *e = last_event();
    fail_msg("seed %llu, step %llu, %s (op %u, label %u, slot %#x, result %u, thread %u): %s",
             (unsigned long long)seed, (unsigned long long)step, what, e->op, msg_label(e->info),
             e->slot, e->result, e->thread, broken);
}

/* Somebody who can run, more often than not another one than the kernel chose: who has the highest
 * priority would act alone. */
static struct thread *choose(void)
{
    const struct view *v = view_last();
    for (uint32_t tries = 0; tries < 8 && !one_in(4); tries++) {
        struct thread *t = v->threads[any(v->thread_count)];
        if ((t->state != T_READY && t->state != T_RUNNING) || (t == axiom && !one_in(3))) continue;
        if (run_try(t)) return t;
        return NULL; /* it has no time left */
    }
    return cpu()->current;
}

static void pass_time(void)
{
    uint64_t until = cpu()->timer;
    now += one_in(20) ? any(2000000) : any(3000);
    if (one_in(4) && until != ~0ull && until > now) now = until;
}

static void one_step(void)
{
    uint64_t kind = any(100);
    check_each_step = false;
    pass_time();
    if (kind < 4) {
        core_irq((uint32_t)any(FAKE_LINES), ++now);
        verify("interrupt");
        return;
    }
    if (kind < 12 && storm_rescue()) {
        verify("rescue");
        return;
    }
    struct thread *t = kind < 15 ? NULL : choose();
    if (t == NULL) {
        core_tick(++now);
        verify("tick");
    } else if (t->id != GENESIS_THREAD && one_in(40)) {
        core_fault(one_in(2) ? FAULT_MEMORY : FAULT_EXCEPTION, 14, 0, any(~0ull), ++now);
        verify("fault");
    } else {
        storm_registers(t);
        core_syscall(++now);
        const struct event *e = last_event();
        blocked += e->result == EVENT_BLOCKED;
        if (e->kind == EVENT_SYSCALL && e->result < RESULTS) results[e->result]++;
        verify("system call");
    }
}

/* All wait for each other, or axiom has lost what it stands on. */
static bool is_over(void)
{
    return axiom->state == T_INACTIVE || thread_cspace(axiom) == NULL ||
           (cpu()->current == NULL && cpu()->timer == ~0ull);
}

static void run_storm(uint64_t count)
{
    uint32_t worlds = 0;
    for (step = 0; step < count; step++) {
        if (step % WORLD_STEPS == 0 || is_over()) {
            boot();
            fold_begin();
            storm_world();
            verify("new world");
            worlds++;
        }
        one_step();
    }
    print_message("%llu steps in %u worlds, seed %llu; results:", (unsigned long long)count, worlds,
                  (unsigned long long)seed);
    for (uint32_t i = 0; i < RESULTS; i++) {
        if (results[i] != 0) print_message(" %u:%llu", i, (unsigned long long)results[i]);
    }
    print_message(" waiting:%llu\n", (unsigned long long)blocked);
}

static void set_seed(uint64_t s)
{
    seed = s;
    rng = s * 2 + 1;
}

static void storm(void **state)
{
    (void)state;
    set_seed(seed);
    run_storm(steps);
}

static uint64_t digest_of_run(void)
{
    uint64_t sum = 0;
    set_seed(seed);
    run_storm(1000);
    for (uint64_t i = log_header()->event_tail; i < log_header()->event_head; i++) {
        const struct event *e = event_at(i);
        sum = (sum ^ e->time ^ (uint64_t)e->result << 32 ^ e->thread ^ e->arg) * 0x9e3779b97f4a7c15;
    }
    return sum ^ state_digest();
}

/* I18: the same events give the same state and the same records. */
static void twice_the_same(void **state)
{
    (void)state;
    assert_int_equal(digest_of_run(), digest_of_run());
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(storm),
                                              cmocka_unit_test(twice_the_same)};
    if (argc > 1) steps = strtoull(argv[1], NULL, 0);
    seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
    return cmocka_run_group_tests_name("storm", tests, NULL, NULL);
}
