/*
 * random_test.c - random worlds, driven by events alone; then their own records are executed again
 * and have to give the same state (I18). What a step depends on and no record holds is found here:
 * registers, buffers and time are as wild as in the storm.
 *
 * random_test [WORLDS [STEPS [SEED]]]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commit.h"
#include "compare.h"
#include "engine.h"
#include "fold.h"
#include "guest_self.h"
#include "irq.h"
#include "storm.h"
#include "unit.h"

enum { RECORDS_MAX = 1 << 20, COMMITS_MAX = 1 << 19, KINDS = EVENT_ARGS + 1 };

static uint64_t worlds = 40, steps = 3000, seed = 1, kinds[KINDS];
static struct {
    struct recording_header header;
    uint8_t *image;
    struct event *records;
    struct commit *commits;
} made;

/* Takes what the last step wrote. */
static void take(void)
{
    const struct log_header *h = log_header();
    while (made.header.record_count < h->event_head) {
        const struct event *e = event_at(made.header.record_count);
        assert_true(made.header.record_count < RECORDS_MAX && e->kind < KINDS);
        kinds[e->kind]++;
        made.records[made.header.record_count++] = *e;
    }
    while (made.header.commit_count < h->commit_head) {
        assert_true(made.header.commit_count < COMMITS_MAX);
        made.commits[made.header.commit_count] = *commit_at(made.header.commit_count);
        made.header.commit_count++;
    }
}

static void axiom_invokes(enum operation op, uint64_t name, uint64_t w0, uint64_t w1, uint64_t w2)
{
    const uint64_t w[] = {w0, w1, w2};
    axiom->regs.rax = SYS_INVOKE;
    axiom->regs.rdi = name;
    axiom->regs.rsi = msg_info(op, 0, 0, 0);
    memcpy(axiom->regs.w, w, sizeof(w));
}

/* Some more CPUs come up, each by a tick. */
static void start_cpus(uint64_t count)
{
    for (uint64_t i = 1; i < count && cpu()->current == axiom; i++) {
        axiom_invokes(OP_CPU_START, GS_IRQ_CONTROL, i, 0, 0);
        fake_syscall(++now);
        fake_cpu = &cpus[i];
        core_tick(++now);
        fake_cpu = cpus;
    }
}

static void one_step(const struct step *s)
{
    step_begin(s);
    fake_cpu = &cpus[s->cpu % (cpu_last + 1)];
    struct thread *t = cpu()->current;
    uint64_t kind = any(100);
    now += 1 + (one_in(20) ? any(2000000) : any(3000));
    if (one_in(6) && cpu()->timer != ~0ull && cpu()->timer > now) now = cpu()->timer;
    if (kind < 4) {
        core_irq((uint32_t)any(IRQ_LINES), now);
    } else if (t == NULL || kind < 12) {
        core_tick(now);
    } else if (t->id != GENESIS_THREAD && one_in(40)) {
        core_fault(one_in(2) ? FAULT_MEMORY : FAULT_EXCEPTION, 14, 0, any(~0ull), now);
    } else {
        storm_registers(t);
        if (one_in(3)) t->regs.rax = SYS_YIELD;
        if (t == axiom && one_in(the_world.slow_reader ? 300 : 20)) {
            axiom_invokes(OP_LOG_ACK, GS_LOG, log_header()->commit_head, log_header()->event_head,
                          0);
        } else if (t == axiom && one_in(12)) {
            axiom_invokes(OP_SCHED_CONFIG, window_pick(CAP_SCHED), 10000 + any(100000), 1000000,
                          any(cpu_last + 1));
        }
        fake_syscall(now);
    }
    take();
}

/* Nothing would ever happen again, or axiom has lost what it names things by. */
static bool is_over(void)
{
    bool idle = true;
    for (const struct cpu *c = cpus; c <= cpus + cpu_last; c++) {
        idle = idle && c->current == NULL && c->timer == ~0ull;
    }
    return idle || axiom->cspace->count == 0;
}

/* A slow reader, and a ring that is nearly full: threads will be stopped. */
static void fill_ring(void)
{
    const struct log_header *h = log_header();
    the_world.slow_reader = true;
    while (h->event_tail + LOG_EVENTS - h->event_head > EVENT_RESERVE + 50) {
        core_tick(++now);
        take();
    }
}

/* False: it cannot be executed again, because of what was overwritten while it was made. */
static bool run_world(uint64_t number)
{
    struct source source = source_of(seed, number);
    struct step s = step_random(&source);
    step_begin(&s);
    boot();
    struct boot_params p = make_machine();
    made.header = (struct recording_header){RECORDING_MAGIC, p.image.size, 0, 0};
    memcpy(made.image, phys_to_ptr(p.image.base), p.image.size);
    take();
    check_each_step = false;
    fold_begin();
    storm_world();
    uint64_t first = made.header.record_count, last = log_header()->event_head;
    if (last - first > LOG_EVENTS) return false;
    take();
    start_cpus(number % 2 == 0 ? 1 : 1 + any(CPUS_MAX));
    if (number % 5 == 0) fill_ring();
    for (uint64_t i = 0; i < steps && !is_over(); i++) {
        s = step_random(&source);
        one_step(&s);
    }
    return true;
}

static void write_to(FILE *f, const void *at, uint64_t bytes)
{
    assert_int_equal(fwrite(at, 1, bytes, f), bytes);
}

/* Executes the records again and compares; where events were dropped, only until there. */
static void run_again(uint64_t number)
{
    char path[64], none[1] = "";
    FILE *f = tmpfile();
    assert_non_null(f);
    write_to(f, &made.header, sizeof(made.header));
    write_to(f, made.image, made.header.image_bytes);
    write_to(f, made.records, made.header.record_count * sizeof(struct event));
    write_to(f, made.commits, made.header.commit_count * sizeof(struct commit));
    fflush(f);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(f));
    const char *wrong = recording_open(path);
    if (wrong != NULL) fail_msg("world %" PRIu64 ": %s", number, wrong);
    bool dropped = log_header()->events_dropped != 0;
    guest_keep(recording.event_count, log_header());
    engine = (struct engine){0};
    while (engine.at < recording.event_count) {
        if (!engine_step()) fail_msg("world %" PRIu64 ", %s", number, engine.message);
    }
    if (!dropped && !compare(none)) fail_msg("world %" PRIu64, number);
    recording_close();
    fclose(f);
}

static void worlds_again(void **state)
{
    (void)state;
    made.image = malloc(1 << 20);
    made.records = malloc(RECORDS_MAX * sizeof(struct event));
    made.commits = malloc(COMMITS_MAX * sizeof(struct commit));
    assert_true(made.image != NULL && made.records != NULL && made.commits != NULL);
    for (uint64_t i = 0; i < worlds; i++) {
        if (run_world(i)) run_again(i);
    }
    print_message("%" PRIu64 " worlds, seed %" PRIu64 "; records of each kind:", worlds, seed);
    for (uint32_t i = EVENT_BOOT; i < KINDS; i++) {
        print_message(" %" PRIu64, kinds[i]);
        if (worlds >= 40) assert_true(kinds[i] != 0);
    }
    print_message("\n");
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(worlds_again)};
    if (argc > 1) worlds = strtoull(argv[1], NULL, 0);
    if (argc > 2) steps = strtoull(argv[2], NULL, 0);
    if (argc > 3) seed = strtoull(argv[3], NULL, 0);
    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
