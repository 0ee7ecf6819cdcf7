/* main.c - options, and the table of what was explored. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "configs.h"
#include "unit.h"

enum { WHOLE = 1, IN_STEPS = 2, BOTH = 3 };
#ifdef EXPLORE_STEPS /* the core is a copy whose revoke and delete stop after two slots */
enum { RUN = IN_STEPS };
#else
enum { RUN = WHOLE };
#endif

/* Those that come to an end first: what they leave of the states is the others'. */
static const struct {
    const char *name;
    config_fn *make;
    uint32_t share;
    uint8_t run;
} configs[] = {
    {"ipc", config_ipc, 5, WHOLE},           {"vspace", config_vspace, 5, WHOLE},
    {"transfer", config_transfer, 9, WHOLE}, {"revoke", config_revoke, 20, IN_STEPS},
    {"end", config_end, 20, IN_STEPS},       {"notify", config_notify, 25, WHOLE},
    {"budget", config_budget, 20, WHOLE},    {"caps", config_caps, 10, WHOLE},
    {"retype", config_retype, 10, BOTH},     {"order", config_order, 20, WHOLE},
    {"cpus", config_cpus, 20, BOTH},         {"log", config_log, 6, WHOLE},
};
#define STATES_LIMIT 4000000000ull
enum { CONFIGS = sizeof(configs) / sizeof(configs[0]) };

static const char usage[] =
    "usage: explore [--states N] [--config NAME] [--witness NAME] [--smoke]\n"
    "  --states N      at most N states in all configurations (1100000)\n"
    "  --config NAME   only this configuration\n"
    "  --witness NAME  print the shortest sequence that leads to a situation\n"
    "  --smoke         look at memory after each operation; situations need not be met\n";

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

struct options {
    uint64_t limit;
    const char *only, *wanted;
    bool smoke;
};

static bool config_known(const char *name)
{
    for (uint32_t i = 0; i < CONFIGS; i++) {
        if (strcmp(configs[i].name, name) == 0) return true;
    }
    return false;
}

static uint64_t number(const char *text)
{
    char *end;
    unsigned long long n = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || n == 0) refuse("not a number above 0", text);
    if (n > STATES_LIMIT) refuse("more states than have numbers", text);
    return n;
}

static struct options options_of(int argc, char **argv)
{
    struct options o = {.limit = STATES_MAX_DEFAULT};
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i], *value = argv[i + 1];
        bool takes = strcmp(name, "--states") == 0 || strcmp(name, "--config") == 0 ||
                     strcmp(name, "--witness") == 0;
        if (strcmp(name, "--help") == 0) {
            fputs(usage, stdout);
            exit(0);
        }
        if (strcmp(name, "--smoke") == 0) {
            o.smoke = true;
            continue;
        }
        if (!takes) refuse("no such option", name);
        if (value == NULL) refuse("nothing after it", name);
        i++;
        if (strcmp(name, "--states") == 0) {
            o.limit = number(value);
        } else if (strcmp(name, "--config") == 0) {
            o.only = value;
        } else {
            o.wanted = value;
        }
    }
    if (o.only != NULL && !config_known(o.only)) refuse("no such configuration", o.only);
    if (o.wanted != NULL && !witness_known(o.wanted)) refuse("no such situation", o.wanted);
    return o;
}

static uint64_t explore(uint32_t config, uint64_t limit, const struct options *o)
{
    double start = seconds();
    configs[config].make();
    struct search_result r = search(limit, o->smoke);
    double took = seconds() - start;
    witness_config_end(o->wanted);
    printf("%-10s %10llu states %11llu steps  depth %3u  %s  %6.1f s  %7.0f states/s  %4u lines\n",
           world.name, (unsigned long long)r.states, (unsigned long long)r.transitions, r.depth,
           r.exhausted ? "exhausted" : "cut      ", took, (double)r.states / took, lines_count());
    fflush(stdout);
    store_end();
    return r.states;
}

int main(int argc, char **argv)
{
    struct options o = options_of(argc, argv);
    uint64_t states = 0, shares = 0;
    for (uint32_t i = 0; i < CONFIGS; i++) {
        if (configs[i].run & RUN) shares += configs[i].share;
    }
    step_begin();
    for (uint32_t i = 0; i < CONFIGS; i++) {
        if (!(configs[i].run & RUN)) continue;
        uint64_t left = o.limit - states, limit = left * configs[i].share / shares;
        shares -= configs[i].share;
        if (o.only == NULL) states += explore(i, limit, &o);
        if (o.only != NULL && strcmp(o.only, configs[i].name) == 0)
            states += explore(i, o.limit, &o);
    }
    results_print();
    struct rusage used;
    if (getrusage(RUSAGE_SELF, &used) != 0) return 2;
    printf("%llu states in %.1f s, %ld MiB\n", (unsigned long long)states, seconds(),
           used.ru_maxrss >> 10);
    return witness_all_met(RUN == IN_STEPS) || o.only != NULL || o.smoke ? 0 : 1;
}
