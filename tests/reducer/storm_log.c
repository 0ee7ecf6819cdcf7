/* storm_log.c - worlds of the storm, and the commits of each as a file of records. */
#include <stdio.h>
#include <stdlib.h>

#include "harness.h"
#include "storm.h"

static FILE *out;
static uint64_t written;
static bool whole;

/* A world that is made with full rings has overwritten its first commits before the first step. */
static const char *keep_commits(void)
{
    whole &= log_header()->commit_head - written <= LOG_COMMITS;
    for (; written < log_header()->commit_head; written++) {
        if (fwrite(commit_at(written), sizeof(struct commit), 1, out) != 1) abort();
    }
    return NULL;
}

static bool run_world(uint64_t seed, uint64_t number, size_t steps)
{
    static struct steps list;
    struct source s = source_of(seed, number);
    list.count = steps;
    for (size_t i = 0; i < steps; i++) {
        list.at[i] = step_random(&s);
    }
    written = 0;
    whole = true;
    const char *what = storm_run(&list, NULL, NULL);
    if (what == NULL) return whole;
    fprintf(stderr, "world %lu of seed %lu: %s\n", number, seed, what);
    exit(1);
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: reducer_storm FOLDER SEED WORLDS STEPS\n");
        return 2;
    }
    uint64_t seed = strtoull(argv[2], NULL, 10), worlds = strtoull(argv[3], NULL, 10);
    size_t steps = strtoull(argv[4], NULL, 10);
    storm_check = keep_commits;
    for (uint64_t i = 0, kept = 0; kept < worlds; i++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/%lu", argv[1], kept);
        out = fopen(path, "wb");
        if (out == NULL || steps > STEPS_MAX) return 2;
        kept += run_world(seed, i, steps);
        fclose(out);
    }
    return 0;
}
