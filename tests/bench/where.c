/*
 * where.c - a QEMU plugin: how much and which code ran, between two marks (mark.h). Arguments:
 * out=FILE: `section KIND INSTRUCTIONS` for each pair of marks in their order, then a line for each
 * block that ran: its address, its instructions, how often it ran, its bytes. As processes share
 * addresses, the bytes say whose it is (where.py). A block counts as a whole; one that a fault or
 * interrupt leaves early is so counted a little too high. While the processor idles nothing counts.
 * kind=NUMBER: blocks only between marks of that kind. all=on: blocks always, from power-on.
 * wait=MICROSECONDS: between the marks the processor stands still so long after it wrote to a
 * device, but not to its own interrupt controller. QEMU's devices work beside the processor: so one
 * that has nothing to wait for has always answered before the next instruction.
 */
#include "mark.h"
#include "qemu_plugin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOCAL_APIC 0xfee00000ull
enum { MARK_BYTES = 7, BYTES = 48, PAGE = 4096, SECTIONS = 4096 };

int qemu_plugin_version = QEMU_PLUGIN_INTERFACE;

struct block { /* one translation; never freed, QEMU may run it until its end */
    uint64_t at, ran;
    uint32_t length, byte_count;
    uint8_t bytes[BYTES];
    struct block *next;
};
static struct block *blocks;
static struct section {
    uint32_t kind;
    uint64_t instructions;
} sections[SECTIONS];
static uint32_t section_count;          /* complete ones; those beyond SECTIONS are left out */
static uint32_t only_kind = MARK_KINDS; /* any */
static bool counting, always;
static bool profiling; /* blocks count */
static const char *out_path;
static useconds_t wait;

static void block_runs(unsigned int cpu, void *data)
{
    struct block *b = data;
    (void)cpu;
    b->ran += profiling;
    if (counting && section_count < SECTIONS) sections[section_count].instructions += b->length;
}

static void begins(unsigned int cpu, void *data)
{
    uint32_t kind = (uint32_t)(uintptr_t)data;
    (void)cpu;
    if (section_count < SECTIONS) sections[section_count] = (struct section){kind, 0};
    counting = true;
    profiling = always || only_kind == MARK_KINDS || only_kind == kind;
}

static void ends(unsigned int cpu, void *data)
{
    (void)cpu;
    (void)data;
    if (counting && section_count < SECTIONS) section_count++;
    counting = false;
    profiling = always;
}

static void look_for_mark(struct qemu_plugin_insn *insn)
{
    static const uint8_t nopl[] = {0x0f, 0x1f, 0x80};
    const uint8_t *code = qemu_plugin_insn_data(insn);
    uint32_t number;
    if (qemu_plugin_insn_size(insn) != MARK_BYTES || memcmp(code, nopl, sizeof(nopl)) != 0) return;
    memcpy(&number, code + sizeof(nopl), sizeof(number));
    uint32_t kind = number - MARK_BEGIN;
    if (number == MARK_END) qemu_plugin_register_vcpu_insn_exec_cb(insn, ends, 0, NULL);
    if (kind < MARK_KINDS)
        qemu_plugin_register_vcpu_insn_exec_cb(insn, begins, 0, (void *)(uintptr_t)kind);
}

static void writes(unsigned int cpu, uint32_t what, uint64_t address, void *data)
{
    (void)cpu;
    (void)data;
    if (!counting && !always) return;
    const struct qemu_plugin_hwaddr *place = qemu_plugin_get_hwaddr(what, address);
    if (place == NULL || !qemu_plugin_hwaddr_is_io(place)) return;
    if (qemu_plugin_hwaddr_phys_addr(place) / PAGE != LOCAL_APIC / PAGE) usleep(wait);
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    struct block *b = calloc(1, sizeof(*b));
    if (b == NULL) abort();
    b->at = qemu_plugin_tb_vaddr(tb);
    b->length = (uint32_t)qemu_plugin_tb_n_insns(tb);
    for (uint32_t i = 0; i < b->length; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        size_t size = qemu_plugin_insn_size(insn);
        if (size > BYTES - b->byte_count) size = BYTES - b->byte_count;
        memcpy(b->bytes + b->byte_count, qemu_plugin_insn_data(insn), size);
        b->byte_count += (uint32_t)size;
        look_for_mark(insn);
        if (wait > 0) qemu_plugin_register_vcpu_mem_cb(insn, writes, 0, QEMU_PLUGIN_MEM_W, NULL);
    }
    b->next = blocks;
    blocks = b;
    qemu_plugin_register_vcpu_tb_exec_cb(tb, block_runs, 0, b);
}

static void report(uint64_t id, void *data)
{
    (void)id;
    (void)data;
    FILE *out = out_path != NULL ? fopen(out_path, "w") : NULL;
    if (out == NULL) return; /* the reader misses the file */
    for (uint32_t i = 0; i < section_count; i++) {
        fprintf(out, "section %" PRIu32 " %" PRIu64 "\n", sections[i].kind,
                sections[i].instructions);
    }
    for (const struct block *b = blocks; b != NULL; b = b->next) {
        if (b->ran == 0) continue;
        fprintf(out, "%" PRIx64 " %" PRIu32 " %" PRIu64 " ", b->at, b->length, b->ran);
        for (uint32_t i = 0; i < b->byte_count; i++) {
            fprintf(out, "%02x", b->bytes[i]);
        }
        fputc('\n', out);
    }
    fclose(out);
}

int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "out=", 4) == 0) out_path = strdup(argv[i] + 4);
        if (strncmp(argv[i], "kind=", 5) == 0) only_kind = (uint32_t)strtoul(argv[i] + 5, NULL, 10);
        if (strcmp(argv[i], "all=on") == 0) always = profiling = true;
        if (strncmp(argv[i], "wait=", 5) == 0) wait = (useconds_t)strtoul(argv[i] + 5, NULL, 10);
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, report, NULL);
    return 0;
}
