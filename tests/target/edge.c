/* edge.c - jumps, bases and segments at the edges of what a program may name. */
#include "abi/object.h"
#include "memory.h"
#include "registers.h"
#include "slots.h"

enum { VECTOR_PROTECTION = 13, VECTOR_PAGE = 14, CODE_USER = 4, CODE_FETCH = 16, ROUNDS = 50 };
#define LAST_PAGE (USER_MAX - MEMORY_PAGE)
#define HOLE 0x0000800000000000ull
#define KERNEL_ADDRESS 0xffffffff80100000ull

/* The child's last page, executable, ends in these bytes. */
struct last_page {
    uint8_t code[8];
    uint32_t size;
};

static int map_last_page(void *state, cap_t process, uint32_t pid)
{
    const struct last_page *page = state;
    struct process_memory_map_in in = {
        .address = LAST_PAGE, .pages = 1, .rights = RIGHT_READ | MAP_EXEC};
    int err = process_memory_map(process, &in);

    (void)pid;
    if (err != OK) return err;
    return spawn_write(process, USER_MAX - page->size, page->code, page->size);
}

static bool at_the_end(const char *child, struct last_page page, struct test_fault *out_fault)
{
    struct test_child_args args = {.name = child, .prepare = map_last_page, .state = &page};
    struct test_child started;

    return test_child_start(&args, &started) && test_fault_wait(&started, out_fault);
}

/* To an address, with rax as the number of a system call that returns. */
static int jump(uint64_t address)
{
    __asm__ volatile("jmp *%0" : : "r"(address), "a"(SYS_YIELD) : "memory");
    return 1;
}

static int child_last_syscall(void)
{
    return jump(USER_MAX - 2);
}

static int child_last_nop(void)
{
    return jump(USER_MAX - 1);
}

static int child_jumps_into_hole(void)
{
    return jump(HOLE);
}

static int child_jumps_to_kernel(void)
{
    return jump(KERNEL_ADDRESS);
}

static int child_jumps_to_null(void)
{
    return jump(0);
}

static int child_jumps_beyond(void)
{
    return jump(USER_MAX);
}

static void expect_fetch(const struct test_fault *fault, uint64_t address)
{
    EXPECT_IS(fault->kind, FAULT_MEMORY);
    EXPECT_IS(fault->w[0], VECTOR_PAGE);
    EXPECT((fault->w[1] & (CODE_USER | CODE_FETCH)) == (CODE_USER | CODE_FETCH));
    EXPECT_IS(fault->w[2], address);
    EXPECT_IS(fault->w[3], address);
}

/* SDM vol 2, SYSRET: a return address that is not canonical would fault in the kernel. */
static void syscall_at_the_end(void)
{
    struct test_fault fault;

    if (!at_the_end("last_syscall", (struct last_page){{0x0f, 0x05}, 2}, &fault)) return;
    expect_fetch(&fault, USER_MAX);
}

static void code_runs_out(void)
{
    struct test_fault fault;

    if (!at_the_end("last_nop", (struct last_page){{0x90}, 1}, &fault)) return;
    expect_fetch(&fault, USER_MAX);
    /* An instruction that begins in the last page and would end behind it. */
    if (!at_the_end("last_syscall", (struct last_page){{0x48, 0xb8}, 2}, &fault)) return;
    EXPECT_IS(fault.kind, FAULT_MEMORY);
    EXPECT_IS(fault.w[2], USER_MAX);
    EXPECT_IS(fault.w[3], USER_MAX - 2);
}

static void jumps(void)
{
    struct test_fault fault;

    if (test_fault_of("jumps_to_kernel", &fault)) expect_fetch(&fault, KERNEL_ADDRESS);
    if (test_fault_of("jumps_to_null", &fault)) expect_fetch(&fault, 0);
    if (test_fault_of("jumps_beyond", &fault)) expect_fetch(&fault, USER_MAX);
}

/* The jump faults, or its target does: CPUs differ. Sent back to run, the thread faults again, and
 * the kernel does not by returning there. */
static void jump_into_hole(void)
{
    struct test_child_args args = {.name = "jumps_into_hole"};
    struct test_child child;
    struct test_fault fault;

    if (!test_child_start(&args, &child) || !test_fault_wait(&child, &fault)) return;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct message m = {0};
        EXPECT(fault.w[0] == VECTOR_PROTECTION || fault.w[0] == VECTOR_PAGE);
        EXPECT_IS(sys_reply(child.reply, &m), OK);
        if (!test_fault_wait(&child, &fault)) return;
    }
}

static uint64_t fs_base(void)
{
    uint64_t base;

    __asm__ volatile("rdfsbase %0" : "=r"(base));
    return base;
}

static uint64_t gs_base(void)
{
    uint64_t base;

    __asm__ volatile("rdgsbase %0" : "=r"(base));
    return base;
}

static void set_gs_base(uint64_t base)
{
    __asm__ volatile("wrgsbase %0" : : "r"(base));
}

static int child_keeps_bases(void)
{
    static const uint64_t bases[] = {0,    1, 0x7ffffffff000, 0xffff800000000000, KERNEL_ADDRESS,
                                     ~0ull};
    uint64_t fs = fs_base();

    for (uint32_t i = 0; i < TEST_COUNT(bases) * ROUNDS; i++) {
        uint64_t base = bases[i % TEST_COUNT(bases)] ^ (uint64_t)(test_word()[0] == 'b') << 4;
        struct thread_regs r;
        set_gs_base(base);
        regs_fill(&r, i);
        r.rax = SYS_YIELD;
        regs_syscall(&r);
        if (gs_base() != base) return 1;
        if (fs_base() != fs) return 2;
    }
    return 0;
}

static void bases_are_kept(void)
{
    struct test_child_args a = {.name = "keeps_bases", .word = "a"};
    struct test_child_args b = {.name = "keeps_bases", .word = "b"};
    struct test_child first, second;

    if (!test_child_start(&a, &first) || !test_child_start(&b, &second)) return;
    EXPECT_IS(test_child_wait(&first), 0);
    EXPECT_IS(test_child_wait(&second), 0);
}

extern const char edge_reads_at[];
static int child_reads_kernel_by_base(void)
{
    set_gs_base(KERNEL_ADDRESS);
    __asm__ volatile(".globl edge_reads_at\nedge_reads_at: mov %%gs:8, %%rax" : : : "rax");
    return 0;
}

static void base_is_no_way_in(void)
{
    struct test_fault fault;

    if (!test_fault_of("reads_kernel_by_base", &fault)) return;
    EXPECT_IS(fault.kind, FAULT_MEMORY);
    EXPECT_IS(fault.w[2], KERNEL_ADDRESS + 8);
    EXPECT_IS(fault.w[3], (uintptr_t)edge_reads_at);
}

static void tsc_aux_is_zero(void)
{
    uint32_t aux = 1;

    __asm__ volatile("rdtscp" : "=c"(aux) : : "eax", "edx");
    EXPECT_IS(aux, 0);
}

static const struct test tests[] = {
    {"EDG0001", "a system call in the last two bytes returns to a fault", syscall_at_the_end},
    {"EDG0002", "code that runs out at the end of the user range faults there", code_runs_out},
    {"EDG0003", "jumps to the kernel, to null and beyond the end fault at their target", jumps},
    {"EDG0004", "a jump into the hole faults, however often it is sent back", jump_into_hole},
    {"EDG0005", "fs and gs bases are a thread's own, wild ones too", bases_are_kept},
    {"EDG0006", "a wild base is no way into the kernel", base_is_no_way_in},
    {"EDG0007", "rdtscp tells nothing of the processor", tsc_aux_is_zero},
};
static const struct child children[] = {
    {"last_syscall", child_last_syscall},
    {"last_nop", child_last_nop},
    {"jumps_into_hole", child_jumps_into_hole},
    {"jumps_to_kernel", child_jumps_to_kernel},
    {"jumps_to_null", child_jumps_to_null},
    {"jumps_beyond", child_jumps_beyond},
    {"keeps_bases", child_keeps_bases},
    {"reads_kernel_by_base", child_reads_kernel_by_base},
};
const struct group edge_group = TEST_GROUP(tests, children);
