/*
 * trap.c - what an interrupt or exception means, and whose state the CPU holds.
 */
#include "x86.h"

enum { GATE_INTERRUPT = 0x8e, GATE_INTERRUPT_USER = 0xee, VECTOR_INT3 = 3 };
enum { STUB_BYTES = 16, TSS_BYTES = 104 };

extern uint8_t trap_stubs[][STUB_BYTES]; /* entry.S */
extern uint64_t idt[256][2];
void syscall_entry(void), lock_take(void);
void trap_kernel_mode(uint64_t *frame);

struct stack stacks[CPUS_MAX][2] __attribute__((aligned(4096)));
uint64_t idt[256][2] __attribute__((aligned(4096)));
struct thread nobody; /* runs while idle; and what is left of a thread that is gone is its */
/* The lock's tickets: who waits is served in turn, so nobody waits for long. Who boots has it. */
volatile uint32_t lock_next = 1, lock_serving;

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
    a->loaded = &nobody;
    nobody.config[TS_ASPACE - 1].obj = a->root;
    a->deadline = ~0ull;
    a->tss[1] = a->stack_top;                  /* rsp0, at byte 4. SDM vol 3A figure 8-11 */
    a->tss[5] = (uint64_t)(stacks[index] + 2); /* ist1, at byte 36 */
    a->tss[13] = (uint64_t)TSS_BYTES << 16;    /* no I/O permission map */

    uint64_t tss = (uint64_t)a->tss + 4, low = TSS_BYTES - 1;
    uint64_t selector = SEL_TSS + 16 * index, *entry = &gdt[selector / 8];
    entry[0] = low | (tss & 0xffffff) << 16 | 0x89ull << 40 | (tss >> 24 & 0xff) << 56;
    entry[1] = tss >> 32;
    __asm__ volatile("ltr %w0" ::"r"(selector) : "memory");
    wrmsr(MSR_GS_BASE, (uint64_t)c);
    wrmsr(MSR_STAR, (SEL_USER_DATA - 8ull) << 48 | (uint64_t)SEL_KERNEL_CODE << 32);
    wrmsr(MSR_LSTAR, (uint64_t)syscall_entry);
    wrmsr(MSR_FMASK, RFLAGS_ALLOWED | RFLAGS_FIXED); /* all off, IF and AC above all */
}

/* Whoever has the lock may be waiting for this CPU to come in, because it changes tables that are
 * loaded here: they are given up before. */
void lock_take(void)
{
    struct arch_cpu *a = &cpu()->arch;
    uint32_t ticket = __atomic_fetch_add(&lock_next, 1, __ATOMIC_ACQUIRE);
    if (lock_serving == ticket) return;
    load_root(image_phys(kernel_root));
    a->root = image_phys(kernel_root); /* not before it is so: who reads it does not hold us then */
    __atomic_store_n(&a->waits, true, __ATOMIC_RELEASE);
    while (__atomic_load_n(&lock_serving, __ATOMIC_ACQUIRE) != ticket) {
        __builtin_ia32_pause();
    }
    a->waits = false;
}

/* User mode, or idle where only interrupts come; not for system calls. Returns who runs next; the
 * lock is given back when it is loaded. */
struct thread *trap_user(uint32_t vector, uint64_t error)
{
    uint64_t address;
    lock_take();
    uint64_t now = __builtin_ia32_rdtsc();
    struct thread *t = cpu()->current;
    if (vector >= VECTOR_IRQ) {
        apic_interrupt(vector, now);
    } else if (vector == VECTOR_PAGE_FAULT) {
        __asm__ volatile("movq %%cr2, %0" : "=r"(address));
        core_fault(FAULT_MEMORY, vector, error, address, now);
    } else {
        core_fault(FAULT_EXCEPTION, vector, error, 0, now);
    }
    /* A wild jump can leave an address to which iretq faults in the kernel; the page below the hole
     * is never mapped, there it is the user who faults again. */
    if (t && t->regs.rip > USER_MAX) t->regs.rip = USER_MAX;
    return cpu()->current;
}

/* A kernel bug or broken hardware: an NMI too has no cause that we know. Puts CR2 below `frame`. */
void trap_kernel_mode(uint64_t *frame)
{
    __asm__ volatile("movq %%cr2, %0" : "=r"(*--frame));
    arch_panic("exception in the kernel: cr2 vector code rip cs rflags rsp ss", frame, 8);
}

/* Eager, so that no thread's registers are ever in reach of another's speculation. */
struct thread *fpu_load(struct thread *last, struct thread *next)
{
    struct arch_cpu *a = &cpu()->arch;
    bool fpu = next->flags & THREAD_FPU;
    if (last == next && a->fpu == fpu) return next;
    if (a->fpu) __asm__ volatile("fxsave64 %0" : "=m"(last->fpu));
    /* AMD keeps the last FPU instruction's address over fxrstor: `fild` replaces it. */
    if (fpu)
        __asm__ volatile("clts; fnclex; emms; fildl %0; fxrstor64 %1" ::"m"(next->id),
                         "m"(next->fpu));
    else
        __asm__ volatile("movq %%cr0, %%rax; orq $8, %%rax; movq %%rax, %%cr0" ::: "rax");
    a->fpu = fpu;
    return next;
}

void arch_thread_gone(const struct thread *t)
{
    for (struct cpu *c = cpus; c <= cpus + cpu_last; c++) {
        if (c->arch.loaded == t) c->arch.loaded = &nobody;
    }
}

/* The rest of the FXSAVE image is zero. SDM vol 1 table 10-2. */
void arch_fpu_init(void *area)
{
    ((uint16_t *)area)[0] = 0x37f;
    ((uint32_t *)area)[6] = 0x1f80;
}
