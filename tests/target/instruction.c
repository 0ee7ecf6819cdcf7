/*
 * instruction.c - every instruction that asks for more than user mode has: each stops the one
 * thread that tried, with the vector, the error code and the address of that very instruction.
 */
#include "test.h"

enum { DIVIDE = 1 << 0, OPCODE = 1 << 6, PROTECTION = 1 << 13, PAGE = 1 << 14 };
enum { GATE = 8, GATE_IDT = 2 }; /* error code of `int n`: SDM vol 3A 6.13 */
enum { KERNEL_CODE = 0x08, KERNEL_DATA = 0x10, TASK = 0x28 };
#define OF_GATE(n) ((n)*GATE + GATE_IDT)

/* X(number, name, vectors that it may raise, error code, instruction, text). Operands in memory are
 * below the stack pointer, where a child without signals has nothing. */
#define PRIVILEGED(X)                                                                              \
    X(0016, sti, PROTECTION, 0, "sti", "sti is forbidden")                                         \
    X(0017, in, PROTECTION, 0, "in $0x60, %%al", "in is forbidden")                                \
    X(0018, ins, PROTECTION, 0, "insb", "ins is forbidden")                                        \
    X(0019, outs, PROTECTION, 0, "outsl", "outs is forbidden")                                     \
    X(0020, rdmsr, PROTECTION, 0, "rdmsr", "rdmsr is forbidden")                                   \
    X(0021, read_cr0, PROTECTION, 0, "mov %%cr0, %%rax", "cr0 cannot be read")                     \
    X(0022, write_cr0, PROTECTION, 0, "mov %%rax, %%cr0", "cr0 cannot be written")                 \
    X(0023, read_cr2, PROTECTION, 0, "mov %%cr2, %%rax", "cr2 cannot be read")                     \
    X(0024, read_cr3, PROTECTION, 0, "mov %%cr3, %%rax", "cr3 cannot be read")                     \
    X(0025, write_cr4, PROTECTION, 0, "mov %%rax, %%cr4", "cr4 cannot be written")                 \
    X(0026, write_cr8, PROTECTION, 0, "mov %%rax, %%cr8", "cr8 cannot be written")                 \
    X(0027, read_dr0, PROTECTION, 0, "mov %%dr0, %%rax", "debug registers cannot be read")         \
    X(0028, write_dr7, PROTECTION, 0, "mov %%rax, %%dr7", "debug registers cannot be written")     \
    X(0029, lgdt, PROTECTION, 0, "lgdt -16(%%rsp)", "lgdt is forbidden")                           \
    X(0030, lidt, PROTECTION, 0, "lidt -16(%%rsp)", "lidt is forbidden")                           \
    X(0031, lldt, PROTECTION, 0, "lldt %%ax", "lldt is forbidden")                                 \
    X(0032, ltr, PROTECTION, 0, "ltr %%ax", "ltr is forbidden")                                    \
    X(0033, lmsw, PROTECTION, 0, "lmsw %%ax", "lmsw is forbidden")                                 \
    X(0034, clts, PROTECTION, 0, "clts", "clts is forbidden")                                      \
    X(0035, invlpg, PROTECTION, 0, "invlpg (%%rsp)", "invlpg is forbidden")                        \
    X(0036, invd, PROTECTION, 0, "invd", "invd is forbidden")                                      \
    X(0037, wbinvd, PROTECTION, 0, "wbinvd", "wbinvd is forbidden")                                \
    X(0038, swapgs, PROTECTION, 0, "swapgs", "swapgs is forbidden")                                \
    X(0039, sysret, PROTECTION, 0, "sysretq", "sysret is forbidden")                               \
    X(0040, sysexit, PROTECTION | OPCODE, 0, "sysexitq", "sysexit is forbidden")                   \
    X(0041, rdpmc, PROTECTION, 0, "rdpmc", "rdpmc is forbidden")

#define UMIP(X)                                                                                    \
    X(0042, sgdt, PROTECTION, 0, "sgdt -16(%%rsp)", "sgdt is forbidden (UMIP)")                    \
    X(0043, sldt, PROTECTION, 0, "sldt %%eax", "sldt is forbidden (UMIP)")                         \
    X(0044, str, PROTECTION, 0, "str %%eax", "str is forbidden (UMIP)")                            \
    X(0045, smsw, PROTECTION, 0, "smsw %%eax", "smsw is forbidden (UMIP)")

/* What the kernel has not switched on, or what 64-bit mode has not. */
#define UNDEFINED(X)                                                                               \
    X(0046, sysenter, PROTECTION | OPCODE, 0, "sysenter", "sysenter leads nowhere")                \
    X(0047, xgetbv, OPCODE, 0, "xgetbv", "xgetbv does not exist here")                             \
    X(0048, xsetbv, OPCODE | PROTECTION, 0, "xsetbv", "xsetbv does not exist here")                \
    X(0049, xsave, OPCODE, 0, "xsave -1024(%%rsp)", "xsave does not exist here")                   \
    X(0050, rdpkru, OPCODE, 0, ".byte 0x0f, 0x01, 0xee", "rdpkru does not exist here")             \
    X(0051, monitor, OPCODE, 0, "monitor", "monitor does not exist here")                          \
    X(0052, mwait, OPCODE, 0, "mwait", "mwait does not exist here")                                \
    X(0053, stac, OPCODE, 0, "stac", "stac does not exist here")                                   \
    X(0054, clac, OPCODE, 0, "clac", "clac does not exist here")                                   \
    X(0055, vmmcall, OPCODE, 0, "vmmcall", "there is no hypervisor to call")                       \
    X(0056, vmrun, OPCODE | PROTECTION, 0, "vmrun %%rax", "vmrun is forbidden")                    \
    X(0057, rsm, OPCODE, 0, "rsm", "rsm does not exist here")                                      \
    X(0058, into, OPCODE, 0, ".byte 0xce", "into is no instruction in 64-bit mode")                \
    X(0059, bound, OPCODE, 0, ".byte 0x62, 0x00", "bound is no instruction in 64-bit mode")        \
    X(0060, ud1, OPCODE, 0, "ud1 %%eax, %%eax", "ud1 is told")                                     \
    X(0061, push_es, OPCODE, 0, ".byte 0x06", "push es is no instruction in 64-bit mode")          \
    X(0062, too_long, PROTECTION, 0,                                                               \
      ".byte 0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x90",     \
      "an instruction of 16 bytes is told")

#define GATES(X)                                                                                   \
    X(0063, int_nmi, PROTECTION, OF_GATE(2), "int $2", "an NMI cannot be raised by a program")     \
    X(0064, int_of, PROTECTION, OF_GATE(4), "int $4", "int 4 is forbidden")                        \
    X(0065, int_double, PROTECTION, OF_GATE(8), "int $8", "a double fault cannot be faked")        \
    X(0066, int_page, PROTECTION, OF_GATE(14), "int $14", "a page fault cannot be faked")          \
    X(0067, int_linux, PROTECTION, OF_GATE(128), "int $0x80", "int 0x80 is forbidden")             \
    X(0068, int_timer, PROTECTION, OF_GATE(0xf0), "int $0xf0", "a tick cannot be faked")

/* Ways to a segment of the kernel's. */
#define SEGMENTS(X)                                                                                \
    X(0069, kernel_ds, PROTECTION, KERNEL_DATA, "mov %w1, %%ds", "ds cannot be the kernel's")      \
    X(0070, kernel_ss, PROTECTION, KERNEL_DATA, "mov %w1, %%ss", "ss cannot be the kernel's")      \
    X(0071, null_ss, PROTECTION, 0, "mov %w0, %%ss", "ss cannot be null")                          \
    X(0072, task_fs, PROTECTION, TASK, "mov %w2, %%fs", "fs cannot be the task segment")           \
    X(0073, far_return, PROTECTION | PAGE, KERNEL_CODE, "lretq",                                   \
      "a far return into the kernel's segment is forbidden")                                       \
    X(0074, iretq, PROTECTION | PAGE, KERNEL_CODE, "iretq",                                        \
      "iretq into the kernel's segment is forbidden")                                              \
    X(0075, far_jump, PROTECTION, KERNEL_CODE, "ljmpl *(%%rsp)",                                   \
      "a far jump into the kernel's segment is forbidden")                                         \
    X(0076, overflows, DIVIDE, 0, "idivl %%edx", "a quotient that overflows is told")

#define ALL(X) PRIVILEGED(X) UMIP(X) UNDEFINED(X) GATES(X) SEGMENTS(X)

/* The stack is what lretq and iretq take: rip, cs, rflags, rsp, ss; its first six bytes are what
 * ljmpl takes. edx:eax is -2^63 + 2^32 - 1. */
#define CHILD(number, name, vectors, code, instruction, text)                                      \
    extern const char at_##name[];                                                                 \
    static int child_##name(void)                                                                  \
    {                                                                                              \
        __asm__ volatile("xor %%ecx, %%ecx\n\tmov $0x80000000, %%edx\n\tmov $1, %%eax\n\t"         \
                         "neg %%eax\n\tpushq $0x10\n\tpushq $0\n\tpushq $2\n\tpushq $8\n\t"        \
                         "pushq $0x400000\n\tmovl $8, 4(%%rsp)\n\t"                                \
                         ".globl at_" #name "\nat_" #name ": " instruction                         \
                         :                                                                         \
                         : "r"(0), "r"(KERNEL_DATA), "r"(TASK)                                     \
                         : "rax", "rcx", "rdx", "rdi", "rsi", "memory", "cc");                     \
        __builtin_trap();                                                                          \
    }
ALL(CHILD)

/*
 * Two ways of the emulator's own: for `int n` it gives n * 16 + 2, and it reads what iretq and
 * lretq take as if the kernel read it, which SMAP forbids.
 */
static bool code_is(uint64_t code, uint64_t wanted)
{
    uint64_t index = wanted / GATE;
    return code == wanted || ((wanted & GATE_IDT) != 0 && code == 2 * index * GATE + GATE_IDT);
}

static void expect(const char *child, uint32_t vectors, uint64_t code, const char *at)
{
    struct test_fault fault;

    if (!test_fault_of(child, &fault)) return;
    EXPECT(fault.w[0] < 32 && (1u << fault.w[0] & vectors) != 0);
    EXPECT_IS(fault.w[3], (uintptr_t)at);
    if (fault.kind == FAULT_MEMORY) return;
    EXPECT_IS(fault.kind, FAULT_EXCEPTION);
    EXPECT(code_is(fault.w[1], code));
    EXPECT_IS(fault.w[2], 0);
}

#define RUN(number, name, vectors, code, instruction, text)                                        \
    static void run_##name(void)                                                                   \
    {                                                                                              \
        expect("cpu_" #name, vectors, code, at_##name);                                            \
    }
ALL(RUN)

#define TEST_ROW(number, name, vectors, code, instruction, text) {"CPU" #number, text, run_##name},
static const struct test tests[] = {ALL(TEST_ROW)};

#define CHILD_ROW(number, name, vectors, code, instruction, text) {"cpu_" #name, child_##name},
static const struct child children[] = {ALL(CHILD_ROW)};

const struct group instruction_group = TEST_GROUP(tests, children);
