/*
 * features.c - what the CPU must have, what is switched on, and what it is known to leak.
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
    bool missing = false;
    for (uint32_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
        if (cpuid(required[i].leaf, required[i].reg) >> required[i].bit & 1) continue;
        print(missing ? "" : "waterlight: this CPU lacks");
        print(required[i].name);
        missing = true;
    }
    if (missing) refuse("missing CPU features");
}

/* Before page tables with NX are loaded. */
void features_enable(void)
{
    /* PAE MCE PGE OSFXSR OSXMMEXCPT UMIP FSGSBASE SMEP SMAP. SDM vol 3A 2.5. */
    uint64_t cr4 = 0x60 | 1 << 7 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 16 | 1 << 20 | 1 << 21;
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | 1 << 11); /* NXE */
    __asm__ volatile("movq %0, %%cr4" ::"r"(cr4) : "memory");
}

/* AMD and Hygon do not forward data across privilege levels on a fault; others count as leaking
 * unless they say that they do not. SDM vol 4, IA32_ARCH_CAPABILITIES. */
uint64_t features_leaks(void)
{
    enum { AUTHENTIC_AMD = 0x68747541, HYGON_GENUINE = 0x6f677948, RDCL_NO = 1, MDS_NO = 1 << 5 };
    uint32_t vendor = cpuid(0, EBX);
    if (vendor == AUTHENTIC_AMD || vendor == HYGON_GENUINE) return 0;
    uint64_t safe = cpuid(7, EDX) >> 29 & 1 ? rdmsr(MSR_ARCH_CAPABILITIES) : 0;
    return (safe & RDCL_NO ? 0 : LEAK_MELTDOWN | LEAK_L1TF) | (safe & MDS_NO ? 0 : LEAK_MDS);
}
