/*
 * paging.c - page tables. One PDPT of 1 GiB pages is the direct map; the tables of boot.S map the
 * image page by page. Both hang in every address space from its first moment. The kernel's own has
 * the image at its physical address too: there a CPU starts. It is loaded when no user's is.
 */
#include "x86.h"

enum { PTE_WRITE = 2, PTE_USER = 4, PTE_UNCACHED = 0x18 /* PCD, PWT */, PTE_GLOBAL = 0x100 };
enum { ROOT_DIRECT = 256, ROOT_IMAGE = 511 }; /* entries of a top table: address bits 39-47 */
#define PTE_NX (1ull << 63)

static uint64_t direct_level3[512] __attribute__((aligned(4096)));

static uint64_t image_pte(const uint8_t *at)
{
    uint64_t rights = PTE_PRESENT | PTE_GLOBAL | PTE_NX | PTE_WRITE;
    if (at == (const uint8_t *)KERNEL_BASE + CPU_START_PAGE) return CPU_START_PAGE | PTE_PRESENT;
    if (at < image_start || at >= image_end) return 0;
    for (uint32_t i = 0; i < CPUS_MAX * 2; i++) {
        if (at == stacks[i / 2][i % 2].guard) return 0;
    }
    if (at < data_start) rights ^= PTE_WRITE;
    if (at < rodata_start) rights ^= PTE_NX;
    return image_phys(at) | rights;
}

void paging_init(void)
{
    for (uint64_t i = 0; i < IMAGE_PAGES; i++) {
        kernel_level1[i] = image_pte((const uint8_t *)(KERNEL_BASE + i * 4096));
    }
    for (uint64_t i = 0; i < 512; i++) {
        direct_level3[i] = i << 30 | PTE_PRESENT | PTE_WRITE | PTE_LARGE | PTE_GLOBAL | PTE_NX;
    }
    kernel_root[ROOT_DIRECT] = image_phys(direct_level3) | PTE_PRESENT | PTE_WRITE;
    load_root(image_phys(kernel_root));
}

void arch_aspace_init(uint64_t root)
{
    uint64_t *table = phys_to_ptr(root);
    table[ROOT_DIRECT] = kernel_root[ROOT_DIRECT];
    table[ROOT_IMAGE] = kernel_root[ROOT_IMAGE];
}

uint64_t arch_pte(uint64_t phys, uint32_t rights, bool large)
{
    if (rights == 0) return phys | PTE_PRESENT | PTE_WRITE | PTE_USER;
    return phys | PTE_PRESENT | PTE_USER | (rights & RIGHT_WRITE ? PTE_WRITE : 0) |
           (rights & MAP_UNCACHED ? PTE_UNCACHED : 0) | (rights & MAP_EXEC ? 0 : PTE_NX) |
           (large ? PTE_LARGE : 0);
}

void arch_tlb_flush(uint64_t root, uint64_t vaddr)
{
    for (struct cpu *c = cpus; c <= cpus + cpu_last; c++) {
        bool loaded = c->arch.root == root, here = loaded && c == cpu();
        if (loaded && !here) arch_cpu_hold(c);
        if (here && vaddr == ~0ull) load_root(c->arch.root = image_phys(kernel_root));
        if (here && vaddr != ~0ull) __asm__ volatile("invlpg (%0)" ::"r"(vaddr) : "memory");
    }
}

void arch_clear_page(void *page)
{
    uint64_t words = 512;
    __asm__ volatile("rep stosq" : "+D"(page), "+c"(words) : "a"(0) : "memory");
}
