/* campaign.c - the parent watches; children carry out steps and say in shared memory where they
 * are. What a step of seed and world is depends on these alone, so a list can be made again. */
#define _GNU_SOURCE
#include "campaign.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "storm.h"

enum { HANGS_SECONDS = 60, TWICE_EVERY = 8, SHOWN_RESULTS = 24 };

struct job {
    volatile uint64_t seed, world;
    volatile size_t at; /* index in the list that is carried out */
    size_t count;       /* of that list */
    struct storm_counts counts;
    struct outcome outcome;
    bool done;
    /* the parent's */
    pid_t pid;
    FILE *said;
    uint64_t seen;
    time_t seen_when;
};

static struct job *jobs;
static struct steps list;

static void make_list(uint64_t seed, uint64_t world, size_t count)
{
    struct source s = source_of(seed, world);
    list.count = count;
    for (size_t i = 0; i < count; i++) {
        list.at[i] = step_random(&s);
    }
}

/* Some worlds are short: what happens in the first steps of one happens there often. */
static size_t length_of(uint64_t seed, uint64_t world, uint64_t left)
{
    struct source s = source_of(~seed, world);
    uint64_t r = source_next(&s);
    uint64_t length = r % 4 == 0 ? 100 : r % 4 == 1 ? 500 : 2500;
    return 1 + (size_t)(length < left ? length : left);
}

static void fails(struct job *j, const char *what)
{
    j->outcome.failed = true;
    snprintf(j->outcome.text, sizeof(j->outcome.text), "%s", what);
}

/* I18: the same events give the same records and the same state. */
static const char *run_twice(struct job *j)
{
    const char *what = storm_run(&list, &j->at, NULL);
    uint64_t digest = storm_digest();
    struct storm_counts counts = storm_counts;
    if (what != NULL) return what;
    what = storm_run(&list, &j->at, NULL);
    storm_counts = counts; /* the second run shows nothing new */
    if (what == NULL && storm_digest() != digest) what = "I18: the same steps, another state";
    return what;
}

static void run_seed(struct job *j, uint64_t steps)
{
    uint64_t goal = storm_counts.steps + steps;
    for (j->world = 0; storm_counts.steps < goal && !j->outcome.failed; j->world++) {
        j->at = 0;
        j->count = length_of(j->seed, j->world, goal - storm_counts.steps);
        make_list(j->seed, j->world, j->count);
        bool twice = j->world == 0 && j->seed % TWICE_EVERY == 0;
        const char *what = twice ? run_twice(j) : storm_run(&list, &j->at, NULL);
        if (what != NULL) {
            fails(j, what);
            return;
        }
        j->counts = storm_counts;
    }
}

static _Noreturn void run_job(struct job *j, const struct campaign *c, uint64_t number)
{
    dup2(fileno(j->said), STDERR_FILENO);
    for (uint64_t i = number; i < c->seeds && !j->outcome.failed; i += c->jobs) {
        j->seed = c->first + i;
        run_seed(j, c->steps);
    }
    j->done = true;
    _exit(0);
}

static void start(const struct campaign *c)
{
    jobs = mmap(NULL, JOBS_MAX * sizeof(*jobs), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                -1, 0);
    if (jobs == MAP_FAILED) abort();
    fflush(NULL);
    for (uint64_t i = 0; i < c->jobs; i++) {
        struct job *j = &jobs[i];
        j->said = tmpfile();
        if (j->said == NULL) abort();
        pid_t child = fork();
        if (child < 0) abort();
        if (child == 0) run_job(j, c, i);
        j->pid = child;
    }
}

static bool is_stuck(struct job *j)
{
    uint64_t where = j->seed << 40 ^ j->world << 20 ^ j->at;
    if (where != j->seen || j->seen_when == 0) {
        j->seen = where;
        j->seen_when = time(NULL);
    }
    return time(NULL) - j->seen_when > HANGS_SECONDS;
}

/* One has ended, or hangs; false: not yet. */
static bool has_ended(struct job *j)
{
    int status;
    if (waitpid(j->pid, &status, WNOHANG) == j->pid) {
        j->pid = 0;
        if (!j->done) outcome_of_death(status, j->said, &j->outcome);
        return true;
    }
    if (!is_stuck(j)) return false;
    kill(j->pid, SIGKILL);
    waitpid(j->pid, &status, 0);
    j->pid = 0;
    fails(j, "a step does not end");
    return true;
}

static const struct job *watch(uint64_t count)
{
    const struct job *failed = NULL;
    for (uint64_t running = count; running > 0 && failed == NULL;) {
        usleep(20000);
        for (uint64_t i = 0; i < count; i++) {
            if (jobs[i].pid == 0 || !has_ended(&jobs[i])) continue;
            running--;
            if (jobs[i].outcome.failed) failed = &jobs[i];
        }
    }
    for (uint64_t i = 0; i < count; i++) {
        if (jobs[i].pid == 0) continue;
        kill(jobs[i].pid, SIGKILL);
        waitpid(jobs[i].pid, NULL, 0);
    }
    return failed;
}

static void summary(const struct campaign *c, double seconds)
{
    struct storm_counts all = {0};
    for (uint64_t i = 0; i < c->jobs; i++) {
        const struct storm_counts *one = &jobs[i].counts;
        all.worlds += one->worlds;
        all.steps += one->steps;
        all.blocked += one->blocked;
        for (size_t r = 0; r < SHOWN_RESULTS; r++) {
            all.results[r] += one->results[r];
        }
    }
    printf("storm: %llu steps in %llu worlds of %llu seeds from %llu, %.0f steps a second\n"
           "storm: system calls by result:",
           (unsigned long long)all.steps, (unsigned long long)all.worlds,
           (unsigned long long)c->seeds, (unsigned long long)c->first, (double)all.steps / seconds);
    for (size_t r = 0; r < SHOWN_RESULTS; r++) {
        if (all.results[r] != 0) printf(" %zu:%llu", r, (unsigned long long)all.results[r]);
    }
    printf(" waits:%llu\n", (unsigned long long)all.blocked);
}

bool campaign(const struct campaign *c, struct found *out)
{
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    start(c);
    const struct job *failed = watch(c->jobs);
    clock_gettime(CLOCK_MONOTONIC, &end);
    double seconds =
        (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
    summary(c, seconds);
    if (failed == NULL) return true;
    make_list(failed->seed, failed->world, failed->count);
    list.count = failed->at + 1;
    *out = (struct found){failed->seed, failed->world, &list, failed->outcome};
    return false;
}
