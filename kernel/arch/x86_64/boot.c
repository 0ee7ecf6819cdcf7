/*
 * boot.c - from what the loader says to struct boot_params. Everything is copied out of the
 * loader's structures before the core runs: they lie in RAM that the core hands out.
 */
#include "arch.h"
#include "core.h"
#include "x86.h"

/* Multiboot2 specification 3.6; tags are 8-aligned. */
enum { TAG_END = 0, TAG_CMDLINE = 1, TAG_MODULE = 3, TAG_MMAP = 6, TAG_RSDP_1 = 14, TAG_RSDP_2 = 15 };
enum { MEMORY_USABLE = 1 /* here, in PVH and in E820 */ };

struct multiboot_tag {
    uint32_t type, size;
    union {
        char text[1];
        struct {
            uint32_t start, end;
        } module;
        struct {
            uint32_t entry_size, version;
        } mmap;
    };
};
struct memory_entry { /* of both loaders */
    uint64_t base, size;
    uint32_t type, reserved;
};
_Static_assert(sizeof(struct memory_entry) == 24, "Multiboot2 3.6.8, xen/arch-x86/hvm/start_info.h");

struct pvh_info { /* xen/include/public/arch-x86/hvm/start_info.h */
    uint32_t magic, version, flags, module_count;
    uint64_t modules, cmdline, rsdp, memory;
    uint32_t memory_count, reserved;
};
struct pvh_module {
    uint64_t base, size, cmdline, reserved;
};
enum { PVH_MAGIC = 0x336ec578 };

enum { CMDLINE_MAX = 256, RSDP_BYTES = 36 };
#define MEMORY_START 0x100000ull /* below lie the firmware's areas and the start of other CPUs */
#define DIRECT_MAP_BYTES (512ull << 30)

static struct boot_params params;
static char cmdline[CMDLINE_MAX];
static uint8_t rsdp[RSDP_BYTES]; /* Multiboot2 hands over a copy of it, so ours is as good */

void boot_main(uint32_t loader, uint64_t info, uint64_t entry_ticks);

static void cmdline_copy(const char *from)
{
    for (uint32_t i = 0; i < CMDLINE_MAX - 1 && from[i]; i++) {
        cmdline[i] = from[i];
    }
}

static bool cmdline_has(const char *word)
{
    for (const char *at = cmdline; *at; at++) {
        const char *a = at, *w = word;
        while (*w && *a == *w) {
            a++;
            w++;
        }
        bool starts = at == cmdline || at[-1] == ' ';
        if (*w == 0 && starts && (*a == 0 || *a == ' ')) {
            return true;
        }
    }
    return false;
}

/* Keeps the list sorted; whole pages only; what the direct map cannot hold is left unused. */
static void memory_add(const struct memory_entry *e)
{
    uint64_t end = e->base + e->size < DIRECT_MAP_BYTES ? e->base + e->size : DIRECT_MAP_BYTES;
    uint64_t base = e->base > MEMORY_START ? (e->base + 4095) & ~4095ull : MEMORY_START;
    end &= ~4095ull;
    if (e->type != MEMORY_USABLE || base >= end) {
        return;
    }
    if (params.memory_count == BOOT_REGIONS_MAX) {
        print("waterlight: the memory map is too long, a region stays unused\n");
        return;
    }
    uint32_t i = params.memory_count++;
    for (; i > 0 && params.memory[i - 1].base > base; i--) {
        params.memory[i] = params.memory[i - 1];
    }
    params.memory[i] = (struct memory_region){base, end - base};
}

static void multiboot_tag_read(const struct multiboot_tag *tag)
{
    const uint8_t *end = (const uint8_t *)tag + tag->size;
    switch (tag->type) {
    case TAG_CMDLINE: cmdline_copy(tag->text); break;
    case TAG_MODULE:
        if (params.image.size == 0) {
            params.image.base = tag->module.start;
            params.image.size = tag->module.end - tag->module.start;
        }
        break;
    case TAG_MMAP:
        for (const uint8_t *e = (const uint8_t *)(&tag->mmap + 1); e < end;
             e += tag->mmap.entry_size) {
            memory_add((const struct memory_entry *)e);
        }
        break;
    case TAG_RSDP_1:
    case TAG_RSDP_2:
        __builtin_memcpy(rsdp, tag->text, tag->type == TAG_RSDP_2 ? RSDP_BYTES : 20);
        params.rsdp = image_phys(rsdp);
        break;
    default: break; /* new tags are to be skipped */
    }
}

static void multiboot_read(uint64_t info)
{
    const uint32_t *total = phys_to_ptr(info);
    const uint8_t *end = (const uint8_t *)total + *total;
    const struct multiboot_tag *tag = (const void *)(total + 2);
    while ((const uint8_t *)tag < end && tag->type != TAG_END) {
        multiboot_tag_read(tag);
        tag = (const void *)((const uint8_t *)tag + ((tag->size + 7) & ~7u));
    }
}

static void pvh_read(uint64_t at)
{
    const struct pvh_info *info = phys_to_ptr(at);
    if (info->magic != PVH_MAGIC || info->version < 1) {
        machine_refuse("the loader's start info has no memory map");
    }
    if (info->cmdline) {
        cmdline_copy(phys_to_ptr(info->cmdline));
    }
    if (info->module_count > 0) {
        const struct pvh_module *module = phys_to_ptr(info->modules);
        params.image = (struct memory_region){module->base, module->size};
    }
    const struct memory_entry *entries = phys_to_ptr(info->memory);
    for (uint32_t i = 0; i < info->memory_count; i++) {
        memory_add(&entries[i]);
    }
    params.rsdp = info->rsdp;
}

static void leaks_check(void)
{
    params.cpu_leaks = features_leaks();
    if (params.cpu_leaks == 0) {
        return;
    }
    print("waterlight: this CPU leaks:");
    print(params.cpu_leaks & LEAK_MELTDOWN ? " Meltdown" : "");
    print(params.cpu_leaks & LEAK_L1TF ? " L1TF" : "");
    print(params.cpu_leaks & LEAK_MDS ? " MDS" : "");
    print("\n");
    if ((params.cpu_leaks & LEAK_MELTDOWN) && !cmdline_has("unsafe_cpu")) {
        machine_refuse("user code can read kernel memory on it; the command line `unsafe_cpu` "
                       "accepts that");
    }
}

/* From boot.S, on the boot CPU's stack, with the image mapped and nothing else. */
void boot_main(uint32_t loader, uint64_t info, uint64_t entry_ticks)
{
    console_init();
    features_require();
    features_enable();
    trap_init(0);
    paging_init();

    if (loader == BOOT_PVH) {
        pvh_read(info);
    } else {
        multiboot_read(info);
    }
    if (params.memory_count == 0) {
        machine_refuse("the loader reports no memory");
    }
    const struct memory_region *last = &params.memory[params.memory_count - 1];
    paging_map_ram(last->base + last->size);
    leaks_check();
    apic_init();
    params.kernel.base = image_phys(image_start);
    params.kernel.size = (uint64_t)(image_end - image_start);
    params.tick_hz = apic_calibrate();
    params.entry_ticks = entry_ticks;
    params.features = CPU_NX | CPU_SMEP | CPU_SMAP | CPU_UMIP | CPU_FSGSBASE | CPU_GLOBAL;
    params.cmdline = cmdline;

    const char *reason = core_boot(&params);
    if (reason) {
        machine_refuse(reason);
    }
    resume();
}
