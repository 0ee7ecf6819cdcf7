/*
 * features.c - what the CPU must have, what is switched on, and what it says of itself.
 */
#include "x86.h"

enum { EBX, ECX, EDX };

static uint32_t cpuid(uint32_t leaf, uint32_t reg)
{
    uint32_t top, r[3];
    __asm__("cpuid" : "=a"(top) : "a"(leaf & 0x80000000) : "ebx", "ecx", "edx");
    if (leaf > top) return 0; /* Intel would answer with another leaf's bits */
    __asm__("cpuid" : "+a"(leaf), "=b"(r[EBX]), "=c"(r[ECX]), "=d"(r[EDX]) : "c"(0));
    return r[reg];
}

void features_require(void)
{
    /* clang-format off */
    static const struct { uint32_t leaf, reg, bit; const char *name; } required[] = {
        {1, EDX, 9, " APIC"}, {1, EDX, 13, " PGE"}, {1, EDX, 24, " FXSR"}, {1, EDX, 26, " SSE2"},
        {7, EBX, 0, " FSGSBASE"}, {7, EBX, 7, " SMEP"}, {7, EBX, 20, " SMAP"}, {7, ECX, 2, " UMIP"},
        {0x80000001, EDX, 11, " SYSCALL"}, {0x80000001, EDX, 20, " NX"},
        {0x80000001, EDX, 26, " 1GB-PAGES"},
    };
    /* clang-format on */
    for (uint32_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
        if (cpuid(required[i].leaf, required[i].reg) >> required[i].bit & 1) continue;
        machine_stop("\nwaterlight: does not start: this CPU lacks", required[i].name,
                     EXIT_REFUSED);
    }
}

/* Before page tables with NX are loaded. */
void features_enable(void)
{
    /* PAE MCE PGE OSFXSR OSXMMEXCPT UMIP FSGSBASE SMEP SMAP. SDM vol 3A 2.5. */
    uint64_t cr4 = 0x60 | 1 << 7 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 16 | 1 << 20 | 1 << 21;
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | 1 << 11); /* NXE */
    __asm__ volatile("movq %0, %%cr4" ::"r"(cr4) : "memory");
}

uint64_t features_told(void)
{
    return cpuid(7, EDX) >> 29 & 1 ? rdmsr(MSR_ARCH_CAPABILITIES) : 0;
}
