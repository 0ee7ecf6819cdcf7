/*
 * interrupts_off.c - a QEMU plugin: how many instructions the kernel runs with interrupts off.
 *
 * Interrupts are off in the kernel except at `hlt` in `idle`. So a stretch begins with the first
 * instruction at or above KERNEL_BASE after the way out (sysret, iret) or `hlt`, and ends with the
 * next of these. Translated blocks are counted: nothing in the kernel leaves a block in its middle.
 * QEMU runs a block once for each repetition of a `rep` instruction, so each repetition counts as
 * one instruction: the most that can be said for any CPU.
 *
 * Arguments: out=FILE, a report as JSON; kinds=FILE, lines "ADDRESS RANK NAME" of functions that
 * say what a stretch is about. Of those that ran the first of the highest rank names it.
 */
#include "qemu_plugin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CPUS = 8, KINDS = 128, BLOCKS = 4096, NAME = 48, DECADES = 24 };
#define KERNEL_BASE 0xffffffff80000000ull

int qemu_plugin_version = QEMU_PLUGIN_INTERFACE;

struct block { /* one translation; never freed, QEMU may run it until its end */
    uint64_t at;
    uint32_t length;
    uint16_t kind; /* index in kinds, 0 none */
    bool leaves, repeats;
    uint64_t stretch[CPUS], hits[CPUS]; /* how often it ran in that stretch of this CPU */
};

struct cost {
    uint64_t at, instructions;
};
struct kind {
    uint64_t at;
    uint32_t rank;
    char name[NAME];
    uint64_t count, longest, repeated;
    struct cost *costs; /* of the longest: which blocks */
    uint32_t cost_count;
};
static struct kind kinds[KINDS] = {[0] = {.name = "other"}};
static uint32_t kind_count = 1;

static struct running {
    uint64_t number, instructions, repeated;
    uint32_t kind, block_count;
    bool booted;
    struct block *blocks[BLOCKS]; /* that ran in this stretch; more are counted, not listed */
} cpus[CPUS];
static uint64_t boot_instructions, stretches, by_size[DECADES];
static const char *out_path;

static void keep_longest(const struct running *r, unsigned int cpu, struct kind *k)
{
    k->longest = r->instructions;
    k->repeated = r->repeated;
    free(k->costs);
    k->costs = calloc(r->block_count + 1, sizeof(k->costs[0]));
    k->cost_count = k->costs != NULL ? r->block_count : 0;
    for (uint32_t i = 0; i < k->cost_count; i++) {
        const struct block *b = r->blocks[i];
        k->costs[i] = (struct cost){b->at, b->hits[cpu] * b->length};
    }
}

static void stretch_end(struct running *r, unsigned int cpu)
{
    struct kind *k = &kinds[r->kind];
    uint32_t bit = 0;
    while (r->instructions >> (bit + 1) != 0) {
        bit++;
    }
    if (cpu == 0 && !r->booted) {
        boot_instructions = r->instructions;
    } else {
        stretches++;
        by_size[bit]++;
        k->count++;
        if (r->instructions > k->longest) keep_longest(r, cpu, k);
    }
    r->booted = true;
    r->number++;
    r->instructions = r->repeated = 0;
    r->kind = r->block_count = 0;
}

static void block_runs(unsigned int cpu, void *data)
{
    struct block *b = data;
    struct running *r = &cpus[cpu % CPUS];
    cpu %= CPUS;
    if (b->stretch[cpu] != r->number + 1) {
        b->stretch[cpu] = r->number + 1;
        b->hits[cpu] = 0;
        if (r->block_count < BLOCKS) r->blocks[r->block_count++] = b;
    }
    b->hits[cpu]++;
    r->instructions += b->length;
    r->repeated += b->repeats;
    if (kinds[b->kind].rank > kinds[r->kind].rank) r->kind = b->kind;
    if (b->leaves) stretch_end(r, cpu);
}

static bool leaves(const uint8_t *code, size_t size)
{
    if (size == 1) return code[0] == 0xf4;                                     /* hlt */
    if (size == 2) return code[0] == 0x48 && code[1] == 0xcf;                  /* iretq */
    return size == 3 && code[0] == 0x48 && code[1] == 0x0f && code[2] == 0x07; /* sysretq */
}

static bool repeats(const uint8_t *code, size_t size)
{
    return size >= 2 && (code[0] == 0xf2 || code[0] == 0xf3) &&
           ((code[size - 1] >= 0xa4 && code[size - 1] <= 0xa7) ||
            (code[size - 1] >= 0xaa && code[size - 1] <= 0xaf));
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    size_t length = qemu_plugin_tb_n_insns(tb);
    if (qemu_plugin_tb_vaddr(tb) < KERNEL_BASE || length == 0) return;
    struct block *b = calloc(1, sizeof(*b));
    if (b == NULL) abort();
    const struct qemu_plugin_insn *last = qemu_plugin_tb_get_insn(tb, length - 1);
    const uint8_t *code = qemu_plugin_insn_data(last);
    b->at = qemu_plugin_tb_vaddr(tb);
    b->length = (uint32_t)length;
    b->leaves = leaves(code, qemu_plugin_insn_size(last));
    b->repeats = repeats(code, qemu_plugin_insn_size(last));
    for (uint32_t i = 1; i < kind_count; i++) {
        if (kinds[i].at == b->at) b->kind = (uint16_t)i;
    }
    qemu_plugin_register_vcpu_tb_exec_cb(tb, block_runs, 0, b);
}

static void kind_print(FILE *out, const struct kind *k)
{
    fprintf(out,
            "  {\"name\": \"%s\", \"count\": %" PRIu64 ", \"longest\": %" PRIu64
            ", \"repeated\": %" PRIu64 ", \"costs\": [",
            k->name, k->count, k->longest, k->repeated);
    for (uint32_t i = 0; i < k->cost_count; i++) {
        fprintf(out, "%s[%" PRIu64 ", %" PRIu64 "]", i != 0 ? ", " : "", k->costs[i].at,
                k->costs[i].instructions);
    }
    fprintf(out, "]}");
}

static void report(uint64_t id, void *data)
{
    (void)id;
    (void)data;
    FILE *out = fopen(out_path, "w");
    if (out == NULL) return; /* the reader misses the file */
    fprintf(out, "{\"boot\": %" PRIu64 ", \"stretches\": %" PRIu64 ", \"by_size\": [",
            boot_instructions, stretches);
    for (uint32_t i = 0; i < DECADES; i++) {
        fprintf(out, "%s%" PRIu64, i != 0 ? ", " : "", by_size[i]);
    }
    fprintf(out, "],\n \"kinds\": [");
    const char *between = "\n";
    for (uint32_t i = 0; i < kind_count; i++) {
        if (kinds[i].count == 0) continue;
        fputs(between, out);
        kind_print(out, &kinds[i]);
        between = ",\n";
    }
    fprintf(out, "\n ]}\n");
    fclose(out);
}

static bool kinds_read(const char *path)
{
    FILE *in = fopen(path, "r");
    if (in == NULL) return false;
    while (kind_count < KINDS) {
        struct kind *k = &kinds[kind_count];
        if (fscanf(in, "%" SCNx64 " %" SCNu32 " %47s", &k->at, &k->rank, k->name) != 3) break;
        kind_count++;
    }
    bool all = fgetc(in) == EOF || feof(in);
    fclose(in);
    return all;
}

int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv)
{
    (void)info;
    const char *kinds_path = plugin_option(argc, argv, "kinds=");
    out_path = plugin_out(argc, argv, "interrupts_off");
    if (out_path == NULL) return 1;
    if (kinds_path != NULL && !kinds_read(kinds_path)) {
        fprintf(stderr, "interrupts_off: %s cannot be read\n", kinds_path);
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, report, NULL);
    return 0;
}
