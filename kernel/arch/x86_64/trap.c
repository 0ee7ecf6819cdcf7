/*
 * trap.c - descriptor tables, what an interrupt or exception means, and whose state the CPU holds.
 */
#include "arch.h"
#include "core.h"
#include "x86.h"

struct gate { /* SDM vol 3A 6.14.1 */
    uint16_t offset_low, selector;
    uint8_t ist, type;
    uint16_t offset_mid;
    uint32_t offset_high, zero;
};
_Static_assert(sizeof(struct gate) == 16, "SDM vol 3A figure 6-8");

enum { VECTORS = 256, STUB_BYTES = 16, GATE_INTERRUPT = 0x8e, GATE_USER = 0x60, VECTOR_INT3 = 3 };

struct table_pointer {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

struct trap_frame { /* as entry.S pushes it */
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
    uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

/* entry.S */
extern uint8_t trap_stubs[VECTORS][STUB_BYTES];
void syscall_entry(void);
void trap_user(uint32_t vector, uint64_t error, uint64_t now);
void trap_kernel_mode(const struct trap_frame *f);

static struct cpu cpus[CPU_COUNT_MAX];
struct stack stacks[CPU_COUNT_MAX][2] __attribute__((aligned(4096)));
static struct gate idt[VECTORS] __attribute__((aligned(4096)));

static void idt_init(void)
{
    for (uint32_t v = 0; v < VECTORS; v++) {
        uint64_t at = (uint64_t)trap_stubs[v];
        bool own = v == VECTOR_NMI || v == VECTOR_DOUBLE_FAULT || v == VECTOR_MACHINE_CHECK;
        idt[v] = (struct gate){
            .offset_low = (uint16_t)at,
            .offset_mid = (uint16_t)(at >> 16),
            .offset_high = (uint32_t)(at >> 32),
            .selector = SEL_KERNEL_CODE,
            .ist = own ? 1 : 0,
            .type = v == VECTOR_INT3 ? GATE_INTERRUPT | GATE_USER : GATE_INTERRUPT,
        };
    }
}

/* From here on exceptions are reported, and cpu() works. */
void trap_init(uint32_t index)
{
    struct cpu *c = &cpus[index];
    struct arch_cpu *a = &c->arch;
    struct stack *stack = stacks[index];
    uint64_t tss = (uint64_t)&a->tss;

    a->self = c;
    a->stack_top = (uint64_t)(stack[0].bytes + STACK_BYTES);
    a->root = image_phys(kernel_root);
    a->deadline = ~0ull;
    a->tss.rsp[0] = a->stack_top;
    a->tss.ist[0] = (uint64_t)(stack[1].bytes + STACK_BYTES);
    a->tss.io_bitmap = sizeof(a->tss);
    a->gdt[SEL_KERNEL_CODE / 8] = GDT_KERNEL_CODE;
    a->gdt[SEL_KERNEL_DATA / 8] = GDT_KERNEL_DATA;
    a->gdt[SEL_USER_DATA / 8] = GDT_USER_DATA;
    a->gdt[SEL_USER_CODE / 8] = GDT_USER_CODE;
    a->gdt[SEL_TSS / 8] = (sizeof(a->tss) - 1) | (tss & 0xffffff) << 16 | 0x89ull << 40 |
                          (tss >> 24 & 0xff) << 56;
    a->gdt[SEL_TSS / 8 + 1] = tss >> 32;
    if (idt[0].type == 0) {
        idt_init();
    }

    struct table_pointer gdtr = {sizeof(a->gdt) - 1, (uint64_t)a->gdt};
    struct table_pointer idtr = {sizeof(idt) - 1, (uint64_t)idt};
    __asm__ volatile("lgdt %0; lidt %1; ltr %w2" ::"m"(gdtr), "m"(idtr), "r"(SEL_TSS) : "memory");

    wrmsr(MSR_GS_BASE, (uint64_t)c);
    wrmsr(MSR_KERNEL_GS_BASE, 0);
    wrmsr(MSR_STAR, (uint64_t)(SEL_USER_DATA - 8) << 48 | (uint64_t)SEL_KERNEL_CODE << 32);
    wrmsr(MSR_LSTAR, (uint64_t)syscall_entry);
    wrmsr(MSR_FMASK, RFLAGS_ALLOWED | RFLAGS_FIXED); /* all off: IF, DF, AC, TF, NT */
}

/* User mode, or idle where only interrupts come. */
void trap_user(uint32_t vector, uint64_t error, uint64_t now)
{
    if (vector >= VECTOR_IRQ) {
        apic_interrupt(vector, now);
        return;
    }
    uint64_t address = 0;
    if (vector == VECTOR_PAGE_FAULT) {
        __asm__ volatile("movq %%cr2, %0" : "=r"(address));
    }
    core_fault(vector == VECTOR_PAGE_FAULT ? FAULT_MEMORY : FAULT_EXCEPTION, vector, error, address,
               now);
}

static void frame_print(const struct trap_frame *f)
{
    static const char names[][8] = {"r15", "r14", "r13",    "r12",   "r11", "r10", "r9",     "r8",
                                    "rbp", "rdi", "rsi",    "rdx",   "rcx", "rbx", "rax",    "vector",
                                    "error", "rip", "cs", "rflags", "rsp", "ss"};
    _Static_assert(sizeof(names) / sizeof(names[0]) == sizeof(*f) / 8, "one name a field");
    uint64_t cr2, cr3;
    __asm__ volatile("movq %%cr2, %0; movq %%cr3, %1" : "=r"(cr2), "=r"(cr3));
    for (uint32_t i = 0; i < sizeof(*f) / 8; i++) {
        print(i % 4 == 0 ? "\n  " : "  ");
        print(names[i]);
        print("=");
        print_hex(((const uint64_t *)f)[i]);
    }
    print("\n  cr2=");
    print_hex(cr2);
    print("  cr3=");
    print_hex(cr3);
    print("\n");
}

/* An NMI has no cause that we know: it is shown, and life goes on. All else here is a kernel bug or
 * broken hardware. */
void trap_kernel_mode(const struct trap_frame *f)
{
    if (f->vector == VECTOR_NMI) {
        print("kernel: NMI at ");
        print_hex(f->rip);
        print("\n");
        return;
    }
    print("\nkernel: exception");
    frame_print(f);
    arch_panic("exception in the kernel", __FILE__, __LINE__);
}

static void bases_save(struct thread_regs *regs)
{
    __asm__ volatile("rdfsbase %0; swapgs; rdgsbase %1; swapgs"
                     : "=r"(regs->fs_base), "=r"(regs->gs_base));
}

static void bases_load(const struct thread_regs *regs)
{
    __asm__ volatile("wrfsbase %0; swapgs; wrgsbase %1; swapgs" ::"r"(regs->fs_base),
                     "r"(regs->gs_base));
}

/* Eager, so that no thread's registers are ever in reach of another's speculation. */
static void fpu_load(struct arch_cpu *a, struct thread *t)
{
    static const uint32_t zero;
    if (a->fpu_owner) {
        __asm__ volatile("fxsave64 %0" : "=m"(a->fpu_owner->fpu));
    }
    if (t) {
        /* AMD keeps the last FPU instruction's address over fxrstor: `fild` replaces it. */
        __asm__ volatile("clts; fnclex; emms; fildl %0; fxrstor64 %1" ::"m"(zero), "m"(t->fpu));
    } else {
        uint64_t cr0;
        __asm__ volatile("movq %%cr0, %0; orq $8, %0; movq %0, %%cr0" : "=&r"(cr0)); /* TS */
    }
    a->fpu_owner = t;
}

void thread_load(struct thread *t)
{
    struct arch_cpu *a = &cpu()->arch;
    if (a->loaded != t) {
        if (a->loaded) {
            bases_save(&a->loaded->regs);
        }
        if (t) {
            bases_load(&t->regs);
        }
        a->loaded = t;
    }

    struct thread *fpu = t && (t->flags & THREAD_FPU) ? t : 0;
    if (a->fpu_owner != fpu) {
        fpu_load(a, fpu);
    }

    uint64_t root = t ? thread_aspace(t) : a->root;
    if (root == 0) {
        root = image_phys(kernel_root);
    }
    if (root != a->root) {
        a->root = root;
        load_root(root);
    }
}

void arch_thread_gone(const struct thread *t)
{
    struct arch_cpu *a = &cpu()->arch;
    a->loaded = a->loaded == t ? 0 : a->loaded;
    if (a->fpu_owner == t) {
        fpu_load(a, 0);
    }
}

void arch_fpu_init(void *area)
{
    struct { /* FXSAVE image, SDM vol 1 10.5.1 */
        uint16_t control, status, tag[2];
        uint64_t instruction, data;
        uint32_t mxcsr, mxcsr_mask;
        uint8_t registers[480];
    } *image = area;
    _Static_assert(sizeof(*image) == 512, "SDM vol 1 table 10-2");
    __builtin_memset(image, 0, sizeof(*image));
    image->control = 0x37f;
    image->mxcsr = 0x1f80;
}
