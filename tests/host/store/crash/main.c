/*
 * main.c - the crash explorer of the log store: every interleaving of up to so many operations with
 * what store and device do, a power cut at every moment; and long random ones.
 *
 *     crash_explore short | long
 *     crash_explore SHAPE OPS RUNS [SEED]     OPS operations, then random runs
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

enum { VISITED = 1 << 22, PRELOADS = 5, RANDOM_STEPS = 400, DEPTH_MAX = 200 };

static const struct shape shapes[] = {
    {"one", 1, 2, 3, 16},  /* groups of one block, two to a segment: an anchor every other group */
    {"two", 2, 4, 3, 28},  /* groups of up to two blocks */
    {"deep", 1, 8, 6, 28}, /* many writes under way */
    {"wide", 4, 8, 4, 60},
};

static uint64_t *visited, nodes;
static uint64_t seed = 1;
static uint32_t op_count = OP_COUNT;

struct plan {
    const char *shape;
    uint32_t ops, runs, continue_every;
    bool burst; /* many times the states: a burst's writes are many, and all their sectors differ */
};
static const struct plan plan_short[] = {
    {"one", 3, 0, 16, false},
    {"one", 1, 5, 4, true},
    {"two", 1, 3, 16, true},
    {"deep", 1, 0, 8, true},
};
static const struct plan plan_long[] = {
    {"one", 3, 0, 1, false},  {"two", 3, 0, 1, false}, {"deep", 3, 0, 1, false},
    {"wide", 3, 0, 1, false}, {"one", 2, 50, 4, true}, {"deep", 2, 20, 4, true},
    {"two", 1, 20, 4, true},  {"wide", 1, 3, 8, true},
};

static uint64_t random_number(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed * 0x2545f4914f6cdd1dull;
}

static bool visit(uint64_t hash)
{
    uint64_t i = hash % VISITED;
    hash += hash == 0;
    while (visited[i] != 0) {
        if (visited[i] == hash) return false;
        i = (i + 1) % VISITED;
    }
    visited[i] = hash;
    if (++nodes > VISITED / 2) broken("more states than the explorer has room for");
    return true;
}

struct moment { /* and which of its ways was gone last */
    void *saved;
    uint32_t ops, way, ways, length;
};

static bool arrive(struct moment *m, uint32_t ops)
{
    if (!visit(world_hash() * 31 + ops)) return false;
    check_crash();
    check_next_boots();
    *m = (struct moment){.saved = world_save(), .ops = ops, .length = trace_length()};
    m->ways = op_count + 1 + world_under_way();
    return true;
}

/* Each operation, the next request, the end of each request. False: this way is none. */
static bool go(const struct moment *m, uint32_t way)
{
    world_restore(m->saved);
    trace_cut(m->length);
    if (way < op_count) return m->ops > 0 && world_do((enum world_op)way);
    if (way == op_count) return world_submit();
    world_complete(way - op_count - 1, STORE_IO_OK);
    return true;
}

static void explore(uint32_t ops)
{
    static struct moment moments[DEPTH_MAX];
    uint32_t depth = arrive(&moments[0], ops) ? 1 : 0;
    while (depth > 0) {
        struct moment *m = &moments[depth - 1];
        if (m->way == m->ways) {
            free(m->saved);
            depth--;
            continue;
        }
        uint32_t way = m->way++;
        if (!go(m, way)) continue;
        if (depth == DEPTH_MAX) broken("more steps than the explorer has room for");
        if (arrive(&moments[depth], m->ops - (way < op_count ? 1 : 0))) depth++;
    }
}

static void start(const struct shape *s)
{
    trace_cut(0);
    world_clear(s);
    if (world_open() != STORE_OK) {
        broken("does not format: %s", store_text(store_status(&world->store)));
    }
}

static void exhaustively(const struct shape *s, uint32_t ops)
{
    struct check_counts before = counts;
    check_begin();
    memset(visited, 0, VISITED * sizeof(*visited));
    nodes = 0;
    for (uint32_t preload = 0; preload < PRELOADS; preload++) {
        start(s);
        for (uint32_t i = 0; i < preload; i++) {
            (void)world_do(OP_SMALL);
            world_drain();
        }
        explore(ops);
    }
    printf("%s: %u operations: %llu moments, %llu crash states, %llu different media, %llu with "
           "the next boot\n",
           s->name, ops, (unsigned long long)nodes,
           (unsigned long long)(counts.states - before.states),
           (unsigned long long)(counts.distinct - before.distinct),
           (unsigned long long)(counts.continued - before.continued));
}

/* The device fails a request; the others end; the driver comes back. */
static void fail_one(void)
{
    world_complete((uint32_t)(random_number() % world_under_way()),
                   random_number() % 2 ? STORE_IO_FAILED : STORE_IO_SHORT);
    check_crash();
    while (world_under_way() > 0) {
        world_complete(0, random_number() % 2 ? STORE_IO_OK : STORE_IO_FAILED);
    }
    store_retry(&world->store);
}

static void random_step(void)
{
    uint64_t what = random_number() % 100;
    if (what < 30) {
        void *saved = world_save();
        if (!world_do((enum world_op)(random_number() % OP_COUNT))) world_restore(saved);
        free(saved);
    } else if (what < 60) {
        (void)world_submit();
    } else if (world_under_way() > 0 && what < 97) {
        world_complete((uint32_t)(random_number() % world_under_way()), STORE_IO_OK);
    } else if (world_under_way() > 0) {
        fail_one();
    }
}

static void randomly(const struct shape *s, uint64_t runs)
{
    struct check_counts before = counts;
    uint64_t cuts = 0;
    for (uint64_t run = 0; run < runs; run++) {
        check_begin();
        start(s);
        for (uint32_t step = 0; step < RANDOM_STEPS; step++) {
            trace_cut(0);
            trace("run %llu step %u: ", (unsigned long long)run, step);
            random_step();
            check_crash();
            check_next_boots();
            if (random_number() % 60 != 0) continue;
            cuts++;
            if (!check_cut(random_number)) break;
        }
        world_drain();
        if (world->acknowledged > world->records) broken("more acknowledged than appended");
    }
    printf(
        "%s: %llu random runs of %u steps, %llu boots: %llu crash states, %llu different media\n",
        s->name, (unsigned long long)runs, RANDOM_STEPS, (unsigned long long)cuts,
        (unsigned long long)(counts.states - before.states),
        (unsigned long long)(counts.distinct - before.distinct));
}

static void run(const struct plan *plan)
{
    for (uint32_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        if (strcmp(plan->shape, shapes[i].name) != 0) continue;
        op_count = plan->burst ? OP_COUNT : OP_BURST;
        limits.continue_every = plan->continue_every;
        if (plan->ops > 0) exhaustively(&shapes[i], plan->ops);
        if (plan->runs > 0) randomly(&shapes[i], plan->runs);
    }
}

int main(int argc, char **argv)
{
    const struct plan *plans = plan_short;
    struct plan own = {.continue_every = 16, .burst = true};
    uint32_t count = sizeof(plan_short) / sizeof(plan_short[0]);
    if (argc == 2 && strcmp(argv[1], "long") == 0) {
        plans = plan_long;
        count = sizeof(plan_long) / sizeof(plan_long[0]);
    } else if (argc >= 4) {
        own.shape = argv[1];
        own.ops = (uint32_t)atoi(argv[2]);
        own.runs = (uint32_t)atoi(argv[3]);
        if (argc > 4) seed = (uint64_t)atoll(argv[4]);
        plans = &own;
        count = 1;
    } else if (argc != 2 || strcmp(argv[1], "short") != 0) {
        (void)fprintf(stderr, "usage: crash_explore short | long | SHAPE OPS RUNS [SEED]\n");
        return 2;
    }
    visited = calloc(VISITED, sizeof(*visited));
    if (visited == NULL || seed == 0) return 2;
    for (uint32_t i = 0; i < count; i++) {
        run(&plans[i]);
    }
    if (counts.states == 0) broken("nothing was explored");
    printf("crash_explore: %llu crash states, %llu different media recovered: all hold what was "
           "acknowledged, and nothing half (%llu places bounded)\n",
           (unsigned long long)counts.states, (unsigned long long)counts.distinct,
           (unsigned long long)counts.bounded);
    return 0;
}
