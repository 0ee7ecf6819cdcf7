/* registers.c - general registers, flags and bases: kept, told truly, and nobody else's. */
#include "registers.h"

#include "bytes.h"
#include "memory.h"
#include "slots.h"

enum { SPIN = 25000000 / 32, ROUNDS = 40, SPIN_SHORT = 12000000 / 32 };
enum { VECTOR_DEBUG = 1, VECTOR_OPCODE = 6, VECTOR_PAGE = 14, TRIES = 100 };
#define KERNEL_HALF 0xffff800000000000ull
#define KERNEL_ADDRESS 0xffffffff80100000ull
#define NOT_CANONICAL 0x0000deadbeef0000ull
#define SECRET 0x5ec2e7a95ec2e7a9ull

void regs_fill(struct thread_regs *out_regs, uint64_t seed)
{
    uint64_t *r = (uint64_t *)out_regs;

    *out_regs = (struct thread_regs){.rflags = FLAG_FIXED | FLAG_INTERRUPTS};
    for (uint32_t i = 0; i < GENERAL_REGISTERS; i++) {
        r[i] = (seed ^ (i + 1)) * 0x9e3779b97f4a7c15ull;
    }
}

uint32_t regs_differ(const struct thread_regs *a, const struct thread_regs *b)
{
    const uint64_t *x = (const uint64_t *)a, *y = (const uint64_t *)b;
    uint32_t count = 0;

    for (uint32_t i = 0; i < GENERAL_REGISTERS; i++) {
        count += x[i] != y[i];
    }
    return count;
}

/* Is what stands there after a system call allowed to? What was given, 0, or what it is for. */
static bool only_known(const struct thread_regs *before, const struct thread_regs *after)
{
    const uint64_t *x = (const uint64_t *)before, *y = (const uint64_t *)after;

    if (after->rax > ERR_MESSAGE) return false;
    if (after->rcx >= KERNEL_HALF || after->r11 >= KERNEL_HALF) return false;
    for (uint32_t i = 1; i < GENERAL_REGISTERS; i++) {
        if (&y[i] == &after->rcx || &y[i] == &after->r11) continue;
        if (y[i] != x[i] && y[i] != 0) return false;
    }
    return true;
}

static void no_kernel_in_registers(void)
{
    cap_t endpoint = test_endpoint(), notification = test_notification(1);
    const uint64_t names[] = {endpoint, notification, CAP_SLOT_REGISTRY, 0, SECRET};
    uint32_t wrong = 0;

    for (uint64_t number = SYS_BASE; number <= SYS_END; number++) {
        bool waits = number == SYS_CALL || number == SYS_SEND || number == SYS_RECV ||
                     number == SYS_REPLY_RECV || number == SYS_WAIT;
        if (number == SYS_DEBUG || number == SYS_DROP) continue;
        for (uint32_t i = waits ? 3 : 0; i < TEST_COUNT(names); i++) {
            struct thread_regs r, before;
            regs_fill(&r, SECRET + number);
            r.rax = number;
            r.rdi = names[i];
            r.rsi = msg_info(OP_PADDR, 3, 0, 0);
            r.rbx = 0;
            before = r;
            regs_syscall(&r);
            if (number == SYS_POLL && r.rax == OK) { /* the word that was signalled */
                before.rdi = 1;
                before.rsi = MSG_SIGNAL;
            }
            wrong += !only_known(&before, &r);
        }
    }
    EXPECT_IS(wrong, 0);
}

/* Its own words and nothing else arrive, whatever the sender's other registers held. */
static int child_sends_two_words(void)
{
    struct thread_regs r;

    regs_fill(&r, SECRET);
    r.rax = SYS_SEND;
    r.rdi = startup_cap("peer");
    r.rsi = msg_info(9, 2, 0, 0);
    regs_syscall(&r);
    return (int)r.rax;
}

static void only_words_arrive(void)
{
    cap_t endpoint = test_endpoint();
    struct spawn_cap peer = {.name = "peer", .source = endpoint, .rights = RIGHT_WRITE};
    struct test_child_args args = {
        .name = "sends_two_words", .caps = &peer, .cap_count = 1, .word = ""};
    struct test_child child;
    struct thread_regs r, sent;

    if (!test_child_start(&args, &child)) return;
    regs_fill(&sent, SECRET);
    regs_fill(&r, 1);
    r.rax = SYS_RECV;
    r.rdi = endpoint;
    r.rsi = r.rbx = 0;
    regs_syscall(&r);
    EXPECT_IS(r.rax, OK);
    EXPECT_IS(r.rdi, 0); /* the badge: none */
    EXPECT_IS(r.rsi, msg_info(9, 2, 0, 0));
    EXPECT_IS(r.w[0], sent.w[0]);
    EXPECT_IS(r.w[1], sent.w[1]);
    for (uint32_t i = 2; i < MSG_REGISTERS; i++) {
        EXPECT_IS(r.w[i], 0);
    }
    EXPECT(r.rbx != sent.rbx && r.rbp != sent.rbp && r.r11 != sent.r11 && r.rcx != sent.rcx);
    EXPECT_IS(test_child_wait(&child), OK);
}

/* The result: which round went wrong first. */
static int child_keeps_registers(void)
{
    uint64_t seed = (uint64_t)test_word()[0];

    for (int round = 1; round <= 3; round++) {
        struct thread_regs r, wanted;
        regs_fill(&r, seed + (uint64_t)round);
        r.rflags |= FLAGS_USER;
        r.rcx = SPIN;
        wanted = r;
        wanted.rcx = 0;
        regs_spin(&r);
        if (regs_differ(&r, &wanted) != 0) return round;
        if ((r.rflags & ~FLAG_TRAP) != wanted.rflags) return 10 + round;
    }
    return 0;
}

/* Three that compute with different registers and flags, beside the timer's interrupts. */
static void preemption_keeps_registers(void)
{
    static const char *const words[] = {"a", "b", "c"};
    struct test_child children[3];

    for (uint32_t i = 0; i < TEST_COUNT(words); i++) {
        struct test_child_args args = {.name = "keeps_registers", .word = words[i]};
        if (!test_child_start(&args, &children[i])) return;
    }
    for (uint32_t i = 0; i < TEST_COUNT(words); i++) {
        EXPECT_IS(test_child_wait(&children[i]), 0);
    }
}

static void calls_keep_flags(void)
{
    struct thread_regs r;

    regs_fill(&r, 3);
    r.rax = SYS_YIELD;
    r.rflags = FLAGS_USER;
    regs_syscall(&r);
    EXPECT_IS(r.rflags, FLAGS_USER);
    r.rax = SYS_YIELD;
    r.rflags = FLAG_FIXED | FLAG_INTERRUPTS;
    regs_syscall(&r);
    EXPECT_IS(r.rflags, FLAG_FIXED | FLAG_INTERRUPTS);
    /* What only the kernel may change is not changed: IF, IOPL, VM, VIF, VIP. */
    r.rax = SYS_YIELD;
    r.rflags = FLAG_FIXED | 0x1a3000;
    regs_syscall(&r);
    EXPECT_IS(r.rflags, FLAG_FIXED | FLAG_INTERRUPTS);
}

static void wild_stacks(void)
{
    static const uint64_t stacks[] = {0, 8, NOT_CANONICAL, KERNEL_HALF + 64, KERNEL_ADDRESS, ~0ull};
    cap_t notification = test_notification(6);

    for (uint32_t i = 0; i < TEST_COUNT(stacks); i++) {
        struct thread_regs r;
        EXPECT_IS(sys_signal(notification), OK);
        regs_fill(&r, i);
        r.rax = SYS_WAIT;
        r.rdi = notification;
        regs_stack = stacks[i];
        regs_syscall_on(&r);
        EXPECT_IS(r.rax, OK);
        EXPECT_IS(r.rdi, 6);
        EXPECT(regs_stack == stacks[i]);
        regs_fill(&r, i);
        r.rcx = SPIN_SHORT;
        regs_spin_on(&r); /* interrupts come meanwhile */
        EXPECT_IS(r.rcx, 0);
        EXPECT(regs_stack == stacks[i]);
    }
}

static int child_faults_with_registers(void)
{
    struct thread_regs r;

    regs_fill(&r, SECRET);
    r.rflags = FLAGS_USER;
    regs_fault(&r);
}

static void report_is_true(void)
{
    struct test_child_args args = {.name = "faults_with_registers"};
    struct test_child child;
    struct test_fault fault;
    struct thread_regs r, wanted;

    if (!test_child_start(&args, &child) || !test_fault_wait(&child, &fault)) return;
    regs_fill(&wanted, SECRET);
    EXPECT_IS(fault.w[0], VECTOR_OPCODE);
    EXPECT_IS(fault.w[3], (uintptr_t)regs_fault_at);
    EXPECT_IS(fault.w[5] & ~(1ull << 16), FLAGS_USER); /* the CPU sets RF in what it saves */
    EXPECT_IS(fault.w[6], wanted.rbp);
    if (!test_registers(&child, &r)) return;
    EXPECT_IS(regs_differ(&r, &wanted), 0);
    EXPECT_IS(r.rip, fault.w[3]);
    EXPECT_IS(r.rsp, fault.w[4]);
    EXPECT_IS(r.rflags, fault.w[5]);
    EXPECT(r.rsp < STARTUP_STACK_TOP && r.rsp >= STARTUP_STACK_TOP - 16 * MEMORY_PAGE);
    EXPECT(r.fs_base < KERNEL_HALF && r.fs_base != 0);
    EXPECT_IS(r.gs_base, 0);
}

static int child_touches(void)
{
    struct thread_regs r, wanted;

    regs_fill(&r, SECRET + 1);
    r.rflags = FLAGS_USER;
    wanted = r;
    regs_touch(&r);
    if (regs_differ(&r, &wanted) != 0) return 1;
    if (r.rflags != wanted.rflags) return 2;
    return *(volatile uint8_t *)(uintptr_t)REGS_TOUCHED == 7 ? 0 : 3;
}

/* What a pager does: the page comes, the answer comes, and the child never knew. */
static void fault_is_mended(void)
{
    struct test_child_args args = {.name = "touches"};
    struct test_child child;
    struct test_fault fault;
    struct message m = {0};

    if (!test_child_start(&args, &child) || !test_fault_wait(&child, &fault)) return;
    EXPECT_IS(fault.kind, FAULT_MEMORY);
    EXPECT_IS(fault.w[2], REGS_TOUCHED);
    EXPECT_IS(fault.w[3], (uintptr_t)regs_touch_at);
    struct process_memory_map_in in = {
        .address = REGS_TOUCHED, .pages = 1, .rights = RIGHT_READ | RIGHT_WRITE};
    EXPECT_IS(process_memory_map(child.process, &in), OK);
    EXPECT_IS(sys_reply(child.reply, &m), OK);
    EXPECT_IS(test_child_wait(&child), 0);
}

/* An answer alone mends nothing: the same fault again, and again. */
static void fault_comes_again(void)
{
    struct test_child_args args = {.name = "touches"};
    struct test_child child;
    struct test_fault fault;

    if (!test_child_start(&args, &child)) return;
    for (uint32_t i = 0; i < TRIES; i++) {
        struct message m = {.w = {i, i, i}};
        if (!test_fault_wait(&child, &fault)) return;
        EXPECT_IS(fault.w[2], REGS_TOUCHED);
        EXPECT_IS(fault.w[3], (uintptr_t)regs_touch_at);
        EXPECT_IS(sys_reply(child.reply, &m), OK);
    }
}

static int child_steps_over_call(void)
{
    struct thread_regs r;

    regs_fill(&r, 1);
    r.rax = SYS_YIELD;
    regs_step(&r);
}

static void step_over_call(void)
{
    struct test_fault fault;

    if (!test_fault_of("steps_over_call", &fault)) return;
    EXPECT_IS(fault.kind, FAULT_EXCEPTION);
    EXPECT_IS(fault.w[0], VECTOR_DEBUG);
    uint64_t at = (uintptr_t)regs_stepped;
    EXPECT(fault.w[3] >= at && fault.w[3] <= at + 1); /* CPUs differ by one instruction */
    EXPECT((fault.w[5] & FLAG_TRAP) != 0);
}

static int child_first_registers(void)
{
    struct self_thread_create_in in = {.entry = (uintptr_t)regs_start,
                                       .stack = STARTUP_HEAP + MEMORY_PAGE,
                                       .argument = 4711,
                                       .fs_base = 0x1234000,
                                       .priority = 255};
    struct self_thread_create_out out;

    if (memory_map(STARTUP_HEAP, 1, RIGHT_READ | RIGHT_WRITE) != OK) return 1;
    if (self_thread_create(CAP_SLOT_SELF, &in, &out) != OK) return 2;
    while (!regs_started) {
        sys_yield();
    }
    const struct thread_regs wanted = {.rdi = 4711};
    if (regs_differ(&regs_first, &wanted) != 0) return 3;
    if (regs_first.rsp != in.stack || regs_first.fs_base != in.fs_base) return 4;
    if (regs_first.gs_base != 0) return 5;
    return regs_first.rflags == (FLAG_FIXED | FLAG_INTERRUPTS) ? 0 : 6;
}

/* After a process whose registers were full of secrets has ended where it stood. */
static void first_registers(void)
{
    struct test_child_args filled = {.name = "faults_with_registers"};
    struct test_child_args args = {.name = "first_registers"};
    struct test_child child;
    struct test_fault fault;

    if (!test_child_start(&filled, &child) || !test_fault_wait(&child, &fault)) return;
    test_child_kill(&child);
    if (!test_child_start(&args, &child)) return;
    EXPECT_IS(test_child_wait(&child), 0);
}

static const struct test tests[] = {
    {"RGS0001", "no system call leaves in registers what was not there before",
     no_kernel_in_registers},
    {"RGS0002", "a message brings its words, and nothing else of the sender's", only_words_arrive},
    {"RGS0003", "preemption and interrupts change no register and no flag",
     preemption_keeps_registers},
    {"RGS0004", "system calls keep the flags, and IF and IOPL are nobody's to set",
     calls_keep_flags},
    {"RGS0005", "the kernel never looks at a stack pointer", wild_stacks},
    {"RGS0006", "a fault's report has all registers as they were", report_is_true},
    {"RGS0007", "a fault that is mended leaves no trace in the registers", fault_is_mended},
    {"RGS0008", "an answer without a remedy gives the same fault again", fault_comes_again},
    {"RGS0009", "a single step over a system call ends behind it", step_over_call},
    {"RGS0010", "a new thread's registers are what was asked for, the others 0", first_registers},
};
static const struct child children[] = {
    {"sends_two_words", child_sends_two_words},
    {"keeps_registers", child_keeps_registers},
    {"faults_with_registers", child_faults_with_registers},
    {"touches", child_touches},
    {"steps_over_call", child_steps_over_call},
    {"first_registers", child_first_registers},
};
const struct group registers_group = TEST_GROUP(tests, children);
