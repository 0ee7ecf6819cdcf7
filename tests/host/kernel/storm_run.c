/* storm_run.c - carries out a list of steps: system calls of processes and of axiom, interrupts,
 * ticks, faults. After each one all invariants hold and the fold of the commits is the state. */
#include <stdio.h>
#include <string.h>

#include "fold.h"
#include "invariants.h"
#include "state.h"
#include "storm.h"

enum { SHARE_IRQ = 10, SHARE_RESCUE = 30, SHARE_TICK = 38, SHARE_FAULT = 44 }; /* of 256 */

struct storm_counts storm_counts;
static uint64_t digest;

/* Mostly a little, at times much, and often just until the timer fires. */
static void pass_time(const struct step *s)
{
    uint64_t until = cpu()->timer, exactly = s->time[0] % 4 == 3;
    now += s->time[0] / 4 % 20 == 19 ? s->time[1] * 8000ull : s->time[1] * 12ull;
    if (exactly && until != ~0ull && until > now) now = until;
}

static void count_call(void)
{
    const struct event *e = last_event();
    if (e->kind != EVENT_SYSCALL) return;
    storm_counts.blocked += e->result == EVENT_BLOCKED;
    if (e->result < sizeof(storm_counts.results) / 8) storm_counts.results[e->result]++;
}

static void happen(const struct step *s)
{
    pass_time(s);
    if (s->kind < SHARE_IRQ) {
        core_irq((uint32_t)any(FAKE_LINES), ++now);
        return;
    }
    if (s->kind < SHARE_RESCUE && storm_rescue()) return;
    bool ticks = s->kind >= SHARE_RESCUE && s->kind < SHARE_TICK;
    struct thread *t = ticks ? NULL : storm_choose();
    if (t == NULL) {
        core_tick(++now);
    } else if (s->kind < SHARE_FAULT && s->kind >= SHARE_TICK && t->id != GENESIS_THREAD) {
        core_fault(one_in(2) ? FAULT_MEMORY : FAULT_EXCEPTION, 14, 0, any(~0ull), ++now);
    } else {
        storm_registers(t);
        fake_syscall(++now);
        count_call();
    }
}

static const char *check_all_of_it(void)
{
    const char *what = invariants_broken();
    if (what == NULL && !fold_agrees()) what = fold_message;
    return what;
}

storm_checker *storm_check = check_all_of_it;

/* All wait for each other, or axiom has lost what it stands on. */
static bool is_over(void)
{
    return axiom->state == T_INACTIVE || axiom->cspace->count == 0 ||
           (cpu()->current == NULL && cpu()->timer == ~0ull);
}

static void digest_add(uint64_t word)
{
    digest = (digest ^ word) * 0x9e3779b97f4a7c15ull;
    digest ^= digest >> 31;
}

static void digest_step(void)
{
    const struct event *e = last_event();
    digest_add(e->time);
    digest_add((uint64_t)e->result << 32 | e->thread);
    digest_add(e->arg ^ log_header()->commit_head);
}

uint64_t storm_digest(void)
{
    return digest ^ state_digest();
}

/* A panic of the kernel comes back here; what the sanitizers find ends the process. */
static const char *begin(const struct step *s)
{
    boot();
    fold_begin();
    step_begin(s);
    CATCH_PANIC(storm_world());
    storm_counts.worlds++;
    digest = 0;
    return fake.panic;
}

static const char *carry_out(const struct step *s)
{
    step_begin(s);
    CATCH_PANIC(happen(s));
    return fake.panic;
}

const char *storm_run(const struct steps *list, volatile size_t *progress, step_shown *shown)
{
    static char message[300];
    for (size_t i = 0; i < list->count && (i == 0 || !is_over()); i++) {
        if (progress != NULL) *progress = i;
        const char *what = i == 0 ? begin(&list->at[0]) : carry_out(&list->at[i]);
        if (what != NULL) {
            snprintf(message, sizeof(message), "kernel panic: %s", what);
            return message;
        }
        what = storm_check();
        if (i > 0) digest_step();
        storm_counts.steps += i > 0;
        if (shown != NULL) shown(i, &list->at[i]);
        if (what != NULL) return what;
    }
    return NULL;
}
