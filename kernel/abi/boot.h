/*
 * boot.h - the boot image, and what the kernel tells axiom.
 *
 * The boot image is one module: a header page, the runs of axiom laid out as pages, then files. The
 * image tool writes it; the kernel reads the header and checks the sum, nothing else.
 */
#pragma once
#include <stdint.h>

#define IMAGE_MAGIC 0x3167616d494c5721ull /* "!WLImag1" */
enum { IMAGE_RUNS_MAX = 8, IMAGE_VERSION = 1 };

struct image_run {
    uint64_t vaddr;  /* page-aligned */
    uint64_t offset; /* in the image, page-aligned */
    uint32_t pages;
    uint32_t rights; /* RIGHT_READ, RIGHT_WRITE, MAP_EXEC */
};

struct image_program { /* laid out as page runs; run offsets ascend without gaps */
    uint64_t entry, run_count;
    struct image_run runs[IMAGE_RUNS_MAX];
};

enum { IMAGE_AXIOM = 0, IMAGE_INIT = 1, IMAGE_PROGRAMS = 2 };

/* size: of the whole image, a multiple of 4096. checksum: image_sum over it with this field 0. */
struct image_header {
    uint64_t magic, version, size, checksum; /* IMAGE_MAGIC, IMAGE_VERSION */
    uint64_t files_offset, file_count;       /* of their table: libsys/image.h */
    uint8_t build_id[32];                    /* hash of the image's contents, printed at boot */
    struct image_program programs[IMAGE_PROGRAMS]; /* axiom's runs directly follow this page */
};
_Static_assert(sizeof(struct image_header) <= 4096, "one page");

/* Sum of the 64-bit words, each rotated into the last: finds any single damaged word or swap. */
static inline uint64_t image_sum(uint64_t sum, const uint64_t *words, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        sum = (sum << 7 | sum >> 57) + words[i] * 0x9e3779b97f4a7c15ull;
    }
    return sum;
}

/* Slots of axiom's CNode at genesis (2^18 bytes, 4,096 slots). All are roots of the derivation. */
/* UNTYPED: struct boot_info.untypeds, in order. TABLES: axiom's page tables. FRAMES: log header and
 * rings, boot info, buffer, stack, image header, axiom's runs; each mapped. */
/* clang-format off */
enum genesis_slot {
    GS_CNODE = 1, GS_ASPACE, GS_THREAD, GS_SCHED, GS_IRQ_CONTROL, GS_PORT_CONTROL, GS_LOG,
    GS_UNTYPED = 32, GS_TABLES = 128, GS_FRAMES = 160, GENESIS_CNODE_BITS = 18
};
/* clang-format on */

/* Where the kernel maps things for axiom. */
#define BOOT_INFO_ADDR 0x10000000ull   /* struct boot_info, read-only, 1 page */
#define BOOT_BUFFER_ADDR 0x10001000ull /* struct ipc_buffer */
#define BOOT_STACK_TOP 0x10100000ull   /* 16 pages below it */
#define BOOT_LOG_ADDR 0x20000000ull    /* struct log_header and the rings, read-only */
#define BOOT_IMAGE_ADDR 0x30000000ull  /* struct image_header, read-only, 1 page */
enum { BOOT_STACK_PAGES = 16, BOOT_UNTYPED_MAX = 64 };

/* Memory; the boot image after axiom's runs (its contents stay: a device untyped); where devices
 * have their registers. */
enum untyped_kind { UNTYPED_MEMORY = 0, UNTYPED_IMAGE = 1, UNTYPED_DEVICE = 2 };

struct boot_untyped {
    uint64_t base;
    uint8_t bits, kind, zero[6]; /* enum untyped_kind */
};

struct boot_info {
    uint64_t memory_bytes, kernel_bytes; /* the kernel's: image, tables, rings, genesis objects */
    uint64_t rsdp, entry_ticks;          /* physical address, 0 unknown; time stamp at entry */
    uint64_t arch_capabilities;      /* IA32_ARCH_CAPABILITIES (SDM vol 4); 0 if there is none */
    uint64_t image_base, image_size; /* physical */
    uint64_t first_free_slot;        /* of axiom's CNode: all from here up are empty */
    uint32_t untyped_count;
    uint8_t kernel_id[32]; /* build id of the kernel */
    char version[16], cmdline[256];
    struct boot_untyped untypeds[BOOT_UNTYPED_MAX]; /* slot GS_UNTYPED + i */
};
_Static_assert(sizeof(struct boot_info) <= 4096, "one page");
