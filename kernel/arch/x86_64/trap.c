/*
 * trap.c - what an interrupt or exception means, and whose state the CPU holds.
 */
#include "x86.h"

enum { STUB_BYTES = 16, GATE_INTERRUPT = 0x8e, GATE_INTERRUPT_USER = 0xee, VECTOR_INT3 = 3 };
enum { TSS_BYTES = 104, KERNEL_FRAME_WORDS = 23 };

extern uint8_t trap_stubs[][STUB_BYTES]; /* entry.S */
extern uint64_t idt[256][2];
void syscall_entry(void);
struct thread *trap_user(uint32_t vector, uint64_t error);
void trap_kernel_mode(uint64_t *frame);

static struct cpu cpus[CPU_COUNT_MAX];
struct stack stacks[CPU_COUNT_MAX][2] __attribute__((aligned(4096)));
uint64_t idt[256][2] __attribute__((aligned(4096)));

void trap_init(uint32_t index)
{
    for (uint64_t v = 0; v < 256; v++) { /* SDM vol 3A figure 6-8 */
        uint64_t at = (uint64_t)trap_stubs[v], own = v < 32 && VECTORS_OWN_STACK >> v & 1;
        uint64_t type = v == VECTOR_INT3 ? GATE_INTERRUPT_USER : GATE_INTERRUPT;
        idt[v][0] = (at >> 16 & 0xffff) << 48 | type << 40 | own << 32 | SEL_KERNEL_CODE << 16 |
                    (at & 0xffff);
        idt[v][1] = at >> 32;
    }

    struct cpu *c = &cpus[index];
    struct arch_cpu *a = &c->arch;
    a->self = c;
    a->stack_top = (uint64_t)(stacks[index] + 1);
    a->root = image_phys(kernel_root);
    a->deadline = ~0ull;
    a->tss[1] = a->stack_top;                  /* rsp0, at byte 4. SDM vol 3A figure 8-11 */
    a->tss[5] = (uint64_t)(stacks[index] + 2); /* ist1, at byte 36 */
    a->tss[13] = (uint64_t)TSS_BYTES << 16;    /* no I/O permission map */

    uint64_t tss = (uint64_t)a->tss + 4, low = TSS_BYTES - 1;
    gdt[SEL_TSS / 8] = low | (tss & 0xffffff) << 16 | 0x89ull << 40 | (tss >> 24 & 0xff) << 56;
    gdt[SEL_TSS / 8 + 1] = tss >> 32;
    __asm__ volatile("ltr %w0" ::"r"(SEL_TSS) : "memory");
    wrmsr(MSR_GS_BASE, (uint64_t)c);
    wrmsr(MSR_STAR, (SEL_USER_DATA - 8ull) << 48 | (uint64_t)SEL_KERNEL_CODE << 32);
    wrmsr(MSR_LSTAR, (uint64_t)syscall_entry);
    wrmsr(MSR_FMASK, RFLAGS_ALLOWED | RFLAGS_FIXED); /* all off, IF and AC above all */
}

/* User mode, or idle where only interrupts come. Returns who runs next. */
struct thread *trap_user(uint32_t vector, uint64_t error)
{
    uint64_t now = __builtin_ia32_rdtsc(), address;
    if (vector == VECTOR_SYSCALL) {
        core_syscall(now);
    } else if (vector >= VECTOR_IRQ) {
        apic_interrupt(vector, now);
    } else if (vector == VECTOR_PAGE_FAULT) {
        __asm__ volatile("movq %%cr2, %0" : "=r"(address));
        core_fault(FAULT_MEMORY, vector, error, address, now);
    } else {
        core_fault(FAULT_EXCEPTION, vector, error, 0, now);
    }
    return thread_load();
}

/* A kernel bug or broken hardware: an NMI too has no cause that we know. Puts CR2 below `frame`. */
void trap_kernel_mode(uint64_t *frame)
{
    __asm__ volatile("movq %%cr2, %0" : "=r"(*--frame));
    arch_panic("exception in the kernel: cr2 r15-r8 rbp rdi rsi rdx rcx rbx rax vector code rip cs "
               "rflags rsp ss",
               frame, KERNEL_FRAME_WORDS);
}

/* Eager, so that no thread's registers are ever in reach of another's speculation. */
static void fpu_load(struct arch_cpu *a, struct thread *t)
{
    static const uint32_t zero;
    if (a->fpu_owner) __asm__ volatile("fxsave64 %0" : "=m"(a->fpu_owner->fpu));
    if (t) {
        /* AMD keeps the last FPU instruction's address over fxrstor: `fild` replaces it. */
        __asm__ volatile("clts; fnclex; emms; fildl %0; fxrstor64 %1" ::"m"(zero), "m"(t->fpu));
    } else {
        __asm__ volatile("movq %%cr0, %%rax; orq $8, %%rax; movq %%rax, %%cr0" ::: "rax"); /* TS */
    }
    a->fpu_owner = t;
}

struct thread *thread_load(void)
{
    struct thread *t = cpu()->current;
    struct arch_cpu *a = &cpu()->arch;
    if (a->loaded != t) {
        if (a->loaded) {
            __asm__ volatile("rdfsbase %0; swapgs; rdgsbase %1; swapgs"
                             : "=&r"(a->loaded->regs.fs_base), "=r"(a->loaded->regs.gs_base));
        }
        if (t) {
            __asm__ volatile("wrfsbase %0; swapgs; wrgsbase %1; swapgs" ::"r"(t->regs.fs_base),
                             "r"(t->regs.gs_base));
        }
        a->loaded = t;
    }
    struct thread *fpu = t && t->flags & THREAD_FPU ? t : 0;
    if (a->fpu_owner != fpu) fpu_load(a, fpu);
    if (!t) return t;

    uint64_t root = thread_slot(t, TS_ASPACE)->obj;
    if (root == 0) root = image_phys(kernel_root);
    if (a->root != root) load_root(a->root = root);
    /* A wild jump can leave an address to which iretq faults in the kernel; the page below the hole
     * is never mapped, there it is the user who faults again. */
    if (t->regs.rip > USER_MAX) t->regs.rip = USER_MAX;
    return t;
}

void arch_thread_gone(const struct thread *t)
{
    struct arch_cpu *a = &cpu()->arch;
    if (a->loaded == t) a->loaded = 0;
    if (a->fpu_owner == t) fpu_load(a, 0);
}

/* The rest of the FXSAVE image is zero. SDM vol 1 table 10-2. */
void arch_fpu_init(void *area)
{
    ((uint16_t *)area)[0] = 0x37f;
    ((uint32_t *)area)[6] = 0x1f80;
}
