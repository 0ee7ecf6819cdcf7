/*
 * qemu_plugin.h - the part of QEMU's plugin interface, version 1, that we use. Debian builds
 * plugins into its QEMU 7.2 but packages no header; the original is qemu/qemu-plugin.h in QEMU's
 * include folder.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { QEMU_PLUGIN_INTERFACE = 1 };

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;
typedef void tb_translated_fn(uint64_t id, struct qemu_plugin_tb *tb);
typedef void block_runs_fn(unsigned int cpu, void *data);
typedef void insn_runs_fn(unsigned int cpu, void *data);
typedef void memory_fn(unsigned int cpu, uint32_t info, uint64_t vaddr, void *data);
typedef void ends_fn(uint64_t id, void *data);

/* What we export. */
extern int qemu_plugin_version;
int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv);

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, tb_translated_fn *translated);
/* `flags` 0: the callback reads and writes no registers of the CPU. */
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, block_runs_fn *runs, int flags,
                                          void *data);
/* As above, each time that this instruction runs. */
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, block_runs_fn *runs,
                                            int flags, void *data);
typedef void touches_fn(unsigned int cpu, uint32_t what, uint64_t address, void *data);
enum { QEMU_PLUGIN_MEM_W = 2 };
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, touches_fn *touches, int flags,
                                      int which, void *data);
struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(uint32_t what, uint64_t address);
bool qemu_plugin_hwaddr_is_io(const struct qemu_plugin_hwaddr *place);
uint64_t qemu_plugin_hwaddr_phys_addr(const struct qemu_plugin_hwaddr *place);
void qemu_plugin_register_atexit_cb(uint64_t id, ends_fn *ends, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

/* Before each execution of the instruction. `flags` as above. */
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, insn_runs_fn *runs,
                                            int flags, void *data);
/* After each access of the instruction to memory; `info` says how large it was. */
enum { MEM_READ_WRITE = 3 };
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, memory_fn *touches, int flags,
                                      int kinds, void *data);
unsigned int qemu_plugin_mem_size_shift(uint32_t info);

/* What stands behind NAME in the last of our arguments that begins with it, or NULL. */
static inline const char *plugin_option(int argc, char **argv, const char *name)
{
    size_t len = strlen(name);
    for (int i = argc - 1; i >= 0; i--) {
        if (strncmp(argv[i], name, len) == 0) return strdup(argv[i] + len);
    }
    return NULL;
}

/* The file that a report goes to. NULL: the argument `out=FILE` is missing, and that was said. */
static inline const char *plugin_out(int argc, char **argv, const char *plugin)
{
    const char *path = plugin_option(argc, argv, "out=");
    if (path == NULL) fprintf(stderr, "%s: out=FILE is missing\n", plugin);
    return path;
}
