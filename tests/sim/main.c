/*
 * main.c - runs seeds, and makes a failure small.
 *
 *   sim [--seed N] [--seeds COUNT] [--steps M] [--says] [--crashes STEP,STEP...] [--plant FAULT]
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "steps.h"

enum { PATIENCE = 200000, FLIPS_SEEDS = 100 /* fewer may see none */ };

struct options options = {.seed = 1, .seeds = 1, .steps = 100000};
struct told *told;

static void run_seed(void)
{
    steps_setup();
    for (sim.step = 1; sim.step <= options.steps && !sim.given_up; sim.step++) {
        step();
    }
    /* In the end the power is cut once more; then all is quiet, and everybody gets an answer. */
    sim.quiet = true;
    if (sim.disk) power_cut();
    for (uint32_t i = 0; !sim.given_up && steps_who_waits() != NULL; i++, sim.step++) {
        if (i == PATIENCE) sim_fail("%s waits for ever", steps_who_waits());
        step();
    }
    if (sim.given_up)
        printf("seed %lu, step %lu: the ledger gave the disk up\n", options.seed, sim.step);
    told->steps += sim.step - 1;
    told->given_up += sim.given_up;
    for (uint32_t i = 0; i < COUNTS; i++) {
        told->sum[i] += ((const uint64_t *)&sim.count)[i];
    }
}

/* What was done in all seeds, and how fast. */
static bool summary(void)
{
    struct rusage used;
    const struct counts *c = (const struct counts *)told->sum;
    (void)getrusage(RUSAGE_CHILDREN, &used);
    double seconds = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                     (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    printf("%lu seeds, %lu steps in %.1f s of processor: %.0f a second\n", options.seeds,
           told->steps, seconds, (double)told->steps / seconds);
    printf("%lu processes ended, %lu power cuts, %lu seeds that gave the disk up\n", c->crashes,
           c->cuts, told->given_up);
    printf("disks: %lu requests failed, %lu writes torn, %lu sectors lost, %lu cuts behind one who "
           "ended\n",
           c->faults, c->torn, c->lost, c->lures);
    if (sim.flips)
        printf(
            "%lu bits flipped, %lu of them in what stands there twice; %lu refusals told of it\n",
            c->flips, c->copies, c->refusals);
    printf(
        "%lu operations answered, %lu states compared with the fold of %lu records, %lu parts of "
        "checkpoints\n",
        c->operations, c->checks, c->folded, c->parts);
    bool compared = c->checks > 0 && c->operations > 0;
    bool flipped = c->flips > 0 && c->copies > 0 && c->refusals > 0;
    if (!compared) printf("FAILED: nothing was compared\n");
    if (sim.flips && options.seeds >= FLIPS_SEEDS && !flipped)
        printf("FAILED: no bit flipped, or nobody told of one\n");
    return compared && (flipped || !sim.flips || options.seeds < FLIPS_SEEDS);
}

/* In a process of its own: what went wrong stays there. True: all was well. */
static bool run_apart(void)
{
    fflush(NULL);
    told->count = 0;
    told->text[0] = '\0';
    pid_t child = fork();
    if (child == 0) {
        run_seed();
        fflush(NULL);
        _exit(0);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFSIGNALED(status))
        snprintf(told->text, sizeof(told->text), "signal %d", WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0 && told->text[0] == '\0')
        snprintf(told->text, sizeof(told->text), "exit code %d", WEXITSTATUS(status));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The same failure, whatever its numbers are. */
static bool same_words(const char *a, const char *b)
{
    static const char numbers[] = "0123456789abcdef";
    for (;; a++, b++) {
        a += strspn(a, numbers);
        b += strspn(b, numbers);
        if (*a != *b) return false;
        if (*a == '\0') return true;
    }
}

/* Fewer crashes that still end in the same words, fewer steps. */
static void shrink(void)
{
    char words[sizeof(told->text)];
    strcpy(words, told->text);
    options.given = true;
    options.crash_count = told->count;
    memcpy(options.crashes, told->step, sizeof(options.crashes));
    if (told->failed_at != 0) options.steps = told->failed_at;
    int out = dup(STDOUT_FILENO);
    fflush(NULL);
    if (freopen("/dev/null", "w", stdout) == NULL) return;
    for (uint32_t part = options.crash_count; part > 0; part /= 2) {
        for (uint32_t at = 0; at < options.crash_count;) {
            const struct options was = options;
            uint32_t n = part < options.crash_count - at ? part : options.crash_count - at;
            options.crash_count -= n;
            memmove(options.crashes + at, was.crashes + at + n,
                    (options.crash_count - at) * sizeof(uint64_t));
            if (!run_apart() && same_words(told->text, words)) {
                if (told->failed_at != 0) options.steps = told->failed_at;
                continue;
            }
            options = was;
            at += n;
        }
    }
    fflush(NULL);
    dup2(out, STDOUT_FILENO);
    printf("FAILED: seed %lu: %s\n  again, with %u crashes:%s --seed %lu --steps %lu --crashes ",
           options.seed, words, options.crash_count, sim.flips ? " --flips" : "", options.seed,
           options.steps);
    for (uint32_t i = 0; i < options.crash_count; i++) {
        printf("%s%lu", i > 0 ? "," : "", options.crashes[i]);
    }
    printf("%s\n", options.crash_count == 0 ? "none" : "");
}

static void crashes_read(char *list)
{
    options.given = true;
    for (char *word = strtok(list, ","); word != NULL; word = strtok(NULL, ",")) {
        uint64_t at = strtoull(word, NULL, 10);
        if (at != 0 && options.crash_count < CRASHES) options.crashes[options.crash_count++] = at;
    }
}

static bool options_read(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--says") == 0) {
            sim.says = true;
            continue;
        }
        if (strcmp(argv[i], "--flips") == 0) {
            sim.flips = true;
            continue;
        }
        if (strcmp(argv[i], "--memory") == 0) {
            sim.disk = false;
            continue;
        }
        if (value == NULL) return false;
        if (strcmp(argv[i], "--seed") == 0)
            options.seed = strtoull(value, NULL, 10);
        else if (strcmp(argv[i], "--seeds") == 0)
            options.seeds = strtoull(value, NULL, 10);
        else if (strcmp(argv[i], "--steps") == 0)
            options.steps = strtoull(value, NULL, 10);
        else if (strcmp(argv[i], "--plant") == 0)
            sim.plant = value;
        else if (strcmp(argv[i], "--crashes") == 0)
            crashes_read(value);
        else
            return false;
        i++;
    }
    return options.seeds > 0 && options.steps > 0;
}

int main(int argc, char **argv)
{
    sim.disk = true;
    if (!options_read(argc, argv)) {
        fprintf(stderr,
                "usage: sim [--seed N] [--seeds COUNT] [--steps M] [--says] [--memory] [--flips]\n"
                "           [--crashes STEP,...|none] [--plant drop|twice]\n");
        return 2;
    }
    told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (told == MAP_FAILED) return 2;
    for (uint64_t end = options.seed + options.seeds; options.seed < end; options.seed++) {
        if (run_apart()) continue;
        shrink();
        return 1;
    }
    return summary() ? 0 : 1;
}
