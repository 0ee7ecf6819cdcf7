/* main.c - options, and the table of what was explored. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "configs.h"
#include "unit.h"

#ifdef EXPLORE_STEPS /* the core is a copy whose revoke and delete stop after two slots */
enum { STEPS = 1 };
#else
enum { STEPS = 0 };
#endif

static const struct {
    const char *name;
    config_fn *make;
    uint32_t share; /* of the states, in 1000 */
    bool steps;
} configs[] = {
    {"ipc", config_ipc, 100, false},       {"transfer", config_transfer, 100, false},
    {"notify", config_notify, 300, false}, {"caps", config_caps, 150, false},
    {"retype", config_retype, 150, false}, {"vspace", config_vspace, 50, false},
    {"budget", config_budget, 300, false}, {"revoke", config_revoke, 500, true},
    {"end", config_end, 500, true},
};
enum { CONFIGS = sizeof(configs) / sizeof(configs[0]) };

static const char usage[] =
    "usage: explore [--states N] [--config NAME] [--witness NAME]\n"
    "  --states N      at most N states in all configurations (1100000)\n"
    "  --config NAME   only this configuration\n"
    "  --witness NAME  print the shortest sequence that leads to a situation\n";

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static _Noreturn void refuse(const char *what, const char *arg)
{
    fprintf(stderr, "explore: %s: %s\n%s", what, arg, usage);
    exit(2);
}

int main(int argc, char **argv)
{
    uint64_t limit = STATES_MAX_DEFAULT, states = 0;
    const char *only = NULL, *wanted = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            fputs(usage, stdout);
            return 0;
        }
        if (i + 1 == argc) refuse("no such option, or nothing after it", argv[i]);
        if (strcmp(argv[i], "--states") == 0) {
            limit = strtoull(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--config") == 0) {
            only = argv[++i];
        } else if (strcmp(argv[i], "--witness") == 0) {
            wanted = argv[++i];
        } else {
            refuse("no such option", argv[i]);
        }
    }
    if (wanted != NULL && !witness_known(wanted)) refuse("no such situation", wanted);
    step_begin();
    for (uint32_t i = 0; i < CONFIGS; i++) {
        if (only == NULL ? configs[i].steps != STEPS : strcmp(only, configs[i].name) != 0) continue;
        double start = seconds();
        configs[i].make();
        struct search_result r = search(limit * configs[i].share / 1000);
        double took = seconds() - start;
        witness_config_end(wanted);
        printf(
            "%-10s %9llu states %10llu steps  depth %3u  %s  %6.1f s  %7.0f states/s  %u lines\n",
            world.name, (unsigned long long)r.states, (unsigned long long)r.transitions, r.depth,
            r.exhausted ? "exhausted" : "cut      ", took, (double)r.states / took, lines_count());
        states += r.states;
        store_end();
    }
    printf("%llu states\n", (unsigned long long)states);
    return witness_all_met(STEPS) || only != NULL ? 0 : 1;
}
