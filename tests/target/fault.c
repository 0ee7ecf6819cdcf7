/* fault.c - memory walls and forbidden instructions: each ends one thread, and is told. */
#include "memory.h"
#include "test.h"

enum {
    VECTOR_DIVIDE = 0,
    VECTOR_DEBUG = 1,
    VECTOR_BREAKPOINT = 3,
    VECTOR_OPCODE = 6,
    VECTOR_DEVICE = 7,
    VECTOR_PROTECTION = 13,
    VECTOR_PAGE = 14
};
enum { CODE_PRESENT = 1, CODE_WRITE = 2, CODE_USER = 4, CODE_FETCH = 16 };
#define KERNEL_ADDRESS 0xffffffff80100000ull
#define HALF_ADDRESS 0xffff800000001000ull /* the kernel's view of all memory */
#define NOT_CANONICAL 0x0000800000000000ull
#define UNMAPPED 0x13370000ull

static volatile uint64_t written = 1;

static int read_at(uint64_t address)
{
    return (int)*(volatile uint64_t *)address;
}

static int child_reads_kernel(void)
{
    return read_at(KERNEL_ADDRESS);
}

static int child_reads_all_memory(void)
{
    return read_at(HALF_ADDRESS);
}

static int child_reads_null(void)
{
    return read_at(8);
}

static int child_reads_unmapped(void)
{
    return read_at(UNMAPPED);
}

static int child_not_canonical(void)
{
    return read_at(NOT_CANONICAL);
}

static int child_writes_code(void)
{
    *(volatile uint8_t *)(uintptr_t)child_writes_code = 0xc3;
    return 0;
}

static int child_writes_startup(void)
{
    *(volatile uint64_t *)STARTUP_PAGE = 0;
    return 0;
}

static int child_runs_data(void)
{
    void (*code)(void) = (void (*)(void))(uintptr_t)&written;

    code();
    return 0;
}

static int overflow(volatile uint8_t *above, uint32_t depth)
{
    volatile uint8_t frame[512];

    frame[0] = above == NULL ? 1 : above[0];
    if (depth == 0) return frame[0];
    return overflow(frame, depth - 1) + frame[0]; /* NOLINT(misc-no-recursion): what is tested */
}

static int child_overflows_stack(void)
{
    return overflow(NULL, 1000);
}

static int child_halts(void)
{
    __asm__ volatile("hlt");
    return 0;
}

static int child_stops_interrupts(void)
{
    __asm__ volatile("cli");
    return 0;
}

static int child_uses_port(void)
{
    __asm__ volatile("outb %%al, %%dx" : : "a"(0), "d"(0x3f8));
    return 0;
}

static int child_loads_cr3(void)
{
    __asm__ volatile("mov %0, %%cr3" : : "r"(0ull));
    return 0;
}

static int child_writes_msr(void)
{
    __asm__ volatile("wrmsr" : : "a"(0), "d"(0), "c"(0xc0000082));
    return 0;
}

static int child_reads_idt(void)
{
    uint8_t where[10];

    __asm__ volatile("sidt %0" : "=m"(where)); /* UMIP */
    return where[0];
}

static int child_divides(void)
{
    __asm__ volatile("xor %%edx, %%edx\n\tdivl %%edx" : : : "eax", "edx", "cc");
    return 0;
}

static int child_undefined(void)
{
    __builtin_trap();
}

static int child_uses_sse(void)
{
    __asm__ volatile("movups (%%rsp), %%xmm0" : : : "memory");
    return 0;
}

/* Of the local descriptor table, which must not exist: memory of ours would be read as one. */
static int child_uses_local_table(void)
{
    __asm__ volatile("mov %w0, %%ds" : : "r"(0x1007));
    return 0;
}

static int child_traps(void)
{
    __asm__ volatile("int3");
    return 0;
}

static int child_raises_irq(void)
{
    __asm__ volatile("int $0x21");
    return 0;
}

static int child_steps(void)
{
    __asm__ volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tnop" : : : "cc", "memory"); /* TF */
    return 0;
}

/* NT, DF and AC: with them system calls and faults are what they always are. */
static int child_sets_flags(void)
{
    struct message m = {0};

    __asm__ volatile("pushfq\n\torq $0x44400, (%%rsp)\n\tpopfq" : : : "cc", "memory");
    (void)trap(SYS_YIELD, &m);
    __asm__ volatile("pushfq\n\torq $0x44400, (%%rsp)\n\tpopfq\n\tud2" : : : "cc", "memory");
    return 0;
}

static int child_calls_linux(void)
{
    struct message m = {0};

    return (int)trap(60, &m); /* exit of another system */
}

static void expect_fault(const char *child, uint32_t vector, uint64_t address, uint64_t code)
{
    struct test_fault fault;

    if (!test_fault_of(child, &fault)) return;
    EXPECT_IS(fault.kind, vector == VECTOR_PAGE ? FAULT_MEMORY : FAULT_EXCEPTION);
    EXPECT_IS(fault.w[0], vector);
    if (vector == VECTOR_PAGE) {
        EXPECT_IS(fault.w[2], address);
        EXPECT_IS(fault.w[1] & (CODE_WRITE | CODE_USER | CODE_FETCH), code | CODE_USER);
    }
    EXPECT(fault.w[3] >= STARTUP_PROGRAM && fault.w[3] < STARTUP_PROGRAM + (1 << 22));
}

#define WALL(name, vector, address, code)                                                          \
    static void name(void)                                                                         \
    {                                                                                              \
        expect_fault(#name, vector, address, code);                                                \
    }
WALL(reads_kernel, VECTOR_PAGE, KERNEL_ADDRESS, 0)
WALL(reads_all_memory, VECTOR_PAGE, HALF_ADDRESS, 0)
WALL(reads_null, VECTOR_PAGE, 8, 0)
WALL(reads_unmapped, VECTOR_PAGE, UNMAPPED, 0)
WALL(not_canonical, VECTOR_PROTECTION, 0, 0)
WALL(writes_code, VECTOR_PAGE, (uintptr_t)child_writes_code, CODE_WRITE)
WALL(writes_startup, VECTOR_PAGE, STARTUP_PAGE, CODE_WRITE)
WALL(halts, VECTOR_PROTECTION, 0, 0)
WALL(stops_interrupts, VECTOR_PROTECTION, 0, 0)
WALL(uses_port, VECTOR_PROTECTION, 0, 0)
WALL(loads_cr3, VECTOR_PROTECTION, 0, 0)
WALL(writes_msr, VECTOR_PROTECTION, 0, 0)
WALL(reads_idt, VECTOR_PROTECTION, 0, 0)
WALL(divides, VECTOR_DIVIDE, 0, 0)
WALL(undefined, VECTOR_OPCODE, 0, 0)
WALL(uses_local_table, VECTOR_PROTECTION, 0, 0)
WALL(traps, VECTOR_BREAKPOINT, 0, 0)
WALL(raises_irq, VECTOR_PROTECTION, 0, 0)
WALL(steps, VECTOR_DEBUG, 0, 0)
WALL(sets_flags, VECTOR_OPCODE, 0, 0)

static void runs_data(void)
{
    struct test_fault fault;

    if (!test_fault_of("runs_data", &fault)) return;
    EXPECT_IS(fault.kind, FAULT_MEMORY);
    EXPECT_IS(fault.w[2], (uintptr_t)&written);
    EXPECT_IS(fault.w[3], (uintptr_t)&written);
    EXPECT((fault.w[1] & CODE_FETCH) != 0);
}

static void overflows_stack(void)
{
    struct test_fault fault;
    uint64_t bottom = STARTUP_STACK_TOP - STARTUP_STACK_PAGES * MEMORY_PAGE;

    if (!test_fault_of("overflows_stack", &fault)) return;
    EXPECT_IS(fault.kind, FAULT_MEMORY);
    EXPECT(fault.w[2] < bottom && fault.w[2] >= bottom - MEMORY_PAGE);
}

static void uses_sse(void)
{
    struct test_fault fault;

    if (!test_fault_of("uses_sse", &fault)) return;
    EXPECT_IS(fault.kind, FAULT_EXCEPTION);
    EXPECT(fault.w[0] == VECTOR_DEVICE || fault.w[0] == VECTOR_OPCODE);
}

static void calls_linux(void)
{
    struct test_fault fault;

    if (!test_fault_of("calls_linux", &fault)) return;
    EXPECT_IS(fault.kind, FAULT_SYSCALL);
    EXPECT_IS(fault.w[0], 60);
}

static const struct test tests[] = {
    {"MEM0001", "the kernel's image cannot be read", reads_kernel},
    {"MEM0002", "the kernel's window on memory cannot be read", reads_all_memory},
    {"MEM0003", "the null page is not mapped", reads_null},
    {"MEM0004", "what was never mapped faults", reads_unmapped},
    {"MEM0005", "an address that is not canonical faults", not_canonical},
    {"MEM0006", "code cannot be written", writes_code},
    {"MEM0007", "the startup page cannot be written", writes_startup},
    {"MEM0008", "data cannot be run", runs_data},
    {"MEM0009", "a stack that overflows meets its guard page", overflows_stack},
    {"CPU0001", "hlt is forbidden", halts},
    {"CPU0002", "cli is forbidden", stops_interrupts},
    {"CPU0003", "ports are reached through capabilities only", uses_port},
    {"CPU0004", "cr3 cannot be loaded", loads_cr3},
    {"CPU0005", "wrmsr is forbidden", writes_msr},
    {"CPU0006", "sidt is forbidden (UMIP)", reads_idt},
    {"CPU0007", "a division by zero is told", divides},
    {"CPU0008", "an undefined instruction is told", undefined},
    {"CPU0009", "a thread without the FPU flag has no SSE", uses_sse},
    {"CPU0010", "a system call of another system is a fault that names it", calls_linux},
    {"CPU0011", "there is no local descriptor table", uses_local_table},
    {"CPU0012", "a breakpoint is told", traps},
    {"CPU0013", "an interrupt cannot be raised by a program", raises_irq},
    {"CPU0014", "a single step is told", steps},
    {"CPU0015", "NT, DF and AC change nothing in the kernel", sets_flags},
};
static const struct child children[] = {
    {"reads_kernel", child_reads_kernel},
    {"reads_all_memory", child_reads_all_memory},
    {"reads_null", child_reads_null},
    {"reads_unmapped", child_reads_unmapped},
    {"not_canonical", child_not_canonical},
    {"writes_code", child_writes_code},
    {"writes_startup", child_writes_startup},
    {"runs_data", child_runs_data},
    {"overflows_stack", child_overflows_stack},
    {"halts", child_halts},
    {"stops_interrupts", child_stops_interrupts},
    {"uses_port", child_uses_port},
    {"loads_cr3", child_loads_cr3},
    {"writes_msr", child_writes_msr},
    {"reads_idt", child_reads_idt},
    {"divides", child_divides},
    {"undefined", child_undefined},
    {"uses_sse", child_uses_sse},
    {"calls_linux", child_calls_linux},
    {"uses_local_table", child_uses_local_table},
    {"traps", child_traps},
    {"raises_irq", child_raises_irq},
    {"steps", child_steps},
    {"sets_flags", child_sets_flags},
};
const struct group fault_group = TEST_GROUP(tests, children);
