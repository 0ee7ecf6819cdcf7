/*
 * counts.c - a QEMU plugin: what ran in the stretches that tests/bench/micro measures.
 *
 * A stretch lies between two `rdtsc` in user mode. Where micro keeps one it executes a marker, a
 * no-operation with a number of ours in it; another marker begins a row. Of each row the shortest
 * stretch is reported: instructions, which must be what `rdtsc` said; how many in user mode; the
 * longest pass through the kernel, which has interrupts off; some instructions that cost more than
 * others; and how often each place ran, 32,768 places at most.
 *
 * Arguments: out=FILE, the report as JSON; lines=1, also how many cache lines the kernel touched.
 */
#include "micro/marker.h"
#include "qemu_plugin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PLACES = 1 << 18,
    PLACE_SHIFT = 64 - 18,
    RUN_MAX = 1 << 15,
    LINES = 1 << 14,
    ROWS = 256,
    LINE_SHIFT = 6
};
#define KERNEL_BASE 0xffffffff80000000ull

int qemu_plugin_version = QEMU_PLUGIN_INTERFACE;

enum special { SPECIAL_NONE, SPECIAL_CR3, SPECIAL_MSR, SPECIAL_INVLPG, SPECIALS };
static const char *const special_names[SPECIALS] = {NULL, "cr3", "msr", "invlpg"};

struct place { /* an instruction; of several programs, if they share the address */
    uint64_t at, stretch, hits;
    uint8_t special;
};
struct hit {
    uint64_t at, hits;
};
struct counts {
    uint64_t instructions, user, longest, special[SPECIALS];
    uint64_t data_lines, code_lines;
};

static struct place places[PLACES]; /* by address, open hashing */
static struct place *ran[RUN_MAX];  /* in this stretch */
static uint32_t ran_count;
static struct line_set {
    uint64_t line[LINES], stretch[LINES];
} data_lines, code_lines;
static struct counts now;
static uint64_t stretch = 1, pass;
static bool wants_lines;

static struct kept {
    bool valid;
    struct counts counts;
    struct hit *hits;
    uint32_t hit_count;
} candidate, rows[ROWS];
static uint32_t row_count; /* 0: nothing is measured yet */
static const char *out_path;

static void fail(const char *why)
{
    fprintf(stderr, "counts: %s\n", why);
    exit(1);
}

static struct place *place_of(uint64_t at)
{
    for (uint64_t i = at * 0x9e3779b97f4a7c15ull >> PLACE_SHIFT;; i = (i + 1) % PLACES) {
        if (places[i].at == at) return &places[i];
        if (places[i].at != 0) continue;
        places[i].at = at;
        return &places[i];
    }
}

/* True: the line is new in this stretch. */
static bool line_add(struct line_set *set, uint64_t line)
{
    for (uint64_t i = line * 0x9e3779b97f4a7c15ull >> 50, tries = 0; tries < LINES; tries++) {
        if (set->stretch[i] == stretch && set->line[i] == line) return false;
        if (set->stretch[i] != stretch) {
            set->stretch[i] = stretch;
            set->line[i] = line;
            return true;
        }
        i = (i + 1) % LINES;
    }
    return false;
}

static void place_runs(struct place *p)
{
    now.instructions++;
    if (row_count == 0) return;
    if (p->stretch != stretch) {
        p->stretch = stretch;
        p->hits = 0;
        if (ran_count < RUN_MAX) ran[ran_count++] = p;
        if (wants_lines && p->at >= KERNEL_BASE)
            now.code_lines += line_add(&code_lines, p->at >> LINE_SHIFT);
    }
    p->hits++;
}

static void kernel_runs(unsigned int cpu, void *data)
{
    const struct place *p = data;
    (void)cpu;
    place_runs(data);
    now.special[p->special]++;
    if (++pass > now.longest) now.longest = pass;
}

static void kernel_touches(unsigned int cpu, uint32_t info, uint64_t at, void *data)
{
    (void)cpu;
    (void)data;
    if (row_count == 0) return;
    uint64_t last = at + (1ull << qemu_plugin_mem_size_shift(info)) - 1;
    now.data_lines += line_add(&data_lines, at >> LINE_SHIFT);
    if (last >> LINE_SHIFT != at >> LINE_SHIFT)
        now.data_lines += line_add(&data_lines, last >> LINE_SHIFT);
}

static void user_runs(unsigned int cpu, void *data)
{
    (void)cpu;
    place_runs(data);
    now.user++;
    pass = 0;
}

/* This stretch ends, and is a candidate if it is the shortest of its row; the next begins. */
static void stamp_runs(unsigned int cpu, void *data)
{
    struct kept *row = &rows[row_count];
    free(candidate.hits);
    candidate = (struct kept){0};
    if (row_count != 0 && (!row->valid || now.instructions < row->counts.instructions)) {
        candidate = (struct kept){true, now, calloc(ran_count + 1, sizeof(struct hit)), ran_count};
        if (candidate.hits == NULL) fail("no memory");
        for (uint32_t i = 0; i < ran_count; i++) {
            candidate.hits[i] = (struct hit){ran[i]->at, ran[i]->hits};
        }
    }
    now = (struct counts){0};
    ran_count = 0;
    stretch++;
    user_runs(cpu, data);
}

static void sample_runs(unsigned int cpu, void *data)
{
    user_runs(cpu, data);
    if (!candidate.valid) return;
    free(rows[row_count].hits);
    rows[row_count] = candidate;
    candidate = (struct kept){0};
}

static void row_runs(unsigned int cpu, void *data)
{
    user_runs(cpu, data);
    if (++row_count == ROWS) fail("too many rows");
    candidate.valid = false;
}

static uint8_t special_of(const uint8_t *code, size_t size)
{
    static const uint8_t prefixes[] = {0x66, 0xf2, 0xf3, 0x2e, 0x3e, 0x65};
    while (size > 2 && (memchr(prefixes, *code, sizeof(prefixes)) != NULL || *code >> 4 == 4)) {
        code++;
        size--;
    }
    if (size < 2 || code[0] != 0x0f) return SPECIAL_NONE;
    if (code[1] == 0x30) return SPECIAL_MSR;
    if (size < 3) return SPECIAL_NONE;
    if (code[1] == 0x22 && (code[2] >> 3 & 7) == 3) return SPECIAL_CR3;
    return code[1] == 0x01 && (code[2] >> 3 & 7) == 7 && code[2] < 0xc0 ? SPECIAL_INVLPG
                                                                        : SPECIAL_NONE;
}

/* nopl NUMBER(%rax) */
static uint32_t marker_of(const uint8_t *code, size_t size)
{
    uint32_t number;
    if (size != 7 || code[0] != 0x0f || code[1] != 0x1f || code[2] != 0x80) return 0;
    memcpy(&number, code + 3, sizeof(number));
    return number;
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        const uint8_t *code = qemu_plugin_insn_data(insn);
        size_t size = qemu_plugin_insn_size(insn);
        uint64_t at = qemu_plugin_insn_vaddr(insn);
        insn_runs_fn *runs = user_runs;
        struct place *place = place_of(at);
        if (at >= KERNEL_BASE) {
            place->special = special_of(code, size);
            runs = kernel_runs;
            if (wants_lines)
                qemu_plugin_register_vcpu_mem_cb(insn, kernel_touches, 0, MEM_READ_WRITE, NULL);
        } else if (size == 2 && code[0] == 0x0f && code[1] == 0x31) {
            runs = stamp_runs;
        } else if (marker_of(code, size) == MARKER_ROW) {
            runs = row_runs;
        } else if (marker_of(code, size) == MARKER_SAMPLE) {
            runs = sample_runs;
        }
        qemu_plugin_register_vcpu_insn_exec_cb(insn, runs, 0, place);
    }
}

static void row_report(FILE *out, const struct kept *row)
{
    const struct counts *c = &row->counts;
    fprintf(out,
            "{\"instructions\": %" PRIu64 ", \"user\": %" PRIu64 ", \"longest\": %" PRIu64
            ", \"data_lines\": %" PRIu64 ", \"code_lines\": %" PRIu64,
            c->instructions, c->user, c->longest, c->data_lines, c->code_lines);
    for (uint32_t i = 1; i < SPECIALS; i++) {
        fprintf(out, ", \"%s\": %" PRIu64, special_names[i], c->special[i]);
    }
    fprintf(out, ", \"places\": [");
    for (uint32_t i = 0; i < row->hit_count; i++) {
        fprintf(out, "%s[%" PRIu64 ", %" PRIu64 "]", i != 0 ? ", " : "", row->hits[i].at,
                row->hits[i].hits);
    }
    fprintf(out, "]}");
}

static void report(uint64_t id, void *data)
{
    (void)id;
    (void)data;
    FILE *out = fopen(out_path, "w");
    if (out == NULL) return; /* the reader misses the file */
    fprintf(out, "[");
    for (uint32_t i = 1; i <= row_count; i++) {
        fprintf(out, "%s\n ", i > 1 ? "," : "");
        row_report(out, &rows[i]);
    }
    fprintf(out, "\n]\n");
    fclose(out);
}

int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv)
{
    (void)info;
    wants_lines = plugin_option(argc, argv, "lines=1") != NULL;
    out_path = plugin_out(argc, argv, "counts");
    if (out_path == NULL) return 1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, report, NULL);
    return 0;
}
