/*
 * boot.c - from what the loader says to struct boot_params. Everything is copied out of the
 * loader's structures before the core runs: they lie in RAM that the core hands out.
 */
#include "x86.h"

/* Multiboot2 specification 3.6 */
enum { TAG_END, TAG_CMDLINE, TAG_MODULE = 3, TAG_MMAP = 6, TAG_RSDP_1 = 14, TAG_RSDP_2 = 15 };
enum { MEMORY_USABLE = 1, RSDP_WORDS = 9, CMDLINE_MAX = 255 /* of boot_info's 256 */ };
#define MEMORY_END (512ull << 30) /* of the direct map */

struct memory_entry {
    uint64_t base, size;
    uint32_t type, reserved;
};

static struct boot_params params;
static uint8_t pool[POOL_BYTES] __attribute__((aligned(4096)));
static uint32_t rsdp[RSDP_WORDS]; /* Multiboot2 hands over a copy, not the place */

struct thread *boot_main(uint64_t info, uint64_t entry_ticks, uint32_t index);

/* Whole pages only. */
static void memory_add(const struct memory_entry *e)
{
    uint64_t base = (e->base + 4095) & ~4095ull, above = image_phys(image_end);
    uint64_t end = e->base + e->size < MEMORY_END ? (e->base + e->size) & ~4095ull : MEMORY_END;
    if (base < above) base = above; /* below are the kernel, the firmware, the start of CPUs */
    if (e->type != MEMORY_USABLE || base >= end) return;
    if (params.memory_count == BOOT_REGIONS_MAX) refuse("the memory map is too long");
    params.memory[params.memory_count++] = (struct memory_region){base, end - base};
}

static void multiboot2_read(uint64_t info)
{
    const uint32_t *tag = phys_to_ptr(info + 8);
    for (; tag[0] != TAG_END; tag += (tag[1] + 7) / 8 * 2) {
        const uint32_t *end = tag + tag[1] / 4, *data = tag + 2;
        uint32_t bytes = tag[1] < CMDLINE_MAX + 8 ? tag[1] - 8 : CMDLINE_MAX; /* ends with 0 */
        if (tag[0] == TAG_CMDLINE) __builtin_memcpy(params.info.cmdline, data, bytes);
        if (tag[0] == TAG_MODULE && params.image.size == 0)
            params.image = (struct memory_region){data[0], data[1] - data[0]};
        for (const uint32_t *e = data + 2; tag[0] == TAG_MMAP && e < end; e += data[0] / 4) {
            memory_add((const void *)e);
        }
        if (tag[0] != TAG_RSDP_1 && tag[0] != TAG_RSDP_2) continue;
        __builtin_memcpy(rsdp, data, tag[0] == TAG_RSDP_2 ? sizeof(rsdp) : 20);
        params.info.rsdp = image_phys(rsdp);
    }
}

/* From boot.S, on a stack of this CPU; on the first, with the image mapped and no more. */
struct thread *boot_main(uint64_t info, uint64_t entry_ticks, uint32_t index)
{
    if (index == 0) console_init();
    features_require();
    features_enable();
    trap_init(index);
    if (index != 0) {
        apic_cpu_init();
        return trap_user(VECTOR_POKE, 0);
    }
    paging_init();
    multiboot2_read(info);
    if (params.image.base % 4096) refuse("the boot image is not page-aligned");
    params.image.size = (params.image.size + 4095) & ~4095ull;
    params.info.arch_capabilities = features_told();
    apic_cpu_init();
    apic_init();

    params.kernel.base = image_phys(image_start);
    params.kernel.size = image_phys(image_end) - params.kernel.base;
    params.pool = (struct memory_region){image_phys(pool), sizeof(pool)};
    apic_timer_measure();
    params.info.entry_ticks = entry_ticks;
    __builtin_memcpy(params.info.version, WL_VERSION, sizeof(WL_VERSION));
    __builtin_memcpy(params.info.kernel_id, build_id, KERNEL_ID_BYTES);
    const char *reason = core_boot(&params);
    if (reason) refuse(reason);
    return cpu()->current;
}
