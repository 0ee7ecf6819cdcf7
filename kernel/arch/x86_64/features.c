/*
 * features.c - what the CPU must have, what is switched on, and what it is known to leak.
 */
#include "abi/boot.h"
#include "core.h"
#include "x86.h"

enum { CPUID_EAX, CPUID_EBX, CPUID_ECX, CPUID_EDX };

struct cpuid {
    uint32_t reg[4];
};

static struct cpuid cpuid(uint32_t leaf)
{
    struct cpuid r = {{0}};
    uint32_t top;
    __asm__("cpuid" : "=a"(top) : "a"(leaf & 0x80000000) : "ebx", "ecx", "edx");
    if (leaf <= top) { /* beyond it Intel answers with another leaf's bits */
        __asm__("cpuid"
                : "=a"(r.reg[0]), "=b"(r.reg[1]), "=c"(r.reg[2]), "=d"(r.reg[3])
                : "a"(leaf), "c"(0));
    }
    return r;
}

static const struct {
    uint32_t leaf;
    uint8_t reg, bit;
    char name[10];
} required[] = {
    {1, CPUID_EDX, 4, "TSC"},
    {1, CPUID_EDX, 5, "MSR"},
    {1, CPUID_EDX, 9, "APIC"},
    {1, CPUID_EDX, 13, "PGE"},
    {1, CPUID_EDX, 24, "FXSR"},
    {1, CPUID_EDX, 26, "SSE2"},
    {7, CPUID_EBX, 0, "FSGSBASE"},
    {7, CPUID_EBX, 7, "SMEP"},
    {7, CPUID_EBX, 20, "SMAP"},
    {7, CPUID_ECX, 2, "UMIP"},
    {0x80000001, CPUID_EDX, 11, "SYSCALL"},
    {0x80000001, CPUID_EDX, 20, "NX"},
    {0x80000001, CPUID_EDX, 26, "1GB-PAGES"},
};

void features_require(void)
{
    bool missing = false;
    for (uint32_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
        struct cpuid r = cpuid(required[i].leaf);
        if (r.reg[required[i].reg] >> required[i].bit & 1) {
            continue;
        }
        print(missing ? " " : "waterlight: this CPU lacks: ");
        print(required[i].name);
        missing = true;
    }
    if (missing) {
        print("\n");
        machine_refuse("missing CPU features");
    }
}

/* Before page tables with NX are loaded. */
void features_enable(void)
{
    enum { EFER_NXE = 1 << 11 };
    /* PAE PGE OSFXSR OSXMMEXCPT UMIP FSGSBASE SMEP SMAP. SDM vol 3A 2.5. */
    uint64_t cr4 = 1 << 5 | 1 << 7 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 16 | 1 << 20 | 1 << 21;
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE);
    __asm__ volatile("movq %0, %%cr4" ::"r"(cr4) : "memory");
}

/*
 * AMD and Hygon do not forward data across privilege levels on a fault; others count as leaking
 * unless they say that they do not. SDM vol 4, IA32_ARCH_CAPABILITIES.
 */
uint64_t features_leaks(void)
{
    enum { RDCL_NO = 1, MDS_NO = 1 << 5, ARCH_CAPABILITIES_BIT = 29 };
    uint32_t vendor = cpuid(0).reg[CPUID_EBX];
    if (vendor == 0x68747541 /* Auth */ || vendor == 0x6f677948 /* Hygo */) {
        return 0;
    }
    uint64_t safe = 0;
    if (cpuid(7).reg[CPUID_EDX] >> ARCH_CAPABILITIES_BIT & 1) {
        safe = rdmsr(MSR_ARCH_CAPABILITIES);
    }
    return (safe & RDCL_NO ? 0 : LEAK_MELTDOWN | LEAK_L1TF) | (safe & MDS_NO ? 0 : LEAK_MDS);
}
