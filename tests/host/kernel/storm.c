/* storm.c - campaigns of random steps, what to do when one fails, and lists run again. */
#include "storm.h"

#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "campaign.h"
#include "shrink.h"
#include "storm_names.h"

static const char usage[] =
    "usage: test_kernel_storm [--seeds N] [--steps M] [--first S] [--jobs J] [--out DIR]\n"
    "                         [--stop | --each]\n"
    "       test_kernel_storm --replay FILE | --shrink FILE | --corpus DIR\n"
    "\n"
    "Random steps of the kernel's core from seeds S to S+N-1 (100 from 1), M of each (10000), in "
    "J\n"
    "processes (2). After each step every invariant holds, and the fold of the commits is the\n"
    "state. The first failure is cut to a short list of steps, written to DIR (here).\n"
    "\n"
    "  --stop         does not cut what fails\n"
    "  --each         asks each checker for itself, and goes on; prints those that ever fail\n"
    "  --replay FILE  carries out a list and shows each step; exit status 1 if it fails\n"
    "  --shrink FILE  cuts a list that fails, such as one that the fuzzer found\n"
    "  --corpus DIR   writes 64 lists for the fuzzer to begin with\n";

static struct steps list;
static const char *program, *out_dir = ".";
static bool stops;

/* What to type to see it again. */
static int report(const char *name, const struct outcome *failure)
{
    char path[PATH_MAX], absolute[PATH_MAX];
    size_t before = list.count;
    printf("storm: FAILED: %s\n", failure->text);
    fflush(stdout);
    unsigned tries = shrink(&list, failure);
    snprintf(path, sizeof(path), "%s/%s.steps", out_dir, name);
    FILE *f = fopen(path, "w");
    if (f == NULL) {
        perror(path);
        return 2;
    }
    fprintf(f, "# steps of test_kernel_storm; the first makes the world\n# %s\n", failure->text);
    bool written = steps_write(f, &list);
    if (fclose(f) != 0 || !written || realpath(path, absolute) == NULL) {
        perror(path);
        return 2;
    }
    printf("storm: %zu steps are cut to %zu after the one that makes the world (%u runs)\n"
           "storm: this shows them, and fails again:\n  %s --replay %s\n",
           before - 1, list.count - 1, tries, program, absolute);
    return 1;
}

static int read_list(const char *path)
{
    char message[200];
    if (steps_read(path, &list, message)) return 0;
    fprintf(stderr, "test_kernel_storm: %s: %s\n", path, message);
    return 2;
}

static int replay(const char *path)
{
    if (read_list(path) != 0) return 2;
    const char *what = storm_run(&list, NULL, storm_show);
    if (what != NULL) printf("storm: FAILED: %s\n", what);
    if (what == NULL) printf("storm: %zu steps, nothing fails\n", list.count - 1);
    return what != NULL;
}

static int shrink_file(const char *path)
{
    struct outcome failure;
    if (read_list(path) != 0) return 2;
    outcome_of(&list, &failure);
    if (failure.failed) return report("shrunk", &failure);
    fprintf(stderr, "test_kernel_storm: %s: nothing fails\n", path);
    return 2;
}

static int corpus(const char *dir)
{
    enum { LISTS = 64 };
    for (uint64_t i = 0; i < LISTS; i++) {
        char path[PATH_MAX];
        struct source s = source_of(i, 0);
        size_t count = 8 + i * 2;
        snprintf(path, sizeof(path), "%s/%02u", dir, (unsigned)i);
        FILE *f = fopen(path, "wb");
        for (size_t n = 0; f != NULL && n < count; n++) {
            struct step step = step_random(&s);
            fwrite(&step, sizeof(step), 1, f);
        }
        if (f == NULL || fclose(f) != 0) {
            perror(path);
            return 2;
        }
    }
    return 0;
}

static int run(const struct campaign *c)
{
    struct found found;
    if (campaign(c, &found)) return 0;
    if (stops) {
        printf("storm: FAILED: %s\n", found.outcome.text);
        return 1;
    }
    char name[64];
    list = *found.list;
    snprintf(name, sizeof(name), "seed-%llu", (unsigned long long)found.seed);
    printf("storm: seed %llu, world %llu, step %zu\n", (unsigned long long)found.seed,
           (unsigned long long)found.world, list.count - 1);
    return report(name, &found.outcome);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"seeds", 1, NULL, 'n'},  {"steps", 1, NULL, 'm'},  {"first", 1, NULL, 'f'},
        {"jobs", 1, NULL, 'j'},   {"out", 1, NULL, 'o'},    {"replay", 1, NULL, 'r'},
        {"shrink", 1, NULL, 's'}, {"corpus", 1, NULL, 'c'}, {"help", 0, NULL, 'h'},
        {"stop", 0, NULL, 'S'},   {"each", 0, NULL, 'e'},   {NULL, 0, NULL, 0},
    };
    struct campaign c = {.seeds = 100, .steps = 10000, .first = 1, .jobs = 2};
    const char *file = NULL;
    int mode = 0;
    program = argv[0];
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        uint64_t number = optarg != NULL ? strtoull(optarg, NULL, 0) : 0;
        if (o == 'n') c.seeds = number;
        if (o == 'm') c.steps = number;
        if (o == 'f') c.first = number;
        if (o == 'j') c.jobs = number;
        if (o == 'o') out_dir = optarg;
        if (o == 'S') stops = true;
        if (strchr("rsceh?", o) != NULL) mode = o;
        if (o == 'r' || o == 's' || o == 'c') file = optarg;
    }
    bool wrong = mode == '?' || optind != argc || c.jobs == 0 || c.jobs > JOBS_MAX ||
                 c.seeds == 0 || c.steps == 0;
    if (wrong || mode == 'h') {
        fputs(usage, wrong ? stderr : stdout);
        return wrong ? 2 : 0;
    }
    if (mode == 'r') return replay(file);
    if (mode == 's') return shrink_file(file);
    if (mode == 'e') {
        storm_each(c.first, c.seeds, c.steps);
        return 0;
    }
    return mode == 'c' ? corpus(file) : run(&c);
}
